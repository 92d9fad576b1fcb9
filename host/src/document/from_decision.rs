//! From a decision without effect to a document: the cause, whether anything was changed, and what to do.

use super::{Block, Cell, Column, Document, Level, Table, call_error, label, notice, pointless, unavailable};
use crate::command::Invocation;
use crate::decision::approval::{
    FailedCommand, Found, MAX_PENDING, MAX_STEPS, NoApprover, NotProposed, ProposeError, SettleError, Unplanned,
};
use crate::decision::operation::{LedgerError, Operation, Unsettled};
use crate::decision::plan::{ListError, ResolveError, Unlisted};
use crate::decision::policy::{ApprovalRule, Denial};
use claude_admin_catalog::{Action, Catalog};
use claude_admin_chat::{CHANGED_NOTHING, Verdict, is_gone};

/// The document for a command that was not proposed.
#[must_use]
pub fn propose_error(catalog: &Catalog, not: &NotProposed, upstream: &str) -> Document {
    propose_error_of(catalog, &not.error, &not.found, upstream)
}

fn propose_error_of(catalog: &Catalog, error: &ProposeError, found: &Found, upstream: &str) -> Document {
    let command = |invocation: &Invocation| invocation.action.command();
    match error {
        ProposeError::Denied(denial, invocation) => {
            denied(denial, &format!("run `{}` here", command(invocation)), found.verdict())
        }
        ProposeError::Resolve(error) => resolve_error(catalog, error, found.verdict(), upstream),
        ProposeError::Unavailable(obstacle, _) => unavailable(obstacle, found.verdict()),
        ProposeError::NoApprover(no_approver, invocation) => notice(
            Level::Error,
            format!(
                "`{}` requires {}, and {}. {}",
                command(invocation),
                approvals(&no_approver.rule),
                too_few(no_approver),
                found.verdict().sentence()
            ),
            Some(who_names_approvers(no_approver).to_owned()),
        ),
        ProposeError::NoReason(invocation) => notice(
            Level::Error,
            format!("`{}` requires a reason. {}", command(invocation), found.verdict().sentence()),
            Some(
                "Run the command again with `--reason \"…\"`. The people who decide see the reason, and the audit log \
                 stores it."
                    .to_owned(),
            ),
        ),
        ProposeError::TooManyPending(invocation) => notice(
            Level::Error,
            format!(
                "`{}` was not requested: you have the maximum number of pending requests, {MAX_PENDING} or 16 MiB. {}",
                command(invocation),
                found.verdict().sentence()
            ),
            Some("`pending` lists them. Wait until one is decided, or cancel one with `cancel ID`.".to_owned()),
        ),
        ProposeError::Before(error, invocation) => {
            // The read for the plan failed, not the write. If the read shows that the object no longer exists, the
            // document is about the write.
            let action = &*invocation.action;
            let gone = error.reported().is_some_and(|error| is_gone(action, error));
            let failed = if gone { action } else { read_of(catalog, action) };
            call_error(catalog, error, failed, found.verdict(), upstream)
        }
        ProposeError::Refused(step) => {
            let why = step.pointless(catalog).map(|found| pointless(catalog, step, found)).unwrap_or_default();
            notice(Level::Error, format!("This cannot succeed. {why} {}", found.verdict().sentence()), None)
        }
        ProposeError::NoResult(invocation) => notice(
            Level::Error,
            format!(
                "`{}` needs the result of an earlier step, which has nothing to change and is not in the plan. {}",
                command(invocation),
                found.verdict().sentence()
            ),
            None,
        ),
        ProposeError::NotAStep(invocation) => {
            let text = format!(
                "`{}` cannot be one of several commands: it changes nothing, or its arguments or its result contain a \
                 secret. {}",
                command(invocation),
                found.verdict().sentence()
            );
            notice(Level::Error, text, Some("Send one request for each target.".to_owned()))
        }
        ProposeError::TooManySteps { count } => {
            let text = format!(
                "One request can have {MAX_STEPS} commands, and this one has {count}. {}",
                found.verdict().sentence()
            );
            notice(Level::Error, text, Some("Divide the file or the list.".to_owned()))
        }
        ProposeError::Several(failed) => several_failed(catalog, failed, found, upstream),
        ProposeError::Ledger(error) => ledger_error(error),
    }
}

/// The document for a list that gives no commands.
#[must_use]
pub fn list_error(catalog: &Catalog, error: &ListError, verdict: Verdict, upstream: &str) -> Document {
    let problem = |text: &str, hint: Option<&str>| {
        notice(Level::Error, format!("{text} {}", verdict.sentence()), hint.map(str::to_owned))
    };
    match error {
        ListError::Resolve(error) => resolve_error(catalog, error, verdict, upstream),
        ListError::Unlisted(Unlisted::NotAllowed) => {
            problem("You cannot run the list of `--where` here without further approval.", None)
        }
        ListError::Unlisted(Unlisted::TooLong) => {
            problem("The list of `--where` is too long.", Some("Use its filters, so it has fewer items."))
        }
        ListError::Unlisted(Unlisted::Incomplete) => {
            problem("The API did not return all of the list of `--where`.", Some("Try again."))
        }
        ListError::Unlisted(Unlisted::Failed(error)) => {
            problem(&format!("The list of `--where` cannot be read: {}.", error.in_a_sentence()), None)
        }
        ListError::Item(error) => problem(
            &format!("The items of the list are not targets of this command: {}", error.message),
            Some("Use a list of the objects that the command changes."),
        ),
    }
}

/// The commands that cannot run, with the reasons.
fn several_failed(catalog: &Catalog, failed: &[FailedCommand], found: &Found, upstream: &str) -> Document {
    let row = |failed: &FailedCommand| {
        let alone = propose_error_of(catalog, &failed.error, &Found::default(), upstream);
        let why = alone.blocks.iter().find_map(|block| match block {
            Block::Notice(notice) => Some(notice.text.trim_end_matches(Verdict::NotSent.sentence()).trim().to_owned()),
            _ => None,
        });
        vec![
            Cell::Number(failed.number.to_string()),
            Cell::Text(failed.command.clone()),
            Cell::Text(why.unwrap_or_default()),
        ]
    };
    let column = |field: &str| Column { field: field.to_owned(), label: label(field), unit: None, shown: true };
    let table = Table {
        caption: match failed.len() {
            1 => "1 command cannot run".to_owned(),
            count => format!("{count} commands cannot run"),
        },
        columns: ["number", "command", "problem"].map(column).to_vec(),
        rows: failed.iter().map(row).collect(),
        ..Table::default()
    };
    let text = format!("Some of the commands cannot run, so none was requested. {}", found.verdict().sentence());
    let hint = Some("Correct or remove them, and send the others again.".to_owned());
    notice(Level::Error, text, hint).with(Block::Table(table))
}

/// The text of the approvals that a rule requires.
fn approvals(rule: &ApprovalRule) -> String {
    let number = if rule.count == 1 { "an approval".to_owned() } else { format!("{} approvals", rule.count) };
    match &rule.from {
        Some(group) => format!("{number} by members of `{group}` other than you"),
        None => format!("{number} by users who can run it themselves, other than you"),
    }
}

/// Why approvals can never be given.
pub(super) fn too_few(no_approver: &NoApprover) -> String {
    match no_approver.available {
        0 => "no other user can give it".to_owned(),
        1 => "only 1 other user can give one".to_owned(),
        available => format!("only {available} other users can give one"),
    }
}

fn who_names_approvers(no_approver: &NoApprover) -> &'static str {
    let with_mapping = no_approver.available + no_approver.unmapped;
    if no_approver.unmapped > 0 && with_mapping >= no_approver.rule.count as usize {
        "Users on another platform can approve only if the configuration shows that they are other people: the host \
         administrator can map your account and theirs in [people]."
    } else if no_approver.is_alone {
        "A policy names the users who can run a command: `claude-admin init` writes a configuration with one, and \
         `claude-admin demo` shows approvals. On a host with one user, `lone_operator` in [approvals] replaces them."
    } else {
        "The host administrator can name more users in the policy or in [groups]."
    }
}

/// The document for a command that the policy denies. `verdict` is the verdict of the requests that were sent to
/// resolve the targets of the command.
#[must_use]
pub fn denied(denial: &Denial, what: &str, verdict: Verdict) -> Document {
    notice(
        Level::Error,
        format!("You cannot {what}: {}. {}", denial.message, verdict.sentence()),
        Some("`help` shows the commands that you can run; `can-i … --explain` shows the reason.".to_owned()),
    )
}

fn resolve_error(catalog: &Catalog, error: &ResolveError, verdict: Verdict, upstream: &str) -> Document {
    let refused =
        |text: String, hint: Option<String>| notice(Level::Error, format!("{text}. {}", verdict.sentence()), hint);
    match error {
        ResolveError::Unread(error, list) => match catalog.action(list) {
            Some(action) => call_error(catalog, error, action, verdict, upstream),
            None => Document::default(),
        },
        ResolveError::NotAllowed { list, .. } => {
            refused(error.to_string(), Some(format!("Write the ID, or request the permission to run `{list}`.")))
        }
        ResolveError::TooLong { .. } | ResolveError::Incomplete { .. } => {
            refused(error.to_string(), Some("Write the ID.".to_owned()))
        }
        ResolveError::NotUnderstood { .. } => {
            refused(error.to_string(), Some("Report this to the host administrator.".to_owned()))
        }
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

/// The document for a decision about a pending request that had no effect.
#[must_use]
pub fn settle_error(catalog: &Catalog, error: &SettleError, upstream: &str) -> Document {
    let own = |operation: &Operation| command_of(catalog, &operation.pending.plan.first().action);
    let none = CHANGED_NOTHING;
    match error {
        SettleError::NotFound(id) => notice(
            Level::Error,
            format!("No operation `{id}` needs your decision or was requested by you. {none}"),
            Some("`pending` lists the pending requests.".to_owned()),
        ),
        SettleError::Ambiguous(ids) => notice(
            Level::Error,
            format!("Several operation IDs begin with these characters. {none}"),
            Some(format!("Write more characters of the ID: {}.", ids.join(", "))),
        ),
        SettleError::Unsettled(operation, unsettled) => self::unsettled(operation, *unsettled),
        SettleError::NotAllowed(operation, denial) => notice(
            Level::Error,
            format!("You cannot decide about `{}`: {}. {none}", own(operation), denial.message),
            Some("The request is still pending.".to_owned()),
        ),
        SettleError::WrongName(operation, name) => notice(
            Level::Error,
            format!("The text that you typed is not the name of the target of `{}`, `{name}`. {none}", own(operation)),
            Some("The request is still pending.".to_owned()),
        ),
        SettleError::RequesterNotAllowed(operation, denial, _) => notice(
            Level::Error,
            format!(
                "{} can no longer run `{}`: {}. {none}",
                operation.pending.requester,
                own(operation),
                denial.message
            ),
            Some("A user with the permission must request it again.".to_owned()),
        ),
        SettleError::Unplanned(operation, problem, _) => unplanned(catalog, operation, problem, upstream),
        SettleError::NoReason(operation, _) => notice(
            Level::Error,
            format!("`{}` now requires a reason, and the request has none. {none}", own(operation)),
            Some(format!(
                "{} must `cancel {}` and request it again with `--reason \"…\"`.",
                operation.pending.requester, operation.id
            )),
        ),
        SettleError::SelectionNeedsReason(operation) => notice(
            Level::Error,
            format!("The selected steps require a reason. The selection of `{}` is not changed. {none}", operation.id),
            Some("Repeat the command with `--reason \"…\"`.".to_owned()),
        ),
        SettleError::NoSuchOption(operation, number) => {
            let options: Vec<String> = operation.pending.plan.options().map(|option| option.to_string()).collect();
            let hint = match options.is_empty() {
                true => "Every step of this request runs; none is optional.".to_owned(),
                false => format!("Its optional steps: {}.", options.join(", ")),
            };
            notice(Level::Error, format!("The request has no optional step {number}. {none}"), Some(hint))
        }
        SettleError::NoApprover(operation, no_approver) => notice(
            Level::Error,
            format!(
                "The selected steps need an approval, and {}. The selection of `{}` is not changed. {none}",
                too_few(no_approver),
                operation.id
            ),
            Some(format!("{} Or select other steps.", who_names_approvers(no_approver))),
        ),
        SettleError::Busy(operation) => notice(
            Level::Error,
            format!("Other users decide about `{}` at this moment, or the policy is changing. {none}", own(operation)),
            Some("Try again in a moment.".to_owned()),
        ),
        SettleError::Ledger(error) => ledger_error(error),
    }
}

/// The document for a plan that could not be rebuilt: the cause, and that the request is still pending.
fn unplanned(catalog: &Catalog, operation: &Operation, problem: &Unplanned, upstream: &str) -> Document {
    let why = match problem {
        Unplanned::NoAction => notice(Level::Error, "The component no longer has this action.".to_owned(), None),
        Unplanned::NoPlaybook => {
            let text = "This host no longer has the version of the playbook that proposed the steps.".to_owned();
            notice(Level::Error, text, None)
        }
        Unplanned::Altered => {
            let text = "The recorded request differs from the original request.".to_owned();
            notice(Level::Error, text, Some("`audit verify` shows whether the audit log was changed.".to_owned()))
        }
        Unplanned::SecretsForgotten => {
            let text = format!(
                "Some arguments of `{}` are secrets, which are never stored. The host that received the request had \
                 them only in its memory, and has stopped. {CHANGED_NOTHING}",
                operation.pending.plan.command()
            );
            let hint = format!("`cancel {}`, and send the command again.", operation.id);
            return notice(Level::Error, text, Some(hint));
        }
        Unplanned::Resolve(error) => resolve_error(catalog, error, Verdict::Unchanged, upstream),
        Unplanned::Before(error) => match catalog.action(&operation.pending.plan.first().action) {
            Some(action) => call_error(catalog, error, read_of(catalog, action), Verdict::Unchanged, upstream),
            None => Document::default(),
        },
    };
    let text = format!(
        "The plan cannot be rebuilt, so `{}` does not run. {CHANGED_NOTHING}",
        operation.pending.plan.command()
    );
    let hint = Some(format!("The request is still pending. Try again, or `cancel {}`.", operation.id));
    let mut document = notice(Level::Error, text, hint);
    document.blocks.extend(why.blocks);
    document.footer = why.footer;
    document
}

fn unsettled(operation: &Operation, unsettled: Unsettled) -> Document {
    let (text, hint) = match unsettled {
        Unsettled::Settled => (
            format!("This request is no longer pending: it is {}.", operation.state.as_str()),
            format!("`status {}` shows who decided, and the result.", operation.id),
        ),
        Unsettled::OtherVersion => (
            format!(
                "The decision was about another version of the plan. Version {} is pending now.",
                operation.pending.version
            ),
            format!("Review that version: `status {}`.", operation.id),
        ),
        Unsettled::NoVersion => (
            format!(
                "The plan of this request changed; version {} is pending now. Your command does not name that version.",
                operation.pending.version
            ),
            format!("Review the plan, then decide about `{}`.", operation.plan_id()),
        ),
        Unsettled::NotRequester => (
            format!("Only the requester, {}, can do that.", operation.pending.requester),
            if operation.pending.requirements.approvals.is_empty() {
                "The requester can `confirm` or `cancel` the request. Otherwise it expires.".to_owned()
            } else {
                format!("Users who can decide about the request can `deny {} --reason …`.", operation.plan_id())
            },
        ),
        Unsettled::AddsSteps => {
            let requester = &operation.pending.requester;
            let deny = format!("deny {} --reason …", operation.plan_id());
            match operation.pending.plan.steps().next() {
                None => (
                    format!("Only the requester, {requester}, can select steps, and none is selected yet."),
                    format!("You can `{deny}`."),
                ),
                Some(_) => (
                    format!("Only the requester, {requester}, can add steps or give a reason. You can take steps out."),
                    format!("To decide about the selection as it is: `approve {}` or `{deny}`.", operation.plan_id()),
                ),
            }
        }
        Unsettled::OwnRequest | Unsettled::NeedsApproval if operation.pending.requirements.alone.is_some() => (
            "A decision here is not enough: on this host, the name of the target must be typed on a terminal."
                .to_owned(),
            format!("On a terminal, run `claude-admin run -- confirm {}`.", operation.plan_id()),
        ),
        Unsettled::OwnRequest => (
            "This is your own request: another user must decide about it.".to_owned(),
            format!("You can cancel it: `cancel {}`.", operation.id),
        ),
        Unsettled::UnknownPerson => (
            "Your account and that of the requester, or of an earlier approver, are on different platforms, and the \
             configuration does not show that you are different people."
                .to_owned(),
            format!(
                "Approve with an account on the same platform, or ask the host administrator to map all of these accounts in [people]. \
                 You can `deny {}`.",
                operation.plan_id()
            ),
        ),
        Unsettled::Twice => {
            let needed: usize = operation.pending.requirements.approvals.iter().map(|rule| rule.count as usize).sum();
            let hint = if operation.approvers().count() < needed {
                "Other users must approve it too.".to_owned()
            } else {
                format!("{} can `confirm {}`.", operation.pending.requester, operation.plan_id())
            };
            ("You already approved this request. An approval counts once.".to_owned(), hint)
        }
        Unsettled::NoApprovalNeeded => (
            "This request needs no approval, only the confirmation of its requester.".to_owned(),
            format!("{} can `confirm {}`.", operation.pending.requester, operation.plan_id()),
        ),
        Unsettled::NothingSelected => (
            "Every step of this request is optional, and none is selected.".to_owned(),
            format!("The requester selects steps by their numbers: `select {} NUMBERS`.", operation.id),
        ),
        Unsettled::NeedsApproval => (
            "Your own confirmation is not enough: another user must approve the request.".to_owned(),
            format!("Another user can `approve {}`.", operation.plan_id()),
        ),
    };
    notice(Level::Error, format!("{text} {CHANGED_NOTHING}"), Some(hint))
}

/// A request so old that an earlier delivery of it can have been forgotten.
#[must_use]
pub fn too_old() -> Document {
    let text = format!(
        "The request is so old that the host can no longer determine whether it was received before. {}",
        Verdict::NotSent.sentence()
    );
    notice(Level::Error, text, Some("Send the command again.".to_owned()))
}

/// The hint about an audit log that cannot be used.
const CHECK_THE_LOG: &str =
    "The host administrator must check the disk, the permissions and `claude-admin audit verify`.";

/// The result of a read that cannot be recorded: it is not shown.
#[must_use]
pub fn unrecorded_read(error: &LedgerError) -> Document {
    let text = format!(
        "The result is not shown because the read cannot be recorded in the audit log: {error}. {}",
        Verdict::Unchanged.sentence()
    );
    notice(Level::Error, text, Some(CHECK_THE_LOG.to_owned()))
}

/// The document for an audit log that cannot be used. Without the audit log, no command runs.
#[must_use]
pub fn ledger_error(error: &LedgerError) -> Document {
    notice(
        Level::Error,
        format!(
            "The command did not run because it cannot be recorded in the audit log: {error}. {}",
            Verdict::Unchanged.sentence()
        ),
        Some(CHECK_THE_LOG.to_owned()),
    )
}

fn command_of(catalog: &Catalog, id: &str) -> String {
    catalog.action(id).map_or_else(|| id.replace('.', " "), |action| action.command())
}

/// The action that reads the target of a write: a failure of the read is reported as a failure of this action.
fn read_of<'c>(catalog: &'c Catalog, action: &'c Action) -> &'c Action {
    catalog.state_action(action).map_or(action, |read| read)
}
