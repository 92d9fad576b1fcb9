//! The progress of a run with several steps, as one line on the terminal that is written again.

use claude_admin::service::Service;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// The time between two looks.
const LOOK: Duration = Duration::from_millis(300);
/// Returns to the start of the line, and clears it.
const CLEAR: &str = "\r\x1b[K";

/// The line.
pub(super) struct ProgressLine {
    is_terminal: bool,
    shown: Option<(usize, usize)>,
}

impl ProgressLine {
    pub(super) fn new() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal(), shown: None }
    }

    /// Waits a moment, then shows the progress if it changed. Never returns if no terminal shows it.
    pub(super) async fn next(&mut self, service: &Service) {
        if !self.is_terminal {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(LOOK).await;
        let progress = service.progress().await;
        if progress.is_some() && progress != self.shown {
            let (ended, steps) = progress.unwrap_or_default();
            write(&format!("{CLEAR}{ended} of {steps} steps ended"));
            self.shown = progress;
        }
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if self.shown.is_some() {
            write(CLEAR);
        }
    }
}

/// Writes to standard error. If it is closed, nothing reads the progress.
fn write(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}
