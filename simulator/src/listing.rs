//! The options of a list that is not just the newest items first.

use crate::Object;

/// The options that rules set for a list.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) order: Order,
    /// Items at the start of the first page, in addition to its limit. They are in no collection.
    pub(crate) head: Vec<Object>,
    /// The number of items on a page, instead of the requested number.
    pub(crate) limit: Option<usize>,
    /// Whether all items are on one page, regardless of the requested limit.
    pub(crate) one_page: bool,
    /// Whether `before_id` returns the first items of the list instead of those next to the cursor.
    pub(crate) before_from_the_start: bool,
    /// The version of the order. A cursor of another version is a conflict.
    pub(crate) edition: Option<String>,
}

/// The order of the items of a collection in a list.
#[derive(Debug, Default)]
pub(crate) enum Order {
    #[default]
    NewestFirst,
    OldestFirst,
    /// Exactly these items.
    Keys(Vec<String>),
}
