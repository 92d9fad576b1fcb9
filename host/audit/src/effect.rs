//! The effect of an action on the objects of the API, in the four words of OCSF.

use claude_admin_catalog::{Action, Catalog, Method, Risk, Segment};
use serde::{Deserialize, Serialize};

/// The effect of an action on the objects of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// It creates an object.
    Create,
    /// It changes no object.
    Read,
    /// It changes an object.
    Update,
    /// It deletes an object, or ends its use permanently.
    Delete,
}

impl Effect {
    /// The effect of an action, from its method, its path and its risk; never from its name.
    #[must_use]
    pub fn of(catalog: &Catalog, action: &Action) -> Self {
        let path = &action.http.path;
        let is_listed =
            || catalog.actions.iter().any(|other| other.http.method == Method::Get && other.http.path == *path);
        let names_an_object = path.params().next().is_some();
        match action.http.method {
            _ if !action.writes() => Self::Read,
            Method::Delete => Self::Delete,
            // A collection that can be listed gets a new member.
            Method::Post if is_listed() && !matches!(path.segments().last(), Some(Segment::Param(_))) => Self::Create,
            Method::Post if !names_an_object => Self::Create,
            _ if action.risk == Risk::Irreversible => Self::Delete,
            _ => Self::Update,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_admin_catalog::testing::catalog;

    #[test]
    fn effect_follows_from_method_path_and_risk() {
        let effect = |id: &str| Effect::of(catalog(), catalog().action(id).unwrap());
        for (effects, expected) in [
            (["users.get", "cost.report", "usage.messages", "compliance-chats.messages"], Effect::Read),
            (["invites.create", "workspaces.create", "workspace-members.add", "webhooks.create"], Effect::Create),
            (["users.update", "users.sign-out", "workspaces.update", "tunnels.rotate-token"], Effect::Update),
            (["users.remove", "invites.delete", "workspaces.archive", "tunnels.archive"], Effect::Delete),
        ] {
            for id in effects {
                assert_eq!(effect(id), expected, "{id}");
            }
        }
        for action in &catalog().actions {
            assert_eq!(effect(&action.id) == Effect::Read, !action.writes(), "{}", action.id);
        }
    }
}
