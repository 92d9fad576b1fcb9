//! Reads of the audit log. Each read is recorded in it.

use super::{Outcome, Reply, Service};
use crate::audit::{Answer, Entry, Event, Filter, Head, Report, search, verify};
use crate::command::{AuditCommand, AuditSearch, read_span};
use crate::decision::Person;
use crate::decision::policy::HostAction;
use crate::document::{self, Block, Cell, Column, Document, Fact, Level, Notice, Table};
use crate::store::Durability;
use jiff::Timestamp;
use serde_json::{Value, json};

impl Service {
    /// Reads the audit log for a user who has this permission.
    pub(super) async fn audit(&self, id: &str, person: &Person, command: AuditCommand) -> Reply {
        if let Some(denial) = self.decider().may(person, HostAction::ReadAudit) {
            return self.refuse(id, person, &denial, "read the audit log here").await;
        }
        // Before the read: no read is unrecorded.
        let event = Event::AuditRead { query: command.to_string() };
        let entry = Entry { operation: Some(id.to_owned()), ..person.did(event) };
        if let Err(error) = self.ledger().append(Durability::Process, vec![entry]).await {
            return Reply::failed(Outcome::Failed, document::ledger_error(&error));
        }
        match command {
            AuditCommand::Tail(count) => {
                self.search_audit(person, AuditSearch { limit: Some(count), ..AuditSearch::default() }).await
            }
            AuditCommand::Search(search) => self.search_audit(person, search).await,
            AuditCommand::Head => self.audit_head().await,
            AuditCommand::Verify(head) => self.verify_audit(person, head).await,
        }
    }

    async fn search_audit(&self, person: &Person, wanted: AuditSearch) -> Reply {
        let limit = wanted.limit.unwrap_or(20);
        // Entries contain the time of the host, which differs from the time of a simulation.
        let now = Timestamp::from_millisecond(self.ledger().clock().now_ms()).unwrap_or_default();
        let filter = match audit_filter(wanted, now) {
            Ok(filter) => filter,
            Err(problem) => {
                let text = format!("{problem}. Nothing was searched.");
                return Reply::failed(Outcome::Usage, document::error(text, None::<&str>));
            }
        };
        match self.ledger().read_for(&person.principal, move |log| search(log, &filter, limit)).await {
            Ok(Ok(found)) => audit_entries(&found),
            Ok(Err(error)) => Reply::failed(Outcome::Failed, document::ledger_error(&error.into())),
            Err(error) => Reply::failed(Outcome::Failed, document::ledger_error(&error)),
        }
    }

    async fn audit_head(&self) -> Reply {
        let head = match self.ledger().head().await {
            Ok(head) => head.map(|head| head.to_string()).unwrap_or_default(),
            Err(error) => return Reply::failed(Outcome::Failed, document::ledger_error(&error)),
        };
        let text = "Store the head where users with write access to the audit store cannot write. `audit verify \
                    --head HEAD` shows later whether the log was truncated.";
        let document = Document::titled("Head of the audit log")
            .with(Block::Facts(vec![Fact::new("Head", head.clone())]))
            .with(Block::Text(text.to_owned()));
        Reply::done(document, json!({ "head": head }))
    }

    async fn verify_audit(&self, person: &Person, head: Option<String>) -> Reply {
        let head = match head.map(|head| head.parse::<Head>()).transpose() {
            Ok(head) => head,
            Err(error) => {
                let text = format!("--head: {error}. Nothing was checked.");
                return Reply::failed(Outcome::Usage, document::error(text, Some("`audit head` prints a head.")));
            }
        };
        let against_head = head.is_some();
        match self.ledger().read_for(&person.principal, move |log| verify(log, head.as_ref())).await {
            Ok(report) => audit_verification(&report, against_head),
            Err(error) => Reply::failed(Outcome::Failed, document::ledger_error(&error)),
        }
    }
}

/// The result of a check.
#[must_use]
pub fn audit_verification(report: &Report, against_head: bool) -> Reply {
    let document = document::verification(report, against_head);
    if report.is_sound() {
        Reply::done(document, report_json(report))
    } else {
        let mut reply = Reply::failed(Outcome::Failed, document);
        reply.error = Some(report_json(report));
        reply
    }
}

/// The filter of a search, with its times and its principal parsed. Times such as `7d` are counted back from `now`.
///
/// # Errors
///
/// The text of the problem.
pub fn audit_filter(wanted: AuditSearch, now: Timestamp) -> Result<Filter, String> {
    let (since, until) = read_span(wanted.since.as_deref(), wanted.until.as_deref(), now)?;
    if let Some(unknown) = wanted.kind.as_ref().filter(|kind| !Event::KINDS.contains(&kind.as_str())) {
        return Err(format!("--kind: `{unknown}` is not a kind of entry; the kinds are {}", Event::KINDS.join(", ")));
    }
    Ok(Filter {
        since_ms: since.map(Timestamp::as_millisecond),
        until_ms: until.map(Timestamp::as_millisecond),
        operation: wanted.operation,
        principal: wanted
            .principal
            .map(|who| who.parse())
            .transpose()
            .map_err(|error| format!("--principal: {error}"))?,
        action: wanted.action,
        kind: wanted.kind,
        text: wanted.text,
    })
}

/// Entries of the audit log.
#[must_use]
pub fn audit_entries(answer: &Answer) -> Reply {
    let found = &answer.found;
    let data = found
        .iter()
        .map(|stored| {
            let mut entry = serde_json::to_value(&stored.entry).unwrap_or_default();
            entry["seq"] = json!(stored.seq);
            entry["time"] = json!(document::instant(stored.entry.time_ms));
            entry
        })
        .collect();
    let columns = ["seq", "time", "kind", "principal", "command", "operation"];
    let optional = |text: &Option<String>| text.clone().map_or(Cell::Missing, Cell::Text);
    let rows = found.iter().map(|stored| {
        let entry = &stored.entry;
        vec![
            Cell::Number(stored.seq.to_string()),
            Cell::time(document::instant(entry.time_ms)),
            Cell::Text(entry.event.to_string()),
            optional(&entry.principal.as_ref().map(ToString::to_string)),
            optional(&entry.command),
            optional(&entry.operation),
        ]
    });
    let table = Table {
        caption: match found.len() {
            1 => "1 entry, newest first".to_owned(),
            count => format!("{count} entries, newest first"),
        },
        columns: columns
            .map(|field| Column { field: field.to_owned(), label: document::label(field), unit: None, shown: true })
            .to_vec(),
        rows: rows.collect(),
        ..Table::default()
    };
    let mut document = Document::titled("Audit log").with(Block::Table(table));
    if !answer.unreadable.is_empty() {
        let records: Vec<String> = answer.unreadable.iter().map(u64::to_string).collect();
        let text = format!("These entries cannot be read because they were changed: {}.", records.join(", "));
        let hint = Some("Run `audit verify` for details.".to_owned());
        document.blocks.insert(0, Block::Notice(Notice { level: Level::Error, text, hint }));
    }
    Reply::done(document, Value::Array(data))
}

/// The result of a check, for programs.
fn report_json(report: &Report) -> Value {
    let problems: Vec<Value> =
        report.problems.iter().map(|problem| json!({ "seq": problem.seq, "what": problem.to_string() })).collect();
    json!({
        "sound": report.is_sound(),
        "records": report.records,
        "bytes": report.bytes,
        "head": report.head.as_ref().map(ToString::to_string),
        "problems": problems,
        "more_problems": report.more,
        "notes": report.notes,
    })
}
