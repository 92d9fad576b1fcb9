//! Writes that cannot succeed, or that change nothing, because of the state of their target (`@futile`).

use crate::annotation::Docs;
use crate::check::{Checker, Item};
use crate::consequence::{TAG, is_word};
use crate::target::at_path;
use crate::{Input, InputCondition};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A rule for a write that need not be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Futile {
    /// The cause.
    pub kind: Futility,
    /// The conditions, all of which must apply.
    pub when: Vec<TargetCondition>,
    /// The text for people, in full sentences, with names between braces as in a question.
    pub text: String,
}

/// The cause why a write need not be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Futility {
    /// The target already has the state that the write would set.
    Done,
    /// The API rejects the write.
    Refused,
}

/// A condition of a [`Futile`] rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TargetCondition {
    /// Every argument of the body is what the target already has.
    Same,
    /// An argument is given, or has one of several values.
    Argument(Vec<InputCondition>),
    /// A field of the target has a value, or has one of several values.
    Field {
        /// Its wire names, separated by dots.
        path: String,
        /// The values; empty for any value except null.
        words: Vec<String>,
    },
    /// A field of the target is absent or null.
    NoField(String),
}

impl Futile {
    /// Whether the rule applies to arguments and a target. `is_same` says whether the target already has every argument.
    #[must_use]
    pub fn applies<'v>(&self, given: impl Fn(&str) -> Option<&'v Value>, target: &Value, is_same: bool) -> bool {
        let field = |path: &str| at_path(target, path).filter(|value| !value.is_null());
        self.when.iter().all(|condition| match condition {
            TargetCondition::Same => is_same,
            TargetCondition::Argument(any) => any.iter().any(|one| one.holds(given(&one.input))),
            TargetCondition::Field { path, words } if words.is_empty() => field(path).is_some(),
            TargetCondition::Field { path, words } => field(path).is_some_and(|value| {
                // A case of a variant is an object with the name of the case.
                let word = value.get(TAG).unwrap_or(value);
                words.iter().any(|known| is_word(word, known))
            }),
            TargetCondition::NoField(path) => field(path).is_none(),
        })
    }

    /// The fields of the target that it reads.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &str> {
        self.when.iter().filter_map(|condition| match condition {
            TargetCondition::Field { path, .. } | TargetCondition::NoField(path) => Some(path.as_str()),
            TargetCondition::Same | TargetCondition::Argument(_) => None,
        })
    }
}

impl Checker<'_> {
    /// `done|refused [CONDITION …] TEXT`.
    pub(crate) fn futile(&mut self, docs: &Docs, item: &Item, inputs: &[Input]) -> Vec<Futile> {
        let mut rules = Vec::new();
        for value in docs.values("futile") {
            match read(value) {
                Some(rule) => {
                    let of_arguments = rule.when.iter().filter_map(|condition| match condition {
                        TargetCondition::Argument(any) => any.first(),
                        _ => None,
                    });
                    for condition in of_arguments.filter(|one| !inputs.iter().any(|input| input.name == one.input)) {
                        let message = format!("`@futile … --{condition}` names no input");
                        self.problem(item, message, "write `--INPUT`, or `--INPUT=WORD,WORD`");
                    }
                    rules.push(rule);
                }
                None => self.problem(
                    item,
                    format!("`@futile {value}` is incomplete"),
                    "write `@futile done|refused [CONDITION …] TEXT`; a condition is FIELD, FIELD=WORD,WORD, !FIELD, \
                     --INPUT, --INPUT=WORD,WORD or same",
                ),
            }
        }
        rules
    }
}

fn read(value: &str) -> Option<Futile> {
    let (kind, rest) = value.split_once(' ')?;
    let kind = match kind {
        "done" => Futility::Done,
        "refused" => Futility::Refused,
        _ => return None,
    };
    let (when, text) = rest.trim_start().strip_prefix('[')?.split_once(']')?;
    let when: Vec<TargetCondition> = when.split_whitespace().map(condition).collect::<Option<_>>()?;
    let text = text.trim().to_owned();
    (!when.is_empty() && !text.is_empty()).then_some(Futile { kind, when, text })
}

fn condition(text: &str) -> Option<TargetCondition> {
    let (name, words) = match text.split_once('=') {
        Some((name, words)) => (name, Some(words.split(',').map(str::to_owned).collect::<Vec<_>>())),
        None => (text, None),
    };
    if name.trim_start_matches(['-', '!']).is_empty() || words.iter().flatten().any(String::is_empty) {
        return None;
    }
    match (name.strip_prefix("--"), name.strip_prefix('!'), words) {
        (Some(input), _, None) => {
            Some(TargetCondition::Argument(vec![InputCondition { input: input.to_owned(), word: None }]))
        }
        (Some(input), _, Some(words)) => {
            let one = |word| InputCondition { input: input.to_owned(), word: Some(word) };
            Some(TargetCondition::Argument(words.into_iter().map(one).collect()))
        }
        (None, Some(path), None) => Some(TargetCondition::NoField(path.to_owned())),
        (None, None, None) if name == "same" => Some(TargetCondition::Same),
        (None, None, words) if name != "same" => {
            Some(TargetCondition::Field { path: name.to_owned(), words: words.unwrap_or_default() })
        }
        _ => None,
    }
}
