//! From a failure to a document: what happened, whether anything changed, what to do.

use super::{Block, Document, Level, changed, failure, failure_may_have_arrived, notice, verify};
use crate::egress::{CredentialError, Violation};
use crate::sandbox::{CallError, LimitKind};
use claude_admin_catalog::Action;
use claude_admin_chat::paging::LIMIT;

/// A call that gave no result.
#[must_use]
pub fn call_error(error: &CallError, action: &Action, upstream: &str) -> Document {
    match error {
        CallError::Credential(error) => unavailable(error, false),
        CallError::Denied(Violation::Redirect(status)) => notice(
            Level::Error,
            format!(
                "{upstream} answered with a redirect (status {status}), which is never followed. {}",
                changed(action, true)
            ),
            Some(verify(action, true, "The people who run this host must check its base URL.")),
        ),
        CallError::Denied(Violation::Address(address)) => notice(
            Level::Error,
            format!("{upstream} leads to {address}, an address that is not allowed. Nothing was sent."),
            Some("The people who run this host must check its base URL and its name service.".to_owned()),
        ),
        CallError::Denied(violation) => notice(
            Level::Error,
            format!("The component was stopped: it tried {violation}. {}", changed(action, false)),
            Some("Do not use this component; tell the people who run this host.".to_owned()),
        ),
        CallError::Limit { kind: LimitKind::Queue, .. } => notice(
            Level::Error,
            "All slots for your calls are in use, and none became free in time (`limits.queue_ms`). Nothing was sent."
                .to_owned(),
            Some(
                "Try again in a moment, with fewer commands at the same time. The host administrator can raise \
                 `limits.concurrency` or `limits.queue_ms`."
                    .to_owned(),
            ),
        ),
        CallError::Limit { kind, sent } => notice(
            Level::Error,
            format!("The call was ended: it used up its {kind}. {}", changed(action, *sent)),
            Some(verify(action, *sent, &limit_hint(*kind))),
        ),
        CallError::Trap { message, sent } => notice(
            Level::Error,
            format!("The component crashed ({message}). {}", changed(action, *sent)),
            Some(verify(action, *sent, "Tell the people who run this host.")),
        ),
        CallError::Arguments(problem) => notice(
            Level::Error,
            format!("The component does not take these arguments ({problem}). Nothing was sent."),
            Some("Tell the people who run this host: component and WIT text disagree.".to_owned()),
        ),
        CallError::Failed { error: payload, sent } => {
            let document = failure(payload, action, *sent, upstream);
            if error.is_too_large() { naming_the_limit(document, action) } else { document }
        }
    }
}

/// What failed because a response is larger than this host reads, with the limit that says so.
fn naming_the_limit(mut document: Document, action: &Action) -> Document {
    let raise = format!("the host administrator can raise `limits.{}`.", LimitKind::Response.key());
    let notices = document.blocks.iter_mut().filter_map(|block| match block {
        Block::Notice(notice) => Some(notice),
        _ => None,
    });
    for notice in notices {
        notice.hint = Some(match notice.hint.take().filter(|_| action.writes()) {
            Some(hint) => format!("{hint} To receive such an answer, {raise}"),
            None if action.input(LIMIT).is_some() => {
                format!(
                    "Request less, for example with a smaller `--limit`. If `--all` or `--limit 1` fails too, {raise}"
                )
            }
            None => format!("To receive it, {raise}"),
        });
    }
    document
}

/// What helps where a call met a limit.
fn limit_hint(kind: LimitKind) -> String {
    let key = kind.key();
    let advice = match kind {
        LimitKind::WallClock | LimitKind::Queue | LimitKind::Answers => "Try again in a moment.",
        LimitKind::Answer | LimitKind::CopiedBytes | LimitKind::Memory | LimitKind::Response => {
            "Request less data, for example with `--limit`."
        }
        LimitKind::WasmTime | LimitKind::Resources => {
            return format!("Report this to the host administrator, who can raise `limits.{key}`.");
        }
    };
    format!("{advice} The host administrator can raise `limits.{key}`.")
}

/// No request of an action can be sent by this host: why, and who can change that. `looked_up` is whether a request was sent
/// to find out what the command is about.
#[must_use]
pub fn unavailable(obstacle: &CredentialError, looked_up: bool) -> Document {
    let nothing = if looked_up { "Nothing was changed." } else { "Nothing was sent." };
    notice(
        Level::Error,
        format!("{}. {nothing}", obstacle.to_string().trim_end_matches('.')),
        Some(who_can_change(obstacle).to_owned()),
    )
}

/// Who can change that no request of an action can be sent.
#[must_use]
pub fn who_can_change(obstacle: &CredentialError) -> &'static str {
    match obstacle {
        CredentialError::Missing { .. } => {
            "The host administrator can add that credential. The README says who can create which credential."
        }
        CredentialError::Unavailable { .. } => {
            "No permission and no credential changes that. If the organization is on another platform, the host administrator \
             must correct `platform` in [upstream]."
        }
        CredentialError::Workload(_) => "The host administrator must check [upstream.workload_identity].",
    }
}

/// Whether a write may have been done although its call gave no result: its request left, and nothing says that it did
/// not arrive.
#[must_use]
pub fn may_have_been_done(error: &CallError) -> bool {
    match error {
        CallError::Limit { sent, .. } | CallError::Trap { sent, .. } => *sent,
        CallError::Denied(violation) => matches!(violation, Violation::Redirect(_)),
        CallError::Failed { error, sent } => *sent && failure_may_have_arrived(error),
        CallError::Credential(_) | CallError::Arguments(_) => false,
    }
}
