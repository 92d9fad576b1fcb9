//! A long list in parts, each handed on as soon as it is read.

use crate::command::Format;
use crate::document::Document;
use serde_json::Value;
use std::ops::ControlFlow;

/// A page of a list that goes on.
#[derive(Debug, Clone)]
pub struct Part<'p> {
    /// What to show of it: the same title and columns in every part of a list.
    pub document: Document,
    /// The page with the API's own field names and values, secrets included: it is for whoever may have them.
    pub page: &'p Value,
    /// How the asker wants it written.
    pub format: Option<Format>,
}

/// Takes a long list part by part, so that nobody has to keep all of it.
pub trait PartSink: Send + Sync {
    /// Takes the next part. A break ends the reading: nobody wants more.
    fn take(&self, part: Part<'_>) -> ControlFlow<()>;
}
