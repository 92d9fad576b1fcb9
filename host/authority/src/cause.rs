//! The codes that the audit log stores for the errors of a decision and of a call.

use crate::execute::{CallError, CredentialError, LimitKind, Misreport};
use crate::policy::{Denial, DenialKind};
use claude_admin_audit::Code;

/// The code of a denial. It does not name the policies that forbid the command: the entry contains them.
#[must_use]
pub fn of_denial(denial: &Denial) -> Code {
    Code::new(match denial.kind {
        DenialKind::NothingPermits => "not-permitted",
        DenialKind::Forbidden { .. } => "forbidden",
        DenialKind::Broken => "policy-cannot-decide",
    })
}

/// The code of a failed call.
#[must_use]
pub fn of_call_error(error: &CallError) -> Code {
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

/// The code of a credential that is missing or does not work.
#[must_use]
pub fn of_credential_error(error: &CredentialError) -> Code {
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
