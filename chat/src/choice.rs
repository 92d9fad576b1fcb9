//! What people decide about what waits.

use serde::{Deserialize, Serialize};

/// What somebody decides about what waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// The requester wants it done.
    Confirm,
    /// Somebody else agrees.
    Approve,
    /// Somebody else does not agree.
    Reject,
    /// The requester does not want it any more.
    Cancel,
}

impl Choice {
    /// The word of the choice.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Cancel => "cancel",
        }
    }
}
