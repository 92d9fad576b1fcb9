//! The requester of a question, and the place.

use claude_admin_chat::identity::{Place, Principal};
use std::collections::BTreeSet;

/// The requester and the place.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    /// The requester.
    pub principal: &'a Principal,
    /// The groups of the requester: names of the configuration, and `slack:TEAM/SXXX` for user groups of Slack.
    pub groups: &'a BTreeSet<String>,
    /// The place.
    pub place: &'a Place,
}
