//! `claude-admin run`: one command as the local operator.

use super::assemble::{Host, PolicySource, StoreSource, WithoutCredential, host, target};
use super::format::format;
use super::list_writer::ListWriter;
use super::operator::operator;
use super::setup_error::is_setup;
use super::{print, state, stop, tell};
use clap::Args;
use claude_admin::command::{Format, Markup, is_host_command};
use claude_admin::config::Config;
use claude_admin::document::{self, Block, Document};
use claude_admin::identity::{Place, Principal};
use claude_admin::render;
use claude_admin::service::{Input, Outcome, Request};
use claude_admin_chat::Answer;
use serde_json::Value;
use std::path::PathBuf;

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// How to write the answer
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = format())]
    output: Format,
    /// A configuration file; its policy then decides what `local:USER` may do
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Answer from the embedded simulator even where there is a credential
    #[arg(long)]
    simulate: bool,
    /// The command: a noun, a verb and arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl RunArgs {
    /// Whether a program reads the answer. The command can ask for JSON too; it is not understood before the host starts.
    fn wants_json(&self) -> bool {
        let line = self.command.join(" ");
        self.output == Format::Json
            || ["--output=json", "--output json", "-o json"].iter().any(|flag| line.contains(flag))
    }
}

/// A host that can run the command.
struct Started {
    host: Host,
    principal: Principal,
}

async fn start(args: &RunArgs) -> anyhow::Result<Started> {
    let principal = operator()?;
    let mut config = args.config.as_deref().map(Config::read).transpose()?.unwrap_or_default();
    config.upstream.simulate |= args.simulate;
    // One call runs: a large pool would only take time to reserve.
    config.limits.concurrency.get_or_insert(1);
    let target = target(&config, WithoutCredential::Simulate).await?;
    let simulated = target.simulator.is_some();
    let (policy, store) = match &args.config {
        Some(_) => (PolicySource::Configured, StoreSource::File(config.store.path.clone())),
        // Whoever can start the program with the credential can use the credential: there is nobody to keep out.
        None if simulated => (PolicySource::Only(&principal), StoreSource::Memory),
        None => (PolicySource::Only(&principal), StoreSource::File(state::audit_trail()?)),
    };
    let host = host(&config, target, policy, store)?;
    if simulated {
        tell(
            "SIMULATED: no account is touched. Set ANTHROPIC_ADMIN_KEY, ANTHROPIC_OAUTH_TOKEN or ANTHROPIC_SCOPED_KEY to use yours.\n\n",
        );
    }
    Ok(Started { host, principal })
}

/// Why the host did not start, as a program reads it: as it reads every other error.
fn start_error(error: &anyhow::Error) -> Value {
    let outcome = if is_setup(error) { Outcome::Usage } else { Outcome::Failed };
    let document = document::error(format!("{error:#}"), None::<&str>);
    Answer { operation: None, outcome, data: None, document: &document, cause: None }.to_json()
}

pub(super) async fn run(args: RunArgs) -> anyhow::Result<u8> {
    let Started { host, principal } = match start(&args).await {
        Ok(started) => started,
        Err(error) => {
            if args.wants_json() {
                // What is told on standard error is the same.
                let _ = print(&format!("{:#}\n", start_error(&error)));
            }
            return Err(error);
        }
    };
    let request =
        Request { principal, place: Place::terminal(), input: input(args.command, args.output), delivery: None };
    let out = ListWriter::new(args.output);
    let mut reply = tokio::select! {
        reply = host.service.handle_in_parts(request, &out) => reply,
        () = stop::requested() => {
            tell("Interrupted. A write that was on its way may have been done: `status` of its operation tells.\n");
            return Ok(Outcome::Unknown.exit_code());
        }
    };
    let format = reply.format.unwrap_or(args.output);
    let parts = out.finish()?;
    let in_parts = parts.is_some();
    let is_row = |block: &Block| matches!(block, Block::Table(_) | Block::Facts(_));
    let has_rows = in_parts || reply.document.blocks.iter().any(is_row);
    // Among rows, a program would take what is said for one of them.
    let beside =
        if format == Format::Csv && has_rows { take_notices(&mut reply.document) } else { Document::default() };
    let written = match (parts, format) {
        (Some(parts), _) => parts.end(&reply),
        (None, Format::Json) => format!("{:#}\n", reply.to_json_with_secrets()),
        (None, format) => render::reply(&reply, format),
    };
    // Programs read one stream; people see failures beside the data.
    if in_parts
        || matches!(reply.outcome, Outcome::Done | Outcome::Partial | Outcome::Waiting)
        || format == Format::Json
    {
        print(&written)?;
    } else if format == Format::Csv {
        tell(&render::text(&reply.document));
    } else {
        tell(&written);
    }
    if !beside.blocks.is_empty() {
        tell(&render::text(&beside));
    }
    host.service.finish().await;
    if let Some(simulator) = host.simulator {
        simulator.shutdown().await;
    }
    Ok(reply.outcome.exit_code())
}

/// Takes what is said out of a document.
fn take_notices(document: &mut Document) -> Document {
    let blocks = document.blocks.extract_if(.., |block| matches!(block, Block::Notice(_))).collect();
    Document { blocks, ..Document::default() }
}

/// A whole line in quotes is read as a line; words are taken as the shell made them. How the answer is written decides
/// what is fetched for it, so that the command says it too.
fn input(mut words: Vec<String>, output: Format) -> Input {
    let flag = match output {
        Format::Text => None,
        Format::Json => Some("--output=json"),
        Format::Csv => Some("--output=csv"),
        Format::Markdown => Some("--output=markdown"),
    };
    let asks = |words: &[String]| words.iter().any(|word| word.starts_with("--output") || word.starts_with("-o"));
    let first = words.first().and_then(|word| word.split_whitespace().next());
    let takes_it = first.is_some_and(|word| !is_host_command(&word.to_lowercase()));
    let flag = flag.filter(|_| takes_it && !asks(&words));
    if words.len() == 1 && words[0].contains(' ') {
        let line = words.remove(0);
        let flag = flag.filter(|_| !line.contains("--output") && !line.contains(" -o"));
        let line = flag.map_or(line.clone(), |flag| format!("{line} {flag}"));
        Input::Text { line, markup: Markup::None }
    } else {
        words.extend(flag.map(str::to_owned));
        Input::Words(words)
    }
}
