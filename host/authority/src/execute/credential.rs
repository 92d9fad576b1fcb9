//! Why no credential opens an action.

use claude_admin_catalog::ApiPlatform;

/// Why no request of an action can be sent with the credentials of this host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The host has none of that kind.
    #[error("`{command}` needs {needed}; the host has {held}")]
    Missing {
        /// The command.
        command: String,
        /// What would open it.
        needed: String,
        /// What is there.
        held: String,
    },
    /// The action does not exist on the platform of the organization.
    #[error("`{command}` is not available on {platform}; it exists on {available}")]
    Unavailable {
        /// The command.
        command: String,
        /// The platform.
        platform: ApiPlatform,
        /// Where it exists.
        available: String,
    },
    /// The workload identity gave none.
    #[error(transparent)]
    Workload(#[from] WorkloadError),
}

/// Why there is no access token. No secret is part of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WorkloadError {
    /// The file cannot be read.
    #[error("cannot read the token of the workload in {path}: {cause}")]
    Read {
        /// The file.
        path: String,
        /// The cause.
        cause: String,
    },
    /// The file does not hold a token.
    #[error("{0} does not hold a JSON web token of at most 16 KiB")]
    NoToken(String),
    /// No answer came.
    #[error("the token of the workload could not be exchanged: {0}")]
    Transport(String),
    /// The API refused.
    #[error("the API refused the token of the workload (status {status}: {message})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// What the API said.
        message: String,
    },
    /// The answer was not understood.
    #[error("the API answered the exchange with something else than an access token")]
    Answer,
}

impl WorkloadError {
    /// Whether the exchange was sent, or might have been.
    #[must_use]
    pub fn is_after_sending(&self) -> bool {
        match self {
            Self::Read { .. } | Self::NoToken(_) => false,
            Self::Transport(_) | Self::Refused { .. } | Self::Answer => true,
        }
    }
}
