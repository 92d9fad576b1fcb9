//! A command that arrives as JSON instead of text.

use super::arguments::check_complete;
use super::period::{self, TimeKind};
use super::reference::references;
use super::suggest::nearest;
use super::value::{check_content, check_json};
use super::{Arguments, CommandError, CommandErrorKind, Draft, Invocation, secrets};
use claude_admin_catalog::{Catalog, Types};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// Reads `{"op": "users.list", "args": {"limit": 5}}`: the id of an action and its arguments by input name, in kebab or
/// snake case.
///
/// # Errors
///
/// [`CommandError`] as for a typed command.
pub fn from_json(
    catalog: &Catalog,
    id: &str,
    arguments: &Map<String, Value>,
    now: Timestamp,
) -> Result<Draft, CommandError> {
    secrets::refuse(id)?;
    let Some(action) = catalog.action(id) else {
        let error = CommandError::new(
            CommandErrorKind::UnknownVerb,
            format!("There is no operation `{}`.", super::value::shown(id)),
        );
        return Err(match nearest(id, catalog.actions.iter().map(|action| action.id.as_str())) {
            Some(near) => error.hint(format!("Did you mean `{near}`?")),
            None => error.hint("`claude-admin actions` lists them all."),
        });
    };
    let mut checked = Arguments::new();
    for (key, value) in arguments {
        secrets::refuse(key)?;
        secrets::refuse(&value.to_string())?;
        let name = key.replace('_', "-");
        // Both bounds of a time may be given as one, as people do.
        let period = period::find(action, &name).filter(|period| period.name == name);
        let name = period.map_or(name, |period| period.start.clone());
        let Some(input) = action.input(&name) else {
            let error = CommandError::new(
                CommandErrorKind::UnknownFlag,
                format!("`{id}` has no argument `{}`.", super::value::shown(key)),
            );
            return Err(match nearest(&name, action.inputs.iter().map(|input| input.name.as_str())) {
                Some(near) => error.hint(format!("Did you mean `{near}`?")),
                None => error,
            });
        };
        if let (Some(kind), Some(text)) = (TimeKind::of(&catalog.types, &input.ty), value.as_str()) {
            let period = period.or_else(|| period::find(action, &name));
            let end = period.map(|period| period.end.clone());
            let (from, until) = kind
                .read(text, now, period)
                .map_err(|problem| CommandError::new(CommandErrorKind::BadValue, format!("{name}: {problem}.")))?;
            if checked.insert(name.clone(), from).is_some() {
                return Err(CommandError::new(CommandErrorKind::RepeatedArgument, format!("{name} is given twice.")));
            }
            let given = |end: &String| arguments.keys().any(|key| key.replace('_', "-") == *end);
            if let (Some(end), Some(until)) = (end.filter(|end| !given(end)), until) {
                checked.insert(end, until);
            }
            continue;
        }
        if !(value.is_null() && input.is_nullable()) {
            let bad = |message| CommandError::new(CommandErrorKind::BadValue, format!("{name}: {message}."));
            check_json(&catalog.types, &input.ty, value).map_err(|problem| bad(problem.message))?;
            check_content(&catalog.types, &input.ty, value).map_err(|problem| bad(problem.message))?;
            if let Some(bounds) = input.range {
                Types::check_bounds(bounds, value).map_err(|_| bad(format!("it must be within {bounds}")))?;
            }
        }
        // An empty list is not sent, so that it is not given.
        if value.as_array().is_some_and(Vec::is_empty) && input.repeats(&catalog.types) {
            continue;
        }
        if checked.insert(name.clone(), value.clone()).is_some() {
            return Err(CommandError::new(CommandErrorKind::RepeatedArgument, format!("{name} is given twice.")));
        }
    }
    period::align(action, &mut checked, now);
    let references = references(catalog, action, &checked)?;
    check_complete(catalog, action, &checked)?;
    Ok(Draft { invocation: Invocation { action: id.to_owned(), arguments: checked }, references })
}
