//! Finds the operation of a method and a path.

use crate::error::ApiError;
use crate::operation::Operation;
use crate::resource::{Resource, Shapes, anonymous};
use claude_admin_catalog::{Action, Catalog, Segment, Types, snake_case};
use http::StatusCode;
use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The operations of a catalog, with their resources.
pub(crate) struct Routes {
    catalog: Arc<Catalog>,
    routes: Vec<Route>,
    resources: Vec<Resource>,
    /// The position of the resource of a path, with `{}` for parameters.
    positions: BTreeMap<String, usize>,
    shapes: Shapes,
}

struct Route {
    /// An index into the actions of the catalog.
    action: usize,
    operation: Operation,
    /// An index into the resources.
    resource: usize,
    /// The number of segments of the path up to the resource.
    length: usize,
    /// Positions of the parameters that name an item of a parent collection, with the index of that collection.
    parents: Vec<(usize, usize)>,
}

/// The operation of a request, and its target.
pub(crate) struct Target<'r> {
    pub(crate) action: &'r Action,
    /// The types of the catalog.
    pub(crate) types: &'r Types,
    pub(crate) operation: &'r Operation,
    pub(crate) resource: &'r Resource,
    /// The path of the collection or singleton, decoded.
    pub(crate) path: String,
    /// The item, if the operation has one.
    pub(crate) key: Option<String>,
    /// The parameters of the path, by wire name.
    pub(crate) captures: Vec<(String, String)>,
    /// The parent items in the path.
    pub(crate) parents: Vec<Parent<'r>>,
}

/// A parent item in the path of another item.
pub(crate) struct Parent<'r> {
    pub(crate) resource: &'r Resource,
    /// The path of its collection, decoded.
    pub(crate) path: String,
    pub(crate) key: String,
}

impl Routes {
    pub(crate) fn new(catalog: Arc<Catalog>) -> Self {
        let shapes = Shapes::of(&catalog);
        let operations: Vec<(Operation, usize)> =
            catalog.actions.iter().map(|action| shapes.operation(action)).collect();
        let mut by_path: BTreeMap<String, Vec<(&Action, &Operation)>> = BTreeMap::new();
        for (action, (operation, length)) in catalog.actions.iter().zip(&operations) {
            by_path.entry(anonymous(&action.http.path.segments()[..*length])).or_default().push((action, operation));
        }
        let resources: Vec<Resource> =
            by_path.iter().map(|(path, operations)| Resource::of(path, operations, &catalog.types)).collect();
        let positions: BTreeMap<String, usize> = by_path.keys().cloned().zip(0..).collect();
        let resource_of = |segments: &[Segment]| positions.get(&anonymous(segments)).copied();
        let routes = catalog
            .actions
            .iter()
            .enumerate()
            .zip(&operations)
            .filter_map(|((index, action), (operation, length))| {
                let segments = action.http.path.segments();
                let parent = |position: usize| {
                    let above = &segments[..position];
                    let is_item = matches!(segments[position], Segment::Param(_)) && shapes.is_collection(above);
                    if is_item { Some((position, resource_of(above)?)) } else { None }
                };
                Some(Route {
                    action: index,
                    operation: operation.clone(),
                    resource: resource_of(&segments[..*length])?,
                    length: *length,
                    parents: (0..*length).filter_map(parent).collect(),
                })
            })
            .collect();
        Self { catalog, routes, resources, positions, shapes }
    }

    /// The collection of a path with parameters, if there is one.
    pub(crate) fn collection(&self, segments: &[Segment]) -> Option<&Resource> {
        let path = anonymous(segments);
        self.shapes.is_collection(segments).then(|| self.resources.get(*self.positions.get(&path)?)).flatten()
    }

    pub(crate) fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// Every action, with its operation and its rules.
    #[cfg(test)]
    pub(crate) fn each(&self) -> impl Iterator<Item = (&Action, &Operation, &'static dyn crate::rules::Rules)> {
        self.routes.iter().map(move |route| {
            let rules = self.resources[route.resource].rules;
            (&*self.catalog.actions[route.action], &route.operation, rules)
        })
    }

    /// Finds the operation of a request.
    ///
    /// If two templates match (`/users/me` and `/users/{user-id}`), the one with fewer parameters takes precedence.
    pub(crate) fn find(&self, method: &http::Method, path: &str) -> Result<Target<'_>, ApiError> {
        let mut fitting: Vec<_> = self
            .routes
            .iter()
            .filter_map(|route| {
                let action = &self.catalog.actions[route.action];
                Some((action, route, action.http.path.captures(path)?))
            })
            .collect();
        fitting.sort_by_key(|(_, _, captures)| captures.len());
        if fitting.is_empty() {
            return Err(ApiError::not_found("Not found"));
        }
        let (action, route, captures) = fitting
            .into_iter()
            .find(|(action, _, _)| action.http.method.as_str() == method.as_str())
            .ok_or_else(|| ApiError::new(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed"))?;
        let segments: Vec<String> =
            path.split('/').skip(1).map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned()).collect();
        let join = |length: usize| segments[..length].iter().fold(String::new(), |path, word| path + "/" + word);
        Ok(Target {
            action,
            types: &self.catalog.types,
            operation: &route.operation,
            resource: &self.resources[route.resource],
            path: join(route.length),
            key: segments.get(route.length).cloned(),
            captures: captures
                .into_iter()
                .map(|(name, text)| (snake_case(name), percent_decode_str(text).decode_utf8_lossy().into_owned()))
                .collect(),
            parents: route
                .parents
                .iter()
                .map(|(position, resource)| Parent {
                    resource: &self.resources[*resource],
                    path: join(*position),
                    key: segments[*position].clone(),
                })
                .collect(),
        })
    }
}
