//! The groups that have a permission. People are not listed.

use super::policies::Policies;
use super::scope::Bound;
use super::vocabulary::KnownAction;
use cedar_policy::EntityUid;
use claude_admin_chat::identity::Principal;
use serde::Serialize;
use std::collections::BTreeSet;

/// The groups that the policy permits an action, under any condition. People are not listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Holders {
    /// The groups that are named in permits for the action.
    pub groups: BTreeSet<String>,
    /// Whether a permit names individual users.
    pub named_people: bool,
    /// Whether a permit applies to all users, or to all users of a tenant.
    pub everybody: bool,
}

impl Holders {
    /// Whether no policy permits the action.
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.groups.is_empty() && !self.named_people && !self.everybody
    }
}

impl Policies {
    /// Another user who is named in a permit, as the ID of the principal.
    #[must_use]
    pub fn second_person(&self, principal: &Principal) -> Option<String> {
        let own = principal.to_string();
        let permits = self.policies.iter().filter(|policy| policy.permits());
        let named = permits.flat_map(|policy| {
            let in_scope = match policy.who() {
                Bound::Only(uid) | Bound::In(uid) | Bound::TypeIn(_, uid) if uid.type_name().basename() == "User" => {
                    Some(uid.id().unescaped().to_owned())
                }
                _ => None,
            };
            let in_conditions = policy.conditions.iter().flat_map(|condition| condition.users.iter().cloned());
            in_scope.into_iter().chain(in_conditions)
        });
        named.into_iter().find(|named| *named != own)
    }

    /// The principals of the permits for an action.
    pub(super) fn holders(&self, action: &KnownAction) -> Holders {
        let mut holders = Holders::default();
        for policy in self.policies.iter().filter(|policy| policy.permits() && policy.is_about(action)) {
            match policy.who() {
                Bound::Only(_) => holders.named_people = true,
                Bound::In(uid) | Bound::TypeIn(_, uid) => holders.add(&uid),
                // Some policies name the group in a condition.
                Bound::Any | Bound::Type(_) => {
                    let clauses = policy.conditions.iter().filter(|condition| condition.when);
                    let groups: Vec<&String> = clauses.flat_map(|condition| &condition.groups).collect();
                    holders.everybody |= groups.is_empty();
                    holders.groups.extend(groups.into_iter().cloned());
                }
            }
        }
        holders
    }
}

impl Holders {
    fn add(&mut self, uid: &EntityUid) {
        match uid.type_name().basename() {
            "Group" => {
                self.groups.insert(uid.id().unescaped().to_owned());
            }
            "User" => self.named_people = true,
            _ => self.everybody = true,
        }
    }
}
