//! How a list is put together, where it is more than the newest first.

use crate::Object;

/// What rules say about a list.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) order: Order,
    /// Items that head the first page, beyond its limit. They are in no collection.
    pub(crate) head: Vec<Object>,
    /// The number of items on a page, in place of the one that was asked for.
    pub(crate) limit: Option<usize>,
    /// Whether everything is on one page, whatever was asked for.
    pub(crate) one_page: bool,
    /// Whether `before_id` gives the first items of the list, not those next to the cursor.
    pub(crate) before_from_the_start: bool,
    /// What the order goes by: a cursor of another edition is a conflict.
    pub(crate) edition: Option<String>,
    /// Whether cursors by id are tokens that are no ids.
    pub(crate) opaque: bool,
}

/// In which order the items of a collection are listed.
#[derive(Debug, Default)]
pub(crate) enum Order {
    #[default]
    NewestFirst,
    OldestFirst,
    /// Exactly these items.
    Keys(Vec<String>),
}
