//! The binary `claude-admin`.

mod actions;
mod answer;
mod assemble;
mod audit;
mod cache;
mod complete;
mod completions;
mod config;
mod config_args;
mod conformance;
mod demo;
mod format;
mod frontends;
mod init;
mod list_writer;
mod logging;
mod lone_operator;
mod man;
mod mcp;
mod operator;
mod pager;
mod playbook;
mod plugin;
mod policy;
mod progress;
mod prompt;
mod reference_page;
mod reload;
mod run;
mod screen;
mod serve;
mod setup_error;
mod simulator;
mod slack_manifest;
mod state;
mod stop;
mod table_file;
mod terminal;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use claude_admin::command::{self, CommandErrorKind};
use claude_admin::embedded::DIGEST;
use jiff::Timestamp;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// Values of the component model are many small allocations. They are made on one thread and freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit code for an error on the command line or in the configuration.
const USAGE: u8 = 2;
/// The exit code for a failure of the host.
const FAILED: u8 = 8;

/// Run the Anthropic Admin API from chat, through a sandboxed WebAssembly component.
#[derive(Debug, Parser)]
#[command(name = "claude-admin", disable_help_subcommand = true)]
#[command(after_help = "Start with `claude-admin demo`: it needs no account.\n\
    Credentials are read from ANTHROPIC_ADMIN_KEY, ANTHROPIC_OAUTH_TOKEN, ANTHROPIC_SCOPED_KEY and\n\
    ANTHROPIC_AWS_API_KEY, or from files that the configuration names. With neither a credential nor a base URL,\n\
    `run` and `mcp` use the simulator.\n\
    Exit codes: 0 done, 1 demo, policy or conformance not as expected, 2 usage, 3 denied, 4 not found, 5 conflict, 6 pending, 7 rate limited, 8 refused, failed or unknown, 9 partly done.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Write log events of `run`, `serve`, `mcp`, `demo`, `simulator` and `conformance` to standard error;
    /// `CLAUDE_ADMIN_LOG` sets the level
    #[arg(long, global = true, value_name = "FORMAT")]
    log: Option<logging::LogFormat>,
    #[command(flatten)]
    screen: screen::ScreenArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a tour of signed slash commands against the simulator
    Demo {
        /// Exit after the tour, with exit code 1 if a step had an unexpected result
        #[arg(long)]
        once: bool,
        /// Show five jobs of an administrator instead of single commands
        #[arg(long)]
        jobs: bool,
    },
    /// Run one command as the current operating-system account
    #[command(
        after_help = "Examples:\n  claude-admin run -- users list --limit 5\n  claude-admin run -o json -- workspaces list\n  claude-admin run -- help users"
    )]
    Run(run::RunArgs),
    /// Serve slash commands and the HTTP API
    Serve(config_args::ConfigArgs),
    /// Serve the actions as tools for a model, over standard input and output (Model Context Protocol)
    #[command(
        after_help = "A model proposes, and a person decides. A write is pending until you confirm it with\n  claude-admin run -- confirm OPERATION\nor, if it requires approvals, until other users approve it."
    )]
    Mcp(mcp::McpArgs),
    /// Write a configuration, a policy with tests, and a token for the HTTP API
    Init {
        /// The target folder; no file is written if one of the files already exists
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Check and test the policy, or write its Cedar schema
    Policy {
        #[command(subcommand)]
        command: policy::PolicyCommand,
    },
    /// Read, verify and export the audit log
    Audit {
        #[command(subcommand)]
        command: audit::AuditCommand,
    },
    /// Run only the simulator of the Admin API
    Simulator(simulator::SimulatorArgs),
    /// List all actions with signature, request, risk, credentials and examples
    Actions {
        /// The output format
        #[arg(short, long, value_name = "FORMAT", default_value = "text")]
        output: actions::Format,
    },
    /// Compare responses of the API with the WIT package; sends only reads, and only with --send
    #[command(after_help = "The report contains no value of a response, so you can paste it into an issue.\n\
                      Exit codes: 0 no difference, 1 a difference, 2 usage, 8 failed, or nothing could be compared.")]
    Conformance(conformance::ConformanceArgs),
    /// Inspect a component, or write the embedded component to a file
    Plugin {
        #[command(subcommand)]
        command: plugin::PluginCommand,
    },
    /// List and check playbooks, and write the WIT that they are built with
    Playbook {
        #[command(subcommand)]
        command: playbook::PlaybookCommand,
    },
    /// Set up the Slack app
    Slack {
        #[command(subcommand)]
        command: SlackCommand,
    },
    /// Print the completions of the last word of a command; shell scripts call this command
    #[command(hide = true)]
    Complete {
        #[command(flatten)]
        config: config_args::ConfigArgs,
        /// The words that were typed so far; the last word is completed
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// A command of the chat, without `run --`
    #[command(external_subcommand)]
    Words(Vec<String>),
    /// Write the manual page to standard output, in the format of `man`
    Man,
    /// Write shell completions to standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
enum SlackCommand {
    /// Write the manifest of the Slack app to standard output, for Socket Mode or for a host with a public URL
    Manifest {
        /// The URL at which Slack reaches this host; without it, the app uses Socket Mode
        #[arg(long, value_name = "https://HOST")]
        url: Option<String>,
    },
}

/// Runs the command line.
fn main() -> ExitCode {
    let version = format!("{} (component sha256:{})", env!("CARGO_PKG_VERSION"), DIGEST);
    let command = Cli::command().version(version);
    let cli = match command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => {
            let code = if error.use_stderr() { USAGE } else { 0 };
            // If the terminal is closed, the error cannot be shown.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let ended = runtime.block_on(dispatch(cli));
    // The runtime would wait for the thread that reads standard input until a user types a line.
    runtime.shutdown_background();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => failed(&error),
    }
}

async fn dispatch(cli: Cli) -> anyhow::Result<u8> {
    let log = |default| logging::start(cli.log, default);
    cli.screen.apply();
    match cli.command {
        Command::Demo { once, jobs } => {
            log("error");
            demo::demo(once, jobs).await
        }
        Command::Run(args) => {
            log("error");
            run::run(args, cli.screen).await
        }
        Command::Words(words) => {
            log("error");
            refuse_typo_of_subcommand(&words)?;
            run::run(run::RunArgs::words(words), cli.screen).await
        }
        Command::Mcp(args) => {
            log("error");
            mcp::mcp(args).await
        }
        Command::Serve(config) => {
            log("info");
            serve::serve(&config).await
        }
        Command::Conformance(args) => {
            log("error");
            conformance::conformance(args).await
        }
        Command::Simulator(args) => {
            log("info");
            simulator::simulator(args).await
        }
        Command::Complete { config, words } => complete::complete(&config, &words).await,
        Command::Init { folder } => init::init(&folder),
        Command::Policy { command } => policy::policy(command),
        Command::Audit { command } => audit::audit(command),
        Command::Actions { output } => actions::actions(output),
        Command::Plugin { command } => plugin::plugin(command),
        Command::Playbook { command } => playbook::playbook(command).await,
        Command::Slack { command: SlackCommand::Manifest { url } } => slack_manifest::manifest(url.as_deref()),
        Command::Man => {
            print(&man::page()?)?;
            Ok(0)
        }
        Command::Completions { shell } => {
            print(&completions::script(shell))?;
            Ok(0)
        }
    }
}

/// Denies a first word that is not a word of the chat, and nearly a subcommand.
fn refuse_typo_of_subcommand(words: &[String]) -> anyhow::Result<()> {
    let first = words.first().map_or("", String::as_str);
    let catalog = assemble::catalog(&config::Config::default())?;
    let parsed = command::parse_words(&catalog, &[first.to_owned()], Timestamp::UNIX_EPOCH);
    let is_unknown = parsed.is_err_and(|error| error.kind == CommandErrorKind::UnknownNoun);
    let program = Cli::command();
    let subcommands = program.get_subcommands().filter(|known| !known.is_hide_set()).map(clap::Command::get_name);
    match command::nearest(first, subcommands).filter(|_| is_unknown) {
        Some(near) => {
            let typed = terminal::visible_lines(first);
            Err(setup_error::SetupError(format!("there is no `{typed}`. Did you mean `claude-admin {near}`?")).into())
        }
        None => Ok(()),
    }
}

/// Prints an error with its chain of causes.
fn failed(error: &anyhow::Error) -> ExitCode {
    // A closed pipe means that the reader has read enough.
    let broken_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(broken_pipe) {
        return ExitCode::SUCCESS;
    }
    tell(&format!("claude-admin: {error:#}\n"));
    ExitCode::from(if setup_error::is_setup(error) { USAGE } else { FAILED })
}

/// Writes lines to standard error, with control characters escaped. A write error is ignored: no other output exists.
fn tell(text: &str) {
    use io::Write;
    let _ = io::stderr().lock().write_all(terminal::visible_lines(text).as_bytes());
}

/// Writes a rendered text to standard error. The renderer escaped the control characters of foreign text.
fn tell_formatted(text: &str) {
    use io::Write;
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Writes lines to standard output, with the control characters of terminals escaped.
fn print_lines(text: &str) -> io::Result<()> {
    print(&terminal::visible_lines(text))
}

/// Writes to standard output. A closed pipe is not an error: the reader has read enough, and the result of the command
/// does not change.
fn print(text: &str) -> io::Result<()> {
    match write_out(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes to standard output, and returns an error if the pipe is closed.
fn write_out(text: &str) -> io::Result<()> {
    use io::Write;
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
