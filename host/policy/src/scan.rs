//! The positions of the parts of a policy file.
//!
//! Cedar reports the position of an expression, but not of a policy, an annotation, a condition or the name of an
//! entity. This module splits a text that Cedar has accepted into tokens with positions. It makes no decisions: only
//! Cedar interprets the policies.

use std::ops::Range;

/// A policy in a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Statement {
    /// From the first annotation to the semicolon.
    pub(super) span: Range<usize>,
    /// Names of annotations, with their places.
    pub(super) annotations: Vec<(String, usize)>,
    /// Its `when` and `unless` clauses.
    pub(super) conditions: Vec<Condition>,
    /// The entities that it names.
    pub(super) names: Vec<EntityName>,
    /// The place of the first slot, which makes it a template.
    pub(super) slot: Option<usize>,
}

/// A `when` or `unless` clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Condition {
    /// Whether it is a `when` clause.
    pub(super) when: bool,
    /// From the word to the closing brace.
    pub(super) span: Range<usize>,
}

/// The name of an entity, such as `Group::"admins"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EntityName {
    /// The name in Cedar's spelling, without the spaces and comments in the file.
    pub(super) text: String,
    /// The byte offset of its start.
    pub(super) offset: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token<'t> {
    kind: Kind,
    text: &'t str,
    offset: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Text,
    Slot,
    Mark,
}

/// The policies of a file, in order.
pub(super) fn statements(text: &str) -> Vec<Statement> {
    let tokens = tokens(text);
    tokens.split_inclusive(|token| token.text == ";" && token.kind == Kind::Mark).map(statement).collect()
}

/// A text in one line, without its comments.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut end = 0;
    for token in tokens(text) {
        if token.offset > end && !line.is_empty() {
            line.push(' ');
        }
        line.push_str(token.text);
        end = token.offset + token.text.len();
    }
    line
}

fn statement(tokens: &[Token<'_>]) -> Statement {
    let mut statement = Statement::default();
    if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
        statement.span = first.offset..last.offset + last.text.len();
    }
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        let next = tokens.get(index + 1);
        match (token.kind, token.text) {
            (Kind::Mark, "(" | "{" | "[") => depth += 1,
            (Kind::Mark, ")" | "}" | "]") => {
                depth = depth.saturating_sub(1);
                let end = token.offset + token.text.len();
                if let Some(open) = statement.conditions.last_mut().filter(|_| depth == 0 && token.text == "}") {
                    open.span.end = end;
                }
            }
            (Kind::Mark, "@") if depth == 0 => {
                statement.annotations.extend(next.map(|name| (name.text.to_owned(), token.offset)));
            }
            (Kind::Word, "when" | "unless") if depth == 0 && next.is_some_and(|next| next.text == "{") => {
                let span = token.offset..token.offset;
                statement.conditions.push(Condition { when: token.text == "when", span });
            }
            (Kind::Slot, _) => statement.slot = statement.slot.or(Some(token.offset)),
            (Kind::Text, id) => statement.names.extend(entity_name(&tokens[..index], id)),
            _ => {}
        }
    }
    statement
}

/// `A::B::"id"`: reads the type backwards from the id.
fn entity_name(before: &[Token<'_>], id: &str) -> Option<EntityName> {
    let mut parts = vec![id];
    let mut offset = None;
    let mut rest = before;
    while let [head @ .., name, mark] = rest
        && mark.text == "::"
        && name.kind == Kind::Word
    {
        parts.push(name.text);
        offset = Some(name.offset);
        rest = head;
    }
    parts.reverse();
    offset.map(|offset| EntityName { text: parts.join("::"), offset })
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut offset = 0;
    while let Some(rest) = text.get(offset..).filter(|rest| !rest.is_empty()) {
        let (kind, length) = token(rest);
        if let Some(kind) = kind {
            tokens.push(Token { kind, text: &rest[..length], offset });
        }
        offset += length;
    }
    tokens
}

/// The kind of the first token and its length in bytes. The kind is `None` for spaces and comments.
fn token(text: &str) -> (Option<Kind>, usize) {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let run = |from: usize, inside: &dyn Fn(char) -> bool| {
        text[from..].find(|c: char| !inside(c)).map_or(text.len(), |length| from + length)
    };
    match text.chars().next() {
        Some(c) if c.is_whitespace() => (None, run(0, &char::is_whitespace)),
        Some('/') if text.starts_with("//") => (None, run(0, &|c| c != '\n' && c != '\r')),
        Some('"') => (Some(Kind::Text), text_length(text)),
        Some('?') => (Some(Kind::Slot), run(1, &word)),
        Some(c) if word(c) => (Some(Kind::Word), run(0, &word)),
        Some(':') if text.starts_with("::") => (Some(Kind::Mark), 2),
        Some(c) => (Some(Kind::Mark), c.len_utf8()),
        None => (None, 0),
    }
}

/// The length of a text in quotes, escapes included.
fn text_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"// permit(principal, action, resource); "
@id("a;b") // when { }
@confirm
permit (principal in Group::"ad\"mins", action, resource)
when { context has "reason" && { a: 1 }.a == 1 }
unless { principal == User ::
  // a comment between
  "slack:T1/U1" };
forbid (principal == ?principal, action, resource);
"#;

    #[test]
    fn comments_and_texts_hide_what_they_hold() {
        let found = statements(TEXT);
        assert_eq!(found.len(), 2);
        assert!(TEXT[found[0].span.clone()].starts_with("@id"));
        assert!(TEXT[found[0].span.clone()].ends_with("};"));
        let annotations: Vec<&str> = found[0].annotations.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(annotations, ["id", "confirm"]);
    }

    #[test]
    fn conditions_end_at_their_own_brace() {
        let found = statements(TEXT);
        let texts: Vec<&str> = found[0].conditions.iter().map(|condition| &TEXT[condition.span.clone()]).collect();
        assert_eq!(texts[0], r#"when { context has "reason" && { a: 1 }.a == 1 }"#);
        assert!(texts[1].starts_with("unless {") && texts[1].ends_with("\"slack:T1/U1\" }"), "{}", texts[1]);
        assert!(found[0].conditions[0].when && !found[0].conditions[1].when);
    }

    #[test]
    fn names_are_found_where_they_begin() {
        let found = statements(TEXT);
        let names: Vec<&str> = found[0].names.iter().map(|name| name.text.as_str()).collect();
        assert_eq!(names, [r#"Group::"ad\"mins""#, r#"User::"slack:T1/U1""#]);
        assert!(TEXT[found[0].names[1].offset..].starts_with("User ::"));
        assert_eq!(found[1].slot.map(|offset| &TEXT[offset..offset + 10]), Some("?principal"));
    }

    #[test]
    fn one_line_has_no_comments() {
        assert_eq!(
            one_line("when {\n  // a\n  context  has\treason && \"a // b\" == x }"),
            "when { context has reason && \"a // b\" == x }"
        );
    }

    #[test]
    fn no_text_makes_it_stumble() {
        for text in ["", ";", "\"", "\"\\", "é::\"x\"", "@", "when {", "}}}}", "A::", "//", "?"] {
            let _ = statements(text);
        }
    }
}
