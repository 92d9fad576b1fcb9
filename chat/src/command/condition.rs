//! Rules that connect arguments: bounds while another argument has a value (`limit 1..31 bucket-width=1d`), and
//! arguments that exclude each other.

use super::{Arguments, CommandError, CommandErrorKind};
use claude_admin_catalog::{Action, Condition, ConditionalRange, Types};
use serde_json::Value;

/// Whether another argument has a value. If it is not given, the default of the server counts.
pub(super) fn holds(action: &Action, arguments: &Arguments, when: &Condition) -> bool {
    let assumed = || action.input(&when.input).and_then(|input| input.default.as_deref());
    arguments.get(&when.input).map_or_else(assumed, Value::as_str) == Some(when.word.as_str())
}

/// The ranges that apply together with these arguments.
fn ranges<'a>(action: &'a Action, arguments: &'a Arguments) -> impl Iterator<Item = &'a ConditionalRange> {
    action.conditional_ranges.iter().filter(|range| holds(action, arguments, &range.when))
}

/// Checks the numbers whose bounds depend on another argument.
///
/// # Errors
///
/// [`CommandError`] with the allowed range.
pub(super) fn check_ranges(types: &Types, action: &Action, arguments: &Arguments) -> Result<(), CommandError> {
    let broken = |range: &&ConditionalRange| match arguments.get(&range.input) {
        Some(value) => Types::check_bounds(range.bounds, value).is_err(),
        // A list that is not given has no items.
        None => range.bounds.min > 0 && action.input(&range.input).is_some_and(|input| input.repeats(types)),
    };
    match ranges(action, arguments).find(broken) {
        None => Ok(()),
        Some(ConditionalRange { input, bounds, when }) => Err(CommandError::new(
            CommandErrorKind::BadValue,
            format!("--{input}: it must be within {bounds} if {} is {}.", when.input, when.word),
        )),
    }
}

/// Checks that the arguments contain no combination that the API does not accept.
///
/// # Errors
///
/// [`CommandError`] with the alternative.
pub(super) fn check_conflicts(action: &Action, arguments: &Arguments) -> Result<(), CommandError> {
    let found =
        action.conflicts.iter().filter(|conflict| arguments.contains_key(&conflict.input)).find_map(|conflict| {
            Some((conflict, conflict.others.iter().find(|other| other.holds(arguments.get(&other.input)))?))
        });
    match found {
        None => Ok(()),
        Some((conflict, other)) => Err(CommandError::new(
            CommandErrorKind::BadValue,
            format!(
                "`{}` cannot combine --{} with --{}.",
                action.command(),
                conflict.input,
                other.to_string().replace('=', " ")
            ),
        )
        .hint(conflict.remedy.clone())),
    }
}

/// The maximum of a number input together with these arguments; `None` if it has no limit.
#[must_use]
pub fn greatest(action: &Action, arguments: &Arguments, input: &str) -> Option<i64> {
    let always = action.input(input).and_then(|input| input.range?.max);
    let conditional = ranges(action, arguments).filter(|range| range.input == input);
    always.into_iter().chain(conditional.filter_map(|range| range.bounds.max)).min()
}
