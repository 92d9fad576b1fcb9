//! Writes a long list to standard output while it is read.

use super::{terminal, write_out};
use claude_admin::command::Format;
use claude_admin::render::Parts;
use claude_admin::service::{Part, PartSink};
use std::io;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

/// Writes to standard output.
pub(super) struct ListWriter {
    format: Format,
    /// The list that was started, or why it cannot be written.
    begun: Mutex<Option<io::Result<Parts>>>,
}

impl ListWriter {
    pub(super) fn new(format: Format) -> Self {
        Self { format, begun: Mutex::new(None) }
    }

    /// The list that was started, if any. The part after its rows is not written yet.
    ///
    /// # Errors
    ///
    /// Why the list cannot be written: a closed pipe or a full disk.
    pub(super) fn finish(&self) -> io::Result<Option<Parts>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner).take().transpose()
    }
}

impl PartSink for ListWriter {
    fn take(&self, part: Part<'_>) -> ControlFlow<()> {
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let parts =
            begun.take().unwrap_or_else(|| Ok(Parts::on(part.format.unwrap_or(self.format), terminal::output())));
        let written = parts.and_then(|mut parts| write_out(&parts.part(&part)).map(|()| parts));
        let flow = if written.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        *begun = Some(written);
        flow
    }
}
