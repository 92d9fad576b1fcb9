//! People, places, groups and actions as Cedar entities.

use super::asker::Asker;
use cedar_policy::{Entities, Entity, EntityId, EntityTypeName, EntityUid, ParseErrors, RestrictedExpression};
use claude_admin_chat::identity::{Place, PlaceParts, Platform, Principal, PrincipalParts};
use std::collections::{HashMap, HashSet};

/// The types of entities.
#[derive(Debug)]
pub(super) struct EntityTypes {
    user: EntityTypeName,
    place: EntityTypeName,
    tenant: EntityTypeName,
    group: EntityTypeName,
    action: EntityTypeName,
}

impl EntityTypes {
    /// Cedar parses names of types at run time, so the function returns a `Result`.
    pub(super) fn new() -> Result<Self, Box<ParseErrors>> {
        Ok(Self {
            user: "User".parse()?,
            place: "Place".parse()?,
            tenant: "Tenant".parse()?,
            group: "Group".parse()?,
            action: "Action".parse()?,
        })
    }

    /// `User::"slack:T1/U1"`.
    pub(super) fn user(&self, principal: &Principal) -> EntityUid {
        uid(&self.user, &principal.to_string())
    }

    /// `Place::"slack:T1/C1"`.
    pub(super) fn place(&self, place: &Place) -> EntityUid {
        uid(&self.place, &place.to_string())
    }

    /// `Tenant::"slack:T1"`; none if the platform has no tenants.
    fn tenant(&self, platform: Platform, tenant: &str) -> Option<EntityUid> {
        (!tenant.is_empty()).then(|| uid(&self.tenant, &format!("{}:{tenant}", platform.as_str())))
    }

    /// `Group::"admins"`.
    pub(super) fn group(&self, name: &str) -> EntityUid {
        uid(&self.group, name)
    }

    /// `Action::"users.remove"`.
    pub(super) fn action(&self, id: &str) -> EntityUid {
        uid(&self.action, id)
    }

    /// The requester, and all entities that contain the requester.
    pub(super) fn lineage_of_user(&self, asker: &Asker<'_>) -> HashSet<EntityUid> {
        let mut lineage = self.parents_of_user(asker);
        lineage.insert(self.user(asker.principal));
        lineage
    }

    /// The place, and all entities that contain it.
    pub(super) fn lineage_of_place(&self, place: &Place) -> HashSet<EntityUid> {
        self.tenant(place.platform, &place.tenant).into_iter().chain([self.place(place)]).collect()
    }

    fn parents_of_user(&self, asker: &Asker<'_>) -> HashSet<EntityUid> {
        let groups = asker.groups.iter().map(|name| self.group(name));
        groups.chain(self.tenant(asker.principal.platform, &asker.principal.tenant)).collect()
    }

    /// The entities that Cedar needs for one decision: the requester, the place, and the action with its groups.
    ///
    /// # Errors
    ///
    /// The error of Cedar. It is not expected: the entities are built here, and their attributes are plain texts.
    pub(super) fn entities(&self, asker: &Asker<'_>, action: &Entity) -> Result<Entities, String> {
        let PrincipalParts { platform, tenant, user } = &**asker.principal;
        let attributes = [("platform", platform.as_str()), ("tenant", tenant), ("id", user)];
        let user = Entity::new(self.user(asker.principal), texts(attributes), self.parents_of_user(asker));
        let PlaceParts { platform, tenant, channel } = &**asker.place;
        let attributes = [("platform", platform.as_str()), ("tenant", tenant)];
        let channel = channel.as_deref().map(|channel| ("channel", channel));
        let place = Entity::new(
            self.place(asker.place),
            texts(attributes.into_iter().chain(channel)),
            self.tenant(asker.place.platform, &asker.place.tenant).into_iter().collect(),
        );
        let user = user.map_err(|error| error.to_string())?;
        let place = place.map_err(|error| error.to_string())?;
        Entities::from_entities([user, place, action.clone()], None).map_err(|error| error.to_string())
    }
}

fn uid(ty: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(ty.clone(), EntityId::new(id))
}

fn texts<'a>(attributes: impl IntoIterator<Item = (&'a str, &'a str)>) -> HashMap<String, RestrictedExpression> {
    let text = |text: &str| RestrictedExpression::new_string(text.to_owned());
    attributes.into_iter().map(|(name, value)| (name.to_owned(), text(value))).collect()
}
