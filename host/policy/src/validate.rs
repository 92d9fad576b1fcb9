//! Validates policies against the catalog with Cedar's validator.

use super::loaded_policy::LoadedPolicy;
use super::problem::{PolicyErrors, PolicyProblem, Source};
use super::vocabulary::Vocabulary;
use cedar_policy::ffi::DetailedError;
use cedar_policy::{
    ActionConstraint, EntityUid, PolicyId, PolicySet, ValidationError, ValidationMode, ValidationWarning, Validator,
};

/// The depth to which a policy can access entities: the attributes of the requester and the place. Other entities do
/// not exist when a policy is evaluated, so access to them would always fail.
const LOOKING_DISTANCE: u32 = 1;
/// The maximum number of problems that are shown for one position. Cedar reports the same problem for every action of a
/// policy.
pub(super) const MOST_AT_ONE_PLACE: usize = 3;

/// Problems in the order of their positions, without duplicates.
pub(super) fn in_order(mut problems: Vec<PolicyProblem>) -> PolicyErrors {
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems.dedup();
    let same_place = |a: &PolicyProblem, b: &PolicyProblem| (a.line, a.column) == (b.line, b.column);
    let mut told = Vec::new();
    for here in problems.chunk_by(same_place) {
        told.extend(here.iter().take(MOST_AT_ONE_PLACE).cloned());
        if let (Some(last), Some(left_out @ 1..)) = (told.last_mut(), here.len().checked_sub(MOST_AT_ONE_PLACE)) {
            last.message.push_str(&format!(" (and {left_out} more like this)"));
        }
    }
    PolicyErrors(told)
}

/// Checks policies against the schema of all actions. Returns the warnings.
///
/// A permit that can never match permits nothing, which is a warning. A forbid that can never match does not forbid the
/// actions that it should forbid, which is an error.
///
/// # Errors
///
/// The error of Cedar, if it rejects the schema.
pub(super) fn validate(
    source: &Source<'_>,
    vocabulary: &Vocabulary,
    set: &PolicySet,
    policies: &[LoadedPolicy],
    problems: &mut Vec<PolicyProblem>,
) -> Result<Vec<PolicyProblem>, PolicyErrors> {
    let validator = Validator::new(vocabulary.schema()?.clone());
    let result = validator.validate_with_level(set, ValidationMode::Strict, LOOKING_DISTANCE);
    let about = |id: &PolicyId| policies.iter().find(|policy| policy.id == AsRef::<str>::as_ref(id));
    // Unknown actions are already reported, with similar names.
    let errors = result.validation_errors().filter(|error| !matches!(error, ValidationError::UnrecognizedActionId(_)));
    problems.extend(errors.map(|error| told(source, &DetailedError::from(error), about(error.policy_id()))));
    if problems.is_empty() && !result.validation_passed() {
        let errors = result.validation_errors();
        problems.extend(errors.map(|error| told(source, &DetailedError::from(error), about(error.policy_id()))));
    }
    let mut warnings = Vec::new();
    for warning in result.validation_warnings() {
        let policy = about(warning.policy_id());
        let mut problem = told(source, &DetailedError::from(warning), policy);
        if let Some(group) = policy.and_then(|policy| group_as_action(policy, vocabulary)) {
            // Cedar first reports that no action fits, and then that the policy is impossible.
            if matches!(warning, ValidationWarning::ImpossiblePolicy(_)) {
                continue;
            }
            problem = problem.remedy(format!("{group} is a group of actions: write `action in {group}`"));
        }
        if policy.is_some_and(LoadedPolicy::permits) {
            warnings.push(problem);
        } else {
            problems.push(problem);
        }
    }
    Ok(in_order(warnings).0)
}

/// The group of actions that a policy uses as an action.
fn group_as_action(policy: &LoadedPolicy, vocabulary: &Vocabulary) -> Option<EntityUid> {
    match policy.cedar.action_constraint() {
        ActionConstraint::Eq(uid) if vocabulary.action(uid.id().unescaped()).is_none() => Some(uid),
        _ => None,
    }
}

/// The message of Cedar, with its position in the file.
pub(super) fn told(source: &Source<'_>, error: &DetailedError, policy: Option<&LoadedPolicy>) -> PolicyProblem {
    let offset = error.source_locations.first().map(|label| label.loc.start);
    let mut problem = source.problem(offset, error.message.clone());
    if let Some(policy) = policy {
        // Cedar's message begins with the name of the policy, which is shown separately here.
        for prefix in [format!("for policy `{}`, ", policy.id), format!("for policy `{}`: ", policy.id)] {
            if let Some(message) = error.message.strip_prefix(&prefix) {
                problem.message = message.to_owned();
            }
        }
        problem.line = problem.line.or(Some(policy.line));
        problem = problem.of_policy(&policy.id);
    }
    let labels = error.source_locations.iter().filter_map(|label| label.label.clone());
    problem.remedy = error.help.clone().or_else(|| labels.into_iter().next());
    problem
}
