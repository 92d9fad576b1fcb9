//! Shows the output for a person in a pager, as `git` and `gh` do: `CLAUDE_ADMIN_PAGER`, otherwise `PAGER`, otherwise
//! `less`, which exits immediately if the output fits on the screen.

use super::terminal;
use std::sync::{Mutex, PoisonError};

/// The pager of a command. It starts before the first output.
#[derive(Debug)]
pub(super) struct Pager {
    state: Mutex<State>,
}

#[derive(Debug)]
enum State {
    /// Not started, and whether it can start.
    Before { is_allowed: bool },
    /// It reads the output.
    Open(Open),
    /// All output is written, and the person still reads.
    Ending,
    /// No pager reads the output.
    None,
}

impl Pager {
    /// A pager for standard output, if that is a terminal.
    pub(super) fn new(is_allowed: bool) -> Self {
        Self { state: Mutex::new(State::Before { is_allowed: is_allowed && terminal::output_is_terminal() }) }
    }

    /// Starts the pager before the first output. A later call has no effect.
    pub(super) fn begin(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Before { is_allowed } = *state {
            let open = if is_allowed { Open::start() } else { None };
            *state = open.map_or(State::None, State::Open);
        }
    }

    /// Makes all later output go to the terminal itself.
    pub(super) fn forbid(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*state, State::Before { .. }) {
            *state = State::None;
        }
    }

    /// Whether a person can be reading in the pager.
    pub(super) fn is_open(&self) -> bool {
        !matches!(*self.state.lock().unwrap_or_else(PoisonError::into_inner), State::Before { .. } | State::None)
    }

    /// Ends the output, and waits until the person has read it.
    pub(super) fn finish(&self) {
        let state = std::mem::replace(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner), State::Ending);
        if let State::Open(open) = state {
            open.finish();
        }
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = State::None;
    }
}

#[cfg(unix)]
#[derive(Debug)]
struct Open {
    child: std::process::Child,
    terminal: std::os::fd::OwnedFd,
}

#[cfg(unix)]
impl Open {
    /// Starts a pager and sends standard output to it.
    fn start() -> Option<Self> {
        use std::process::{Command, Stdio};
        let command = command()?;
        let set = |name: &str| std::env::var_os(name).is_some();
        let mut pager = Command::new("sh");
        pager.args(["-c", &command]).stdin(Stdio::piped());
        // Exit if the output fits on one screen; show colors; do not clear the screen at the end.
        for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
            if !set(name) {
                pager.env(name, value);
            }
        }
        let terminal = rustix::io::dup(std::io::stdout()).ok()?;
        let mut child = pager.spawn().ok()?;
        let input = child.stdin.take()?;
        rustix::stdio::dup2_stdout(&input).ok()?;
        Some(Self { child, terminal })
    }

    fn finish(mut self) {
        use std::io::Write;
        // The pager can have ended before. Without its terminal, standard output closes with the process.
        let _ = std::io::stdout().flush();
        let _ = rustix::stdio::dup2_stdout(&self.terminal);
        let _ = self.child.wait();
    }
}

/// The command of the pager; none if no pager is wanted, or if its program does not exist.
#[cfg(unix)]
fn command() -> Option<String> {
    let set = |name: &str| std::env::var(name).ok();
    let command = set("CLAUDE_ADMIN_PAGER").or_else(|| set("PAGER")).unwrap_or_else(|| "less".to_owned());
    let program = command.split_whitespace().next()?;
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if command.trim() == "cat" || is_dumb {
        return None;
    }
    let folders = std::env::var_os("PATH").unwrap_or_default();
    let exists = program.contains('/') || std::env::split_paths(&folders).any(|folder| folder.join(program).is_file());
    exists.then_some(command)
}

#[cfg(not(unix))]
#[derive(Debug)]
enum Open {}

#[cfg(not(unix))]
impl Open {
    fn start() -> Option<Self> {
        None
    }

    fn finish(self) {
        match self {}
    }
}
