//! The content of files, artifacts and versions, as bytes.

use super::code_artifacts;
use super::family::{captured, named, not_found};
use super::files::{ARTIFACTS, GENERATED, UPLOADED, bytes};
use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::routes::Target;
use crate::rules::{View, text};
use http::StatusCode;
use serde_json::{Value, json};

/// A file to be sent as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Download {
    pub(crate) content_type: String,
    pub(crate) file_name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Download {
    /// The one place at which a download becomes a reply.
    fn reply(self) -> Value {
        json!({ "content_type": self.content_type, "file_name": self.file_name, "content": self.bytes })
    }

    fn of(item: &Object, file_name: &str) -> Self {
        let media_type = text(item, "mime_type");
        let content_type = if media_type.is_empty() { "application/octet-stream" } else { media_type };
        Self { content_type: content_type.to_owned(), file_name: file_name.to_owned(), bytes: bytes(item) }
    }
}

pub(super) fn uploaded(target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let file = named(view, target, UPLOADED, "file")?;
    Ok(Download::of(file, text(file, "filename")).reply())
}

pub(super) fn generated(target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let file = named(view, target, GENERATED, "generated file")?;
    Ok(Download::of(file, text(file, "filename")).reply())
}

/// Artifacts are text, whatever they are for.
pub(super) fn artifact(target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let artifact = named(view, target, ARTIFACTS, "artifact version")?;
    let file_name = format!("{}.txt", text(artifact, "title"));
    let content_type = "text/plain; charset=utf-8".to_owned();
    Ok(Download { content_type, ..Download::of(artifact, &file_name) }.reply())
}

pub(super) fn code_artifact(target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let artifact = named(view, target, code_artifacts::PATH, "artifact")?;
    let wanted = captured(target, 1);
    let versions = artifact.get("versions").and_then(Value::as_array).into_iter().flatten();
    let version = versions
        .filter_map(Value::as_object)
        .find(|version| text(version, "id") == wanted)
        .ok_or_else(|| not_found("version", wanted))?;
    if version.get(code_artifacts::UNFINISHED).is_some() {
        let message = "The upload of this version is not finished.";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message));
    }
    Ok(Download::of(version, text(version, "name")).reply())
}
