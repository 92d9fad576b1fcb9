//! `GET /v1/organizations/usage_report/claude_code`.

use super::calendar::{DAY, read_date, start_of_day};
use super::coding::{Coding, TOOLS, terminal};
use super::doings::{self, Product};
use super::ledger::{Ledger, Sums};
use super::prices::Item;
use super::random::salt;
use super::range::text;
use super::rows::Rows;
use super::stream::{Actor, known_until};
use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::routes::Target;
use crate::rules::{ApiKeys, View, text as text_of};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The minimum age of data before it is shown, in minutes.
const DELAY: i64 = 60;

/// The user: a member, by position, or an API key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Member(usize),
    Key(String),
}

pub(super) fn answer(_target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let day = read_date(text(query, "starting_at").unwrap_or_default(), "starting_at")?;
    let ledger = Ledger::of(view.store);
    let range = (day * DAY, ((day + 1) * DAY).min(known_until(view.now, DELAY)));
    let sums = ledger.tally(range, None, |stream| {
        let who = match stream.actor {
            Actor::Member(position) => Who::Member(position),
            Actor::Key(id) => Who::Key(id.to_owned()),
            Actor::ServiceAccount(_) | Actor::Workload => return None,
        };
        (stream.product == Product::ClaudeCode.word()).then_some((who, stream.terms.model.name))
    });
    let mut records: BTreeMap<Who, (i64, Vec<Value>)> = BTreeMap::new();
    for ((_, (who, model)), sums) in sums {
        let (requests, models) = records.entry(who).or_default();
        *requests += sums.usage.requests;
        models.push(model_usage(model, &sums));
    }
    let organization = view.organization_id();
    let records = records.into_iter().filter_map(|(who, (requests, models))| {
        let (actor, salt, messages) = match &who {
            Who::Member(position) => {
                let person = ledger.people.everybody.get(*position)?;
                let actor = json!({ "type": "user_actor", "email_address": person.email });
                (actor, person.salt, doings::messages(ledger.seed, person, Product::ClaudeCode, day))
            }
            Who::Key(id) => {
                let name = view.store.item(ApiKeys::PATH, id).map(|key| text_of(key, "name"));
                (json!({ "type": "api_actor", "api_key_name": name }), salt(id), requests)
            }
        };
        let coding = Coding::of(ledger.seed, salt, day, messages);
        let tools: Object = TOOLS
            .iter()
            .zip(coding.decisions)
            .filter(|(_, decisions)| *decisions != (0, 0))
            .map(|(tool, (accepted, rejected))| {
                ((*tool).to_owned(), json!({ "accepted": accepted, "rejected": rejected }))
            })
            .collect();
        Some(json!({
            "date": start_of_day(day).to_string(),
            "actor": actor,
            "organization_id": organization,
            "customer_type": "api",
            "subscription_type": null,
            "terminal_type": if matches!(who, Who::Key(_)) { "non-interactive" } else { terminal(salt) },
            "is_remote": matches!(who, Who::Key(_)),
            "core_metrics": {
                "num_sessions": coding.sessions,
                "lines_of_code": { "added": coding.added, "removed": coding.removed },
                "commits_by_claude_code": coding.commits,
                "pull_requests_by_claude_code": coding.pull_requests,
            },
            "tool_actions": tools,
            "model_breakdown": models,
        }))
    });
    Ok(Rows::cut(records.collect(), query)?.with_more())
}

fn model_usage(model: &str, sums: &Sums) -> Value {
    let usage = &sums.usage;
    json!({
        "model": model,
        "tokens": {
            "input": usage.of(Item::UncachedInput),
            "output": usage.of(Item::Output),
            "cache_creation": usage.of(Item::CacheWrite5m) + usage.of(Item::CacheWrite1h),
            "cache_read": usage.of(Item::CacheRead),
        },
        "estimated_cost": {
            "currency": "USD",
            "amount": sums.list.iter().copied().filter(|amount| amount.0 > 0).sum::<super::money::NanoCents>().as_number(),
        },
    })
}
