//! `review access`: the rights of members, their age, and unusual rights.

use crate::count::counted_days;
use crate::day::{away, day_of, days, instant, shown};
use crate::feed::activities;
use crate::names::{members, workspace_name, workspaces};
use crate::pages::{Listed, by_id, by_token};
use crate::proposal::Draft;
use crate::world::claude::admin::activities::Origin;
use crate::world::claude::admin::federation_rules::{self, FederationTarget};
use crate::world::claude::admin::invites::{self, InviteStatusFilter};
use crate::world::claude::admin::service_accounts::{self, ServiceAccount, ServiceAccountRole};
use crate::world::claude::admin::types::OrganizationRole;
use crate::world::claude::admin::users::User;
use crate::world::claude::admin::workspace_members::{self, WorkspaceRole};
use crate::world::claude::host::audit;
use crate::{Arguments, Playbook, param};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const ACCESS: Playbook = Playbook {
    name: "review access",
    summary: "Show who can do what and since when, and offer to take unusual rights back",
    parameters: &[param("days", "The days without activity that are unusual, from 1 to 365. Default: 90.")],
    plan,
};

/// The types of activity that show a change of the role of a member.
const ROLE_CHANGES: [&str; 2] = ["claude_user_role_updated", "org_user_invite_accepted"];

/// The activity of the members who have more rights than others.
struct Seen {
    /// The last day with activity, by member.
    last: BTreeMap<String, String>,
    /// The day of the last change of the role, by member.
    changed: BTreeMap<String, String>,
}

fn plan(arguments: &Arguments) -> Result<Draft, String> {
    let (now, quiet) = (arguments.now()?, days(arguments.one("days"), 90)?);
    let mut draft = Draft::default();
    let members = members()?;
    let live: Vec<_> = workspaces(false)?.into_iter().filter(|one| one.archived_at.is_none()).collect();
    let mut admin_of: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for workspace in &live {
        let what = format!("The members of the workspace {}", workspace_name(workspace));
        let memberships = by_id(&what, |page| {
            let found = workspace_members::list(&workspace.id, page)?;
            Ok(Listed { data: found.data, has_more: found.has_more, last_id: found.last_id })
        })?;
        for membership in memberships.iter().filter(|one| matches!(one.workspace_role, WorkspaceRole::WorkspaceAdmin)) {
            let place = (workspace.id.clone(), workspace_name(workspace));
            admin_of.entry(membership.user_id.clone()).or_default().push(place);
        }
    }
    let powerful: Vec<&User> =
        members.iter().filter(|user| is_powerful(&user.role) || admin_of.contains_key(&user.id)).collect();
    let ids: Vec<String> = powerful.iter().map(|user| user.id.clone()).collect();
    let since = away(now, -quiet);
    let seen = match seen(&ids, since) {
        Ok(seen) => Some(seen),
        Err(why) => {
            draft.say(format!("Activity is not part of this review. {why}"));
            None
        }
    };
    let mut unusual = Vec::new();
    let is_new = |text: &str| instant(text).is_some_and(|added| added >= since);
    for user in &powerful {
        let is_quiet = seen.as_ref().is_some_and(|seen| !seen.last.contains_key(&user.id)) && !is_new(&user.added_at);
        if !is_quiet {
            continue;
        }
        let why = format!("No activity in {}", counted_days(quiet));
        unusual.push(vec![user.email.clone(), rights(user, &admin_of), why.clone()]);
        for (workspace, name) in admin_of.get(&user.id).into_iter().flatten() {
            let arguments = [
                ("workspace-id", workspace.as_str()),
                ("user-id", user.id.as_str()),
                ("workspace-role", "workspace_developer"),
            ];
            draft.option("workspace-members.update", &arguments, format!("{}, admin of {name}: {why}", user.email));
        }
    }
    accounts(&mut draft, &mut unusual);
    old_invites(&mut draft, &mut unusual, now)?;
    summary(&mut draft, &members, powerful.len(), unusual.len());
    draft.table("Unusual", &["who", "rights", "why"], unusual);
    let of = |days: Option<&BTreeMap<String, String>>, user: &User| days.and_then(|days| days.get(&user.id)).cloned();
    let rows = powerful.iter().map(|user| {
        let changed = of(seen.as_ref().map(|seen| &seen.changed), user).unwrap_or_else(|| shown(&user.added_at));
        let last = of(seen.as_ref().map(|seen| &seen.last), user);
        let last = last
            .unwrap_or_else(|| if seen.is_some() { format!("not in {}", counted_days(quiet)) } else { String::new() });
        vec![user.email.clone(), rights(user, &admin_of), changed, last]
    });
    draft.table("Members with more rights than others", &["member", "rights", "since", "last_seen"], rows.collect());
    let is_other = |user: &&User| !powerful.iter().any(|known| known.id == user.id);
    let rows = members
        .iter()
        .filter(is_other)
        .map(|user| vec![user.email.clone(), role(&user.role).to_owned(), shown(&user.added_at)]);
    draft.table("Other members", &["member", "role", "since"], rows.collect());
    Ok(draft)
}

/// The counts, and the head of the log as evidence of the time.
fn summary(draft: &mut Draft, members: &[User], powerful: usize, unusual: usize) {
    let mut roles: BTreeMap<&str, usize> = BTreeMap::new();
    for user in members {
        *roles.entry(role(&user.role)).or_default() += 1;
    }
    let roles: Vec<String> = roles.iter().map(|(role, count)| format!("{count} {role}")).collect();
    draft.say(format!("{} members: {}.", members.len(), roles.join(", ")));
    draft.say(format!("{powerful} have more rights than others. {unusual} entries below are unusual."));
    match audit::head() {
        Ok(head) => draft.say(format!("Head of the audit log of this host: {head}.")),
        Err(why) => draft.say(format!("The head of the audit log is not part of this review. {why}")),
    }
}

/// The last activity of these members, and the last changes of their roles.
fn seen(ids: &[String], since: Timestamp) -> Result<Seen, String> {
    let since = day_of(since);
    let mut seen = Seen { last: BTreeMap::new(), changed: BTreeMap::new() };
    if ids.is_empty() {
        return Ok(seen);
    }
    for activity in activities(&[], ids, &since, None)? {
        if let Origin::UserActor(user) = &activity.actor {
            // The newest one is first.
            seen.last.entry(user.user_id.clone()).or_insert_with(|| shown(&activity.created_at));
        }
    }
    for activity in activities(&ROLE_CHANGES.map(str::to_owned), &[], &since, None)? {
        for (name, text) in crate::feed::details(&activity) {
            if name == "user_id" {
                seen.changed.entry(text).or_insert_with(|| shown(&activity.created_at));
            }
        }
    }
    Ok(seen)
}

/// Service accounts: with rights of an admin, or without a rule that lets a workload use them.
fn accounts(draft: &mut Draft, unusual: &mut Vec<Vec<String>>) {
    let read = || -> Result<(Vec<ServiceAccount>, BTreeSet<String>), String> {
        let accounts = by_token("The service accounts", |page| {
            let found = service_accounts::list(None, Some(100), page)?;
            Ok((found.data, found.next_page))
        })?;
        let rules = by_token("The federation rules", |page| {
            let found = federation_rules::list(None, None, Some(100), page)?;
            Ok((found.data, found.next_page))
        })?;
        let target = |rule: federation_rules::FederationRule| match rule.target {
            FederationTarget::ServiceAccount(target) => Some(target.service_account_id),
            FederationTarget::Other(_) => None,
        };
        Ok((accounts, rules.into_iter().filter_map(target).collect()))
    };
    let (accounts, targets) = match read() {
        Ok(found) => found,
        Err(why) => {
            draft.say(format!("Service accounts are not part of this review. {why}"));
            return;
        }
    };
    let name = |account: &ServiceAccount| account.name.clone().unwrap_or_else(|| account.id.clone());
    for account in &accounts {
        let is_admin = matches!(account.organization_role, ServiceAccountRole::Admin);
        let why = match (is_admin, targets.contains(&account.id)) {
            (true, _) => "A service account with the rights of an admin",
            (false, false) => "A service account without a federation rule",
            (false, true) => continue,
        };
        unusual.push(vec![name(account), account_role(account).to_owned(), why.to_owned()]);
        if !targets.contains(&account.id) {
            let arguments = [("service-account-id", account.id.as_str())];
            draft.option("service-accounts.archive", &arguments, format!("{}: {why}", name(account)));
        }
    }
    let rows = accounts.iter().map(|account| {
        vec![name(account), account.id.clone(), account_role(account).to_owned(), shown(&account.created_at)]
    });
    draft.table("Service accounts", &["name", "id", "role", "created"], rows.collect());
}

/// Pending invites with the rights of an admin.
fn old_invites(draft: &mut Draft, unusual: &mut Vec<Vec<String>>, now: Timestamp) -> Result<(), String> {
    let pending = by_id("The list of invites", |page| {
        let found = invites::list(None, &[], &[InviteStatusFilter::Pending], page)?;
        Ok(Listed { data: found.data, has_more: found.has_more, last_id: found.last_id })
    })?;
    for invite in pending.iter().filter(|invite| is_powerful(&invite.role)) {
        let age = instant(&invite.invited_at).map_or(0, |invited| (now.as_second() - invited.as_second()) / 86_400);
        let why = format!("A pending invite with the role {}, {} old", role(&invite.role), counted_days(age));
        unusual.push(vec![invite.email.clone(), role(&invite.role).to_owned(), why.clone()]);
        draft.option("invites.delete", &[("invite-id", invite.id.as_str())], format!("{}: {why}", invite.email));
    }
    Ok(())
}

/// Whether a role manages more than its own work.
fn is_powerful(role: &OrganizationRole) -> bool {
    !matches!(
        role,
        OrganizationRole::User
            | OrganizationRole::Developer
            | OrganizationRole::ClaudeCodeUser
            | OrganizationRole::Managed
    )
}

/// The role of a member, and the workspaces that the member manages.
fn rights(user: &User, admin_of: &BTreeMap<String, Vec<(String, String)>>) -> String {
    let places: Vec<&str> = admin_of.get(&user.id).into_iter().flatten().map(|(_, name)| name.as_str()).collect();
    match places.is_empty() {
        true => role(&user.role).to_owned(),
        false => format!("{}; admin of {}", role(&user.role), places.join(", ")),
    }
}

pub(crate) fn role(role: &OrganizationRole) -> &str {
    match role {
        OrganizationRole::User => "user",
        OrganizationRole::Developer => "developer",
        OrganizationRole::Billing => "billing",
        OrganizationRole::Admin => "admin",
        OrganizationRole::ClaudeCodeUser => "claude_code_user",
        OrganizationRole::Managed => "managed",
        OrganizationRole::MembershipAdmin => "membership_admin",
        OrganizationRole::Owner => "owner",
        OrganizationRole::PrimaryOwner => "primary_owner",
        OrganizationRole::Other(word) => word,
    }
}

fn account_role(account: &ServiceAccount) -> &str {
    match &account.organization_role {
        ServiceAccountRole::Admin => "admin",
        ServiceAccountRole::Developer => "developer",
        ServiceAccountRole::Other(word) => word,
    }
}
