//! Runs a parsed command of a permitted requester, and describes the result as a document.

use crate::admin::Admin;
use crate::pages::{self, End, Read};
use crate::refuse::refuse;
use crate::reply::{Audience, Reply, refusal};
use crate::settings::Settings;
use claude_admin_catalog::{Action, Catalog};
use claude_admin_chat::command::{Arguments, Command, HelpTopic, Invocation, Options};
use claude_admin_chat::document::{self, Document, Listing};
use claude_admin_chat::help::{action_data, action_help, noun_data, noun_help, overview, overview_data};
use claude_admin_chat::paging::{in_large_pages, is_followed};
use claude_admin_chat::{Exchange, Outcome, Report, Verdict};
use claude_admin_wire::Body;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::borrow::Cow;
use std::sync::Arc;

/// The hint for an error that only the administrator of the gateway can correct.
const OPERATORS: Option<&str> = Some("The administrator of this gateway must correct this.");

/// Runs a command and returns the reply.
pub(crate) fn run(
    catalog: &Catalog,
    settings: &Settings,
    admin: &mut dyn Admin,
    command: Command,
    audience: Audience,
    now: Timestamp,
) -> Reply {
    let (draft, options) = match command {
        Command::Help(topic) => return help(catalog, &topic, settings, audience),
        Command::Host(command) => {
            let text = format!(
                "This gateway has no `{}`: it stores nothing. {}",
                command.info().name,
                Verdict::NotSent.sentence()
            );
            let hint = "Policies, approvals and the audit log are available only in the host, `claude-admin serve`.";
            return Reply::new(Outcome::Usage, refusal(text, Some(hint)));
        }
        Command::RunSeveral(..) => {
            let text = format!("This gateway runs one command at a time. {}", Verdict::NotSent.sentence());
            let hint = "Send one command for each target, or use the host, `claude-admin serve`.";
            return Reply::new(Outcome::Usage, refusal(text, Some(hint)));
        }
        Command::Playbook(call, _) => {
            let text = format!("This gateway has no playbook `{}`. {}", call.form.name, Verdict::NotSent.sentence());
            return Reply::new(Outcome::Usage, refusal(text, Some("Playbooks run in the host, `claude-admin serve`.")));
        }
        Command::Run(draft, options) => (draft, options),
    };
    let action = &*Arc::clone(&draft.invocation.action);
    let canonical = draft.invocation.canonical(&catalog.types);
    let mut reply = match refuse(catalog, settings, action, &draft, &options, audience) {
        Some(reply) => reply,
        None => call(catalog, settings, admin, action, draft.invocation, &options, now),
    };
    reply.document.footer.push(canonical.clone());
    Reply { command: Some(canonical), options, action: Some(action.id.clone()), ..reply }
}

fn call(
    catalog: &Catalog,
    settings: &Settings,
    admin: &mut dyn Admin,
    action: &Action,
    invocation: Invocation,
    options: &Options,
    now: Timestamp,
) -> Reply {
    let secret = match settings.secret(action, &invocation.arguments) {
        Ok(secret) => secret,
        Err(problem) => {
            return Reply::new(
                Outcome::Failed,
                refusal(format!("{problem}. {}", Verdict::NotSent.sentence()), OPERATORS),
            );
        }
    };
    if let Err(problem) = admin.configure(settings.base_url.as_deref(), secret) {
        return Reply::new(
            Outcome::Failed,
            refusal(format!("ANTHROPIC_BASE_URL: {problem}. {}", Verdict::NotSent.sentence()), OPERATORS),
        );
    }
    let all = options.all || is_followed(catalog, &invocation);
    let arguments = invocation.arguments.clone();
    let arguments = if all { in_large_pages(action, arguments) } else { arguments };
    let paged = Invocation { arguments, ..invocation.clone() };
    let Read { value, pages, end } = pages::read(admin, action, paged, all, &settings.credentials());
    let broken_off = end != End::Whole;
    let shown = |value: &Value| {
        let listing = Listing { pages, all, broken_off, now: Some(now), ..Listing::default() };
        document::result(catalog, action, &invocation, value, &options.columns, listing)
    };
    let selected = |value: Value| match document::selected(catalog, action, &value, &options.columns) {
        Cow::Borrowed(_) => value,
        Cow::Owned(selected) => selected,
    };
    let verdict = verdict(action, value.is_some(), &end);
    let (outcome, problem, cause) = match end {
        End::Whole => {
            let document = value.as_ref().map_or_else(|| Document::titled(action.summary()), shown);
            return Reply { verdict, data: value.map(selected), ..Reply::new(Outcome::Done, document) };
        }
        End::Misfit(name) => {
            let text = format!("The component does not accept these arguments ({name}). {}", verdict.sentence());
            return Reply { verdict, ..Reply::new(Outcome::Failed, refusal(text, OPERATORS)) };
        }
        End::Failed(error) => {
            let outcome = if value.is_some() { Outcome::Partial } else { Outcome::of(action, verdict, Some(&error)) };
            (outcome, document::failure(catalog, &error, action, verdict, upstream(settings)), Some(error))
        }
        End::CutOff(cut_off) => (Outcome::Partial, refusal(cut_off.text(pages), Some(cut_off.hint())), None),
    };
    let document = match &value {
        None => problem,
        Some(value) => {
            let mut read = shown(value);
            read.blocks.splice(0..0, problem.blocks);
            read
        }
    };
    Reply { verdict, data: value.map(selected), cause, ..Reply::new(outcome, document) }
}

/// Whether a command changed anything, according to the component: the gateway does not record its requests.
fn verdict(action: &Action, has_read: bool, end: &End) -> Verdict {
    let answered = Exchange::Answered { status: 200, body: Body::Json };
    let last = match end {
        End::Whole | End::CutOff(_) => Verdict::of(action, &answered, Report::Success),
        End::Misfit(_) => Verdict::NotSent,
        End::Failed(error) => Verdict::of(action, &Exchange::described_by(error), Report::of_error(error)),
    };
    Verdict::of_reads(has_read).and(last)
}

fn upstream(settings: &Settings) -> &str {
    let upstream = settings.base_url.as_deref().unwrap_or("https://api.anthropic.com");
    let upstream = upstream.split_once("://").map_or(upstream, |(_, rest)| rest);
    upstream.split('/').next().unwrap_or(upstream)
}

fn help(catalog: &Catalog, topic: &HelpTopic, settings: &Settings, audience: Audience) -> Reply {
    // Help does not list actions that the gateway never runs.
    let may_run = |action: &Action| {
        let is_closed = action.writes() && !settings.writes || action.sensitive && audience == Audience::Chat;
        !is_closed && !action.is_confidential() && settings.secret(action, &Arguments::new()).is_ok()
    };
    let (document, data) = match topic {
        HelpTopic::Noun(noun) => (noun_help(catalog, noun, &may_run), noun_data(catalog, noun, &may_run, &|_| None)),
        HelpTopic::Action(id) => match catalog.action(id) {
            Some(action) => (action_help(catalog, action), action_data(catalog, action)),
            None => (Document::default(), json!({})),
        },
        HelpTopic::Overview | HelpTopic::Host(_) | HelpTopic::Playbook(_) => {
            (overview(catalog, &may_run, &|_| false), overview_data(catalog, &may_run, &|_| false))
        }
    };
    Reply { data: Some(data), ..Reply::new(Outcome::Done, document) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::Called;
    use crate::test_support::{Upstream, catalog};
    use claude_admin_chat::command::{Markup, parse};

    const KEY: &str = "sk-ant-admin01-of-a-test-0000";

    /// Runs a command of a program. Every call of the component returns `returned`.
    fn ask(line: &str, returned: Called) -> Reply {
        let variables = [("ANTHROPIC_ADMIN_KEY", KEY), ("CLAUDE_ADMIN_WRITES", "with-yes")];
        let settings = Settings::read(variables.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
        let command = parse(catalog(), line, Markup::None, Timestamp::UNIX_EPOCH).unwrap();
        run(
            catalog(),
            &settings,
            &mut Upstream::new(|_| returned.clone()),
            command,
            Audience::Program,
            Timestamp::UNIX_EPOCH,
        )
    }

    fn not_found(kind: &str, message: &str) -> Called {
        Called::Failed(json!({ "api": { "status": 404, "kind": kind, "message": message } }))
    }

    #[test]
    fn removal_succeeds_only_on_a_not_found_error_of_the_api() {
        let remove = "users remove user_01WCz1FkmYMm4gnmykNKUu3Q --yes";
        assert_eq!(ask(remove, not_found("not_found_error", "No such user.")).outcome, Outcome::Done);
        for other in [not_found("", "<html>Not Found</html>"), not_found("page_missing", "no route")] {
            assert_ne!(ask(remove, other).outcome, Outcome::Done);
        }
    }

    #[test]
    fn result_of_a_write_says_whether_anything_was_changed() {
        let write = "invites create a@example.com developer --yes";
        let api = |status: u16, kind: &str| json!({ "api": { "status": status, "kind": kind, "message": "m" } });
        let decode = |expected: &str| json!({ "decode": { "status": 200, "path": "", "expected": expected } });
        for (error, outcome, sentence, changed) in [
            (api(400, "invalid_request_error"), Outcome::Refused, "Nothing was changed.", "no"),
            (api(400, ""), Outcome::Unknown, "It is not known whether anything was changed.", "unknown"),
            (api(408, "invalid_request_error"), Outcome::Unknown, "It is not known whether", "unknown"),
            (api(307, ""), Outcome::Unknown, "It is not known whether", "unknown"),
            (api(503, "api_error"), Outcome::Unknown, "It is not known whether", "unknown"),
            (decode("a string"), Outcome::Unknown, "The change was probably made", "unknown"),
            (decode("JSON, but the body is an HTML page"), Outcome::Unknown, "It is not known whether", "unknown"),
            (json!({ "transport": { "problem": "timeout" } }), Outcome::Unknown, "It is not known whether", "unknown"),
            (json!({ "transport": { "problem": "dns" } }), Outcome::Failed, "Nothing was changed.", "no"),
            (json!({ "denied": "x" }), Outcome::Failed, "Nothing was sent.", "no"),
        ] {
            let reply = ask(write, Called::Failed(error.clone()));
            let (text, envelope) = (reply.document.notices(), reply.envelope());
            assert_eq!(reply.outcome, outcome, "{error}: {text}");
            assert!(text.contains(sentence), "{error}: {text}");
            assert_eq!((&envelope["changed"], &envelope["error"]["changed"]), (&json!(changed), &json!(changed)));
        }
        let limited = json!({ "api": { "status": 429, "kind": "rate_limit_error", "message": "m", "retry_after": 7 } });
        assert_eq!(ask("users list", Called::Failed(limited.clone())).retry_after(), Some(7));
        assert_eq!(ask(write, Called::Misfit("email")).envelope()["changed"], "no");
    }

    #[test]
    fn a_list_that_is_cut_off_is_a_part_and_says_so() {
        let page = json!({ "data": [{ "id": "user_1" }], "has_more": true, "first_id": "user_1", "last_id": "user_1" });
        let reply = ask("users list --all", Called::Returned(page));
        assert_eq!(reply.outcome, Outcome::Partial);
        assert!(reply.document.notices().contains("was read for 2 pages only"), "{}", reply.document.notices());
        let envelope = reply.envelope();
        assert_eq!(envelope["outcome"], "partial");
        assert!(envelope["error"]["message"].as_str().unwrap().contains("for 2 pages only"), "{envelope}");
        assert_eq!(envelope["result"]["data"].as_array().unwrap().len(), 2, "what was read is kept");
    }

    #[test]
    fn a_credential_that_comes_back_is_in_no_part_of_the_answer() {
        let page = json!({ "data": [{ "id": "user_1", "name": format!("echo {KEY}") }], "has_more": false });
        let error =
            json!({ "api": { "status": 400, "kind": "invalid_request_error", "message": format!("bad {KEY}") } });
        for returned in [Called::Returned(page), Called::Failed(error)] {
            let reply = ask("users list", returned);
            let everything = format!("{reply:?} {} {}", reply.envelope(), reply.to_json(catalog()));
            assert!(everything.contains("[redacted]") && !everything.contains(KEY), "{everything}");
        }
    }
}
