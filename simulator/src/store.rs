//! The state of the organization: collections of JSON objects, keyed by their path.

use crate::Object;
use crate::tokens::Tokens;
use std::collections::{BTreeMap, HashMap};

/// The complete state of the organization.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    /// By concrete path, such as `/v1/organizations/workspaces/wrkspc_01/members`.
    collections: BTreeMap<String, Collection>,
    /// Singleton objects of paths, such as `/v1/organizations/me`.
    pub(crate) singletons: BTreeMap<String, Object>,
    /// The access tokens that workloads got in exchange for their own tokens.
    pub(crate) tokens: Tokens,
}

impl Store {
    pub(crate) fn collection(&self, path: &str) -> Option<&Collection> {
        self.collections.get(path)
    }

    pub(crate) fn collection_mut(&mut self, path: &str) -> &mut Collection {
        self.collections.entry(path.to_owned()).or_default()
    }

    pub(crate) fn item(&self, path: &str, key: &str) -> Option<&Object> {
        self.collection(path)?.get(key)
    }

    pub(crate) fn item_mut(&mut self, path: &str, key: &str) -> Option<&mut Object> {
        self.collections.get_mut(path)?.get_mut(key)
    }

    /// Removes an item from a collection, if both exist.
    pub(crate) fn remove(&mut self, path: &str, key: &str) -> Option<Object> {
        self.collections.get_mut(path)?.remove(key)
    }

    /// Drops a collection.
    pub(crate) fn remove_collection(&mut self, path: &str) {
        self.collections.remove(path);
    }

    /// Drops every collection below a path.
    pub(crate) fn remove_below(&mut self, path: &str) {
        let prefix = format!("{path}/");
        self.collections.retain(|path, _| !path.starts_with(&prefix));
    }

    /// The items of a collection, newest first.
    pub(crate) fn items(&self, path: &str) -> impl Iterator<Item = &Object> {
        self.collection(path).into_iter().flat_map(|collection| collection.older_than(None).map(|(_, item)| item))
    }

    /// The number of items of each collection.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&str, usize)> {
        self.collections.iter().map(|(path, collection)| (path.as_str(), collection.len()))
    }
}

/// Objects in the order in which they were added. Every operation takes logarithmic time, so the cost of a page does
/// not depend on the size of the collection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Collection {
    items: BTreeMap<u64, (String, Object)>,
    positions: HashMap<String, u64>,
    next: u64,
}

impl Collection {
    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Object> {
        self.items.get(self.positions.get(key)?).map(|(_, item)| item)
    }

    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Object> {
        self.items.get_mut(self.positions.get(key)?).map(|(_, item)| item)
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Object> {
        self.items.values_mut().map(|(_, item)| item)
    }

    /// Adds an item, or replaces the one with this key at its position.
    pub(crate) fn insert(&mut self, key: &str, item: Object) {
        let position = *self.positions.entry(key.to_owned()).or_insert(self.next);
        self.next = self.next.max(position + 1);
        self.items.insert(position, (key.to_owned(), item));
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<Object> {
        self.items.remove(&self.positions.remove(key)?).map(|(_, item)| item)
    }

    pub(crate) fn position(&self, key: &str) -> Option<u64> {
        self.positions.get(key).copied()
    }

    /// The items that were added before a position, newest first. Without a position, all items.
    pub(crate) fn older_than(&self, position: Option<u64>) -> impl Iterator<Item = (&str, &Object)> {
        self.items.range(..position.unwrap_or(u64::MAX)).rev().map(|(_, (key, item))| (key.as_str(), item))
    }

    /// All items, oldest first.
    pub(crate) fn oldest_first(&self) -> impl Iterator<Item = (&str, &Object)> {
        self.items.values().map(|(key, item)| (key.as_str(), item))
    }

    /// The items that were added after a position, oldest first.
    pub(crate) fn newer_than(&self, position: u64) -> impl Iterator<Item = (&str, &Object)> {
        self.items.range(position.saturating_add(1)..).map(|(_, (key, item))| (key.as_str(), item))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collection(keys: &[&str]) -> Collection {
        let mut collection = Collection::default();
        for key in keys {
            collection.insert(key, Object::new());
        }
        collection
    }

    fn keys<'c>(items: impl Iterator<Item = (&'c str, &'c Object)>) -> Vec<&'c str> {
        items.map(|(key, _)| key).collect()
    }

    #[test]
    fn items_are_found_from_a_position_in_both_directions() {
        let collection = collection(&["a", "b", "c", "d"]);
        let position = collection.position("c");
        assert_eq!(keys(collection.older_than(None)), ["d", "c", "b", "a"]);
        assert_eq!(keys(collection.older_than(position)), ["b", "a"]);
        assert_eq!(keys(collection.newer_than(position.unwrap())), ["d"]);
    }

    #[test]
    fn replaced_item_stays_in_position_and_removed_item_is_skipped() {
        let mut collection = collection(&["a", "b", "c"]);
        collection.insert("a", Object::from_iter([("x".to_owned(), 1.into())]));
        assert!(collection.remove("b").is_some());
        assert!(collection.remove("b").is_none());
        assert_eq!(keys(collection.older_than(None)), ["c", "a"]);
        assert_eq!(collection.get("a").unwrap()["x"], 1);
        assert_eq!(collection.len(), 2);
    }
}
