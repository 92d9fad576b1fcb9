//! The target of a write: the read that shows it, and the fields that texts about it can name.

use crate::check::Checker;
use crate::{Action, Catalog, Field, Futile, ID, Input, Method, Place, Problem, Risk, Type, Types};
use serde_json::Value;
use std::sync::Arc;

/// The replacement of a name between braces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placeholder<'c> {
    /// The argument of an input.
    Argument(&'c Input),
    /// A field of the target, as the read before the write returns it: the names of the path to the field.
    Field(&'c str),
}

/// The names between braces in a text.
pub(crate) fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}').map(|(name, _)| name))
}

/// A nested value, by names that are separated by dots.
#[must_use]
pub fn at_path<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(value, |value, name| value.get(name))
}

impl Catalog {
    /// Finds the action that shows the target of a write. This is the `GET` whose path is the longest prefix of the
    /// path of the write, and names an object in it. For a setting of the whole organization, it is the `GET` with the
    /// path of the write.
    #[must_use]
    pub fn before_action(&self, action: &Action) -> Option<&Arc<Action>> {
        let path = action.http.path.segments();
        let shows = |candidate: &&Arc<Action>| {
            let own = candidate.http.path.segments();
            let is_named = candidate.http.path.params().next().is_some() || own.len() == path.len();
            candidate.http.method == Method::Get
                && candidate.paging.is_none()
                && !candidate.sensitive
                && is_named
                && path.starts_with(own)
                && self.returns_an_object(candidate)
        };
        self.actions.iter().filter(shows).max_by_key(|candidate| candidate.http.path.segments().len())
    }

    /// The read that returns one item of a list, in the same form; none if the API has no such read.
    #[must_use]
    pub fn item_read(&self, list: &Action) -> Option<&Arc<Action>> {
        let item = self.types.item(list)?;
        let returns_it = |read: &&Arc<Action>| {
            read.http.method == Method::Get
                && read.paging.is_none()
                && !read.sensitive
                && read.result.as_ref() == Some(item)
                && read.inputs.iter().all(|input| input.place == Place::Path)
        };
        self.actions.iter().find(returns_it)
    }

    /// The argument of the read of an item: the ID of the item, a field with the name of the input, or the argument of
    /// the list.
    #[must_use]
    pub fn item_argument(&self, input: &Input, list: &Action, given: Option<&Value>, item: &Value) -> Option<Value> {
        let fields = self.types.items(list)?;
        let wire = input.name.replace('-', "_");
        let own = fields.iter().find(|field| field.wire == ID && field.ty == input.ty);
        let named = own.or_else(|| fields.iter().find(|field| field.wire == wire));
        named.and_then(|field| item.get(&field.wire)).or(given).filter(|value| value.is_string()).cloned()
    }

    /// Whether the read before a write returns the object that the write changes, and not its parent. A new member of a
    /// workspace does not change the workspace itself.
    #[must_use]
    pub fn reads_the_target(&self, action: &Action) -> bool {
        let path = &action.http.path;
        let is_collection =
            |candidate: &Arc<Action>| candidate.http.method == Method::Get && candidate.http.path == *path;
        self.before_action(action)
            .is_some_and(|before| before.http.path == *path || !self.actions.iter().any(is_collection))
    }

    /// The replacement of a name between braces in the texts of a write. `{--name}` is an argument. `{name}` is a field
    /// of the target or, if the target does not have it, an argument.
    #[must_use]
    pub fn placeholder<'c>(&'c self, action: &'c Action, name: &'c str) -> Option<Placeholder<'c>> {
        if let Some(input) = name.strip_prefix("--") {
            return action.input(input).map(Placeholder::Argument);
        }
        let result = self.before_action(action).and_then(|read| read.result.as_ref());
        match result.is_some_and(|ty| self.types.has_path(ty, name)) {
            true => Some(Placeholder::Field(name)),
            false => action.input(name).map(Placeholder::Argument),
        }
    }

    fn returns_an_object(&self, read: &Action) -> bool {
        // The response of a list without pages is not an object.
        let fields = read.result.as_ref().and_then(|ty| self.types.record(ty));
        fields.is_some_and(|fields| fields.iter().all(|field| field.wire != "data"))
    }
}

impl Checker<'_> {
    /// Checks that texts about a target name only its arguments and fields that the read before the write returns.
    /// Dependents must come from lists that every reader of the organization can have.
    pub(crate) fn targets_exist(&mut self, catalog: &Catalog) {
        for action in catalog.actions.iter().filter(|action| action.writes()) {
            let mut found = |message: String, remedy: &str| {
                let (location, item, remedy) = (catalog.package.clone(), action.id.clone(), remedy.to_owned());
                self.found(Problem { location, item, message, remedy });
            };
            let texts = action.questions.iter().map(|question| ("ask", question.text.as_str()));
            let texts = texts.chain(action.futile.iter().map(|rule| ("futile", rule.text.as_str())));
            let of_texts = texts.flat_map(|(annotation, text)| placeholders(text).map(move |name| (annotation, name)));
            let of_impacts =
                action.impacts.iter().flat_map(|impact| impact.placeholders().map(|name| ("impact", name)));
            for (annotation, name) in of_texts.chain(of_impacts) {
                if catalog.placeholder(action, name).is_none() {
                    found(
                        format!("`@{annotation}`: `{{{name}}}` is neither an argument nor a field of the target"),
                        "write the name of an input, or the wire name of a field that the read of the target returns",
                    );
                }
            }
            let target = catalog.before_action(action).and_then(|read| read.result.as_ref());
            for path in action.futile.iter().flat_map(Futile::fields) {
                if !target.is_some_and(|ty| catalog.types.has_path(ty, path)) {
                    found(
                        format!("`@futile`: the read of the target returns no field `{path}`"),
                        "write the wire name of such a field; for a nested field, write both names with a dot",
                    );
                }
            }
            if let Some(problem) = catalog.wrong_replaces(action) {
                found(problem, "name a list of risk `read`, and inputs that its items have as fields of the same name");
            }
            for impact in &action.impacts {
                let list = catalog.verb(&impact.command[0], &impact.command[1]);
                let items = list.filter(|list| list.risk == Risk::Read && !list.sensitive && list.paging.is_some());
                let item = items.and_then(|list| catalog.types.item(list));
                let has_field =
                    |(path, _): &(String, String)| item.is_some_and(|item| catalog.types.has_path(item, path));
                if item.is_none() || !impact.only.as_ref().is_none_or(has_field) {
                    found(
                        format!(
                            "`@impact {}`: its command is not a list with pages, or its items do not have the field",
                            impact.what
                        ),
                        "name a list of risk `read` without secrets, and a field of its items",
                    );
                }
            }
        }
    }
}

impl Types {
    /// Whether a value of a type can have a field, given by wire names that are separated by dots.
    #[must_use]
    pub fn has_path(&self, ty: &Type, path: &str) -> bool {
        let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
        let ty = self.optional(ty).unwrap_or(ty);
        let in_fields = |fields: &[Field]| {
            let field = fields.iter().find(|field| field.wire == name);
            field.is_some_and(|field| rest.is_none_or(|rest| self.has_path(&field.ty, rest)))
        };
        match self.union(ty) {
            Some(union) => {
                let mut payloads = union.known().filter_map(|case| self.record(case.payload.as_ref()?));
                (rest.is_none() && name == union.tag) || payloads.any(in_fields)
            }
            None => self.record(ty).is_some_and(in_fields),
        }
    }
}
