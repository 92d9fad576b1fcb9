//! A service with a lone operator, in this process: the requests that this user can approve, and where.

use super::{EVERYBODY, NAME, REMOVE};
use crate::support::{self, ada, bob, says, text, type_in};
use claude_admin::command::{Format, Markup};
use claude_admin::decision::approval::{LoneOperator, NoObserver};
use claude_admin::decision::operation::Clock;
use claude_admin::identity::Place;
use claude_admin::service::{Input, Outcome, Reply, Request, Service};
use claude_admin_simulator::RunningSimulator;
use std::sync::Arc;
use std::time::Duration;

/// A host in this process, whose lone operator is [`ada`].
async fn alone(policy: &str, groups: &[(&str, &[&str])]) -> (RunningSimulator, Service) {
    let simulator = support::simulator().await;
    let plugin = support::plugin(&simulator).await;
    let lone = LoneOperator { principal: ada(), delay: Duration::ZERO };
    let decider = support::decider(plugin.catalog(), policy, groups, Clock::system()).with_lone_operator(Some(lone));
    let now = simulator.watch();
    let service = Service::new(plugin, decider, support::ledger(Clock::system()), Arc::new(NoObserver));
    (simulator, service.with_api_clock(Clock::new(move || now().as_millisecond())))
}

async fn ask_at(service: &Service, place: Place, line: &str) -> Reply {
    let input = Input::Text { line: line.to_owned(), markup: Markup::None };
    service.handle(Request { principal: ada(), place, input, delivery: None, format: None }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_entrance_and_no_other_person_approves_alone() {
    let (simulator, service) = alone(EVERYBODY, &[]).await;
    for place in [Place::mcp(), Place::http()] {
        let reply = ask_at(&service, place.clone(), REMOVE).await;
        assert_eq!(reply.outcome, Outcome::Waiting, "{}", text(&reply));
        assert!(reply.alone.is_none(), "{place}");
        let confirmed = ask_at(&service, place.clone(), &format!("confirm {}", reply.operation)).await;
        assert_eq!(confirmed.outcome, Outcome::Denied, "{place}: {}", text(&confirmed));
        assert!(confirmed.alone.is_none());
        // At the terminal, the same person is asked for the name.
        let confirmed = type_in(&service, &format!("confirm {}", reply.operation)).await;
        assert_eq!(confirmed.alone.unwrap().name, NAME);
        ask_at(&service, place, &format!("cancel {}", reply.operation)).await;
    }
    let reply = support::type_as(&service, &bob(), REMOVE).await;
    assert!(reply.alone.is_none());
    // The lone operator cannot confirm the request of bob.
    let confirmed = type_in(&service, &format!("confirm {}", reply.operation)).await;
    assert!(confirmed.alone.is_none());
    assert_eq!(confirmed.outcome, Outcome::Denied);
    assert_eq!(support::writes(&simulator), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_replaces_any_number_of_approvals() {
    let policy = "permit(principal, action in Action::\"read\", resource);
        @approvals(\"2\") @from(\"admins\") permit(principal, action == Action::\"users.remove\", resource);
        permit(principal, action == Action::\"audit.read\", resource);";
    let (simulator, service) = alone(policy, &[("admins", &["local:ada"])]).await;
    says(&type_in(&service, "status").await, Outcome::Done, &["Lone operator", "local:ada types the name", "0 s"]);
    says(
        &type_in(&service, &format!("can-i {REMOVE}")).await,
        Outcome::Done,
        &["the name of the target, which you type"],
    );
    says(&type_in(&service, &format!("{REMOVE} --dry-run")).await, Outcome::Done, &["you type the name of the target"]);
    let reply = type_in(&service, REMOVE).await;
    let question = reply.alone.clone().unwrap();
    let waited = service.wait_alone(&ada(), question, NAME, std::future::pending()).await.unwrap();
    let done = service.run_alone(&ada(), waited, None).await;
    says(&done, Outcome::Done, &["Approved alone by", "local:ada"]);
    assert_eq!(support::writes(&simulator).len(), 1);
    let kinds = support::kinds(&service, &reply.operation);
    assert!(kinds.contains(&"approved-alone".to_owned()) && !kinds.iter().any(|kind| kind.starts_with("decided")));
}

#[tokio::test(flavor = "multi_thread")]
async fn target_without_a_name_is_named_by_its_id_or_the_command() {
    let (_simulator, service) = alone(EVERYBODY, &[]).await;
    for (line, name) in [
        (REMOVE, NAME),
        ("compliance-chats list --created 7d --reason audit", "compliance-chats list"),
        (
            "compliance-chats messages claude_chat_01Ty5UpAsDf8GhJkZxCvBn2M --reason audit",
            "claude_chat_01Ty5UpAsDf8GhJkZxCvBn2M",
        ),
    ] {
        let reply = type_in(&service, line).await;
        assert_eq!(reply.alone.clone().map(|question| question.name).as_deref(), Some(name), "{}", text(&reply));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn confidential_read_and_a_secret_go_to_the_lone_operator() {
    let (_simulator, service) = alone(EVERYBODY, &[]).await;
    let reply = type_in(&service, "compliance-chats list --created 7d --reason audit").await;
    let question = reply.alone.unwrap();
    let name = question.name.clone();
    let waited = service.wait_alone(&ada(), question, &name, std::future::pending()).await.unwrap();
    let done = service.run_alone(&ada(), waited, Some(Format::Json)).await;
    assert_eq!(done.outcome, Outcome::Done, "{}", text(&done));
    assert!(done.data.unwrap()["data"].is_array());
}

#[tokio::test(flavor = "multi_thread")]
async fn request_that_was_decided_in_the_delay_does_not_run() {
    let (simulator, service) = alone(EVERYBODY, &[]).await;
    let reply = type_in(&service, REMOVE).await;
    let question = reply.alone.unwrap();
    let waited = service.wait_alone(&ada(), question, NAME, std::future::pending()).await.unwrap();
    type_in(&service, &format!("cancel {}", reply.operation)).await;
    let done = service.run_alone(&ada(), waited, None).await;
    assert_eq!(done.outcome, Outcome::Conflict, "{}", text(&done));
    assert_eq!(support::writes(&simulator), [] as [String; 0]);
}
