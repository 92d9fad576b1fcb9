//! The vocabulary of policies: the actions with the Cedar types of their arguments, and the schema made of them.

use super::HostAction;
use super::asker::Asker;
use super::declared::{Argument, Declared, WRITE};
use super::entity::EntityTypes;
use super::problem::{PolicyErrors, PolicyProblem};
use super::question_cache::QuestionCache;
use super::schema_json::schema;
use cedar_policy::{Entities, Entity, EntityUid, Schema};
use claude_admin_catalog::{Catalog, PlaybookForm, Risk};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::OnceLock;

/// An action, as policies see it.
#[derive(Debug)]
pub(super) struct KnownAction {
    /// `Action::"users.remove"`, with the groups that it is in.
    pub(super) entity: Entity,
    /// These groups and the action itself.
    pub(super) lineage: HashSet<EntityUid>,
    /// The risks whose minimum requirements apply to it.
    pub(super) risks: Vec<Risk>,
    declared: Declared,
    /// The schema of only this action.
    schema: OnceLock<Result<Schema, PolicyErrors>>,
}

impl KnownAction {
    fn new(types: &EntityTypes, declared: Declared, risks: Vec<Risk>) -> Self {
        let uid = types.action(&declared.id);
        let parents: HashSet<EntityUid> = declared.groups.iter().map(|group| types.action(group)).collect();
        let lineage = parents.iter().cloned().chain([uid.clone()]).collect();
        let entity = Entity::new_no_attrs(uid, parents);
        Self { entity, lineage, risks, declared, schema: OnceLock::new() }
    }

    /// Its arguments.
    pub(super) fn arguments(&self) -> &[Argument] {
        self.declared.arguments.as_deref().unwrap_or_default()
    }
}

/// The vocabulary of policies.
#[derive(Debug)]
pub struct Vocabulary {
    /// The types of entities.
    pub(super) types: EntityTypes,
    /// The schema of all actions. It is built when policies are first checked against it.
    whole: OnceLock<Result<Schema, PolicyErrors>>,
    /// Actions of the catalog and of the host, by id.
    actions: HashMap<String, KnownAction>,
    /// The groups of actions.
    groups: BTreeSet<String>,
    /// The cached parts of earlier requests.
    pub(super) remembered: QuestionCache,
}

impl Vocabulary {
    /// Builds the vocabulary of policies for a catalog.
    ///
    /// # Errors
    ///
    /// The names of the catalog that conflict with names of the host.
    pub fn of(catalog: &Catalog) -> Result<Self, PolicyErrors> {
        Self::check_names(catalog)?;
        let types = EntityTypes::new().map_err(|error| {
            PolicyErrors(vec![PolicyProblem::of_catalog(format!("Cedar rejects their schema: {error}"))])
        })?;
        let of_catalog = catalog
            .actions
            .iter()
            .map(|action| KnownAction::new(&types, Declared::action(catalog, action), action.risks().collect()));
        let of_host = HostAction::ALL
            .into_iter()
            .map(|action| KnownAction::new(&types, Declared::host(action), vec![Risk::Read]));
        let of_playbooks =
            catalog.playbooks.iter().map(|form| KnownAction::new(&types, Declared::playbook(form), vec![Risk::Read]));
        let actions =
            of_catalog.chain(of_host).chain(of_playbooks).map(|action| (action.declared.id.clone(), action)).collect();
        let groups = group_names(catalog).map(str::to_owned).collect();
        Ok(Self { actions, groups, types, whole: OnceLock::new(), remembered: QuestionCache::default() })
    }

    /// The schema of all actions, against which policies are checked.
    ///
    /// # Errors
    ///
    /// The error of Cedar, if it rejects the schema.
    pub(super) fn schema(&self) -> Result<&Schema, PolicyErrors> {
        let groups = self.groups.iter().map(String::as_str);
        let whole = self.whole.get_or_init(|| schema(groups, self.actions.values().map(|action| &action.declared)));
        whole.as_ref().map_err(Clone::clone)
    }

    /// A schema that contains this action, against which requests for it are checked. Building the schema of all
    /// actions takes time, and a host whose policy needs no check does not need it.
    pub(super) fn schema_with<'a>(&'a self, action: &'a KnownAction) -> Result<&'a Schema, PolicyErrors> {
        if let Some(Ok(whole)) = self.whole.get() {
            return Ok(whole);
        }
        let groups = action.declared.groups.iter().map(String::as_str);
        let own = action.schema.get_or_init(|| schema(groups, [&action.declared]));
        own.as_ref().map_err(Clone::clone)
    }

    /// The entities that Cedar needs for one decision.
    ///
    /// # Errors
    ///
    /// The errors of [`EntityTypes::entities`].
    pub(super) fn entities(&self, asker: &Asker<'_>, action: &KnownAction) -> Result<Entities, String> {
        let make = || self.types.entities(asker, &action.entity);
        self.remembered.entities(asker, &action.declared.id, make)
    }

    /// The action with this id.
    pub(super) fn action(&self, id: &str) -> Option<&KnownAction> {
        self.actions.get(id)
    }

    /// Whether a policy can name this action or group of actions.
    pub(super) fn names_action(&self, id: &str) -> bool {
        self.actions.contains_key(id) || self.groups.contains(id)
    }

    /// The ids of all actions and groups of actions, in order.
    pub(super) fn action_names(&self) -> BTreeSet<&str> {
        self.actions.keys().chain(&self.groups).map(String::as_str).collect()
    }

    /// Actions and groups share one namespace, so two of them cannot have the same name.
    fn check_names(catalog: &Catalog) -> Result<(), PolicyErrors> {
        let ids = catalog.actions.iter().map(|action| action.id.as_str());
        let mut known = HashSet::new();
        let twice: Vec<PolicyProblem> = group_names(catalog)
            .chain(ids)
            .chain(HostAction::ALL.map(HostAction::as_str))
            .filter(|name| !known.insert(*name))
            .map(|name| PolicyProblem::of_catalog(format!("two of them have the name `Action::\"{name}\"`")))
            .collect();
        if twice.is_empty() { Ok(()) } else { Err(PolicyErrors(twice)) }
    }
}

/// The groups of actions: risks, writes, those of the host, playbooks, interfaces that have actions.
fn group_names(catalog: &Catalog) -> impl Iterator<Item = &str> {
    let interfaces = catalog.interfaces.iter().map(|interface| interface.name.as_str());
    let used = interfaces.filter(|name| catalog.actions.iter().any(|action| action.interface == *name));
    Risk::ALL.map(Risk::as_str).into_iter().chain([WRITE, HostAction::GROUP, PlaybookForm::GROUP]).chain(used)
}

#[cfg(test)]
mod tests {
    use super::super::testing::CATALOG;
    use super::*;
    use cedar_policy::{Context, Request};
    use claude_admin_catalog::PackageText;
    use claude_admin_chat::identity::Place;

    #[test]
    fn the_schema_has_every_action_in_its_groups() {
        let vocabulary = Vocabulary::of(&CATALOG).unwrap();
        let schema = vocabulary.schema().unwrap();
        let actions = schema.action_entities().unwrap();
        let uid = |id: &str| format!("Action::\"{id}\"").parse::<EntityUid>().unwrap();
        for action in &CATALOG.actions {
            let groups: Vec<EntityUid> = actions.ancestors(&uid(&action.id)).unwrap().cloned().collect();
            assert!(groups.contains(&uid(&action.interface)), "{}", action.id);
            assert_eq!(groups.contains(&uid(WRITE)), action.writes(), "{}", action.id);
            for risk in Risk::ALL {
                assert_eq!(groups.contains(&uid(risk.as_str())), risk == action.risk, "{} {risk}", action.id);
            }
        }
        for action in HostAction::ALL {
            assert!(actions.is_ancestor_of(&uid(HostAction::GROUP), &uid(action.as_str())));
        }
        assert_eq!(
            schema.actions().count(),
            // The group of playbooks is empty here, so Cedar does not count it as a group.
            CATALOG.actions.len() + HostAction::ALL.len() + schema.action_groups().count() + 1
        );
    }

    #[test]
    fn catalog_with_reserved_action_names_is_invalid() {
        let wit = |interface: &str| {
            format!(
                "package test:clash@0.1.0;\n/// T.\ninterface types {{ /// E.\n variant error {{ /// O.\n other(string), }} }}\n\
                 /// I.\ninterface {interface} {{ use types.{{error}};\n /// Read.\n ///\n /// @http GET /v1/x\n \
                 /// @example {interface} read\n read: func() -> result<_, error>; }}"
            )
        };
        for (interface, name) in [("write", "write"), ("host", "host"), ("audit", "audit.read"), ("read", "read")] {
            let catalog = Catalog::from_text(&PackageText::from_files([("a.wit", wit(interface))])).unwrap();
            let error = Vocabulary::of(&catalog).unwrap_err().to_string();
            assert!(error.contains(&format!("`Action::\"{name}\"`")), "{error}");
        }
        let catalog = Catalog::from_text(&PackageText::from_files([("a.wit", wit("pets"))])).unwrap();
        Vocabulary::of(&catalog).unwrap().schema().unwrap();
    }

    #[test]
    fn action_schema_and_full_schema_validate_requests_equally() {
        let vocabulary = Vocabulary::of(&CATALOG).unwrap();
        let types = &vocabulary.types;
        let (user, place) = (types.user(&"local:ada".parse().unwrap()), types.place(&Place::terminal()));
        let ask = |schema: &Schema, action: &KnownAction, context: &str| {
            let uid = action.entity.uid();
            let context = Context::from_json_str(context, Some((schema, &uid))).map_err(|error| error.to_string())?;
            Request::new(user.clone(), uid, place.clone(), context, Some(schema))
                .map(|_| ())
                .map_err(|error| error.to_string())
        };
        let whole = Vocabulary::of(&CATALOG).unwrap();
        let whole = whole.schema().unwrap();
        let mut accepted = 0;
        for action in vocabulary.actions.values() {
            let own = vocabulary.schema_with(action).unwrap();
            for context in [
                r#"{"arguments":{},"cleared":[],"time":{"__extn":{"fn":"datetime","arg":"2026-11-22"}}}"#,
                r#"{"time":{"__extn":{"fn":"datetime","arg":"2026-11-22"}}}"#,
                r#"{"arguments":{"limit":"many"},"cleared":[],"time":1}"#,
            ] {
                let answer = ask(own, action, context);
                assert_eq!(answer, ask(whole, action, context), "{:?}", action.declared);
                accepted += usize::from(answer.is_ok());
            }
        }
        assert!(accepted > 30, "{accepted}");
    }
}
