//! Cases. A case is open until the organization responds, the window ends, or Anthropic ends the review.

use super::{BY_END_CUSTOMER, WINDOW_ENDS_AT, admits, page};
use crate::Object;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::operation::Operation;
use crate::query::Query;
use crate::rate_limit::Budget;
use crate::reply::Reply;
use crate::routes::Target;
use crate::rules::{Rules, Scene, View, has_passed, kind, text};
use crate::validate::at;
use jiff::Timestamp;
use serde_json::{Value, json};

pub(crate) struct ReviewCases;

const READ: &str = "read:compliance_review_cases";
const WRITE: &str = "write:compliance_review_cases";
/// The response of the organization. It distinguishes a repetition from a different response.
const ANSWER: &str = "answer";
/// The maximum number of policy categories of a response.
const MOST_CATEGORIES: usize = 4;

impl ReviewCases {
    pub(crate) const PATH: &'static str = path_of!("compliance-review-cases.list");

    /// A case at a given time. Its window might have ended.
    pub(super) fn now(case: &Object, now: Timestamp) -> Object {
        let mut case = case.clone();
        if kind(&case, "status") == "open" && has_passed(&case, WINDOW_ENDS_AT, now) {
            case.insert("status".to_owned(), json!({ "type": "closed", "reason": { "type": "window_ended" } }));
            let ended = case.get(WINDOW_ENDS_AT).cloned().unwrap_or_default();
            case.insert("updated_at".to_owned(), ended);
        }
        case
    }

    /// A case without the fields that are stored but never shown.
    fn shown(case: &Object, now: Timestamp) -> Object {
        let mut case = Self::now(case, now);
        for hidden in [ANSWER, BY_END_CUSTOMER, WINDOW_ENDS_AT] {
            case.shift_remove(hidden);
        }
        case
    }

    fn list(query: &Query, view: View<'_>) -> Result<Value, ApiError> {
        if view.caller.profile.is_some() && query.text("user_profile_id").is_none() {
            return Err(at("user_profile_id", "It is required with the header anthropic-user-profile-id"));
        }
        let wanted = |case: &Object| {
            query.text("status").is_none_or(|word| kind(case, "status") == word)
                && query.text("user_profile_id").is_none_or(|id| {
                    transcripts(case)
                        .any(|transcript| transcript.get("user_profile_id").is_some_and(|known| known == id))
                })
        };
        let cases = view.store.items(Self::PATH).map(|case| Self::shown(case, view.now));
        page(cases.filter(wanted).collect(), query)
    }
}

impl Rules for ReviewCases {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn budget(&self, _operation: &Operation) -> Option<Budget> {
        Some(Budget::COMPLIANCE)
    }

    fn records_requests(&self) -> bool {
        true
    }

    fn computed(&self, target: &Target<'_>, query: &Query, view: View<'_>) -> Option<Result<Reply, ApiError>> {
        let scope = if *target.operation == Operation::Act { WRITE } else { READ };
        match (admits(view, scope), target.operation) {
            (Err(error), _) => Some(Err(error)),
            (Ok(()), Operation::List) => Some(Self::list(query, view).map(Reply::Json)),
            (Ok(()), _) => None,
        }
    }

    fn shows(&self, item: &mut Object, _query: Option<&Query>, view: View<'_>) {
        *item = Self::now(item, view.now);
    }

    fn before_act(&self, _act: &str, item: &Object, _view: View<'_>) -> Result<(), ApiError> {
        if item.contains_key(BY_END_CUSTOMER) { Err(refusal("case_reviewed_by_end_customer")) } else { Ok(()) }
    }

    fn act(
        &self,
        _act: &str,
        item: &mut Object,
        sent: &Object,
        scene: &mut Scene<'_>,
    ) -> Result<Option<Object>, ApiError> {
        let answer = answer(item, sent)?;
        if kind(&Self::now(item, scene.now), "status") == "closed" {
            return if item.get(ANSWER) == Some(&answer) {
                Ok(Some(Object::new()))
            } else {
                Err(refusal("case_closed"))
            };
        }
        item.insert(ANSWER.to_owned(), answer);
        item.insert("status".to_owned(), closed_by_answer());
        item.insert("updated_at".to_owned(), scene.now.to_string().into());
        Ok(Some(Object::new()))
    }
}

/// The status of a case with a response of the organization.
pub(crate) fn closed_by_answer() -> Value {
    json!({ "type": "closed", "reason": { "type": "responded" } })
}

fn transcripts(case: &Object) -> impl Iterator<Item = &Value> {
    case.get("transcripts").and_then(Value::as_array).into_iter().flatten()
}

/// Checks a response and normalizes it, so the order of lists does not matter.
fn answer(case: &Object, sent: &Object) -> Result<Value, ApiError> {
    let list = |field: &str| sent.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
    let determination = text(sent, "determination");
    let mut categories: Vec<String> =
        list("policy_categories").iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let count = categories.len();
    categories.sort_unstable();
    categories.dedup();
    if categories.len() < count {
        return Err(at("policy_categories", "each category must be there once only"));
    }
    match (determination, count) {
        ("violation", 1..=MOST_CATEGORIES) | ("no_violation", 0) => {}
        ("violation", _) => return Err(at("policy_categories", "one to four are required with 'violation'")),
        _ => return Err(at("policy_categories", "none is allowed with 'no_violation'")),
    }
    let mut verdicts: Vec<(String, String, String)> = Vec::new();
    for verdict in list("verdicts").iter().filter_map(Value::as_object) {
        let (item, word, category) =
            (text(verdict, "item_id"), text(verdict, "determination"), text(verdict, "policy_category"));
        if !transcripts(case).any(|transcript| transcript.get("item_id").is_some_and(|known| known == item)) {
            return Err(at("verdicts", format!("'{item}' is not an item of this case")));
        }
        if verdicts.iter().any(|(known, _, _)| known == item) {
            return Err(at("verdicts", format!("'{item}' must be there once only")));
        }
        if word != "violation" && !category.is_empty() {
            return Err(at("verdicts", "policy_category is only allowed with 'violation'"));
        }
        verdicts.push((item.to_owned(), word.to_owned(), category.to_owned()));
    }
    verdicts.sort();
    Ok(json!({ "determination": determination, "policy_categories": categories, "verdicts": verdicts }))
}
