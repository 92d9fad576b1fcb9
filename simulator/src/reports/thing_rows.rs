//! The content of the rows of reports about connectors, skills, plugins, projects and artifacts.

use super::doings::Product;
use super::ledger::Ledger;
use super::money::NanoCents;
use super::things::{PROJECTS_PATH, Thing};
use crate::Object;
use crate::store::Store;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The data of a row.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) users: BTreeSet<usize>,
    pub(super) uses: i64,
    pub(super) published: i64,
    pub(super) sessions: BTreeMap<Product, i64>,
    pub(super) messages: i64,
}

/// The cost of one use of a skill, at list prices.
const SKILL_USE: NanoCents = NanoCents(1_875_000_000);

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

pub(super) fn connector(thing: &Thing, row: &Seen, ledger: &Ledger<'_>) -> Value {
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

pub(super) fn skill(thing: &Thing, row: &Seen) -> Value {
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

pub(super) fn plugin(thing: &Thing, row: &Seen) -> Value {
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

pub(super) fn project(thing: &Thing, row: &Seen, store: &Store) -> Option<Value> {
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

pub(super) fn artifact(thing: &Thing, row: &Seen, is_shared: bool) -> Value {
    json!({
        "artifact_type": thing.name,
        "is_shared": is_shared,
        "artifacts_created_count": row.uses,
        "published_artifacts_created_count": row.published,
        "distinct_user_count": row.distinct_users(),
    })
}
