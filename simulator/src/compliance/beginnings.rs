//! The activities that created the initial objects of the simulation.

use super::history::{MEMBERS, Writer, user};
use super::{chats, files, projects};
use crate::Object;
use crate::reports::people::{People, Person};
use crate::reports::random::salt;
use crate::rules::{ApiKeys, Invites, View, Workspaces, text};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The activities that created the initial objects. They are recorded, because they must remain when the objects are
/// deleted.
pub(super) fn beginnings(view: View<'_>) -> Vec<Object> {
    let people = People::of(view.store);
    let mut writer = Writer::of(view);
    let people: Vec<&Person<'_>> = people.everybody.iter().take(MEMBERS).collect();
    if let Some(admin) = people.iter().find(|person| person.role == "admin").or_else(|| people.first()) {
        from_the_store(&mut writer, admin, &people, view);
    }
    writer.activities
}

/// The activities whose result still exists.
fn from_the_store(writer: &mut Writer<'_>, admin: &Person<'_>, people: &[&Person<'_>], view: View<'_>) {
    let store = view.store;
    let when = |item: &Object, field: &str| text(item, field).parse::<Timestamp>().ok();
    for workspace in store.items(Workspaces::PATH) {
        let (id, part) = (text(workspace, "id"), [salt(text(workspace, "id"))]);
        let fields = json!({ "workspace_id": id });
        for (field, kind) in
            [("created_at", "platform_workspace_created"), ("archived_at", "platform_workspace_archived")]
        {
            if let Some(at) = when(workspace, field) {
                writer.add(at, kind, user(admin), fields.clone(), &part);
            }
        }
    }
    for key in store.items(ApiKeys::PATH) {
        if let Some(at) = when(key, "created_at") {
            let fields = json!({ "api_key_id": text(key, "id") });
            writer.add(at, "platform_api_key_created", user(admin), fields, &[salt(text(key, "id"))]);
        }
    }
    for invite in store.items(Invites::PATH) {
        let part = [salt(text(invite, "id"))];
        if let Some(at) = when(invite, "invited_at") {
            let fields = json!({ "invited_email": text(invite, "email"), "invited_role": text(invite, "role") });
            writer.add(at, "org_user_invite_sent", user(admin), fields, &part);
        }
        let guest = people.iter().find(|person| person.email == text(invite, "email"));
        if let (Some(at), Some(guest)) = (when(invite, "accepted_at"), guest) {
            let fields = json!({ "invite_id": text(invite, "id") });
            writer.add(at, "org_user_invite_accepted", user(guest), fields, &part);
        }
    }
    for (path, kind, field) in [
        (chats::PATH, "claude_chat_created", "claude_chat_id"),
        (projects::PATH, "claude_project_created", "claude_project_id"),
        (files::UPLOADED, "claude_file_uploaded", "claude_file_id"),
    ] {
        for item in store.items(path) {
            let owner = item.get("user").and_then(|owner| owner.get("id")).and_then(Value::as_str);
            let owner = people.iter().find(|person| Some(person.id) == owner);
            if let (Some(at), Some(owner)) = (when(item, "created_at"), owner) {
                let mut fields = Object::from_iter([(field.to_owned(), json!(text(item, "id")))]);
                if kind == "claude_file_uploaded" {
                    fields.insert("filename".to_owned(), json!(text(item, "filename")));
                }
                writer.add(at, kind, user(owner), fields.into(), &[salt(text(item, "id"))]);
            }
        }
    }
}
