//! Names next to IDs in replies for people, as far as the person is permitted to read the names.
//!
//! For one reply at most [`MAX_LISTS`] lists are read, each at most [`MAX_PAGES`] pages in its largest page size, for
//! at most [`MAX_WAIT`]. Names are used again for [`MAX_AGE_MS`], but the permission to read the list is checked each
//! time. If a name is not found, only the ID is shown: no lookup makes a reply fail.

use super::{Reply, Service};
use crate::command::{Arguments, Format};
use crate::decision::plan::{Unlisted, list_invocation, read_items};
use crate::decision::{Person, Reader};
use crate::document::{Names, Unnamed, lists_of_names, names_of, unnamed, unnamed_arguments};
use crate::identity::{Place, Platform, Principal};
use claude_admin_catalog::{Action, Catalog, ID, NameList};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// The maximum number of lists that are read for one reply.
const MAX_LISTS: usize = 4;
/// The maximum number of pages that are read of a list.
const MAX_PAGES: usize = 5;
/// The maximum time for all lookups of one reply.
const MAX_WAIT: Duration = Duration::from_secs(5);
/// The time for which names are stored, in milliseconds.
const MAX_AGE_MS: i64 = 60_000;
/// The maximum number of lists whose names are stored, and of bytes of memory for them.
const MAX_KEPT: usize = 32;
const MAX_KEPT_BYTES: usize = 8 << 20;

/// The names that were read in the last minute. The key identifies the read that returned them.
#[derive(Debug, Default)]
pub(super) struct KeptNames(Mutex<HashMap<String, Kept>>);

#[derive(Debug, Clone)]
struct Kept {
    read_ms: i64,
    bytes: usize,
    names: Arc<Names>,
}

/// The bytes of memory for an ID with its name, without their text: two strings, and their entry in a map.
const NAME_BYTES: usize = 128;

/// The bytes of memory that names need, as far as they can be estimated.
fn bytes_of(key: &str, names: &Names) -> usize {
    names.iter().fold(key.len(), |bytes, (id, name)| bytes + id.len() + name.len() + NAME_BYTES)
}

impl KeptNames {
    fn get(&self, key: &str, now_ms: i64) -> Option<Arc<Names>> {
        let kept = self.lock();
        let kept = kept.get(key).filter(|kept| (0..MAX_AGE_MS).contains(&(now_ms - kept.read_ms)))?;
        Some(Arc::clone(&kept.names))
    }

    fn put(&self, key: String, now_ms: i64, names: Arc<Names>) {
        let mut kept = self.lock();
        kept.retain(|_, kept| (0..MAX_AGE_MS).contains(&(now_ms - kept.read_ms)));
        kept.remove(&key);
        let bytes = bytes_of(&key, &names);
        if bytes > MAX_KEPT_BYTES {
            return;
        }
        while kept.len() >= MAX_KEPT || kept.values().map(|kept| kept.bytes).sum::<usize>() + bytes > MAX_KEPT_BYTES {
            let oldest = kept.iter().min_by_key(|(_, kept)| kept.read_ms).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { break };
            kept.remove(&oldest);
        }
        kept.insert(key, Kept { read_ms: now_ms, bytes, names });
    }

    /// Forgets all names: a write can have changed them.
    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Names for one reply, and the API request IDs of the requests that read them.
#[derive(Debug, Default)]
pub(super) struct FoundNames {
    pub(super) names: Names,
    pub(super) requests: Vec<String>,
}

impl Service {
    /// Whether a reply shows names. Only text for one person does: this person can have more permissions than the other
    /// members of a channel.
    pub(super) fn shows_names(principal: &Principal, place: &Place, format: Option<Format>, shared: bool) -> bool {
        let for_people = principal.platform != Platform::Http && place.platform != Platform::Mcp;
        let alone = !shared || place.platform == Platform::Local;
        for_people && alone && matches!(format, None | Some(Format::Text | Format::Markdown))
    }

    /// Finds the names for the result of an action.
    pub(super) async fn names_for(
        &self,
        operation: &str,
        person: &Person,
        action: &Action,
        arguments: &Arguments,
        value: &Value,
    ) -> FoundNames {
        let wanted = unnamed(self.catalog(), action, value);
        self.find_names(operation, person, arguments, wanted).await
    }

    /// Finds the names for all results that an action can have, before it runs.
    pub(super) async fn names_ahead(
        &self,
        operation: &str,
        person: &Person,
        action: &Action,
        arguments: &Arguments,
    ) -> FoundNames {
        let lists = lists_of_names(self.catalog(), action).into_iter();
        let wanted = lists.map(|list| Unnamed { list, ids: Vec::new() }).collect();
        self.find_names(operation, person, arguments, wanted).await
    }

    async fn find_names(
        &self,
        operation: &str,
        person: &Person,
        arguments: &Arguments,
        wanted: Vec<Unnamed<'_>>,
    ) -> FoundNames {
        let reader = Reader::new(&*self.plugin, self.decider(), person, operation);
        let mut names = Names::new();
        let look_up = async {
            for Unnamed { list, ids } in wanted.into_iter().take(MAX_LISTS) {
                let known = self.names_in(&reader, &list, arguments).await;
                if ids.is_empty() {
                    names.extend(known.iter().map(|(id, name)| (id.clone(), name.clone())));
                } else {
                    names.extend(ids.into_iter().filter_map(|id| known.get(&id).cloned().map(|name| (id, name))));
                }
            }
        };
        if tokio::time::timeout(MAX_WAIT, look_up).await.is_err() {
            tracing::warn!(operation, "names were not looked up in time; IDs are shown");
        }
        let requests = reader.requests();
        if !requests.is_empty() {
            tracing::info!(operation, requests = requests.join(","), "names were looked up");
        }
        FoundNames { names, requests }
    }

    /// The names in a list, if the person is permitted to read it.
    async fn names_in(&self, reader: &Reader<'_>, list: &NameList<'_>, arguments: &Arguments) -> Arc<Names> {
        let invocation = list_invocation(list, arguments);
        if !reader.may(&invocation) {
            return Arc::default();
        }
        let (key, now) = (format!("{invocation:?}"), self.ledger().clock().now_ms());
        if let Some(kept) = self.names.get(&key, now) {
            return kept;
        }
        let mut items = Vec::new();
        // Names that were found are used even if a later page failed.
        let read = read_items(reader, list.list, invocation, MAX_PAGES, &mut items).await;
        if read.is_err() {
            tracing::debug!(list = list.list.id, "not all names were read");
        }
        let names: Names = names_of(list, &items).map(|(id, name)| (id.to_owned(), name.to_owned())).collect();
        let names = Arc::new(names);
        // Not stored after any other error: a read that failed for one person can succeed for another one.
        if matches!(read, Ok(()) | Err(Unlisted::TooLong | Unlisted::Incomplete)) {
            self.names.put(key, now, Arc::clone(&names));
        }
        names
    }

    /// Adds names to the IDs of a reply that has none yet. A card has none, because other users see it too. `clicked`
    /// is whether the reply can replace the card that the person clicked.
    pub(super) async fn with_names(
        &self,
        operation: &str,
        person: &Person,
        mut reply: Reply,
        format: Option<Format>,
        clicked: bool,
    ) -> Reply {
        let is_card = clicked && reply.card.as_ref() == Some(&reply.document);
        let shared = reply.share || reply.for_others || is_card;
        if reply.named || !Self::shows_names(&person.principal, &person.place, reply.format.or(format), shared) {
            return reply;
        }
        let wanted = shown(self.catalog(), &reply);
        if wanted.is_empty() {
            return reply;
        }
        let found = self.find_names(operation, person, &Arguments::new(), wanted).await;
        reply.document = reply.document.with_names(&found.names);
        reply
    }
}

/// The IDs without a name in the data of the API that a reply shows: in the arguments and the target of a plan, or in
/// the result of its action.
fn shown<'a>(catalog: &'a Catalog, reply: &'a Reply) -> Vec<Unnamed<'a>> {
    let answers = [reply.data.as_ref(), reply.error.as_ref()];
    let plans = ["/plan/steps", "/waiting/plan/steps"];
    let is_step = |value: &&Value| value.get("arguments").is_some() && value.get("before").is_some();
    let steps = plans.iter().find_map(|plan| answers.iter().flatten().find_map(|answer| answer.pointer(plan)));
    let steps = steps.and_then(Value::as_array).into_iter().flatten().filter(is_step);
    let of_steps = steps.filter_map(|step| of_step(catalog, step)).fold(Vec::new(), merged);
    if !of_steps.is_empty() {
        return of_steps;
    }
    let of_result = || {
        let mut words = reply.command.as_deref()?.split(' ');
        let action = catalog.verb(words.next()?, words.next()?)?;
        Some(unnamed(catalog, action, reply.data.as_ref()?))
    };
    of_result().unwrap_or_default()
}

/// The IDs of both, by list.
fn merged<'a>(mut found: Vec<Unnamed<'a>>, more: Vec<Unnamed<'a>>) -> Vec<Unnamed<'a>> {
    for mut more in more {
        match found.iter_mut().find(|known| known.list.list.id == more.list.list.id) {
            Some(known) => {
                more.ids.retain(|id| !known.ids.contains(id));
                known.ids.extend(more.ids);
            }
            None => found.push(more),
        }
    }
    found
}

fn of_step<'a>(catalog: &'a Catalog, plan: &Value) -> Option<Vec<Unnamed<'a>>> {
    let action = catalog.action(plan.get("action")?.as_str()?)?;
    let target = plan.pointer("/before/value");
    let id = target.and_then(|target| target.get(ID)?.as_str());
    let found = match action.writes() {
        true => unnamed_arguments(catalog, action, plan.get("arguments")?.as_object()?, id),
        // A read has no question that would name its arguments.
        false => Vec::new(),
    };
    let read = plan.pointer("/before/action").and_then(|read| catalog.action(read.as_str()?));
    Some(merged(found, read.zip(target).map(|(read, target)| unnamed(catalog, read, target)).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(count: usize, length: usize) -> Arc<Names> {
        Arc::new((0..count).map(|number| (format!("{number:010}"), "n".repeat(length))).collect())
    }

    #[test]
    fn kept_names_are_bounded_and_the_oldest_make_room() {
        let kept = KeptNames::default();
        for now in 0..100 {
            kept.put(format!("list {now}"), now, names(1, 10));
        }
        assert_eq!(kept.lock().len(), MAX_KEPT);
        assert!(kept.get("list 99", 100).is_some() && kept.get("list 0", 100).is_none());
        // Each of these needs about a megabyte.
        for now in 100..200 {
            kept.put(format!("list {now}"), now, names(1000, 1000));
        }
        let bytes: usize = kept.lock().values().map(|kept| kept.bytes).sum();
        assert!(bytes <= MAX_KEPT_BYTES && kept.lock().len() > 3, "{bytes} bytes");
        assert!(kept.get("list 199", 200).is_some() && kept.get("list 100", 200).is_none());
        kept.put("a huge list".to_owned(), 200, names(10_000, 1000));
        assert!(kept.get("a huge list", 200).is_none() && kept.get("list 199", 200).is_some());
        kept.put("list 199".to_owned(), 201, names(2, 10));
        assert_eq!(kept.get("list 199", 201).unwrap().len(), 2, "names that were read again");
    }
}
