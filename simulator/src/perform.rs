//! Runs operations.

use crate::Object;
use crate::caller::Caller;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::narrow::fits;
use crate::operation::Operation;
use crate::page::Page;
use crate::query::Query;
use crate::reply::{File, Reply};
use crate::resource::{Resource, list_item};
use crate::routes::Target;
use crate::rules::{Deletion, Event, Existing, Rules, Scene, View, is_archived, text};
use crate::shape::{Shaper, merge};
use crate::store::{Collection, Store};
use crate::version::ApiVersion;
use claude_admin_catalog::{Type, Types};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The function that archives an item, in every interface that has one.
const ARCHIVE: &str = "archive";
const ARCHIVED_AT: &str = "archived_at";
const UPDATED_AT: &str = "updated_at";

/// The state that requests change.
pub(crate) struct World {
    pub(crate) organization_id: String,
    /// The member that an OAuth token without a member or account acts as.
    pub(crate) owner: String,
    pub(crate) store: Store,
    pub(crate) ids: Ids,
}

/// An operation that runs.
pub(crate) struct Performance<'p> {
    pub(crate) target: &'p Target<'p>,
    pub(crate) world: &'p mut World,
    pub(crate) types: &'p Types,
    pub(crate) now: Timestamp,
    pub(crate) version: ApiVersion,
    pub(crate) caller: &'p Caller,
}

impl<'p> Performance<'p> {
    /// Runs the operation and returns its reply.
    pub(crate) fn run(mut self, query: &Query, fields: Object) -> Result<Reply, ApiError> {
        if let Some(reply) = self.rules().computed(self.target, query, self.view()) {
            return reply;
        }
        for parent in &self.target.parents {
            if self.world.store.item(&parent.path, &parent.key).is_none() {
                return Err(not_found(parent.resource, &parent.key));
            }
        }
        self.rules().allows(self.target, query, self.view())?;
        let reply = match self.target.operation {
            Operation::List => self.list(query)?,
            Operation::Create => self.create(fields)?,
            Operation::Read => {
                let (_, item) = self.item()?;
                self.present(self.target.action.result.as_ref(), item, Some(query))
            }
            Operation::Update => self.update(fields)?,
            Operation::Delete => self.delete()?,
            Operation::Act => self.act(fields)?,
            Operation::ReadSingleton => {
                let object = self.singleton();
                self.reply(object)
            }
            Operation::UpdateSingleton => self.update_singleton(fields)?,
            Operation::DeleteSingleton => {
                let removed = self.world.store.singletons.remove(&self.target.path);
                self.reply(removed.unwrap_or_default())
            }
            Operation::Download => return self.download().map(Reply::File),
            Operation::Call => {
                let rules = self.rules();
                let answer = rules.call(fields, self.target, &mut self.scene())?;
                self.reply(answer)
            }
        };
        Ok(Reply::Json(reply))
    }

    fn list(&mut self, query: &Query) -> Result<Value, ApiError> {
        let Some(result) = &self.target.action.result else { return Ok(json!({})) };
        let listing = self.rules().listing(self.target, query, self.view())?;
        let empty = Collection::default();
        let collection = self.world.store.collection(&self.target.path).unwrap_or(&empty);
        let paging = self.target.action.paging.as_ref();
        let page = Page::cut(collection, query, paging, &listing, |item| self.is_listed(item, query))?;
        let frame = page.frame();
        let head = if page.is_first() { listing.head.iter() } else { [].iter() };
        let items: Vec<Object> = head.chain(page.items()).cloned().collect();
        let mut reply = self.shaper().object(result, &frame);
        let item = list_item(result, self.types);
        let data: Vec<Value> = items.into_iter().map(|object| self.present(item, object, Some(query))).collect();
        reply.insert("data".to_owned(), data.into());
        Ok(reply.into())
    }

    fn create(&mut self, fields: Object) -> Result<Value, ApiError> {
        let mut new: Object = self.captures();
        new.extend(fields);
        let rules = self.rules();
        rules.prepares(&mut new, &mut self.scene())?;
        match self.rules().existing(&new, self.view()) {
            Some(Existing::Keep(key)) => {
                let item = self.world.store.item(&self.target.path, &key).cloned().unwrap_or_default();
                return Ok(self.reply(item));
            }
            Some(Existing::Change(key)) => {
                let item = self.world.store.item(&self.target.path, &key).cloned().unwrap_or_default();
                return self.change(key, item, new);
            }
            None => {}
        }
        self.add(None, new)
    }

    /// Adds an item, with a key from the path or a generated one.
    fn add(&mut self, key: Option<String>, mut new: Object) -> Result<Value, ApiError> {
        let resource = self.target.resource;
        let view = view_of(&self.world.store, self.now, self.version, self.caller);
        resource.rules.before_create(&mut new, view, &mut self.world.ids)?;
        self.sign(&mut new, "created_by_actor_id");
        self.sign(&mut new, "updated_by_actor_id");

        let mut item = match &resource.item {
            Some(ty) => self.shaper().object(ty, &new),
            None => Object::new(),
        };
        // Internal fields of rules are not fields of a reply.
        new.retain(|name, _| !item.contains_key(name));
        item.extend(new);
        let key = match key {
            Some(key) => key,
            None => {
                if text(&item, &resource.key).is_empty() {
                    item.insert(resource.key.clone(), self.world.ids.next(&resource.prefix).into());
                }
                text(&item, &resource.key).to_owned()
            }
        };
        let collection = self.world.store.collection_mut(&self.target.path);
        if collection.get(&key).is_some() {
            let message = format!("{} '{key}' exists already.", resource.noun);
            return Err(ApiError::new(StatusCode::CONFLICT, message));
        }
        collection.insert(&key, item.clone());
        Ok(self.concluded(Event::Created, &key, item))
    }

    fn update(&mut self, changes: Object) -> Result<Value, ApiError> {
        match self.item() {
            Ok((key, item)) => self.change(key, item, changes),
            Err(error) if self.rules().puts() => {
                let Some(key) = self.target.key.clone() else { return Err(error) };
                let mut new = self.captures();
                new.extend(changes);
                self.add(Some(key), new)
            }
            Err(error) => Err(error),
        }
    }

    fn change(&mut self, key: String, mut item: Object, mut changes: Object) -> Result<Value, ApiError> {
        let resource = self.target.resource;
        if is_archived(&item) {
            return Err(ApiError::invalid(format!("This {} is archived and cannot be changed.", resource.noun)));
        }
        resource.rules.before_update(&item, &mut changes, self.view())?;
        merge(&mut item, changes, resource.item.as_ref(), self.types);
        self.sign(&mut item, "updated_by_actor_id");
        Ok(self.changed(Event::Updated, &key, item))
    }

    fn delete(&mut self) -> Result<Value, ApiError> {
        let rules = self.rules();
        let (_, found) = self.item()?;
        rules.prepares_delete(&found, &mut self.scene());
        let (key, mut item) = self.item()?;
        match self.rules().before_delete(&item, self.view())? {
            Deletion::Mark(changes) => {
                item.extend(changes);
                Ok(self.changed(Event::Deleted, &key, item))
            }
            Deletion::Remove => {
                self.world.store.remove(&self.target.path, &key);
                // The objects below an item are deleted with it.
                self.world.store.remove_below(&format!("{}/{key}", self.target.path));
                Ok(self.concluded(Event::Deleted, &key, item))
            }
        }
    }

    /// Archiving an archived item changes nothing. Rules define other acts; without rules, an act stores the fields
    /// that are sent.
    fn act(&mut self, fields: Object) -> Result<Value, ApiError> {
        let (action, resource) = (self.target.action, self.target.resource);
        let (key, mut item) = self.item()?;
        resource.rules.before_act(&action.id, &item, self.view())?;
        if action.function == ARCHIVE {
            if is_archived(&item) && !resource.rules.archives_again(&item) {
                return Ok(self.reply(item));
            }
            if item.contains_key(ARCHIVED_AT) && !is_archived(&item) {
                item.insert(ARCHIVED_AT.to_owned(), self.now.to_string().into());
                self.sign(&mut item, "archived_by_actor_id");
            }
        }
        let shown = resource.rules.act(&action.id, &mut item, &fields, &mut self.scene())?;
        if let Some(shown) = shown {
            self.world.store.collection_mut(&self.target.path).insert(&key, item.clone());
            self.rules().after(Event::Acted(&action.id), &item, &mut self.world.store);
            item.extend(shown);
            return Ok(self.reply(item));
        }
        merge(&mut item, fields, resource.item.as_ref(), self.types);
        Ok(self.changed(Event::Acted(&action.id), &key, item))
    }

    /// The singleton object of the path. If it was never set, it is generated and then unchanged.
    fn singleton(&mut self) -> Object {
        if let Some(object) = self.world.store.singletons.get(&self.target.path) {
            return object.clone();
        }
        let object = match &self.target.resource.item {
            Some(ty) => self.shaper().object(ty, &Object::new()),
            None => Object::new(),
        };
        self.world.store.singletons.insert(self.target.path.clone(), object.clone());
        object
    }

    fn update_singleton(&mut self, mut changes: Object) -> Result<Value, ApiError> {
        let resource = self.target.resource;
        let mut object = self.singleton();
        resource.rules.before_update(&object, &mut changes, self.view())?;
        merge(&mut object, changes, resource.item.as_ref(), self.types);
        if object.contains_key(UPDATED_AT) {
            object.insert(UPDATED_AT.to_owned(), self.now.to_string().into());
        }
        self.world.store.singletons.insert(self.target.path.clone(), object.clone());
        Ok(self.concluded(Event::Updated, "", object))
    }

    /// The file of an item. If rules define none, it is a short text.
    fn download(&mut self) -> Result<File, ApiError> {
        let (key, item) = self.item()?;
        if let Some(file) = self.rules().content(&item, self.view()) {
            return file;
        }
        let noun = &self.target.resource.noun;
        let word = |names: [&str; 3]| names.into_iter().map(|name| text(&item, name)).find(|text| !text.is_empty());
        Ok(File {
            content_type: word(["mime_type", "content_type", "media_type"]).unwrap_or("text/plain").to_owned(),
            name: Some(word(["filename", "file_name", "name"]).unwrap_or(&key).to_owned()),
            content: format!("The simulated content of {noun} {key}.\n").into(),
        })
    }

    /// Stores a changed item.
    fn changed(&mut self, event: Event<'_>, key: &str, mut item: Object) -> Value {
        if item.contains_key(UPDATED_AT) {
            item.insert(UPDATED_AT.to_owned(), self.now.to_string().into());
        }
        self.world.store.collection_mut(&self.target.path).insert(key, item.clone());
        self.concluded(event, key, item)
    }

    /// Applies a change to other collections and returns the item after that.
    fn concluded(&mut self, event: Event<'_>, key: &str, item: Object) -> Value {
        self.rules().after(event, &item, &mut self.world.store);
        let stored = self.world.store.item(&self.target.path, key).cloned();
        self.reply(stored.unwrap_or(item))
    }

    fn is_listed(&self, item: &Object, query: &Query) -> bool {
        let (rules, view) = (self.rules(), self.view());
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
        self.present(self.target.action.result.as_ref(), item, None)
    }

    /// An item in the type of a reply.
    fn present(&mut self, ty: Option<&Type>, mut item: Object, query: Option<&Query>) -> Value {
        let Some(ty) = ty else { return json!({}) };
        let rules = self.rules();
        rules.shows(&mut item, query, self.view());
        let fields = self.types.record(ty).unwrap_or_default();
        let derived: Vec<_> = fields
            .iter()
            .filter_map(|field| Some((field.wire.clone(), rules.derived(&field.wire, &item, self.view())?)))
            .collect();
        item.extend(derived);
        let mut reply = self.shaper().object(ty, &item);
        reply.retain(|name, _| !rules.hides(name, self.view()));
        reply.into()
    }

    /// The item that the path names, with its key.
    fn item(&self) -> Result<(String, Object), ApiError> {
        let named = self.target.key.as_deref().unwrap_or_default();
        let resolved = self.rules().resolve(named, self.target, self.view());
        let key = resolved.unwrap_or_else(|| named.to_owned());
        if let Some(item) = self.world.store.item(&self.target.path, &key) {
            return Ok((key, item.clone()));
        }
        match self.rules().absent(self.target, self.view())? {
            Some(item) => Ok((key, item)),
            None => Err(not_found(self.target.resource, &key)),
        }
    }

    /// The parameters of the path, as fields.
    fn captures(&self) -> Object {
        self.target.captures.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect()
    }

    /// Records the actor, if the item has a field for it.
    fn sign(&self, item: &mut Object, field: &str) {
        let fields = self.target.resource.item.as_ref().and_then(|ty| self.types.record(ty)).unwrap_or_default();
        if let Some(actor) = self.caller.actor.as_ref().filter(|_| fields.iter().any(|known| known.wire == field)) {
            item.insert(field.to_owned(), actor.as_str().into());
        }
    }

    fn rules(&self) -> &'static dyn Rules {
        self.target.resource.rules
    }

    fn view(&self) -> View<'_> {
        view_of(&self.world.store, self.now, self.version, self.caller)
    }

    fn scene(&mut self) -> Scene<'_> {
        Scene {
            organization_id: &self.world.organization_id,
            store: &mut self.world.store,
            ids: &mut self.world.ids,
            now: self.now,
            caller: self.caller,
        }
    }

    fn shaper(&mut self) -> Shaper<'_> {
        Shaper { types: self.types, ids: &mut self.world.ids, now: self.now }
    }
}

/// A view of only the store, so the rest of the world can be changed in the meantime.
fn view_of<'v>(store: &'v Store, now: Timestamp, version: ApiVersion, caller: &'v Caller) -> View<'v> {
    View { store, now, version, caller }
}

fn not_found(resource: &Resource, key: &str) -> ApiError {
    let error = ApiError::not_found(format!("No {} with id '{key}' was found.", resource.noun));
    match resource.rules.not_found_code() {
        Some(code) => error.code(code),
        None => error,
    }
}
