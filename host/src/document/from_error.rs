//! From a failure to a document: what happened, whether anything changed, what to do.

use super::{Document, Level, changed, failure, failure_may_have_arrived, notice, verify};
use crate::egress::{CredentialError, Violation};
use crate::sandbox::{CallError, LimitKind};
use claude_admin_catalog::Action;

/// A call that gave no result.
#[must_use]
pub fn call_error(error: &CallError, action: &Action, upstream: &str) -> Document {
    match error {
        CallError::Credential(error) => notice(
            Level::Error,
            format!("{}. Nothing was sent.", sentence(&error.to_string())),
            Some(match error {
                CredentialError::Workload(_) => {
                    "The people who run this host find the workload identity in [upstream.workload_identity]. Try again then."
                        .to_owned()
                }
                _ => "Give the host that credential and try again.".to_owned(),
            }),
        ),
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
        CallError::Limit { kind, sent } => notice(
            Level::Error,
            format!("The call was ended: it used up its {kind}. {}", changed(action, *sent)),
            Some(match kind {
                LimitKind::WallClock => verify(action, *sent, "Try again in a moment."),
                LimitKind::CopiedBytes | LimitKind::Memory => {
                    verify(action, *sent, "Ask for less at once, for example with --limit.")
                }
                LimitKind::WasmTime => verify(action, *sent, "Tell the people who run this host."),
            }),
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
        CallError::Failed { error, sent } => failure(error, action, *sent, upstream),
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

fn sentence(text: &str) -> String {
    text.trim_end_matches('.').to_owned()
}
