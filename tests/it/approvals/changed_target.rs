//! Requests whose target changed or was deleted after the plan: the host shows a new plan, or the request ends.

use crate::support::{
    ADDRESS, EVERYBODY, MEMBER, REMOVE, ask, bob, host, kinds, open_host, says, text, type_as, type_in, writes,
};
use claude_admin::identity::Principal;
use claude_admin::service::{Input, Outcome};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_changed_is_shown_and_asked_about_again() {
    let (simulator, service) = host(EVERYBODY, &[]).await;
    let plan = type_in(&service, REMOVE).await;
    says(&plan, Outcome::Waiting, &[&format!("approve {}.1", plan.operation)]);
    let update = format!("users update {MEMBER} billing --yes");
    says(&type_as(&service, &bob(), &update).await, Outcome::Done, &["Done."]);
    simulator.clear_requests();
    let approve = format!("approve {}", plan.operation);
    let changed = type_as(&service, &bob(), &approve).await;
    says(&changed, Outcome::Conflict, &["role: developer → billing", "Nothing was changed.", "approve"]);
    assert_eq!(changed.to_json()["error"]["cause"]["differences"], json!(["role: developer → billing"]));
    assert!(writes(&simulator).is_empty());
    // A decision about the first plan has no effect any longer.
    let vote = claude_admin::decision::approval::Vote {
        operation: plan.operation.clone(),
        version: Some(1),
        by_button: true,
        choice: claude_admin::Choice::Approve,
        reason: None,
    };
    says(&ask(&service, &bob(), Input::Vote(vote)).await, Outcome::Conflict, &["another version of the plan"]);
    assert!(writes(&simulator).is_empty());
    // Another user has seen only the first plan. A typed decision is about that plan, and its output shows the new
    // plan.
    let cid = Principal::local("cid").unwrap();
    let (second, new) = (format!("{}.2", plan.operation), "Now: role");
    for (line, words) in [
        (approve.clone(), "does not name that version"),
        (format!("deny {} --reason stays", plan.operation), "does not name that version"),
        (format!("{approve}.1"), "another version of the plan"),
        (format!("{approve} --version 1"), "another version of the plan"),
        (format!("{approve}.3"), "another version of the plan"),
    ] {
        let refused = type_as(&service, &cid, &line).await;
        says(&refused, Outcome::Conflict, &[words, "This command changed nothing.", new, "billing", &second]);
        assert_eq!(refused.to_json()["error"]["cause"]["waiting"]["version"], 2, "{line}");
    }
    assert!(writes(&simulator).is_empty());
    says(&type_as(&service, &cid, "pending").await, Outcome::Done, &[&second]);
    says(&type_as(&service, &cid, &format!("status {second}")).await, Outcome::Done, &["waiting"]);
    for line in [format!("{approve}.2 --version 2"), format!("{approve} --version 0"), format!("{approve}.0")] {
        assert_eq!(type_as(&service, &cid, &line).await.outcome, Outcome::Usage, "{line}");
    }
    says(&type_as(&service, &cid, &format!("{approve}.2")).await, Outcome::Done, &["Done."]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_taken_back_whatever_the_version_of_its_plan() {
    let (simulator, service) = open_host().await;
    let plan = type_in(&service, REMOVE).await;
    let update = format!("users update {MEMBER} billing --yes");
    says(&type_as(&service, &bob(), &update).await, Outcome::Done, &["Done."]);
    simulator.clear_requests();
    let changed = type_as(&service, &bob(), &format!("approve {}", plan.operation)).await;
    assert_eq!(changed.outcome, Outcome::Conflict);
    says(&type_in(&service, &format!("cancel {}", plan.operation)).await, Outcome::Done, &["Cancelled"]);
    assert!(writes(&simulator).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_request_for_a_deleted_target_ends_as_not_found() {
    for (target, words) in [(MEMBER, "the API does not find it"), (ADDRESS, "has no entry with")] {
        let (simulator, service) = host(EVERYBODY, &[]).await;
        let remove = format!("users remove {target} --reason leaver");
        let (first, second) = (type_in(&service, &remove).await, type_in(&service, &remove).await);
        let cid = Principal::local("cid").unwrap();
        says(&type_as(&service, &cid, &format!("approve {}.1", first.operation)).await, Outcome::Done, &["Done."]);
        simulator.clear_requests();
        let gone = type_as(&service, &bob(), &format!("approve {}.1", second.operation)).await;
        says(&gone, Outcome::NotFound, &["no longer exists", words, "Nothing was changed", "local:bob"]);
        assert!(!text(&gone).contains("still waits"), "{}", text(&gone));
        says(&type_in(&service, "pending").await, Outcome::Done, &["none of your requests is pending"]);
        let kinds = kinds(&service, &second.operation);
        assert_eq!(kinds[kinds.len() - 2..], ["decided: approve", "outcome: not_found"]);
        let again = type_as(&service, &cid, &format!("approve {}.1", second.operation)).await;
        says(&again, Outcome::Conflict, &["no longer pending", "not_found"]);
        assert!(writes(&simulator).is_empty());
    }
}
