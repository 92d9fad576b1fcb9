//! Properties of the terminal that the program writes to, and the escaping of control characters.

use clap::ValueEnum;
use claude_admin::render::{Medium, json_escaped, visible};
use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

/// The width of a terminal that does not report its width.
const USUAL_COLUMNS: u16 = 80;

/// When to show colors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// When to show colors, if the command line says it.
static COLOR: OnceLock<Color> = OnceLock::new();
/// Standard output before a pager reads it.
static OUTPUT: OnceLock<(Medium, bool)> = OnceLock::new();

/// Sets when to show colors. Only the first call has an effect.
pub(super) fn set_color(color: Color) {
    let _ = COLOR.set(color);
}

/// The kind of standard output. A pager shows it as the terminal would.
pub(super) fn output() -> Medium {
    output_before_pager().0
}

/// Whether standard output is a terminal.
pub(super) fn output_is_terminal() -> bool {
    output_before_pager().1
}

fn output_before_pager() -> (Medium, bool) {
    *OUTPUT.get_or_init(|| (medium(&io::stdout()), io::stdout().is_terminal()))
}

/// The kind of standard error.
pub(super) fn errors() -> Medium {
    medium(&io::stderr())
}

/// Whether standard error shows colors.
pub(super) fn errors_have_colors() -> bool {
    has_color(io::stderr().is_terminal())
}

/// Whether a stream shows colors: it is a terminal with colors, and `NO_COLOR` is not set (<https://no-color.org>); unless
/// the command line says otherwise.
fn has_color(is_terminal: bool) -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    match COLOR.get().copied().unwrap_or_default() {
        Color::Auto => is_terminal && !is_set("NO_COLOR") && !is_dumb,
        Color::Always => true,
        Color::Never => false,
    }
}

#[cfg(unix)]
fn medium(stream: &(impl IsTerminal + std::os::fd::AsFd)) -> Medium {
    let columns = rustix::termios::tcgetwinsize(stream).ok().map(|size| size.ws_col);
    medium_of(stream.is_terminal(), columns)
}

#[cfg(not(unix))]
fn medium(stream: &impl IsTerminal) -> Medium {
    medium_of(stream.is_terminal(), None)
}

fn medium_of(is_terminal: bool, columns: Option<u16>) -> Medium {
    let has_color = has_color(is_terminal);
    match is_terminal || has_color {
        true => Medium::Terminal { columns: columns_or(columns), has_color },
        false => Medium::Stream,
    }
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
