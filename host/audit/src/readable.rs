//! Recorded entries can be read again: for any input of a frontend, through a store that is closed and opened.

use super::testing::entry;
use super::{Code, Difference, Entry, Event, append, redact};
use crate::store::{Durability, Log, Settings, SqliteLog};
use claude_admin_chat::Choice;
use claude_admin_chat::identity::{Place, Principal};
use claude_admin_chat::strict_json::{MAX_DEPTH, check_depth};
use proptest::prelude::*;
use serde_json::{Value, json};

/// IDs as platforms send them, and invalid ones.
fn id() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Z0-9]{1,11}",
        "[A-Za-z0-9._/: -]{0,12}",
        any::<String>(),
        Just("x".repeat(300)),
        Just("xoxb-1".to_owned())
    ]
}

/// Arguments of any nesting; a frontend denies arguments that are nested too deeply.
fn arguments() -> impl Strategy<Value = Value> {
    (any::<String>(), 0..130_usize, any::<u64>()).prop_map(|(text, levels, number)| {
        (0..levels).fold(json!([text, number, 1e300]), |inner, level| {
            if level % 2 == 0 { json!([inner]) } else { json!({ "a": inner }) }
        })
    })
}

/// The entries of a request that any frontend accepts; none if the frontend denies it.
fn entries(team: &str, user: &str, channel: &str, text: &str, arguments: &Value) -> Option<Vec<Entry>> {
    check_depth(arguments).ok()?;
    let principals = [Principal::slack(team, user), Principal::http(user), Principal::local(user)];
    let places = [Place::slack(team, Some(channel)).ok(), Place::slack(team, None).ok(), Some(Place::mcp())];
    let who = principals.into_iter().find_map(Result::ok)?;
    let place = places.into_iter().flatten().next()?;
    let plan = json!({ "arguments": arguments, "before": { "kind": "read", "value": arguments } }).to_string();
    let events = [
        Event::Received { delivery: Some(format!("{who}/{text}")), text: Some(text.to_owned()) },
        Event::Planned {
            plan: plan.clone(),
            plan_hash: "p".to_owned(),
            dry_run: false,
            requests: vec![text.to_owned()],
        },
        Event::Requested {
            pending: json!({ "plan": plan }).to_string(),
            plan_hash: "p".to_owned(),
            policy_hash: "q".to_owned(),
            expires_ms: 1,
        },
        Event::Decided { decision: Choice::Approve, reason: Some(text.to_owned()) },
        Event::ApprovedAlone { delay_seconds: 30 },
        Event::Denied { reason: Code::new("not-permitted").name("action", text).into(), count: 1 },
        Event::Superseded {
            differences: vec![Difference::Field {
                field: text.to_owned(),
                before: text.to_owned(),
                after: text.to_owned(),
            }],
        },
        Event::Outcome {
            result: "failed".to_owned(),
            changed: None,
            status: Some(400),
            requests: Vec::new(),
            cause: Some(
                Code::of_failure(&json!({ "api": { "status": u64::MAX, "kind": text, "message": text } })).into(),
            ),
        },
    ];
    let entry = |event| Entry { command: Some(text.to_owned()), ..Entry::by(&who, &place, event) };
    Some(events.map(entry).to_vec())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn entry_that_any_frontend_causes_is_read_back_equal(
        (team, user, channel) in (id(), id(), id()), text in any::<String>(), arguments in arguments()
    ) {
        let Some(entries) = entries(&team, &user, &channel, &text, &arguments) else { return Ok(()) };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.db");
        let log = SqliteLog::open(&path, Settings::default()).unwrap();
        append(&log, &[entry(0)], Durability::Disk).unwrap();
        append(&log, &entries, Durability::Disk).unwrap();
        drop(log);
        let log = SqliteLog::open(&path, Settings::default()).unwrap();
        for (record, entry) in log.read(1, 100).unwrap().iter().zip(&entries) {
            let read = Entry::from_record(&record.text).unwrap();
            prop_assert_eq!(&read, &redact(entry));
            prop_assert_eq!((&read.principal, &read.place), (&entry.principal, &entry.place));
            match &read.event {
                Event::Planned { plan: json, .. } | Event::Requested { pending: json, .. } => {
                    prop_assert!(serde_json::from_str::<Value>(json).is_ok(), "{}", json);
                }
                _ => {}
            }
        }
        prop_assert!(super::verify(&log, None).is_sound());
    }
}

#[test]
fn nesting_at_the_limit_leaves_room_for_the_entry_around_it() {
    let deepest = (0..MAX_DEPTH).fold(json!(1), |inner, _| json!([inner]));
    assert!(entries("T1", "U1", "C1", "x", &deepest).is_some());
    assert!(entries("T1", "U1", "C1", "x", &json!([deepest])).is_none());
}
