//! The platform of the organization.

use crate::{Action, Availability};
use serde::Deserialize;
use std::fmt;

/// The platform of the organization (`upstream.platform`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ApiPlatform {
    /// Anthropic's own API: Claude Console and Claude Enterprise organizations.
    #[default]
    Anthropic,
    /// Claude Platform on AWS.
    Aws,
}

impl ApiPlatform {
    /// Whether an action can exist there; true if its availability is not stated.
    #[must_use]
    pub fn offers(self, action: &Action) -> bool {
        let here = |place: &Availability| (*place == Availability::Aws) == (self == Self::Aws);
        action.available.is_empty() || action.available.iter().any(here)
    }
}

impl fmt::Display for ApiPlatform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Anthropic => "Anthropic (Claude Console and Claude Enterprise)",
            Self::Aws => Availability::Aws.label(),
        })
    }
}
