//! Pages with opaque cursors: `first_id` and `last_id` are not IDs of items.

use crate::error::ApiError;
use crate::page::fingerprint;
use crate::query::Query;
use crate::validate::at;
use serde_json::{Value, json};

const PREFIX: &str = "cursor_";

/// A page of items in the order of the query.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) shown: Vec<T>,
    pub(super) has_more: bool,
    pub(super) first_id: Value,
    pub(super) last_id: Value,
}

impl<T> Page<T> {
    /// Selects a page of items: those after or before the item of a cursor.
    pub(super) fn cut(mut items: Vec<T>, query: &Query, id_of: impl Fn(&T) -> &str) -> Result<Self, ApiError> {
        let fingerprint = fingerprint(query);
        let position = |place: &str, cursor: &str| {
            let id = read(cursor, &fingerprint, place)?;
            items.iter().position(|item| id_of(item) == id).ok_or_else(|| at(place, "cursor is not valid"))
        };
        let (from, until) = match (query.after(), query.before()) {
            (Some(after), _) => (position("after_id", after)? + 1, usize::MAX),
            (None, Some(before)) => (0, position("before_id", before)?),
            (None, None) => (0, usize::MAX),
        };
        let until = until.min(items.len());
        let limit = query.limit().min(until - from.min(until));
        // The page has the items nearest to the cursor, on either side.
        let begin = if query.before().is_some() { until - limit } else { from };
        let end = begin + limit;
        let has_more = if query.before().is_some() { begin > 0 } else { end < items.len() };
        let cursor = |item: Option<&T>| item.map_or(Value::Null, |item| json!(write(id_of(item), &fingerprint)));
        items.truncate(end);
        let shown: Vec<T> = items.into_iter().skip(begin).collect();
        let (first_id, last_id) = (cursor(shown.first()), cursor(shown.last()));
        Ok(Self { shown, has_more, first_id, last_id })
    }
}

fn write(id: &str, fingerprint: &str) -> String {
    let hex: String = id.bytes().rev().map(|byte| format!("{byte:02x}")).collect();
    format!("{PREFIX}{fingerprint}{hex}")
}

fn read(cursor: &str, fingerprint: &str, place: &str) -> Result<String, ApiError> {
    let invalid = || at(place, "cursor is not valid");
    let rest = cursor.strip_prefix(PREFIX).filter(|rest| rest.is_ascii()).ok_or_else(invalid)?;
    let Some((made_by, hex)) = rest.split_at_checked(fingerprint.len()) else { return Err(invalid()) };
    if made_by != fingerprint {
        return Err(ApiError::invalid("cursor does not match current query parameters"));
    }
    let bytes: Option<Vec<u8>> =
        (0..hex.len()).step_by(2).map(|start| u8::from_str_radix(hex.get(start..start + 2)?, 16).ok()).rev().collect();
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(invalid)
}
