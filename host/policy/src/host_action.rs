//! The actions of the host itself, in addition to the actions of the catalog.

use std::fmt;
use std::str::FromStr;

/// An action of the host itself, about which the policy decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostAction {
    /// Read the audit log.
    ReadAudit,
    /// Read the policy and the permissions of users.
    ReadPolicy,
}

impl HostAction {
    /// All actions of the host itself.
    pub const ALL: [Self; 2] = [Self::ReadAudit, Self::ReadPolicy];

    /// The group of these actions: `Action::"host"`.
    pub const GROUP: &str = "host";

    /// The id in policies: `Action::"audit.read"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadAudit => "audit.read",
            Self::ReadPolicy => "policy.read",
        }
    }

    /// The summary in a few words.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::ReadAudit => "Read the audit log",
            Self::ReadPolicy => "Read the policy and the permissions of users",
        }
    }
}

impl fmt::Display for HostAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for HostAction {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|action| action.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not one of {}", Self::ALL.map(Self::as_str).join(", ")))
    }
}
