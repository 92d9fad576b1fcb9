//! The scope of a policy: the principal, the action and the resource in its head, without its conditions.

use super::Asker;
use super::loaded_policy::LoadedPolicy;
use super::policies::Policies;
use super::vocabulary::KnownAction;
use cedar_policy::{ActionConstraint, EntityTypeName, EntityUid, PrincipalConstraint, ResourceConstraint};
use claude_admin_catalog::Action;
use std::collections::HashSet;

/// The constraint of a scope on the requester or on the place.
#[derive(Debug, Clone)]
pub(super) enum Bound {
    /// All entities.
    Any,
    /// Only this entity.
    Only(EntityUid),
    /// This entity and all entities in it.
    In(EntityUid),
    /// Everything of a type.
    Type(EntityTypeName),
    /// Entities of a type in this entity.
    TypeIn(EntityTypeName, EntityUid),
}

impl Bound {
    /// Whether an entity fits, given the entity and all entities that contain it.
    pub(super) fn holds(&self, entity: &EntityUid, lineage: &HashSet<EntityUid>) -> bool {
        match self {
            Self::Any => true,
            Self::Only(uid) => uid == entity,
            Self::In(uid) => lineage.contains(uid),
            Self::Type(ty) => entity.type_name() == ty,
            Self::TypeIn(ty, uid) => entity.type_name() == ty && lineage.contains(uid),
        }
    }
}

impl From<PrincipalConstraint> for Bound {
    fn from(constraint: PrincipalConstraint) -> Self {
        match constraint {
            PrincipalConstraint::Any => Self::Any,
            PrincipalConstraint::Eq(uid) => Self::Only(uid),
            PrincipalConstraint::In(uid) => Self::In(uid),
            PrincipalConstraint::Is(ty) => Self::Type(ty),
            PrincipalConstraint::IsIn(ty, uid) => Self::TypeIn(ty, uid),
        }
    }
}

impl From<ResourceConstraint> for Bound {
    fn from(constraint: ResourceConstraint) -> Self {
        match constraint {
            ResourceConstraint::Any => Self::Any,
            ResourceConstraint::Eq(uid) => Self::Only(uid),
            ResourceConstraint::In(uid) => Self::In(uid),
            ResourceConstraint::Is(ty) => Self::Type(ty),
            ResourceConstraint::IsIn(ty, uid) => Self::TypeIn(ty, uid),
        }
    }
}

impl LoadedPolicy {
    /// The constraint on the requester.
    pub(super) fn who(&self) -> Bound {
        self.cedar.principal_constraint().into()
    }

    /// Which places it is about.
    pub(super) fn whereabouts(&self) -> Bound {
        self.cedar.resource_constraint().into()
    }

    /// Whether it is about an action.
    pub(super) fn is_about(&self, action: &KnownAction) -> bool {
        match self.cedar.action_constraint() {
            ActionConstraint::Any => true,
            ActionConstraint::Eq(uid) => uid == action.entity.uid(),
            ActionConstraint::In(uids) => uids.iter().any(|uid| action.lineage.contains(uid)),
        }
    }
}

impl Policies {
    /// Whether there can be arguments, a reason and a time for which a user can run this action here. Help lists these
    /// actions.
    ///
    /// Conditions are ignored, because they depend on values that are not known yet. A permit counts if its scope
    /// matches. A forbid counts only if it has no condition. The result can be true for an action that is denied later,
    /// but is never false for an action that is permitted.
    #[must_use]
    pub fn may_ever(&self, asker: &Asker<'_>, action: &Action) -> bool {
        let Some(action) = self.vocabulary.action(&action.id) else { return false };
        let types = &self.vocabulary.types;
        let (user, place) = (types.user(asker.principal), types.place(asker.place));
        let (users, places) = (types.lineage_of_user(asker), types.lineage_of_place(asker.place));
        let matches = |policy: &&LoadedPolicy| {
            policy.is_about(action) && policy.who().holds(&user, &users) && policy.whereabouts().holds(&place, &places)
        };
        let mut matching = self.policies.iter().filter(matches);
        let mut permitted = false;
        matching.all(|policy| {
            permitted |= policy.permits();
            policy.permits() || policy.cedar.has_non_scope_constraint()
        }) && permitted
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{action, policies, someone};

    #[test]
    fn conditions_are_not_looked_at() {
        for (text, expected) in [
            ("", false),
            ("permit(principal, action, resource) when { context has reason };", true),
            ("permit(principal, action == Action::\"users.get\", resource);", false),
            ("permit(principal in Group::\"admins\", action, resource);", false),
            (
                "permit(principal is User in Group::\"viewers\", action in [Action::\"invites\", Action::\"users\"], resource);",
                true,
            ),
            (
                "permit(principal in Tenant::\"slack:T1\", action in Action::\"read\", resource == Place::\"slack:T1/C1\");",
                true,
            ),
            ("permit(principal, action, resource == Place::\"slack:T1\");", false),
            ("permit(principal, action, resource is Place in Tenant::\"slack:T1\");", true),
            (
                "permit(principal, action, resource); forbid(principal, action, resource in Tenant::\"slack:T1\");",
                false,
            ),
            ("permit(principal, action, resource); forbid(principal, action, resource in Tenant::\"slack:T2\");", true),
            (
                "permit(principal, action, resource); forbid(principal, action, resource) unless { context has reason };",
                true,
            ),
            (
                "permit(principal, action, resource); forbid(principal == User::\"slack:T1/U1\", action, resource);",
                false,
            ),
        ] {
            let found = policies(text).may_ever(&someone(&["viewers"]).asker(), action("users.list"));
            assert_eq!(found, expected, "{text}");
        }
    }
}
