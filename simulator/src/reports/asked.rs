//! The parameters of reports of activity: days, filters and groups.

use super::calendar::{FIRST_DAY, day_of, read_date};
use super::dimension::row_dimensions;
use super::people::{People, Person};
use super::range::{text, texts};
use crate::error::ApiError;
use crate::query::Query;
use crate::routes::Target;
use crate::validate::at;
use jiff::Timestamp;

/// The maximum number of days of a range.
const LONGEST: i64 = 366;

/// The days of a report, without the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days {
    pub(crate) from: i64,
    pub(crate) until: i64,
}

impl Days {
    /// One day, or a range of days, from a query. Data is available up to yesterday.
    pub(crate) fn of(query: &Query, now: Timestamp) -> Result<Self, ApiError> {
        let day = |place: &str| text(query, place).map(|text| read(text, place)).transpose();
        let (date, from, until) = (day("date")?, day("starting_date")?, day("ending_date")?);
        let known = day_of(now);
        let (from, until) = match (date, from, until) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                return Err(ApiError::invalid(
                    "Cannot specify both 'date' and 'starting_date' or 'ending_date' in the same request. Use 'date' \
                     for one day or 'starting_date' and 'ending_date' for a range.",
                ));
            }
            (Some(day), None, None) => (day, day + 1),
            (None, Some(from), until) => (from, until.unwrap_or(known.max(from + 1))),
            (None, None, Some(_)) => return Err(at("starting_date", "Field required")),
            // All parameters are optional. The default is the last available day.
            (None, None, None) => (known - 1, known),
        };
        if until <= from {
            return Err(at("ending_date", "Input should be later than starting_date"));
        }
        if until - from > LONGEST {
            return Err(at("ending_date", format!("The range should span at most {LONGEST} days")));
        }
        Ok(Self { from, until: until.min(known) })
    }

    pub(crate) fn iter(self) -> std::ops::Range<i64> {
        self.from..self.until
    }
}

fn read(text: &str, place: &str) -> Result<i64, ApiError> {
    let day = read_date(text, place)?;
    if day < FIRST_DAY { Err(at(place, "Input should not be before 2026-01-01")) } else { Ok(day) }
}

/// The filters of a report.
#[derive(Debug)]
pub(crate) struct Filters(Vec<(String, Vec<String>)>);

impl Filters {
    /// Parses `dimension:value` entries. The dimensions are those by which the report can be grouped, and `others`.
    pub(crate) fn of(target: &Target<'_>, query: &Query, others: &[&str]) -> Result<Self, ApiError> {
        let mut dimensions: Vec<&str> = row_dimensions(target);
        dimensions.extend(others);
        dimensions.sort_unstable();
        let mut filters: Vec<(String, Vec<String>)> = Vec::new();
        for entry in texts(query, "filter[]") {
            let (dimension, value) = entry
                .split_once(':')
                .ok_or_else(|| at("filter[]", format!("'{entry}' should have the form 'dimension:value'")))?;
            if !dimensions.contains(&dimension) {
                let known = dimensions.join(", ");
                return Err(at("filter[]", format!("Unsupported dimension '{dimension}'. Use one of: {known}")));
            }
            match filters.iter_mut().find(|(known, _)| known == dimension) {
                Some((_, values)) => values.push(value.to_owned()),
                None => filters.push((dimension.to_owned(), vec![value.to_owned()])),
            }
        }
        Ok(Self(filters))
    }

    /// The allowed values of a dimension. If absent, all.
    pub(crate) fn wanted(&self, dimension: &str) -> Option<&[String]> {
        self.0.iter().find(|(known, _)| known == dimension).map(|(_, values)| values.as_slice())
    }

    /// Whether a value matches.
    pub(crate) fn fits(&self, dimension: &str, value: &str) -> bool {
        self.wanted(dimension).is_none_or(|wanted| wanted.iter().any(|one| one == value))
    }

    /// Whether a person matches, by ID and groups.
    pub(crate) fn fits_person(&self, people: &People<'_>, person: &Person<'_>) -> bool {
        self.fits("user_id", person.id)
            && self.wanted("rbac_group_id").is_none_or(|wanted| {
                let ids: Vec<&str> = wanted.iter().map(String::as_str).collect();
                people.is_in(person, &ids)
            })
    }
}

/// The grouping of a report.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GroupBy {
    pub(crate) product: bool,
    pub(crate) group: bool,
    pub(crate) user: bool,
}

impl GroupBy {
    pub(crate) fn of(query: &Query) -> Self {
        let by = texts(query, "group_by[]");
        let has = |dimension: &str| by.iter().any(|known| known == dimension);
        Self { product: has("product"), group: has("rbac_group_id"), user: has("user_id") }
    }

    pub(crate) fn is_any(self) -> bool {
        self.product || self.group || self.user
    }
}
