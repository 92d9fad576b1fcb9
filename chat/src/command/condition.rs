//! Rules that hold while another argument has a word: `limit 1..31 bucket-width=1d`.

use super::{Arguments, CommandError, CommandErrorKind};
use claude_admin_catalog::{Action, Condition, ConditionalRange, Types};
use serde_json::Value;

/// Whether another argument has a word; what the server assumes counts where none is given.
pub(super) fn holds(action: &Action, arguments: &Arguments, when: &Condition) -> bool {
    let assumed = || action.input(&when.input).and_then(|input| input.default.as_deref());
    arguments.get(&when.input).map_or_else(assumed, Value::as_str) == Some(when.word.as_str())
}

/// The ranges that hold beside these arguments.
fn ranges<'a>(action: &'a Action, arguments: &'a Arguments) -> impl Iterator<Item = &'a ConditionalRange> {
    action.conditional_ranges.iter().filter(|range| holds(action, arguments, &range.when))
}

/// Checks the numbers whose bounds depend on another argument.
///
/// # Errors
///
/// [`CommandError`] with what is allowed.
pub(super) fn check_ranges(action: &Action, arguments: &Arguments) -> Result<(), CommandError> {
    let broken = |range: &&ConditionalRange| {
        arguments.get(&range.input).is_some_and(|value| Types::check_bounds(range.bounds, value).is_err())
    };
    match ranges(action, arguments).find(broken) {
        None => Ok(()),
        Some(ConditionalRange { input, bounds, when }) => Err(CommandError::new(
            CommandErrorKind::BadValue,
            format!("--{input}: it must be within {bounds} where {} is {}.", when.input, when.word),
        )),
    }
}

/// The greatest number that an input may be beside these arguments, where it is bounded.
#[must_use]
pub fn greatest(action: &Action, arguments: &Arguments, input: &str) -> Option<i64> {
    let always = action.input(input).and_then(|input| input.range?.max);
    let conditional = ranges(action, arguments).filter(|range| range.input == input);
    always.into_iter().chain(conditional.filter_map(|range| range.bounds.max)).min()
}
