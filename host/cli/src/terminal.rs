//! Properties of the terminal that the program writes to, and the escaping of control characters.

use claude_admin::render::{Medium, json_escaped, visible};
use std::io::{self, IsTerminal, Write};

/// The width of a terminal that does not report its width.
const USUAL_COLUMNS: u16 = 80;

/// The kind of standard output.
pub(super) fn output() -> Medium {
    medium(&io::stdout())
}

/// The kind of standard error.
pub(super) fn errors() -> Medium {
    medium(&io::stderr())
}

/// Whether standard error shows colors: it is a terminal with colors, and `NO_COLOR` is not set
/// (<https://no-color.org>).
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

/// The width that the terminal reports, otherwise the value of `COLUMNS`.
fn columns_or(told: Option<u16>) -> u16 {
    let variable = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    told.filter(|columns| *columns > 0).or_else(variable).filter(|columns| *columns > 0).unwrap_or(USUAL_COLUMNS)
}

/// Lines with the control characters of terminals escaped.
pub(super) fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// Writes lines of JSON, with the control characters of terminals escaped. Each write must contain complete characters.
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
