//! The decisions about a pending request.

use serde::{Deserialize, Serialize};

/// A decision about a pending request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// The requester confirms the request.
    Confirm,
    /// An approver approves the request.
    Approve,
    /// An approver rejects the request.
    Reject,
    /// The requester cancels the request.
    Cancel,
}

impl Choice {
    /// The name of the choice.
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
