//! What policies can talk about: the schema, and the actions with the Cedar types of their arguments.

use super::HostAction;
use super::argument_type::ArgumentType;
use super::entity::EntityTypes;
use super::problem::{PolicyErrors, PolicyProblem};
use super::schema::schema;
use cedar_policy::{Entity, EntityUid, Schema};
use claude_admin_catalog::{Action, Catalog, Presence, Risk, Types, snake_case};
use std::collections::{BTreeSet, HashMap, HashSet};

/// The group of all actions that change something.
pub(super) const WRITE: &str = "write";

/// An argument of an action, as policies see it.
#[derive(Debug)]
pub(super) struct Argument {
    /// The name of the input.
    pub(super) input: String,
    /// The name in policies.
    pub(super) attribute: String,
    /// Whether it is always there.
    pub(super) required: bool,
    /// Its Cedar type.
    pub(super) ty: ArgumentType,
}

impl Argument {
    /// The arguments of an action, in the order of its inputs.
    pub(super) fn all_of(types: &Types, action: &Action) -> Vec<Self> {
        let of_input = |input: &claude_admin_catalog::Input| Self {
            input: input.name.clone(),
            attribute: snake_case(&input.name),
            required: input.presence == Presence::Required,
            ty: ArgumentType::of(types, &input.ty),
        };
        action.inputs.iter().map(of_input).collect()
    }
}

/// An action, as policies see it.
#[derive(Debug)]
pub(super) struct KnownAction {
    /// `Action::"users.remove"`, with the groups that it is in.
    pub(super) entity: Entity,
    /// Those groups and itself.
    pub(super) lineage: HashSet<EntityUid>,
    /// How much it can harm.
    pub(super) risk: Risk,
    /// Its arguments.
    pub(super) arguments: Vec<Argument>,
}

impl KnownAction {
    fn new(types: &EntityTypes, id: &str, groups: &[&str], risk: Risk, arguments: Vec<Argument>) -> Self {
        let uid = types.action(id);
        let parents: HashSet<EntityUid> = groups.iter().map(|group| types.action(group)).collect();
        let lineage = parents.iter().cloned().chain([uid.clone()]).collect();
        Self { entity: Entity::new_no_attrs(uid, parents), lineage, risk, arguments }
    }
}

/// What policies can talk about.
#[derive(Debug)]
pub(super) struct Vocabulary {
    /// The schema.
    pub(super) schema: Schema,
    /// The types of entities.
    pub(super) types: EntityTypes,
    /// Actions of the catalog and of the host, by id.
    actions: HashMap<String, KnownAction>,
    /// The groups of actions.
    groups: BTreeSet<String>,
}

impl Vocabulary {
    /// Works out what policies for a catalog can talk about.
    pub(super) fn of(catalog: &Catalog) -> Result<Self, PolicyErrors> {
        let schema = schema(catalog)?;
        let types = EntityTypes::new()
            .map_err(|error| PolicyErrors(vec![PolicyProblem::of_catalog(format!("it makes no schema: {error}"))]))?;
        let known = |id: &str, groups: &[&str], risk, arguments| KnownAction::new(&types, id, groups, risk, arguments);
        let of_catalog = catalog.actions.iter().map(|action| {
            let mut groups = vec![action.interface.as_str(), action.risk.as_str()];
            groups.extend(action.writes().then_some(WRITE));
            (action.id.clone(), known(&action.id, &groups, action.risk, Argument::all_of(&catalog.types, action)))
        });
        let of_host = HostAction::ALL
            .into_iter()
            .map(|action| (action.to_string(), known(action.as_str(), &[HostAction::GROUP], Risk::Read, Vec::new())));
        let groups = group_names(catalog).map(str::to_owned).collect();
        let actions = of_catalog.chain(of_host).collect();
        Ok(Self { schema, actions, groups, types })
    }

    /// The action with this id.
    pub(super) fn action(&self, id: &str) -> Option<&KnownAction> {
        self.actions.get(id)
    }

    /// Whether a policy may name this action or group of actions.
    pub(super) fn names_action(&self, id: &str) -> bool {
        self.actions.contains_key(id) || self.groups.contains(id)
    }

    /// The ids of all actions and groups of actions, in order.
    pub(super) fn action_names(&self) -> BTreeSet<&str> {
        self.actions.keys().chain(&self.groups).map(String::as_str).collect()
    }

    /// Actions and groups share one space of names, so that no two of them may have the same.
    pub(super) fn check_names(catalog: &Catalog) -> Result<(), PolicyErrors> {
        let ids = catalog.actions.iter().map(|action| action.id.as_str());
        let mut known = HashSet::new();
        let twice: Vec<PolicyProblem> = group_names(catalog)
            .chain(ids)
            .chain(HostAction::ALL.map(HostAction::as_str))
            .filter(|name| !known.insert(*name))
            .map(|name| PolicyProblem::of_catalog(format!("it has two meanings for `Action::\"{name}\"`")))
            .collect();
        if twice.is_empty() { Ok(()) } else { Err(PolicyErrors(twice)) }
    }
}

/// The groups of actions: risks, writes, those of the host, interfaces that have actions.
fn group_names(catalog: &Catalog) -> impl Iterator<Item = &str> {
    let interfaces = catalog.interfaces.iter().map(|interface| interface.name.as_str());
    let used = interfaces.filter(|name| catalog.actions.iter().any(|action| action.interface == *name));
    Risk::ALL.map(Risk::as_str).into_iter().chain([WRITE, HostAction::GROUP]).chain(used)
}
