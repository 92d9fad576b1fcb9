//! Problems in a WIT package.

use std::fmt;

/// One problem in a WIT package, with its location and its remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The location: `users.wit:12:3`, or the name of the package if the location is not known.
    pub location: String,
    /// The item: `users.remove`, `users.user.role`.
    pub item: String,
    /// The problem.
    pub message: String,
    /// The correction.
    pub remedy: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}; {}", self.location, self.item, self.message, self.remedy)
    }
}

/// The cause why a WIT package is not a catalog.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The files could not be read.
    #[error("cannot read the WIT package at {path}: {source}")]
    Read {
        /// The folder or file.
        path: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The text is not WIT.
    #[error("the WIT package does not parse: {0}")]
    Syntax(String),
    /// The text is WIT, but its annotations contradict it, each other or the rules.
    #[error("the WIT package has {} problem(s):\n{}", .0.len(), lines(.0))]
    Problems(Vec<Problem>),
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}
