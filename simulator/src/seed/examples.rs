//! All objects that the examples of the catalog name, and a few items in every list with pages.

use super::Seeder;
use crate::Object;
use crate::resource::Resource;
use crate::routes::Routes;
use claude_admin_catalog::{Action, Segment, snake_case};

/// The minimum number of items of a list.
const ENOUGH: usize = 3;

impl Seeder<'_> {
    /// Adds items that no family added: the items that the paths of examples name, and items for pages.
    pub(super) fn rest(&mut self, routes: &Routes) {
        let mut lists = Vec::new();
        for action in &routes.catalog().actions {
            for example in &action.examples {
                let Some((path, captures)) = self.walk(routes, action, example) else { continue };
                if action.paging.is_some() && !lists.iter().any(|(known, _, _)| *known == path) {
                    lists.push((path, captures, action));
                }
            }
        }
        for (path, captures, action) in lists {
            let Some(resource) = routes.collection(action.http.path.segments()) else { continue };
            if resource.rules.is_seeded() {
                continue;
            }
            let count = self.store.collection(&path).map_or(0, |collection| collection.len());
            for _ in count..ENOUGH {
                self.add_plausible(resource, &path, None, &captures);
            }
        }
    }

    /// Adds the missing items on the path of an action, with the first parameters of an example. Returns the whole path
    /// and its parameters, or `None` if the example does not have them all.
    fn walk(&mut self, routes: &Routes, action: &Action, example: &str) -> Option<(String, Object)> {
        let segments = action.http.path.segments();
        // The parameters after the noun and the verb.
        let mut words = example.split_whitespace().skip(2);
        let mut path = String::new();
        let mut captures = Object::new();
        for (index, segment) in segments.iter().enumerate() {
            let word = match segment {
                Segment::Literal(word) => word.clone(),
                Segment::Param(name) => {
                    let key = words.next()?.to_owned();
                    captures.insert(snake_case(name), key.as_str().into());
                    if let Some(resource) = routes.collection(&segments[..index]) {
                        let is_key = !resource.has_prefix || key.starts_with(&resource.prefix);
                        let is_key = is_key && !resource.rules.is_seeded();
                        if is_key && self.store.item(&path, &key).is_none() {
                            self.add_plausible(resource, &path, Some(&key), &captures);
                        }
                    }
                    key
                }
            };
            path = format!("{path}/{word}");
        }
        Some((path, captures))
    }

    fn add_plausible(&mut self, resource: &Resource, path: &str, key: Option<&str>, captures: &Object) {
        let index = self.store.collection(path).map_or(0, |collection| collection.len());
        let key = key.map_or_else(|| self.ids.next(&resource.prefix), str::to_owned);
        let mut given = captures.clone();
        given.insert(resource.key.clone(), key.as_str().into());
        // The newest item is added last, so times are in order.
        let index = ENOUGH.saturating_sub(index);
        let mut item = resource.item.as_ref().map_or_else(Object::new, |ty| self.plausible(ty, &given, index));
        for (name, value) in given {
            item.entry(name).or_insert(value);
        }
        self.store.collection_mut(path).insert(&key, item);
    }
}
