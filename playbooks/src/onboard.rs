//! `onboard`: people who join, with their workspaces, groups and limits.

use crate::failure::{is_missing, told};
use crate::pages::{Listed, by_id, by_token};
use crate::person::{Person, find};
use crate::proposal::Draft;
use crate::world::claude::admin::group_members;
use crate::world::claude::admin::groups::{self, Group};
use crate::world::claude::admin::invites::{self, InviteStatusFilter};
use crate::world::claude::admin::users::User;
use crate::world::claude::admin::workspace_members;
use crate::world::claude::admin::workspaces::{self, Workspace};
use crate::{Arguments, Param, Playbook, param};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

pub(crate) const PLAYBOOK: Playbook = Playbook {
    name: "onboard",
    summary: "Invite people, and give those who accepted their workspaces and groups",
    parameters: &[
        Param {
            repeats: true,
            ..param("who", "The e-mail addresses of people who have the same role, workspaces and groups.")
        },
        Param {
            values: &["user", "developer", "billing", "claude-code-user"],
            ..param("role", "Their role in the organization. Default: user.")
        },
        Param { repeats: true, ..param("workspace", "A workspace, by name or ID.") },
        Param { repeats: true, ..param("group", "A group, by name or ID.") },
        Param {
            repeats: true,
            ..param(
                "row",
                "One person as a JSON object with `email`, and if needed `role`, `workspaces` and `groups`. The terminal reads such rows with `--from`.",
            )
        },
    ],
    plan,
};

/// A person who joins.
struct Joining {
    email: String,
    role: String,
    workspaces: Vec<String>,
    groups: Vec<String>,
}

/// The workspaces and groups that can be named.
struct Places {
    workspaces: Vec<Workspace>,
    groups: Vec<Group>,
}

fn plan(arguments: &Arguments) -> Result<Draft, String> {
    let people = people(arguments)?;
    if people.is_empty() {
        return Err("Name at least one person: an e-mail address, or a row.".to_owned());
    }
    let places = Places {
        workspaces: by_id("The list of workspaces", |page| {
            let found = workspaces::list(&[], None, None, page)?;
            Ok(Listed { data: found.data, has_more: found.has_more, last_id: found.last_id })
        })?,
        groups: match people.iter().all(|person| person.groups.is_empty()) {
            true => Vec::new(),
            false => by_token("The list of groups", |page| {
                let found = groups::list(Some(100), page)?;
                Ok((found.data, found.next_page))
            })?,
        },
    };
    let invited: BTreeSet<String> = by_id("The list of invites", |page| {
        let found = invites::list(None, &[], &[InviteStatusFilter::Pending], page)?;
        Ok(Listed { data: found.data, has_more: found.has_more, last_id: found.last_id })
    })?
    .into_iter()
    .map(|invite| invite.email.to_ascii_lowercase())
    .collect();
    let mut draft = Draft::default();
    let (mut rows, mut later) = (Vec::new(), 0);
    for person in &people {
        let status = match find(&person.email)? {
            Person::Member(user) => member(&mut draft, person, &places, &user)?,
            Person::NotFound(_) if invited.contains(&person.email.to_ascii_lowercase()) => {
                later += 1;
                "invited, not accepted yet"
            }
            Person::NotFound(_) => {
                later += 1;
                let groups =
                    person.groups.iter().map(|name| group(&places, name).map(|group| Value::from(group.id.as_str())));
                let mut arguments = Map::new();
                arguments.insert("email".to_owned(), Value::from(person.email.as_str()));
                arguments.insert("role".to_owned(), Value::from(person.role.replace('-', "_")));
                let groups = groups.collect::<Result<Vec<_>, _>>()?;
                if !groups.is_empty() {
                    arguments.insert("rbac-group-ids".to_owned(), Value::Array(groups));
                }
                draft.step_with("invites.create", arguments, format!("{} is no member", person.email));
                "invited"
            }
        };
        // A name that does not exist must not be found only after the invite is accepted.
        for name in &person.workspaces {
            workspace(&places, name)?;
        }
        rows.push(vec![
            person.email.clone(),
            person.role.clone(),
            status.to_owned(),
            person.workspaces.join(", "),
            person.groups.join(", "),
        ]);
    }
    draft.table("People", &["email", "role", "status", "workspaces", "groups"], rows);
    if draft.steps() == 0 && later == 0 {
        draft.say("All of these people are members, with all workspaces and groups.");
    }
    if later > 0 {
        draft.say(format!("{later} people must accept their invite first: run this again then, for the workspaces and groups that remain."));
    }
    Ok(draft)
}

/// The memberships that a member lacks.
fn member(draft: &mut Draft, person: &Joining, places: &Places, user: &User) -> Result<&'static str, String> {
    let before = draft.steps();
    for name in &person.workspaces {
        let workspace = workspace(places, name)?;
        match workspace_members::get(&workspace.id, &user.id) {
            Ok(_) => {}
            Err(error) if is_missing(&error) => {
                let arguments = [
                    ("workspace-id", workspace.id.as_str()),
                    ("user-id", user.id.as_str()),
                    ("workspace-role", "workspace_developer"),
                ];
                draft.step("workspace-members.add", &arguments, format!("{} is not in {name}", person.email));
            }
            Err(error) => return Err(told(&format!("The workspace {}", workspace.id), error)),
        }
    }
    for name in &person.groups {
        let group = group(places, name)?;
        let members = by_token(&format!("The group {}", group.id), |page| {
            let found = group_members::list(&group.id, Some(100), page)?;
            Ok((found.data, found.next_page))
        })?;
        if !members.iter().any(|member| member.user_id == user.id) {
            let arguments = [("group-id", group.id.as_str()), ("user-id", user.id.as_str())];
            draft.step("group-members.add", &arguments, format!("{} is not in {name}", person.email));
        }
    }
    Ok(if draft.steps() == before { "complete" } else { "member, completed" })
}

fn workspace<'p>(places: &'p Places, name: &str) -> Result<&'p Workspace, String> {
    let is_it =
        |one: &&Workspace| one.id == name || one.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name));
    places.workspaces.iter().find(is_it).ok_or_else(|| format!("There is no workspace `{name}`."))
}

fn group<'p>(places: &'p Places, name: &str) -> Result<&'p Group, String> {
    let is_it = |one: &&Group| one.id == name || one.name.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(name));
    places.groups.iter().find(is_it).ok_or_else(|| format!("There is no group `{name}`."))
}

/// The people of the arguments: those of `who`, and those of rows.
fn people(arguments: &Arguments) -> Result<Vec<Joining>, String> {
    let texts = |name| arguments.all(name).map(str::to_owned).collect::<Vec<_>>();
    let (role, workspaces, groups) = (arguments.one("role").unwrap_or("user"), texts("workspace"), texts("group"));
    let same = |email: &str| Joining {
        email: email.to_owned(),
        role: role.to_owned(),
        workspaces: workspaces.clone(),
        groups: groups.clone(),
    };
    let mut people: Vec<Joining> = arguments.all("who").map(same).collect();
    for (number, row) in (1..).zip(arguments.all("row")) {
        let row: Map<String, Value> =
            serde_json::from_str(row).map_err(|error| format!("Row {number} is not a JSON object: {error}."))?;
        let mut person = same("");
        for (name, value) in &row {
            let text = value.as_str().ok_or_else(|| format!("Row {number}: `{name}` is not a text."))?.trim();
            let list =
                || text.split([',', ';']).map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()).collect();
            match name.to_ascii_lowercase().as_str() {
                "email" | "e-mail" => text.clone_into(&mut person.email),
                "role" => text.clone_into(&mut person.role),
                "workspace" | "workspaces" => person.workspaces = list(),
                "group" | "groups" => person.groups = list(),
                _ => {
                    return Err(format!(
                        "Row {number}: there is no column `{name}`. The columns can be: email, role, workspaces, groups."
                    ));
                }
            }
        }
        people.push(person);
    }
    if let Some(wrong) = people.iter().find(|person| !person.email.contains('@')) {
        return Err(format!("`{}` is no e-mail address.", wrong.email));
    }
    Ok(people)
}
