//! `api-keys rotate`: the swap of an old key for a new one, which was made in the Console.

use crate::count::counted_days;
use crate::day::{away, day_of, days, instant, shown};
use crate::keys::{last_use, name, unfiltered};
use crate::proposal::Draft;
use crate::world::claude::admin::api_keys::{ApiKey, ApiKeyStatus};
use crate::{Arguments, Param, Playbook, param};

pub(crate) const PLAYBOOK: Playbook = Playbook {
    name: "api-keys rotate",
    summary: "Guide the swap of an API key: show whether the new key is used, then switch off and archive the old one",
    parameters: &[
        Param { required: true, ..param("key", "The old key: its ID, or its exact name.") },
        param("new", "The new key, made in the Console: its ID, or its exact name."),
        param("quiet", "The days without use before the old key is switched off, from 1 to 365. Default: 1."),
    ],
    plan,
};

fn plan(arguments: &Arguments) -> Result<Draft, String> {
    let (now, quiet) = (arguments.now()?, days(arguments.one("quiet"), 1)?);
    let keys = unfiltered()?;
    let old = find(&keys, arguments.one("key").unwrap_or_default())?;
    let mut draft = Draft::default();
    let Some(new) = arguments.one("new") else {
        candidates(&mut draft, &keys, old, day_of(away(now, -30)));
        return Ok(draft);
    };
    let new = find(&keys, new)?;
    if new.id == old.id {
        return Err("The old key and the new one are the same.".to_owned());
    }
    let used = last_use(away(now, -30))?;
    let last = |key: &ApiKey| used.get(&key.id).cloned();
    let row = |role: &str, key: &ApiKey| {
        let used = last(key).unwrap_or_else(|| "not in 30 days".to_owned());
        vec![role.to_owned(), name(key), key.id.clone(), status(key).to_owned(), used]
    };
    draft.table("Keys", &["key", "name", "id", "status", "last_use"], vec![row("old", old), row("new", new)]);
    let since = shown(&day_of(away(now, -quiet)));
    let is_quiet = last(old).is_none_or(|day| day < since);
    match (&old.status, &new.status) {
        (ApiKeyStatus::Archived, _) => draft.say("The swap is complete: the old key is archived."),
        (_, status) if !matches!(status, ApiKeyStatus::Active) => {
            draft.say("The new key is not active. Nothing is proposed until it is.");
        }
        _ if last(new).is_none() => {
            draft.say("The new key was not used yet. Put it into service, then run this again.");
        }
        (ApiKeyStatus::Active, _) if !is_quiet => draft.say(format!(
            "The new key is in use, and the old one still is. Replace it where it is used, then run this again: \
             once the old key has no use for {}, this proposes to switch it off.",
            counted_days(quiet)
        )),
        (ApiKeyStatus::Active, _) => {
            draft.say("The new key is in use, and the old one no longer is.");
            let arguments = [("api-key-id", old.id.as_str()), ("status", "inactive")];
            draft.step("api-keys.update", &arguments, format!("No use since {since}; it can be switched on again"));
        }
        _ => {
            draft.say("The old key is switched off. If nothing failed since, archive it.");
            let arguments = [("api-key-id", old.id.as_str()), ("status", "archived")];
            draft.option("api-keys.update", &arguments, "It is switched off. This is final");
        }
    }
    if !draft.is_without_steps() {
        draft.say("Usage by key covers the Messages API; use of other products is not in it.");
    }
    Ok(draft)
}

/// The advice without a new key: where it is made, and keys that could be it.
fn candidates(draft: &mut Draft, keys: &[ApiKey], old: &ApiKey, since: String) {
    draft.say(format!(
        "The API cannot make a key. Make the successor of `{}` in the Console, in the same workspace, and put it into service. Then run \
         this again with `--new` and its ID.",
        name(old)
    ));
    let is_new = |key: &&ApiKey| {
        key.id != old.id
            && key.workspace_id == old.workspace_id
            && matches!(key.status, ApiKeyStatus::Active)
            && instant(&key.created_at) > instant(&since)
    };
    let rows = keys.iter().filter(is_new).map(|key| vec![name(key), key.id.clone(), shown(&key.created_at)]);
    draft.table("Keys of the last 30 days in the same workspace", &["name", "id", "created"], rows.collect());
}

fn status(key: &ApiKey) -> &str {
    match &key.status {
        ApiKeyStatus::Active => "active",
        ApiKeyStatus::Inactive => "inactive",
        ApiKeyStatus::Archived => "archived",
        ApiKeyStatus::Expired => "expired",
        ApiKeyStatus::Other(word) => word,
    }
}

/// The key with an ID, or the only one with a name.
fn find<'k>(keys: &'k [ApiKey], wanted: &str) -> Result<&'k ApiKey, String> {
    if let Some(key) = keys.iter().find(|key| key.id == wanted) {
        return Ok(key);
    }
    let named: Vec<&ApiKey> = keys.iter().filter(|key| key.name.as_deref() == Some(wanted)).collect();
    match named.as_slice() {
        [key] => Ok(key),
        [] => Err(format!("No key has the ID or the name `{wanted}`.")),
        several => Err(format!("{} keys have the name `{wanted}`. Write the ID.", several.len())),
    }
}
