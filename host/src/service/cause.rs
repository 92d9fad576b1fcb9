//! From what went wrong to the code that is recorded of it.

use crate::audit::Code;
use crate::command::{CommandError, CommandErrorKind};
use crate::decision::approval::{ProposeError, SettleError, Unplanned};
use crate::decision::operation::Unsettled;
use crate::decision::plan::ResolveError;
use crate::decision::policy::{Denial, DenialKind};
use crate::egress::CredentialError;
use crate::sandbox::{CallError, LimitKind, Misreport};
use claude_admin_chat::paging::CutOff;

pub(super) fn of_command_error(error: &CommandError) -> Code {
    Code::new("not-understood").name(
        "kind",
        match error.kind {
            CommandErrorKind::TooLong => "too-long",
            CommandErrorKind::Hidden => "hidden-character",
            CommandErrorKind::UnclosedQuote => "unclosed-quote",
            CommandErrorKind::Secret => "secret",
            CommandErrorKind::DisguisedLink => "disguised-link",
            CommandErrorKind::UnknownNoun => "unknown-noun",
            CommandErrorKind::UnknownVerb => "unknown-verb",
            CommandErrorKind::UnknownFlag => "unknown-flag",
            CommandErrorKind::MissingArgument => "missing-argument",
            CommandErrorKind::ExtraArgument => "extra-argument",
            CommandErrorKind::RepeatedArgument => "repeated-argument",
            CommandErrorKind::BadValue => "bad-value",
        },
    )
}

/// The policies that forbid it are in the entry.
pub(super) fn of_denial(denial: &Denial) -> Code {
    Code::new(match denial.kind {
        DenialKind::NothingPermits => "not-permitted",
        DenialKind::Forbidden { .. } => "forbidden",
        DenialKind::Broken => "policy-cannot-decide",
    })
}

pub(super) fn of_settle_error(error: &SettleError) -> Code {
    match error {
        SettleError::NotFound(_) => Code::new("no-such-operation"),
        SettleError::Ambiguous(ids) => Code::new("ambiguous-operation").names("operations", ids),
        SettleError::Unsettled(_, unsettled) => Code::new(match unsettled {
            Unsettled::Settled => "already-decided",
            Unsettled::OtherVersion => "other-version",
            Unsettled::NoVersion => "no-version",
            Unsettled::NotRequester => "not-the-requester",
            Unsettled::OwnRequest => "own-request",
            Unsettled::Twice => "approved-twice",
            Unsettled::UnknownPerson => "unknown-person",
            Unsettled::NoApprovalNeeded => "no-approval-needed",
            Unsettled::NeedsApproval => "approval-needed",
        }),
        SettleError::NotAllowed(_, denial) => of_denial(denial),
        SettleError::WrongName(..) => Code::new("name-not-typed"),
        SettleError::RequesterNotAllowed(operation, ..) => {
            Code::new("requester-not-permitted").name("requester", operation.pending.requester.to_string().as_str())
        }
        SettleError::Unplanned(_, unplanned, _) => match unplanned {
            Unplanned::NoAction => Code::new("no-such-action"),
            Unplanned::Altered => Code::new("plan-altered"),
            Unplanned::SecretsForgotten => Code::new("secret-arguments-forgotten"),
            Unplanned::Resolve(error) => of_resolve_error(error),
            Unplanned::Before(error) => of_call_error(error),
        },
        SettleError::NoReason(..) => Code::new("reason-needed"),
        SettleError::Busy(_) => Code::new("decided-at-the-same-time"),
        SettleError::Ledger(_) => Code::new("audit-log-unavailable"),
    }
}

pub(super) fn of_propose_error(error: &ProposeError) -> Code {
    match error {
        ProposeError::Denied(denial, _) => of_denial(denial),
        ProposeError::Resolve(error) => of_resolve_error(error),
        ProposeError::NoApprover(..) => Code::new("no-possible-approver"),
        ProposeError::NoReason(_) => Code::new("reason-needed"),
        ProposeError::TooManyPending(_) => Code::new("too-many-pending"),
        ProposeError::Before(error, _) => of_call_error(error),
        ProposeError::Unavailable(error, _) => of_credential_error(error),
        ProposeError::Ledger(_) => Code::new("audit-log-unavailable"),
    }
}

fn of_resolve_error(error: &ResolveError) -> Code {
    match error {
        ResolveError::NotAllowed { .. } => Code::new("lookup-not-permitted"),
        ResolveError::NotFound { .. } => Code::new("target-not-found"),
        ResolveError::Ambiguous { .. } => Code::new("target-ambiguous"),
        ResolveError::Unmentionable { .. } => Code::new("mention-not-resolved"),
        ResolveError::TooLong { .. } => Code::new("lookup-too-long"),
        ResolveError::Incomplete { .. } => Code::new("lookup-incomplete"),
        ResolveError::NotUnderstood { .. } => Code::new("lookup-not-understood"),
        ResolveError::TooMany { .. } => Code::new("too-many-lookups"),
        ResolveError::Unread(error, _) => of_call_error(error),
    }
}

pub(super) fn of_call_error(error: &CallError) -> Code {
    match error {
        CallError::Credential(error) => of_credential_error(error),
        CallError::Denied(_) => Code::new("request-blocked"),
        CallError::Limit { kind } => Code::new("limit").name("limit", of_limit(*kind)),
        CallError::Trap { .. } => Code::new("component-crashed"),
        CallError::Arguments(_) => Code::new("arguments-not-taken"),
        CallError::Failed { error } => Code::of_failure(error),
        CallError::Misreported(misreport) => {
            let code = Code::new("component-misreported");
            match misreport {
                Misreport::NothingSent => code.name("how", "nothing-sent"),
                Misreport::OtherResponse(status) => code.name("how", "other-response").number("status", *status),
                Misreport::NoResponse => code.name("how", "no-response"),
            }
        }
    }
}

fn of_credential_error(error: &CredentialError) -> Code {
    Code::new(match error {
        CredentialError::Missing { .. } => "credential-missing",
        CredentialError::Unavailable { .. } => "not-available-on-platform",
        CredentialError::Workload(_) => "workload-identity-failed",
    })
}

fn of_limit(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::WasmTime => "wasm-time",
        LimitKind::WallClock => "wall-clock",
        LimitKind::Memory => "memory",
        LimitKind::CopiedBytes => "copied-bytes",
        LimitKind::Queue => "queue",
        LimitKind::Resources => "resources",
        LimitKind::Response => "response-bytes",
        LimitKind::Answer => "answer-bytes",
        LimitKind::Answers => "answers-bytes",
    }
}

pub(super) fn of_cut_off(cut_off: CutOff, pages: usize) -> Code {
    let why = match cut_off {
        CutOff::Circle => "circle",
        CutOff::TooLong => "too-long",
        CutOff::TooLarge => "too-large",
        CutOff::HostFull => "host-full",
        CutOff::NoCursor => "no-cursor",
    };
    Code::new("list-cut-off").name("why", why).number("pages", pages as u64)
}
