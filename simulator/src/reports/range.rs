//! The time range of a report.

use super::calendar::{DAY, FIRST_DAY, Width, minute_of, start_of};
use crate::error::ApiError;
use crate::query::Query;
use crate::validate::at;
use jiff::Timestamp;
use serde_json::Value;

/// The maximum age of the start of reports of analytics, in days.
const REACH: i64 = 365;
/// The maximum length of their ranges: in days, or in hours if the width is a minute.
const LONGEST: i64 = 31;
const LONGEST_BY_MINUTE: i64 = 24;

/// The text of a parameter.
pub(crate) fn text<'q>(query: &'q Query, name: &str) -> Option<&'q str> {
    query.filters().find(|(known, _)| *known == name)?.1.first()?.as_str()
}

/// The texts of a repeated parameter, without duplicates, in their order.
pub(crate) fn texts(query: &Query, name: &str) -> Vec<String> {
    let values = query.filters().find(|(known, _)| *known == name).map(|(_, values)| values).unwrap_or_default();
    let mut texts: Vec<String> = Vec::new();
    for text in values.iter().filter_map(Value::as_str) {
        if !texts.iter().any(|known| known == text) {
            texts.push(text.to_owned());
        }
    }
    texts
}

/// An instant of a query.
pub(crate) fn instant(query: &Query, name: &str) -> Result<Option<Timestamp>, ApiError> {
    match text(query, name) {
        Some(text) => text.parse().map(Some).map_err(|_| at(name, "Input should be a valid datetime")),
        None => Ok(None),
    }
}

/// The bucket width of a query.
pub(crate) fn width(query: &Query, name: &str) -> Option<Width> {
    text(query, name).and_then(Width::of)
}

/// A range of minutes, without the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

impl Range {
    /// The range of a query; its default end is now. With a width, both ends are rounded to whole buckets. For days,
    /// they must already be whole days.
    pub(crate) fn of(query: &Query, width: Option<Width>, now: Timestamp) -> Result<Self, ApiError> {
        let from = instant(query, "starting_at")?.ok_or_else(|| at("starting_at", "Field required"))?;
        let until = instant(query, "ending_at")?;
        if until.is_some_and(|until| until <= from) {
            return Err(at("ending_at", "Input should be later than starting_at"));
        }
        if width == Some(Width::Day) {
            let named = [("starting_at", Some(from)), ("ending_at", until)];
            let is_part = |instant: Timestamp| instant.as_nanosecond() % (1_000_000_000 * 60 * i128::from(DAY)) != 0;
            if let Some((name, _)) = named.into_iter().find(|(_, instant)| instant.is_some_and(is_part)) {
                return Err(at(name, "Input should be the beginning of a day in UTC, since buckets are days"));
            }
        }
        let until = until.unwrap_or(now);
        let (from, last) = (minute_of(from), until.as_second().saturating_sub(1).div_euclid(60) + 1);
        Ok(match width {
            Some(width) => Self {
                from: width.snap(from),
                // The bucket that contains the end of the range belongs to the range.
                until: width.snap(last - 1) + width.minutes(),
            },
            None => Self { from, until: last },
        })
    }

    /// Checks the limits of analytics: the earliest start and the maximum length of a range.
    pub(crate) fn check_analytics(query: &Query, width: Option<Width>, now: Timestamp) -> Result<(), ApiError> {
        let Some(from) = instant(query, "starting_at")? else { return Ok(()) };
        if minute_of(from) < FIRST_DAY * DAY {
            return Err(at("starting_at", "Input should not be before 2026-01-01T00:00:00Z"));
        }
        if minute_of(from) < minute_of(now) - REACH * DAY {
            return Err(at("starting_at", format!("Input should be within the last {REACH} days")));
        }
        let until = instant(query, "ending_at")?.unwrap_or(now);
        let seconds = until.as_second() - from.as_second();
        let (longest, unit) = match width {
            Some(Width::Minute) => (LONGEST_BY_MINUTE * 60 * 60, format!("{LONGEST_BY_MINUTE} hours")),
            _ => (LONGEST * DAY * 60, format!("{LONGEST} days")),
        };
        if seconds > longest {
            return Err(at("ending_at", format!("The range should span at most {unit}")));
        }
        Ok(())
    }

    pub(crate) fn timestamps(self) -> (String, String) {
        (start_of(self.from).to_string(), start_of(self.until).to_string())
    }
}
