//! Errors that the host administrator must fix.

use crate::config::ConfigError;

/// A problem that the host administrator must fix before the host can start.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct SetupError(pub(super) String);

/// Whether the host administrator must fix an error, and the host did not fail.
pub(super) fn is_setup(error: &anyhow::Error) -> bool {
    error.is::<ConfigError>() || error.is::<SetupError>()
}
