//! `tidy`: old invites, and unused workspaces.

use crate::count::{counted, counted_days};
use crate::day::{away, day_of, days, instant, shown};
use crate::failure::told;
use crate::names;
use crate::pages::{Listed, by_id, by_token};
use crate::proposal::Draft;
use crate::world::claude::admin::api_keys::{self, ApiKeyStatusFilter};
use crate::world::claude::admin::invites::{self, InviteStatusFilter};
use crate::world::claude::admin::types::Page;
use crate::world::claude::admin::usage::{self, BucketWidth, MessagesGroupBy};
use crate::world::claude::admin::workspace_members;
use crate::{Arguments, Playbook, param};
use std::collections::BTreeSet;

pub(crate) const PLAYBOOK: Playbook = Playbook {
    name: "tidy",
    summary: "Withdraw old invites, and archive workspaces without members, keys and usage",
    parameters: &[
        param("invites", "The age of an old invite in days, from 1 to 365. Default: 14."),
        param("unused", "The days without usage of a workspace, from 1 to 365. Default: 90."),
    ],
    plan,
};

fn plan(arguments: &Arguments) -> Result<Draft, String> {
    let now = arguments.now()?;
    let (age, unused) = (days(arguments.one("invites"), 14)?, days(arguments.one("unused"), 90)?);
    let mut draft = Draft::default();
    let pending = by_id("The list of invites", |page| {
        let found = invites::list(None, &[], &[InviteStatusFilter::Pending], page)?;
        Ok(Listed { data: found.data, has_more: found.has_more, last_id: found.last_id })
    })?;
    let before = away(now, -age);
    let old: Vec<_> =
        pending.iter().filter(|invite| instant(&invite.invited_at).is_some_and(|invited| invited < before)).collect();
    let rows = old.iter().map(|invite| vec![invite.email.clone(), invite.id.clone(), shown(&invite.invited_at)]);
    draft.table("Old invites", &["email", "id", "invited"], rows.collect());
    for invite in &old {
        let why = format!("Pending since {}", shown(&invite.invited_at));
        draft.step("invites.delete", &[("invite-id", invite.id.as_str())], why);
    }
    let since = away(now, -unused);
    let mut idle = Vec::new();
    let (with_keys, with_usage) = (with_keys()?, with_usage(&day_of(since))?);
    let workspaces = names::workspaces(false)?;
    for workspace in workspaces.iter().filter(|workspace| workspace.archived_at.is_none()) {
        let is_older = instant(&workspace.created_at).is_some_and(|created| created < since);
        if !is_older || with_keys.contains(&workspace.id) || with_usage.contains(&workspace.id) {
            continue;
        }
        let page = Page { limit: Some(1), after_id: None, before_id: None };
        let members = workspace_members::list(&workspace.id, &page);
        let members = members.map_err(|error| told(&format!("The workspace {}", workspace.id), error))?;
        if members.data.is_empty() {
            idle.push(workspace);
        }
    }
    let rows = idle.iter().map(|one| vec![names::workspace_name(one), one.id.clone(), shown(&one.created_at)]);
    draft.table("Workspaces without members, active keys and usage", &["name", "id", "created"], rows.collect());
    for workspace in &idle {
        let why = format!("No members, no active keys, and no usage in {}", counted_days(unused));
        draft.step("workspaces.archive", &[("workspace-id", workspace.id.as_str())], why);
    }
    draft.say(format!(
        "Older than {}: {} of {}. Not used: {} of {}.",
        counted_days(age),
        old.len(),
        counted(pending.len(), "pending invite"),
        idle.len(),
        counted(workspaces.len(), "workspace")
    ));
    Ok(draft)
}

/// The workspaces with an active key.
fn with_keys() -> Result<BTreeSet<String>, String> {
    let keys = by_id("The list of keys", |page| {
        let found = api_keys::list(None, Some(ApiKeyStatusFilter::Active), None, page)?;
        Ok(Listed { data: found.data, has_more: found.has_more, last_id: found.last_id })
    })?;
    Ok(keys.into_iter().filter_map(|key| key.workspace_id).collect())
}

/// The workspaces with usage since a day.
fn with_usage(since: &str) -> Result<BTreeSet<String>, String> {
    let (width, by) = (Some(BucketWidth::Day), [MessagesGroupBy::WorkspaceId]);
    let buckets = by_token("The usage of the workspaces", |page| {
        let found =
            usage::messages(since, None, width, &by, &[], &[], &[], &[], &[], &[], &[], &[], &[], Some(31), page)?;
        Ok((found.data, found.next_page.filter(|_| found.has_more)))
    })?;
    let entries = buckets.into_iter().flat_map(|bucket| bucket.results);
    Ok(entries.filter_map(|entry| entry.workspace_id).collect())
}
