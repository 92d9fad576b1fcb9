//! The result of a command for programs.

use crate::document::Document;
use crate::{Outcome, Verdict};
use serde_json::{Map, Value, json};

/// The result of a command, with the parts that a program receives.
#[derive(Debug, Clone, Copy)]
pub struct Answer<'a> {
    /// The ID of the operation, if operations are recorded.
    pub operation: Option<&'a str>,
    /// The outcome.
    pub outcome: Outcome,
    /// Whether a change was made.
    pub verdict: Verdict,
    /// The response of the API, or the part of it that was read before a failure.
    pub data: Option<&'a Value>,
    /// The document for people.
    pub document: &'a Document,
    /// The error in the form of the component or the host.
    pub cause: Option<&'a Value>,
}

impl Answer<'_> {
    /// The data itself, or an object with the key `error` and the data that was read before the error.
    #[must_use]
    pub fn to_json(&self) -> Value {
        self.written(self.data.cloned())
    }

    /// The same as [`Self::to_json`], for the given data.
    #[must_use]
    pub fn written(&self, data: Option<Value>) -> Value {
        match (data, self.outcome) {
            (Some(data), Outcome::Done) => data,
            // If the object to remove does not exist, the outcome is also `done`: there is no error, whatever the API
            // reported. The result contains the report of the API, so a program can distinguish this case from a
            // removal.
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

    /// The envelope with the outcome around `written`, which is the output of [`Self::to_json`], with or without
    /// secrets.
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
                // The message of a result without data, for example that the object to remove does not exist.
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
