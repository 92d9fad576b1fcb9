//! The arguments of a playbook.

use jiff::Timestamp;

/// The arguments of a playbook, and the current time.
#[derive(Debug)]
pub(crate) struct Arguments {
    given: Vec<(String, String)>,
    now: String,
}

impl Arguments {
    pub(crate) fn new(given: Vec<(String, String)>, now: String) -> Self {
        Self { given, now }
    }

    /// Every value of an argument.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.given.iter().filter(move |(given, _)| given == name).map(|(_, value)| value.as_str())
    }

    /// The value of an argument.
    pub(crate) fn one(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }

    /// The current time.
    pub(crate) fn now(&self) -> Result<Timestamp, String> {
        self.now.parse().map_err(|_| format!("`{}` is not a time.", self.now))
    }
}
