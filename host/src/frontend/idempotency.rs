//! Requests that are sent again: their identification, and the response with the status of the first request.

use crate::Choice;
use crate::command::{Format, Options, Reason};
use crate::decision::operation::RequestKey;
use crate::identity::Principal;
use crate::service::Outcome;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use claude_admin_chat::CHANGED_NOTHING;
use claude_admin_chat::strict_json::Object;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// The header that marks the response to a request that was received before.
pub(super) const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The message for a first request whose status is not known.
pub(super) fn no_known_status(operation: &str) -> String {
    format!(
        "A request with this `Idempotency-Key` was already received, as operation {operation}. Its result is not known: the \
         host is still reading it, stopped before reading it, could not record it, or its entries are too far back in the \
         audit log. Try again in a moment. Before you send it with a new key, check whether its change was made."
    )
}

/// The message for a key that was used for another request.
pub(super) fn another_request() -> String {
    format!("This `Idempotency-Key` was used for another request. {CHANGED_NOTHING} Use a new key.")
}

/// The maximum length of a key.
const MAX_KEY_CHARS: usize = 255;

/// The key of a request, if it has one.
///
/// # Errors
///
/// The format of a valid key.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<&str>, &'static str> {
    let mut keys = headers.get_all("idempotency-key").iter();
    match (keys.next().map(HeaderValue::to_str), keys.next()) {
        (None, _) => Ok(None),
        (Some(Ok(key)), None) if !key.is_empty() && key.len() <= MAX_KEY_CHARS => Ok(Some(key)),
        _ => Err("`Idempotency-Key` must be one header of 1 to 255 visible characters."),
    }
}

/// The identification of a request: client, key and content. It has digests, because a key can contain any text.
pub(super) fn request_key(client: &Principal, key: &str, content: &str) -> RequestKey {
    let digest = |text: &str| format!("{:x}", Sha256::digest(text))[..32].to_owned();
    RequestKey { key: format!("{client}/{}", digest(key)), content: digest(content), earliest_ms: None }
}

/// A typed command, with the fields of its request as flags. The audit log has this text.
pub(super) fn with_flags(line: &str, version: Option<u32>, options: &Options) -> String {
    let mut line = line.to_owned();
    line.push_str(&version.map(|version| format!(" --version {version}")).unwrap_or_default());
    for (is_given, flag) in [(options.yes, " --yes"), (options.all, " --all"), (options.dry_run, " --dry-run")] {
        line.push_str(if is_given { flag } else { "" });
    }
    line
}

/// The canonical form of a typed command with its flags. It is the same in every version of the host.
pub(super) fn of_command(text: &str) -> String {
    json!({ "command": text }).to_string()
}

/// The canonical form of an action with its arguments. The text does not depend on the order of the names.
pub(super) fn of_operation(id: &str, arguments: &Map<String, Value>, options: &Options) -> String {
    let Options { yes, all, share, dry_run, reason, format, columns, compare, ids } = options;
    let arguments: Map<String, Value> =
        arguments.iter().map(|(name, value)| (name.replace('_', "-"), value.clone())).collect();
    let mut json = json!({
        "op": id, "args": arguments, "yes": yes, "all": all, "share": share, "dry_run": dry_run,
        "reason": reason.as_ref().map(Reason::as_str), "output": format.map(Format::as_str), "columns": columns,
        "compare": compare, "ids": ids,
    });
    json.sort_all_objects();
    json.to_string()
}

/// The same for several commands.
pub(super) fn of_rows(id: &str, common: &Map<String, Value>, rows: &[Object], options: &Options) -> String {
    let rows = rows.iter().map(|Object(row)| of_operation(id, row, options));
    [of_operation(id, common, options)].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
}

/// The outcome of a request whose operation is in this state, or of a decision about that operation.
pub(super) fn outcome_of(state: &str, decision: Option<Choice>) -> Outcome {
    match (state, decision) {
        ("rejected", Some(Choice::Reject)) | ("cancelled", Some(Choice::Cancel)) => Outcome::Done,
        ("waiting", _) => Outcome::Waiting,
        ("rejected", _) => Outcome::Denied,
        // The operation is running, was cancelled, or expired without a decision.
        (state, _) => Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == state).unwrap_or(Outcome::Conflict),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn operation(arguments: Value) -> String {
        let Value::Object(arguments) = arguments else { panic!("an object") };
        let options = Options { yes: true, reason: Some(Reason::new("leaver").unwrap()), ..Options::default() };
        of_operation("users.update", &arguments, &options)
    }

    fn key_of(content: &str) -> String {
        let RequestKey { key, content, .. } = request_key(&Principal::http("bot").unwrap(), "key", content);
        format!("{key} {content}")
    }

    /// An updated host must recognize the requests of the previous version.
    #[test]
    fn digest_is_the_same_in_every_version() {
        let input = operation(
            json!({ "user-id": "user_1", "role": "developer", "n": 1.5, "list": ["a", {"z": 1, "b": null}] }),
        );
        assert_eq!(
            input,
            r#"{"all":false,"args":{"list":["a",{"b":null,"z":1}],"n":1.5,"role":"developer","user-id":"user_1"},"columns":[],"compare":null,"dry_run":false,"ids":false,"op":"users.update","output":null,"reason":"leaver","share":false,"yes":true}"#
        );
        assert_eq!(key_of(&input), "http:bot/2c70e12b7a0646f92279f427c7b38e73 a339e5893ac27d666b3886a3d8e0ae9d");
        let line = of_command(&with_flags("users list", None, &Options::default()));
        assert_eq!(key_of(&line), "http:bot/2c70e12b7a0646f92279f427c7b38e73 2462026feb548458da35332de0dc0319");
    }

    #[test]
    fn other_request_has_another_digest() {
        let one = operation(json!({ "a": 1 }));
        for other in [operation(json!({ "a": 2 })), operation(json!({ "a": "1" })), operation(json!({ "b": 1 }))] {
            assert_ne!(key_of(&one), key_of(&other));
        }
        assert_eq!(key_of(&operation(json!({ "user_id": 1 }))), key_of(&operation(json!({ "user-id": 1 }))));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from)
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The same value with the members of every object in the opposite order.
    fn reversed(value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(reversed).collect(),
            Value::Object(members) => {
                Value::Object(members.iter().rev().map(|(name, value)| (name.clone(), reversed(value))).collect())
            }
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn order_of_names_does_not_change_the_digest(
            arguments in prop::collection::btree_map("[a-z-]{1,8}", any_value(), 0..5)
        ) {
            let arguments = Value::Object(arguments.into_iter().collect());
            prop_assert_eq!(key_of(&operation(arguments.clone())), key_of(&operation(reversed(&arguments))));
        }
    }
}
