//! The steps of a write, at each of which a host may end.

use std::fmt;

/// A step of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// The plan is made, and recorded.
    Planned,
    /// It waits, on disk.
    Requested,
    /// Everything is decided; the intent is not recorded yet.
    Decided,
    /// The intent is on disk; nothing was sent yet.
    Intent,
    /// The API answered, or did not; nothing of that is recorded yet.
    Answered,
    /// The outcome is on disk.
    Ended,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Self; 6] =
        [Self::Planned, Self::Requested, Self::Decided, Self::Intent, Self::Answered, Self::Ended];
}

/// Is told of every step: a test ends the host there.
pub trait Steps: fmt::Debug + Send + Sync {
    /// A step was reached.
    fn reached(&self, step: Step);
}

/// Does nothing at any step.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSteps;

impl Steps for NoSteps {
    fn reached(&self, _: Step) {}
}
