//! What the operator must change.

use crate::config::ConfigError;

/// What the operator must change before the host can start.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct SetupError(pub(super) String);

/// Whether an error is one that the operator must mend, and no failure of the host.
pub(super) fn is_setup(error: &anyhow::Error) -> bool {
    error.is::<ConfigError>() || error.is::<SetupError>()
}
