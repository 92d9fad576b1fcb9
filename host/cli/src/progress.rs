//! The progress of a run with several steps, or of a long read, as one line on the terminal that is written again.

use super::list_writer::ListWriter;
use super::terminal;
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
    shown: Option<String>,
}

impl ProgressLine {
    pub(super) fn new() -> Self {
        Self { is_terminal: std::io::stderr().is_terminal(), shown: None }
    }

    /// Waits a moment, then shows the progress if it changed. Never returns if no terminal shows it.
    pub(super) async fn next(&mut self, service: &Service, list: &ListWriter<'_>) {
        if !self.is_terminal {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(LOOK).await;
        let steps = service.progress().await.map(|(ended, steps)| format!("{ended} of {steps} steps ended"));
        // On a terminal, the rows themselves show the progress.
        let items = Some(list.items()).filter(|items| *items > 0 && !terminal::output_is_terminal());
        let progress = steps.or_else(|| items.map(|items| format!("{items} items read")));
        if let Some(progress) = progress
            && self.shown.as_ref() != Some(&progress)
        {
            write(&format!("{CLEAR}{progress}"));
            self.shown = Some(progress);
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
