//! Projects with their documents, files and collaborators.

use super::chats;
use super::family::named;
use super::files::{self, facts, remove_where};
use super::narrowing::Narrowing;
use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::reports::rows::Rows;
use crate::routes::Target;
use crate::rules::{View, text};
use crate::store::Store;
use http::StatusCode;
use serde_json::{Value, json};

pub(super) const PATH: &str = crate::reports::PROJECTS_PATH;
pub(super) const DOCUMENTS: &str = path_of!("compliance-projects.get-document");

/// The fields of a project in a list.
const LISTED: [&str; 9] = [
    "id",
    "name",
    "user",
    "deleted_at",
    "is_private",
    "organization_id",
    "organization_uuid",
    "created_at",
    "updated_at",
];

fn picked(item: &Object, fields: &[&str]) -> Object {
    fields.iter().map(|field| ((*field).to_owned(), item.get(*field).cloned().unwrap_or_default())).collect()
}

/// Lists projects, or returns one.
pub(super) fn answer(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    if target.key.is_none() {
        let narrowing = Narrowing::of(query)?;
        let mut projects: Vec<&Object> =
            view.store.items(PATH).filter(|project| narrowing.fits(project, view)).collect();
        projects.sort_by_key(|project| (text(project, "created_at"), text(project, "id")));
        let shown = projects.into_iter().map(|project| Value::Object(picked(project, &LISTED)));
        return Ok(Rows::cut(shown.collect(), query)?.with_more());
    }
    let project = named(view, target, PATH, "project")?;
    let id = text(project, "id");
    let mut shown = picked(project, &LISTED);
    shown.extend(picked(project, &["description", "instructions"]));
    shown.insert("chats_count".to_owned(), chats_of(view.store, id).count().into());
    shown.insert("attachments_count".to_owned(), attached(view.store, id).len().into());
    Ok(shown.into())
}

fn chats_of<'s>(store: &'s Store, id: &str) -> impl Iterator<Item = &'s Object> {
    store.items(chats::PATH).filter(move |chat| text(chat, "project_id") == id)
}

/// The files and documents of a project, oldest first.
fn attached(store: &Store, id: &str) -> Vec<Value> {
    let files = store.items(files::UPLOADED).filter(|file| text(file, "project_id") == id).map(|file| {
        let mut shown = facts(file);
        shown.extend(picked(file, &["id", "filename", "created_at"]));
        shown.insert("type".to_owned(), "project_file".into());
        shown
    });
    let documents =
        store.items(DOCUMENTS).filter(|document| text(document, "claude_project_id") == id).map(|document| {
            let mut shown = picked(document, &["id", "filename", "created_at", "updated_at"]);
            shown.insert("mime_type".to_owned(), "text/plain".into());
            shown.insert("type".to_owned(), "project_doc".into());
            shown
        });
    let mut attached: Vec<Object> = files.chain(documents).collect();
    attached.sort_by_key(|item| (text(item, "created_at").to_owned(), text(item, "id").to_owned()));
    attached.into_iter().map(Value::Object).collect()
}

pub(super) fn attachments(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let project = named(view, target, PATH, "project")?;
    Ok(Rows::cut(attached(view.store, text(project, "id")), query)?.with_more())
}

pub(super) fn collaborators(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let project = named(view, target, PATH, "project")?;
    let collaborators = project.get("collaborators").and_then(Value::as_array).cloned().unwrap_or_default();
    Ok(Rows::cut(collaborators, query)?.with_more())
}

pub(super) fn document(target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let document = named(view, target, DOCUMENTS, "project document")?;
    Ok(picked(document, &["id", "filename", "user", files::CONTENT, "created_at"]).into())
}

pub(super) fn document_metadata(target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let document = named(view, target, DOCUMENTS, "project document")?;
    let mut shown = facts(document);
    shown.extend(picked(document, &["id", "filename", "user", "claude_project_id", "created_at"]));
    shown.insert("mime_type".to_owned(), json!("text/plain"));
    Ok(shown.into())
}

/// A project with chats is not deleted.
pub(super) fn may_go(project: &Object, view: View<'_>) -> Result<(), ApiError> {
    match chats_of(view.store, text(project, "id")).count() {
        0 => Ok(()),
        count => {
            let message = format!("The project has {count} chats attached. Delete them first.");
            Err(ApiError::new(StatusCode::CONFLICT, message))
        }
    }
}

pub(super) fn goes_with(project: &Object, store: &mut Store) {
    let id = text(project, "id");
    remove_where(store, DOCUMENTS, |document| text(document, "claude_project_id") == id);
    remove_where(store, files::UPLOADED, |file| text(file, "project_id") == id);
}
