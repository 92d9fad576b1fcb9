//! Requests of members for a higher spend limit.

use super::{Members, Rules, Scene, SpendLimits, View, inner, text};
use crate::Object;
use crate::caller::OrganizationKind;
use crate::error::ApiError;
use crate::error_code::refusal;
use crate::operation::Operation;
use crate::query::Query;
use crate::rate_limit::Budget;
use crate::routes::Target;
use crate::rules::spend_summaries::{SpendSummaries, actor};
use serde_json::{Value, json};

pub(crate) struct SpendRequests;

impl SpendRequests {
    pub(crate) const PATH: &'static str = path_of!("spend-requests.list");
}

impl Rules for SpendRequests {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn allows(&self, _target: &Target<'_>, _query: &Query, view: View<'_>) -> Result<(), ApiError> {
        match view.caller.organization {
            OrganizationKind::Console => Err(refusal("organization_type_not_supported")),
            _ => Ok(()),
        }
    }

    /// Requests of former members are not listed.
    fn lists(&self, item: &Object, _query: &Query, view: View<'_>) -> bool {
        view.store.item(Members::PATH, inner(item, "actor", "user_id")).is_some()
    }

    fn fits(&self, parameter: &str, values: &[Value], item: &Object) -> Option<bool> {
        (parameter == "actor_ids[]").then(|| values.iter().any(|value| value == inner(item, "actor", "user_id")))
    }

    fn shows(&self, item: &mut Object, _query: Option<&Query>, view: View<'_>) {
        let member = view.store.item(Members::PATH, inner(item, "actor", "user_id"));
        let summary = member
            .filter(|_| text(item, "status") == "pending")
            .and_then(|member| SpendSummaries::of(view.store, member, text(item, "period")));
        item.insert("spend_summary".to_owned(), summary.map_or(Value::Null, Value::from));
    }

    fn act(
        &self,
        act: &str,
        item: &mut Object,
        sent: &Object,
        scene: &mut Scene<'_>,
    ) -> Result<Option<Object>, ApiError> {
        let mut shown = Object::new();
        match (act, text(item, "status")) {
            ("spend-requests.approve", "pending") => {
                let period = match text(sent, "period") {
                    "" => text(item, "period"),
                    period => period,
                };
                let (user, now) = (inner(item, "actor", "user_id"), scene.now.to_string());
                let amount = text(sent, "amount");
                let limit = SpendLimits::set_user(scene.store, scene.ids, user, period, amount, &now);
                shown.insert("spend_limit".to_owned(), limit.into());
                resolve(item, "approved", scene);
            }
            ("spend-requests.deny", "pending") => resolve(item, "denied", scene),
            // Denying a denied request changes nothing.
            ("spend-requests.deny", "denied") => {}
            (_, status) => {
                return Err(ApiError::invalid(format!("Only a pending request can be decided; this one is {status}.")));
            }
        }
        Ok(Some(shown))
    }

    fn budget(&self, _operation: &Operation) -> Option<Budget> {
        Some(Budget::SPEND_LIMITS)
    }
}

fn resolve(item: &mut Object, status: &str, scene: &Scene<'_>) {
    let who = scene.caller.actor.as_deref().and_then(|id| scene.store.item(Members::PATH, id));
    let by = match who {
        Some(member) => actor(member),
        // Keys have no ID that a client could look up.
        None => json!({ "type": "scoped_api_key_actor", "scoped_api_key_id": "apikey_simulator" }),
    };
    item.insert("status".to_owned(), status.into());
    item.insert("resolved_at".to_owned(), scene.now.to_string().into());
    item.insert("resolved_by".to_owned(), by);
}
