//! Lists that are calculated completely and then divided into pages.

use crate::Object;
use crate::error::ApiError;
use crate::page;
use crate::query::Query;
use crate::validate::at;
use serde_json::Value;

/// One page of rows.
#[derive(Debug)]
pub(crate) struct Rows<T> {
    pub(crate) shown: Vec<T>,
    pub(crate) next_page: Option<String>,
}

impl<T> Rows<T> {
    /// Selects a page of all rows. The cursor is the position of the next row, bound to the query.
    pub(crate) fn cut(all: Vec<T>, query: &Query) -> Result<Self, ApiError> {
        let fingerprint = page::fingerprint(query);
        let from = match query.page() {
            Some(cursor) => page::cursor_key(cursor, &fingerprint)?
                .parse::<usize>()
                .ok()
                .filter(|place| *place <= all.len())
                .ok_or_else(|| at("page", "cursor is not valid"))?,
            None => 0,
        };
        let end = from.saturating_add(query.limit()).min(all.len());
        let next_page = (end < all.len()).then(|| page::cursor(&fingerprint, &end.to_string()));
        let shown = all.into_iter().take(end).skip(from).collect();
        Ok(Self { shown, next_page })
    }
}

impl Rows<Value> {
    /// `data` and `next_page`.
    pub(crate) fn plain(self) -> Value {
        let next_page = self.next_page.into();
        Object::from_iter([("data".to_owned(), self.shown.into()), ("next_page".to_owned(), next_page)]).into()
    }

    /// `data`, `has_more` and `next_page`.
    pub(crate) fn with_more(self) -> Value {
        let (has_more, next_page) = (self.next_page.is_some(), self.next_page.into());
        Object::from_iter([
            ("data".to_owned(), self.shown.into()),
            ("has_more".to_owned(), has_more.into()),
            ("next_page".to_owned(), next_page),
        ])
        .into()
    }
}
