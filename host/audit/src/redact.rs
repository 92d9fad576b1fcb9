//! The last check for secrets before an entry is recorded.
//!
//! No secret should reach the audit log: commands with text that looks like a secret are denied, and secrets are
//! removed from the data of the API. But an entry is stored indefinitely. So every text of an entry is checked once
//! more before it is sealed.

use super::cause;
use super::event::{Entry, Event, MessageId};
use claude_admin_chat::cap::{cap_text, cap_text_to};
use claude_admin_chat::operation_id;
use claude_admin_chat::{redact_value, replace_secrets};
use serde_json::Value;

/// The replacement for a secret.
const REDACTED: &str = "[redacted]";
/// The maximum length of a command that is recorded with its plan, in bytes: longer than any typed command. A command
/// that arrives as JSON can be as large as a request.
const LONGEST_COMMAND: usize = 16 << 10;

fn optional(value: Option<&mut String>) {
    if let Some(value) = value {
        replace_secrets(value, REDACTED);
    }
}

/// Texts from outside, which are also shortened.
fn all(values: &mut [String]) {
    values.iter_mut().for_each(text_from_outside);
}

fn text_from_outside(value: &mut String) {
    // Before it is shortened: the beginning of a secret does not always look like one.
    replace_secrets(value, REDACTED);
    cap_text(value);
}

/// A JSON text stays a JSON text. It is parsed first: in its escaped form, a secret does not always look like the start
/// of a word.
fn json_text(json: &mut String) {
    if let Ok(mut value) = serde_json::from_str::<Value>(json)
        && redact_value(&mut value)
    {
        *json = value.to_string();
    }
    replace_secrets(json, REDACTED);
}

/// Replaces texts that look like secrets in a JSON value.
#[must_use]
pub fn redact_json(mut value: Value) -> Value {
    redact_value(&mut value);
    value
}

/// Replaces texts that look like secrets in an entry.
#[must_use]
pub fn redact(entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    // Destructured without `..`: a new field must be handled here.
    let Entry {
        time_ms: _,
        open_from: _,
        latest_ms: _,
        operation,
        // Neither is made from a part that looks like a secret.
        principal: _,
        place: _,
        person,
        action,
        effect: _,
        command,
        resolved,
        lookups,
        plan_hash,
        step: _,
        version: _,
        policy_hash,
        policies,
        event: happened,
    } = &mut entry;
    // A pending request is found by its ID. So the ID stays unchanged, even if it looks like a secret.
    optional(operation.as_mut().filter(|id| !operation_id::is_whole(id)));
    for text in [person, action, plan_hash, policy_hash] {
        optional(text.as_mut());
    }
    if let Some(command) = command {
        replace_secrets(command, REDACTED);
        cap_text_to(command, LONGEST_COMMAND);
    }
    for texts in [resolved, lookups, policies] {
        all(texts);
    }
    event(happened);
    entry
}

fn event(event: &mut Event) {
    match event {
        Event::Opened { version, sqlite: _, dropped_bytes: _ } => replace_secrets(version, REDACTED),
        Event::Received { delivery, text } => {
            optional(delivery.as_mut());
            optional(text.as_mut());
        }
        Event::Denied { reason, count: _ } => cause::redact(reason),
        Event::Planned { plan, plan_hash, dry_run: _, requests } => {
            all(requests);
            json_text(plan);
            replace_secrets(plan_hash, REDACTED);
        }
        Event::Requested { pending, plan_hash, policy_hash, expires_ms: _ } => {
            json_text(pending);
            replace_secrets(plan_hash, REDACTED);
            replace_secrets(policy_hash, REDACTED);
        }
        Event::Carried { state } => json_text(state),
        Event::Decided { decision: _, reason } => optional(reason.as_mut()),
        Event::Intent { host, plan_hash, policy_hash, policies, approvers: _, reason } => {
            replace_secrets(host, REDACTED);
            optional(plan_hash.as_mut());
            replace_secrets(policy_hash, REDACTED);
            all(policies);
            optional(reason.as_mut());
        }
        Event::Outcome { result, changed: _, status: _, requests, cause } => {
            replace_secrets(result, REDACTED);
            all(requests);
            cause.iter_mut().for_each(cause::redact);
        }
        Event::Expired | Event::Undelivered | Event::ApprovedAlone { delay_seconds: _ } => {}
        Event::Superseded { differences } => differences.iter_mut().for_each(cause::redact),
        Event::PolicyChanged { policy_hash, problem } => {
            optional(policy_hash.as_mut());
            problem.iter_mut().for_each(cause::redact);
        }
        Event::ContentRead { of } => all(of),
        Event::AuditRead { query } => replace_secrets(query, REDACTED),
        Event::Notifying { audience: _, shows, host } => {
            replace_secrets(shows, REDACTED);
            replace_secrets(host, REDACTED);
        }
        Event::Notified { audience: _, shows, message, problem } => {
            replace_secrets(shows, REDACTED);
            if let Some(MessageId { channel, ts }) = message {
                replace_secrets(channel, REDACTED);
                replace_secrets(ts, REDACTED);
            }
            optional(problem.as_mut());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::entry;

    #[test]
    fn the_id_of_an_operation_stays_whatever_it_looks_like() {
        let with = |id: &str| redact(&Entry { operation: Some(id.to_owned()), ..entry(6) }).operation;
        for id in ["eyj3ctftqtct12rtsj83jgtyma", "3ctftqtct12rtsj83jgtymabaj"] {
            assert_eq!(with(id).as_deref(), Some(id));
        }
        // A text that is not an ID is redacted.
        assert_eq!(with("sk-ant-api03-x").as_deref(), Some("[redacted]"));
    }

    #[test]
    fn long_command_is_shortened_and_a_usual_one_stays() {
        let with = |command: &str| redact(&Entry { command: Some(command.to_owned()), ..entry(6) }).command.unwrap();
        let usual = format!("workspaces create {}", "x".repeat(10_000));
        assert_eq!(with(&usual), usual);
        let long = with(&format!("users remove {}", "x".repeat(7_000_000)));
        assert!(long.len() < LONGEST_COMMAND + 100 && long.starts_with("users remove x") && long.ends_with("more)"));
    }

    #[test]
    fn every_text_of_an_entry_is_looked_at() {
        // Every text of every kind of entry is replaced with a secret, as JSON; no secret must remain.
        fn poison(value: &mut Value) {
            match value {
                Value::String(text) if text.len() > 1 && !text.contains(':') => *text = "sk-ant-api03-SECRET".into(),
                Value::Array(items) => items.iter_mut().for_each(poison),
                Value::Object(members) => {
                    let keep = ["kind", "decision", "effect", "audience", "changed"];
                    members.iter_mut().filter(|(name, _)| !keep.contains(&name.as_str())).for_each(|(_, v)| poison(v));
                }
                _ => {}
            }
        }
        for number in 0..48 {
            let mut value = serde_json::to_value(entry(number)).unwrap();
            poison(&mut value);
            let mut poisoned: Entry = serde_json::from_value(value).unwrap();
            if let Event::Planned { plan, .. } = &mut poisoned.event {
                // A name can be a secret too, and a secret can follow an escape.
                *plan = r#"{"sk-ant-SECRET":1.50,"a":["line\nxoxb-SECRET","\u0073k-ant-SECRET"]}"#.to_owned();
            }
            let clean = serde_json::to_string(&redact(&poisoned)).unwrap();
            assert!(!clean.contains("SECRET"), "{clean}");
            let clean: Entry = serde_json::from_str(&clean).unwrap();
            if let Event::Planned { plan, .. } = &clean.event {
                assert!(serde_json::from_str::<Value>(plan).is_ok(), "still JSON: {plan}");
            }
        }
    }
}
