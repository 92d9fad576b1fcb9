//! Structured log events on standard error. They contain IDs and canonical commands, never secrets or typed text.

use super::terminal::{EscapedJson, errors_have_colors};
use clap::ValueEnum;
use claude_admin::render::visible;
use std::fmt;
use std::io;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::format::{Writer, debug_fn};

const LEVEL_VARIABLE: &str = "CLAUDE_ADMIN_LOG";

/// The format of log events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// Text for people
    Text,
    /// JSON for programs, one object per line
    Json,
}

/// Starts logging at a level, unless `CLAUDE_ADMIN_LOG` sets another level.
pub(super) fn start(format: Option<LogFormat>, level: &str) {
    let level = if format.is_some() { "info" } else { level };
    let filter = EnvFilter::try_from_env(LEVEL_VARIABLE).unwrap_or_else(|_| EnvFilter::new(level));
    let builder = tracing_subscriber::fmt().with_env_filter(filter);
    // If standard error is closed, the error message of the logger would panic the task that logs.
    let builder = builder.log_internal_errors(false);
    // Only the first call in a process has an effect, and there is only one.
    let _ = match format {
        Some(LogFormat::Json) => builder.with_writer(|| EscapedJson(io::stderr())).json().try_init(),
        _ => builder
            .with_writer(io::stderr)
            .with_ansi(errors_have_colors())
            .with_target(false)
            .fmt_fields(debug_fn(field).delimited(" "))
            .try_init(),
    };
}

/// A field of an event on one line, with the control characters of terminals escaped: values can come from outside.
fn field(writer: &mut Writer<'_>, field: &tracing::field::Field, value: &dyn fmt::Debug) -> fmt::Result {
    let value = format!("{value:?}").replace('\n', "\\n");
    match field.name() {
        "message" => write!(writer, "{}", visible(&value)),
        name => write!(writer, "{name}={}", visible(&value)),
    }
}
