//! Pages of a list.

use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::store::Collection;
use crate::validate::at;
use claude_admin_catalog::Paging;
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};

const PAGE_PREFIX: &str = "page_";

/// One page of a list, newest first.
pub(crate) struct Page<'s> {
    items: Vec<(&'s str, &'s Object)>,
    has_more: bool,
    /// Ties a cursor to the filters that made it.
    fingerprint: String,
}

impl<'s> Page<'s> {
    /// Cuts a page out of a collection: the items for which `wanted` holds, from where the query says.
    pub(crate) fn cut(
        collection: &'s Collection,
        query: &Query,
        paging: Option<&Paging>,
        wanted: impl Fn(&Object) -> bool,
    ) -> Result<Self, ApiError> {
        let fingerprint = fingerprint(query);
        let position = |place: &str, key: &str| {
            collection.position(key).ok_or_else(|| at(place, format!("'{key}' is not an item of this list")))
        };
        let limit = query.limit();
        // One more than is shown tells whether more follow.
        let take = limit.saturating_add(1);
        let mut items: Vec<(&str, &Object)>;
        let has_more;
        if let Some(before) = query.before() {
            let position = position("before_id", before)?;
            items = collection.newer_than(position).filter(|(_, item)| wanted(item)).take(take).collect();
            has_more = items.len() > limit;
            items.truncate(limit);
            items.reverse();
        } else {
            let after = match (paging, query.after(), query.page()) {
                (Some(Paging::Cursor { .. }), _, Some(cursor)) => {
                    Some(position("page", cursor_key(cursor, &fingerprint)?)?)
                }
                (_, Some(after), _) => Some(position("after_id", after)?),
                _ => None,
            };
            items = collection.older_than(after).filter(|(_, item)| wanted(item)).take(take).collect();
            has_more = items.len() > limit;
            items.truncate(limit);
        }
        Ok(Self { items, has_more, fingerprint })
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &'s Object> {
        self.items.iter().map(|(_, item)| *item)
    }

    /// The fields of the reply beside the items.
    pub(crate) fn frame(&self) -> Object {
        let key = |item: Option<&(&str, &Object)>| item.map_or(Value::Null, |(key, _)| json!(key));
        let next_page = match self.items.last() {
            Some((last, _)) if self.has_more => json!(cursor(&self.fingerprint, last)),
            _ => Value::Null,
        };
        Object::from_iter([
            ("has_more".to_owned(), self.has_more.into()),
            ("first_id".to_owned(), key(self.items.first())),
            ("last_id".to_owned(), key(self.items.last())),
            ("next_page".to_owned(), next_page),
        ])
    }
}

/// Ties a cursor to the filters that made it.
pub(crate) fn fingerprint(query: &Query) -> String {
    let mut filters: Vec<String> = query.filters().map(|(name, values)| format!("{name}={values:?}")).collect();
    filters.sort();
    let mut hasher = DefaultHasher::new();
    filters.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// A cursor that leads on from a place.
pub(crate) fn cursor(fingerprint: &str, place: &str) -> String {
    format!("{PAGE_PREFIX}{fingerprint}_{place}")
}

/// The place to which a cursor leads, when it was made by the same filters.
pub(crate) fn cursor_key<'c>(cursor: &'c str, fingerprint: &str) -> Result<&'c str, ApiError> {
    let (made_by, key) = cursor
        .strip_prefix(PAGE_PREFIX)
        .and_then(|rest| rest.split_once('_'))
        .ok_or_else(|| at("page", "cursor is not valid"))?;
    if made_by == fingerprint {
        Ok(key)
    } else {
        Err(ApiError::invalid("cursor does not match current query parameters"))
    }
}
