//! Chats and their messages.

use super::family::named;
use super::files::{self, facts};
use super::narrowing::{Narrowing, Times};
use super::opaque::Page;
use super::transcript::{Cuts, Unit};
use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::reports::range::{text as text_of, texts};
use crate::routes::Target;
use crate::rules::{View, text};
use crate::store::Store;
use crate::validate::at;
use serde_json::{Value, json};

pub(super) const PATH: &str = path_of!("compliance-chats.list");
/// The fields of a chat that its list does not show.
const MESSAGES: &str = "messages";

pub(super) fn list(_target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let narrowing = Narrowing::of(query)?;
    let order_by = text_of(query, "order_by").unwrap_or("created_at");
    let projects = texts(query, "project_ids[]");
    let has_users = !texts(query, "user_ids[]").is_empty();
    if has_users && (narrowing.updated.is_set() || order_by == "updated_at") {
        return Err(at("user_ids[]", "It cannot be combined with updated_at filters or with order_by=updated_at"));
    }
    if !has_users {
        if !projects.is_empty() {
            return Err(at("project_ids[]", "It requires user_ids[]"));
        }
        if query.before().is_some() {
            return Err(at("before_id", "It requires user_ids[]"));
        }
        let other = if order_by == "created_at" { &narrowing.updated } else { &narrowing.created };
        if other.is_set() {
            return Err(at("order_by", "Without user_ids[], time filters should be on the field that orders"));
        }
    }
    let mut chats: Vec<&Object> = view
        .store
        .items(PATH)
        .filter(|chat| narrowing.fits(chat, view))
        .filter(|chat| projects.is_empty() || projects.iter().any(|id| id == text(chat, "project_id")))
        .collect();
    chats.sort_by_key(|chat| (text(chat, order_by), text(chat, "id")));
    let page = Page::cut(chats, query, |chat| text(chat, "id"))?;
    Ok(json!({
        "data": page.shown.into_iter().map(|chat| Value::Object(without_messages(chat))).collect::<Vec<_>>(),
        "has_more": page.has_more,
        "first_id": page.first_id,
        "last_id": page.last_id,
    }))
}

fn without_messages(chat: &Object) -> Object {
    let mut chat = chat.clone();
    chat.shift_remove(MESSAGES);
    chat
}

pub(super) fn messages(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let chat = named(view, target, PATH, "chat")?;
    let cuts = Cuts::of(query, Unit::Chars)?;
    // A message never changes after it was written.
    let (created, updated) = (Times::of(query, "created_at")?, Times::of(query, "updated_at")?);
    let mut messages: Vec<&Object> = chat
        .get(MESSAGES)
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object)
        .filter(|message| created.contain(text(message, "created_at")) && updated.contain(text(message, "created_at")))
        .collect();
    if text_of(query, "order") == Some("desc") {
        messages.reverse();
    }
    let page = Page::cut(messages, query, |message| text(message, "id"))?;
    let mut reply = without_messages(chat);
    let shown: Vec<Value> = page.shown.into_iter().map(|message| shown(message, cuts, view)).collect();
    reply.insert("chat_messages".to_owned(), shown.into());
    reply.insert("has_more".to_owned(), page.has_more.into());
    reply.insert("first_id".to_owned(), page.first_id);
    reply.insert("last_id".to_owned(), page.last_id);
    Ok(reply.into())
}

/// A message, with the files that still exist.
fn shown(message: &Object, cuts: Cuts, view: View<'_>) -> Value {
    let ids =
        |field: &str| message.get(field).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let there = |path: &'static str, field: &str| -> Vec<&Object> {
        ids(field).filter_map(|id| view.store.item(path, id)).collect()
    };
    let file = |file: &Object, is_dated: bool| {
        let mut shown = facts(file);
        for field in ["id", "filename", "created_at"] {
            if field != "created_at" || is_dated {
                shown.insert(field.to_owned(), file.get(field).cloned().unwrap_or_default());
            }
        }
        Value::Object(shown)
    };
    let mut content = message.get("content").cloned().unwrap_or_else(|| json!([]));
    cuts.apply(&mut content);
    let uploaded = there(files::UPLOADED, "files").into_iter().map(|one| file(one, true));
    let generated = there(files::GENERATED, "generated_files").into_iter().map(|one| file(one, false));
    let artifacts = there(files::ARTIFACTS, "artifacts").into_iter().map(|artifact| {
        json!({
            "id": artifact.get("artifact_id"),
            "version_id": artifact.get("id"),
            "title": artifact.get("title"),
            "artifact_type": artifact.get("artifact_type"),
        })
    });
    json!({
        "id": message.get("id"),
        "role": message.get("role"),
        "created_at": message.get("created_at"),
        "content": content,
        "files": uploaded.collect::<Vec<_>>(),
        "generated_files": generated.collect::<Vec<_>>(),
        "artifacts": artifacts.collect::<Vec<_>>(),
    })
}

/// Deletes the objects that were created in a chat. A file is deleted with the last chat that contains it.
pub(super) fn goes_with(chat: &Object, store: &mut Store) {
    let id = text(chat, "id");
    for path in [files::GENERATED, files::ARTIFACTS] {
        files::remove_where(store, path, |item| text(item, "claude_chat_id") == id);
    }
    for file in store.collection_mut(files::UPLOADED).values_mut() {
        if let Some(Value::Array(chats)) = file.get_mut("claude_chat_ids") {
            chats.retain(|chat| chat != id);
        }
    }
    files::remove_where(store, files::UPLOADED, |file| {
        let is_alone = file.get("claude_chat_ids").and_then(Value::as_array).is_none_or(Vec::is_empty);
        is_alone && text(file, "project_id").is_empty()
    });
}
