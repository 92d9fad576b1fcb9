//! `offboard`: everything that belongs to people who leave.

use super::{host, host_with, open_host};
use crate::support::{self, OPEN_POLICY, bob, text, type_as, type_in, writes};
use claude_admin::audit::verify;
use claude_admin::service::Outcome;
use claude_admin_simulator::SimulatorConfig;

const WHO: &str = "xiuying.li@example.com";

#[tokio::test(flavor = "multi_thread")]
async fn offboard_removes_everything_with_one_approval_and_has_nothing_left_then() {
    let (simulator, service) = open_host().await;
    let reply = type_in(&service, &format!("offboard {WHO} --reason HR-4411")).await;
    support::says(&reply, Outcome::Waiting, &["workspace", "removed", "The API cannot remove", "Risk: irreversible"]);
    assert!(writes(&simulator).is_empty());
    let done = type_as(&service, &bob(), &format!("approve {}", reply.operation)).await;
    support::says(&done, Outcome::Done, &["steps done", "offboard xiuying.li@example.com"]);
    let sent = writes(&simulator);
    assert!(sent.len() > 1 && sent.iter().all(|sent| sent.starts_with("DELETE")), "{sent:?}");
    assert_eq!(sent.last().unwrap(), &format!("DELETE /v1/organizations/users/{}", support::MEMBER));
    for who in [WHO, support::MEMBER] {
        let again = type_in(&service, &format!("offboard {who} --reason HR-4411")).await;
        support::says(&again, Outcome::Done, &["Nothing is left to remove."]);
    }
    assert_eq!(writes(&simulator), sent);
    assert!(verify(service.ledger().log(), None).is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn playbook_reads_only_what_its_requester_can_read() {
    let policy = format!("{OPEN_POLICY} @id(\"no\") forbid(principal, action == Action::\"groups.list\", resource);");
    let (simulator, service) = host(&policy).await;
    let reply = type_in(&service, &format!("offboard {WHO} --reason x")).await;
    support::says(
        &reply,
        Outcome::Failed,
        &["The list of groups cannot be read", "groups list", "Nothing was changed."],
    );
    assert!(writes(&simulator).is_empty());
    let policy =
        format!("{OPEN_POLICY} @id(\"no\") forbid(principal, action == Action::\"playbooks.offboard\", resource);");
    let (simulator, service) = host(&policy).await;
    let reply = type_in(&service, &format!("offboard {WHO} --reason x")).await;
    support::says(&reply, Outcome::Denied, &["playbooks.offboard"]);
    assert!(simulator.requests().is_empty());
    assert!(!text(&type_in(&service, "help").await).contains("offboard"));
}

#[tokio::test(flavor = "multi_thread")]
async fn requirement_of_the_playbook_applies_to_its_steps() {
    let policy = "permit(principal, action, resource) unless { action == Action::\"playbooks.offboard\" };\n\
                  @approvals(\"3\") permit(principal, action == Action::\"playbooks.offboard\", resource);";
    let (_simulator, service) = host(policy).await;
    let reply = type_in(&service, &format!("offboard {WHO} --reason x")).await;
    assert_eq!(reply.outcome, Outcome::Waiting, "{}", text(&reply));
    assert_eq!(reply.error.unwrap()["waiting"]["needs"]["approvals"][0]["count"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn offboard_in_a_large_organization_sends_few_requests() {
    let config = SimulatorConfig { members: 5000, workspaces: 100, ..SimulatorConfig::default() };
    let (simulator, service) = host_with(OPEN_POLICY, config, &[]).await;
    let workspaces = type_in(&service, "workspaces list --all").await.to_json()["data"].as_array().unwrap().len();
    simulator.clear_requests();
    let reply = type_in(&service, &format!("offboard {WHO} --reason x")).await;
    assert_eq!(reply.outcome, Outcome::Waiting, "{}", text(&reply));
    let requests = simulator.requests();
    let paths: Vec<&str> = requests.iter().map(|request| request.path.as_str()).collect();
    assert!(requests.len() <= 20 + workspaces, "{} requests, {workspaces} workspaces: {paths:#?}", requests.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn stopped_playbook_is_resumed_from_the_current_state() {
    let (simulator, service) = open_host().await;
    let reply = type_in(&service, &format!("offboard {WHO} --reason x")).await;
    // The member changes after the plan was shown, so the last step does not run.
    let update = type_in(&service, &format!("users update {} user --yes", support::MEMBER)).await;
    assert_eq!(update.outcome, Outcome::Done, "{}", text(&update));
    let stopped = type_as(&service, &bob(), &format!("approve {}", reply.operation)).await;
    assert_eq!(stopped.outcome, Outcome::Partial, "{}", text(&stopped));
    let rest = type_in(&service, &format!("resume {}", reply.operation)).await;
    assert_eq!(rest.outcome, Outcome::Waiting, "{}", text(&rest));
    assert_eq!(rest.error.as_ref().unwrap()["waiting"]["plan"]["steps"].as_array().unwrap().len(), 1);
    let done = type_as(&service, &bob(), &format!("approve {}", rest.operation)).await;
    assert_eq!(done.outcome, Outcome::Done, "{}", text(&done));
    let sent = writes(&simulator);
    let mut once = sent.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), sent.len(), "no step is sent twice: {sent:?}");
}
