//! From the error of the component to a document: the cause, whether anything was changed, and the next step.

use super::{Block, Document, Fact, Level, Notice};
use crate::command::CommandError;
use crate::{Verdict, is_gone};
use claude_admin_catalog::{Action, Catalog, Method, Paging};
use claude_admin_wire::{Body, NOT_JSON_BODY};
use serde_json::Value;
use std::sync::Arc;

/// The items that a host administrator must check if a server other than the API responds.
const BETWEEN: &str = "The host administrator must check the proxy, the firewall and the base URL of this host.";

/// An invalid command.
#[must_use]
pub fn command_error(error: &CommandError) -> Document {
    let text = format!("{} {}", error.message, Verdict::NotSent.sentence());
    notice(Level::Error, text, error.hint.clone())
}

/// The error of the WIT package, as an object with its case as the only key, and the effect of the call.
#[must_use]
pub fn failure(catalog: &Catalog, error: &Value, action: &Action, verdict: Verdict, upstream: &str) -> Document {
    let (case, payload) = match error.as_object().and_then(|object| object.iter().next()) {
        Some((case, payload)) => (case.as_str(), payload),
        None => ("", error),
    };
    let text = |name: &str| payload.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (what, hint) = match case {
        "api" => api(payload, action, is_gone(action, error), verdict),
        "transport" => transport(&text("problem"), action, upstream),
        "decode" => decode(payload, upstream),
        "invalid_argument" => {
            (format!("{}: {}", text("name"), text("problem")), Some(format!("See `help {}`.", action.command())))
        }
        "denied" => (
            format!("The request was blocked ({})", payload.as_str().unwrap_or_default()),
            Some(TELL_THE_ADMINISTRATOR.to_owned()),
        ),
        other => (format!("The action failed ({other}: {payload})"), None),
    };
    let text_of = |name: &str| payload.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let ids = [text_of("kind"), text_of("request_id")].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let hint = match advice(payload, action) {
        Some(advice) => Some(advice.to_owned()),
        None if verdict.is_uncertain() => Some(look_first(catalog, action)),
        None => hint,
    };
    let what = what.trim_end_matches('.');
    let mut document = notice(Level::Error, format!("{what}. {}", verdict.sentence()), hint);
    let details = details(payload);
    if !details.is_empty() {
        document.blocks.push(Block::Facts(details));
    }
    if ids.is_empty() { document } else { document.footer(ids) }
}

/// The next step if only the host administrator can act.
pub const TELL_THE_ADMINISTRATOR: &str = "Report this to the host administrator.";

/// The declaration of the action for the code of the API.
fn advice<'a>(error: &Value, action: &'a Action) -> Option<&'a str> {
    let code = error.get("code")?.as_str()?;
    action.code(code).map(|code| code.advice.as_str())
}

/// The objects in the details of an error, such as a workspace that was created despite the error.
fn details(error: &Value) -> Vec<Fact> {
    let details = match error.get("details") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(details) => details.clone(),
        None => Value::Null,
    };
    let fields = details.as_object().into_iter().flatten().filter(|(name, _)| *name != "error_code");
    let texts = fields.filter_map(|(name, value)| Some((name, value.as_str()?)));
    texts.map(|(name, text)| Fact { field: name.clone(), ..Fact::new(super::label(name), text) }).collect()
}

/// The text for an error of the API, or of a server that responded instead. The advice depends on status and type of
/// the error, never on its message.
fn api(error: &Value, action: &Action, gone: bool, verdict: Verdict) -> (String, Option<String>) {
    let text = |name: &str| error.get(name).and_then(Value::as_str);
    let status = error.get("status").and_then(Value::as_u64).unwrap_or_default();
    let message = text("message").unwrap_or_default().trim_end_matches('.');
    if text("kind").unwrap_or_default().is_empty() {
        return not_the_api(status, message, wait(error));
    }
    let message = if message.is_empty() { "no message" } else { message };
    let code = text("code").map(|code| format!(" ({code})")).unwrap_or_default();
    let later = || wait(error).unwrap_or_else(|| "Try again in a few minutes.".to_owned());
    let (what, hint) = match status {
        400 | 422 => ("The API did not accept the request", "Correct the command and try again.".to_owned()),
        401 => (
            "The API did not accept the credential of this host: it is wrong, expired or revoked",
            "The host administrator must set a valid credential.".to_owned(),
        ),
        402 => {
            ("The API rejected the request because of billing", "An owner can check billing in the Console.".to_owned())
        }
        403 => (
            "The credential of this host does not grant access to this action",
            scopes(message).unwrap_or_else(|| format!("The action needs {}.", auth(action))),
        ),
        404 if gone => (
            "Not found: the target was already deleted or never existed",
            "If the target should exist, check the ID. A `list` shows the IDs that exist.".to_owned(),
        ),
        404 => ("Not found", "Check the ID. A `list` shows the IDs that exist.".to_owned()),
        408 | 425 | 499 => ("The API ended the request before it was complete", later()),
        409 => (
            "The request conflicts with another change or with the current state",
            "Check the target, then run the command again.".to_owned(),
        ),
        413 => ("The request is too large", "Send less data in one command.".to_owned()),
        429 => match wait(error) {
            Some(wait) => ("The API limits the rate of requests", wait),
            None => (
                "The organization reached a limit, and the API did not return a retry time",
                "Waiting might not help. Check the spend and rate limits in the Console.".to_owned(),
            ),
        },
        529 => ("The API is overloaded", later()),
        500.. => ("The API has an internal problem", later()),
        _ => ("The API sent an unexpected response", TELL_THE_ADMINISTRATOR.to_owned()),
    };
    // A message can contradict the meaning of the code. The sentence after it is from this program.
    let done = if verdict == Verdict::Changed { "The API made the change and reports a problem" } else { what };
    (format!("{done} (status {status}): {message}{code}"), Some(hint))
}

/// A response that is not from the API.
fn not_the_api(status: u64, quoted: &str, wait: Option<String>) -> (String, Option<String>) {
    let (found, quoted) = match Body::at_a_glance(quoted.as_bytes()) {
        Body::Empty => ("has no body", ""),
        Body::Page => ("is an HTML page", ""),
        Body::Json => ("is JSON, but not an error of the API", quoted),
        _ => ("is text, not an error of the API", quoted),
    };
    let colon = if quoted.is_empty() { "" } else { ": " };
    let text = format!(
        "The response (status {status}) {found}, so it is probably from a proxy or firewall between this host and the \
         API{colon}{quoted}"
    );
    let hint = match (status, wait) {
        (429, Some(wait)) => wait,
        (500.., wait) => {
            let wait = wait.unwrap_or_else(|| "Try again in a few minutes.".to_owned());
            format!("{wait} If the problem persists: {BETWEEN}")
        }
        _ => BETWEEN.to_owned(),
    };
    (text, Some(hint))
}

/// A successful response that was not understood.
fn decode(error: &Value, upstream: &str) -> (String, Option<String>) {
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    let status = error.get("status").and_then(Value::as_u64).unwrap_or(200);
    let expected = text("expected");
    if let Some(body) = expected.strip_prefix(NOT_JSON_BODY) {
        let text = format!(
            "The response (status {status}) is {body}, so it is probably from a proxy or firewall between this host and \
             the API"
        );
        return (text, Some(BETWEEN.to_owned()));
    }
    let place = match text("path") {
        "" => String::new(),
        path => format!(" at `{path}`"),
    };
    (
        format!("{upstream} returned a success that was not understood{place}: expected {expected}"),
        Some(
            "The API might be newer than this component. Update the component, or ask the host administrator."
                .to_owned(),
        ),
    )
}

/// The advice to request a smaller result, if the command supports it.
#[must_use]
pub fn request_less(action: &Action) -> Option<&'static str> {
    action.input(Paging::LIMIT).map(|_| "Request less data, for example with a smaller `--limit`.")
}

fn transport(problem: &str, action: &Action, upstream: &str) -> (String, Option<String>) {
    let again = "Try again in a moment. If the problem persists, check the network of the host.";
    let (what, hint) = match problem {
        "dns" => (format!("The name {upstream} cannot be resolved"), again),
        "connection_refused" => (format!("{upstream} does not accept the connection or cannot be reached"), again),
        "tls" => (
            format!("No secure connection to {upstream}: its certificate or its TLS was not accepted"),
            "The host administrator must check the trust store, the proxy and the base URL of this host.",
        ),
        "timeout" => (format!("{upstream} did not respond in time"), again),
        "incomplete" => (format!("The connection to {upstream} ended before the response was complete"), again),
        "too_large" => {
            let hint = request_less(action).map(str::to_owned);
            return (format!("The response of {upstream} is larger than the host allows"), hint);
        }
        "protocol" => (format!("{upstream} does not respond in HTTP"), BETWEEN),
        _ => (format!("{upstream} sent no response"), again),
    };
    (what, Some(hint.to_owned()))
}

/// The time of the next try, if the API states it.
fn wait(error: &Value) -> Option<String> {
    Some(match error.get("retry_after")?.as_u64()? {
        0 => "Try again now.".to_owned(),
        1 => "Try again in 1 second.".to_owned(),
        seconds => format!("Try again in {seconds} seconds."),
    })
}

fn auth(action: &Action) -> String {
    let kinds: Vec<String> = action.auth.iter().map(ToString::to_string).collect();
    format!("one of: {}", kinds.join(", "))
}

/// The advice after a write with an unknown result.
#[must_use]
pub fn look_first(catalog: &Catalog, action: &Action) -> String {
    let reads = |candidate: &&Arc<Action>| {
        candidate.interface == action.interface
            && candidate.http.method == Method::Get
            && matches!(candidate.function.as_str(), "get" | "list")
    };
    let commands: Vec<String> =
        catalog.actions.iter().filter(reads).map(|read| format!("`{}`", read.command())).collect();
    let with = if commands.is_empty() { String::new() } else { format!(" with {}", commands.join(" or ")) };
    format!("Do not run the command again before you check the target{with}.")
}

/// The advice if the API lists the scopes of a credential and the scopes of which it needs one:
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
        "The credential has {got}. Set a credential with {}: scopes are chosen when a key is created, and cannot be added later.",
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
    use super::*;
    use claude_admin_catalog::testing::catalog;
    use serde_json::json;

    #[test]
    fn list_of_scopes_becomes_an_instruction() {
        let message =
            "Missing required scopes. Got: ['api:admin'] Needed one of: ['read:compliance_org_data', 'read:org_audit']";
        let hint = scopes(message).unwrap();
        assert!(hint.starts_with(
            "The credential has api:admin. Set a credential with read:compliance_org_data or read:org_audit"
        ));
        assert!(
            scopes("Missing required scopes. Got: [] Needed: ['a']")
                .unwrap()
                .starts_with("The credential has no scope.")
        );
        assert_eq!(scopes("You may not do that."), None);
    }

    fn told(error: &Value) -> String {
        let action = catalog().action("users.list").unwrap();
        failure(catalog(), error, action, Verdict::Unchanged, "api.example").notices()
    }

    #[test]
    fn response_of_a_proxy_is_not_blamed_on_the_api() {
        let page = "<!DOCTYPE html><title>Just a moment...</title>";
        for status in [400, 401, 402, 403, 404, 409, 413, 429, 500, 502, 503, 529] {
            for (message, words) in [
                (page, "is an HTML page"),
                ("", "has no body"),
                ("Forbidden by policy", "is text, not an error of the API"),
                (r#"{"message":"Forbidden"}"#, "is JSON, but not an error of the API"),
            ] {
                let text = told(&json!({ "api": { "status": status, "kind": "", "message": message } }));
                assert!(text.contains(words) && text.contains(&status.to_string()), "{text}");
                assert!(text.contains("proxy or firewall"), "{text}");
                for blame in ["credential", "billing", "The API has", "The API did not", "Not found", "overloaded"] {
                    assert!(!text.contains(blame), "{status}: {text}");
                }
            }
            let own = told(&json!({ "api": { "status": status, "kind": "x_error", "message": "no" } }));
            assert!(!own.contains("proxy"), "{own}");
        }
        let page = json!({ "decode": { "status": 200, "path": "", "expected": "JSON, but the body is an HTML page" } });
        assert!(told(&page).contains("proxy or firewall") && !told(&page).contains("newer"), "{}", told(&page));
        let newer = json!({ "decode": { "status": 200, "path": "data[0].id", "expected": "a string" } });
        assert!(told(&newer).contains("newer than this component") && !told(&newer).contains("proxy"));
    }

    #[test]
    fn wait_of_the_api_is_passed_on() {
        let limited = |seconds: Value| {
            told(
                &json!({ "api": { "status": 429, "kind": "rate_limit_error", "message": "", "retry_after": seconds } }),
            )
        };
        assert!(limited(json!(3600)).contains("Try again in 3600 seconds."));
        assert!(limited(json!(1)).contains("Try again in 1 second."));
        assert!(limited(json!(0)).contains("Try again now."));
        assert!(limited(Value::Null).contains("did not return a retry time"));
    }

    #[test]
    fn look_first_names_commands_that_exist() {
        for action in catalog().actions.iter().filter(|action| action.writes()) {
            let hint = look_first(catalog(), action);
            for command in hint.split('`').skip(1).step_by(2) {
                assert!(catalog().action(&command.replace(' ', ".")).is_some(), "{}: {command}", action.id);
            }
        }
    }
}
