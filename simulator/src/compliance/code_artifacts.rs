//! Artifacts that Claude Code published.

use super::narrowing::Narrowing;
use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::reports::rows::Rows;
use crate::routes::Target;
use crate::rules::{View, text};
use serde_json::{Value, json};

pub(super) const PATH: &str = path_of!("compliance-code-artifacts.list");
/// Marks a version that is still being uploaded.
pub(super) const UNFINISHED: &str = "unfinished";
/// The files of a version that has several, by name.
pub(super) const FILES: &str = "files";
/// The tabs of a document.
pub(super) const TABS: &str = "tabs";

pub(super) fn list(_target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let narrowing = Narrowing::of(query)?;
    let mut artifacts: Vec<&Object> =
        view.store.items(PATH).filter(|artifact| narrowing.fits(artifact, view)).collect();
    artifacts.sort_by_key(|artifact| std::cmp::Reverse(text(artifact, "updated_at")));
    let shown = artifacts.into_iter().map(|artifact| {
        let mut shown = artifact.clone();
        shown.shift_remove(TABS);
        let versions = artifact.get("versions").and_then(Value::as_array).into_iter().flatten().map(|version| {
            json!({ "id": version.get("id"), "name": version.get("name"), "created_at": version.get("created_at") })
        });
        shown.insert("versions".to_owned(), versions.collect::<Vec<_>>().into());
        Value::Object(shown)
    });
    Ok(Rows::cut(shown.collect(), query)?.with_more())
}
