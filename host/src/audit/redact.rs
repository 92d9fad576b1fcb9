//! The last line of defence against secrets in the audit trail.
//!
//! Nothing that reaches the trail should hold a secret: commands that look like one are refused, and what the API
//! sends is scrubbed. But a record stays for ever, so every text of an entry is looked at once more before it is
//! sealed.

use super::event::{Entry, Event};
use crate::identity::{Place, Principal};
use crate::operation_id;
use serde_json::Value;
use std::ops::Range;

/// What stands where a secret was.
const REDACTED: &str = "[redacted]";
/// The same, where an id has to stay an id.
const REDACTED_ID: &str = "redacted";
/// How credentials begin: Anthropic keys and tokens, Slack tokens, webhook secrets, and every kind of GitHub token.
const PREFIXES: [&str; 17] = [
    "sk-ant-",
    "xoxa-",
    "xoxb-",
    "xoxc-",
    "xoxd-",
    "xoxe-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
    "xapp-",
    "whsec_",
    "ghp_",
    "gho_",
    "ghs_",
    "ghu_",
    "ghr_",
    "github_pat_",
];
/// How a JSON web token begins: `{"` in base64, in which capital letters matter.
const JWT: &str = "eyJ";
/// A JSON web token has three parts or more, with dots between them, and is no shorter than this.
const JWT_PARTS: usize = 3;
const JWT_LENGTH: usize = 20;

/// How the id of an access key of AWS begins, for good and for a session, and how many capital letters and digits follow.
const AWS: [&str; 2] = ["AKIA", "ASIA"];
const AWS_LENGTH: usize = 16;

/// Finds the first thing in a text that looks like a credential.
#[must_use]
pub fn find_secret(text: &str) -> Option<Range<usize>> {
    find_from(text, &text.to_ascii_lowercase(), 0)
}

/// As [`find_secret`], from a place on; `lower` is the text in small letters.
fn find_from(text: &str, lower: &str, from: usize) -> Option<Range<usize>> {
    let known = PREFIXES.iter().flat_map(|prefix| {
        starts(lower, prefix, from).filter_map(|start| {
            let secret = lower.get(start + prefix.len()..)?;
            // The prefix alone is none; and a key may hold any of these.
            let length = secret.find(|c: char| !is_of_token(c) && !"+/=".contains(c)).unwrap_or(secret.len());
            secret.starts_with(|c: char| c.is_ascii_alphanumeric()).then(|| start..start + prefix.len() + length)
        })
    });
    let tokens = starts(text, JWT, from).filter_map(|start| {
        let token = text.get(start..)?;
        let token = token.get(..token.find(|c| !is_of_token(c)).unwrap_or(token.len()))?;
        let is_one = token.len() >= JWT_LENGTH && token.split('.').count() >= JWT_PARTS;
        is_one.then(|| start..start + token.len())
    });
    let aws = AWS.iter().flat_map(|prefix| {
        starts(text, prefix, from).filter_map(|start| {
            let rest = text.get(start + prefix.len()..)?;
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
            let key = rest.get(..length)?;
            let is_one = length == AWS_LENGTH && key.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit());
            is_one.then(|| start..start + prefix.len() + length)
        })
    });
    known.chain(tokens).chain(aws).min_by_key(|range| range.start)
}

/// Where a prefix stands at the start of a word: `task-ant-hill` holds no `sk-ant-`.
fn starts(text: &str, prefix: &str, from: usize) -> impl Iterator<Item = usize> {
    let found = text.get(from..).into_iter().flat_map(move |rest| rest.match_indices(prefix));
    found.map(move |(start, _)| from + start).filter(|start| {
        let before = text.get(..*start).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| !c.is_ascii_alphanumeric())
    })
}

fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.".contains(c)
}

/// Replaces every secret in a text.
fn text(text: &mut String, replacement: &str) {
    let lower = text.to_ascii_lowercase();
    let mut at = 0;
    let mut clean = String::new();
    while let Some(secret) = find_from(text, &lower, at) {
        clean.push_str(text.get(at..secret.start).unwrap_or_default());
        clean.push_str(replacement);
        at = secret.end;
    }
    if at > 0 {
        clean.push_str(text.get(at..).unwrap_or_default());
        *text = clean;
    }
}

fn optional(value: Option<&mut String>) {
    if let Some(value) = value {
        text(value, REDACTED);
    }
}

fn all(values: &mut [String]) {
    values.iter_mut().for_each(|value| text(value, REDACTED));
}

/// A text of JSON stays one. It is taken apart first: in its escapes, a secret need not look like the start of a word.
fn json_text(json: &mut String) {
    if let Ok(mut value) = serde_json::from_str::<Value>(json)
        && in_json(&mut value)
    {
        *json = value.to_string();
    }
    text(json, REDACTED);
}

/// Replaces what looks like a secret in every text of a JSON value.
#[must_use]
pub fn redact_json(mut value: Value) -> Value {
    in_json(&mut value);
    value
}

/// Returns whether anything was replaced.
fn in_json(value: &mut Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(value) => {
            let found = find_secret(value).is_some();
            text(value, REDACTED);
            found
        }
        Value::Array(items) => items.iter_mut().fold(false, |found, item| in_json(item) | found),
        Value::Object(members) => {
            let mut found = members.values_mut().fold(false, |found, member| in_json(member) | found);
            if members.keys().any(|name| find_secret(name).is_some()) {
                found = true;
                *members = std::mem::take(members)
                    .into_iter()
                    .map(|(mut name, value)| {
                        text(&mut name, REDACTED);
                        (name, value)
                    })
                    .collect();
            }
            found
        }
    }
}

fn principal(principal: &mut Principal) {
    text(&mut principal.tenant, REDACTED_ID);
    text(&mut principal.user, REDACTED_ID);
}

fn place(place: &mut Place) {
    text(&mut place.tenant, REDACTED_ID);
    if let Some(channel) = &mut place.channel {
        text(channel, REDACTED_ID);
    }
}

/// Replaces what looks like a secret in every text of an entry.
#[must_use]
pub fn redact(entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    // Taken apart without `..`: a field that is added has to be dealt with here.
    let Entry {
        time_ms: _,
        open_from: _,
        operation,
        principal: who,
        place: at,
        action,
        command,
        resolved,
        lookups,
        plan_hash,
        version: _,
        policy_hash,
        policies,
        event: happened,
    } = &mut entry;
    // What waits is found by its id, so that an id stays what it is, whatever its letters look like.
    optional(operation.as_mut().filter(|id| !operation_id::is_whole(id)));
    who.iter_mut().for_each(principal);
    at.iter_mut().for_each(place);
    for text in [action, command, plan_hash, policy_hash] {
        optional(text.as_mut());
    }
    for texts in [resolved, lookups, policies] {
        all(texts);
    }
    event(happened);
    entry
}

fn event(event: &mut Event) {
    match event {
        Event::Opened { version, sqlite: _, dropped_bytes: _ } => text(version, REDACTED),
        Event::Received { delivery, text } => {
            optional(delivery.as_mut());
            optional(text.as_mut());
        }
        Event::Denied { reason, count: _ } => text(reason, REDACTED),
        Event::Planned { plan, plan_hash, dry_run: _, requests } => {
            all(requests);
            json_text(plan);
            text(plan_hash, REDACTED);
        }
        Event::Requested { pending, plan_hash, policy_hash, expires_ms: _ } => {
            json_text(pending);
            text(plan_hash, REDACTED);
            text(policy_hash, REDACTED);
        }
        Event::Decided { decision: _, reason } => optional(reason.as_mut()),
        Event::Intent { host, plan_hash, policy_hash, policies, approvers, reason } => {
            text(host, REDACTED);
            optional(plan_hash.as_mut());
            text(policy_hash, REDACTED);
            all(policies);
            approvers.iter_mut().for_each(principal);
            optional(reason.as_mut());
        }
        Event::Outcome { result, status: _, requests, message } => {
            text(result, REDACTED);
            all(requests);
            optional(message.as_mut());
        }
        Event::Expired => {}
        Event::Superseded { differences } => all(differences),
        Event::PolicyChanged { policy_hash, problem } => {
            optional(policy_hash.as_mut());
            optional(problem.as_mut());
        }
        Event::AuditRead { query } => text(query, REDACTED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::testing::entry;
    use proptest::prelude::*;

    fn redacted(value: &str) -> String {
        let mut value = value.to_owned();
        text(&mut value, REDACTED);
        value
    }

    #[test]
    fn what_looks_like_a_secret_is_replaced_and_the_rest_stays() {
        for (before, after) in [
            ("key sk-ant-api03-x_Y-z, gone", "key [redacted], gone"),
            ("\u{e9}SK-ANT-admin01-x\u{e9}", "\u{e9}[redacted]\u{e9}"),
            ("xoxb-1-2 and xapp-1-A", "[redacted] and [redacted]"),
            ("say \"whsec_ab+c/d==\"", "say \"[redacted]\""),
            ("x.eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "x.[redacted]"),
            ("gho_a ghs_b, ghu_c ghr_d github_pat_e", "[redacted] [redacted], [redacted] [redacted] [redacted]"),
            ("AKIASIMULATOR0000000/ASIASIMULATOR0000000", "[redacted]/[redacted]"),
            ("Bearer eyJhbGciOiJIUzI1NiJ9.e30.x", "Bearer [redacted]"),
            ("unsigned eyJhbGciOiJub25lIn0.e30.", "unsigned [redacted]"),
            ("encrypted eyJhbGciOiJkaXIifQ..aXY.dGV4dA.dGFn!", "encrypted [redacted]!"),
        ] {
            assert_eq!(redacted(before), after);
        }
        for text in [
            "task-ant-hill@example.com",
            "apikey_01",
            "get sk-ant- now",
            "eyjafjallaj\u{f6}kull",
            "[redacted]",
            "eyjolfur.gunnarsson.hr@example.com",
            "approve eyj3ctftqtct12rtsj83jgtyma.1",
            "status AKIA3CTFTQTCT12RTSJ83JGTYM",
            "Akiasimulator0000000",
            "the highs_and lows of AKIA",
            "eyJhbGciOiJIUzI1NiJ9eyJzdWIiOiIxIn0",
        ] {
            assert_eq!(redacted(text), text);
        }
    }

    #[test]
    fn the_id_of_an_operation_stays_whatever_it_looks_like() {
        let with = |id: &str| redact(&Entry { operation: Some(id.to_owned()), ..entry(6) }).operation;
        for id in ["eyj3ctftqtct12rtsj83jgtyma", "3ctftqtct12rtsj83jgtymabaj"] {
            assert_eq!(with(id).as_deref(), Some(id));
        }
        // What is no id has no business there.
        assert_eq!(with("sk-ant-api03-x").as_deref(), Some("[redacted]"));
    }

    #[test]
    fn every_text_of_an_entry_is_looked_at() {
        // Every text of every kind of entry is made a secret, as JSON; none may be left.
        fn poison(value: &mut Value) {
            match value {
                Value::String(text) if text.len() > 1 && !text.contains(':') => *text = "sk-ant-api03-SECRET".into(),
                Value::Array(items) => items.iter_mut().for_each(poison),
                Value::Object(members) => {
                    let keep = ["kind", "decision"];
                    members.iter_mut().filter(|(name, _)| !keep.contains(&name.as_str())).for_each(|(_, v)| poison(v));
                }
                _ => {}
            }
        }
        for number in 0..12 {
            let mut value = serde_json::to_value(entry(number)).unwrap();
            poison(&mut value);
            let mut poisoned: Entry = serde_json::from_value(value).unwrap();
            poisoned.principal = Some(Principal::http("xoxb-SECRET"));
            poisoned.place = Some(Place::slack("T1", Some("xapp-SECRET")));
            if let Event::Planned { plan, .. } = &mut poisoned.event {
                // A name can be one too, and one can stand behind an escape.
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

    proptest! {
        #[test]
        fn after_redaction_no_secret_is_left_and_redacting_again_changes_nothing(
            parts in prop::collection::vec(prop_oneof![
                any::<String>(),
                prop::sample::select(PREFIXES.to_vec()).prop_map(str::to_owned),
                prop::sample::select(vec!["eyJ", "eyJhbGciOiJIUzI1NiJ9.e30.abcdefgh", "a", "-", ".", " ", "XOXB-1", "/"])
                    .prop_map(str::to_owned),
            ], 0..12)
        ) {
            let clean = redacted(&parts.concat());
            prop_assert!(find_secret(&clean).is_none(), "{}", clean);
            prop_assert_eq!(redacted(&clean), clean.clone());
        }

        #[test]
        fn an_inserted_secret_never_survives(before in "\\PC*", tail in "[A-Za-z0-9_-]{8,40}", after in "\\PC*") {
            let secret = format!("sk-ant-a{tail}");
            let clean = redacted(&format!("{before} {secret} {after}"));
            prop_assert!(!clean.contains(&secret));
        }
    }
}
