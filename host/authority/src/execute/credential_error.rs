//! The reasons why no credential grants access to an action.

use claude_admin_catalog::ApiPlatform;

/// The reason why no request of an action can be sent with the credentials of this host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CredentialError {
    /// The host has no credential of the required kind.
    #[error("`{command}` needs {needed}; the host has {held}")]
    Missing {
        /// The command.
        command: String,
        /// The credentials that would grant access.
        needed: String,
        /// The credentials that the host has.
        held: String,
    },
    /// The action does not exist on the platform of the organization.
    #[error("`{command}` is not available on {platform}; it exists on {available}")]
    Unavailable {
        /// The command.
        command: String,
        /// The platform.
        platform: ApiPlatform,
        /// The platforms on which the action exists.
        available: String,
    },
    /// The workload identity did not return a credential.
    #[error(transparent)]
    Workload(#[from] WorkloadError),
}

/// The reason why there is no access token. It contains no secret.
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
    /// The file does not contain a token.
    #[error("{0} does not contain a JSON web token of at most 16 KiB")]
    NoToken(String),
    /// There was no response.
    #[error("the token of the workload could not be exchanged: {0}")]
    Transport(String),
    /// The API did not accept the token.
    #[error("the API did not accept the token of the workload (status {status}: {message})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The message of the API.
        message: String,
    },
    /// The response was not understood.
    #[error("the response of the API to the token exchange is not an access token")]
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
