//! Arguments that are times, and the rules that tie them together.

use super::condition::holds;
use super::time::{self, EXAMPLES, Stretch};
use super::value::shown;
use super::{Arguments, CommandError, CommandErrorKind, Invocation};
use claude_admin_catalog::{Action, Period, Type, Types};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// How the API writes a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeKind {
    /// As an instant.
    Instant,
    /// As a day.
    Day,
}

impl TimeKind {
    /// The kind of an argument, where it is a time.
    pub(super) fn of(types: &Types, ty: &Type) -> Option<Self> {
        match types.format(ty)? {
            "timestamp" => Some(Self::Instant),
            "date" => Some(Self::Day),
            _ => None,
        }
    }

    /// Reads what a person wrote: what it begins with, and what it ends before, where it has an end. `begins_period` says
    /// whether anything takes the end: several days are no answer where one day is asked for.
    ///
    /// # Errors
    ///
    /// The end of a sentence that begins with the name of the argument.
    pub(super) fn read(
        self,
        text: &str,
        now: Timestamp,
        begins_period: bool,
    ) -> Result<(Value, Option<Value>), String> {
        // A day is what the API takes for a day: it has no end of its own.
        if self == Self::Day && !begins_period && time::date(text).is_some() {
            return Ok((Value::from(text), None));
        }
        let is_long = |from, until: Timestamp| until.duration_since(from) > SignedDuration::from_hours(24);
        match time::read(text, now, self == Self::Day) {
            Some(Stretch { from, until: Some(until) })
                if self == Self::Day && !begins_period && is_long(from, until) =>
            {
                Err(format!("`{}` is several days, and one is asked for; write yesterday or 2026-11-20", shown(text)))
            }
            Some(Stretch { from, until }) => {
                let begin = self.spell(from);
                let end = until.map(|until| match self.spell(until) {
                    // What has begun today, and lasts until now, is this day.
                    end if self == Self::Day && end == begin => self.spell(until + SignedDuration::from_hours(24)),
                    end => end,
                });
                Ok((begin, end))
            }
            None => Err(format!("`{}` is not a time; write {EXAMPLES}", shown(text))),
        }
    }

    fn spell(self, instant: Timestamp) -> Value {
        match self {
            Self::Instant => Value::from(instant.to_string()),
            Self::Day => Value::from(time::day(instant)),
        }
    }
}

/// The period with this name, or the one that begins with this input.
pub(super) fn find<'a>(action: &'a Action, name: &str) -> Option<&'a Period> {
    action.periods.iter().find(|period| period.name == name || period.start == name)
}

/// Checks how long the periods are.
///
/// # Errors
///
/// [`CommandError`] with what to type instead.
pub(super) fn check(action: &Action, arguments: &Arguments) -> Result<(), CommandError> {
    for period in &action.periods {
        if let Some((from, until)) = bounds(period, arguments) {
            check_length(action, arguments, period, from, until)?;
        }
    }
    Ok(())
}

/// When a period begins and ends, where both are given.
fn bounds(period: &Period, arguments: &Arguments) -> Option<(Timestamp, Timestamp)> {
    let instant = |name: &str| {
        let text = arguments.get(name)?.as_str()?;
        text.parse().ok().or_else(|| Some(time::read(text, Timestamp::UNIX_EPOCH, true)?.from))
    };
    Some((instant(&period.start)?, instant(&period.end)?))
}

/// The invocation of the period before: as long, and ending where this one begins.
#[must_use]
pub fn before(action: &Action, invocation: &Invocation) -> Option<Invocation> {
    let period = action.periods.first()?;
    let (from, until) = bounds(period, &invocation.arguments)?;
    let start = from.checked_sub(until.duration_since(from)).ok()?;
    let mut earlier = invocation.clone();
    let as_written = |name: &str, instant: Timestamp| {
        let is_day = invocation.arguments.get(name).and_then(Value::as_str).is_some_and(|text| text.len() == 10);
        let text = instant.to_string();
        Value::from(if is_day { text.chars().take(10).collect() } else { text })
    };
    earlier.arguments.insert(period.start.clone(), as_written(&period.start, start));
    earlier.arguments.insert(period.end.clone(), as_written(&period.end, from));
    if let Some(paging) = &action.paging {
        earlier.arguments.shift_remove(paging.input());
    }
    Some(earlier)
}

fn check_length(
    action: &Action,
    arguments: &Arguments,
    period: &Period,
    from: Timestamp,
    until: Timestamp,
) -> Result<(), CommandError> {
    let bad = |message: String| CommandError::new(CommandErrorKind::BadValue, message);
    if until <= from {
        return Err(bad(format!("The {} ends at {until}, which is not after {from}, when it begins.", period.name))
            .hint("The end is left out of it: for one day, name the next one as the end."));
    }
    let hours = until.duration_since(from).as_secs().div_euclid(3600);
    let too_long = action
        .period_limits
        .iter()
        .filter(|limit| limit.period == period.name)
        .filter(|limit| limit.when.as_ref().is_none_or(|when| holds(action, arguments, when)))
        .find(|limit| hours > limit.hours);
    match too_long {
        None => Ok(()),
        Some(limit) => {
            let longest = match limit.hours {
                hours if hours > 24 => format!("{} days", hours / 24),
                hours => format!("{hours} hours"),
            };
            let width = limit.when.as_ref().map(|when| format!(" where {} is {}", when.input, when.word));
            Err(bad(format!(
                "The {} from {from} to {until} is too long: `{}` takes at most {longest}{}.",
                period.name,
                action.command(),
                width.unwrap_or_default()
            ))
            .hint(format!(
                "Ask for less at once, such as `--{} {}`.",
                period.name,
                if limit.hours > 24 { "7d" } else { "12h" }
            )))
        }
    }
}
