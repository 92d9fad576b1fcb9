//! The arguments of a playbook.

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

    /// The current time, RFC 3339.
    #[expect(dead_code, reason = "the playbooks about keys and reports need it")]
    pub(crate) fn now(&self) -> &str {
        &self.now
    }
}
