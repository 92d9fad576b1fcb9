//! The codes that the audit log stores for errors.

use crate::audit::Code;
use crate::command::{CommandError, CommandErrorKind};
pub(super) use crate::decision::cause::{of_call_error, of_credential_error, of_denial};
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
