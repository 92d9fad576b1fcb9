//! Characters that a reader does not see, and the places where they are valid.

/// Whether a character has no width, is blank without being a space, or controls how the text around it is shown.
///
/// These are the control characters, the separators of lines and paragraphs, every character that Unicode calls
/// `Default_Ignorable_Code_Point`, the other format characters (`Cf`) that draw nothing, and the blanks that are letters or
/// symbols.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00AD}' | '\u{034F}' | '\u{061C}' | '\u{115F}'..='\u{1160}' | '\u{17B4}'..='\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{13430}'..='\u{1345F}' | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D159}' | '\u{1D173}'..='\u{1D17A}'
            | '\u{E0000}'..='\u{E0FFF}')
}

/// Finds the first hidden character that is not valid at its position.
///
/// Some are valid: the joiners and variation selectors of emoji and of scripts that use them, and the tags of flags.
/// Each is valid only between the characters that it affects. So none of them can hide in a word of Latin letters.
#[must_use]
pub fn find_hidden(text: &str) -> Option<char> {
    marked_hidden(text).find_map(|(c, hides)| hides.then_some(c))
}

/// The characters of a text, each with whether it is hidden and not valid at its position.
pub(crate) fn marked_hidden(text: &str) -> impl Iterator<Item = (char, bool)> {
    text.char_indices().map(|(at, c)| (c, is_hidden(c) && !belongs(&text[..at], c, &text[at + c.len_utf8()..])))
}

/// Whether a hidden character is valid between two parts of a text.
fn belongs(left: &str, c: char, right: &str) -> bool {
    let before = left.chars().next_back();
    let after = right.chars().next();
    let both = |is: fn(char) -> bool| before.is_some_and(is) && after.is_some_and(is);
    match c {
        '\u{200D}' => both(is_joined_script) || joins_emoji(left, after),
        '\u{200C}' => both(is_joined_script),
        // Mongolian letters have their own variants.
        '\u{180B}'..='\u{180D}' | '\u{180F}' => before.is_some_and(|c| matches!(c, '\u{1820}'..='\u{18AA}')),
        // A digit becomes a keycap only with the mark that follows it.
        '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}' => before.is_some_and(|c| {
            is_pictograph(c) || is_ideograph(c) || (matches!(c, '0'..='9' | '#' | '*') && after == Some('\u{20E3}'))
        }),
        '\u{E0020}'..='\u{E007E}' => is_in_flag(left, right),
        '\u{E007F}' => begins_flag(left),
        _ => false,
    }
}

/// Whether a joiner is between two emoji. Skin tones and variation selectors can follow the first emoji.
fn joins_emoji(left: &str, after: Option<char>) -> bool {
    let modifies = |c: &char| matches!(c, '\u{FE0F}' | '\u{1F3FB}'..='\u{1F3FF}');
    let first = left.chars().rev().find(|c| !modifies(c));
    first.is_some_and(is_pictograph) && after.is_some_and(is_pictograph)
}

/// The maximum number of tags in the flag of a region; the longest code, such as `gbeng`, has five letters.
const MAX_TAGS: usize = 8;

fn is_tag(c: &char) -> bool {
    matches!(c, '\u{E0020}'..='\u{E007E}')
}

/// Whether a tag is part of the flag of a region: a black flag, tags, and the tag that ends them.
fn is_in_flag(left: &str, right: &str) -> bool {
    begins_flag(left) && right.chars().take(MAX_TAGS).find(|c| !is_tag(c)) == Some('\u{E007F}')
}

fn begins_flag(left: &str) -> bool {
    left.chars().rev().take(MAX_TAGS).find(|c| !is_tag(c)) == Some('\u{1F3F4}')
}

fn is_pictograph(c: char) -> bool {
    matches!(c,
        '\u{00A9}' | '\u{00AE}' | '\u{203C}' | '\u{2049}' | '\u{2122}' | '\u{2139}' | '\u{2190}'..='\u{21FF}'
        | '\u{2300}'..='\u{23FF}' | '\u{24C2}' | '\u{25A0}'..='\u{27BF}' | '\u{2900}'..='\u{297F}'
        | '\u{2B00}'..='\u{2BFF}' | '\u{3030}' | '\u{303D}' | '\u{3297}' | '\u{3299}' | '\u{1F000}'..='\u{1FAFF}')
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Scripts in which a joiner or a non-joiner changes how letters are written: Arabic, those of India, and their neighbours.
fn is_joined_script(c: char) -> bool {
    matches!(c,
        '\u{0620}'..='\u{109F}' | '\u{1780}'..='\u{17D3}' | '\u{1820}'..='\u{18AA}' | '\u{1B00}'..='\u{1C7F}'
        | '\u{A840}'..='\u{ABFF}' | '\u{FB50}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFC}' | '\u{11000}'..='\u{11FFF}')
        && !is_hidden(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::HIDDEN;

    #[test]
    fn names_with_emoji_and_joined_scripts_pass() {
        for name in
            ["🧑‍💻 team", "👩🏽‍🚀", "❤️‍🔥", "1️⃣ and #️⃣", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 England", "می‌خواهم", "क्‍ष", "葛\u{E0100}城", "™️", "👨‍👩‍👧‍👦", "Zoë"]
        {
            assert_eq!(find_hidden(name), None, "{name}");
        }
    }

    #[test]
    fn hidden_character_between_latin_letters_is_found() {
        for hidden in HIDDEN {
            for text in [format!("s{hidden}k"), format!("{hidden}sk"), format!("sk{hidden}"), format!("é{hidden}é")] {
                assert_eq!(find_hidden(&text), Some(*hidden), "U+{:04X}", u32::from(*hidden));
            }
        }
    }

    #[test]
    fn joiner_at_an_end_or_doubled_is_found() {
        for text in ["🧑\u{200D}", "\u{200D}🧑", "🧑\u{200D}\u{200D}💻", "a\u{FE0F}", "1\u{FE0F}", "🏴\u{E0067}x"]
        {
            assert!(find_hidden(text).is_some(), "{text:?}");
        }
    }
}
