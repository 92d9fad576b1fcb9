//! The dimensions that group and filter usage.

use super::ledger::Ledger;
use super::random::{id, salt};
use super::stream::{Actor, PROJECT_NUMBER, Stream, WORKLOAD};
use crate::query::Query;
use crate::rules::{Members, Workspaces};
use crate::store::Store;
use serde_json::{Value, json};

/// The filter parameters, and the dimension of each.
const FILTERS: [(&str, &str); 23] = [
    ("account_ids[]", "account_id"),
    ("actor_ids[]", "actor"),
    ("actor_types[]", "actor_type"),
    ("agent_ids[]", "agent_id"),
    ("api_key_ids[]", "api_key_id"),
    ("claude_tag_categories[]", "claude_tag_category"),
    ("claude_tag_user_ids[]", "claude_tag_user_id"),
    ("context_window[]", "context_window"),
    ("context_windows[]", "context_window"),
    ("deployment_ids[]", "deployment_id"),
    ("environment_ids[]", "environment_id"),
    ("inference_geos[]", "inference_geo"),
    ("models[]", "model"),
    ("products[]", "product"),
    ("rbac_group_ids[]", "rbac_group_id"),
    ("service_account_ids[]", "service_account_id"),
    ("service_tiers[]", "service_tier"),
    ("session_ids[]", "session_id"),
    ("slack_channel_ids[]", "slack_channel_id"),
    ("speeds[]", "speed"),
    ("user_ids[]", "user_id"),
    ("user_profile_ids[]", "user_profile_id"),
    ("workspace_ids[]", "workspace_id"),
];

/// Dimensions of cost only: one stream has several values of them.
pub(crate) const OF_ITEMS: [&str; 2] = ["cost_type", "token_type"];

impl<'s> Ledger<'s> {
    /// The value of a stream in a dimension, if it has one.
    pub(crate) fn value(&self, stream: &Stream<'s>, dimension: &str) -> Option<String> {
        let of_agent = |prefix: &str| Some(id(prefix, &[self.seed, salt(prefix), stream.agent?]));
        let person = match stream.actor {
            Actor::Member(position) => self.people.everybody.get(position),
            _ => None,
        };
        let text = |text: &str| Some(text.to_owned());
        match dimension {
            "actor" => match stream.actor {
                Actor::Member(_) => text(person?.id),
                Actor::Key(id) | Actor::ServiceAccount(id) => text(id),
                Actor::Workload => text(WORKLOAD),
            },
            "actor_type" => text(match stream.actor {
                Actor::Member(_) => "user_actor",
                Actor::Key(_) => "api_actor",
                Actor::ServiceAccount(_) => "service_account_actor",
                Actor::Workload => "federated_actor",
            }),
            "account_id" | "user_id" => text(person?.id),
            "service_account_id" => match stream.actor {
                Actor::ServiceAccount(id) => text(id),
                _ => None,
            },
            "api_key_id" => stream.api_key.map(str::to_owned),
            "workspace_id" => stream.workspace.map(str::to_owned),
            "rbac_group_id" => text(self.people.main_group(person?)?.id),
            "model" => text(stream.terms.model.name),
            "service_tier" => text(stream.terms.tier),
            "context_window" => text(stream.terms.window),
            "inference_geo" => text(stream.terms.geo),
            "speed" => text(stream.terms.speed),
            "product" => text(stream.product),
            "slack_channel_id" => text(stream.slack.as_ref()?.0),
            "claude_tag_category" => text(stream.slack.as_ref()?.1),
            "claude_tag_user_id" => text(&stream.slack.as_ref()?.2),
            "agent_id" => of_agent("agent_"),
            "deployment_id" => of_agent("depl_"),
            "environment_id" => of_agent("env_"),
            "session_id" => of_agent("sesn_"),
            "user_profile_id" => stream.user_profile.clone(),
            _ => None,
        }
    }

    /// Whether a stream matches the parameters of a query. The values of one parameter are alternatives.
    pub(crate) fn fits(&self, stream: &Stream<'s>, filters: &[(&'static str, Vec<String>)]) -> bool {
        filters.iter().all(|(dimension, wanted)| {
            // A member of several groups matches the filter of each group.
            if let ("rbac_group_id", Actor::Member(position)) = (*dimension, stream.actor) {
                let ids: Vec<&str> = wanted.iter().map(String::as_str).collect();
                return self.people.everybody.get(position).is_some_and(|person| self.people.is_in(person, &ids));
            }
            wanted.contains(&self.value(stream, dimension).unwrap_or_default())
        })
    }

    /// The actor, in the format of reports.
    pub(crate) fn actor(&self, store: &Store, actor: Actor<'_>) -> Value {
        match actor {
            Actor::Member(position) => self.people.everybody.get(position).map_or(Value::Null, |person| {
                let left = store.item(Members::PATH, person.id).is_none();
                // For former members, only their identity in this organization is reported.
                let told = |text: &str| if left { Value::Null } else { json!(text) };
                json!({
                    "type": "user_actor",
                    "user_id": person.id,
                    "name": told(person.name),
                    "email_address": told(person.email),
                    "deleted": left,
                })
            }),
            Actor::Key(id) => json!({ "type": "api_actor", "api_key_id": id }),
            Actor::ServiceAccount(id) => json!({ "type": "service_account_actor", "service_account_id": id }),
            Actor::Workload => json!({
                "type": "federated_actor",
                "provider": { "type": "gcp", "project_number": PROJECT_NUMBER },
                "subject": WORKLOAD,
            }),
        }
    }
}

/// The filter parameters of a query, by dimension.
pub(crate) fn filters(store: &Store, query: &Query) -> Vec<(&'static str, Vec<String>)> {
    query
        .filters()
        .filter_map(|(name, values)| {
            let (_, dimension) = FILTERS.iter().find(|(parameter, _)| *parameter == name)?;
            let text = |value: &Value| {
                let text = value.as_str()?;
                // Reports return null for the default workspace. A query can also name it by its ID.
                let is_null = *dimension == "workspace_id" && Workspaces::is_default(store, text);
                Some(if is_null { String::new() } else { text.to_owned() })
            };
            Some((*dimension, values.iter().filter_map(text).collect()))
        })
        .collect()
}
