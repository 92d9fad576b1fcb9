//! A long list in parts. Each part is passed on when it is read.

use crate::command::Format;
use crate::document::Document;
use serde_json::Value;
use std::ops::ControlFlow;

/// A page of a list that has several pages.
#[derive(Debug, Clone)]
pub struct Part<'p> {
    /// The document to show, with the same title and columns in each part of a list.
    pub document: Document,
    /// The page with the field names and values of the API. It includes secrets: only a receiver that is permitted to
    /// have them can be given the page.
    pub page: &'p Value,
    /// The format that the requester set.
    pub format: Option<Format>,
}

/// Receives a long list part by part, so no complete list is in memory.
pub trait PartSink: Send + Sync {
    /// Receives the next part. A break ends the read: the receiver needs no more parts.
    fn take(&self, part: Part<'_>) -> ControlFlow<()>;
}
