//! Facts that the simulation stores and that no request returns.
//!
//! Reports are calculated, not stored. But some facts cannot be derived from the current state of the organization: who
//! was a member and left, and when a key stopped. They are in the store, so a reset deletes them with everything else.

use crate::Object;
use crate::rules::{ApiKeys, Members, text};
use crate::store::Store;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The place in the store. It is not a path, so no request can read it.
const PLACE: &str = "simulation";
const SEED: &str = "seed";
const STARTED_AT: &str = "started_at";
const LEFT: &str = "left";
const STOPPED: &str = "stopped";
const FIRST_ROLES: &str = "first_roles";
/// The field of a former member with the time at which they left.
pub(crate) const LEFT_AT: &str = "left_at";

/// The time of use of disabled keys, if it is unknown when they stopped.
const USED_FOR: SignedDuration = SignedDuration::from_hours(24 * 45);

/// Records the initial state: the seed, the start time of the simulation, and the keys that had stopped by then.
pub(crate) fn begin(store: &mut Store, seed: u64, now: Timestamp) {
    note(store, SEED, json!(seed));
    note(store, STARTED_AT, json!(now.to_string()));
    let stopped: Vec<(String, Timestamp)> = store
        .items(ApiKeys::PATH)
        .filter(|key| text(key, "status") != "active")
        .filter_map(|key| {
            let created_at: Timestamp = text(key, "created_at").parse().ok()?;
            Some((text(key, "id").to_owned(), created_at.checked_add(USED_FOR).unwrap_or(now).min(now)))
        })
        .collect();
    for (id, at) in stopped {
        note_in(store, STOPPED, &id, Some(json!(at.to_string())));
    }
}

/// The seed of all generated data.
pub(crate) fn seed(store: &Store) -> u64 {
    noted(store, SEED).and_then(Value::as_u64).unwrap_or_default()
}

/// The start time of the simulation.
pub(crate) fn started_at(store: &Store) -> Timestamp {
    let text = noted(store, STARTED_AT).and_then(Value::as_str).unwrap_or_default();
    text.parse().unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Former members, with their last data and the time at which they left.
pub(crate) fn left(store: &Store) -> impl Iterator<Item = &Object> {
    noted(store, LEFT)
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|left| left.values().filter_map(Value::as_object))
}

/// The first role of a member, if it was changed. Past usage still depends on it.
pub(crate) fn first_role<'s>(store: &'s Store, member: &str) -> Option<&'s str> {
    noted(store, FIRST_ROLES)?.get(member)?.as_str()
}

/// When the use of a key stopped.
pub(crate) fn stopped_at(store: &Store, key: &str) -> Option<Timestamp> {
    noted(store, STOPPED)?.get(key)?.as_str()?.parse().ok()
}

/// After a change, records who left, who has another role, and which keys stopped or work again. `before` is the
/// changed member, with the data from before the change.
pub(crate) fn notice(store: &mut Store, before: Option<&Object>, now: Timestamp) {
    if let Some(member) = before {
        let id = text(member, "id").to_owned();
        match store.item(Members::PATH, &id) {
            Some(changed) if text(changed, "role") != text(member, "role") && first_role(store, &id).is_none() => {
                note_in(store, FIRST_ROLES, &id, member.get("role").cloned());
            }
            Some(_) => {}
            None => {
                let mut member = member.clone();
                member.insert(LEFT_AT.to_owned(), now.to_string().into());
                note_in(store, LEFT, &id, Some(member.into()));
            }
        }
    }
    let changed: Vec<(String, bool)> = store
        .items(ApiKeys::PATH)
        .map(|key| (text(key, "id").to_owned(), text(key, "status") != "active"))
        .filter(|(id, stopped)| *stopped != noted(store, STOPPED).is_some_and(|known| known.get(id).is_some()))
        .collect();
    for (id, stopped) in changed {
        note_in(store, STOPPED, &id, stopped.then(|| json!(now.to_string())));
    }
}

fn noted<'s>(store: &'s Store, what: &str) -> Option<&'s Value> {
    store.singletons.get(PLACE)?.get(what)
}

fn note(store: &mut Store, what: &str, value: Value) {
    store.singletons.entry(PLACE.to_owned()).or_default().insert(what.to_owned(), value);
}

fn note_in(store: &mut Store, what: &str, id: &str, value: Option<Value>) {
    let notes = store.singletons.entry(PLACE.to_owned()).or_default();
    let Value::Object(map) = notes.entry(what).or_insert_with(|| json!({})) else { return };
    match value {
        Some(value) => {
            map.insert(id.to_owned(), value);
        }
        None => {
            map.shift_remove(id);
        }
    }
}
