//! Words of a line: quotes, dashes that a phone replaced, and the markup of chat platforms.

use super::{CommandError, CommandErrorKind, MAX_WORDS, normalize};

/// The kind of a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// Text.
    Plain,
    /// A user that a chat platform mentions by its own ID.
    Mention,
}

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// The text, without quotes and markup.
    pub(super) text: String,
    /// Whether any of it was quoted: then commas do not separate items, and leading dashes do not make a flag.
    pub(super) quoted: bool,
    pub(super) kind: TokenKind,
}

impl Token {
    /// A word that a shell has already split. Its quotes were removed, but its dashes might need repair.
    ///
    /// A shell does not know the quotes of a phone. If `typed` contains such quotes, the ones around the value are
    /// removed.
    pub(super) fn word(typed: &str, normalized: &str) -> Self {
        let text = straighten_dashes(normalized);
        let is_curly = |c: char| !c.is_ascii() && normalize::straight_quote(c).is_some();
        let (flag, value) = match text.split_once('=') {
            Some((flag, value)) if flag.starts_with('-') => (Some(flag), value),
            _ => (None, text.as_str()),
        };
        let inner = |quote: char| value.strip_prefix(quote)?.strip_suffix(quote);
        let value = ['"', '\''].into_iter().filter(|_| typed.contains(is_curly)).find_map(inner).unwrap_or(value);
        let text = flag.map_or_else(|| value.to_owned(), |flag| format!("{flag}={value}"));
        Self { text, quoted: false, kind: TokenKind::Plain }
    }
}

/// Splits a normalized line into tokens. Nothing is expanded or substituted.
///
/// # Errors
///
/// [`CommandError`] for an unclosed quote, too many words, or a link whose text differs from its address.
pub(super) fn tokens(line: &str, slack_markup: bool) -> Result<Vec<Token>, CommandError> {
    let mut tokens = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        if tokens.len() == MAX_WORDS {
            return Err(CommandError::new(
                CommandErrorKind::TooLong,
                format!("The input has more than {MAX_WORDS} words, the limit for a command."),
            )
            .hint("Type one command, such as `users list`."));
        }
        let (token, after) = next(rest, slack_markup)?;
        tokens.push(token);
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn next(text: &str, slack_markup: bool) -> Result<(Token, &str), CommandError> {
    let mut word = String::new();
    let mut quoted = false;
    let mut chars = text.char_indices().peekable();
    let mut end = text.len();
    while let Some((index, c)) = chars.next() {
        // A quote starts only at the beginning of a value, so the apostrophe in O'Brien is not a quote.
        let may_open = word.is_empty() || word.ends_with('=');
        match c {
            ' ' => {
                end = index;
                break;
            }
            '"' | '\'' if may_open => {
                quoted = true;
                let mut closed = false;
                while let Some((_, inner)) = chars.next() {
                    if inner == c {
                        closed = true;
                        break;
                    }
                    match (inner, c, chars.peek()) {
                        ('\\', '"', Some((_, escaped @ ('"' | '\\')))) => {
                            word.push(*escaped);
                            chars.next();
                        }
                        _ => word.push(inner),
                    }
                }
                if !closed {
                    return Err(CommandError::new(
                        CommandErrorKind::UnclosedQuote,
                        format!("An opening quote ({c}) has no closing quote."),
                    )
                    .hint(format!("Add {c} at the end of the value.")));
                }
            }
            // The label of markup can contain spaces. Markup ends at its bracket, not at a space.
            '<' if slack_markup => {
                word.push(c);
                for (_, inner) in chars.by_ref() {
                    word.push(inner);
                    if inner == '>' {
                        break;
                    }
                }
            }
            _ => word.push(c),
        }
    }
    let mut token = Token { text: word, quoted, kind: TokenKind::Plain };
    // A flag can have a value in quotes. A word that begins with a quote is not a flag.
    if !text.starts_with(['"', '\'']) {
        token.text = straighten_dashes(&token.text);
    }
    if slack_markup {
        decode_markup(&mut token)?;
    }
    Ok((token, &text[end..]))
}

/// Restores the dashes of a flag that a phone merged into one. The dashes of values are unchanged.
fn straighten_dashes(word: &str) -> String {
    let one_letter = |rest: &str| rest.chars().take_while(|c| *c != '=').count() == 1;
    if let Some(rest) = word.strip_prefix('—').or_else(|| word.strip_prefix("––")).or_else(|| word.strip_prefix("−−"))
    {
        format!("--{rest}")
    } else if let Some(rest) = word.strip_prefix(['–', '−']) {
        if one_letter(rest) { format!("-{rest}") } else { format!("--{rest}") }
    } else {
        word.to_owned()
    }
}

/// Slack writes mentions, channels and links in angle brackets, and three characters as entities.
fn decode_markup(token: &mut Token) -> Result<(), CommandError> {
    let mut decoded = String::new();
    let mut rest = token.text.as_str();
    let mut mention = false;
    while let Some((before, after)) = rest.split_once('<') {
        let Some((inside, behind)) = after.split_once('>') else { break };
        decoded.push_str(before);
        let (target, label) = inside.split_once('|').map_or((inside, None), |(target, label)| (target, Some(label)));
        match target.chars().next() {
            Some('@' | '#') => {
                mention = true;
                decoded.push_str(&format!("<{target}>"));
            }
            Some('!') => decoded.push_str(target),
            _ => {
                let value = ["mailto:", "tel:"].iter().find_map(|scheme| target.strip_prefix(scheme)).unwrap_or(target);
                let bare = |text: &str| {
                    text.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/').to_owned()
                };
                if label.is_some_and(|label| bare(label) != bare(value)) {
                    return Err(CommandError::new(
                        CommandErrorKind::DisguisedLink,
                        "The input contains a link whose text differs from its address.",
                    )
                    .hint("Type the address itself."));
                }
                // A chat client adds a scheme to an address that was typed without one. It is removed here.
                decoded.push_str(label.unwrap_or(value));
            }
        }
        rest = behind;
    }
    decoded.push_str(rest);
    token.text = decoded.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    if mention {
        token.kind = TokenKind::Mention;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(line: &str) -> Vec<String> {
        tokens(line, true).unwrap().into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn quotes_keep_words_together() {
        assert_eq!(words(r#"a "b c" 'd "e' --name="f g" h\i"#), ["a", "b c", "d \"e", "--name=f g", "h\\i"]);
        assert_eq!(words(r#""say \"hi\" \\ \x""#), [r#"say "hi" \ \x"#]);
        assert_eq!(words("O'Brien it's"), ["O'Brien", "it's"]);
        assert_eq!(words(r#"x "" y"#), ["x", "", "y"]);
    }

    #[test]
    fn an_unclosed_quote_is_named() {
        assert_eq!(tokens("a \"b", false).unwrap_err().kind, CommandErrorKind::UnclosedQuote);
    }

    #[test]
    fn dashes_at_the_start_are_repaired_and_values_kept() {
        assert_eq!(words("—limit 5 ––role –limit –h −o"), ["--limit", "5", "--role", "--limit", "-h", "-o"]);
        assert_eq!(words("a—b \"—x\""), ["a—b", "—x"]);
        assert_eq!(words("—reason=\"left — for good\" –o=\"csv\""), ["--reason=left — for good", "-o=csv"]);
    }

    #[test]
    fn slack_markup_is_decoded_once() {
        assert_eq!(
            words("<mailto:a@b.co|a@b.co> <https://x.y|x.y> <#C1|general> R&amp;D &amp;lt;"),
            ["a@b.co", "x.y", "<#C1>", "R&D", "&lt;"]
        );
        let mention = tokens("<@U1|ada>", true).unwrap().remove(0);
        assert_eq!((mention.text.as_str(), mention.kind), ("<@U1>", TokenKind::Mention));
        assert_eq!(words("<unterminated"), ["<unterminated"]);
    }

    #[test]
    fn a_link_that_disguises_its_address_is_refused() {
        let error = tokens("<https://evil.example|good.example>", true).unwrap_err();
        assert_eq!(error.kind, CommandErrorKind::DisguisedLink);
    }

    #[test]
    fn too_many_words_are_refused() {
        assert_eq!(tokens(&"a ".repeat(MAX_WORDS + 1), false).unwrap_err().kind, CommandErrorKind::TooLong);
    }

    proptest! {
        #[test]
        fn any_text_is_taken_apart_or_refused(text in "\\PC{0,120}", slack: bool) {
            let _ = tokens(&text, slack);
        }
    }
}
