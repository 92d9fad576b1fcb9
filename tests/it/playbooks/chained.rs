//! Steps that use the result of an earlier step.

use super::{host_with, hostile};
use crate::support::{self, MEMBER, OPEN_POLICY, recorded, type_in, writes};
use claude_admin::service::{Outcome, Service};
use claude_admin_simulator::{Effect, Fault, PatchEffect, RunningSimulator, SimulatorConfig};
use serde_json::json;

async fn host(policy: &str) -> (RunningSimulator, Service) {
    host_with(policy, SimulatorConfig::default(), &[hostile::component()]).await
}

/// A workspace is created, and a member is added to it.
fn chain(workspace: &str) -> String {
    let arguments =
        json!({ "workspace-id": workspace, "user-id": MEMBER, "workspace-role": "workspace_developer" }).to_string();
    format!("hostile chain --action workspace-members.add --arguments {arguments:?}")
}

#[tokio::test(flavor = "multi_thread")]
async fn result_of_a_step_is_an_argument_of_a_later_one() {
    let (simulator, service) = host(OPEN_POLICY).await;
    let plan = type_in(&service, &chain("{create.id}")).await;
    support::says(&plan, Outcome::Waiting, &["Run the 2 steps", "{step 1: id}"]);
    let done = type_in(&service, &format!("confirm {}", plan.operation)).await;
    support::says(&done, Outcome::Done, &["2 of 2 steps done"]);
    let workspaces = type_in(&service, "workspaces list --all").await.to_json();
    let found = workspaces["data"].as_array().unwrap().iter().find(|one| one["name"] == "Chained").unwrap().clone();
    let id = found["id"].as_str().unwrap();
    assert_eq!(writes(&simulator)[1], format!("POST /v1/organizations/workspaces/{id}/members"));
    // The log has the command that ran.
    assert!(recorded(&service).contains(&format!("workspace-members add {id} {MEMBER}")), "{}", recorded(&service));
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_shows_the_step_whose_result_is_used_after_others_were_left_out() {
    let (simulator, service) = host(OPEN_POLICY).await;
    let line = chain("{create.id}").replace("chain ", "chain-behind-others ");
    let plan = type_in(&service, &line).await;
    support::says(&plan, Outcome::Waiting, &["Run the 3 steps", "{step 1: id}"]);
    let done = type_in(&service, &format!("confirm {}", plan.operation)).await;
    support::says(&done, Outcome::Done, &["3 of 3 steps done"]);
    let created = type_in(&service, "workspaces list --all").await.to_json();
    let created = created["data"].as_array().unwrap().iter().find(|one| one["name"] == "Chained").unwrap().clone();
    let id = created["id"].as_str().unwrap();
    assert_eq!(writes(&simulator)[2], format!("POST /v1/organizations/workspaces/{id}/members"));
}

#[tokio::test(flavor = "multi_thread")]
async fn approvers_are_asked_again_with_the_real_value() {
    let rules = "@id(\"all\") permit(principal, action, resource);\n\
                 @id(\"two\") @approvals(\"1\") permit(principal, action == Action::\"workspace-members.add\", resource);\n\
                 @id(\"no\") forbid(principal == User::\"local:bob\", action == Action::\"workspace-members.add\", resource) \
                 when { context.arguments.workspace_id like \"wrkspc_*\" };";
    let (simulator, service) = host(rules).await;
    let plan = type_in(&service, &chain("{create.id}")).await;
    let stopped = support::type_as(&service, &support::bob(), &format!("approve {}", plan.operation)).await;
    support::says(&stopped, Outcome::Partial, &["1 of 2 steps are done", "denied"]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn policy_decides_again_with_the_real_value() {
    let forbid = "@id(\"no\") forbid(principal, action == Action::\"workspace-members.add\", resource) \
                  when { context.arguments.workspace_id like \"wrkspc_*\" };";
    let (simulator, service) = host(&format!("{OPEN_POLICY} {forbid}")).await;
    let plan = type_in(&service, &chain("{create.id}")).await;
    assert_eq!(plan.outcome, Outcome::Waiting, "{}", support::text(&plan));
    let stopped = type_in(&service, &format!("confirm {}", plan.operation)).await;
    support::says(&stopped, Outcome::Partial, &["1 of 2 steps are done", "denied"]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn value_that_is_not_a_valid_id_is_never_sent() {
    for id in
        [json!("wrkspc_../../users"), json!("user_01fTPAarejCcux4jybAuxoiu"), json!(""), json!(7), json!("Default")]
    {
        let (simulator, service) = host(OPEN_POLICY).await;
        let plan = type_in(&service, &chain("{create.id}")).await;
        let set = serde_json::from_value(json!({ "/id": id })).unwrap();
        let patch = Effect::Patch(PatchEffect { set, ..PatchEffect::default() });
        let path = Some("/v1/organizations/workspaces".to_owned());
        simulator.inject(Fault { path, method: Some("POST".to_owned()), times: 1, ..Fault::new(patch) });
        let stopped = type_in(&service, &format!("confirm {}", plan.operation)).await;
        assert!(matches!(stopped.outcome, Outcome::Partial | Outcome::Unknown), "{id}: {}", support::text(&stopped));
        assert_eq!(writes(&simulator).len(), 1, "{id}: {}", support::text(&stopped));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reference_that_no_step_can_fill_is_an_error() {
    let (simulator, service) = host(OPEN_POLICY).await;
    let role =
        r#"hostile chain --action users.update --arguments "{\"user-id\": \"user_1\", \"role\": \"{create.id}\"}""#;
    for (line, problem) in [
        (chain("{other.id}"), "needs a step `other` before it"),
        (chain("{create.nothing}"), "needs `nothing` of step `create`, which is not the ID"),
        (chain("{create.name}"), "which is not the ID of an object that this step creates"),
        (chain("{create.id}").replace("chain ", "chain-to-an-object "), "which is not the ID of an object"),
        (chain("{create.workspace_id}").replace("chain ", "chain-to-an-object "), "which is not the ID of an object"),
        (role.to_owned(), "`role` is not an ID"),
        (chain("{create.id}").replace("chain ", "chain-to-an-option "), "that is not optional"),
    ] {
        let reply = type_in(&service, &line).await;
        support::says(&reply, Outcome::Failed, &["its proposal cannot be used", problem]);
    }
    assert!(writes(&simulator).is_empty());
}
