//! Arguments that are times, and the rules that connect them.

use super::condition::holds;
use super::time::{self, EXAMPLES, Stretch};
use super::value::shown;
use super::{Arguments, CommandError, CommandErrorKind, Invocation};
use claude_admin_catalog::{Action, Period, PeriodLimit, Type, Types};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// The form of a time in the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeKind {
    /// As an instant.
    Instant,
    /// As a day.
    Day,
}

impl TimeKind {
    /// The kind of an argument, if it is a time.
    pub(super) fn of(types: &Types, ty: &Type) -> Option<Self> {
        match types.format(ty)? {
            "timestamp" => Some(Self::Instant),
            "date" => Some(Self::Day),
            _ => None,
        }
    }

    /// Reads a time from a person: its beginning and, if it has one, its end (exclusive). `period` is the period that
    /// it begins. Without a period, the end has no use, and a text for several days is an error if a single day is
    /// required.
    ///
    /// # Errors
    ///
    /// The end of a sentence that begins with the name of the argument.
    pub(super) fn read(
        self,
        text: &str,
        now: Timestamp,
        period: Option<&Period>,
    ) -> Result<(Value, Option<Value>), String> {
        let begins_period = period.is_some();
        // For reports, only complete days count, because an incomplete day cannot be compared with other days.
        let whole_days = self == Self::Day || period.is_some_and(|period| period.width.is_some());
        // A day is sent as a day, without an end.
        if self == Self::Day && !begins_period && time::date(text).is_some() {
            return Ok((Value::from(text), None));
        }
        if !begins_period && text.contains("..") {
            return Err(format!(
                "`{}` is a period, but a single time is needed; write yesterday or 2026-11-20",
                shown(text)
            ));
        }
        let is_long = |from, until: Timestamp| until.duration_since(from) > SignedDuration::from_hours(24);
        match time::read(text, now, whole_days) {
            Some(Stretch { from, until: Some(until) })
                if self == Self::Day && !begins_period && is_long(from, until) =>
            {
                Err(format!(
                    "`{}` covers several days, but a single day is needed; write yesterday or 2026-11-20",
                    shown(text)
                ))
            }
            Some(Stretch { from, until }) => {
                // A period that starts with a day and has no end lasts until now.
                let until = until.or_else(|| Some(now).filter(|now| self == Self::Day && begins_period && from < *now));
                let begin = self.spell(from);
                let end = until.map(|until| match self.spell(until) {
                    // A day that the period overlaps is part of it. For today there is no data yet, so today counts
                    // only if the period has no other day.
                    end if self == Self::Day && (end == begin || until != now) => self.spell(day_after(until)),
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

/// Reads the beginning and the end (exclusive) of a search, in the same words as the arguments of actions. Only `A..B`
/// sets both: `yesterday` as the beginning lasts until now.
///
/// # Errors
///
/// A sentence that begins with the invalid flag.
pub fn read_span(
    since: Option<&str>,
    until: Option<&str>,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Option<Timestamp>), String> {
    let read = |flag: &str, text: &str| {
        time::read(text, now, false)
            .ok_or_else(|| format!("--{flag}: `{}` is not a time; write {EXAMPLES}", shown(text)))
    };
    let since = since.map(|text| read("since", text).map(|stretch| (stretch, text.contains("..")))).transpose()?;
    let end = match until {
        Some(text) if text.contains("..") => {
            return Err(format!("--until: `{}` has a beginning and an end; write it with --since", shown(text)));
        }
        Some(text) => Some(read("until", text)?.from),
        None => since.filter(|(_, both)| *both).and_then(|(stretch, _)| stretch.until),
    };
    Ok((since.map(|(stretch, _)| stretch.from), end))
}

/// The period with this name, or the one whose beginning is this input.
pub(super) fn find<'a>(action: &'a Action, name: &str) -> Option<&'a Period> {
    action.periods.iter().find(|period| period.name == name || period.start == name)
}

/// The end of the day of an instant, or the instant itself if it is midnight.
fn day_after(instant: Timestamp) -> Timestamp {
    border_after(instant, DAY).unwrap_or(instant)
}

/// Aligns the periods of a report to the boundaries of its buckets, because a part of a bucket cannot be counted. The
/// beginning moves back, the end moves forward. A period without an end lasts until now. The aligned period is sent,
/// shown, added and compared.
pub(super) fn align(action: &Action, arguments: &mut Arguments, now: Timestamp) {
    for period in &action.periods {
        let Some(width) = period.width.as_deref() else { continue };
        let instant = |name: &str| arguments.get(name)?.as_str()?.parse::<Timestamp>().ok();
        let Some(from) = instant(&period.start) else { continue };
        let until = instant(&period.end).unwrap_or(now);
        let seconds = seconds(action, arguments, width).unwrap_or(MINUTE);
        let (Some(begin), Some(end)) = (border_before(from, seconds), border_after(until, seconds)) else { continue };
        // A period that ends before it begins is unchanged, so the error shows it as it was written.
        if until <= from || (arguments.contains_key(&period.end) && instant(&period.end).is_none()) {
            continue;
        }
        // A period with the maximum length must not become longer.
        let too_long = |begin: Timestamp| limit(action, arguments, period, begin, end).is_some();
        let begin = match begin.checked_add(SignedDuration::from_secs(seconds)) {
            Ok(later) if too_long(begin) && later < end && !too_long(later) => later,
            _ => begin,
        };
        arguments.insert(period.start.clone(), Value::from(begin.to_string()));
        arguments.insert(period.end.clone(), Value::from(end.to_string()));
    }
}

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60 * MINUTE;

/// The width of the buckets, in seconds: as requested, or the default of the server.
fn seconds(action: &Action, arguments: &Arguments, width: &str) -> Option<i64> {
    let assumed = || action.input(width).and_then(|input| input.default.as_deref());
    let word = arguments.get(width).map_or_else(assumed, Value::as_str)?;
    let unit = match word.chars().last()? {
        'm' => MINUTE,
        'h' => 60 * MINUTE,
        'd' => DAY,
        _ => return None,
    };
    word[..word.len() - 1].parse::<i64>().ok().filter(|count| (1..=1440).contains(count)).map(|count| count * unit)
}

/// The boundary of buckets at an instant, or the last one before it.
fn border_before(instant: Timestamp, seconds: i64) -> Option<Timestamp> {
    let width = i128::from(seconds) * 1_000_000_000;
    Timestamp::from_nanosecond(instant.as_nanosecond().div_euclid(width) * width).ok()
}

/// The boundary of buckets at an instant, or the first one after it.
fn border_after(instant: Timestamp, seconds: i64) -> Option<Timestamp> {
    let before = border_before(instant, seconds)?;
    if before == instant { Some(before) } else { before.checked_add(SignedDuration::from_secs(seconds)).ok() }
}

/// Checks the length of the periods.
///
/// # Errors
///
/// [`CommandError`] with the correction.
pub(super) fn check(action: &Action, arguments: &Arguments) -> Result<(), CommandError> {
    for period in &action.periods {
        if let Some((from, until)) = bounds(period, arguments) {
            check_length(action, arguments, period, from, until)?;
        }
    }
    Ok(())
}

/// The beginning and the end of a period, if both are given.
fn bounds(period: &Period, arguments: &Arguments) -> Option<(Timestamp, Timestamp)> {
    let instant = |name: &str| {
        let text = arguments.get(name)?.as_str()?;
        text.parse().ok().or_else(|| Some(time::read(text, Timestamp::UNIX_EPOCH, true)?.from))
    };
    Some((instant(&period.start)?, instant(&period.end)?))
}

/// The invocation for the previous period, which has the same length and ends where this period begins.
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

/// The limit that a period exceeds.
fn limit<'a>(
    action: &'a Action,
    arguments: &Arguments,
    period: &Period,
    from: Timestamp,
    until: Timestamp,
) -> Option<&'a PeriodLimit> {
    let seconds = until.duration_since(from).as_secs();
    let limits = action.period_limits.iter().filter(|limit| limit.period == period.name);
    let mut limits = limits.filter(|limit| limit.when.as_ref().is_none_or(|when| holds(action, arguments, when)));
    limits.find(|limit| seconds > limit.hours.saturating_mul(3600))
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
        return Err(bad(format!(
            "The {} must end after it begins, but it ends at {until} and begins at {from}.",
            period.name
        ))
        .hint("The end is not included: for one day, set the end to the next day."));
    }
    match limit(action, arguments, period, from, until) {
        None => Ok(()),
        Some(limit) => {
            let longest = match limit.hours {
                hours if hours > 24 => format!("{} days", hours / 24),
                hours => format!("{hours} hours"),
            };
            let width = limit.when.as_ref().map(|when| format!(" if {} is {}", when.input, when.word));
            Err(bad(format!(
                "The {} from {from} to {until} is too long: `{}` accepts at most {longest}{}.",
                period.name,
                action.command(),
                width.unwrap_or_default()
            ))
            .hint(format!(
                "Request a shorter period, such as `--{} {}`.",
                period.name,
                if limit.hours > 24 { "7d" } else { "12h" }
            )))
        }
    }
}

#[cfg(test)]
mod tests;
