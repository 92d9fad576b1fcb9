//! Reads the policies of a text that Cedar has accepted: their names, annotations and conditions, and the entities that
//! they name.

use super::HostAction;
use super::annotation::{self, Annotations};
use super::delegation::Delegation;
use super::loaded_policy::{ConditionText, LoadedPolicy};
use super::names::{self, GroupNames};
use super::problem::{PolicyErrors, PolicyProblem, Source, UNNAMED};
use super::scan::{EntityName, Statement};
use super::vocabulary::Vocabulary;
use cedar_policy::{ActionConstraint, Effect, EntityUid, Policy, PolicyId, PolicySet};
use std::collections::HashSet;

/// Only programs fill slots, and this program does not.
pub(super) fn refuse_templates(
    source: &Source<'_>,
    set: &PolicySet,
    statements: &[Statement],
) -> Result<(), PolicyErrors> {
    if set.num_of_templates() == 0 {
        return Ok(());
    }
    let slots = statements.iter().filter_map(|statement| statement.slot);
    let mut problems: Vec<PolicyProblem> = slots
        .map(|offset| {
            source
                .problem(Some(offset), "a template with a slot is not a policy")
                .remedy("write the name of a user, group or place instead")
        })
        .collect();
    if problems.is_empty() {
        problems.push(source.problem(None, "it contains a template, which is not a policy"));
    }
    Err(PolicyErrors(problems))
}

/// Reads policies, and collects their problems.
pub(super) struct Loader<'a> {
    source: &'a Source<'a>,
    vocabulary: &'a Vocabulary,
    groups: &'a GroupNames,
    pub(super) problems: Vec<PolicyProblem>,
}

impl<'a> Loader<'a> {
    pub(super) fn new(source: &'a Source<'a>, vocabulary: &'a Vocabulary, groups: &'a GroupNames) -> Self {
        Self { source, vocabulary, groups, problems: Vec::new() }
    }

    /// The policies in the order of the file, under their names.
    pub(super) fn policies(
        &mut self,
        set: &PolicySet,
        statements: &[Statement],
    ) -> Result<Vec<LoadedPolicy>, PolicyErrors> {
        let found: Vec<(&Statement, &Policy)> = statements
            .iter()
            .enumerate()
            // Cedar numbers the policies of a text.
            .filter_map(|(index, statement)| Some((statement, set.policy(&PolicyId::new(format!("policy{index}")))?)))
            .collect();
        if found.len() != set.num_of_policies() || found.len() != statements.len() {
            let message = "its policies cannot be distinguished; this is a bug in the host";
            return Err(PolicyErrors(vec![self.source.problem(None, message)]));
        }
        let mut annotations: Vec<Annotations> =
            found.iter().map(|(statement, policy)| self.annotations(statement, policy)).collect();
        let mut ids: HashSet<String> = HashSet::new();
        for (annotations, (statement, _)) in annotations.iter_mut().zip(&found) {
            if let Some(id) = annotations.id.take_if(|id| !ids.insert(id.clone())) {
                let problem = self.source.problem(Some(place(statement, "id")), "another policy has this id too");
                self.problems.push(problem.of_policy(&id).remedy("give each policy a unique name"));
            }
        }
        let mut policies = Vec::new();
        for (annotations, (statement, policy)) in annotations.into_iter().zip(found) {
            let (line, column) = self.source.position(statement.span.start);
            let id = annotations.id.unwrap_or_else(|| unnamed(line, column, &mut ids));
            self.check_names(&id, statement, policy);
            self.check_host(&id, statement, policy);
            let delegation = Delegation::of(policy);
            if delegation == Delegation::Open {
                let message = "a permit that depends on a playbook must require its name and its digest";
                let remedy = "write `context has playbook && context.playbook.name == \"…\" && context.playbook.digest == \"…\"`";
                let problem = self.source.problem(Some(statement.span.start), message).remedy(remedy);
                self.problems.push(problem.of_policy(&id));
            }
            policies.push(LoadedPolicy {
                cedar: policy.new_id(PolicyId::new(&id)),
                id,
                line,
                description: annotations.description,
                demands: annotations.demands,
                conditions: self.conditions(statement),
                delegates: delegation != Delegation::None,
            });
        }
        Ok(policies)
    }

    fn annotations(&mut self, statement: &Statement, policy: &Policy) -> Annotations {
        let (annotations, bad) = annotation::read(policy, self.groups);
        for bad in bad {
            let problem = self.source.problem(Some(place(statement, &bad.name)), bad.message).remedy(bad.remedy);
            self.problems.push(match &annotations.id {
                Some(id) => problem.of_policy(id),
                None => problem,
            });
        }
        annotations
    }

    /// An action of the host itself requires only a permit. Other requirements would be ignored silently, so they are
    /// an error.
    fn check_host(&mut self, id: &str, statement: &Statement, policy: &Policy) {
        if policy.effect() != Effect::Permit || !is_about_host_alone(policy) {
            return;
        }
        for name in annotation::ON_PERMIT.into_iter().filter(|name| policy.annotation(name).is_some()) {
            let message = format!("@{name} has no meaning for actions of the host");
            let remedy = "remove it: reading the audit log or the policy requires only a permit";
            let problem = self.source.problem(Some(place(statement, name)), message).remedy(remedy);
            self.problems.push(problem.of_policy(id));
        }
    }

    fn conditions(&self, statement: &Statement) -> Vec<ConditionText> {
        let of_condition = |condition: &super::scan::Condition| {
            let inside = statement.names.iter().filter(|name| condition.span.contains(&name.offset));
            let named: Vec<EntityUid> = inside.filter_map(|name| name.text.parse().ok()).collect();
            let of_type = |kind: &str| {
                let named = named.iter().filter(|uid| uid.type_name().basename() == kind);
                named.map(|uid| uid.id().unescaped().to_owned()).collect()
            };
            ConditionText {
                when: condition.when,
                text: self.source.text.get(condition.span.clone()).unwrap_or_default().to_owned(),
                groups: of_type("Group"),
                users: of_type("User"),
            }
        };
        statement.conditions.iter().map(of_condition).collect()
    }

    fn check_names(&mut self, id: &str, statement: &Statement, policy: &Policy) {
        let mut seen = HashSet::new();
        for EntityName { text, offset } in &statement.names {
            let problem = match text.parse::<EntityUid>() {
                Ok(uid) => {
                    let checked = names::check(&uid, self.vocabulary, self.groups);
                    seen.insert(uid);
                    match checked {
                        Ok(()) => continue,
                        Err(bad) => self.source.problem(Some(*offset), bad.message).remedy(bad.remedy),
                    }
                }
                Err(_) => self
                    .source
                    .problem(Some(*offset), format!("`{text}` is not the canonical spelling of a name"))
                    .remedy("write it without escapes"),
            };
            self.problems.push(problem.of_policy(id));
        }
        // Cedar's list of names has no positions, but it is complete: every name is checked.
        for uid in policy.entity_literals().into_iter().filter(|uid| !seen.contains(uid)) {
            if let Err(bad) = names::check(&uid, self.vocabulary, self.groups) {
                let problem = self.source.problem(Some(statement.span.start), bad.message).remedy(bad.remedy);
                self.problems.push(problem.of_policy(id));
            }
        }
    }
}

/// Whether a policy is only about actions of the host itself.
fn is_about_host_alone(policy: &Policy) -> bool {
    let of_host = |uid: &EntityUid| {
        let id = uid.id();
        id.unescaped() == HostAction::GROUP || id.unescaped().parse::<HostAction>().is_ok()
    };
    match policy.action_constraint() {
        ActionConstraint::Any => false,
        ActionConstraint::Eq(uid) => of_host(&uid),
        ActionConstraint::In(uids) => !uids.is_empty() && uids.iter().all(of_host),
    }
}

/// The position of an annotation.
fn place(statement: &Statement, annotation: &str) -> usize {
    let found = statement.annotations.iter().find(|(name, _)| name == annotation);
    found.map_or(statement.span.start, |(_, offset)| *offset)
}

/// A name for a policy without `@id`.
fn unnamed(line: usize, column: usize, taken: &mut HashSet<String>) -> String {
    let mut id = format!("{UNNAMED}{line}");
    if taken.contains(&id) {
        id = format!("{UNNAMED}{line}:{column}");
    }
    while !taken.insert(id.clone()) {
        id.push('\'');
    }
    id
}
