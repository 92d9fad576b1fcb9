//! Reports of how things are used: connectors, skills, plugins, chat projects and artifacts.

use super::asked::{Days, Filters, GroupBy};
use super::doings::Product;
use super::ledger::Ledger;
use super::money::NanoCents;
use super::ordered;
use super::rows::Rows;
use super::things::{Kind, PROJECTS_PATH, Thing};
use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::routes::Target;
use crate::rules::View;
use crate::store::Store;
use crate::validate::at;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What tells rows apart: the thing, whether it is shared, and what was grouped by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    thing: usize,
    is_shared: bool,
    product: Option<Product>,
    group: Option<usize>,
    user: Option<usize>,
}

/// What is known of a row.
#[derive(Debug, Default)]
struct Seen {
    users: BTreeSet<usize>,
    uses: i64,
    published: i64,
    sessions: BTreeMap<Product, i64>,
    messages: i64,
}

/// A list price of what a use of a skill takes.
const SKILL_USE: NanoCents = NanoCents(1_875_000_000);

const CONNECTOR_FILTERS: [&str; 4] = ["connector_name", "product", "rbac_group_id", "user_id"];
const SKILL_FILTERS: [&str; 5] = ["product", "rbac_group_id", "share_status", "skill_name", "user_id"];
const PLUGIN_FILTERS: [&str; 4] = ["plugin_name", "product", "rbac_group_id", "user_id"];
const PROJECT_FILTERS: [&str; 3] = ["project_id", "rbac_group_id", "user_id"];
const ARTIFACT_FILTERS: [&str; 5] = ["artifact_type", "is_shared", "product", "rbac_group_id", "user_id"];

pub(super) fn connectors(_target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    report(Kind::Connector, query, view, &CONNECTOR_FILTERS)
}

pub(super) fn skills(_target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    report(Kind::Skill, query, view, &SKILL_FILTERS)
}

pub(super) fn plugins(_target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    report(Kind::Plugin, query, view, &PLUGIN_FILTERS)
}

pub(super) fn chat_projects(_target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    report(Kind::Project, query, view, &PROJECT_FILTERS)
}

/// Whole, unless grouped: then page by page.
pub(super) fn artifacts(_target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let rows = rows(Kind::Artifact, query, view, &ARTIFACT_FILTERS)?;
    if GroupBy::of(query).is_any() {
        return Ok(Rows::cut(rows, query)?.plain());
    }
    if query.page().is_some() {
        return Err(at("page", "It requires group_by[]"));
    }
    Ok(Rows { shown: rows, next_page: None }.plain())
}

fn report(kind: Kind, query: &Query, view: View<'_>, filters: &[&str]) -> Result<Value, ApiError> {
    let rows = ordered::by(query, rows(kind, query, view, filters)?)?;
    Ok(Rows::cut(rows, query)?.plain())
}

/// The rows, those with the most members first.
fn rows(kind: Kind, query: &Query, view: View<'_>, filters: &[&str]) -> Result<Vec<Value>, ApiError> {
    let days = Days::of(query, view.now)?;
    let filters = Filters::of(query, filters)?;
    let group_by = GroupBy::of(query);
    let ledger = Ledger::of(view.store);
    let things = Thing::of(kind, view.store);
    let mut seen: BTreeMap<Key, Seen> = BTreeMap::new();
    for (user, person) in ledger.people.everybody.iter().enumerate() {
        if !filters.fits_person(&ledger.people, person) {
            continue;
        }
        for day in days.iter().filter(|day| person.is_member_on(*day)) {
            for (thing, product) in things.iter().enumerate().flat_map(|thing| Product::ALL.map(|one| (thing, one))) {
                let (position, thing) = thing;
                let uses = thing.uses(ledger.seed, person, product, day);
                let (is_shared, is_published) = thing.sharing(ledger.seed, person, day);
                let is_shared = kind == Kind::Artifact && is_shared;
                if uses == 0 || !fits(&filters, thing, product, is_shared) {
                    continue;
                }
                let key = Key {
                    thing: position,
                    is_shared,
                    product: group_by.product.then_some(product),
                    group: group_by.group.then(|| person.groups.first().copied()).flatten(),
                    user: group_by.user.then_some(user),
                };
                let row = seen.entry(key).or_default();
                row.users.insert(user);
                row.uses += uses;
                row.published += if is_shared && is_published { uses } else { 0 };
                row.messages += uses * 2;
                *row.sessions.entry(product).or_default() += Thing::sessions(uses);
            }
        }
    }
    let mut seen: Vec<(Key, Seen)> = seen.into_iter().collect();
    seen.sort_by_key(|(_, row)| std::cmp::Reverse((row.users.len(), row.uses)));
    let shown = seen.into_iter().filter_map(|(key, row)| {
        let thing = things.get(key.thing)?;
        let mut shown = match kind {
            Kind::Connector => connector(thing, &row, &ledger),
            Kind::Skill => skill(thing, &row),
            Kind::Plugin => plugin(thing, &row),
            Kind::Project => project(thing, &row, view.store)?,
            Kind::Artifact => artifact(thing, &row, key.is_shared),
        };
        let fields = shown.as_object_mut()?;
        if kind != Kind::Project {
            fields.insert("product".to_owned(), key.product.map(Product::word).into());
        }
        let group = key.group.and_then(|position| ledger.people.groups.get(position));
        fields.insert("rbac_group_id".to_owned(), group.map(|group| group.id).into());
        fields.insert("rbac_group_name".to_owned(), group.map(|group| group.name).into());
        let user = key.user.and_then(|position| ledger.people.everybody.get(position));
        fields.insert("user_id".to_owned(), user.map(|user| user.id).into());
        Some(shown)
    });
    Ok(shown.collect())
}

fn fits(filters: &Filters, thing: &Thing, product: Product, is_shared: bool) -> bool {
    filters.fits("product", product.word())
        && match thing.kind {
            Kind::Connector => filters.fits("connector_name", &thing.name),
            Kind::Plugin => filters.fits("plugin_name", &thing.name),
            Kind::Skill => filters.fits("skill_name", &thing.name) && filters.fits("share_status", thing.note),
            Kind::Project => filters.fits("project_id", thing.id.as_deref().unwrap_or_default()),
            Kind::Artifact => {
                filters.fits("artifact_type", &thing.name)
                    && filters.fits("is_shared", if is_shared { "true" } else { "false" })
            }
        }
}

impl Seen {
    fn in_sessions(&self, product: Product) -> i64 {
        self.sessions.get(&product).copied().unwrap_or_default()
    }

    fn distinct_users(&self) -> usize {
        self.users.len()
    }

    /// The metrics of each product, with fields of these names for conversations and sessions.
    fn by_product(&self, conversations: &str, sessions: &str) -> Object {
        let named = |name: &str, count: i64| Object::from_iter([(name.to_owned(), json!(count))]);
        let chat = named(conversations, self.in_sessions(Product::Chat));
        let cowork = named(sessions, self.in_sessions(Product::Cowork));
        let office = self.in_sessions(Product::Office);
        let excel = office / 2;
        let (word, powerpoint) = ((office - excel) / 2, (office - excel) / 4);
        Object::from_iter([
            ("chat_metrics".to_owned(), json!(chat)),
            ("claude_code_metrics".to_owned(), json!(named(sessions, self.in_sessions(Product::ClaudeCode)))),
            ("cowork_metrics".to_owned(), json!(cowork)),
            (
                "office_metrics".to_owned(),
                json!({
                    "excel": named(sessions, excel),
                    "word": named(sessions, word),
                    "powerpoint": named(sessions, powerpoint),
                    "outlook": named(sessions, office - excel - word - powerpoint),
                }),
            ),
            ("chat_cowork_unified_metrics".to_owned(), json!({ "chat": chat, "sessions": cowork })),
        ])
    }
}

fn connector(thing: &Thing, row: &Seen, ledger: &Ledger<'_>) -> Value {
    let signed_in_by_us =
        row.users.iter().filter_map(|user| ledger.people.everybody.get(*user)).filter(|person| person.salt % 3 == 0);
    let managed = signed_in_by_us.count();
    let (reads, writes) = (row.uses * 7 / 10, row.uses / 4);
    let mut shown =
        row.by_product("distinct_conversation_connector_used_count", "distinct_session_connector_used_count");
    shown.extend(Object::from_iter([
        ("connector_name".to_owned(), json!(thing.name)),
        ("connector_display_name".to_owned(), json!(thing.note)),
        ("distinct_user_count".to_owned(), json!(row.distinct_users())),
        ("individual_auth_distinct_user_count".to_owned(), json!(row.distinct_users() - managed)),
        ("managed_auth_distinct_user_count".to_owned(), json!(managed)),
        ("read_call_count".to_owned(), json!(reads)),
        ("write_call_count".to_owned(), json!(writes)),
        ("unclassified_call_count".to_owned(), json!(row.uses - reads - writes)),
    ]));
    shown.into()
}

fn skill(thing: &Thing, row: &Seen) -> Value {
    let mut shown = row.by_product("distinct_conversation_skill_used_count", "distinct_session_skill_used_count");
    shown.extend(Object::from_iter([
        ("skill_name".to_owned(), json!(thing.name)),
        ("skill_display_name".to_owned(), json!(thing.name)),
        ("share_status".to_owned(), json!(thing.note)),
        ("distinct_user_count".to_owned(), json!(row.distinct_users())),
        ("enable_count".to_owned(), json!(row.distinct_users())),
        ("invocation_count".to_owned(), json!(row.uses)),
        ("attributed_list_price".to_owned(), json!((SKILL_USE * row.uses).to_string())),
        ("estimated_overage_spend".to_owned(), json!("0")),
        ("currency".to_owned(), json!("USD")),
    ]));
    shown.into()
}

fn plugin(thing: &Thing, row: &Seen) -> Value {
    let used = |product| json!({ "distinct_session_plugin_used_count": row.in_sessions(product) });
    json!({
        "plugin_id": thing.id,
        "plugin_name": thing.name,
        "distinct_user_count": row.distinct_users(),
        "install_count": row.distinct_users(),
        "invocation_count": row.uses,
        "claude_code_metrics": used(Product::ClaudeCode),
        "cowork_metrics": used(Product::Cowork),
        "chat_cowork_unified_metrics": used(Product::Cowork),
    })
}

fn project(thing: &Thing, row: &Seen, store: &Store) -> Option<Value> {
    let project = store.item(PROJECTS_PATH, thing.id.as_deref()?)?;
    let owner = project.get("user").and_then(Value::as_object);
    Some(json!({
        "project_id": thing.id,
        "project_name": thing.name,
        "created_at": project.get("created_at"),
        "created_by": owner.map(|owner| {
            json!({ "id": owner.get("id"), "email_address": owner.get("email_address"), "type": "user" })
        }),
        "distinct_user_count": row.distinct_users(),
        "distinct_conversation_count": row.in_sessions(Product::Chat),
        "message_count": row.messages,
    }))
}

fn artifact(thing: &Thing, row: &Seen, is_shared: bool) -> Value {
    json!({
        "artifact_type": thing.name,
        "is_shared": is_shared,
        "artifacts_created_count": row.uses,
        "published_artifacts_created_count": row.published,
        "distinct_user_count": row.distinct_users(),
    })
}
