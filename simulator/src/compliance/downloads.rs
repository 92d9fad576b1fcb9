//! The content of files, artifacts and versions, as bytes.

use super::code_artifacts;
use super::family::{captured, named, not_found};
use super::files::{ARTIFACTS, GENERATED, UPLOADED, bytes};
use crate::Object;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::query::Query;
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

pub(super) fn uploaded(target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<File, ApiError> {
    let file = named(view, target, UPLOADED, "file")?;
    Ok(file_of(file, text(file, "filename")))
}

pub(super) fn generated(target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<File, ApiError> {
    let file = named(view, target, GENERATED, "generated file")?;
    Ok(file_of(file, text(file, "filename")))
}

/// Artifacts are always text.
pub(super) fn artifact(target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<File, ApiError> {
    let artifact = named(view, target, ARTIFACTS, "artifact version")?;
    let file_name = format!("{}.txt", text(artifact, "title"));
    let content_type = "text/plain; charset=utf-8".to_owned();
    Ok(File { content_type, ..file_of(artifact, &file_name) })
}

/// A version of an artifact.
pub(super) fn code_artifact(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<File, ApiError> {
    let artifact = named(view, target, code_artifacts::PATH, "artifact")?;
    let wanted = captured(target, 1);
    let version =
        versions(artifact).find(|version| text(version, "id") == wanted).ok_or_else(|| not_found("version", wanted))?;
    version_file(artifact, version, query)
}

/// The current content of an artifact: the tabs of a document, or the latest version of any other artifact.
pub(super) fn current_code_artifact(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<File, ApiError> {
    let artifact = named(view, target, code_artifacts::PATH, "artifact")?;
    if let Some(tabs) = artifact.get(code_artifacts::TABS).and_then(Value::as_array) {
        return document(artifact, tabs, query);
    }
    let latest = versions(artifact).next().ok_or_else(|| not_found("artifact", text(artifact, "id")))?;
    version_file(artifact, latest, query)
}

fn versions(artifact: &Object) -> impl Iterator<Item = &Object> {
    artifact.get("versions").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn wants_archive(query: &Query) -> bool {
    query.text("multi_file_format").is_some()
}

fn version_file(artifact: &Object, version: &Object, query: &Query) -> Result<File, ApiError> {
    if version.get(code_artifacts::UNFINISHED).is_some() {
        let message = "The upload of this version is not finished.";
        return Err(ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message));
    }
    let Some(files) = version.get(code_artifacts::FILES).and_then(Value::as_object) else {
        return Ok(file_of(version, text(version, "name")));
    };
    if !wants_archive(query) {
        return Err(refusal("multi_file_unavailable"));
    }
    if files.keys().any(|name| name.split('/').any(|part| matches!(part, "" | "." | ".."))) {
        return Err(refusal("file_set_unavailable"));
    }
    let folder = text(artifact, "id");
    let names: Vec<&String> = files.keys().collect();
    let index = serde_json::json!({ "files": names }).to_string().into_bytes();
    let content = |content: &Value| content.as_str().unwrap_or_default().as_bytes().to_vec();
    let mut all: Vec<(String, Vec<u8>)> =
        files.iter().map(|(name, text)| (format!("{folder}/files/{name}"), content(text))).collect();
    // The index is written last. An archive without it is truncated.
    all.push((format!("{folder}/files.json"), index));
    Ok(archive(folder, &all))
}

/// A document: one file of Word for each tab that has text.
fn document(artifact: &Object, tabs: &[Value], query: &Query) -> Result<File, ApiError> {
    if !wants_archive(query) {
        return Err(refusal("multi_file_unavailable"));
    }
    let content = |tab: &Value| tab["text"].as_str().unwrap_or_default().to_owned();
    let written: Vec<(&str, String)> = tabs
        .iter()
        .map(|tab| (tab["id"].as_str().unwrap_or_default(), content(tab)))
        .filter(|(_, text)| !text.is_empty())
        .collect();
    let files: Vec<(String, Vec<u8>)> = match written.as_slice() {
        [] => return Err(refusal("document_unavailable")),
        [(_, text)] => vec![("01-document.docx".to_owned(), text.as_bytes().to_vec())],
        several => several
            .iter()
            .enumerate()
            .map(|(place, (id, text))| (format!("{:02}-{id}.docx", place + 1), text.as_bytes().to_vec()))
            .collect(),
    };
    Ok(archive(text(artifact, "id"), &files))
}

fn archive(name: &str, files: &[(String, Vec<u8>)]) -> File {
    File {
        content_type: "application/zip".to_owned(),
        name: Some(format!("{name}.zip")),
        content: crate::archive::zip(files),
    }
}
