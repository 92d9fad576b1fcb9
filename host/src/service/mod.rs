//! The life of a command: understood, decided, run, shown. Every frontend calls [`Service::handle`], and nothing else.

mod outcome;
mod pages;
mod reply;

pub use outcome::Outcome;
pub use reply::Reply;

use crate::command::{self, Command, HelpTopic, Invocation, Markup, Options};
use crate::document::{self, Block, Document, Fact, Listing};
use crate::identity::{Place, Principal};
use crate::policy::{self, Decision, Policy, Refusal};
use crate::sandbox::Plugin;
use claude_admin_catalog::{Action, Catalog, Method};
use serde_json::{Map, Value};
use std::sync::Arc;

/// What is asked for.
#[derive(Debug, Clone)]
pub enum Input {
    /// A line that a person typed. It may hold anything: it is never logged.
    Text {
        /// The line, without the name of the command.
        line: String,
        /// The markup of the platform.
        markup: Markup,
    },
    /// A command line whose words a shell has taken apart.
    Words(Vec<String>),
    /// An operation with its arguments.
    Operation {
        /// The id, such as `users.list`.
        id: String,
        /// The arguments by name.
        arguments: Map<String, Value>,
        /// The flags that every command takes.
        options: Options,
    },
}

/// A request that a frontend has proved.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asks.
    pub principal: Principal,
    /// Where.
    pub place: Place,
    /// What for.
    pub input: Input,
}

/// The host: one component, one policy.
#[derive(Debug)]
pub struct Service {
    plugin: Plugin,
    policy: Arc<dyn Policy>,
}

impl Service {
    /// Puts a component behind a policy.
    #[must_use]
    pub fn new(plugin: Plugin, policy: Arc<dyn Policy>) -> Self {
        Self { plugin, policy }
    }

    /// What the component can do.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        self.plugin.catalog()
    }

    /// The component.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// Does what is asked, if it may be done.
    pub async fn handle(&self, request: Request) -> Reply {
        let operation = operation_id();
        let Request { principal, place, input } = request;
        tracing::info!(%operation, %principal, %place, "received");
        let understood = match input {
            Input::Text { line, markup } => command::parse(self.catalog(), &line, markup),
            Input::Words(words) => command::parse_words(self.catalog(), &words),
            Input::Operation { id, arguments, options } => {
                command::from_json(self.catalog(), &id, &arguments).map(|invocation| Command::Run(invocation, options))
            }
        };
        let mut reply = match understood {
            Err(error) => {
                tracing::info!(%operation, kind = ?error.kind, "not understood");
                Reply::failed(Outcome::Usage, document::command_error(&error))
            }
            Ok(Command::Help(topic)) => Reply::told(self.help(&topic, &principal, &place)),
            Ok(Command::WhoAmI) => Reply::told(whoami(&principal, &place)),
            Ok(Command::Status) => Reply::told(self.status()),
            Ok(Command::Run(invocation, options)) => {
                self.run(&operation, &principal, &place, invocation, options).await
            }
        };
        reply.operation = operation;
        reply
    }

    async fn run(
        &self,
        operation: &str,
        principal: &Principal,
        place: &Place,
        invocation: Invocation,
        options: Options,
    ) -> Reply {
        let catalog = self.catalog();
        let Some(action) = catalog.action(&invocation.action) else {
            return Reply::failed(Outcome::Usage, Document::titled("There is no such action"));
        };
        let invocation = if options.all { in_large_pages(action, invocation) } else { invocation };
        let canonical = invocation.canonical(action, &catalog.types);
        if let Some(problem) = unknown_column(catalog, action, &options) {
            return Reply::failed(Outcome::Usage, problem).of(action, &canonical, &options);
        }
        tracing::info!(%operation, action = action.id, command = canonical, risk = %action.risk, "understood");
        let decided = policy::authorize(&*self.policy, principal, place, action, invocation.clone(), options.yes);
        let authorized = match decided {
            Ok(authorized) => authorized,
            Err(refusal) => {
                let outcome = match &refusal {
                    Refusal::Denied { .. } => Outcome::Denied,
                    Refusal::Unconfirmed => Outcome::Unconfirmed,
                };
                tracing::info!(%operation, outcome = outcome.as_str(), "not run");
                let document = document::refusal(&refusal, action, &canonical);
                return Reply::failed(outcome, document).of(action, &canonical, &options);
            }
        };
        let read = pages::read(&self.plugin, action, &authorized, options.all).await;
        for sent in &read.sent {
            let (method, target, status, request_id) = (&sent.method, &sent.target, sent.status, &sent.request_id);
            tracing::info!(%operation, method, target, status, request_id, attempts = sent.attempts, "sent");
        }
        let listing = Listing { pages: read.pages };
        let upstream = self.plugin.sandbox().egress().upstream().authority();
        let mut reply = match (read.value, read.error) {
            (Some(value), None) => {
                let document = document::result(catalog, action, &invocation, &value, &options.columns, listing);
                Reply::done(document, value)
            }
            (value, Some(error)) => {
                let failure = document::call_error(&error, action, upstream);
                match value {
                    // What is to be gone is gone: whoever repeats a removal need not be told of a failure.
                    None if action.http.method == Method::Delete && Outcome::of_error(&error) == Outcome::NotFound => {
                        Reply::failed(Outcome::Done, failure).because(&error)
                    }
                    None => Reply::failed(Outcome::of_error(&error), failure).because(&error),
                    Some(value) => {
                        let mut document =
                            document::result(catalog, action, &invocation, &value, &options.columns, listing);
                        document.blocks.splice(0..0, failure.blocks);
                        let mut reply = Reply::failed(Outcome::Partial, document).because(&error);
                        reply.data = Some(value);
                        reply
                    }
                }
            }
            (None, None) => Reply::done(Document::titled(action.summary()), Value::Null),
        };
        reply.sent = read.sent;
        tracing::info!(%operation, outcome = reply.outcome.as_str(), "finished");
        reply.of(action, &canonical, &options)
    }

    fn may_run(&self, principal: &Principal, place: &Place, action: &Action) -> bool {
        let invocation = Invocation { action: action.id.clone(), arguments: command::Arguments::new() };
        self.policy.decide(principal, place, action, &invocation) == Decision::Allow
    }

    fn help(&self, topic: &HelpTopic, principal: &Principal, place: &Place) -> Document {
        let catalog = self.catalog();
        let may_run = |action: &Action| self.may_run(principal, place, action);
        match topic {
            HelpTopic::Overview => command::overview(catalog, &may_run),
            HelpTopic::Noun(noun) => command::noun_help(catalog, noun, &may_run),
            HelpTopic::Action(id) => {
                catalog.action(id).map(|action| command::action_help(catalog, action)).unwrap_or_default()
            }
        }
    }

    fn status(&self) -> Document {
        let egress = self.plugin.sandbox().egress();
        Document::titled("Status").with(Block::Facts(vec![
            Fact::new("Version", env!("CARGO_PKG_VERSION").to_owned()),
            Fact::new("Component", format!("{} (sha256:{})", self.catalog().package, self.plugin.digest())),
            Fact::new("Actions", self.catalog().actions.len().to_string()),
            Fact::new("Upstream", egress.upstream().authority().to_owned()),
            Fact::new("Credentials", egress.credentials().held()),
        ]))
    }
}

fn whoami(principal: &Principal, place: &Place) -> Document {
    Document::titled("You").with(Block::Facts(vec![
        Fact::new("Principal", principal.to_string()),
        Fact::new("Channel", place.channel.clone().unwrap_or_else(|| "none".to_owned())),
    ]))
}

/// Whoever wants all pages wants few of them: the API counts requests.
fn in_large_pages(action: &Action, mut invocation: Invocation) -> Invocation {
    let limit = action.input("limit").filter(|_| action.paging.is_some());
    if let Some(most) = limit.and_then(|limit| limit.range?.max) {
        invocation.arguments.entry("limit".to_owned()).or_insert_with(|| Value::from(most));
    }
    invocation
}

/// A column that the answer does not have would otherwise be left out silently.
fn unknown_column(catalog: &Catalog, action: &Action, options: &Options) -> Option<Document> {
    let fields = catalog.types.record(action.result.as_ref()?)?;
    let item = fields.iter().find(|field| field.wire == "data").and_then(|data| catalog.types.list_item(&data.ty));
    let fields = catalog.types.record(item?)?;
    let unknown = options.columns.iter().find(|name| !fields.iter().any(|field| field.wire == **name))?;
    let known: Vec<&str> = fields.iter().map(|field| field.wire.as_str()).collect();
    Some(Document::default().with(Block::Notice(document::Notice {
        level: document::Level::Error,
        text: format!("--columns: there is no column `{unknown}`. Nothing was sent."),
        hint: Some(format!("Use some of: {}.", known.join(", "))),
    })))
}

/// A random id that ties together everything that is logged about one command.
fn operation_id() -> String {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
    std::iter::repeat_with(|| char::from(ALPHABET[fastrand::usize(..ALPHABET.len())])).take(16).collect()
}
