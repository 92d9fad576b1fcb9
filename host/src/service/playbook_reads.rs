//! The reads of a playbook, each with the permissions of the user who runs it.

use super::Service;
use crate::audit::{Effect, Entry, Event, Filter, Recorded, search};
use crate::command::{self, Command, Invocation, Markup};
use crate::decision::Reader;
use crate::decision::policy::HostAction;
use crate::playbook::{Answer, AuditAnswer, AuditWrite, Reads};
use crate::store::{Durability, Log, StoreError};
use claude_admin_chat::{Changed, Verdict, wait_before_retry};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// The number of times that one read is sent again after the API asked to wait.
const MOST_WAITS: u32 = 10;
/// The maximum number of writes that one search returns.
const MOST_WRITES: usize = 20_000;

/// Reads for a playbook with the permissions of the requester. The same read is sent once.
pub(super) struct PlaybookReads<'r> {
    service: &'r Service,
    operation: &'r str,
    playbook: &'r str,
    reader: &'r Reader<'r>,
    answers: HashMap<String, Result<Value, Value>>,
}

impl<'r> PlaybookReads<'r> {
    /// Reads as a part of an operation.
    pub(super) fn new(service: &'r Service, operation: &'r str, playbook: &'r str, reader: &'r Reader<'r>) -> Self {
        Self { service, operation, playbook, reader, answers: HashMap::new() }
    }
}

impl Reads for PlaybookReads<'_> {
    fn read(&mut self, invocation: Invocation) -> Answer<'_> {
        Box::pin(async move {
            let key = format!("{} {}", invocation.action.id, json!(invocation.arguments));
            if let Some(answer) = self.answers.get(&key) {
                return answer.clone();
            }
            let answer = self.sent(invocation).await;
            self.answers.insert(key, answer.clone());
            answer
        })
    }

    fn search(&mut self, since: Timestamp, until: Timestamp) -> AuditAnswer<'_, Vec<AuditWrite>> {
        Box::pin(async move {
            self.recorded(&format!("writes since {since} until {until}")).await?;
            let service = self.service;
            // Entries have the time of the host, which differs from the time of a simulation.
            let ahead_ms = service.api_clock.now_ms() - service.ledger().clock().now_ms();
            let at = |time: Timestamp| Some(time.as_millisecond() - ahead_ms);
            let filter = Filter { since_ms: at(since), until_ms: at(until), ..Filter::default() };
            let person = &self.reader.person().principal;
            let found = service.ledger().read_for(person, move |log| writes(log, &filter)).await;
            let found = found.map_err(|error| error.to_string())?.map_err(|error| error.to_string())??;
            Ok(found.into_iter().filter_map(|write| shown(service, write, ahead_ms)).collect())
        })
    }

    fn head(&mut self) -> AuditAnswer<'_, String> {
        Box::pin(async move {
            self.recorded("head").await?;
            let head = self.service.ledger().head().await.map_err(|error| error.to_string())?;
            Ok(head.map(|head| head.to_string()).unwrap_or_default())
        })
    }
}

/// An intent, and the event of its outcome.
type Write = (Recorded, Option<Event>);

/// The writes that match a filter, the oldest first. A result without some of them could hide a change, so it is an error
/// for the user.
fn writes(log: &dyn Log, filter: &Filter) -> Result<Result<Vec<Write>, String>, StoreError> {
    let of_kind = |kind: &str, until_ms| {
        let filter = Filter { kind: Some(kind.to_owned()), until_ms, ..filter.clone() };
        search(log, &filter, MOST_WRITES + 1)
    };
    let key = |entry: &Entry| (entry.operation.clone(), entry.step.unwrap_or(1));
    // An outcome can be later than the period.
    let (ended, begun) = (of_kind("outcome", None)?, of_kind("intent", filter.until_ms)?);
    if !ended.unreadable.is_empty() || !begun.unreadable.is_empty() {
        return Ok(Err("The audit log has unreadable records. `audit verify` shows them.".to_owned()));
    }
    if ended.found.len().max(begun.found.len()) > MOST_WRITES {
        return Ok(Err(format!(
            "The audit log has more than {MOST_WRITES} results since the beginning of this period. Choose a shorter one."
        )));
    }
    // A step that the API asked to wait has several intents and outcomes, and only the newest can have an effect. The run
    // of several steps has an intent without an action before those of its steps.
    let mut outcomes = HashMap::new();
    for one in ended.found.into_iter().filter(|one| one.entry.step.is_some()) {
        outcomes.entry(key(&one.entry)).or_insert(one.entry.event);
    }
    let mut seen = HashSet::new();
    let newest = begun.found.into_iter().filter(|one| one.entry.action.is_some() && seen.insert(key(&one.entry)));
    let mut writes: Vec<Write> = newest
        .map(|intent| {
            let outcome = outcomes.remove(&key(&intent.entry));
            (intent, outcome)
        })
        .collect();
    writes.reverse();
    Ok(Ok(writes))
}

/// A write as a playbook sees it; none for an action that only reads.
fn shown(service: &Service, (intent, outcome): Write, ahead_ms: i64) -> Option<AuditWrite> {
    let Recorded { seq, entry } = intent;
    let catalog = service.catalog();
    let action = catalog.action(entry.action.as_deref()?)?;
    if !action.writes() {
        return None;
    }
    let command = entry.command.unwrap_or_default();
    let arguments = match command::parse(catalog, &command, Markup::None, service.api_now()) {
        Ok(Command::Run(draft, _)) => {
            let mut texts = Vec::new();
            draft.invocation.arguments.values().for_each(|value| texts_of(value, &mut texts));
            texts
        }
        _ => command.split_whitespace().map(str::to_owned).collect(),
    };
    let (outcome, changed) = match outcome {
        Some(Event::Outcome { result, changed, .. }) => (Some(result), changed),
        _ => (None, None),
    };
    Some(AuditWrite {
        seq,
        time: Timestamp::from_millisecond(entry.time_ms + ahead_ms).unwrap_or_default().to_string(),
        operation: entry.operation.unwrap_or_default(),
        requester: entry.principal.map(|principal| principal.to_string()).unwrap_or_default(),
        action: action.id.clone(),
        command,
        activity: action.activity.clone(),
        arguments,
        creates: Effect::of(catalog, action) == Effect::Create,
        outcome,
        changed: changed.unwrap_or(Changed::Unknown).as_str().to_owned(),
    })
}

/// Every text in a value.
fn texts_of(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| texts_of(value, texts)),
        Value::Object(fields) => fields.values().for_each(|value| texts_of(value, texts)),
        _ => {}
    }
}

impl PlaybookReads<'_> {
    /// Checks the permission to read the audit log, and records the read before it is made.
    async fn recorded(&self, query: &str) -> Result<(), String> {
        let (service, person) = (self.service, self.reader.person());
        if let Some(denial) = service.decider().may(person, HostAction::ReadAudit) {
            return Err(format!("You cannot read the audit log here: {}.", denial.message.trim_end_matches('.')));
        }
        let event = Event::AuditRead { query: format!("{}: {query}", self.playbook) };
        let entry = Entry { operation: Some(self.operation.to_owned()), ..person.did(event) };
        service.ledger().append(Durability::Process, vec![entry]).await.map_err(|error| error.to_string())
    }

    async fn sent(&self, invocation: Invocation) -> Result<Value, Value> {
        let command = invocation.action.command();
        for wait in 0.. {
            self.service.pace.wait(|| self.service.writes.is_closed()).await;
            let error = match self.reader.read(invocation.clone()).await {
                None => {
                    let text = format!("you cannot run `{command}` here without further approval");
                    return Err(json!({ "denied": text }));
                }
                Some(Ok(value)) => return Ok(value),
                Some(Err(error)) => error,
            };
            let seconds = wait_before_retry(Verdict::Unchanged, error.reported());
            match seconds.filter(|_| wait < MOST_WAITS && !self.service.writes.is_closed()) {
                Some(seconds) => self.service.pace.postpone(seconds),
                None => {
                    return Err(error
                        .reported()
                        .cloned()
                        .unwrap_or_else(|| json!({ "denied": error.in_a_sentence() })));
                }
            }
        }
        Err(json!({ "denied": "the API asked to wait too often" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::operation::{Clock, Ledger};
    use crate::identity::{Place, Principal};
    use crate::store::{Hosts, SqliteLog};

    fn entry(action: Option<&str>, step: Option<u32>, event: Event) -> Entry {
        let by = Entry::by(&Principal::local("ada").unwrap(), &Place::terminal(), event);
        Entry { operation: Some("o".to_owned()), action: action.map(str::to_owned), step, ..by }
    }

    fn intent() -> Event {
        let (host, policy_hash) = ("h".to_owned(), "p".to_owned());
        let (policies, approvers) = (Vec::new(), Vec::new());
        Event::Intent { host, plan_hash: None, policy_hash, policies, approvers, reason: None }
    }

    fn ended(result: &str, changed: Changed) -> Event {
        let (result, changed) = (result.to_owned(), Some(changed));
        Event::Outcome { result, changed, status: None, requests: Vec::new(), cause: None }
    }

    #[tokio::test]
    async fn each_write_has_the_outcome_of_its_own_step_and_of_its_last_attempt() {
        let hosts = Hosts::in_memory();
        let ledger = Ledger::open(Box::new(SqliteLog::in_memory().unwrap()), hosts, Clock::system()).unwrap();
        let action = Some("users.update");
        let entries = vec![
            // The run as a whole begins.
            entry(None, None, intent()),
            entry(action, Some(1), intent()),
            entry(action, Some(1), ended("rate-limited", Changed::No)),
            entry(action, Some(1), intent()),
            entry(action, Some(1), ended("done", Changed::Yes)),
            entry(action, Some(2), intent()),
            entry(action, Some(2), ended("failed", Changed::No)),
            entry(None, None, ended("partial", Changed::Yes)),
        ];
        ledger.append(Durability::Process, entries).await.unwrap();
        let found = writes(ledger.log(), &Filter::default()).unwrap().unwrap();
        let results: Vec<_> = found
            .iter()
            .map(|(intent, outcome)| match outcome {
                Some(Event::Outcome { result, .. }) => (intent.entry.step, result.as_str()),
                _ => (intent.entry.step, "none"),
            })
            .collect();
        assert_eq!(results, [(Some(1), "done"), (Some(2), "failed")]);
    }
}
