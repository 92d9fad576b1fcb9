//! The risk of an action: the `@risk` that its WIT text states, `read` for a `GET` without one, and otherwise the highest.
//!
//! For a package other than the embedded one, [`risk_floor`](crate::risk_floor) can raise it.

use crate::Method;
use crate::annotation::Docs;
use crate::check::{Checker, Item};
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

    /// Whether an action of this level always needs a reason.
    #[must_use]
    pub fn needs_reason(self) -> bool {
        matches!(self, Self::Confidential | Self::Disruptive | Self::Irreversible)
    }
}

/// The risk of an action without a stated risk: the highest one, because that is the safest assumption.
const UNSTATED: Risk = Risk::Irreversible;

impl Checker<'_> {
    /// The risk of a function. A `GET` needs no annotation.
    pub(crate) fn risk(&mut self, docs: &Docs, item: &Item, method: Method) -> Risk {
        match docs.values("risk").next() {
            Some(text) => self.parsed(text, item).unwrap_or(UNSTATED),
            None if method == Method::Get => Risk::Read,
            None => {
                self.problem(
                    item,
                    format!("a {method} has no `@risk`"),
                    "write `@risk read`, `confidential`, `reversible`, `disruptive` or `irreversible`",
                );
                UNSTATED
            }
        }
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
