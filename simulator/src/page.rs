//! Pages of a list.

use crate::Object;
use crate::error::ApiError;
use crate::listing::{Listing, Order};
use crate::query::Query;
use crate::store::Collection;
use crate::validate::at;
use claude_admin_catalog::Paging;
use serde_json::{Value, json};
use std::hash::{DefaultHasher, Hash, Hasher};

const PAGE_PREFIX: &str = "page_";

/// One page of a list.
pub(crate) struct Page<'s> {
    items: Vec<(&'s str, &'s Object)>,
    has_more: bool,
    /// Binds a cursor to the filters of its query.
    fingerprint: String,
    /// Whether it is the first page of the list.
    is_first: bool,
}

type Items<'s> = Box<dyn Iterator<Item = (&'s str, &'s Object)> + 's>;

impl<'s> Page<'s> {
    /// Selects a page of a collection: the items that match `wanted`, from the position in the query.
    pub(crate) fn cut(
        collection: &'s Collection,
        query: &Query,
        paging: Option<&Paging>,
        listing: &'s Listing,
        wanted: impl Fn(&Object) -> bool,
    ) -> Result<Self, ApiError> {
        let mut fingerprint = fingerprint(query);
        if let Some(edition) = &listing.edition {
            let mut hasher = DefaultHasher::new();
            (&fingerprint, edition).hash(&mut hasher);
            fingerprint = format!("{:016x}", hasher.finish());
        }
        let limit = if listing.one_page { usize::MAX } else { listing.limit.unwrap_or_else(|| query.limit()) };
        // One more item than the page shows, to determine whether more follow.
        let take = limit.saturating_add(1);
        let (before, after) = match (paging, query.before(), query.after(), query.page()) {
            _ if listing.one_page => (None, None),
            (Some(Paging::Cursor { .. }), _, _, Some(cursor)) => {
                let key = cursor_key(cursor, &fingerprint).map_err(|error| match &listing.edition {
                    Some(_) => ApiError::conflict("The order has changed since this cursor was made."),
                    None => error,
                })?;
                (None, Some(("page", key)))
            }
            (_, Some(before), _, _) => (Some(before), None),
            (_, _, Some(after), _) => (None, Some(("after_id", after))),
            _ => (None, None),
        };
        let is_first = before.is_none() && after.is_none();
        let mut items: Vec<(&str, &Object)>;
        if let (Some(before), true) = (before, listing.before_from_the_start) {
            known(collection, listing, "before_id", before)?;
            items = forward(collection, listing, None)
                .take_while(|(key, _)| *key != before)
                .filter(|(_, item)| wanted(item))
                .take(take)
                .collect();
        } else if let Some(before) = before {
            known(collection, listing, "before_id", before)?;
            items = backward(collection, listing, before).filter(|(_, item)| wanted(item)).take(take).collect();
        } else {
            if let Some((place, after)) = after {
                known(collection, listing, place, after)?;
            }
            let after = after.map(|(_, after)| after);
            items = forward(collection, listing, after).filter(|(_, item)| wanted(item)).take(take).collect();
        }
        let has_more = items.len() > limit;
        items.truncate(limit);
        if before.is_some() && !listing.before_from_the_start {
            items.reverse();
        }
        Ok(Self { items, has_more, fingerprint, is_first })
    }

    pub(crate) fn items(&self) -> impl Iterator<Item = &'s Object> {
        self.items.iter().map(|(_, item)| *item)
    }

    pub(crate) fn is_first(&self) -> bool {
        self.is_first
    }

    /// The fields of the reply in addition to the items.
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

/// The items that follow another one, or all of them.
fn forward<'s>(collection: &'s Collection, listing: &'s Listing, after: Option<&str>) -> Items<'s> {
    let position = after.and_then(|key| collection.position(key));
    match &listing.order {
        Order::NewestFirst => Box::new(collection.older_than(position)),
        Order::OldestFirst => match position {
            Some(position) => Box::new(collection.newer_than(position)),
            None => Box::new(collection.oldest_first()),
        },
        Order::Keys(keys) => {
            let start = after.and_then(|after| keys.iter().position(|key| key == after)).map_or(0, |index| index + 1);
            Box::new(keys[start..].iter().filter_map(|key| Some((key.as_str(), collection.get(key)?))))
        }
    }
}

/// The items that precede another one, nearest first.
fn backward<'s>(collection: &'s Collection, listing: &'s Listing, before: &str) -> Items<'s> {
    let position = collection.position(before);
    match &listing.order {
        Order::NewestFirst => Box::new(position.into_iter().flat_map(|position| collection.newer_than(position))),
        Order::OldestFirst => Box::new(collection.older_than(position)),
        Order::Keys(keys) => {
            let end = keys.iter().position(|key| key == before).unwrap_or(0);
            Box::new(keys[..end].iter().rev().filter_map(|key| Some((key.as_str(), collection.get(key)?))))
        }
    }
}

fn known(collection: &Collection, listing: &Listing, place: &str, key: &str) -> Result<(), ApiError> {
    let is_known = match &listing.order {
        Order::Keys(keys) => keys.iter().any(|known| known == key),
        Order::NewestFirst | Order::OldestFirst => collection.position(key).is_some(),
    };
    if is_known { Ok(()) } else { Err(at(place, format!("'{key}' is not an item of this list"))) }
}

/// The cursor that continues after an item, for the query with this fingerprint.
pub(crate) fn cursor(fingerprint: &str, last: &str) -> String {
    format!("{PAGE_PREFIX}{fingerprint}_{last}")
}

/// A value that differs for queries with different filters.
pub(crate) fn fingerprint(query: &Query) -> String {
    let mut filters: Vec<String> = query.filters().map(|(name, values)| format!("{name}={values:?}")).collect();
    filters.sort();
    let mut hasher = DefaultHasher::new();
    filters.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// The item that a cursor continues after. The cursor must have been created with the same filters.
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
