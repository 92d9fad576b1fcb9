//! Whatever the examples of the catalog name, and a few items in every list that is shown page by page.

use super::Seeder;
use crate::Object;
use crate::resource::Resource;
use crate::routes::Routes;
use claude_admin_catalog::{Action, Segment, snake_case};

/// How many items a list has at least.
const ENOUGH: usize = 3;

impl Seeder<'_> {
    /// Adds what no family added: the items that the examples lead through or to, and items to page through.
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

    /// Leads along the path of an action, with the parameters that an example gives first, and adds the items on it
    /// that are not there. Returns the whole path and its parameters; `None` when the example does not give them all.
    fn walk(&mut self, routes: &Routes, action: &Action, example: &str) -> Option<(String, Object)> {
        let segments = action.http.path.segments();
        // After the noun and the verb.
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
        // The newest is the last that is added, so that times run the right way.
        let index = ENOUGH.saturating_sub(index);
        let mut item = resource.item.as_ref().map_or_else(Object::new, |ty| self.plausible(ty, &given, index));
        for (name, value) in given {
            item.entry(name).or_insert(value);
        }
        self.store.collection_mut(path).insert(&key, item);
    }
}
