//! Operations, carried out.

use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::page::Page;
use crate::query::Query;
use crate::resource::{Operation, Resource, list_item};
use crate::routes::Target;
use crate::rules::{Deletion, Event, View, text};
use crate::shape::{Shaper, merge};
use crate::store::{Collection, Store};
use crate::version::ApiVersion;
use claude_admin_catalog::{Field, Type, Types};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

const ARCHIVED_AT: &str = "archived_at";
const UPDATED_AT: &str = "updated_at";

/// What requests change.
pub(crate) struct World {
    pub(crate) organization_id: String,
    pub(crate) store: Store,
    pub(crate) ids: Ids,
}

/// One operation under way.
pub(crate) struct Performance<'p> {
    pub(crate) target: &'p Target<'p>,
    pub(crate) world: &'p mut World,
    pub(crate) types: &'p Types,
    pub(crate) now: Timestamp,
    pub(crate) version: ApiVersion,
}

impl<'p> Performance<'p> {
    /// Carries the operation out and returns its reply.
    pub(crate) fn run(mut self, query: &Query, fields: Object) -> Result<Value, ApiError> {
        if let Some(reply) = self.target.resource.rules.computed(self.target, query, self.view()) {
            return reply;
        }
        for parent in &self.target.parents {
            if self.world.store.item(&parent.path, &parent.key).is_none() {
                return Err(not_found(parent.resource, &parent.key));
            }
        }
        match self.target.operation {
            Operation::List => self.list(query),
            Operation::Create => self.create(fields),
            Operation::Read => self.item().map(|item| self.reply(item)),
            Operation::Update => self.update(fields),
            Operation::Delete => self.delete(),
            Operation::Act(act) => self.act(act, fields),
            Operation::ReadSingleton | Operation::UpdateSingleton => Ok(self.singleton(fields)),
            Operation::DeleteSingleton => {
                let removed = self.world.store.singletons.remove(&self.target.path);
                Ok(self.reply(removed.unwrap_or_default()))
            }
            Operation::Call => Ok(self.reply(fields)),
        }
    }

    fn list(&mut self, query: &Query) -> Result<Value, ApiError> {
        let Some(result) = &self.target.action.result else { return Ok(json!({})) };
        let empty = Collection::default();
        let collection = self.world.store.collection(&self.target.path).unwrap_or(&empty);
        let paging = self.target.action.paging.as_ref();
        let page = Page::cut(collection, query, paging, |item| self.is_listed(item, query))?;
        let frame = page.frame();
        let items: Vec<Object> = page.items().cloned().collect();
        let fields = self.fields(Some(result));
        let mut reply = self.shaper().record(fields, &frame);
        let item = list_item(result, self.types);
        let data: Vec<Value> = items.into_iter().map(|object| self.present(item, object)).collect();
        reply.insert("data".to_owned(), data.into());
        Ok(reply.into())
    }

    fn create(&mut self, fields: Object) -> Result<Value, ApiError> {
        let resource = self.target.resource;
        let known = self.fields(resource.item.as_ref());
        let of_path = self.target.captures.iter().filter(|(name, _)| known.iter().any(|field| field.wire == *name));
        let mut new: Object = of_path.map(|(name, value)| (name.clone(), value.as_str().into())).collect();
        new.extend(fields);
        let view = View { store: &self.world.store, now: self.now, version: self.version };
        resource.rules.before_create(&mut new, view, &mut self.world.ids)?;

        let mut item = self.shaper().record(known, &new);
        // What rules keep for themselves is no field of a reply.
        new.retain(|name, _| !item.contains_key(name));
        item.extend(new);
        if text(&item, &resource.key).is_empty() {
            item.insert(resource.key.clone(), self.world.ids.next(&resource.prefix).into());
        }
        let key = text(&item, &resource.key).to_owned();
        let collection = self.world.store.collection_mut(&self.target.path);
        if collection.get(&key).is_some() {
            let message = format!("{} '{key}' exists already.", resource.noun);
            return Err(ApiError::new(StatusCode::CONFLICT, message));
        }
        collection.insert(&key, item.clone());
        Ok(self.concluded(Event::Created, item))
    }

    fn update(&mut self, mut changes: Object) -> Result<Value, ApiError> {
        let resource = self.target.resource;
        let mut item = self.item()?;
        if item.get(ARCHIVED_AT).is_some_and(|at| !at.is_null()) {
            return Err(ApiError::invalid(format!("This {} is archived and cannot be changed.", resource.noun)));
        }
        resource.rules.before_update(&item, &mut changes, self.view())?;
        merge(&mut item, changes, resource.item.as_ref(), self.types);
        Ok(self.changed(Event::Updated, item))
    }

    fn delete(&mut self) -> Result<Value, ApiError> {
        let mut item = self.item()?;
        match self.target.resource.rules.before_delete(&item, self.view())? {
            Deletion::Mark(changes) => {
                item.extend(changes);
                Ok(self.changed(Event::Deleted, item))
            }
            Deletion::Remove => {
                let key = self.key();
                self.world.store.collection_mut(&self.target.path).remove(key);
                Ok(self.concluded(Event::Deleted, item))
            }
        }
    }

    /// Archiving twice changes nothing the second time. What other acts do is not known beyond the fields they send.
    fn act(&mut self, act: &str, fields: Object) -> Result<Value, ApiError> {
        let resource = self.target.resource;
        let mut item = self.item()?;
        resource.rules.before_act(act, &item, self.view())?;
        merge(&mut item, fields, resource.item.as_ref(), self.types);
        if act == "archive" && item.get(ARCHIVED_AT).is_some_and(Value::is_null) {
            item.insert(ARCHIVED_AT.to_owned(), self.now.to_string().into());
        }
        Ok(self.changed(Event::Acted(act), item))
    }

    fn singleton(&mut self, changes: Object) -> Value {
        let item = self.target.resource.item.as_ref();
        let fields = self.fields(item);
        let mut object = match self.world.store.singletons.get(&self.target.path) {
            Some(object) => object.clone(),
            None => self.shaper().record(fields, &Object::new()),
        };
        merge(&mut object, changes, item, self.types);
        self.world.store.singletons.insert(self.target.path.clone(), object.clone());
        self.reply(object)
    }

    /// Stores a changed item.
    fn changed(&mut self, event: Event<'_>, mut item: Object) -> Value {
        if item.contains_key(UPDATED_AT) {
            item.insert(UPDATED_AT.to_owned(), self.now.to_string().into());
        }
        let key = self.key();
        self.world.store.collection_mut(&self.target.path).insert(key, item.clone());
        self.concluded(event, item)
    }

    /// Carries a change over to other collections and replies with the item.
    fn concluded(&mut self, event: Event<'_>, item: Object) -> Value {
        self.target.resource.rules.after(event, &item, &mut self.world.store);
        self.reply(item)
    }

    fn is_listed(&self, item: &Object, query: &Query) -> bool {
        let (rules, view) = (self.target.resource.rules, self.view());
        let field = |name: &str| rules.derived(name, item, view).or_else(|| item.get(name).cloned());
        let may_hide_archived = self.target.action.input("include-archived").is_some();
        let shows_archived = !may_hide_archived || query.is_set("include_archived");
        rules.lists(item, query, view)
            && (shows_archived || field(ARCHIVED_AT).is_none_or(|at| at.is_null()))
            && query.filters().all(|(parameter, values)| {
                rules.fits(parameter, values, item).unwrap_or_else(|| fits(parameter, values, field))
            })
    }

    fn reply(&mut self, item: Object) -> Value {
        self.present(self.target.action.result.as_ref(), item)
    }

    /// An item as a type of reply shows it.
    fn present(&mut self, ty: Option<&Type>, mut item: Object) -> Value {
        let Some(ty) = ty else { return json!({}) };
        let Some(fields) = self.types.record(ty) else { return self.shaper().blank(ty) };
        let rules = self.target.resource.rules;
        let derived: Vec<_> = fields
            .iter()
            .filter_map(|field| Some((field.wire.clone(), rules.derived(&field.wire, &item, self.view())?)))
            .collect();
        item.extend(derived);
        let mut reply = self.shaper().record(fields, &item);
        reply.retain(|name, _| !rules.hides(name, self.view()));
        reply.into()
    }

    fn item(&self) -> Result<Object, ApiError> {
        let item = self.world.store.item(&self.target.path, self.key());
        item.cloned().ok_or_else(|| not_found(self.target.resource, self.key()))
    }

    fn key(&self) -> &'p str {
        self.target.key.as_deref().unwrap_or_default()
    }

    fn fields(&self, ty: Option<&'p Type>) -> &'p [Field] {
        ty.and_then(|ty| self.types.record(ty)).unwrap_or_default()
    }

    fn view(&self) -> View<'_> {
        View { store: &self.world.store, now: self.now, version: self.version }
    }

    fn shaper(&mut self) -> Shaper<'_> {
        Shaper { types: self.types, ids: &mut self.world.ids, now: self.now }
    }
}

/// Compares a parameter with the field of its name: `status`, or `role` for `roles[]`. One that no field answers to
/// narrows nothing.
fn fits(parameter: &str, values: &[Value], field: impl Fn(&str) -> Option<Value>) -> bool {
    let name = parameter.trim_end_matches("[]");
    let names = [Some(name), name.strip_suffix('s'), name.strip_suffix("es")];
    names.into_iter().flatten().find_map(field).is_none_or(|value| values.contains(&value))
}

fn not_found(resource: &Resource, key: &str) -> ApiError {
    ApiError::not_found(format!("No {} with id '{key}' was found.", resource.noun))
}
