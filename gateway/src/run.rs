//! A command that was understood, from somebody who may ask: decided, run and written down as a document.

use crate::admin::Admin;
use crate::pages::{self, End, Read};
use crate::refuse::{refusal, refuse};
use crate::settings::Settings;
use claude_admin_catalog::{Action, Catalog};
use claude_admin_chat::command::{
    Command, CommandError, HelpTopic, Invocation, Options, action_help, noun_help, overview,
};
use claude_admin_chat::document::{self, Document, Listing};
use claude_admin_chat::{Answer, Effect, Exchange, Outcome, Report, retry_after};
use claude_admin_wire::Body;
use serde_json::Value;

/// What to do about the settings of the gateway.
const OPERATORS: Option<&str> = Some("The administrator of this gateway must set it.");

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) outcome: Outcome,
    /// Whether it changed something.
    pub(crate) effect: Effect,
    pub(crate) document: Document,
    /// The command in its usual form; none for what is no action.
    pub(crate) command: Option<String>,
    pub(crate) options: Options,
    /// The answer, or the part of it that was read before something failed.
    data: Option<Value>,
    /// The error as the component has it.
    cause: Option<Value>,
    action: Option<String>,
}

/// Who is answered: a secret is for programs alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    Chat,
    Program,
}

impl Reply {
    pub(crate) fn new(outcome: Outcome, document: Document) -> Self {
        let (command, options) = (None, Options::default());
        let effect = Effect::NotSent;
        Self { outcome, effect, document, command, options, data: None, cause: None, action: None }
    }

    /// The answer to a command that was not understood.
    pub(crate) fn not_understood(error: &CommandError) -> Self {
        Self::new(Outcome::Usage, document::command_error(error))
    }

    /// The answer to somebody who may not ask.
    pub(crate) fn not_allowed(who: &str) -> Self {
        let hint = "The people who run this gateway list in CLAUDE_ADMIN_ALLOW who may.";
        let document = refusal(format!("{who} may not ask this gateway. {}", Effect::NotSent.sentence()), Some(hint));
        Self::new(Outcome::Denied, document)
    }

    /// The answer for programs, under how it ended.
    pub(crate) fn envelope(&self) -> Value {
        let answer = self.answer(self.data.as_ref());
        answer.envelope(self.command.as_deref(), answer.to_json())
    }

    /// The answer as JSON, without secrets.
    pub(crate) fn to_json(&self, catalog: &Catalog) -> Value {
        let action = self.action.as_deref().and_then(|id| catalog.action(id));
        let data = self.data.as_ref().zip(action);
        let data = data.map(|(data, action)| document::without_secrets(&catalog.types, action, data));
        self.answer(data.as_deref()).to_json()
    }

    /// Seconds after which a client can send the same again.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        retry_after(self.effect, self.cause.as_ref())
    }

    fn answer<'a>(&'a self, data: Option<&'a Value>) -> Answer<'a> {
        let (outcome, effect, document, cause) = (self.outcome, self.effect, &self.document, self.cause.as_ref());
        Answer { operation: None, outcome, effect, data, document, cause }
    }
}

/// Answers a command.
pub(crate) fn run(
    catalog: &Catalog,
    settings: &Settings,
    admin: &mut dyn Admin,
    command: Command,
    audience: Audience,
) -> Reply {
    let (draft, options) = match command {
        Command::Help(topic) => return Reply::new(Outcome::Done, help(catalog, &topic, settings)),
        Command::Host(command) => {
            let text =
                format!("This gateway has no `{}`: it keeps nothing. {}", command.word(), Effect::NotSent.sentence());
            let hint = "Policies, approvals and the audit trail are of the host, `claude-admin serve`.";
            return Reply::new(Outcome::Usage, refusal(text, Some(hint)));
        }
        Command::Run(draft, options) => (draft, options),
    };
    let Some(action) = catalog.action(&draft.invocation.action) else {
        return Reply::new(Outcome::Failed, refusal("There is no such action.", None));
    };
    let canonical = draft.invocation.canonical(action, &catalog.types);
    let mut reply = match refuse(catalog, settings, action, &draft, &options, audience) {
        Some(reply) => reply,
        None => call(catalog, settings, admin, action, draft.invocation, &options),
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
) -> Reply {
    let secret = match settings.secret(action) {
        Ok(secret) => secret,
        Err(problem) => {
            return Reply::new(
                Outcome::Failed,
                refusal(format!("{problem}. {}", Effect::NotSent.sentence()), OPERATORS),
            );
        }
    };
    if let Err(problem) = admin.configure(settings.base_url.as_deref(), secret) {
        return Reply::new(
            Outcome::Failed,
            refusal(format!("ANTHROPIC_BASE_URL: {problem}. {}", Effect::NotSent.sentence()), OPERATORS),
        );
    }
    let Read { value, pages, end } =
        pages::read(admin, action, invocation.clone(), options.all, &settings.credentials());
    let shown = |value: &Value| {
        let listing = Listing { pages, ..Listing::default() };
        document::result(catalog, action, &invocation, value, &options.columns, listing)
    };
    let effect = effect(action, value.is_some(), &end);
    let (outcome, problem, cause) = match end {
        End::Whole => {
            let document = value.as_ref().map_or_else(|| Document::titled(action.summary()), shown);
            return Reply { effect, data: value, ..Reply::new(Outcome::Done, document) };
        }
        End::Misfit(name) => {
            let text = format!("The component does not take these arguments ({name}). {}", effect.sentence());
            return Reply { effect, ..Reply::new(Outcome::Failed, refusal(text, OPERATORS)) };
        }
        End::Failed(error) => {
            let outcome = if value.is_some() { Outcome::Partial } else { Outcome::of(action, effect, Some(&error)) };
            (outcome, document::failure(catalog, &error, action, effect, upstream(settings)), Some(error))
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
    Reply { effect, data: value, cause, ..Reply::new(outcome, document) }
}

/// What a command did, as the component describes it: a gateway has no record of its own.
fn effect(action: &Action, has_read: bool, end: &End) -> Effect {
    let answered = Exchange::Answered { status: 200, body: Body::Json };
    let last = match end {
        End::Whole | End::CutOff(_) => Effect::of(action, &answered, Report::Success),
        End::Misfit(_) => Effect::NotSent,
        End::Failed(error) => Effect::of(action, &Exchange::described_by(error), Report::of_error(error)),
    };
    Effect::of_reads(has_read).and(last)
}

fn upstream(settings: &Settings) -> &str {
    let upstream = settings.base_url.as_deref().unwrap_or("https://api.anthropic.com");
    let upstream = upstream.split_once("://").map_or(upstream, |(_, rest)| rest);
    upstream.split('/').next().unwrap_or(upstream)
}

fn help(catalog: &Catalog, topic: &HelpTopic, settings: &Settings) -> Document {
    let may_run = |action: &Action| settings.writes || !action.writes();
    match topic {
        HelpTopic::Noun(noun) => noun_help(catalog, noun, &may_run),
        HelpTopic::Action(id) => catalog.action(id).map(|action| action_help(catalog, action)).unwrap_or_default(),
        HelpTopic::Overview | HelpTopic::Host(_) => overview(catalog, &may_run, &|_| false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convert::Called;
    use crate::test_support::{Upstream, catalog};
    use claude_admin_chat::command::{Markup, parse};
    use jiff::Timestamp;
    use serde_json::json;

    const KEY: &str = "sk-ant-admin01-of-a-test-0000";

    /// Answers a program whose every call returns the same.
    fn ask(line: &str, returned: Called) -> Reply {
        let variables = [("ANTHROPIC_ADMIN_KEY", KEY), ("CLAUDE_ADMIN_WRITES", "with-yes")];
        let settings = Settings::read(variables.map(|(name, value)| (name.to_owned(), value.to_owned()))).unwrap();
        let command = parse(catalog(), line, Markup::None, Timestamp::UNIX_EPOCH).unwrap();
        run(catalog(), &settings, &mut Upstream::new(|_| returned.clone()), command, Audience::Program)
    }

    fn not_found(kind: &str, message: &str) -> Called {
        Called::Failed(json!({ "api": { "status": 404, "kind": kind, "message": message } }))
    }

    #[test]
    fn what_was_to_be_removed_is_gone_only_if_the_api_says_so() {
        let remove = "users remove user_01WCz1FkmYMm4gnmykNKUu3Q --yes";
        assert_eq!(ask(remove, not_found("not_found_error", "No such user.")).outcome, Outcome::Done);
        for other in [not_found("", "<html>Not Found</html>"), not_found("page_missing", "no route")] {
            assert_ne!(ask(remove, other).outcome, Outcome::Done);
        }
    }

    #[test]
    fn a_list_that_is_cut_off_is_a_part_and_says_so() {
        let page = json!({ "data": [{ "id": "user_1" }], "has_more": true, "first_id": "user_1", "last_id": "user_1" });
        let reply = ask("users list --all", Called::Returned(page));
        assert_eq!(reply.outcome, Outcome::Partial);
        assert!(reply.document.notices().contains("cut off after 2 pages"), "{}", reply.document.notices());
        let envelope = reply.envelope();
        assert_eq!(envelope["outcome"], "partial");
        assert!(envelope["error"]["message"].as_str().unwrap().contains("cut off"), "{envelope}");
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
