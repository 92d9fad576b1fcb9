//! Entries for tests.

use super::cause::{Code, Difference};
use super::effect::Effect;
use super::event::{Audience, Entry, Event, MessageId};
use crate::append;
use crate::store::{Durability, SqliteLog};
use claude_admin_chat::Changed;
use claude_admin_chat::Choice;
use claude_admin_chat::identity::{Place, Principal};

/// An entry; each number gives another entry, and all kinds occur.
pub(super) fn entry(number: u64) -> Entry {
    let event = match number % 12 {
        0 => Event::Opened { version: "0.1.0".to_owned(), sqlite: crate::store::sqlite_version(), dropped_bytes: 0 },
        1 => Event::Received { delivery: Some(format!("d{number}")), text: Some("users list \u{1f600}\n".to_owned()) },
        2 => Event::Denied { reason: Code::new("not-permitted").name("action", "users.remove").into(), count: number },
        3 => Event::Planned {
            plan: format!(r#"{{"steps":[{number},0.5]}}"#),
            plan_hash: "p".into(),
            dry_run: true,
            requests: Vec::new(),
        },
        4 => Event::Requested {
            pending: format!(r#"{{"b":[],"a":"{}"}}"#, "x".repeat((number as usize * 37) % 900)),
            plan_hash: "p".into(),
            policy_hash: "q".into(),
            expires_ms: 1_700_000_600_000,
        },
        5 => Event::Decided { decision: Choice::Approve, reason: Some("=fine".to_owned()) },
        6 => Event::Intent {
            host: "h".into(),
            plan_hash: Some("p".into()),
            policy_hash: "q".into(),
            policies: vec!["policy0".into()],
            approvers: vec![Principal::slack("T1", "U2").unwrap(), Principal::http("ci").unwrap()],
            reason: None,
        },
        7 => Event::Outcome {
            result: "done".into(),
            changed: Some(Changed::Yes),
            status: Some(200),
            requests: vec![format!("req_{number}")],
            cause: None,
        },
        8 if number % 24 == 20 => Event::Undelivered,
        8 if number % 48 == 44 => Event::Carried { state: format!(r#"{{"b":[],"a":"p{number}"}}"#) },
        8 if number % 48 == 32 => Event::ApprovedAlone { delay_seconds: 30 },
        8 => Event::Expired,
        9 => Event::Superseded {
            differences: vec![
                Difference::Field { field: "role".into(), before: "user".into(), after: "billing".into() },
                Difference::Other(Code::new("stricter-policy").into()),
            ],
        },
        10 => Event::PolicyChanged { policy_hash: Some("q".into()), problem: None },
        _ => match number / 12 % 4 {
            0 => Event::AuditRead { query: "tail 10".into() },
            1 => Event::ContentRead { of: vec!["ada@example.com".into()] },
            2 => Event::Notifying { audience: Audience::Approvers, shows: "1.waiting.0".into(), host: "h1".into() },
            _ => Event::Notified {
                audience: Audience::Requester,
                shows: "1.done.1".into(),
                message: Some(MessageId { channel: "C1".into(), ts: "1.2".into() }),
                problem: Some("channel_not_found".into()),
            },
        },
    };
    let of_operation = (1..10).contains(&(number % 12));
    Entry {
        time_ms: 1_700_000_000_000 + number as i64 * 1000,
        open_from: None,
        latest_ms: None,
        operation: of_operation.then(|| format!("op-{}", number / 12)),
        principal: of_operation.then(|| Principal::slack("T1", "U1").unwrap()),
        person: (number % 24 == 5).then(|| "ada".to_owned()),
        place: of_operation.then(|| Place::slack("T1", Some("C1")).unwrap()),
        action: (2..10).contains(&(number % 12)).then(|| "users.remove".to_owned()),
        effect: (2..10).contains(&(number % 12)).then_some(Effect::Delete),
        command: (2..10).contains(&(number % 12)).then(|| "users remove user_01".to_owned()),
        resolved: if of_operation { vec!["user_01 (ada@example.com)".to_owned()] } else { Vec::new() },
        lookups: if number % 12 == 2 { vec![format!("req_lookup_{number}")] } else { Vec::new() },
        plan_hash: (number % 12 == 5).then(|| "plan of the entry".to_owned()),
        step: (number % 12 == 6).then_some(1),
        version: (number % 12 == 5).then_some(2),
        policy_hash: (number % 12 == 2).then(|| "policy of the entry".to_owned()),
        policies: if number % 12 == 2 { vec!["no".to_owned()] } else { Vec::new() },
        event,
    }
}

/// This number of entries; the first is `opened`.
pub(super) fn entries(count: u64) -> Vec<Entry> {
    (0..count).map(entry).collect()
}

/// A log in memory with this number of entries.
pub(super) fn log(count: u64) -> SqliteLog {
    let log = SqliteLog::in_memory().unwrap();
    append(&log, &entries(count), Durability::Process).unwrap();
    log
}
