//! The actions as a schema declares them, with their arguments and groups.

use super::HostAction;
use super::argument_type::ArgumentType;
use claude_admin_catalog::{Action, Catalog, PlaybookForm, Presence, Types, snake_case};

/// The group of all writes.
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

/// An action as a schema declares it.
#[derive(Debug)]
pub(super) struct Declared {
    /// The id.
    pub(super) id: String,
    /// The groups that it is in.
    pub(super) groups: Vec<String>,
    /// The arguments; `None` for an action of the host itself, which has none.
    pub(super) arguments: Option<Vec<Argument>>,
}

impl Declared {
    /// An action of a catalog.
    pub(super) fn action(catalog: &Catalog, action: &Action) -> Self {
        let groups = groups_of(action).into_iter().map(str::to_owned).collect();
        Self { id: action.id.clone(), groups, arguments: Some(Argument::all_of(&catalog.types, action)) }
    }

    /// A playbook.
    pub(super) fn playbook(form: &PlaybookForm) -> Self {
        Self { id: form.id(), groups: vec![PlaybookForm::GROUP.to_owned()], arguments: None }
    }

    /// The group of all playbooks. A policy about it is possible without playbooks, because it applies to users.
    pub(super) fn playbooks() -> Self {
        Self { id: PlaybookForm::GROUP.to_owned(), groups: Vec::new(), arguments: None }
    }

    /// An action of the host itself.
    pub(super) fn host(action: HostAction) -> Self {
        Self { id: action.to_string(), groups: vec![HostAction::GROUP.to_owned()], arguments: None }
    }
}

/// The groups of an action. A second risk (`also`) does not add a group: a permit for that group would also permit the
/// action.
pub(super) fn groups_of(action: &Action) -> Vec<&str> {
    let mut groups = vec![action.interface.as_str(), action.risk.as_str()];
    groups.extend(action.writes().then_some(WRITE));
    groups
}
