//! `offboard`: everything that belongs to people who leave, and its removal.

use crate::failure::{is_missing, told};
use crate::pages::{Listed, by_id, by_token};
use crate::person::{Person, find};
use crate::proposal::Draft;
use crate::world::claude::admin::api_keys::{self, ApiKey, ApiKeyPrincipal, ApiKeyStatus};
use crate::world::claude::admin::group_members;
use crate::world::claude::admin::groups::{self, Group, GroupSource};
use crate::world::claude::admin::invites::{self, InviteStatusFilter};
use crate::world::claude::admin::types::OrganizationRole;
use crate::world::claude::admin::users::User;
use crate::world::claude::admin::workspace_members::{self, WorkspaceRole};
use crate::world::claude::admin::workspaces::{self, Workspace};
use crate::{Arguments, Param, Playbook, param};

pub(crate) const PLAYBOOK: Playbook = Playbook {
    name: "offboard",
    summary: "Remove people who leave, with their memberships, invites, group places and keys",
    parameters: &[
        Param { required: true, repeats: true, ..param("who", "The people: e-mail addresses or member IDs.") },
        Param {
            values: &["personal", "keep", "inactive", "archive"],
            ..param(
                "keys",
                "Their active keys: switch off the keys bound to them (`personal`, default), change none, switch off all, or archive all.",
            )
        },
    ],
    plan,
};

/// The data that is read once for all people.
struct Organization {
    workspaces: Vec<Workspace>,
    groups: Vec<(Group, Vec<group_members::GroupMember>)>,
}

fn plan(arguments: &Arguments) -> Result<Draft, String> {
    let mut draft = Draft::default();
    let keys = arguments.one("keys").unwrap_or("personal");
    let (mut people, mut members) = (Vec::new(), 0);
    let mut organization = None;
    for who in arguments.all("who") {
        match find(who)? {
            Person::Member(user) if people.contains(&user.id) => {}
            Person::Member(user) => {
                let organization = match &mut organization {
                    Some(organization) => &*organization,
                    none => none.insert(read()?),
                };
                people.push(user.id.clone());
                members += 1;
                member(&mut draft, organization, &user, keys)?;
            }
            Person::NotFound(who) => former(&mut draft, &who)?,
        }
    }
    if draft.steps() == 0 {
        draft.say(match members {
            0 => "Nothing is left to remove.",
            _ => "This host can remove nothing now.",
        });
    } else {
        draft.say("The API cannot remove what these people wrote, their personal tokens, or recorded telemetry.");
    }
    Ok(draft)
}

fn read() -> Result<Organization, String> {
    let workspaces = by_id("The list of workspaces", |page| {
        let found = workspaces::list(&[], None, None, page)?;
        Ok(Listed { data: found.data, has_more: found.has_more, last_id: found.last_id })
    })?;
    let listed = by_token("The list of groups", |page| {
        let found = groups::list(Some(100), page)?;
        Ok((found.data, found.next_page))
    })?;
    let mut all = Vec::new();
    for group in listed {
        let members = by_token(&format!("The group {}", group.id), |page| {
            let found = group_members::list(&group.id, Some(100), page)?;
            Ok((found.data, found.next_page))
        })?;
        all.push((group, members));
    }
    Ok(Organization { workspaces, groups: all })
}

/// Everything of one member.
fn member(draft: &mut Draft, organization: &Organization, user: &User, keys: &str) -> Result<(), String> {
    let named = user.name.clone().unwrap_or_else(|| user.email.clone());
    let is_admin = matches!(user.role, OrganizationRole::Admin);
    let mut rows = Vec::new();
    let mut row = |kind: &str, name: &str, id: &str, plan: &str| {
        rows.push([kind, name, id, plan].map(str::to_owned).to_vec());
    };
    for workspace in &organization.workspaces {
        let name = workspace.name.as_deref().unwrap_or(&workspace.id);
        match workspace_members::get(&workspace.id, &user.id) {
            // The API gives these roles the membership, and rejects its removal.
            Ok(member) if matches!(member.workspace_role, WorkspaceRole::WorkspaceAdmin) && is_admin => {
                row("workspace", name, &workspace.id, "left: an admin is a member of every workspace");
            }
            Ok(member) if matches!(member.workspace_role, WorkspaceRole::WorkspaceBilling) => {
                row("workspace", name, &workspace.id, "ends with the membership in the organization");
            }
            Ok(_) => {
                row("workspace", name, &workspace.id, "removed");
                let arguments = [("workspace-id", workspace.id.as_str()), ("user-id", user.id.as_str())];
                draft.step("workspace-members.remove", &arguments, format!("{named} is a member of {name}"));
            }
            Err(error) if is_missing(&error) => {}
            Err(error) => return Err(told(&format!("The workspace {}", workspace.id), error)),
        }
    }
    for (group, members) in &organization.groups {
        if !members.iter().any(|member| member.user_id == user.id) {
            continue;
        }
        let name = group.name.as_deref().unwrap_or(&group.id);
        if matches!(group.source_type, GroupSource::Direct) {
            row("group", name, &group.id, "removed");
            let arguments = [("group-id", group.id.as_str()), ("user-id", user.id.as_str())];
            draft.step("group-members.remove", &arguments, format!("{named} is in {name}"));
        } else {
            row("group", name, &group.id, "left: the directory manages it");
        }
    }
    invited(draft, &user.email, &mut row)?;
    for key in keys_of(&user.id)? {
        let name = key.name.as_deref().unwrap_or(&key.id);
        let is_personal = matches!(&key.principal, Some(ApiKeyPrincipal::UserActor(actor)) if actor.user_id == user.id);
        let status = match keys {
            "archive" => Some("archived"),
            "inactive" => Some("inactive"),
            "personal" if is_personal => Some("inactive"),
            _ => None,
        };
        // The API archives personal keys when their member is removed.
        let plan = match status {
            _ if is_personal && !is_admin => "archived when the member is removed",
            status => status.unwrap_or("left active"),
        };
        row("key", name, &key.id, plan);
        if let Some(status) = status {
            let arguments = [("api-key-id", key.id.as_str()), ("status", status)];
            draft.step("api-keys.update", &arguments, format!("{named} made it"));
        }
    }
    if is_admin {
        row("member", &named, &user.id, "left: the API cannot remove an admin");
        draft.say(format!(
            "{named} is an admin, and stays a member: change the role in the Console first, then run this again."
        ));
    } else {
        row("member", &named, &user.id, "removed");
        draft.step("users.remove", &[("user-id", user.id.as_str())], "The last step");
    }
    draft.table(&format!("Objects of {named} ({})", user.email), &["kind", "name", "id", "plan"], rows);
    Ok(())
}

/// The objects that can be left of a person who is not a member.
fn former(draft: &mut Draft, who: &str) -> Result<(), String> {
    draft.say(format!("`{who}` is no member."));
    if !who.contains('@') {
        return Ok(());
    }
    let mut rows = Vec::new();
    invited(draft, who, &mut |kind: &str, name: &str, id: &str, plan: &str| {
        rows.push([kind, name, id, plan].map(str::to_owned).to_vec());
    })?;
    draft.table(&format!("Objects that are left of {who}"), &["kind", "name", "id", "plan"], rows);
    Ok(())
}

/// Withdraws the pending invites of an address.
fn invited(draft: &mut Draft, email: &str, row: &mut dyn FnMut(&str, &str, &str, &str)) -> Result<(), String> {
    let found = by_id("The list of invites", |page| {
        let found = invites::list(Some(email), &[], &[InviteStatusFilter::Pending], page)?;
        Ok(Listed { data: found.data, has_more: found.has_more, last_id: found.last_id })
    })?;
    for invite in found.iter().filter(|invite| invite.email.eq_ignore_ascii_case(email)) {
        row("invite", &invite.email, &invite.id, "withdrawn");
        draft.step("invites.delete", &[("invite-id", invite.id.as_str())], format!("{email} is invited"));
    }
    Ok(())
}

/// The active keys that a member made.
fn keys_of(user: &str) -> Result<Vec<ApiKey>, String> {
    let keys = by_id("The list of keys", |page| {
        let found = api_keys::list(Some(user), None, None, page)?;
        Ok(Listed { data: found.data, has_more: found.has_more, last_id: found.last_id })
    })?;
    Ok(keys.into_iter().filter(|key| matches!(key.status, ApiKeyStatus::Active)).collect())
}
