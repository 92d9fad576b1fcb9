//! Optional steps: the selection is part of the plan that is decided, and of its hash.

use super::{host, host_with, hostile, open_host};
use crate::support::{self, MEMBER, OPEN_POLICY, bob, text, type_as, type_in, writes};
use claude_admin::audit::verify;
use claude_admin::identity::Principal;
use claude_admin::service::{Outcome, Service};
use claude_admin_simulator::SimulatorConfig;

async fn hash(service: &Service, operation: &str) -> String {
    let status = type_in(service, &format!("status {operation}")).await.to_json();
    status["plan_hash"].as_str().expect("a hash").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn only_selected_steps_run_and_the_selection_is_part_of_the_hash() {
    let (simulator, service) = open_host().await;
    let desk = type_in(&service, "spend desk --yes").await;
    support::says(&desk, Outcome::Waiting, &["4 optional steps", "None is selected", "0 of 4 steps are selected"]);
    assert!(!text(&desk).contains("--yes"), "{}", text(&desk));
    let waiting = desk.to_json()["error"]["cause"]["waiting"].clone();
    assert_eq!(waiting["tables"][0]["rows"][0]["limit"], "$100.00", "programs get what people see: {waiting}");
    let id = desk.operation;
    let offered = hash(&service, &id).await;
    let nothing = type_in(&service, &format!("confirm {id}")).await;
    support::says(&nothing, Outcome::Conflict, &["none is selected", "changed nothing"]);
    for (steps, problem) in
        [("5", "no optional step 5"), ("0", "not the number"), ("3-1", "not the number"), ("x", "not the number")]
    {
        let wrong = type_in(&service, &format!("select {id} {steps}")).await;
        support::says(&wrong, Outcome::Usage, &[problem]);
    }
    support::says(&type_in(&service, &format!("select {id}")).await, Outcome::Usage, &["needs the numbers"]);
    let selected = type_in(&service, &format!("select {id} 1, 4")).await;
    support::says(&selected, Outcome::Waiting, &["Run the 2 steps", "2 of 4 steps are selected", "not selected"]);
    let two = hash(&service, &id).await;
    assert_ne!(two, offered);
    support::says(&type_in(&service, &format!("confirm {id}")).await, Outcome::Conflict, &["changed"]);
    let one = type_in(&service, &format!("select {id} 2")).await;
    support::says(&one, Outcome::Waiting, &["Run the 1 step", "1 of 4 steps are selected"]);
    assert_ne!(hash(&service, &id).await, two);
    support::says(&type_in(&service, &format!("confirm {id}.2")).await, Outcome::Conflict, &["another version"]);
    assert!(writes(&simulator).is_empty());
    let done = type_in(&service, &format!("confirm {id}.3")).await;
    support::says(&done, Outcome::Done, &["1 of 1 steps done"]);
    assert_eq!(writes(&simulator).len(), 1);
    assert!(writes(&simulator)[0].contains("/deny"), "{:?}", writes(&simulator));
    let again = type_in(&service, &format!("select {id} 1")).await;
    support::says(&again, Outcome::Conflict, &["no longer pending"]);
    assert!(verify(service.ledger().log(), None).is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn approver_selects_and_others_cannot() {
    let policy = "@id(\"all\") permit(principal, action, resource);\n\
                  @id(\"two\") @approvals(\"1\") permit(principal, action == Action::\"spend-requests.approve\", resource);";
    let (simulator, service) = host(policy).await;
    let id = type_in(&service, "spend desk").await.operation;
    for line in [format!("select {id} 1"), format!("approve {id}")] {
        let refused = type_as(&service, &bob(), &line).await;
        assert!(
            matches!(refused.outcome, Outcome::Denied | Outcome::NotFound | Outcome::Conflict),
            "{}",
            text(&refused)
        );
    }
    let selected = type_in(&service, &format!("select {id} 1")).await;
    support::says(&selected, Outcome::Waiting, &["Approval needed"]);
    // Another user can approve it, and so take steps out, but add none and give no reason for the requester.
    for line in [format!("select {id} 1,3"), format!("select {id} all"), format!("select {id} 1 --reason mine")] {
        let refused = type_as(&service, &bob(), &line).await;
        support::says(&refused, Outcome::Denied, &["Only the requester, local:ada, can add steps", "changed nothing"]);
    }
    support::says(&type_in(&service, &format!("select {id} 1,3")).await, Outcome::Waiting, &["2 of 4 steps"]);
    let same = type_in(&service, &format!("select {id} 3,1")).await;
    support::says(&same, Outcome::Waiting, &["2 of 4 steps are selected"]);
    let other = type_as(&service, &bob(), &format!("select {id} 1")).await;
    support::says(&other, Outcome::Waiting, &["Approval needed", "1 of 4 steps are selected"]);
    support::says(
        &type_as(&service, &bob(), &format!("approve {id}.3")).await,
        Outcome::Conflict,
        &["another version"],
    );
    let done = type_as(&service, &bob(), &format!("approve {id}.4")).await;
    support::says(&done, Outcome::Done, &["1 of 1 steps done"]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn optional_step_that_the_user_cannot_run_is_left_out_and_named() {
    let policy = "@id(\"all\") permit(principal, action, resource);\n\
                  @id(\"not\") forbid(principal == User::\"local:carol\", action == Action::\"spend-requests.approve\", resource);";
    let (simulator, service) = host(policy).await;
    let carol = Principal::local("carol").unwrap();
    let desk = type_as(&service, &carol, "spend desk").await;
    support::says(
        &desk,
        Outcome::Waiting,
        &["2 optional steps", "Not offered: you cannot run them here", "2: `spend-requests approve"],
    );
    let reader = "@id(\"read\") permit(principal, action in Action::\"read\", resource);\n\
                  @id(\"desk\") permit(principal, action == Action::\"playbooks.spend.desk\", resource);";
    let (_other, service) = host(reader).await;
    let desk = type_in(&service, "spend desk").await;
    support::says(&desk, Outcome::Done, &["You cannot run this here", "Pending requests"]);
    assert!(writes(&simulator).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn offered_steps_are_seen_and_decided_only_by_users_who_could_run_them() {
    let policy = "@id(\"all\") permit(principal, action, resource) unless { principal == User::\"local:carol\" };\n\
                  @id(\"desk\") @approvals(\"1\") permit(principal, action == Action::\"playbooks.spend.desk\", resource);";
    let (_simulator, service) = host(policy).await;
    let id = type_in(&service, "spend desk").await.operation;
    let carol = Principal::local("carol").unwrap();
    for line in [format!("status {id}"), format!("deny {id} --reason no"), format!("select {id} 1")] {
        let refused = type_as(&service, &carol, &line).await;
        assert!(matches!(refused.outcome, Outcome::Denied | Outcome::NotFound), "{line}: {}", text(&refused));
    }
    assert!(!text(&type_as(&service, &carol, "pending").await).contains(&id));
    assert!(text(&type_as(&service, &bob(), "pending").await).contains(&id));
}

#[tokio::test(flavor = "multi_thread")]
async fn step_that_is_also_required_runs_without_a_selection() {
    let (simulator, service) = host_with(OPEN_POLICY, SimulatorConfig::default(), &[hostile::component()]).await;
    let arguments = format!(r#"{{"user-id": "{MEMBER}", "role": "billing"}}"#);
    let line = format!("hostile twice --action users.update --arguments {arguments:?}");
    let plan = type_in(&service, &line).await;
    support::says(&plan, Outcome::Waiting, &["Run the 1 step"]);
    let done = type_in(&service, &format!("confirm {}", plan.operation)).await;
    support::says(&done, Outcome::Done, &["1 of 1 steps done"]);
    assert_eq!(writes(&simulator).len(), 1);
}
