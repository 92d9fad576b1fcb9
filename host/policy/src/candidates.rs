//! The users who could be permitted an action under some condition. These users could approve it.

use super::policies::Policies;
use super::scope::Bound;
use cedar_policy::EntityUid;
use claude_admin_catalog::Action;
use claude_admin_chat::identity::Principal;
use std::collections::BTreeSet;

/// The principals in the permits for an action.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Candidates {
    /// People who are named.
    pub people: BTreeSet<Principal>,
    /// Groups, by their names.
    pub groups: BTreeSet<String>,
    /// Whether a permit applies to all users, or to all users of a tenant.
    pub everybody: bool,
}

impl Policies {
    /// The users who could be permitted an action.
    #[must_use]
    pub fn candidates(&self, action: &Action) -> Candidates {
        let mut candidates = Candidates::default();
        let Some(action) = self.vocabulary.action(&action.id) else { return candidates };
        for policy in self.policies.iter().filter(|policy| policy.permits() && policy.is_about(action)) {
            match policy.who() {
                Bound::Only(uid) | Bound::In(uid) | Bound::TypeIn(_, uid) => candidates.add(&uid),
                // A condition can narrow this; it is not evaluated.
                Bound::Any | Bound::Type(_) => candidates.everybody = true,
            }
        }
        candidates
    }
}

impl Candidates {
    fn add(&mut self, uid: &EntityUid) {
        let id = uid.id().unescaped();
        match uid.type_name().basename() {
            "Group" => _ = self.groups.insert(id.to_owned()),
            "User" => match id.parse() {
                Ok(principal) => _ = self.people.insert(principal),
                Err(_) => self.everybody = true,
            },
            _ => self.everybody = true,
        }
    }
}
