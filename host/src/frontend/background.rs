//! Work that goes on after its request was answered.

use tokio_util::task::TaskTracker;

/// Work that goes on after its request was answered. A host that stops waits for it.
#[derive(Debug, Clone, Default)]
pub struct Background {
    tracker: TaskTracker,
}

impl Background {
    /// Starts a piece of work and returns the handle to its result.
    pub fn spawn<F>(&self, work: F) -> tokio::task::JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tracker.spawn(work)
    }

    /// Waits until all of it is finished.
    pub async fn finish(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}
