//! `onboard`: people who join, with their workspaces, groups and limits.

use crate::failure::{is_missing, told};
use crate::money::{PARTS, dollars, parts};
use crate::pages::{Listed, by_id, by_token};
use crate::person::{Person, find};
use crate::proposal::Draft;
use crate::review::role as word;
use crate::world::claude::admin::group_members;
use crate::world::claude::admin::groups::{self, Group};
use crate::world::claude::admin::invites::{self, InviteStatusFilter};
use crate::world::claude::admin::spend_limits::{self, SpendLimit, SpendLimitPeriod, SpendScope, SpendScopeKind};
use crate::world::claude::admin::users::User;
use crate::world::claude::admin::workspace_members;
use crate::world::claude::admin::workspaces::{self, Workspace};
use crate::{Arguments, Param, Playbook, param};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

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
        param("limit", "Their monthly spend limit in dollars, such as 250."),
        Param {
            repeats: true,
            ..param(
                "row",
                "One person as a JSON object with `email`, and if needed `role`, `workspaces`, `groups` and `limit`. The terminal reads such rows with `--from`.",
            )
        },
    ],
    plan,
};

const DEFAULT_ROLE: &str = "user";
/// The roles that an invite can have.
const ROLES: [&str; 4] = ["user", "developer", "billing", "claude_code_user"];

/// A person who joins.
#[derive(Debug, Clone)]
struct Joining {
    email: String,
    /// Without a role, an invite has the default one, and that of a member remains.
    role: Option<String>,
    workspaces: Vec<String>,
    groups: Vec<String>,
    /// The monthly spend limit, in cents.
    limit: Option<u64>,
}

impl Joining {
    fn is_same(&self, other: &Self) -> bool {
        let values = |one: &Self| (one.role.clone(), one.workspaces.clone(), one.groups.clone(), one.limit);
        values(self) == values(other)
    }
}

/// The workspaces and groups that can be named, and the monthly spend limits of members.
struct Places {
    workspaces: Vec<Workspace>,
    groups: Vec<Group>,
    limits: BTreeMap<String, i128>,
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
        limits: match people.iter().all(|person| person.limit.is_none()) {
            true => BTreeMap::new(),
            false => monthly_limits()?,
        },
    };
    let invited: BTreeMap<String, String> = by_id("The list of invites", |page| {
        let found = invites::list(None, &[], &[InviteStatusFilter::Pending], page)?;
        Ok(Listed { data: found.data, has_more: found.has_more, last_id: found.last_id })
    })?
    .into_iter()
    .map(|invite| (invite.email.to_lowercase(), word(&invite.role).to_owned()))
    .collect();
    let mut draft = Draft::default();
    let (mut rows, mut later, mut others) = (Vec::new(), 0, Vec::new());
    for person in &people {
        let mut role = person.role.clone().unwrap_or_else(|| DEFAULT_ROLE.to_owned());
        let status = match find(&person.email)? {
            Person::Member(user) => {
                role = word(&user.role).to_owned();
                member(&mut draft, person, &places, &user)?
            }
            Person::NotFound(_) if let Some(found) = invited.get(&person.email.to_lowercase()) => {
                later += 1;
                role.clone_from(found);
                "invited, not accepted yet"
            }
            Person::NotFound(_) => {
                later += 1;
                // Only some organizations accept groups in an invite. So groups follow, as workspaces do.
                let arguments = [("email", person.email.as_str()), ("role", role.as_str())];
                draft.step("invites.create", &arguments, format!("{} is no member", person.email));
                "to invite"
            }
        };
        if person.role.as_ref().is_some_and(|wanted| *wanted != role) {
            others.push(format!("{} has the role {role}", person.email));
        }
        // A name that does not exist must not be found only after the invite is accepted.
        for name in &person.workspaces {
            workspace(&places, name)?;
        }
        for name in &person.groups {
            group(&places, name)?;
        }
        rows.push(vec![
            person.email.clone(),
            role,
            status.to_owned(),
            person.workspaces.join(", "),
            person.groups.join(", "),
            person.limit.map(|cents| dollars(i128::from(cents) * PARTS)).unwrap_or_default(),
        ]);
    }
    draft.table("People", &["email", "role", "status", "workspaces", "groups", "limit"], rows);
    if draft.steps() == 0 && later == 0 {
        draft.say("All of these people are members, with all workspaces, groups and limits.");
    }
    if !others.is_empty() {
        draft.say(format!(
            "This changes no role: {}. To change one: `users update EMAIL --role ROLE`; an invite must be withdrawn and \
             sent again.",
            others.join(", ")
        ));
    }
    if later > 0 {
        let people = if later == 1 { "1 person".to_owned() } else { format!("{later} people") };
        draft.say(format!(
            "Of these, {people} must first accept an invite. Run this again then: it proposes what remains."
        ));
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
    if let Some(cents) = person.limit
        && places.limits.get(&user.id) != Some(&(i128::from(cents) * PARTS))
    {
        let arguments = Map::from_iter([
            ("scope".to_owned(), json!({ "type": "user", "user_id": user.id })),
            ("amount".to_owned(), Value::from(cents.to_string())),
            ("period".to_owned(), Value::from("monthly")),
        ]);
        draft.step_with("spend-limits.set", arguments, format!("{} has another limit", person.email));
    }
    Ok(if draft.steps() == before { "complete" } else { "member, to complete" })
}

/// The monthly spend limits of members, by member.
fn monthly_limits() -> Result<BTreeMap<String, i128>, String> {
    let limits = by_token("The spend limits", |page| {
        let found = spend_limits::list(&[SpendScopeKind::User], None, Some(1000), page)?;
        Ok((found.data, found.next_page))
    })?;
    let of_member = |limit: SpendLimit| match (limit.scope, limit.amount.as_deref().and_then(parts)) {
        (SpendScope::User(scope), Some(amount)) if matches!(limit.period, SpendLimitPeriod::Monthly) => {
            Some((scope.user_id, amount))
        }
        _ => None,
    };
    Ok(limits.into_iter().filter(|limit| limit.is_enabled).filter_map(of_member).collect())
}

/// A limit in dollars, as cents: `250`, `$250` or `250.50`.
fn limit(text: &str) -> Result<u64, String> {
    let number = text.trim().trim_start_matches('$');
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let cents = format!("{fraction:0<2}");
    let amount = (fraction.len() <= 2).then(|| format!("{whole}{cents}").parse::<u64>().ok()).flatten();
    amount
        .filter(|_| !whole.is_empty())
        .ok_or_else(|| format!("limit: `{text}` is not an amount of dollars, such as 250."))
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

/// A role as the API writes it.
fn role_of(text: &str) -> String {
    text.to_ascii_lowercase().replace('-', "_")
}

/// The people of the arguments: those of `who`, and those of rows.
fn people(arguments: &Arguments) -> Result<Vec<Joining>, String> {
    let texts = |name| arguments.all(name).map(str::to_owned).collect::<Vec<_>>();
    let (role, workspaces, groups) = (arguments.one("role").map(role_of), texts("workspace"), texts("group"));
    let of_all = arguments.one("limit").map(limit).transpose()?;
    let same = |email: &str| Joining {
        limit: of_all,
        email: email.to_owned(),
        role: role.clone(),
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
                "role" if text.is_empty() => {}
                "role" => person.role = Some(role_of(text)),
                "workspace" | "workspaces" => person.workspaces = list(),
                "group" | "groups" => person.groups = list(),
                "limit" if text.is_empty() => {}
                "limit" => person.limit = Some(limit(text).map_err(|error| format!("Row {number}: {error}"))?),
                _ => {
                    return Err(format!(
                        "Row {number}: there is no column `{name}`. The columns can be: email, role, workspaces, groups, limit."
                    ));
                }
            }
        }
        people.push(person);
    }
    let mut known = BTreeMap::new();
    for (index, person) in people.iter().enumerate() {
        // Rows follow the people of the command.
        let given = arguments.all("who").count();
        let where_from = if index < given { String::new() } else { format!("Row {}: ", index - given + 1) };
        if !person.email.contains('@') {
            return Err(format!("{where_from}`{}` is no e-mail address.", person.email));
        }
        if let Some(role) = person.role.as_deref().filter(|role| !ROLES.contains(role)) {
            return Err(format!("{where_from}role: `{role}` is not one of {}.", ROLES.join(", ")));
        }
        if known.insert(person.email.to_lowercase(), person.clone()).is_some_and(|other| !other.is_same(person)) {
            return Err(format!("{where_from}`{}` is given twice, with other values.", person.email));
        }
    }
    // The same person twice is one person.
    let mut seen = BTreeSet::new();
    people.retain(|person| seen.insert(person.email.to_lowercase()));
    Ok(people)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[(&str, &str)]) -> Result<Vec<Joining>, String> {
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        people(&Arguments::new(given, String::new()))
    }

    #[test]
    fn person_who_is_given_twice_is_one_person_and_other_values_are_an_error() {
        let twice = read(&[("who", "a@x.example"), ("who", "A@X.example"), ("who", "b@x.example")]).unwrap();
        assert_eq!(twice.iter().map(|one| one.email.as_str()).collect::<Vec<_>>(), ["a@x.example", "b@x.example"]);
        let other = r#"{"email": "A@x.example", "role": "billing"}"#;
        let error = read(&[("who", "a@x.example"), ("row", other)]).unwrap_err();
        assert_eq!(error, "Row 1: `A@x.example` is given twice, with other values.");
    }

    #[test]
    fn mistake_in_a_row_names_the_row() {
        for (row, problem) in [
            (r#"{"email": "b"}"#, "Row 2: `b` is no e-mail address."),
            (r#"{"email": "b@x.example", "role": "boss"}"#, "Row 2: role: `boss` is not one of user, "),
            (r#"{"email": "b@x.example", "limit": "x"}"#, "Row 2: limit: "),
        ] {
            let error = read(&[("row", r#"{"email": "a@x.example"}"#), ("row", row)]).unwrap_err();
            assert!(error.starts_with(problem), "{error}");
        }
        let role = read(&[("row", r#"{"email": "a@x.example", "role": "Claude-Code-User"}"#)]).unwrap();
        assert_eq!(role[0].role.as_deref(), Some("claude_code_user"));
    }

    #[test]
    fn limits_are_dollars_with_at_most_two_decimal_places() {
        for (text, cents) in [("250", 25_000), ("$250", 25_000), ("250.5", 25_050), ("0.05", 5), (" 1.00 ", 100)] {
            assert_eq!(limit(text), Ok(cents), "{text}");
        }
        for wrong in ["", "$", "-1", "1.005", "1,5", ".5", "x", "1e3", "250 EUR"] {
            limit(wrong).unwrap_err();
        }
    }
}
