//! A command that was understood, from somebody who may ask: decided, run and written down as a document.

use crate::admin::Admin;
use crate::convert::Called;
use crate::settings::Settings;
use claude_admin_catalog::{Action, Catalog, Method, joined_pages};
use claude_admin_chat::command::{
    Command, CommandError, Draft, HelpTopic, Invocation, Options, action_help, noun_help, overview,
};
use claude_admin_chat::document::{self, Block, Document, Level, Listing, Notice};
use claude_admin_chat::{Answer, Outcome};
use serde_json::Value;

/// The most pages that one command follows.
const MAX_PAGES: usize = 1000;

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) outcome: Outcome,
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
    fn new(outcome: Outcome, document: Document) -> Self {
        let (command, options) = (None, Options::default());
        Self { outcome, document, command, options, data: None, cause: None, action: None }
    }

    /// The answer to a command that was not understood.
    pub(crate) fn not_understood(error: &CommandError) -> Self {
        Self::new(Outcome::Usage, document::command_error(error))
    }

    /// The answer to somebody who may not ask.
    pub(crate) fn not_allowed(who: &str) -> Self {
        let hint = "The people who run this gateway list in CLAUDE_ADMIN_ALLOW who may.".to_owned();
        let document = refusal(format!("{who} may not ask this gateway. Nothing was sent."), Some(hint));
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

    fn answer<'a>(&'a self, data: Option<&'a Value>) -> Answer<'a> {
        let (outcome, document, cause) = (self.outcome, &self.document, self.cause.as_ref());
        Answer { operation: None, outcome, data, document, cause }
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
            let text = format!("This gateway has no `{}`: it keeps nothing. Nothing was sent.", command.word());
            let hint = "Policies, approvals and the audit trail are of the host, `claude-admin serve`.".to_owned();
            return Reply::new(Outcome::Usage, refusal(text, Some(hint)));
        }
        Command::Run(draft, options) => (draft, options),
    };
    let Some(action) = catalog.action(&draft.invocation.action) else {
        return Reply::new(Outcome::Failed, refusal("There is no such action.".to_owned(), None));
    };
    let canonical = draft.invocation.canonical(action, &catalog.types);
    let mut reply = match refused(catalog, settings, action, &draft, &options, audience) {
        Some(reply) => reply,
        None => call(catalog, settings, admin, action, draft.invocation, &options),
    };
    reply.document.footer.push(canonical.clone());
    Reply { command: Some(canonical), options, action: Some(action.id.clone()), ..reply }
}

/// Why a command is not run, where it is not.
fn refused(
    catalog: &Catalog,
    settings: &Settings,
    action: &Action,
    draft: &Draft,
    options: &Options,
    audience: Audience,
) -> Option<Reply> {
    let told = |outcome, text: String, hint: &str| {
        Some(Reply::new(outcome, refusal(text, Some(hint).filter(|hint| !hint.is_empty()).map(str::to_owned))))
    };
    if let Some((name, reference)) = draft.references.first() {
        let text = format!("{name}: `{}` is not an id. Nothing was sent.", reference.written());
        return told(Outcome::Usage, text, "This gateway looks nothing up: give the id, which a `list` shows.");
    }
    // What is made once and shown once would be lost.
    let is_secret = action.sensitive || action.writes() && document::has_secrets(&catalog.types, action);
    if is_secret && audience == Audience::Chat {
        let text =
            format!("The answer to `{}` is a secret, which no chat gets to see. Nothing was sent.", action.command());
        return told(Outcome::Denied, text, "Ask for it with `POST /v1/commands`, or on the command line of the host.");
    }
    if !action.writes() {
        return None;
    }
    if options.dry_run {
        let canonical = draft.invocation.canonical(action, &catalog.types);
        let text = format!("This would run `{canonical}`. Nothing was sent.");
        return told(Outcome::Done, text, "To do it, leave --dry-run out and add --yes.");
    }
    if !settings.writes {
        let text = format!("This gateway only reads: `{}` changes something. Nothing was sent.", action.command());
        let hint = "Use the host, `claude-admin serve`, where writes are decided on and recorded.";
        return told(Outcome::Denied, text, hint);
    }
    if !options.yes {
        let text = format!("`{}` changes something. Nothing was sent yet.", action.command());
        return told(Outcome::Waiting, text, "Repeat it with --yes to do it.");
    }
    None
}

fn call(
    catalog: &Catalog,
    settings: &Settings,
    admin: &mut dyn Admin,
    action: &Action,
    mut invocation: Invocation,
    options: &Options,
) -> Reply {
    let hint = || Some("The people who run this gateway must set it.".to_owned());
    let secret = match settings.secret(action) {
        Ok(secret) => secret,
        Err(problem) => return Reply::new(Outcome::Failed, refusal(format!("{problem}. Nothing was sent."), hint())),
    };
    if let Err(problem) = admin.configure(settings.base_url.as_deref(), secret) {
        return Reply::new(
            Outcome::Failed,
            refusal(format!("ANTHROPIC_BASE_URL: {problem}. Nothing was sent."), hint()),
        );
    }
    let asked = invocation.clone();
    let (mut whole, mut pages, mut error) = (None, 0, None);
    while pages < MAX_PAGES {
        match admin.call(&action.id, &invocation.parameters(action)) {
            Called::Returned(page) => {
                pages += 1;
                let wanted = action.paging.as_ref().filter(|_| options.all);
                let cursor =
                    wanted.and_then(|paging| Some((paging.input().to_owned(), paging.next(&page)?.to_owned())));
                whole = Some(match whole {
                    Some(earlier) => joined_pages(earlier, page),
                    None => page,
                });
                let Some((input, cursor)) = cursor else { break };
                invocation.arguments.insert(input, Value::from(cursor));
            }
            Called::Failed(failed) => {
                error = Some(failed);
                break;
            }
            Called::Misfit(name) => {
                let text = format!("The component does not take these arguments ({name}). Nothing was sent.");
                return Reply::new(Outcome::Failed, refusal(text, hint()));
            }
        }
    }
    let shown = |value: &Value| {
        document::result(catalog, action, &asked, value, &options.columns, Listing { pages, ..Listing::default() })
    };
    match (whole, error) {
        (whole, None) => {
            let document = whole.as_ref().map_or_else(|| Document::titled(action.summary()), shown);
            Reply { data: whole, ..Reply::new(Outcome::Done, document) }
        }
        (whole, Some(error)) => {
            let mut document = failure(action, settings, &error);
            let outcome = outcome(action, whole.is_some(), &error);
            if let Some(value) = &whole {
                let mut read = shown(value);
                read.blocks.splice(0..0, document.blocks);
                document = read;
            }
            Reply { data: whole, cause: Some(error), ..Reply::new(outcome, document) }
        }
    }
}

fn failure(action: &Action, settings: &Settings, error: &Value) -> Document {
    let upstream = settings.base_url.as_deref().unwrap_or("https://api.anthropic.com");
    let upstream = upstream.split_once("://").map_or(upstream, |(_, rest)| rest);
    // What the component says before it sends anything is not known to it.
    let sent = error.get("invalid_argument").is_none();
    document::failure(error, action, sent, upstream)
}

fn outcome(action: &Action, has_read: bool, error: &Value) -> Outcome {
    let outcome = Outcome::of_failure(error);
    let server = error.get("api").and_then(|api| api.get("status")?.as_u64()).is_none_or(|status| status >= 500);
    match outcome {
        _ if has_read => Outcome::Partial,
        // What is to be gone is gone: whoever repeats a removal need not be told of a failure.
        Outcome::NotFound if action.http.method == Method::Delete => Outcome::Done,
        Outcome::Failed if action.writes() && server && document::failure_may_have_arrived(error) => Outcome::Unknown,
        outcome => outcome,
    }
}

fn help(catalog: &Catalog, topic: &HelpTopic, settings: &Settings) -> Document {
    let may_run = |action: &Action| settings.writes || !action.writes();
    match topic {
        HelpTopic::Noun(noun) => noun_help(catalog, noun, &may_run),
        HelpTopic::Action(id) => catalog.action(id).map(|action| action_help(catalog, action)).unwrap_or_default(),
        HelpTopic::Overview | HelpTopic::Host(_) => overview(catalog, &may_run, &|_| false),
    }
}

fn refusal(text: String, hint: Option<String>) -> Document {
    Document::default().with(Block::Notice(Notice { level: Level::Attention, text, hint }))
}
