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
mod init;
mod list_writer;
mod logging;
mod lone_operator;
mod mcp;
mod operator;
mod plugin;
mod policy;
mod reference_page;
mod reload;
mod run;
mod serve;
mod setup_error;
mod simulator;
mod slack_manifest;
mod state;
mod stop;
mod terminal;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use claude_admin::embedded::DIGEST;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// Values of the component model are many small allocations, made on one thread and freed on another.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit code of a mistake on the command line or in the configuration.
const USAGE: u8 = 2;
/// The exit code of a failure of the host itself.
const FAILED: u8 = 8;

/// Run the Anthropic Admin API from chat, through a sandboxed WebAssembly component.
#[derive(Debug, Parser)]
#[command(name = "claude-admin", disable_help_subcommand = true)]
#[command(after_help = "Start with `claude-admin demo`: it needs no account.\n\
    Credentials are read from ANTHROPIC_ADMIN_KEY, ANTHROPIC_OAUTH_TOKEN, ANTHROPIC_SCOPED_KEY and\n\
    ANTHROPIC_AWS_API_KEY, or from files that the configuration names. With neither a credential nor a base URL,\n\
    `run` and `mcp` answer from the simulator.\n\
    Exit codes: 0 done, 1 demo, policy or conformance not as expected, 2 usage, 3 denied, 4 not found, 5 conflict, 6 pending, 7 rate limited, 8 refused, failed or unknown, 9 partly done.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Log events of `run`, `serve`, `mcp`, `demo`, `simulator` and `conformance` to standard error; `CLAUDE_ADMIN_LOG` sets
    /// the level
    #[arg(long, global = true, value_name = "FORMAT")]
    log: Option<logging::LogFormat>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take a tour: real signed slash commands against the simulator
    Demo {
        /// End after the tour; fail if any step did not do what it says
        #[arg(long)]
        once: bool,
    },
    /// Run one command as the local operator
    #[command(
        after_help = "Examples:\n  claude-admin run -- users list --limit 5\n  claude-admin run -o json -- workspaces list\n  claude-admin run -- help users"
    )]
    Run(run::RunArgs),
    /// Serve slash commands and the HTTP API
    Serve(config_args::ConfigArgs),
    /// Offer actions as tools to a model, over standard input and output (Model Context Protocol)
    #[command(
        after_help = "A model proposes, and a person decides. A write is pending until you confirm it with\n  claude-admin run -- confirm OPERATION\nor, if it requires approvals, until other users approve it."
    )]
    Mcp(mcp::McpArgs),
    /// Write a configuration, a policy with tests, and a token for the HTTP API
    Init {
        /// The folder; nothing is written if one of the files exists
        #[arg(default_value = ".")]
        folder: PathBuf,
    },
    /// Check, test and explain the policy
    Policy {
        #[command(subcommand)]
        command: policy::PolicyCommand,
    },
    /// Read, check and export the audit trail
    Audit {
        #[command(subcommand)]
        command: audit::AuditCommand,
    },
    /// Run the simulator of the Admin API alone
    Simulator(simulator::SimulatorArgs),
    /// List every action: signature, request, risk, credential, examples
    Actions {
        /// How to write the list
        #[arg(short, long, value_name = "FORMAT", default_value = "text")]
        output: actions::Format,
    },
    /// Compare the replies of the API with the WIT: only reads, and only with --send
    #[command(
        after_help = "The report contains no value of a reply: paste it into an issue.\nExit codes: 0 no difference, 1 a difference, 2 usage, 8 failed, or nothing could be compared."
    )]
    Conformance(conformance::ConformanceArgs),
    /// Look at a component, or write the embedded one to a file
    Plugin {
        #[command(subcommand)]
        command: plugin::PluginCommand,
    },
    /// Connect Slack
    Slack {
        #[command(subcommand)]
        command: SlackCommand,
    },
    /// Print what may be typed next after `run --`: shells call it
    #[command(hide = true)]
    Complete {
        #[command(flatten)]
        config: config_args::ConfigArgs,
        /// The words so far; the last one is completed
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Write shell completions to standard output
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Subcommand)]
enum SlackCommand {
    /// Write the manifest of the Slack app to standard output
    Manifest {
        /// Where Slack reaches this host
        #[arg(long, value_name = "https://HOST")]
        url: String,
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
            // Nothing can be done about a terminal that is gone.
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let ended = runtime.block_on(dispatch(cli));
    // A thread that reads standard input would be waited for until somebody types.
    runtime.shutdown_background();
    match ended {
        Ok(code) => ExitCode::from(code),
        Err(error) => failed(&error),
    }
}

async fn dispatch(cli: Cli) -> anyhow::Result<u8> {
    let log = |default| logging::start(cli.log, default);
    match cli.command {
        Command::Demo { once } => {
            log("error");
            demo::demo(once).await
        }
        Command::Run(args) => {
            log("error");
            run::run(args).await
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
        Command::Slack { command: SlackCommand::Manifest { url } } => slack_manifest::manifest(&url),
        Command::Completions { shell } => {
            print(&completions::script(shell))?;
            Ok(0)
        }
    }
}

/// Says what went wrong, with the cause of the cause.
fn failed(error: &anyhow::Error) -> ExitCode {
    // Whoever closed the pipe has read enough.
    let broken_pipe = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    if error.chain().any(broken_pipe) {
        return ExitCode::SUCCESS;
    }
    tell(&format!("claude-admin: {error:#}\n"));
    ExitCode::from(if setup_error::is_setup(error) { USAGE } else { FAILED })
}

/// Writes lines to standard error, in which nothing steers a terminal. Nothing can be done where nobody listens.
fn tell(text: &str) {
    use io::Write;
    let _ = io::stderr().lock().write_all(terminal::visible_lines(text).as_bytes());
}

/// Writes lines to standard output, in which nothing steers a terminal.
fn print_lines(text: &str) -> io::Result<()> {
    print(&terminal::visible_lines(text))
}

/// Writes to standard output. Whoever closed the pipe has read enough, which changes nothing of what is done and how it ends.
fn print(text: &str) -> io::Result<()> {
    match write_out(text) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Writes to standard output, and tells where nobody reads it any more.
fn write_out(text: &str) -> io::Result<()> {
    use io::Write;
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
