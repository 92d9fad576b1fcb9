//! The facts that a person must know about a call: the question before it, its effect, the objects that depend on its
//! target, and the error codes that show whether a change was made.

use crate::Input;
use crate::annotation::Docs;
use crate::check::{Checker, Item};
use crate::target::placeholders;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// A text that applies under a condition on the arguments (`@ask`, `@effect`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConditionalText {
    /// The condition; `None` if the text always applies.
    pub when: Option<InputCondition>,
    /// The text. [`Catalog::placeholder`](crate::Catalog::placeholder) returns the replacement for a name between
    /// braces.
    pub text: String,
}

impl ConditionalText {
    /// Whether it applies to these arguments.
    #[must_use]
    pub fn applies<'v>(&self, given: impl Fn(&str) -> Option<&'v Value>) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds(given(&when.input)))
    }

    /// The names between braces in the text.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        placeholders(&self.text)
    }
}

/// Whether a value is written as this word: a text without quotes, a number or a boolean.
pub(crate) fn is_word(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => text == word,
        value => serde_json::from_str::<Value>(word).is_ok_and(|word| word == *value),
    }
}

/// The field with the name of a case.
pub(crate) const TAG: &str = "type";

/// The condition on an input under which a text or a rule applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputCondition {
    /// The input.
    pub input: String,
    /// The value that it must have, as on the wire; `None` for any value except null.
    pub word: Option<String>,
}

impl InputCondition {
    /// `INPUT` or `INPUT=WORD`.
    pub(crate) fn read(text: &str) -> Self {
        let (input, word) = text.split_once('=').map_or((text, None), |(input, word)| (input, Some(word)));
        Self { input: input.to_owned(), word: word.map(str::to_owned) }
    }

    /// Whether an input with this value meets the condition.
    #[must_use]
    pub fn holds(&self, given: Option<&Value>) -> bool {
        match (given, &self.word) {
            (None | Some(Value::Null), _) => false,
            // A list meets it if one of its items does.
            (Some(Value::Array(items)), _) => items.iter().any(|item| self.holds(Some(item))),
            (Some(_), None) => true,
            // A case of a variant is an object with the name of the case.
            (Some(Value::Object(case)), Some(word)) => case.get(TAG).and_then(Value::as_str) == Some(word),
            (Some(value), Some(word)) => is_word(value, word),
        }
    }
}

/// As a user types it: `status=inactive`, or `name`.
impl fmt::Display for InputCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.input)?;
        self.word.as_ref().map_or(Ok(()), |word| write!(f, "={word}"))
    }
}

/// Whether a write changed anything when the API rejected it with an error code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum CodeEffect {
    /// The change was made.
    Changed,
    /// Nothing was changed.
    Unchanged,
    /// It is not known whether anything was changed.
    Unknown,
}

impl FromStr for CodeEffect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "changed" => Ok(Self::Changed),
            "unchanged" => Ok(Self::Unchanged),
            "unknown" => Ok(Self::Unknown),
            _ => Err(format!("`{text}` is not one of changed, unchanged, unknown")),
        }
    }
}

/// An error code of the API with more information than its status (`@code`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorCode {
    /// The code, as in `details.error_code`.
    pub code: String,
    /// Whether a change was made.
    pub effect: CodeEffect,
    /// The cause and the next step, in full sentences.
    pub advice: String,
}

impl Checker<'_> {
    /// Texts with conditions: `TEXT`, `[INPUT=WORD] TEXT` or `[INPUT] TEXT`. The text without a condition comes last.
    pub(crate) fn conditional_texts(
        &mut self,
        docs: &Docs,
        annotation: &str,
        item: &Item,
        inputs: &[Input],
    ) -> Vec<ConditionalText> {
        let mut texts: Vec<ConditionalText> = Vec::new();
        for value in docs.values(annotation) {
            if texts.last().is_some_and(|last| last.when.is_none()) {
                self.problem(
                    item,
                    format!("`@{annotation} {value}` never applies"),
                    format!("put the `@{annotation}` without a condition last, and use only one of them"),
                );
            }
            let (when, text) = match value.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((when, text)) => (Some(when), text.trim()),
                None => (None, value),
            };
            let when = when.map(InputCondition::read);
            match &when {
                Some(when) if !inputs.iter().any(|input| input.name == when.input) => self.problem(
                    item,
                    format!("`@{annotation} [{}]` names no input", when.input),
                    "write `[INPUT=WORD]` or `[INPUT]`",
                ),
                _ => texts.push(ConditionalText { when, text: text.to_owned() }),
            }
        }
        texts
    }

    /// `CODE changed|unchanged|unknown ADVICE`.
    pub(crate) fn codes(&mut self, docs: &Docs, item: &Item) -> Vec<ErrorCode> {
        let mut codes: Vec<ErrorCode> = Vec::new();
        for value in docs.values("code") {
            let mut words = value.splitn(3, ' ');
            match (words.next(), words.next(), words.next()) {
                (Some(code), Some(effect), Some(advice)) => {
                    if codes.iter().any(|known| known.code == code) {
                        self.problem(item, format!("the code `{code}` is given twice"), "remove one");
                    }
                    if let Some(effect) = self.parsed(effect, item) {
                        codes.push(ErrorCode { code: code.to_owned(), effect, advice: advice.trim().to_owned() });
                    }
                }
                _ => self.problem(
                    item,
                    format!("`@code {value}` is incomplete"),
                    "write `@code CODE changed|unchanged|unknown ADVICE`",
                ),
            }
        }
        codes
    }
}
