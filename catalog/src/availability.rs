//! The kinds of organization and the platforms in which an action exists.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A kind of organization, or a platform, in which an action exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Availability {
    /// Claude Platform organizations, managed in the Claude Console.
    Console,
    /// Claude Enterprise organizations.
    Enterprise,
    /// Organizations of Claude Platform on AWS.
    Aws,
}

impl Availability {
    /// Every word, in the order in which it is shown.
    pub const ALL: [Self; 3] = [Self::Console, Self::Enterprise, Self::Aws];

    /// The word in annotations, configuration and output.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Enterprise => "enterprise",
            Self::Aws => "aws",
        }
    }

    /// The name for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Console => "Claude Console",
            Self::Enterprise => "Claude Enterprise",
            Self::Aws => "Claude Platform on AWS",
        }
    }
}

impl fmt::Display for Availability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Availability {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or_else(|| format!("`{text}` is not one of console, enterprise, aws"))
    }
}
