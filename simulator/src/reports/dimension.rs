//! The dimensions that group and filter usage.

use super::ledger::Ledger;
use super::random::{id, salt};
use super::stream::{Actor, PROJECT_NUMBER, Stream, WORKLOAD};
use crate::query::Query;
use crate::routes::Target;
use crate::rules::{Members, Workspaces};
use crate::store::Store;
use claude_admin_catalog::{Action, Types};
use serde_json::{Value, json};

/// The parameter with the dimensions of a report.
const GROUP_BY: &str = "group_by[]";

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
    pub(crate) fn fits(&self, stream: &Stream<'s>, filters: &[(String, Vec<String>)]) -> bool {
        filters.iter().all(|(dimension, wanted)| {
            // A member of several groups matches the filter of each group.
            if let ("rbac_group_id", Actor::Member(position)) = (dimension.as_str(), stream.actor) {
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

/// The dimensions of the rows of a report, in the order in which the catalog declares them.
pub(crate) fn row_dimensions<'r>(target: &Target<'r>) -> Vec<&'r str> {
    declared(target.action, target.types).into_iter().filter(|dimension| !OF_ITEMS.contains(dimension)).collect()
}

/// The dimensions by which a report can be grouped.
fn declared<'r>(action: &'r Action, types: &'r Types) -> Vec<&'r str> {
    let group_by = action.params.iter().find(|param| param.wire == GROUP_BY);
    group_by.and_then(|param| types.words(types.list_item(&param.ty)?)).unwrap_or_default()
}

/// The dimension of a filter parameter: its name in the singular, such as `model` for `models[]`.
fn filtered(parameter: &str) -> Option<String> {
    match parameter.strip_suffix("[]")? {
        _ if parameter == GROUP_BY => None,
        // The value of this dimension is the ID.
        "actor_ids" => Some("actor".to_owned()),
        name => Some(match name.strip_suffix("ies") {
            Some(stem) => format!("{stem}y"),
            None => name.strip_suffix('s').unwrap_or(name).to_owned(),
        }),
    }
}

/// The filter parameters of a query, by dimension.
pub(crate) fn filters(store: &Store, query: &Query) -> Vec<(String, Vec<String>)> {
    query
        .filters()
        .filter_map(|(name, values)| {
            let dimension = filtered(name)?;
            let text = |value: &Value| {
                let text = value.as_str()?;
                // Reports return null for the default workspace. A query can also name it by its ID.
                let is_null = dimension == "workspace_id" && Workspaces::is_default(store, text);
                Some(if is_null { String::new() } else { text.to_owned() })
            };
            let wanted = values.iter().filter_map(text).collect();
            Some((dimension, wanted))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    /// The dimensions that no stream has, and the reason.
    const NOT_OF_STREAMS: [(&str, &str); 4] = [
        ("cost_type", "it is a dimension of items"),
        ("token_type", "it is a dimension of items"),
        ("description", "it is a text about several dimensions"),
        ("organization_id", "all streams belong to one organization"),
    ];

    /// The parameter with the filters of reports of activity. Each of its values has the name of a dimension.
    const ACTIVITY_FILTER: &str = "filter[]";

    #[test]
    fn every_dimension_of_a_report_is_known() {
        let (routes, world) = (testing::routes(), testing::world());
        let ledger = Ledger::of(&world.store);
        let types = &routes.catalog().types;
        let mut used = Vec::new();
        let actions = routes.catalog().actions.iter();
        for action in actions.filter(|action| action.params.iter().any(|param| param.wire == GROUP_BY)) {
            let mut dimensions: Vec<String> = declared(action, types).into_iter().map(str::to_owned).collect();
            let filters = action.params.iter().filter(|param| param.wire != ACTIVITY_FILTER);
            dimensions.extend(filters.filter_map(|param| filtered(&param.wire)));
            for dimension in dimensions {
                let exception = NOT_OF_STREAMS.iter().find(|(name, _)| *name == dimension);
                let has_value = ledger.streams.iter().any(|stream| ledger.value(stream, &dimension).is_some());
                assert_ne!(has_value, exception.is_some(), "{}: {dimension}: {exception:?}", action.id);
                used.extend(exception.map(|(name, _)| *name));
            }
        }
        for (name, _) in NOT_OF_STREAMS {
            assert!(used.contains(&name), "{name} is not a dimension of the catalog");
        }
        assert!(OF_ITEMS.iter().all(|item| NOT_OF_STREAMS.iter().any(|(name, _)| name == item)));
    }
}
