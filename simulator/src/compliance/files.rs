//! Uploaded and generated files, and versions of artifacts: their metadata and their content.

use super::family::named;
use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::routes::Target;
use crate::rules::{View, text};
use crate::store::Store;
use md5::{Digest, Md5};
use serde_json::{Value, json};

pub(super) const UPLOADED: &str = path_of!("compliance-files.get");
pub(super) const GENERATED: &str = path_of!("compliance-files.get-generated");
pub(super) const ARTIFACTS: &str = path_of!("compliance-artifacts.get");

/// The field with the content as text. No reply contains it.
pub(super) const CONTENT: &str = "content";
/// The field with binary content, as numbers.
pub(super) const BYTES: &str = "bytes";

/// The content of a stored item.
pub(super) fn bytes(item: &Object) -> Vec<u8> {
    match item.get(BYTES).and_then(Value::as_array) {
        Some(bytes) => bytes.iter().filter_map(|byte| u8::try_from(byte.as_u64()?).ok()).collect(),
        None => text(item, CONTENT).as_bytes().to_vec(),
    }
}

/// The MD5 checksum of bytes, in hexadecimal.
pub(super) fn md5(bytes: &[u8]) -> String {
    Md5::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Media type, size and checksum.
pub(super) fn facts(item: &Object) -> Object {
    let bytes = bytes(item);
    Object::from_iter([
        ("mime_type".to_owned(), item.get("mime_type").cloned().unwrap_or_default()),
        ("size_bytes".to_owned(), json!(bytes.len())),
        ("md5".to_owned(), json!(md5(&bytes))),
    ])
}

/// The metadata of an item, with some of its fields.
fn described(item: &Object, fields: &[&str]) -> Object {
    let mut shown = facts(item);
    for field in fields {
        shown.insert((*field).to_owned(), item.get(*field).cloned().unwrap_or_default());
    }
    shown
}

pub(super) fn uploaded(target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let file = named(view, target, UPLOADED, "file")?;
    Ok(described(file, &["id", "filename", "claude_chat_ids", "message_ids", "created_at"]).into())
}

pub(super) fn generated(target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let file = named(view, target, GENERATED, "generated file")?;
    Ok(described(file, &["id", "filename", "claude_chat_id", "created_at"]).into())
}

pub(super) fn artifact(target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let artifact = named(view, target, ARTIFACTS, "artifact version")?;
    let mut shown = described(artifact, &["id", "title", "artifact_type", "claude_chat_id", "created_at"]);
    shown.shift_remove("mime_type");
    shown.insert("version_id".to_owned(), shown.get("id").cloned().unwrap_or_default());
    Ok(shown.into())
}

/// Removes the items of a collection that match a condition.
pub(super) fn remove_where(store: &mut Store, path: &str, wanted: impl Fn(&Object) -> bool) {
    let ids: Vec<String> =
        store.items(path).filter(|item| wanted(item)).map(|item| text(item, "id").to_owned()).collect();
    for id in ids {
        store.collection_mut(path).remove(&id);
    }
}
