//! What the host itself offers, beside the actions of the catalog.

use std::fmt;
use std::str::FromStr;

/// Something that the host itself offers, and that the policy decides about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostAction {
    /// Look into the audit trail.
    ReadAudit,
    /// See the policy, and who may do what.
    ReadPolicy,
}

impl HostAction {
    /// Everything that the host offers.
    pub const ALL: [Self; 2] = [Self::ReadAudit, Self::ReadPolicy];

    /// The group that all of them are in: `Action::"host"`.
    pub const GROUP: &str = "host";

    /// The id in policies: `Action::"audit.read"`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadAudit => "audit.read",
            Self::ReadPolicy => "policy.read",
        }
    }

    /// What it does, in a few words.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::ReadAudit => "Look into the audit trail",
            Self::ReadPolicy => "See the policy, and who may do what",
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
