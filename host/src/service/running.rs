//! The operations that this process is running.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The IDs of the running operations.
#[derive(Debug, Default)]
pub(super) struct Running {
    operations: Mutex<HashSet<String>>,
}

/// A running operation. It counts as running until this is dropped.
#[derive(Debug)]
pub(super) struct Run {
    operation: String,
    all: Arc<Running>,
}

impl Running {
    /// Adds an operation.
    pub(super) fn begin(self: &Arc<Self>, operation: &str) -> Run {
        self.operations().insert(operation.to_owned());
        Run { operation: operation.to_owned(), all: Arc::clone(self) }
    }

    /// Whether an operation is running.
    pub(super) fn has(&self, operation: &str) -> bool {
        self.operations().contains(operation)
    }

    fn operations(&self) -> MutexGuard<'_, HashSet<String>> {
        self.operations.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.all.operations().remove(&self.operation);
    }
}
