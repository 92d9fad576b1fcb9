//! Structured events on standard error. They hold ids and canonical commands, never secrets or typed text.

use clap::ValueEnum;
use std::io;
use tracing_subscriber::EnvFilter;

const LEVEL_VARIABLE: &str = "CLAUDE_ADMIN_LOG";

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// For programs: one object a line.
    Json,
}

/// Starts logging at a level, unless `CLAUDE_ADMIN_LOG` names another.
pub(super) fn start(format: Option<LogFormat>, level: &str) {
    let level = if format.is_some() { "info" } else { level };
    let filter = EnvFilter::try_from_env(LEVEL_VARIABLE).unwrap_or_else(|_| EnvFilter::new(level));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    // Where nobody reads standard error any more, to complain there would be the end of whoever logs.
    let builder = builder.log_internal_errors(false);
    // Only the first call in a process counts, and there is only one.
    let _ = match format {
        Some(LogFormat::Json) => builder.json().try_init(),
        _ => builder.with_ansi(io::IsTerminal::is_terminal(&io::stderr())).with_target(false).try_init(),
    };
}
