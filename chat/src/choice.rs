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

    /// The command that decides so about a version of a request.
    #[must_use]
    pub fn command(self, operation: &str, version: u32) -> String {
        match self {
            Self::Confirm => format!("confirm {operation}.{version}"),
            Self::Approve => format!("approve {operation}.{version}"),
            Self::Reject => format!("deny {operation}.{version} --reason …"),
            // A cancellation ends the request with all versions of its plan.
            Self::Cancel => format!("cancel {operation}"),
        }
    }
}
