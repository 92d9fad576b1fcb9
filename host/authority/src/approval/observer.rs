//! The stages of a write, at each of which a host can end.

use std::fmt;

/// A stage of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The plan is made and recorded.
    Planned,
    /// The request is pending, on disk.
    Requested,
    /// Everything is decided; the intent is not recorded yet.
    Decided,
    /// The intent is on disk; nothing was sent yet.
    Intent,
    /// The API responded, or did not respond; this is not recorded yet.
    Answered,
    /// The outcome is on disk.
    Ended,
}

impl Stage {
    /// Every stage, in order.
    pub const ALL: [Self; 6] =
        [Self::Planned, Self::Requested, Self::Decided, Self::Intent, Self::Answered, Self::Ended];
}

/// Is notified of every stage. A test ends the host there.
pub trait Observer: fmt::Debug + Send + Sync {
    /// A write reached a stage.
    fn reached(&self, stage: Stage);
}

/// Does nothing at any stage.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoObserver;

impl Observer for NoObserver {
    fn reached(&self, _: Stage) {}
}
