//! From the error of the component to a document: what happened, whether anything changed, what to do.

use super::{Block, Document, Level, Notice};
use crate::command::CommandError;
use crate::is_gone;
use claude_admin_catalog::Action;
use serde_json::Value;

/// A command that was not understood.
#[must_use]
pub fn command_error(error: &CommandError) -> Document {
    notice(Level::Error, format!("{} Nothing was sent.", error.message), error.hint.clone())
}

/// Whether a request that was sent may have arrived, by the error that came of it.
#[must_use]
pub fn failure_may_have_arrived(error: &Value) -> bool {
    const NEVER_ARRIVED: [&str; 3] = ["dns", "connection_refused", "tls"];
    let problem = error.get("transport").and_then(|transport| transport.get("problem")?.as_str());
    error.get("denied").is_none() && !problem.is_some_and(|problem| NEVER_ARRIVED.contains(&problem))
}

/// The error of the WIT package, as an object with its case as the only key. `sent` says whether the request left.
#[must_use]
pub fn failure(error: &Value, action: &Action, sent: bool, upstream: &str) -> Document {
    let (case, payload) = match error.as_object().and_then(|object| object.iter().next()) {
        Some((case, payload)) => (case.as_str(), payload),
        None => ("", error),
    };
    let text = |name: &str| payload.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let document = match case {
        "api" => return api(payload, action, is_gone(action, error)),
        "transport" => transport(&text("problem"), action, sent, upstream),
        "decode" => {
            let place = match text("path") {
                path if path.is_empty() => String::new(),
                path => format!(" at `{path}`"),
            };
            let done = if action.writes() {
                "It was probably changed; that is not known for sure."
            } else {
                "Nothing was changed."
            };
            notice(
                Level::Error,
                format!(
                    "The API answered with success, and the answer was not understood{place}: expected {}. {done}",
                    text("expected")
                ),
                Some(verify(
                    action,
                    action.writes(),
                    "The API may be newer than this component; update it, or tell the people who run this host.",
                )),
            )
        }
        "invalid_argument" => notice(
            Level::Error,
            format!("{}: {}. Nothing was sent.", text("name"), text("problem")),
            Some(format!("See `help {}`.", action.command())),
        ),
        "denied" => notice(
            Level::Error,
            format!(
                "The request was not allowed to leave ({}). Nothing was sent.",
                payload.as_str().unwrap_or_default()
            ),
            Some("Tell the people who run this host.".to_owned()),
        ),
        other => {
            notice(Level::Error, format!("The action failed ({other}: {payload}). {}", changed(action, sent)), None)
        }
    };
    match payload.get("request_id").and_then(Value::as_str) {
        Some(id) => document.footer(id.to_owned()),
        None => document,
    }
}

/// The API refused. What helps depends on the type of the error, never on its message.
fn api(error: &Value, action: &Action, gone: bool) -> Document {
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let status = error.get("status").and_then(Value::as_u64).unwrap_or_default();
    let message = text("message").filter(|message| !message.is_empty()).unwrap_or("no message");
    let code = text("code").map(|code| format!(" ({code})")).unwrap_or_default();
    let wait = error.get("retry_after").and_then(Value::as_u64);
    let unknown = status >= 500 && action.writes();
    let changed = if unknown { "Whether anything was changed is not known." } else { "Nothing was changed." };
    let (what, hint) = match status {
        400 => ("The API did not accept the request", "Correct the command and try again.".to_owned()),
        401 => (
            "The API did not accept the host's credential; it may be wrong, expired or revoked",
            "The people who run this host must give it a valid one.".to_owned(),
        ),
        402 => ("The API refused for billing reasons", "An owner can look at billing in the Console.".to_owned()),
        403 => (
            "The host's credential does not open this",
            scopes(message).unwrap_or_else(|| format!("It needs {}.", auth(action))),
        ),
        404 if gone => (
            "There is no such thing: it is gone already, or was never there",
            "If it should be there, check the id; a `list` shows those that exist.".to_owned(),
        ),
        404 => ("There is no such thing", "Check the id; a `list` shows those that exist.".to_owned()),
        409 => ("Somebody else changed this at the same time", "Look at it again, then repeat the command.".to_owned()),
        413 => ("The request is too large", "Send less at once.".to_owned()),
        429 => match wait {
            Some(seconds) => ("The API asks to slow down", format!("Try again in {seconds} seconds.")),
            None => (
                "A limit of the organization is reached, and the API does not say until when",
                "Waiting may not help: look at the spend and rate limits in the Console.".to_owned(),
            ),
        },
        529 => ("The API is overloaded", verify(action, unknown, "Try again in a few minutes.")),
        status if status >= 500 => {
            ("The API has a problem of its own", verify(action, unknown, "Try again in a few minutes."))
        }
        _ => ("The API gave an unexpected answer", "Tell the people who run this host.".to_owned()),
    };
    let document = notice(
        Level::Error,
        format!("{what} (status {status}): {}{code}. {changed}", message.trim_end_matches('.')),
        Some(hint),
    );
    let kind = text("kind").filter(|kind| !kind.is_empty());
    let ids = [kind, text("request_id")].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    if ids.is_empty() { document } else { document.footer(ids) }
}

fn transport(problem: &str, action: &Action, sent: bool, upstream: &str) -> Document {
    let (what, never_arrived) = match problem {
        "dns" => (format!("The name {upstream} cannot be resolved"), true),
        "connection_refused" => (format!("{upstream} refuses the connection or cannot be reached"), true),
        "tls" => {
            (format!("No secure connection to {upstream} could be made: its certificate or TLS was not accepted"), true)
        }
        "timeout" => (format!("{upstream} did not answer in time"), false),
        "incomplete" => (format!("The connection to {upstream} broke before the answer was complete"), false),
        "too_large" => (format!("The answer of {upstream} is larger than the host allows"), false),
        "protocol" => (format!("{upstream} does not answer in HTTP"), false),
        _ => (format!("No answer came from {upstream}"), false),
    };
    let reached = sent && !never_arrived;
    let hint = match problem {
        "too_large" => verify(action, reached, "Ask for less at once, for example with --limit."),
        "tls" => "The people who run this host must check its trust store, proxy and base URL.".to_owned(),
        _ => verify(action, reached, "Try again in a moment; if it stays, check the network of the host."),
    };
    notice(Level::Error, format!("{what}. {}", changed(action, reached)), Some(hint))
}

fn auth(action: &Action) -> String {
    let kinds: Vec<String> = action.auth.iter().map(ToString::to_string).collect();
    format!("one of: {}", kinds.join(", "))
}

/// Whether anything was changed, as far as the host can know.
#[must_use]
pub fn changed(action: &Action, sent: bool) -> &'static str {
    match (action.writes(), sent) {
        (true, true) => "The request was sent: whether anything was changed is not known.",
        _ => "Nothing was changed.",
    }
}

/// What to do next; after a write whose end is not known, look before trying again.
#[must_use]
pub fn verify(action: &Action, unknown: bool, otherwise: &str) -> String {
    if action.writes() && unknown {
        format!("Do not simply repeat it: look first, with `{} list` or `{} get`.", action.interface, action.interface)
    } else {
        otherwise.to_owned()
    }
}

/// What to do where the API lists the scopes that a credential has and those of which it needs one:
/// `Got: ['a', 'b'] Needed one of: ['c', 'd']`.
fn scopes(message: &str) -> Option<String> {
    let list = |text: &str| -> Vec<String> {
        let inside = text.split_once('[').and_then(|(_, rest)| rest.split_once(']')).map_or("", |(inside, _)| inside);
        inside
            .split(',')
            .map(|word| word.trim().trim_matches('\'').to_owned())
            .filter(|word| !word.is_empty())
            .collect()
    };
    let (got, needed) = message.split_once("Got:")?.1.split_once("Needed")?;
    let (got, needed) = (list(got), list(needed));
    if needed.is_empty() {
        return None;
    }
    let got = if got.is_empty() { "no scope".to_owned() } else { got.join(", ") };
    Some(format!(
        "The credential has {got}. Give the host one with {}: scopes are chosen when a key is made, and cannot be added later.",
        needed.join(" or ")
    ))
}

/// A document that is one notice.
#[must_use]
pub fn notice(level: Level, text: String, hint: Option<String>) -> Document {
    Document::default().with(Block::Notice(Notice { level, text, hint }))
}

#[cfg(test)]
mod tests {
    use super::scopes;

    #[test]
    fn a_list_of_scopes_becomes_an_instruction() {
        let message =
            "Missing required scopes. Got: ['api:admin'] Needed one of: ['read:compliance_org_data', 'read:org_audit']";
        let hint = scopes(message).unwrap();
        assert!(hint.starts_with(
            "The credential has api:admin. Give the host one with read:compliance_org_data or read:org_audit"
        ));
        assert!(
            scopes("Missing required scopes. Got: [] Needed: ['a']")
                .unwrap()
                .starts_with("The credential has no scope.")
        );
        assert_eq!(scopes("You may not do that."), None);
    }
}
