//! The reasons why the gateway does not run a parsed command.

use crate::reply::{Audience, Reply, refusal};
use crate::settings::Settings;
use claude_admin_catalog::{Action, Catalog};
use claude_admin_chat::command::{Draft, Format, Options};
use claude_admin_chat::document;
use claude_admin_chat::{NO_CHANGES_YET, Outcome, Verdict};

/// Returns the reply to a command that is not run, or `None` if the command can run.
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
    // A chat never shows a secret, so a secret that the API returns only once would be lost.
    if action.sensitive && audience == Audience::Chat {
        let text = format!("The result of `{}` is a secret, and chats never show secrets. {nothing}", action.command());
        return told(Outcome::Denied, text, "Run it with `POST /v1/commands`, or on the command line of the host.");
    }
    if action.is_confidential() {
        let text = format!(
            "The result of `{}` contains texts that people wrote. This gateway never shows such texts. {nothing}",
            action.command()
        );
        let hint = "Use the host, `claude-admin serve`: a second person approves each read, and it is recorded.";
        return told(Outcome::Denied, text, hint);
    }
    if !action.writes() {
        return None;
    }
    if options.dry_run {
        let canonical = draft.invocation.canonical(&catalog.types);
        let text = format!("This would run `{canonical}`. {nothing}");
        let hint = if settings.writes {
            "To run the command, omit `--dry-run` and add `--yes`."
        } else {
            "This gateway only reads. To run the command, use the host, `claude-admin serve`."
        };
        return told(Outcome::Done, text, hint);
    }
    if !settings.writes {
        let text = format!("This gateway only reads: `{}` is a write. {nothing}", action.command());
        let hint = "Use the host, `claude-admin serve`: users decide about writes, and the audit log records them.";
        return told(Outcome::Denied, text, hint);
    }
    if !options.yes {
        let text = format!("`{}` is a write. {NO_CHANGES_YET}", action.command());
        return told(Outcome::Waiting, text, "To run the command, repeat it with `--yes`.");
    }
    None
}

/// Returns the error and the hint for a flag without effect. Users who give a flag rely on its effect.
fn without_effect(options: &Options, audience: Audience) -> Option<(&'static str, &'static str)> {
    let for_programs = |format| audience == Audience::Program && format != Format::Json;
    if options.reason.is_some() {
        Some(("--reason: this gateway has no audit log that could store a reason.", "Omit `--reason`."))
    } else if options.compare == Some(true) {
        Some((
            "--compare: this gateway cannot compare periods.",
            "Omit `--compare`, and read the previous period with a separate command.",
        ))
    } else if options.format.is_some_and(for_programs) {
        Some(("--output: this gateway sends programs JSON only.", "Omit `--output`, and use the values in `result`."))
    } else {
        None
    }
}
