//! What the operator must change.

/// What the operator must change before the host can start.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct SetupError(pub(super) String);
