//! Why a command that was understood is not run.

use crate::run::{Audience, Reply};
use crate::settings::Settings;
use claude_admin_catalog::{Action, Catalog};
use claude_admin_chat::command::{Draft, Format, Options};
use claude_admin_chat::document::{self, Document, Level};
use claude_admin_chat::{NO_CHANGES_YET, Outcome, Verdict};

/// Something that is not done: what and why, and what to do instead.
pub(crate) fn refusal(text: impl Into<String>, hint: Option<&str>) -> Document {
    document::notice(Level::Attention, text.into(), hint.map(str::to_owned))
}

/// Why a command is not run, where it is not.
pub(crate) fn refuse(
    catalog: &Catalog,
    settings: &Settings,
    action: &Action,
    draft: &Draft,
    options: &Options,
    audience: Audience,
) -> Option<Reply> {
    let nothing = Verdict::NotSent.sentence();
    let told = |outcome, text: String, hint: &str| Some(Reply::new(outcome, refusal(text, Some(hint))));
    if let Some((what, hint)) = without_effect(options, audience) {
        return told(Outcome::Usage, format!("{what} {nothing}"), hint);
    }
    if let Some(problem) = document::wrong_column(catalog, action, &options.columns) {
        return Some(Reply::new(Outcome::Usage, problem));
    }
    // A secret that is shown once would be lost.
    if action.sensitive && audience == Audience::Chat {
        let text = format!("The answer to `{}` is a secret, which no chat gets to see. {nothing}", action.command());
        return told(Outcome::Denied, text, "Ask for it with `POST /v1/commands`, or on the command line of the host.");
    }
    if action.is_confidential() {
        let text = format!(
            "The result of `{}` is what people wrote, and this gateway shows it to nobody. {nothing}",
            action.command()
        );
        let hint = "Use the host, `claude-admin serve`, where each read is approved by a second person and recorded.";
        return told(Outcome::Denied, text, hint);
    }
    if !action.writes() {
        return None;
    }
    if options.dry_run {
        let canonical = draft.invocation.canonical(action, &catalog.types);
        let text = format!("This would run `{canonical}`. {nothing}");
        let hint = if settings.writes {
            "To do it, leave --dry-run out and add --yes."
        } else {
            "This gateway only reads: to do it, use the host, `claude-admin serve`."
        };
        return told(Outcome::Done, text, hint);
    }
    if !settings.writes {
        let text = format!("This gateway only reads: `{}` is a write. {nothing}", action.command());
        let hint = "Use the host, `claude-admin serve`, where writes are decided on and recorded.";
        return told(Outcome::Denied, text, hint);
    }
    if !options.yes {
        let text = format!("`{}` is a write. {NO_CHANGES_YET}", action.command());
        return told(Outcome::Waiting, text, "Repeat it with --yes to do it.");
    }
    None
}

/// A flag that would have no effect here, and what to do instead. Whoever gives it counts on it.
fn without_effect(options: &Options, audience: Audience) -> Option<(&'static str, &'static str)> {
    let for_programs = |format| audience == Audience::Program && format != Format::Json;
    if options.reason.is_some() {
        Some(("--reason: this gateway keeps no record that a reason could stand in.", "Leave it out."))
    } else if options.compare == Some(true) {
        Some((
            "--compare: this gateway compares nothing.",
            "Leave it out, and ask for the period before with a command of its own.",
        ))
    } else if options.format.is_some_and(for_programs) {
        Some((
            "--output: this gateway answers programs in JSON, and in nothing else.",
            "Leave it out, and take what you need from `result`.",
        ))
    } else {
        None
    }
}
