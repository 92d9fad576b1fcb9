//! What the program knows of the terminal that it writes to, and what it spares it.

use claude_admin::render::{Medium, json_escaped, visible};
use std::io::{self, IsTerminal, Write};

/// How wide a terminal is that does not say so.
const USUAL_COLUMNS: u16 = 80;

/// What standard output is.
pub(super) fn output() -> Medium {
    medium(&io::stdout())
}

/// What standard error is.
pub(super) fn errors() -> Medium {
    medium(&io::stderr())
}

/// Whether standard error shows colours: a terminal that can, and nobody who asked for none (<https://no-color.org>).
pub(super) fn errors_have_colours() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stderr().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}

#[cfg(unix)]
fn medium(stream: &(impl IsTerminal + std::os::fd::AsFd)) -> Medium {
    let columns = || rustix::termios::tcgetwinsize(stream).ok().map(|size| size.ws_col);
    if stream.is_terminal() { Medium::Terminal { columns: columns_or(columns()) } } else { Medium::Stream }
}

#[cfg(not(unix))]
fn medium(stream: &impl IsTerminal) -> Medium {
    if stream.is_terminal() { Medium::Terminal { columns: columns_or(None) } } else { Medium::Stream }
}

/// What a terminal says of itself, else what `COLUMNS` says.
fn columns_or(told: Option<u16>) -> u16 {
    let variable = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    told.filter(|columns| *columns > 0).or_else(variable).filter(|columns| *columns > 0).unwrap_or(USUAL_COLUMNS)
}

/// Lines in which nothing steers the terminal.
pub(super) fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// Writes lines of JSON, in which what steers a terminal is escaped. Each write must be of whole characters.
pub(super) struct EscapedJson<W>(pub(super) W);

impl<W: Write> Write for EscapedJson<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(json_escaped(&String::from_utf8_lossy(bytes)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
