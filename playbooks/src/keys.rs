//! The playbooks about API keys: unused, expiring, and without an owner.

use crate::count::{counted, counted_days};
use crate::day::{away, day_of, days, instant, shown};
use crate::names;
use crate::pages::{Listed, by_id, by_token};
use crate::proposal::Draft;
use crate::world::claude::admin::api_keys::{self, ApiKey, ApiKeyScope, ApiKeyStatus, ApiKeyStatusFilter};
use crate::world::claude::admin::usage::{self, BucketWidth, MessagesGroupBy};
use crate::{Arguments, Param, Playbook, param};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The change of the keys.
const THEN: Param = Param {
    values: &["inactive", "archive"],
    ..param("then", "The proposed change: switch the keys off (`inactive`, default), or archive them, which is final.")
};

pub(crate) const STALE: Playbook = Playbook {
    name: "api-keys stale",
    summary: "Find active keys without use, and switch them off",
    parameters: &[param("days", "The days without use, from 1 to 365. Default: 90."), THEN],
    plan: stale,
};

pub(crate) const EXPIRING: Playbook = Playbook {
    name: "api-keys expiring",
    summary: "List keys that expire soon, and archive those that have expired",
    parameters: &[param("days", "The days until the expiry, from 1 to 365. Default: 30.")],
    plan: expiring,
};

pub(crate) const ORPHANED: Playbook = Playbook {
    name: "api-keys orphaned",
    summary: "Find active keys whose creator has left or whose workspace is archived, and switch them off",
    parameters: &[THEN],
    plan: orphaned,
};

fn keys(status: ApiKeyStatusFilter) -> Result<Vec<ApiKey>, String> {
    listed(Some(status))
}

/// The keys of every status.
pub(crate) fn unfiltered() -> Result<Vec<ApiKey>, String> {
    listed(None)
}

fn listed(status: Option<ApiKeyStatusFilter>) -> Result<Vec<ApiKey>, String> {
    by_id("The list of keys", |page| {
        let found = api_keys::list(None, status, None, page)?;
        Ok(Listed { data: found.data, has_more: found.has_more, last_id: found.last_id })
    })
}

/// The members by ID, each with the address.
fn members() -> Result<BTreeMap<String, String>, String> {
    Ok(names::members()?.into_iter().map(|user| (user.id, user.email)).collect())
}

pub(crate) fn name(key: &ApiKey) -> String {
    key.name.clone().unwrap_or_else(|| key.id.clone())
}

fn creator(key: &ApiKey, members: &BTreeMap<String, String>) -> String {
    match &key.created_by {
        Some(creator) => members.get(&creator.id).cloned().unwrap_or_else(|| creator.id.clone()),
        None => String::new(),
    }
}

/// Proposes that a key is switched off or archived.
fn switch_off(draft: &mut Draft, key: &ApiKey, arguments: &Arguments, why: &str) {
    let status = if arguments.one("then") == Some("archive") { "archived" } else { "inactive" };
    draft.step("api-keys.update", &[("api-key-id", key.id.as_str()), ("status", status)], why);
}

/// The last day on which each key was used, since a day.
pub(crate) fn last_use(since: Timestamp) -> Result<BTreeMap<String, String>, String> {
    let (since, width) = (day_of(since), Some(BucketWidth::Day));
    let buckets = by_token("The usage of the keys", |page| {
        let by = [MessagesGroupBy::ApiKeyId];
        let found =
            usage::messages(&since, None, width, &by, &[], &[], &[], &[], &[], &[], &[], &[], &[], Some(31), page)?;
        Ok((found.data, found.next_page.filter(|_| found.has_more)))
    })?;
    let mut last = BTreeMap::new();
    for bucket in buckets {
        for entry in bucket.results {
            let tokens = entry.uncached_input_tokens + entry.output_tokens + entry.cache_read_input_tokens;
            if let Some(key) = entry.api_key_id.filter(|_| tokens > 0) {
                last.insert(key, shown(&bucket.starting_at));
            }
        }
    }
    Ok(last)
}

fn stale(arguments: &Arguments) -> Result<Draft, String> {
    let days = days(arguments.one("days"), 90)?;
    let now = arguments.now()?;
    let (since, span) = (away(now, -days), counted_days(days));
    let (active, used, members) = (keys(ApiKeyStatusFilter::Active)?, last_use(since)?, members()?);
    let mut draft = Draft::default();
    let is_older = |key: &&ApiKey| instant(&key.created_at).is_some_and(|created| created < since);
    let unused: Vec<&ApiKey> = active.iter().filter(|key| !used.contains_key(&key.id)).filter(is_older).collect();
    let rows = unused.iter().map(|key| vec![name(key), key.id.clone(), creator(key, &members), shown(&key.created_at)]);
    draft.table("Active keys without use", &["name", "id", "created_by", "created"], rows.collect());
    for key in &unused {
        switch_off(&mut draft, key, arguments, &format!("No use since {}", shown(&day_of(since))));
    }
    draft.say(match unused.len() {
        0 => format!("Each of the {} was used in the last {span}, or is newer.", counted(active.len(), "active key")),
        count => format!("Not used in the last {span}: {count} of {}.", counted(active.len(), "active key")),
    });
    if !unused.is_empty() {
        draft.say("Usage by key covers the Messages API; use of other products is not in it.");
    }
    Ok(draft)
}

fn expiring(arguments: &Arguments) -> Result<Draft, String> {
    let days = days(arguments.one("days"), 30)?;
    let until = away(arguments.now()?, days);
    let members = members()?;
    let mut draft = Draft::default();
    let expires = |key: &ApiKey| key.expires_at.clone().unwrap_or_default();
    let row = |key: &ApiKey| vec![name(key), key.id.clone(), creator(key, &members), shown(&expires(key))];
    let columns = ["name", "id", "created_by", "expires"];
    let active = keys(ApiKeyStatusFilter::Active)?;
    let soon: Vec<&ApiKey> =
        active.iter().filter(|key| instant(&expires(key)).is_some_and(|expires| expires <= until)).collect();
    draft.table("Keys that expire soon", &columns, soon.iter().map(|key| row(key)).collect());
    let expired = keys(ApiKeyStatusFilter::Expired)?;
    draft.table("Keys that have expired", &columns, expired.iter().map(row).collect());
    for key in &expired {
        let arguments = [("api-key-id", key.id.as_str()), ("status", "archived")];
        draft.step("api-keys.update", &arguments, format!("Expired on {}", shown(&expires(key))));
    }
    draft.say(format!(
        "Expiring in the next {}: {}. Expired: {}.",
        counted_days(days),
        counted(soon.len(), "key"),
        counted(expired.len(), "key")
    ));
    if !soon.is_empty() {
        draft.say("The API cannot make a new key: make it in the Console before the old one expires.");
    }
    Ok(draft)
}

fn orphaned(arguments: &Arguments) -> Result<Draft, String> {
    let (active, members) = (keys(ApiKeyStatusFilter::Active)?, members()?);
    let workspaces = names::workspaces(true)?.into_iter();
    let archived: BTreeSet<String> =
        workspaces.filter(|workspace| workspace.archived_at.is_some()).map(|workspace| workspace.id).collect();
    let mut draft = Draft::default();
    let mut rows = Vec::new();
    for key in active.iter().filter(|key| matches!(key.status, ApiKeyStatus::Active)) {
        let is_former = |key: &ApiKey| {
            key.created_by.as_ref().is_some_and(|creator| creator.type_ == "user" && !members.contains_key(&creator.id))
        };
        let in_archived = match &key.scope {
            ApiKeyScope::Workspace(scope) => archived.contains(&scope.workspace_id),
            _ => false,
        };
        let why = match (is_former(key), in_archived) {
            (true, _) => "Its creator has left",
            (false, true) => "Its workspace is archived",
            (false, false) => continue,
        };
        rows.push(vec![name(key), key.id.clone(), creator(key, &members), why.to_owned()]);
        switch_off(&mut draft, key, arguments, why);
    }
    draft.say(match rows.len() {
        0 => format!("Each of the {} active keys has a creator who is a member, and a workspace in use.", active.len()),
        count => format!("{count} of {} active keys have no owner or no workspace.", active.len()),
    });
    draft.table("Keys without an owner or a workspace", &["name", "id", "created_by", "why"], rows);
    Ok(draft)
}
