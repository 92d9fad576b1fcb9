//! The codes that the audit log stores for errors.

use crate::audit::Code;
use crate::command::{CommandError, CommandErrorKind};
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

/// The code does not name the policies that forbid the command: the entry contains them.
pub(super) fn of_denial(denial: &Denial) -> Code {
    Code::new(match denial.kind {
        DenialKind::NothingPermits => "not-permitted",
        DenialKind::Forbidden { .. } => "forbidden",
        DenialKind::Broken => "policy-cannot-decide",
    })
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

pub(super) fn of_credential_error(error: &CredentialError) -> Code {
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
