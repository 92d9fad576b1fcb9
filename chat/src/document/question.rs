//! The question before a write, about this target.

use super::from_result::cell;
use crate::command::{Arguments, spelled};
use claude_admin_catalog::{Action, Catalog, ConditionalText, Input, Place, Placeholder, Type};
use serde_json::Value;

/// The maximum number of characters of a value in a question.
const MAX_CHARS: usize = 100;

/// A write, and the known facts about its target.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The catalog of actions.
    pub catalog: &'a Catalog,
    /// The write.
    pub action: &'a Action,
    /// Its arguments.
    pub arguments: &'a Arguments,
    /// The target, as the read before the write returned it; `None` if it was not read.
    pub target: Option<&'a Value>,
}

impl Asked<'_> {
    /// The question (`@ask`). If a value for it is missing, the summary of the action is the question, with the IDs
    /// that were given. `written` is the text that was written instead of the ID in an argument.
    #[must_use]
    pub fn question<'w>(&self, written: impl Fn(&Input) -> Option<&'w str>) -> String {
        let asked = self.action.question(|name| self.arguments.get(name));
        let filled = asked.and_then(|asked| {
            let question = self.filled(&asked.text, &written)?;
            Some(if self.says_all(asked) {
                question
            } else {
                format!("{}, with the other values in the command?", question.trim_end_matches('?'))
            })
        });
        filled.unwrap_or_else(|| self.generic(&written))
    }

    /// Whether a question that depends on an argument describes the complete command: it has no further argument.
    fn says_all(&self, asked: &ConditionalText) -> bool {
        let Some(when) = &asked.when else { return true };
        let is_said = |input: &Input| {
            input.place == Place::Path
                || input.name == when.input
                || asked.placeholders().any(|name| {
                    let placeholder = self.catalog.placeholder(self.action, name);
                    matches!(placeholder, Some(Placeholder::Argument(said)) if said.name == input.name)
                })
        };
        self.action.inputs.iter().all(|input| is_said(input) || !self.arguments.contains_key(&input.name))
    }

    /// A text in which values replace the names between braces; `None` if a value is missing.
    pub fn filled<'w>(&self, text: &str, written: &impl Fn(&Input) -> Option<&'w str>) -> Option<String> {
        let mut parts = text.split('{');
        let mut filled = parts.next()?.to_owned();
        for part in parts {
            let (name, rest) = part.split_once('}')?;
            let value = match self.catalog.placeholder(self.action, name)? {
                Placeholder::Argument(input) => self.argument(input, written)?,
                Placeholder::Field(path) => self.field(path)?,
            };
            filled.push_str(&value);
            filled.push_str(rest);
        }
        Some(filled)
    }

    fn argument<'w>(&self, input: &Input, written: &impl Fn(&Input) -> Option<&'w str>) -> Option<String> {
        let value = self.arguments.get(&input.name).filter(|value| !value.is_null())?;
        let id = clean(&spelled(&self.catalog.types, input, value))?;
        match written(input).and_then(clean) {
            Some(written) if written != id => Some(format!("{written} ({id})")),
            _ => Some(id),
        }
    }

    fn field(&self, path: &str) -> Option<String> {
        let types = &self.catalog.types;
        let mut ty: &Type = self.catalog.before_action(self.action)?.result.as_ref()?;
        let mut object = self.target?;
        let mut names = path.split('.').peekable();
        while let Some(name) = names.next() {
            ty = types.optional(ty).unwrap_or(ty);
            let field = types.fields_of(ty, object).unwrap_or_default().iter().find(|field| field.wire == name);
            match (field, names.peek()) {
                (Some(field), None) => return clean(cell(types, field, object).text()),
                // The word that distinguishes the cases of a variant is not a field of any case.
                (None, None) => return clean(object.get(name)?.as_str()?),
                (Some(field), Some(_)) => (ty, object) = (&field.ty, object.get(name)?),
                (None, Some(_)) => return None,
            }
        }
        None
    }

    fn generic<'w>(&self, written: &impl Fn(&Input) -> Option<&'w str>) -> String {
        let in_path = self.action.inputs.iter().filter(|input| input.place == Place::Path);
        let ids: Vec<String> = in_path.filter_map(|input| self.argument(input, written)).collect();
        let ids = if ids.is_empty() { String::new() } else { format!(": {}", ids.join(", ")) };
        format!("{}{ids}?", self.action.summary())
    }
}

/// A value as a part of a sentence: in one line, without characters that could end a quotation or a code span, and with
/// a maximum length.
pub(super) fn clean(value: &str) -> Option<String> {
    let line: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut words = line.split_whitespace().collect::<Vec<_>>().join(" ").replace(['`', '"'], "'");
    if words.chars().count() > MAX_CHARS {
        words = words.chars().take(MAX_CHARS - 1).chain(['…']).collect();
    }
    (!words.is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_admin_catalog::testing::catalog;
    use serde_json::json;

    fn question(id: &str, arguments: Value, target: Option<Value>) -> String {
        let action = catalog().action(id).unwrap();
        let arguments: Arguments = serde_json::from_value(arguments).unwrap();
        let asked = Asked { catalog: catalog(), action, arguments: &arguments, target: target.as_ref() };
        asked.question(|_| None)
    }

    #[test]
    fn question_names_the_target_as_it_is() {
        let ada = json!({"id": "user_01A", "name": "Ada Lovelace", "email": "ada@example.com", "role": "user"});
        let remove = json!({"user-id": "user_01A"});
        assert_eq!(
            question("users.remove", remove.clone(), Some(ada)),
            "Remove Ada Lovelace (ada@example.com) from the organization?"
        );
        for target in [None, Some(json!({"id": "user_01A", "name": null, "email": "ada@example.com"}))] {
            assert_eq!(
                question("users.remove", remove.clone(), target),
                "Remove a member from the organization: user_01A?"
            );
        }
    }

    #[test]
    fn question_depends_on_the_arguments() {
        let key = json!({"id": "apikey_01A", "name": "ci main", "status": "active"});
        let asked = |arguments: Value| question("api-keys.update", arguments, Some(key.clone()));
        assert_eq!(
            asked(json!({"api-key-id": "apikey_01A", "status": "inactive"})),
            "Switch off the API key \"ci main\"?"
        );
        assert_eq!(
            asked(json!({"api-key-id": "apikey_01A", "name": "ci two"})),
            "Rename the API key \"ci main\" to \"ci two\"?"
        );
        assert_eq!(
            asked(json!({"api-key-id": "apikey_01A", "name": "ci two", "status": "inactive"})),
            "Switch off the API key \"ci main\", with the other values in the command?"
        );
    }

    #[test]
    fn foreign_value_in_a_question_is_one_short_quoted_line() {
        let name = format!("x\"? `confirm`\n<!channel> {}", "y".repeat(500));
        let key = json!({"id": "apikey_01A", "name": name, "status": "active"});
        let asked = question("api-keys.update", json!({"api-key-id": "apikey_01A", "status": "inactive"}), Some(key));
        assert!(asked.starts_with("Switch off the API key \"x'? 'confirm' <!channel> yyy"), "{asked}");
        assert!(asked.ends_with("y…\"?") && asked.chars().count() < 150, "{asked}");
    }

    #[test]
    fn every_write_without_its_target_still_has_a_question() {
        for action in catalog().actions.iter().filter(|action| action.writes()) {
            let arguments = Arguments::new();
            let asked = Asked { catalog: catalog(), action, arguments: &arguments, target: None };
            let question = asked.question(|_| None);
            assert!(question.ends_with('?') && !question.contains(['{', '}']), "{}: {question}", action.id);
        }
    }
}
