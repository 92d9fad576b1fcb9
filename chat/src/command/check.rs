//! Checks of all arguments of a command together: required, contradictory and without effect.

use super::reference::described;
use super::usage::example;
use super::{Arguments, CommandError, CommandErrorKind, Invocation, condition, period};
use claude_admin_catalog::{Action, Catalog, Input, Method, Place, Segment};
use std::sync::Arc;

/// Names every required input that is missing.
pub(super) fn check_complete(catalog: &Catalog, invocation: &Invocation) -> Result<(), CommandError> {
    let Invocation { action, arguments } = invocation;
    let missing = invocation.missing();
    if missing.is_empty() {
        check_clashes(action, arguments)?;
        period::check(action, arguments)?;
        condition::check_ranges(&catalog.types, action, arguments)?;
        condition::check_conflicts(action, arguments)?;
        return check_changes_something(catalog, action, arguments);
    }
    Err(needs(catalog, action, &missing))
}

/// The error about required inputs that are missing, of which there is at least one.
pub(super) fn needs(catalog: &Catalog, action: &Action, missing: &[&Input]) -> CommandError {
    let names: Vec<String> = missing.iter().map(|input| format!("<{}>", input.name)).collect();
    let first = missing.first().map(|first| format!(": {} is {}", first.name, described(catalog, action, &first.ty)));
    CommandError::new(
        CommandErrorKind::MissingArgument,
        format!("`{}` needs {}{}.", action.command(), names.join(" and "), first.unwrap_or_default()),
    )
    .hint(example(action, &catalog.types))
    .missing(missing.iter().map(|input| (input.name.clone(), described(catalog, action, &input.ty))))
}

/// A record can be given as a whole or field by field, but not both.
fn check_clashes(action: &Action, arguments: &Arguments) -> Result<(), CommandError> {
    let given = |input: &&Input| arguments.contains_key(&input.name);
    for whole in action.inputs.iter().filter(|input| input.fields.is_empty()).filter(given) {
        if let Some(part) =
            action.inputs.iter().filter(|input| input.param == whole.param && !input.fields.is_empty()).find(given)
        {
            return Err(CommandError::new(
                CommandErrorKind::RepeatedArgument,
                format!("--{} is a part of --{}, but both are given.", part.name, whole.name),
            )
            .hint("Omit one of the two."));
        }
    }
    Ok(())
}

/// A change of an object must have at least one value to change. This applies to an item, and to an object without an
/// ID in its path (settings). An operation on an object (`…/{id}/archive`) needs no value.
fn check_changes_something(catalog: &Catalog, action: &Action, arguments: &Arguments) -> Result<(), CommandError> {
    let path = &action.http.path;
    let shows_it =
        |read: &Arc<Action>| read.http.method == Method::Get && read.paging.is_none() && read.http.path == *path;
    let changes_a_thing =
        matches!(path.segments().last(), Some(Segment::Param(_))) || catalog.actions.iter().any(shows_it);
    let changes: Vec<&Input> = action.inputs.iter().filter(|input| input.place == Place::Body).collect();
    if !changes_a_thing || changes.is_empty() || changes.iter().any(|input| arguments.contains_key(&input.name)) {
        return Ok(());
    }
    let flags: Vec<String> = changes.iter().map(|input| format!("--{}", input.name)).collect();
    Err(CommandError::new(CommandErrorKind::MissingArgument, format!("`{}` has nothing to change.", action.command()))
        .hint(format!("Give at least one of {}.", flags.join(", "))))
}
