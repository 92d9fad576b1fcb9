//! Reports with time buckets: oldest first, without gaps, several on each page.

use super::calendar::{Width, start_of};
use super::range::Range;
use crate::Object;
use crate::error::ApiError;
use crate::page;
use crate::query::Query;
use crate::validate::at;
use serde_json::{Value, json};

/// The default and maximum number of buckets on a page.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    pub(crate) minutes: (usize, usize),
    pub(crate) hours: (usize, usize),
    pub(crate) days: (usize, usize),
}

impl Limits {
    /// The limit of a query.
    pub(crate) fn of(self, query: &Query, width: Width) -> Result<usize, ApiError> {
        let (default, most) = match width {
            Width::Minute => self.minutes,
            Width::Hour => self.hours,
            Width::Day => self.days,
        };
        match query.limit() {
            usize::MAX => Ok(default),
            limit if limit > most => Err(at("limit", format!("Input should be less than or equal to {most}"))),
            limit => Ok(limit),
        }
    }
}

/// The buckets of a page.
#[derive(Debug)]
pub(crate) struct Buckets {
    width: Width,
    /// The minutes of the page.
    pub(crate) shown: Range,
    next: Option<i64>,
    fingerprint: String,
}

impl Buckets {
    /// The page of a query.
    pub(crate) fn of(query: &Query, range: Range, width: Width, limit: usize) -> Result<Self, ApiError> {
        let fingerprint = page::fingerprint(query);
        let from = match query.page() {
            Some(cursor) => page::cursor_key(cursor, &fingerprint)?
                .parse()
                .ok()
                .filter(|minute| (range.from..range.until).contains(minute) && width.snap(*minute) == *minute)
                .ok_or_else(|| at("page", "cursor is not valid"))?,
            None => range.from,
        };
        let span = i64::try_from(limit).unwrap_or(i64::MAX).saturating_mul(width.minutes());
        let until = from.saturating_add(span).min(range.until);
        let next = (until < range.until).then_some(until);
        Ok(Self { width, shown: Range { from, until }, next, fingerprint })
    }

    /// The page, with the rows of each bucket.
    pub(crate) fn reply(&self, mut rows_of: impl FnMut(i64) -> Vec<Value>) -> Object {
        let mut data = Vec::new();
        let mut minute = self.shown.from;
        while minute < self.shown.until {
            let next = minute + self.width.minutes();
            data.push(json!({
                "starting_at": start_of(minute).to_string(),
                "ending_at": start_of(next).to_string(),
                "results": rows_of(minute),
            }));
            minute = next;
        }
        let next_page = self.next.map(|minute| page::cursor(&self.fingerprint, &minute.to_string()));
        Object::from_iter([
            ("data".to_owned(), data.into()),
            ("has_more".to_owned(), self.next.is_some().into()),
            ("next_page".to_owned(), next_page.into()),
        ])
    }
}
