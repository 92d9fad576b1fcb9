//! The risk of an action, which the WIT text states and [`risk_floor`](crate::risk_floor) raises for another package.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The risk of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Risk {
    /// The action changes nothing.
    Read,
    /// The action changes nothing, and shows text or files that people wrote.
    Confidential,
    /// The action makes a change that can be reverted.
    Reversible,
    /// The action interrupts the work of a person.
    Disruptive,
    /// The action cannot be undone.
    Irreversible,
}

impl Risk {
    /// Every level, in ascending order.
    pub const ALL: [Self; 5] = [Self::Read, Self::Confidential, Self::Reversible, Self::Disruptive, Self::Irreversible];

    /// The word in annotations, configuration and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Confidential => "confidential",
            Self::Reversible => "reversible",
            Self::Disruptive => "disruptive",
            Self::Irreversible => "irreversible",
        }
    }
}

impl Risk {
    /// Whether an action of this level is a write.
    #[must_use]
    pub fn writes(self) -> bool {
        self > Self::Confidential
    }
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Risk {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|risk| risk.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not one of read, confidential, reversible, disruptive, irreversible"))
    }
}
