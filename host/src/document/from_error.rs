//! From a failure to a document: the cause, whether anything was changed, and what to do.

use super::{Block, Document, Level, TELL_THE_ADMINISTRATOR, failure, look_first, notice, request_less};
use crate::egress::{CredentialError, Violation};
use crate::sandbox::{CallError, LimitKind};
use claude_admin_catalog::{Action, Catalog, Paging};
use claude_admin_chat::Verdict;
use std::borrow::Cow;

/// The advice about a component that broke a rule.
const DROP_IT: &str = "Do not use this component. Report this to the host administrator.";

/// The document for a call that returned no result, with its verdict about changes.
#[must_use]
pub fn call_error(catalog: &Catalog, error: &CallError, action: &Action, verdict: Verdict, upstream: &str) -> Document {
    if let CallError::Failed { error: reported } = error {
        let document = failure(catalog, reported, action, verdict, upstream);
        return if error.is_too_large() { naming_the_limit(document, action) } else { document };
    }
    let verdict = match error {
        // The exchange of a token is a request, but not a write.
        CallError::Credential(CredentialError::Workload(error)) if error.is_after_sending() => {
            Verdict::of_reads(true).and(verdict)
        }
        _ => verdict,
    };
    let (what, hint) = without_result(error, action, upstream);
    let hint = if verdict.is_uncertain() { look_first(catalog, action) } else { hint.into_owned() };
    notice(Level::Error, format!("{}. {}", what.trim_end_matches('.'), verdict.sentence()), Some(hint))
}

/// The document for an internal error of the host. `operation` is the operation that the command is about.
#[must_use]
pub fn internal_error(verdict: Verdict, operation: Option<&str>) -> Document {
    let text = format!("Internal error in the host. {}", verdict.sentence());
    let hint = match operation {
        Some(id) => format!("Run `status {id}` to see the state of the request. {TELL_THE_ADMINISTRATOR}"),
        None => format!("`pending` shows what is not decided yet. {TELL_THE_ADMINISTRATOR}"),
    };
    notice(Level::Error, text, Some(hint))
}

/// The cause of a call that was stopped or that failed, and the advice if nothing was changed.
fn without_result(error: &CallError, action: &Action, upstream: &str) -> (String, Cow<'static, str>) {
    let (what, hint) = match error {
        CallError::Credential(error) => (error.to_string(), who_can_change(error)),
        CallError::Denied(Violation::Redirect(status)) => (
            format!("{upstream} sent a redirect (status {status}), which the host never follows"),
            "The host administrator must check the base URL of this host.",
        ),
        CallError::Denied(Violation::Address(address)) => (
            format!("{upstream} resolves to {address}, an address that is not allowed"),
            "The host administrator must check the base URL of this host and its name service.",
        ),
        CallError::Denied(violation) => (format!("The component was stopped: it tried {violation}"), DROP_IT),
        CallError::Misreported(report) => (format!("The component {report}"), DROP_IT),
        CallError::Limit { kind: LimitKind::Queue } => (
            "All slots for your calls are in use, and none became free in time (`limits.queue_ms`)".to_owned(),
            "Try again in a moment, with fewer commands at the same time. The host administrator can raise \
             `limits.concurrency` or `limits.queue_ms`.",
        ),
        CallError::Limit { kind } => {
            return (format!("The call was stopped: it reached its limit of {kind}"), limit_hint(*kind, action).into());
        }
        CallError::Trap { message } => (format!("The component crashed ({message})"), TELL_THE_ADMINISTRATOR),
        CallError::Arguments(problem) => (
            format!("The component does not accept these arguments ({problem})"),
            "Report this to the host administrator: the component and its WIT text differ.",
        ),
        CallError::Failed { error } => (format!("The action failed ({error})"), TELL_THE_ADMINISTRATOR),
    };
    (what, hint.into())
}

/// Adds the name of the limit to a failure because of a response that is too large for this host.
fn naming_the_limit(mut document: Document, action: &Action) -> Document {
    let raise = format!("the host administrator can raise `limits.{}`.", LimitKind::Response.key());
    let notices = document.blocks.iter_mut().filter_map(|block| match block {
        Block::Notice(notice) => Some(notice),
        _ => None,
    });
    for notice in notices {
        notice.hint = Some(match notice.hint.take().filter(|_| action.writes()) {
            Some(hint) => format!("{hint} To receive such a response, {raise}"),
            None if action.input(Paging::LIMIT).is_some() => {
                format!(
                    "Request less, for example with a smaller `--limit`. If `--all` or `--limit 1` fails too, {raise}"
                )
            }
            None => format!("To receive it, {raise}"),
        });
    }
    document
}

/// The advice for a call that reached a limit.
fn limit_hint(kind: LimitKind, action: &Action) -> String {
    let key = kind.key();
    let advice = match kind {
        LimitKind::WallClock | LimitKind::Queue | LimitKind::Answers => "Try again in a moment.",
        LimitKind::Answer | LimitKind::CopiedBytes | LimitKind::Memory | LimitKind::Response => {
            request_less(action).unwrap_or_default()
        }
        LimitKind::WasmTime | LimitKind::Resources => {
            return format!("Report this to the host administrator, who can raise `limits.{key}`.");
        }
    };
    format!("{advice} The host administrator can raise `limits.{key}`.").trim_start().to_owned()
}

/// The document for an action whose requests this host cannot send: the cause, and who can change it. `verdict` is the
/// verdict of the requests that were sent to resolve the targets of the command.
#[must_use]
pub fn unavailable(obstacle: &CredentialError, verdict: Verdict) -> Document {
    let text = format!("{}. {}", obstacle.to_string().trim_end_matches('.'), verdict.sentence());
    notice(Level::Error, text, Some(who_can_change(obstacle).to_owned()))
}

/// Why an action cannot run on this host, and who can change that.
#[must_use]
pub fn obstacle(obstacle: &CredentialError) -> String {
    let cause = match obstacle {
        CredentialError::Missing { needed, held, .. } => format!("It requires {needed}; the host has {held}."),
        CredentialError::Unavailable { platform, available, .. } => {
            format!("It does not exist on {platform}, only on {available}.")
        }
        CredentialError::Workload(error) => format!("{}.", error.to_string().trim_end_matches('.')),
    };
    format!("{cause} {}", who_can_change(obstacle))
}

/// The advice about an obstacle: who can remove it.
fn who_can_change(obstacle: &CredentialError) -> &'static str {
    match obstacle {
        CredentialError::Missing { .. } => {
            "The host administrator can add that credential. See docs/install.md for who can create which credential."
        }
        CredentialError::Unavailable { .. } => {
            "No permission and no credential changes that. If the organization is on another platform, the host administrator \
             must correct `platform` in [upstream]."
        }
        CredentialError::Workload(_) => "The host administrator must check [upstream.workload_identity].",
    }
}
