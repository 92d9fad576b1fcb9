//! Finds entries in the audit log, the newest first.

use super::event::Entry;
use super::record::RecordError;
use crate::store::{Log, StoreError};
use claude_admin_chat::identity::Principal;

/// The number of records that are read in one batch.
const BATCH: usize = 256;
/// The maximum difference between the clocks of two hosts, in milliseconds. Entries are in the order of appending. A
/// search stops only when all times are older than the requested ones by more than this.
const CLOCK_SKEW_MS: i64 = 60 * 60 * 1000;

/// An entry and its place in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The number of the entry.
    pub seq: u64,
    /// The entry.
    pub entry: Entry,
}

impl Recorded {
    /// Reads the entry from a stored record.
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the record does not contain an entry.
    pub fn read(seq: u64, text: &str) -> Result<Self, RecordError> {
        Ok(Self { seq, entry: Entry::from_record(text)? })
    }
}

/// A filter. An entry must match every field that is set.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// At or after this time, in milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Before this time, in milliseconds since 1970.
    pub until_ms: Option<i64>,
    /// Of this operation.
    pub operation: Option<String>,
    /// By this principal.
    pub principal: Option<Principal>,
    /// With this action, or with any action of an interface: `users.remove`, `users.*`.
    pub action: Option<String>,
    /// Of this kind, such as `denied`.
    pub kind: Option<String>,
    /// With this text anywhere in the entry; case is ignored.
    pub text: Option<String>,
}

/// The result of a search.
#[derive(Debug, Clone, Default)]
pub struct Answer {
    /// The entries, the newest first.
    pub found: Vec<Recorded>,
    /// The numbers of records without a readable entry: they were changed. See [`super::verify`].
    pub unreadable: Vec<u64>,
}

/// The last entries, the newest first.
///
/// # Errors
///
/// [`StoreError`] if the store cannot be read.
pub fn tail(log: &dyn Log, count: usize) -> Result<Answer, StoreError> {
    search(log, &Filter::default(), count)
}

/// Up to `limit` entries that match a filter, the newest first.
///
/// # Errors
///
/// [`StoreError`] if the store cannot be read.
pub fn search(log: &dyn Log, filter: &Filter, limit: usize) -> Result<Answer, StoreError> {
    let matcher = Matcher::new(filter);
    let mut answer = Answer::default();
    let mut before = u64::MAX;
    while answer.found.len() < limit {
        let batch = log.read_back(before, BATCH.min(limit.saturating_mul(2)))?;
        let Some(oldest) = batch.last().filter(|oldest| oldest.seq < before) else { break };
        before = oldest.seq;
        let mut all_too_old = filter.since_ms.is_some();
        for record in &batch {
            let Ok(recorded) = Recorded::read(record.seq, &record.text) else {
                answer.unreadable.push(record.seq);
                continue;
            };
            all_too_old &=
                filter.since_ms.is_some_and(|since| recorded.entry.time_ms < since.saturating_sub(CLOCK_SKEW_MS));
            if answer.found.len() < limit && matcher.fits(&recorded.entry) {
                answer.found.push(recorded);
            }
        }
        if all_too_old {
            break;
        }
    }
    Ok(answer)
}

/// A prepared filter.
#[derive(Debug)]
struct Matcher<'a> {
    filter: &'a Filter,
    /// The prefix of the action, if all actions of an interface match.
    interface: Option<&'a str>,
    text: Option<String>,
}

impl<'a> Matcher<'a> {
    fn new(filter: &'a Filter) -> Self {
        // The dot stays: `users.*` is not `users-x.list`.
        let interface = filter.action.as_deref().and_then(|action| action.strip_suffix('*'));
        Self { filter, interface, text: filter.text.as_deref().map(str::to_lowercase) }
    }

    fn fits(&self, entry: &Entry) -> bool {
        let Filter { since_ms, until_ms, operation, principal, action, kind, text: _ } = self.filter;
        since_ms.is_none_or(|since| entry.time_ms >= since)
            && until_ms.is_none_or(|until| entry.time_ms < until)
            && (operation.is_none() || entry.operation == *operation)
            && (principal.is_none() || entry.principal == *principal)
            && action.as_ref().is_none_or(|wanted| {
                let action = entry.action.as_deref();
                self.interface.map_or(action == Some(wanted), |start| action.is_some_and(|a| a.starts_with(start)))
            })
            && kind.as_ref().is_none_or(|kind| entry.event.kind() == kind)
            && self.text.as_ref().is_none_or(|text| holds(entry, text))
    }
}

/// Whether an entry contains a lower-case text, anywhere.
fn holds(entry: &Entry, text: &str) -> bool {
    // Each text is searched separately. A search in the JSON of the whole entry would also find names of fields and
    // quotation marks.
    serde_json::to_value(entry).is_ok_and(|value| value_holds(&value, text))
}

fn value_holds(value: &serde_json::Value, text: &str) -> bool {
    use serde_json::Value;
    match value {
        Value::Null | Value::Bool(_) => false,
        Value::Number(number) => number.to_string().contains(text),
        Value::String(value) => value.to_lowercase().contains(text),
        Value::Array(items) => items.iter().any(|item| value_holds(item, text)),
        Value::Object(members) => members.values().any(|member| value_holds(member, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Durability, SqliteLog};
    use crate::testing::{entry, log};

    fn numbers(answer: &Answer) -> Vec<u64> {
        answer.found.iter().map(|recorded| recorded.seq).collect()
    }

    #[test]
    fn the_tail_is_the_newest_first() {
        let log = log(600);
        assert_eq!(numbers(&tail(&log, 3).unwrap()), [600, 599, 598]);
        assert_eq!(tail(&log, 3).unwrap().found[0].entry, entry(599));
        assert_eq!(tail(&log, 5000).unwrap().found.len(), 600);
        assert!(tail(&log, 0).unwrap().found.is_empty());
        assert!(tail(&SqliteLog::in_memory().unwrap(), 3).unwrap().found.is_empty());
    }

    #[test]
    fn every_part_of_a_filter_narrows_the_search() {
        let log = log(600);
        let at = |number: u64| Some(entry(number).time_ms);
        for (filter, expected) in [
            (Filter { since_ms: at(598), ..Filter::default() }, vec![600, 599]),
            (Filter { since_ms: at(10), until_ms: at(12), ..Filter::default() }, vec![12, 11]),
            (Filter { operation: Some("op-2".into()), kind: Some("intent".into()), ..Filter::default() }, vec![31]),
            (Filter { text: Some("REQ_31".into()), ..Filter::default() }, vec![320, 32]),
            (Filter { action: Some("users.*".into()), until_ms: at(4), ..Filter::default() }, vec![4, 3]),
            (Filter { action: Some("users.remove".into()), until_ms: at(4), ..Filter::default() }, vec![4, 3]),
            (Filter { action: Some("user*".into()), until_ms: at(3), ..Filter::default() }, vec![3]),
            (Filter { action: Some("users".into()), ..Filter::default() }, vec![]),
            (Filter { principal: Some(Principal::http("ci").unwrap()), ..Filter::default() }, vec![]),
            (
                Filter { principal: Some(Principal::slack("T1", "U1").unwrap()), until_ms: at(2), ..Filter::default() },
                vec![2],
            ),
        ] {
            assert_eq!(numbers(&search(&log, &filter, 1000).unwrap()), expected, "{filter:?}");
        }
    }

    #[test]
    fn the_names_of_fields_are_not_searched() {
        let filter = Filter { text: Some("plan_hash".into()), ..Filter::default() };
        assert!(search(&log(24), &filter, 10).unwrap().found.is_empty());
    }

    #[test]
    fn unreadable_record_is_reported_and_others_are_listed() {
        let log = log(2);
        log.append(2, &["{}".to_owned()], &[], Durability::Process).unwrap();
        let answer = tail(&log, 10).unwrap();
        assert_eq!((numbers(&answer), answer.unreadable), (vec![2, 1], vec![3]));
    }
}
