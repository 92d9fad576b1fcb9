//! Claude in Slack: channels, workspaces, and the settings that both inherit.

use super::{Deletion, Event, Existing, Rules, Scene, TagTargets, View, inner, text};
use crate::Object;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::ids::Ids;
use crate::listing::Listing;
use crate::query::Query;
use crate::routes::Target;
use crate::store::Store;
use serde_json::{Value, json};

pub(crate) struct TagChannels;
pub(crate) struct TagWorkspaces;

/// The environments that the simulator knows. No operation lists them.
pub(crate) const ENVIRONMENTS: [&str; 2] = ["env_default", "env_research"];
const SETTINGS: &str = "settings";
const SOURCES: &str = "sources";
/// The settings that one value determines. Instructions are combined instead.
const SINGLE: [&str; 5] = ["model", "enabled", "environment_id", "guest_policy", "reply_mode"];
const INSTRUCTIONS: &str = "instructions";

/// The default values.
fn default_of(setting: &str) -> Value {
    match setting {
        "enabled" => json!(false),
        "guest_policy" => json!({ "type": "restrict" }),
        "reply_mode" => json!({ "type": "mention_only" }),
        "model" => json!("claude-sonnet-4-5"),
        _ => Value::Null,
    }
}

fn setting<'o>(object: &'o Object, name: &str) -> Option<&'o Value> {
    object.get(SETTINGS)?.get(name).filter(|value| !value.is_null())
}

/// Adds the source of each setting. If requested, also adds the inherited settings of the parent objects, nearest
/// first.
fn resolve(item: &mut Object, own: Value, above: &[(&Object, Value)], with_inherited: bool) {
    let mut settings = item.get(SETTINGS).and_then(Value::as_object).cloned().unwrap_or_default();
    let mut sources = Object::new();
    for name in SINGLE {
        let mut source = if setting(item, name).is_some() { own.clone() } else { Value::Null };
        if source.is_null() && with_inherited {
            let inherited =
                above.iter().find_map(|(object, source)| Some((setting(object, name)?.clone(), source.clone())));
            let (value, from) = inherited.unwrap_or_else(|| (default_of(name), json!({ "type": "default" })));
            if !value.is_null() {
                settings.insert(name.to_owned(), value);
                source = from;
            }
        }
        sources.insert(name.to_owned(), source);
    }
    // The widest scope is first, so the nearest one takes precedence.
    let mut texts: Vec<(Value, Value)> = Vec::new();
    if with_inherited {
        texts.extend(
            above
                .iter()
                .rev()
                .filter_map(|(object, from)| Some((setting(object, INSTRUCTIONS)?.clone(), from.clone()))),
        );
    }
    texts.extend(setting(item, INSTRUCTIONS).map(|text| (text.clone(), own)));
    let joined: Vec<&str> = texts.iter().filter_map(|(text, _)| text.as_str()).collect();
    if !joined.is_empty() {
        settings.insert(INSTRUCTIONS.to_owned(), joined.join("\n\n").into());
    }
    sources.insert(INSTRUCTIONS.to_owned(), texts.into_iter().map(|(_, from)| from).collect::<Vec<_>>().into());
    item.insert(SETTINGS.to_owned(), settings.into());
    item.insert(SOURCES.to_owned(), sources.into());
}

/// Checks sent settings. `code` is the error code for an environment that does not exist.
fn check(settings: Option<&Value>, code: &str) -> Result<(), ApiError> {
    let word = |name: &str| settings.and_then(|settings| settings.get(name)).and_then(Value::as_str);
    if word("environment_id").is_some_and(|id| !ENVIRONMENTS.contains(&id)) {
        return Err(refusal(code));
    }
    match word("model") {
        Some(model) if !model.starts_with("claude-") => {
            Err(ApiError::invalid(format!("settings.model: '{model}' is not a known model")))
        }
        _ => Ok(()),
    }
}

fn asks_for_inherited(query: Option<&Query>) -> bool {
    query.is_some_and(|query| query.is_set("include_inherited"))
}

impl TagChannels {
    pub(crate) const PATH: &'static str = path_of!("tag-channels.list");

    fn find<'s>(store: &'s Store, slack: &Value) -> Option<&'s Object> {
        store.items(Self::PATH).find(|channel| channel.get("slack") == Some(slack))
    }

    fn workspace_of<'s>(store: &'s Store, channel: &Object) -> Option<&'s Object> {
        TagWorkspaces::find(store, inner(channel, "slack", "workspace_id"))
    }

    fn is_enabled(store: &Store, channel: &Object) -> bool {
        let own = setting(channel, "enabled");
        let enabled = own.or_else(|| setting(Self::workspace_of(store, channel)?, "enabled"));
        enabled == Some(&Value::Bool(true))
    }
}

impl Rules for TagChannels {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn listing(&self, _target: &Target<'_>, query: &Query, _view: View<'_>) -> Result<Listing, ApiError> {
        Ok(Listing { one_page: query.text("slack_channel_id").is_some(), ..Listing::default() })
    }

    fn shows(&self, item: &mut Object, query: Option<&Query>, view: View<'_>) {
        let own = json!({ "type": "slack_channel", "slack_channel_id": text(item, "id") });
        let workspace = Self::workspace_of(view.store, item);
        let above: Vec<(&Object, Value)> =
            workspace.into_iter().map(|workspace| (workspace, TagWorkspaces::source(workspace))).collect();
        resolve(item, own, &above, asks_for_inherited(query));
    }

    /// There are two steps: the channel is set up, then it gets its settings. If the settings are rejected, the channel
    /// remains set up.
    fn prepares(&self, new: &mut Object, scene: &mut Scene<'_>) -> Result<(), ApiError> {
        let slack = new.get("slack").cloned().unwrap_or_default();
        if Self::find(scene.store, &slack).is_some() {
            return Ok(());
        }
        // The replacement for the request to Slack whether the channel exists.
        let id = inner(new, "slack", "channel_id");
        let is_channel = id.len() >= 9 && id.starts_with(['C', 'G']);
        if !is_channel || TagWorkspaces::find(scene.store, inner(new, "slack", "workspace_id")).is_none() {
            return Err(ApiError::not_found("Slack does not know this channel."));
        }
        let Err(error) = check(new.get(SETTINGS), "slack_channel_set_up_environment_not_found") else { return Ok(()) };
        let id = scene.ids.next("slch_");
        let now = scene.now.to_string();
        let bare = json!({ "id": id, "slack": slack, "settings": {}, "created_at": now, "updated_at": now });
        if let Value::Object(bare) = bare {
            scene.store.collection_mut(Self::PATH).insert(&id, bare);
        }
        let error = match &error.details {
            Some(_) => error,
            None => ApiError { message: error.message, ..refusal("slack_channel_set_up_settings_refused") },
        };
        Err(error.detail("slack_channel_id", id.as_str()))
    }

    fn existing(&self, new: &Object, view: View<'_>) -> Option<Existing> {
        let channel = Self::find(view.store, new.get("slack")?)?;
        Some(Existing::Keep(text(channel, "id").to_owned()))
    }

    fn before_create(&self, new: &mut Object, _view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        if new.get(SETTINGS).is_none_or(Value::is_null) {
            new.insert(SETTINGS.to_owned(), json!({}));
        }
        Ok(())
    }

    fn before_update(&self, item: &Object, changes: &mut Object, _view: View<'_>) -> Result<(), ApiError> {
        if inner(item, "slack", "channel_id").starts_with('G') {
            return Err(ApiError::invalid("A group direct message has no settings of its own."));
        }
        check(changes.get(SETTINGS), "environment_not_found")
    }

    fn before_delete(&self, item: &Object, view: View<'_>) -> Result<Deletion, ApiError> {
        if Self::is_enabled(view.store, item) {
            return Err(refusal("slack_channel_enabled"));
        }
        Ok(Deletion::Remove)
    }

    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        if event == Event::Deleted {
            TagTargets::end(store, text(item, "id"));
        }
    }
}

impl TagWorkspaces {
    pub(crate) const PATH: &'static str = path_of!("tag-workspaces.list");

    fn find<'s>(store: &'s Store, slack: &str) -> Option<&'s Object> {
        store.items(Self::PATH).find(|workspace| inner(workspace, "slack", "workspace_id") == slack)
    }

    fn source(workspace: &Object) -> Value {
        json!({ "type": "slack_workspace", "slack_workspace_id": text(workspace, "id") })
    }
}

impl Rules for TagWorkspaces {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn shows(&self, item: &mut Object, query: Option<&Query>, _view: View<'_>) {
        let own = Self::source(item);
        resolve(item, own, &[], asks_for_inherited(query));
    }

    fn before_update(&self, _item: &Object, changes: &mut Object, _view: View<'_>) -> Result<(), ApiError> {
        check(changes.get(SETTINGS), "environment_not_found")
    }
}
