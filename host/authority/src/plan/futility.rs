//! Whether a write is worth sending, according to the state of its target.

use super::{Before, Step};
use claude_admin_audit::Code;
use claude_admin_catalog::{Catalog, Futile, Futility, Method, Place, TargetCondition};
use claude_admin_chat::Outcome;
use claude_admin_chat::command::Invocation;
use serde_json::Value;

/// The code of an optional step that is not offered, because its requester cannot run it.
pub const NOT_PERMITTED: &str = "not-permitted";
/// The code of an outcome for which nothing was sent, because the target already has the state that the write would
/// set.
pub const NOTHING_TO_CHANGE: &str = "nothing-to-change";
/// The code of an outcome for which nothing was sent, because the API does not accept the write in the current state of
/// its target.
pub const REFUSED_IN_THIS_STATE: &str = "refused-in-this-state";

/// The reason why a write is not worth sending.
#[derive(Debug, Clone, Copy)]
pub struct Pointless<'c> {
    /// Whether the write has nothing to change, or the API does not accept it.
    pub kind: Futility,
    /// The rule of the action; none where the target already has every value that the write sets.
    pub rule: Option<&'c Futile>,
}

/// The outcome of such a write. It is the same as without a plan: `done`, or `refused` if the API does not accept the
/// write.
#[must_use]
pub fn outcome_of(kind: Futility) -> Outcome {
    match kind {
        Futility::Done => Outcome::Done,
        Futility::Refused => Outcome::Refused,
    }
}

/// The recorded code for such an outcome.
#[must_use]
pub fn code_of(kind: Futility) -> Code {
    Code::new(match kind {
        Futility::Done => NOTHING_TO_CHANGE,
        Futility::Refused => REFUSED_IN_THIS_STATE,
    })
}

impl Step {
    /// The reason why the write is not worth sending; none if it is, or if its target was not read.
    #[must_use]
    pub fn pointless<'c>(&self, catalog: &'c Catalog) -> Option<Pointless<'c>> {
        let action = catalog.action(&self.action)?;
        let Before::Read { value: target, .. } = &self.before else { return None };
        let is_same = self.invocation(catalog).is_some_and(|write| sets_nothing_new(catalog, &write, target));
        let applies = |rule: &&Futile| rule.applies(|name| self.arguments.get(name), target, is_same);
        if let Some(rule) = action.futile.iter().find(applies) {
            return Some(Pointless { kind: rule.kind, rule: Some(rule) });
        }
        // A rule of the action about equal values is stricter, and replaces the general one.
        let has_own = action.futile.iter().any(|rule| rule.when.contains(&TargetCondition::Same));
        (is_same && !has_own).then_some(Pointless { kind: Futility::Done, rule: None })
    }
}

/// Whether a write only sets fields of the object that was read, and each field already has its value.
///
/// Complete values are compared. A partial object is not compared with one that has more fields: the API changes the
/// fields of some objects, and replaces others.
fn sets_nothing_new(catalog: &Catalog, write: &Invocation, target: &Value) -> bool {
    let action = &write.action;
    let is_update = action.http.method != Method::Delete
        && catalog.before_action(action).is_some_and(|read| read.http.path == action.http.path);
    let asked = write.parameters();
    let in_body = action.params.iter().filter(|param| param.place == Place::Body);
    let mut set = in_body.filter_map(|param| Some((param, asked.get(&param.name)?))).peekable();
    is_update && set.peek().is_some() && set.all(|(param, asked)| target.get(&param.wire) == Some(asked))
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_admin_catalog::testing::catalog;
    use claude_admin_catalog::{Action, InputCondition};
    use claude_admin_chat::command::{Arguments, Command, Markup, parse};
    use jiff::Timestamp;
    use serde_json::json;
    use std::sync::Arc;

    fn pointless(id: &str, arguments: Value, target: Value) -> Option<Futility> {
        let catalog = catalog();
        let action = catalog.action(id).unwrap();
        let arguments: Arguments = serde_json::from_value(arguments).unwrap();
        let invocation = Invocation { action: Arc::clone(action), arguments };
        let read = catalog.before_action(action).unwrap();
        let before = Before::read(&catalog.types, read, &target);
        let step = Step::new(catalog, &invocation, Vec::new(), before);
        step.pointless(catalog).map(|found| found.kind)
    }

    #[test]
    fn write_that_sets_what_is_set_changes_nothing() {
        let ada = json!({"id": "user_01A", "role": "developer", "type": "user"});
        let update = |role: &str| pointless("users.update", json!({"user-id": "user_01A", "role": role}), ada.clone());
        assert_eq!((update("developer"), update("billing")), (Some(Futility::Done), None));
        // Without an argument there is nothing to compare.
        assert_eq!(pointless("api-keys.update", json!({"api-key-id": "apikey_01A"}), json!({"name": "x"})), None);
    }

    #[test]
    fn object_that_is_given_in_part_is_not_compared() {
        let settings = json!({"settings": {"model": "a", "enabled": true}});
        let update = |settings_given: Value| {
            let mut arguments = json!({"channel-id": "slch_01A"});
            arguments.as_object_mut().unwrap().extend(settings_given.as_object().unwrap().clone());
            pointless("tag-channels.update", arguments, settings.clone())
        };
        assert_eq!(update(json!({"model": "a"})), None);
        assert_eq!(update(json!({"model": "a", "enabled": true})), Some(Futility::Done));
    }

    #[test]
    fn pinned_version_is_the_same_only_where_it_is_pinned() {
        let update = |pinned: bool| {
            let plugin = json!({"served_version_id": "pluginver_01A", "served_version_pinned": pinned});
            let arguments = json!({"plugin-id": "plugin_01A", "served-version-id": "pluginver_01A"});
            pointless("plugins.update", arguments, plugin)
        };
        assert_eq!((update(true), update(false)), (Some(Futility::Done), None));
    }

    #[test]
    fn archived_workspace_with_a_storage_is_archived_again() {
        let archive = |archived_at: Value, storage: Value| {
            let workspace = json!({
                "id": "wrkspc_01A", "archived_at": archived_at,
                "inference_data_privacy": {"safeguards_storage": storage},
            });
            pointless("workspaces.archive", json!({"workspace-id": "wrkspc_01A"}), workspace)
        };
        let at = json!("2026-01-01T00:00:00Z");
        assert_eq!(archive(Value::Null, Value::Null), None);
        assert_eq!(archive(at.clone(), json!({"type": "internal"})), Some(Futility::Done));
        assert_eq!(archive(at, json!({"type": "external", "external_storage_id": "estrg_01A"})), None);
    }

    /// Sets the value at a path of an object.
    fn put(target: &mut Value, path: &str, value: Value) {
        *path.split('.').fold(target, |value, name| &mut value[name]) = value;
    }

    /// The arguments of the first example, changed to match a rule, and a target to which the rule applies.
    fn fulfilled(action: &Arc<Action>, rule: &Futile) -> (Value, Value) {
        let catalog = catalog();
        let arguments = |example: &String| match parse(catalog, example, Markup::None, Timestamp::UNIX_EPOCH).unwrap() {
            Command::Run(draft, _) => draft.invocation.arguments,
            other => panic!("{other:?}"),
        };
        let mut given = arguments(&action.examples[0]);
        let mut target = json!({});
        for condition in &rule.when {
            match condition {
                TargetCondition::Same => {
                    let write = Invocation { action: Arc::clone(action), arguments: given.clone() };
                    let asked = write.parameters();
                    for param in action.params.iter().filter(|param| param.place == Place::Body) {
                        target[&param.wire] = asked.get(&param.name).cloned().unwrap_or_default();
                    }
                }
                TargetCondition::Argument(any) => {
                    let InputCondition { input, word } = &any[0];
                    let in_an_example =
                        || action.examples.iter().find_map(|example| arguments(example).swap_remove(input));
                    let value = word.as_deref().map(Value::from).or_else(in_an_example).unwrap_or_else(|| json!({}));
                    given.insert(input.clone(), value);
                }
                TargetCondition::Field { path, words } => {
                    let word = words.first().map_or("2026-11-01T00:00:00Z", String::as_str);
                    // With `same`, the argument has the word too.
                    if let Some(argument) = given.get_mut(&path.replace('_', "-")) {
                        *argument = word.into();
                    }
                    put(&mut target, path, if word == "true" { true.into() } else { word.into() });
                }
                TargetCondition::NoField(path) => put(&mut target, path, Value::Null),
            }
        }
        (given.into_iter().collect(), target)
    }

    #[test]
    fn every_rule_applies_to_a_target_that_fulfils_it() {
        let mut rules = 0;
        for action in &catalog().actions {
            for rule in &action.futile {
                let (arguments, target) = fulfilled(action, rule);
                let found = pointless(&action.id, arguments.clone(), target.clone());
                assert_eq!(found, Some(rule.kind), "{}: {rule:?}: {arguments} {target}", action.id);
                rules += 1;
            }
        }
        assert!(rules > 30, "{rules}");
    }
}
