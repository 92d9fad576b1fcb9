//! An action that cannot work because of the policy, the credentials or the platform is reported before the call, in
//! the same way everywhere.

use crate::support::{self, says, text, type_in};
use claude_admin::command::{self, Markup};
use claude_admin::egress::Credentials;
use claude_admin::help;
use claude_admin::identity::Place;
use claude_admin::service::{Input, Outcome, Request, Service};
use claude_admin_catalog::{Action, Availability};
use claude_admin_simulator::RunningSimulator;
use secrecy::SecretString;

/// Every set of credentials that a host can have, with its name.
fn credential_sets(simulator: &RunningSimulator) -> Vec<(&'static str, Credentials)> {
    let secret = |text: &str| Some(SecretString::from(text));
    let (admin, oauth, scoped) = (simulator.admin_key(), simulator.oauth_token(), simulator.scoped_key());
    vec![
        ("none", Credentials::default()),
        ("admin key", Credentials::new(secret(admin), None)),
        ("oauth", Credentials::new(None, secret(oauth))),
        ("scoped", Credentials::default().with_scoped_key(secret(scoped))),
        ("all", Credentials::new(secret(admin), secret(oauth)).with_scoped_key(secret(scoped))),
        ("aws", Credentials::on_aws(secret(admin))),
        ("aws without a key", Credentials::on_aws(None)),
    ]
}

fn is_open(service: &Service, action: &Action) -> bool {
    service.plugin().sandbox().egress().credentials().obstacle(action, &command::Arguments::new()).is_none()
}

#[tokio::test(flavor = "multi_thread")]
async fn help_can_i_tools_and_the_call_agree_on_what_can_work() {
    let simulator = support::simulator().await;
    for (name, credentials) in credential_sets(&simulator) {
        let service = support::service_at(&simulator.base_url(), credentials, support::limits());
        let (ada, place) = (support::ada(), Place::mcp());
        let offered = service.can_ever_work(&ada, &place).await;
        for action in &service.catalog().actions {
            let open = is_open(&service, action);
            let what = format!("{} with {name}", action.id);
            // Content that people wrote and secrets that are shown once are never passed to a model.
            assert_eq!(offered(action), open && !action.is_confidential() && !action.sensitive, "{what}");
            let example = &action.examples[0];
            let can_i = type_in(&service, &format!("can-i {example}")).await;
            assert_eq!(can_i.outcome == Outcome::Done, open, "{what}: {}", text(&can_i));
            let help = text(&type_in(&service, &format!("help {}", action.command())).await);
            assert_eq!(help.contains("Not available here"), !open, "{what}: {help}");
            let input = Input::Text { line: format!("can-i {example}"), markup: Markup::None };
            let (principal, place) = (ada.clone(), place.clone());
            let request = Request { principal, place, input, delivery: None, format: None };
            let asked = service.handle(request).await;
            assert_eq!(asked.outcome == Outcome::Done, offered(action), "{what} over MCP: {}", text(&asked));
            let nouns = text(&type_in(&service, &format!("help {}", action.interface)).await);
            let listed = nouns.contains(&format!("{} {}", action.interface, action.function));
            assert!(open == listed || nouns.contains(&format!("`{}`", action.function)), "{what}: {nouns}");
            if !open {
                simulator.clear_requests();
                let called = type_in(&service, &format!("{example} --reason test --yes -o json")).await;
                says(&called, Outcome::Failed, &["Nothing was sent", "host administrator"]);
                assert!(simulator.requests().is_empty(), "{what}");
            }
        }
    }
}

/// A value for an input that needs a certain credential.
fn value_of(input: &str) -> &'static str {
    match input {
        "human-review" => "enabled",
        "safeguards-storage" | "transcripts-storage" => "internal",
        other => panic!("write a value for {other}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn argument_uses_its_required_credential_or_fails_unsent() {
    let simulator = support::simulator().await;
    let principal_key = SecretString::from("sk-ant-api03-simulator-0000000000000000");
    let sets = credential_sets(&simulator).into_iter();
    let sets = sets.chain([("key with a principal", Credentials::new(Some(principal_key), None))]);
    let mut seen = 0;
    for (name, credentials) in sets {
        let fits = ["oauth", "all", "key with a principal", "aws"].contains(&name);
        let service = support::service_at(&simulator.base_url(), credentials, support::limits());
        for action in service.catalog().actions.iter().filter(|action| !action.conditional_auth.is_empty()) {
            for auth in &action.conditional_auth {
                let input = &auth.when.input;
                let line = format!("{} --{input} {}", action.examples[0], value_of(input));
                let can_i = type_in(&service, &format!("can-i {line}")).await;
                assert_eq!(can_i.outcome == Outcome::Done, fits, "{line} with {name}: {}", text(&can_i));
                simulator.clear_requests();
                let called = type_in(&service, &format!("{line} --reason test --yes")).await;
                if !fits {
                    says(&called, Outcome::Failed, &["Nothing was sent", "host administrator"]);
                    assert!(simulator.requests().is_empty(), "{line} with {name}");
                } else if ["oauth", "all"].contains(&name) {
                    says(&called, Outcome::Done, &[]);
                    let request = simulator.requests().pop().unwrap();
                    assert_eq!(request.credential.map(|sent| sent.header), Some("authorization"), "{line} with {name}");
                }
                seen += 1;
            }
        }
    }
    assert!(seen > 20, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_cannot_work_is_pending() {
    let simulator = support::simulator().await;
    let key = Credentials::new(Some(SecretString::from(simulator.admin_key())), None);
    let service = support::service_at(&simulator.base_url(), key, support::limits());
    let closed = service.catalog().actions.iter().filter(|action| action.writes() && !is_open(&service, action));
    let lines: Vec<String> = closed.map(|action| format!("{} --reason test -o json", action.examples[0])).collect();
    assert!(lines.len() > 20);
    for line in lines {
        says(&type_in(&service, &line).await, Outcome::Failed, &["Nothing was sent"]);
    }
    says(&type_in(&service, "pending").await, Outcome::Done, &[]);
    assert_eq!(type_in(&service, "pending").await.to_json().as_array().map(Vec::len), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_sends_one_key_and_only_what_exists_there() {
    let simulator = support::simulator().await;
    let key = Credentials::on_aws(Some(SecretString::from(simulator.admin_key())));
    let service = support::service_at(&simulator.base_url(), key, support::limits());
    for action in &service.catalog().actions {
        let exists = action.available.contains(&Availability::Aws);
        assert_eq!(is_open(&service, action), exists, "{}", action.id);
    }
    says(&type_in(&service, "workspaces list").await, Outcome::Done, &[]);
    let request = simulator.requests().pop().unwrap();
    assert_eq!(request.credential.map(|sent| sent.header), Some("x-api-key"));
    says(
        &type_in(&service, "groups list").await,
        Outcome::Failed,
        &["not available on Claude Platform on AWS", "exists on Claude Enterprise", "Nothing was sent"],
    );
    let status = text(&type_in(&service, "status").await);
    assert!(status.contains("Claude Platform on AWS") && status.contains("a key of the AWS console"), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_action_states_where_it_exists() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for action in &service.catalog().actions {
        assert!(!action.available.is_empty(), "{} has no `@available`", action.id);
        let help = text(&type_in(&service, &format!("help {}", action.command())).await);
        assert!(help.contains(&help::available(action)), "{help}");
    }
}
