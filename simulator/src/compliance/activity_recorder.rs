//! Records the activities of requests.

use super::activity_kinds::{ActivityKind, Evidence};
use super::{is_on, organization_tag};
use crate::Object;
use crate::credential::{Credential, CredentialKind};
use crate::error::ApiError;
use crate::memory;
use crate::message::Request;
use crate::perform::World;
use crate::reply::Reply;
use crate::reports::random::{id, salt};
use crate::routes::Target;
use crate::rules::{Members, text};
use crate::store::Store;
use claude_admin_catalog::{Method, Segment};
use http::header;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The collection of recorded activities.
pub(super) const RECORDED: &str = path_of!("activities.list");
/// The source address of requests in the feed: an address that is reserved for documentation.
const ADDRESS: &str = "198.51.100.24";
/// Activities whose type has this prefix only know keys, of any kind.
const OF_KEYS: &str = "extra_usage_";
/// The maximum size of a stored body.
const MAX_BODY: usize = 4096;

/// The data of a request before it runs.
pub(crate) struct ActivityRecorder {
    kind: Option<(&'static ActivityKind, String)>,
    is_write: bool,
    is_compliance: bool,
    was_on: bool,
    actor: Value,
    /// The ID of the credential.
    credential: String,
    path: Vec<String>,
    before: Option<Object>,
    /// The parent item in the path.
    parent: Option<Object>,
    sent: Value,
    method: String,
    url: String,
}

impl ActivityRecorder {
    /// Reads a request of an authenticated caller. Returns `None` if the request is neither recorded nor noted.
    pub(crate) fn of(target: &Target<'_>, request: &Request, credential: &Credential, world: &World) -> Option<Self> {
        let store = &world.store;
        let method = target.action.http.method;
        let kind = ActivityKind::of(&target.action.id).zip(target.action.activity.clone());
        let is_compliance = target.resource.rules.records_requests();
        let is_write = method != Method::Get;
        if kind.is_none() && !is_compliance && !is_write {
            return None;
        }
        let params = target.action.http.path.segments().iter().filter(|one| matches!(one, Segment::Param(_)));
        let agent = request.headers().get(header::USER_AGENT).and_then(|agent| agent.to_str().ok());
        let (actor, credential) = actor(credential, agent.unwrap_or("unknown"), world);
        Some(Self {
            kind,
            is_write,
            is_compliance,
            was_on: is_on(store),
            actor,
            credential,
            path: target.captures.iter().take(params.count()).map(|(_, value)| value.clone()).collect(),
            before: target
                .key
                .as_ref()
                .and_then(|key| store.item(&target.path, key))
                .or_else(|| store.singletons.get(&target.path))
                .cloned(),
            parent: target.parents.first().and_then(|parent| store.item(&parent.path, &parent.key)).cloned(),
            sent: serde_json::from_slice(request.body()).unwrap_or_default(),
            method: method.as_str().to_owned(),
            url: request.uri().path_and_query().map(ToString::to_string).unwrap_or_default(),
        })
    }

    /// Records the result.
    pub(crate) fn record(self, world: &mut World, reply: Result<&Reply, &ApiError>, request_id: &str, now: Timestamp) {
        if self.is_write && reply.is_ok() {
            memory::notice(&mut world.store, self.before.as_ref().filter(|item| is_member(item)), now);
        }
        // The change that turns the Compliance API off is the last recorded activity.
        let is_recorded = self.was_on || is_on(&world.store);
        if !is_recorded {
            return;
        }
        if let (Some((kind, name)), Ok(Reply::Json(reply))) = (&self.kind, reply) {
            let evidence = Evidence {
                path: &self.path,
                before: self.before.as_ref(),
                parent: self.parent.as_ref(),
                sent: &self.sent,
                reply,
            };
            let is_new = name != "org_compliance_api_settings_updated" || self.was_on != is_on(&world.store);
            if let Some(fields) = kind.fields(&evidence).filter(|_| is_new) {
                let is_admin_key = text_of(&self.actor, "type") == "admin_api_key_actor";
                let told_as_key = name.starts_with(OF_KEYS) && is_admin_key;
                let actor = if told_as_key { as_key(&self.actor, &self.credential) } else { self.actor.clone() };
                append(world, name, &actor, fields, now);
            }
        }
        if self.is_compliance && is_on(&world.store) {
            let sent = self.sent.to_string();
            let body = (!self.sent.is_null()).then(|| sent.chars().take(MAX_BODY).collect::<String>());
            let actor = as_key(&self.actor, &self.credential);
            let fields = Object::from_iter([
                ("request_id".to_owned(), json!(request_id)),
                ("request_method".to_owned(), json!(self.method)),
                ("url".to_owned(), json!(self.url)),
                ("status_code".to_owned(), json!(reply.map_or_else(|error| error.status.as_u16(), |_| 200))),
                ("request_body".to_owned(), json!(body)),
            ]);
            append(world, "compliance_api_accessed", &actor, fields, now);
        }
    }
}

/// An actor, reported as a key.
fn as_key(actor: &Value, credential: &str) -> Value {
    json!({
        "type": "api_actor",
        "api_key_id": credential,
        "ip_address": actor["ip_address"],
        "user_agent": actor["user_agent"],
    })
}

fn text_of<'v>(value: &'v Value, field: &str) -> &'v str {
    value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Whether an item from before the change was a member.
fn is_member(item: &Object) -> bool {
    text(item, "id").starts_with("user_") && item.contains_key("added_at")
}

fn append(world: &mut World, name: &str, actor: &Value, fields: Object, now: Timestamp) {
    let count = world.store.collection(RECORDED).map_or(0, crate::store::Collection::len);
    let seed = memory::seed(&world.store);
    let id = id("activity_", &[seed, salt("recorded"), count as u64]);
    let mut activity = Object::from_iter([
        ("id".to_owned(), json!(id)),
        ("type".to_owned(), json!(name)),
        ("created_at".to_owned(), json!(now.to_string())),
        ("organization_id".to_owned(), json!(organization_tag(&world.store))),
        ("organization_uuid".to_owned(), json!(world.organization_id)),
        ("actor".to_owned(), actor.clone()),
    ]);
    activity.extend(fields);
    world.store.collection_mut(RECORDED).insert(&id, activity);
}

/// Records the activities that led to the initial state of the organization.
pub(super) fn record_beginnings(store: &mut Store, mut activities: Vec<Object>) {
    activities.sort_by_cached_key(|activity| text(activity, "created_at").parse::<Timestamp>().ok());
    for activity in activities {
        let id = text(&activity, "id").to_owned();
        store.collection_mut(RECORDED).insert(&id, activity);
    }
}

/// The actor of a credential, and the ID of the credential.
fn actor(credential: &Credential, agent: &str, world: &World) -> (Value, String) {
    let seed = memory::seed(&world.store);
    let made_up = |prefix: &str| id(prefix, &[seed, salt(&credential.secret)]);
    let acts_as = credential.actor.as_deref().unwrap_or(&world.owner);
    let (mut actor, id) = match credential.kind {
        CredentialKind::AdminKey => {
            let id = made_up("admin_api_key_");
            (json!({ "type": "admin_api_key_actor", "admin_api_key_id": id }), id)
        }
        CredentialKind::ScopedKey => {
            let id = made_up("apikey_");
            (json!({ "type": "api_actor", "api_key_id": id }), id)
        }
        CredentialKind::OauthToken if acts_as.starts_with("svac_") => {
            (json!({ "type": "service_account_actor", "service_account_id": acts_as }), acts_as.to_owned())
        }
        // A token without a member or account acts as the owner of the organization.
        CredentialKind::OauthToken => {
            let email = world.store.item(Members::PATH, acts_as).map_or("", |member| text(member, "email"));
            let actor = json!({ "type": "user_actor", "user_id": acts_as, "email_address": email });
            (actor, made_up("oauth_token_"))
        }
    };
    actor["ip_address"] = ADDRESS.into();
    actor["user_agent"] = agent.into();
    (actor, id)
}
