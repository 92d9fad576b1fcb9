//! Reads whose results show what depends on the target of a write (`@impact`).

use crate::annotation::Docs;
use crate::check::{Checker, Item};
use crate::consequence::is_word;
use crate::target::{at_path, placeholders};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The maximum number of reads of one write.
const MAX_READS: usize = 4;

/// A list whose items depend on the target of a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Impact {
    /// A description of its items, in a few words: `API keys that stop working`.
    pub what: String,
    /// The field of an item, by wire names that are separated by dots, and the value that it must have; `None` if every
    /// item counts.
    pub only: Option<(String, String)>,
    /// The words of the command, with names between braces as in a question.
    pub command: Vec<String>,
}

impl Impact {
    /// Whether an item depends on the target. `value` is the expected value with its names filled in.
    #[must_use]
    pub fn counts(&self, item: &Value, value: &str) -> bool {
        let Some((path, _)) = &self.only else { return true };
        at_path(item, path).is_some_and(|found| is_word(found, value))
    }

    /// The names between braces.
    pub fn placeholders(&self) -> impl Iterator<Item = &str> {
        let wanted = self.only.iter().map(|(_, value)| value);
        self.command.iter().chain(wanted).flat_map(|word| placeholders(word))
    }
}

impl Checker<'_> {
    /// `WHAT: [FIELD=VALUE] NOUN VERB …`.
    pub(crate) fn impacts(&mut self, docs: &Docs, item: &Item) -> Vec<Impact> {
        let mut impacts = Vec::new();
        for value in docs.values("impact") {
            match read(value) {
                Some(impact) => impacts.push(impact),
                None => self.problem(
                    item,
                    format!("`@impact {value}` is incomplete"),
                    "write `@impact WHAT: NOUN VERB ARGUMENTS`, or `@impact WHAT: [FIELD=VALUE] NOUN VERB ARGUMENTS`",
                ),
            }
        }
        if impacts.len() > MAX_READS {
            self.problem(item, format!("it has more than {MAX_READS} `@impact`"), "remove the less important ones");
        }
        impacts
    }
}

fn read(value: &str) -> Option<Impact> {
    let (what, rest) = value.split_once(": ")?;
    let (only, command) = match rest.trim().strip_prefix('[') {
        Some(rest) => {
            let (only, command) = rest.split_once(']')?;
            let (field, wanted) = only.split_once('=')?;
            (Some((field.to_owned(), wanted.to_owned())), command)
        }
        None => (None, rest),
    };
    let command: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    (command.len() > 1).then(|| Impact { what: what.to_owned(), only, command })
}
