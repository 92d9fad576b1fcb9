//! What a program is answered.

use crate::document::Document;
use crate::{Outcome, Verdict};
use serde_json::{Map, Value, json};

/// What came of a command, as far as a program is told of it.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The id of the operation, where operations are recorded.
    pub operation: Option<&'a str>,
    /// How it ended.
    pub outcome: Outcome,
    /// Whether it changed something.
    pub verdict: Verdict,
    /// The answer of the API, or the part of it that was read before something failed.
    pub data: Option<&'a Value>,
    /// What people are shown.
    pub document: &'a Document,
    /// The error as the component or the host has it.
    pub cause: Option<&'a Value>,
}

impl Answer<'_> {
    /// The data itself, or an object with the key `error`, beside what was read before it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.written(self.data.cloned())
    }

    /// As [`Self::to_json`], of the data itself.
    #[must_use]
    pub fn written(&self, data: Option<Value>) -> Value {
        match (data, self.outcome) {
            (Some(data), Outcome::Done) => data,
            // What was to be removed and is not there is done too: there is no error, whatever the API said about it. What it
            // said is there, so that a program can distinguish it from what was removed.
            (None, Outcome::Done) => match self.cause {
                Some(cause) => json!({ "changed": self.changed(), "cause": cause }),
                None => json!({ "changed": self.changed() }),
            },
            (data, outcome) => {
                let mut error = Map::new();
                error.insert("outcome".to_owned(), Value::from(outcome.as_str()));
                error.insert("changed".to_owned(), self.changed());
                error.insert("message".to_owned(), Value::from(self.document.notices()));
                if let Some(operation) = self.operation {
                    error.insert("operation_id".to_owned(), Value::from(operation));
                }
                if let Some(cause) = self.cause {
                    error.insert("cause".to_owned(), cause.clone());
                }
                let mut object = match data {
                    Some(Value::Object(object)) => object,
                    _ => Map::new(),
                };
                object.insert("error".to_owned(), Value::Object(error));
                Value::Object(object)
            }
        }
    }

    fn changed(&self) -> Value {
        Value::from(self.verdict.changed().as_str())
    }

    /// `written`, which [`Self::to_json`] or whoever adds secrets wrote, under how it ended.
    #[must_use]
    pub fn envelope(&self, command: Option<&str>, written: Value) -> Value {
        let mut object = Map::new();
        if let Some(operation) = self.operation {
            object.insert("operation_id".to_owned(), Value::from(operation));
        }
        object.insert("command".to_owned(), command.map_or(Value::Null, Value::from));
        object.insert("outcome".to_owned(), Value::from(self.outcome.as_str()));
        object.insert("changed".to_owned(), self.changed());
        match (written, self.outcome) {
            (Value::Object(mut failed), outcome) if outcome != Outcome::Done => {
                object.extend(failed.shift_remove_entry("error"));
                if !failed.is_empty() {
                    object.insert("result".to_owned(), Value::Object(failed));
                }
            }
            (result, _) => {
                // What there is to say where there is no data, such as that what was to be removed is not there.
                let said = self.document.notices();
                if self.data.is_none() && !said.is_empty() {
                    object.insert("message".to_owned(), Value::from(said));
                }
                object.insert("result".to_owned(), result);
            }
        }
        Value::Object(object)
    }
}
