//! An operation as JSON, with the progress of its steps.

use crate::decision::operation::{Operation, State};
use crate::decision::plan::Step;
use crate::document;
use claude_admin_catalog::Catalog;
use serde_json::{Value, json};

/// An operation, for programs.
pub(super) fn operation_json(catalog: &Catalog, operation: &Operation) -> Value {
    let decisions: Vec<Value> = operation
        .decisions
        .iter()
        .map(|decided| {
            json!({
                "who": decided.principal, "decision": decided.choice, "reason": decided.reason,
                "at": document::instant(decided.time_ms),
            })
        })
        .collect();
    let (requests, cause) = match &operation.state {
        State::Ended { requests, cause, .. } => (requests.clone(), cause.clone()),
        _ => (Vec::new(), None),
    };
    let is_over = operation.state.is_settled();
    let plan = &operation.pending.plan;
    let step = |(number, step): (u32, &Step)| {
        let (result, note) = document::result_of(operation.steps.get(&number), is_over);
        let mut json = json!({ "step": number, "command": step.command, "result": result, "message": note });
        if plan.options().next().is_some() {
            json["selection"] = json!(step.selection);
        }
        json
    };
    let steps: Vec<Value> = plan.all_numbered().filter(|_| plan.only().is_none()).map(step).collect();
    let mut json = json!({
        "operation_id": operation.id,
        "version": operation.pending.version,
        "state": operation.state.as_str(),
        "changed": operation.changed(),
        "since": document::instant(operation.since_ms),
        "requester": operation.pending.requester,
        "place": operation.pending.place,
        "reason": operation.pending.reason,
        "question": document::question(catalog, &operation.pending.plan),
        "plan": operation.pending.plan,
        "plan_hash": operation.plan_hash,
        "policy_hash": operation.policy_hash,
        "needs": operation.pending.requirements,
        "requested_at": document::instant(operation.requested_ms),
        "expires_at": document::instant(operation.expires_ms),
        "decisions": decisions,
        "requests": requests,
        "message": cause.as_ref().map(document::cause),
        "cause": cause,
    });
    if !steps.is_empty() {
        json["steps"] = steps.into();
    }
    json
}
