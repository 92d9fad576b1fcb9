//! `claude-admin run`: runs one command as the current operating-system account.

use super::assemble::{Host, Policy, SimulatedClock, StoreSource, WithoutCredential, host, target};
use super::config_args::ConfigArgs;
use super::format::format;
use super::list_writer::ListWriter;
use super::operator::operator;
use super::pager::Pager;
use super::progress::ProgressLine;
use super::prompt::{self, Decision};
use super::screen::ScreenArgs;
use super::setup_error::is_setup;
use super::stop::Stop;
use super::{answer, lone_operator, table_file};
use super::{print, state, tell};
use clap::Args;
use claude_admin::Choice;
use claude_admin::command::{Format, Markup};
use claude_admin::document;
use claude_admin::identity::{Place, Principal};
use claude_admin::render;
use claude_admin::service::{Input, Outcome, Parsed, Reply, Request, Service};
use claude_admin_chat::{Answer, Verdict};
use serde_json::Value;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// The maximum time between an interrupt and the exit.
const LONGEST_END: Duration = Duration::from_secs(2);

fn interrupted() -> String {
    format!(
        "Interrupted. A read changes nothing. If the command was a write: {} `pending` and `audit tail` show the \
         operations, and `status` shows the result of an operation.",
        Verdict::Unknown.sentence()
    )
}

#[derive(Debug, Args)]
pub(super) struct RunArgs {
    /// The output format
    #[arg(short, long, value_name = "FORMAT", default_value = "text", value_parser = format())]
    output: Format,
    /// If there is a configuration, its policy decides what `local:USER` can do
    #[command(flatten)]
    config: ConfigArgs,
    /// Use the embedded simulator even if a credential is set
    #[arg(long)]
    simulate: bool,
    /// The command: a noun, a verb and arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<String>,
}

impl RunArgs {
    /// The words after the name of the program, if they are not a subcommand.
    pub(super) fn words(command: Vec<String>) -> Self {
        Self { output: Format::Text, config: ConfigArgs::default(), simulate: false, command }
    }

    /// The output format for errors before the command is parsed, or before the host starts. It is read from the words
    /// of the command.
    fn format(&self) -> Format {
        let words: Vec<&str> = match self.command.as_slice() {
            [line] => line.split_whitespace().collect(),
            words => words.iter().map(String::as_str).collect(),
        };
        let is_flag = |word: &str| matches!(word, "-o" | "--output");
        let apart = words.windows(2).find(|pair| is_flag(pair[0])).map(|pair| pair[1]);
        let together = || words.iter().find_map(|word| word.strip_prefix("--output="));
        apart.or_else(together).and_then(|name| name.parse().ok()).unwrap_or(self.output)
    }
}

/// A host that can run the command.
struct Started {
    host: Host,
    principal: Principal,
}

async fn start(args: &RunArgs) -> anyhow::Result<Started> {
    let principal = operator()?;
    let found = args.config.find()?;
    let is_configured = found.is_some();
    let mut config = found.map(|found| found.config).unwrap_or_default();
    config.upstream.simulate |= args.simulate;
    // Only one call runs. The reservation of a larger pool would take time.
    config.limits.concurrency.get_or_insert(1);
    let target = target(&config, WithoutCredential::Simulate, SimulatedClock::Stopped).await?;
    let simulated = target.simulator.is_some();
    let (policy, store) = match is_configured {
        true => (Policy::Configured, StoreSource::File(config.store.path.clone())),
        // A user who can start the program with the credential can use the credential anyway. A policy would protect
        // nothing.
        false if simulated => (Policy::Only(&principal), StoreSource::Passing),
        false => (Policy::Only(&principal), StoreSource::File(state::audit_trail()?)),
    };
    let host = host(&config, target, policy, &store)?;
    if simulated {
        tell(
            "SIMULATED: no real account is used, and each change ends with this command. To use your organization, set \
             ANTHROPIC_ADMIN_KEY, ANTHROPIC_OAUTH_TOKEN or ANTHROPIC_SCOPED_KEY.\n\n",
        );
    }
    Ok(Started { host, principal })
}

/// An error of the host as JSON, in the format of all other errors.
fn host_error(outcome: Outcome, message: &str) -> Value {
    let document = document::error(message, None::<&str>);
    let verdict = if outcome == Outcome::Unknown { Verdict::Unknown } else { Verdict::NotSent };
    Answer { operation: None, outcome, verdict, data: None, document: &document, cause: None }.to_json()
}

/// Ends the process 2 seconds after an interrupt if it has not exited: a reader that does not read blocks the writer. A
/// person reads in a pager for any time.
fn end_in_any_case(pager: Arc<Pager>) -> tokio::task::JoinHandle<()> {
    let mut stop = Stop::listen();
    tokio::spawn(async move {
        stop.requested().await;
        tokio::time::sleep(LONGEST_END).await;
        while pager.is_open() {
            tokio::time::sleep(LONGEST_END).await;
        }
        std::process::exit(Outcome::Unknown.exit_code().into());
    })
}

pub(super) async fn run(args: RunArgs, screen: ScreenArgs) -> anyhow::Result<u8> {
    let asked = args.format();
    let Started { host, principal } = match start(&args).await {
        Ok(started) => started,
        Err(error) => {
            if asked == Format::Json {
                let outcome = if is_setup(&error) { Outcome::Usage } else { Outcome::Failed };
                // The same error is written to standard error.
                let _ = print(&(render::json(&host_error(outcome, &format!("{error:#}"))) + "\n"));
            }
            return Err(error);
        }
    };
    let mut stop = Stop::listen();
    let can_ask = prompt::can_ask(screen.no_input);
    let parsed = match can_ask && asked == Format::Text {
        true => prompt::complete(&host.service, args.command, &mut stop).await,
        false => Some(host.service.parse_typed(args.command, &table_file::read)),
    };
    let Some(parsed) = parsed else {
        tell(&format!("\nInterrupted. {}\n", Verdict::NotSent.sentence()));
        return Ok(Outcome::Usage.exit_code());
    };
    let pager = Arc::new(Pager::new(!screen.no_pager));
    let ending = end_in_any_case(Arc::clone(&pager));
    let run = Run { service: &host.service, principal: &principal, pager: &pager, output: args.output, asked, can_ask };
    let code = run.command(parsed, &mut stop).await;
    // The person can read in the pager for any time.
    ending.abort();
    run.pager.finish();
    let Some(code) = code else { return Ok(Outcome::Unknown.exit_code()) };
    host.service.finish().await;
    if let Some(simulator) = host.simulator {
        simulator.shutdown().await;
    }
    Ok(code)
}

/// One command at this terminal.
struct Run<'r> {
    service: &'r Service,
    principal: &'r Principal,
    pager: &'r Pager,
    /// The format of the output, unless the command sets it.
    output: Format,
    /// The format for errors.
    asked: Format,
    /// Whether the person can be asked.
    can_ask: bool,
}

impl Run<'_> {
    /// Runs a command, and the decision about it that the person makes at the terminal. Returns the exit code; none if the
    /// person interrupted it.
    async fn command(&self, mut parsed: Parsed, stop: &mut Stop) -> Option<u8> {
        loop {
            let out = ListWriter::new(self.output, self.pager);
            let Some(reply) = self.reply(parsed, &out, stop).await else {
                self.interrupted(&out);
                return None;
            };
            let choices = prompt::confirmable(&reply, self.asked).filter(|_| self.can_ask).cloned();
            let Some(choices) = choices else { return Some(self.write(reply, &out)) };
            let decision = match prompt::decide(&reply, &choices, stop).await {
                Decision::Confirm => Choice::Confirm,
                Decision::Cancel => Choice::Cancel,
                Decision::Later => return Some(reply.outcome.exit_code()),
            };
            // The reply counts as one of the commands of its requester until it is dropped.
            drop(reply);
            parsed = self.service.parse_line(choices.command(decision), Markup::None);
        }
    }

    /// The reply to a command; none if the person interrupted it.
    async fn reply(&self, parsed: Parsed, out: &ListWriter<'_>, stop: &mut Stop) -> Option<Reply> {
        let request = Request {
            principal: self.principal.clone(),
            place: Place::terminal(),
            input: Input::Parsed(parsed),
            delivery: None,
            format: Some(self.output),
        };
        let mut progress = ProgressLine::new();
        let mut handled = std::pin::pin!(self.service.handle_in_parts(request, out));
        let mut reply = loop {
            tokio::select! {
                reply = &mut handled => break reply,
                () = stop.requested() => return None,
                () = progress.next(self.service, out) => {}
            }
        };
        drop(progress);
        match reply.alone.take() {
            Some(question) => {
                let how = (self.asked, self.can_ask);
                lone_operator::ask(self.service, self.principal, reply, question, how, stop).await
            }
            None => Some(reply),
        }
    }

    fn interrupted(&self, out: &ListWriter<'_>) {
        let error = host_error(Outcome::Unknown, &interrupted());
        let _ = match out.finish() {
            // The list that was started is completed, so the rows before the interrupt stay readable.
            Ok(Some(parts)) => print(&parts.broken_off(&error)),
            Ok(None) if self.asked == Format::Json => print(&(render::json(&error) + "\n")),
            _ => Ok(()),
        };
        if self.asked != Format::Json {
            tell(&format!("{}\n", interrupted()));
        }
    }

    /// Writes a reply. Returns the exit code.
    fn write(&self, reply: Reply, out: &ListWriter<'_>) -> u8 {
        let (outcome, operation) = (reply.outcome, reply.operation.clone());
        let has_secret = reply.secret.is_some();
        let written = out.finish().and_then(|parts| answer::write(reply, parts, self.asked, self.pager));
        match written {
            // A closed pipe means that the reader has read enough, unless the output contained a secret.
            Err(error) if has_secret || error.kind() != io::ErrorKind::BrokenPipe => {
                let lost = if has_secret { " The secret in the output is lost: no copy is stored." } else { "" };
                tell(&format!(
                    "The output cannot be written: {error}. The command ended as `{}`.{lost} Run `status {operation}` to \
                     see what a write changed and how to create a new secret.\n",
                    outcome.as_str()
                ));
                Outcome::Failed.exit_code()
            }
            _ => outcome.exit_code(),
        }
    }
}
