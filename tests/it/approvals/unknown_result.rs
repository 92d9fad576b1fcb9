//! `status` of a write with an unknown result: it reads the target and shows the difference.

use crate::support::{MEMBER, open_host, says, text, type_in};
use claude_admin::service::Outcome;

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_not_what_was_asked_for_is_not_taken_for_it() {
    let (simulator, service) = open_host().await;
    let lost = serde_json::json!({"method": "POST", "effect": "close", "perform": false});
    simulator.inject(serde_json::from_value(lost).unwrap());
    let unseen = type_in(&service, &format!("users update {MEMBER} billing --yes --reason x")).await;
    assert_eq!(unseen.outcome, Outcome::Unknown, "{}", text(&unseen));
    type_in(&service, &format!("users update {MEMBER} user --yes --reason x")).await;
    let status = type_in(&service, &format!("status {}", unseen.operation)).await;
    says(&status, Outcome::Done, &["The target is different now", "does not match the request"]);
    assert!(!text(&status).contains(".."), "{}", text(&status));
}

#[tokio::test(flavor = "multi_thread")]
async fn status_of_unknown_partial_update_finds_the_changed_field() {
    let (simulator, service) = open_host().await;
    let workspace = type_in(&service, "workspaces list --limit 1").await.to_json()["data"][0]["id"].clone();
    let workspace = workspace.as_str().unwrap();
    let lost = serde_json::json!({"method": "POST", "effect": "close", "perform": true});
    for change in ["--tag one=1", "--tag two=2", "--no-tag one", "--name Renamed"] {
        simulator.inject(serde_json::from_value(lost.clone()).unwrap());
        let unseen = type_in(&service, &format!("workspaces update {workspace} {change} --yes --reason x")).await;
        assert_eq!(unseen.outcome, Outcome::Unknown, "{change}: {}", text(&unseen));
        let status = type_in(&service, &format!("status {}", unseen.operation)).await;
        says(&status, Outcome::Done, &["The target is different now", "The change was probably made"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn status_of_unknown_create_is_not_read_from_its_parent() {
    let (_simulator, service) = open_host().await;
    let catalog = service.catalog();
    for action in catalog.actions.iter().filter(|action| action.http.path.params().next().is_some()) {
        let read = catalog.before_action(action);
        // An action that creates an object inside its target: a read of the target does not show it.
        let makes = action.http.method.as_str() == "POST"
            && catalog.actions.iter().any(|list| list.paging.is_some() && list.http.path == action.http.path);
        if makes {
            assert!(read.is_none() || !catalog.reads_the_target(action), "{}", action.id);
        }
    }
}
