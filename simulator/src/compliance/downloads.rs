//! The content of files, artifacts and versions, as bytes.

use super::code_artifacts;
use super::family::{captured, named, not_found};
use super::files::{ARTIFACTS, GENERATED, UPLOADED, bytes};
use crate::Object;
use crate::error::ApiError;
use crate::reply::File;
use crate::routes::Target;
use crate::rules::{View, text};
use http::StatusCode;
use serde_json::Value;

fn file_of(item: &Object, name: &str) -> File {
    let media_type = text(item, "mime_type");
    let content_type = if media_type.is_empty() { "application/octet-stream" } else { media_type };
    File { content_type: content_type.to_owned(), name: Some(name.to_owned()), content: bytes(item).into() }
}

pub(super) fn uploaded(target: &Target<'_>, view: View<'_>) -> Result<File, ApiError> {
    let file = named(view, target, UPLOADED, "file")?;
    Ok(file_of(file, text(file, "filename")))
}

pub(super) fn generated(target: &Target<'_>, view: View<'_>) -> Result<File, ApiError> {
    let file = named(view, target, GENERATED, "generated file")?;
    Ok(file_of(file, text(file, "filename")))
}

/// Artifacts are text, whatever they are for.
pub(super) fn artifact(target: &Target<'_>, view: View<'_>) -> Result<File, ApiError> {
    let artifact = named(view, target, ARTIFACTS, "artifact version")?;
    let file_name = format!("{}.txt", text(artifact, "title"));
    let content_type = "text/plain; charset=utf-8".to_owned();
    Ok(File { content_type, ..file_of(artifact, &file_name) })
}

pub(super) fn code_artifact(target: &Target<'_>, view: View<'_>) -> Result<File, ApiError> {
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
    Ok(file_of(version, text(version, "name")))
}
