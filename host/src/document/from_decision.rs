//! From a decision that came to nothing to a document: what happened, whether anything changed, what to do.

use super::{Document, Level, call_error, notice, unavailable};
use crate::command::Invocation;
use crate::decision::approval::{MAX_PENDING, NotProposed, ProposeError, SettleError, Unplanned};
use crate::decision::operation::{LedgerError, Operation, Unsettled};
use crate::decision::plan::ResolveError;
use crate::decision::policy::Denial;
use claude_admin_catalog::{Action, Catalog, Method};

/// A wish that came to nothing.
#[must_use]
pub fn propose_error(catalog: &Catalog, not: &NotProposed, upstream: &str) -> Document {
    let NotProposed { error, found } = not;
    let command = |invocation: &Invocation| command_of(catalog, &invocation.action);
    match error {
        ProposeError::Denied(denial, invocation) => {
            denied(denial, &format!("run `{}` here", command(invocation)), found.sent)
        }
        ProposeError::Resolve(error) => resolve_error(catalog, error, upstream),
        ProposeError::Unavailable(obstacle, _) => unavailable(obstacle, found.sent),
        ProposeError::NoReason(invocation) => notice(
            Level::Error,
            format!("`{}` takes a reason. {}", command(invocation), nothing(found.sent)),
            Some("Repeat it with --reason \"…\"; who decides about it sees the reason, and it is recorded.".to_owned()),
        ),
        ProposeError::TooManyPending(invocation) => notice(
            Level::Error,
            format!(
                "`{}` was not requested: you have as many pending requests as one user can have, {MAX_PENDING} or 16 MiB. {}",
                command(invocation),
                nothing(found.sent)
            ),
            Some("`pending` lists them. Have one decided, or cancel one with `cancel ID`.".to_owned()),
        ),
        ProposeError::Before(error, invocation) => match catalog.action(&invocation.action) {
            // Of what is to be removed, the one thing to say is that it is gone.
            Some(action) if action.http.method == Method::Delete => call_error(error, action, upstream),
            Some(action) => call_error(error, read_of(catalog, action), upstream),
            None => Document::default(),
        },
        ProposeError::Ledger(error) => ledger_error(error),
    }
}

/// What did not happen. To look up an address, something was sent all the same.
fn nothing(looked_up: bool) -> &'static str {
    if looked_up { "Nothing was changed." } else { "Nothing was sent." }
}

/// Somebody may not do something; `looked_up` is whether a request left to find out what it is about.
#[must_use]
pub fn denied(denial: &Denial, what: &str, looked_up: bool) -> Document {
    notice(
        Level::Error,
        format!("You may not {what}: {}. {}", denial.message, nothing(looked_up)),
        Some("`help` shows what you may do; `can-i … --explain` shows why.".to_owned()),
    )
}

fn resolve_error(catalog: &Catalog, error: &ResolveError, upstream: &str) -> Document {
    let refused =
        |text: String, hint: Option<String>| notice(Level::Error, format!("{text}. Nothing was changed."), hint);
    match error {
        ResolveError::Unread(error, list) => match catalog.action(list) {
            Some(action) => call_error(error, action, upstream),
            None => Document::default(),
        },
        ResolveError::NotAllowed { list, .. } => {
            refused(error.to_string(), Some(format!("Write the ID, or request the permission to run `{list}`.")))
        }
        ResolveError::TooLong { .. } => refused(error.to_string(), Some("Write the ID.".to_owned())),
        ResolveError::TooMany { .. } => refused(error.to_string(), Some("Write IDs.".to_owned())),
        ResolveError::NotFound { list, similar, .. } => {
            let similar = match similar.as_slice() {
                [] => String::new(),
                similar => format!(" Similar names: {}.", similar.join("; ")),
            };
            refused(error.to_string(), Some(format!("Write the ID or the exact name. `{list}` shows both.{similar}")))
        }
        ResolveError::Ambiguous { candidates, .. } => {
            refused(error.to_string(), Some(format!("Write the ID of one of them: {}.", candidates.join("; "))))
        }
        ResolveError::Unmentionable { .. } => {
            refused(error.to_string(), Some("Write the ID, the e-mail address or the name.".to_owned()))
        }
    }
}

/// A decision about what waits that came to nothing.
#[must_use]
pub fn settle_error(catalog: &Catalog, error: &SettleError, upstream: &str) -> Document {
    let own = |operation: &Operation| command_of(catalog, &operation.pending.plan.action);
    let none = "Nothing was changed by this.";
    match error {
        SettleError::NotFound(id) => notice(
            Level::Error,
            format!("No operation `{id}` waits for you or was asked for by you. {none}"),
            Some("`pending` shows what waits.".to_owned()),
        ),
        SettleError::Ambiguous(ids) => notice(
            Level::Error,
            format!("Several operations begin like that. {none}"),
            Some(format!("Write more of the id: {}.", ids.join(", "))),
        ),
        SettleError::Unsettled(operation, unsettled) => self::unsettled(operation, *unsettled),
        SettleError::NotAllowed(operation, denial) => notice(
            Level::Error,
            format!("You may not decide about `{}`: {}. {none}", own(operation), denial.message),
            Some("It still waits for those who may.".to_owned()),
        ),
        SettleError::RequesterNotAllowed(operation, denial, _) => notice(
            Level::Error,
            format!(
                "{} may not run `{}` any more: {}. {none}",
                operation.pending.requester,
                own(operation),
                denial.message
            ),
            Some("Somebody who may must ask for it anew.".to_owned()),
        ),
        SettleError::Unplanned(operation, problem, _) => unplanned(catalog, operation, problem, upstream),
        SettleError::NoReason(operation, _) => notice(
            Level::Error,
            format!("`{}` takes a reason by now, and was asked for without one. {none}", own(operation)),
            Some(format!(
                "{} must `cancel {}`, and ask for it again with --reason \"…\".",
                operation.pending.requester, operation.id
            )),
        ),
        SettleError::Busy(operation) => notice(
            Level::Error,
            format!("Others decide about `{}` at the same time, or the policy changes. {none}", own(operation)),
            Some("Try again in a moment.".to_owned()),
        ),
        SettleError::Ledger(error) => ledger_error(error),
    }
}

/// The plan could not be made anew: why, and that it still waits.
fn unplanned(catalog: &Catalog, operation: &Operation, problem: &Unplanned, upstream: &str) -> Document {
    let why = match problem {
        Unplanned::NoAction => notice(Level::Error, "The component has no such action any more.".to_owned(), None),
        Unplanned::Altered => {
            let text = "What was recorded of it is not what was asked for.".to_owned();
            notice(Level::Error, text, Some("`audit verify` shows whether somebody changed the record.".to_owned()))
        }
        Unplanned::SecretsForgotten => {
            let text = format!(
                "Some arguments of `{}` are secrets, which are never stored: the host that took the request had them in its \
                 memory until it stopped. Nothing was changed.",
                operation.pending.plan.command
            );
            let hint = format!("`cancel {}`, and send the command again.", operation.id);
            return notice(Level::Error, text, Some(hint));
        }
        Unplanned::Resolve(error) => resolve_error(catalog, error, upstream),
        Unplanned::Before(error) => match catalog.action(&operation.pending.plan.action) {
            Some(action) => call_error(error, read_of(catalog, action), upstream),
            None => Document::default(),
        },
    };
    let text = format!(
        "What would be done cannot be looked at again, so that `{}` does not run.",
        operation.pending.plan.command
    );
    let hint = Some(format!("It still waits. Try again, or `cancel {}`.", operation.id));
    let mut document = notice(Level::Error, text, hint);
    document.blocks.extend(why.blocks);
    document.footer = why.footer;
    document
}

fn unsettled(operation: &Operation, unsettled: Unsettled) -> Document {
    let (text, hint) = match unsettled {
        Unsettled::Settled => (
            format!("This is settled already: it is {}.", operation.state.as_str()),
            format!("`status {}` shows who decided and what came of it.", operation.id),
        ),
        Unsettled::OtherVersion => (
            format!(
                "The decision was about another version of the plan than the one that waits, which is version {}.",
                operation.pending.version
            ),
            format!("Look at that one: `status {}`.", operation.id),
        ),
        Unsettled::NoVersion => (
            format!(
                "This request changed since it was asked for: version {} of its plan waits now, and what you typed does \
                 not say that you mean it.",
                operation.pending.version
            ),
            format!("Look at it, then decide about `{}`.", operation.plan_id()),
        ),
        Unsettled::NotRequester => (
            format!("Only {} may do that: it is their request.", operation.pending.requester),
            if operation.pending.requirements.approvals.is_empty() {
                "They can `confirm` or `cancel` it; it ends by itself after a time.".to_owned()
            } else {
                format!("Whoever may decide about it can `deny {} --reason …`.", operation.plan_id())
            },
        ),
        Unsettled::OwnRequest => (
            "This is your own request: somebody else must decide about it.".to_owned(),
            format!("You can withdraw it: `cancel {}`.", operation.id),
        ),
        Unsettled::Twice => {
            let needed: usize = operation.pending.requirements.approvals.iter().map(|rule| rule.count as usize).sum();
            let hint = if operation.approvers().count() < needed {
                "Others must approve it too.".to_owned()
            } else {
                format!("{} can `confirm {}`.", operation.pending.requester, operation.plan_id())
            };
            ("You approved this already; it counts once.".to_owned(), hint)
        }
        Unsettled::NoApprovalNeeded => (
            "This waits for its requester alone.".to_owned(),
            format!("{} can `confirm {}`.", operation.pending.requester, operation.plan_id()),
        ),
        Unsettled::NeedsApproval => (
            "Your own confirmation is not enough: somebody else must approve it.".to_owned(),
            format!("They can `approve {}`.", operation.plan_id()),
        ),
    };
    notice(Level::Error, format!("{text} Nothing was changed by this."), Some(hint))
}

/// The audit trail cannot be used: nothing is done without it.
#[must_use]
pub fn ledger_error(error: &LedgerError) -> Document {
    notice(
        Level::Error,
        format!("What cannot be recorded is not done: {error}. Nothing was changed."),
        Some(
            "Tell the people who run this host: disk, permissions and `claude-admin audit verify` are places to look."
                .to_owned(),
        ),
    )
}

fn command_of(catalog: &Catalog, id: &str) -> String {
    catalog.action(id).map_or_else(|| id.replace('.', " "), Action::command)
}

/// The action that read what a write is done to: what went wrong is told as its failure.
fn read_of<'c>(catalog: &'c Catalog, action: &'c Action) -> &'c Action {
    crate::decision::plan::before_action(catalog, action).unwrap_or(action)
}
