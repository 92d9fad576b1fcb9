//! Writes a long list to standard output while it is read.

use super::pager::Pager;
use super::{terminal, write_out};
use claude_admin::command::Format;
use claude_admin::render::Parts;
use claude_admin::service::{Part, PartSink};
use serde_json::Value;
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Writes to standard output.
pub(super) struct ListWriter<'p> {
    format: Format,
    pager: &'p Pager,
    /// The number of items that were written.
    items: AtomicUsize,
    /// The list that was started, or why it cannot be written.
    begun: Mutex<Option<io::Result<Parts>>>,
}

impl<'p> ListWriter<'p> {
    pub(super) fn new(format: Format, pager: &'p Pager) -> Self {
        Self { format, pager, items: AtomicUsize::new(0), begun: Mutex::new(None) }
    }

    /// The number of items that were written.
    pub(super) fn items(&self) -> usize {
        self.items.load(Ordering::Relaxed)
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

impl PartSink for ListWriter<'_> {
    fn take(&self, part: Part<'_>) -> ControlFlow<()> {
        self.pager.begin();
        let items = part.page.get("data").and_then(Value::as_array).map_or(0, Vec::len);
        self.items.fetch_add(items, Ordering::Relaxed);
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let parts =
            begun.take().unwrap_or_else(|| Ok(Parts::on(part.format.unwrap_or(self.format), terminal::output())));
        let written = parts.and_then(|mut parts| write_out(&parts.part(&part)).map(|()| parts));
        let flow = if written.is_err() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        *begun = Some(written);
        flow
    }
}
