//! Tests that are derived: one for each action that the WIT declares, with no list of them anywhere.

use crate::support;
use claude_admin::command::{self, Command, Flag, Format, Invocation, Markup, Options, Reason};
use claude_admin::render::{self, Medium, SlackTables};
use claude_admin::service::{Input, Outcome, Service};
use claude_admin_catalog::Catalog;
use serde_json::Value;

fn run(catalog: &Catalog, line: &str) -> (Invocation, Options) {
    match command::parse(catalog, line, Markup::None, support::now()) {
        Ok(Command::Run(draft, options)) => (draft.invocation, options),
        other => panic!("`{line}`: {other:?}"),
    }
}

async fn catalog() -> (claude_admin_simulator::RunningSimulator, Service) {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    (simulator, service)
}

#[tokio::test]
async fn every_example_is_a_command_for_its_own_action() {
    let (_simulator, service) = catalog().await;
    let catalog = service.catalog();
    for action in &catalog.actions {
        for example in &action.examples {
            let (invocation, _) = run(catalog, example);
            assert_eq!(invocation.action.id, action.id, "{example}");
        }
    }
}

#[tokio::test]
async fn the_canonical_form_of_every_example_means_the_same() {
    let (_simulator, service) = catalog().await;
    let catalog = service.catalog();
    for action in &catalog.actions {
        for example in &action.examples {
            let (invocation, _) = run(catalog, example);
            let canonical = invocation.canonical(&catalog.types);
            // A secret is not in it.
            let types = &catalog.types;
            let shown = |invocation: &Invocation| invocation.shown(types);
            assert_eq!(shown(&run(catalog, &canonical).0), shown(&invocation), "{example} became {canonical}");
            assert_eq!(run(catalog, &canonical).0.canonical(&catalog.types), canonical);
        }
    }
}

#[tokio::test]
async fn no_input_is_called_like_a_flag_that_every_command_takes() {
    let (_simulator, service) = catalog().await;
    for action in &service.catalog().actions {
        for input in &action.inputs {
            assert!(Flag::find(&input.name).is_none(), "{}: --{}", action.id, input.name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_of_a_list_can_be_read_to_its_end() {
    let (_simulator, service) = catalog().await;
    let catalog = service.catalog();
    for action in catalog.actions.iter().filter(|action| action.paging.is_some()) {
        for example in &action.examples {
            let (invocation, options) = run(catalog, example);
            let arguments = invocation.arguments.clone().into_iter().collect();
            let reason = Some(Reason::new("a test").unwrap());
            let options = Options { all: true, reason, ..options };
            let input = Input::Operation { id: invocation.action.id.clone(), arguments, options };
            let reply = support::carry_out(&service, input).await;
            assert_eq!(reply.outcome, Outcome::Done, "{example} --all: {}", support::text(&reply));
        }
    }
}

async fn operation(service: &Service, invocation: &Invocation) -> claude_admin::service::Reply {
    // Only JSON can carry a secret.
    let is_secret = invocation.action.sensitive;
    let format = is_secret.then_some(Format::Json);
    let reason = Some(Reason::new("a test").unwrap());
    let options = Options { yes: true, ids: true, reason, format, ..Options::default() };
    let arguments = invocation.arguments.clone().into_iter().collect();
    support::carry_out(service, Input::Operation { id: invocation.action.id.clone(), arguments, options }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_action_sends_its_declared_request_and_is_rendered() {
    let (simulator, service) = catalog().await;
    let catalog = service.catalog();
    let (mut done, mut pointless) = (0, Vec::new());
    for action in &catalog.actions {
        for example in &action.examples {
            simulator.reset();
            let invocation = run(catalog, example).0;
            let reply = operation(&service, &invocation).await;
            let requests = simulator.requests();
            let (own, others): (Vec<_>, Vec<_>) =
                requests.iter().partition(|request| request.action.as_deref() == Some(action.id.as_str()));
            // A report is compared with the period before.
            let most = if claude_admin::document::is_report(catalog, action) { 2 } else { 1 };
            let is_pointless =
                ["Nothing to change.", "This cannot succeed."].map(|said| support::text(&reply).contains(said));
            if own.is_empty() && is_pointless.contains(&true) {
                pointless.push(example.as_str());
                continue;
            }
            assert!((1..=most).contains(&own.len()), "{example}: {}", support::text(&reply));
            assert_eq!(own[0].method, action.http.method.as_str());
            assert!(action.http.path.captures(&own[0].path).is_some(), "{}", own[0].path);
            // A write reads its target first, and the confirmation of a requester shows names. A read sends no other
            // request.
            let may_read = action.writes() || action.is_confidential();
            assert!(others.iter().all(|request| may_read && request.method == "GET"), "{example}: {others:?}");
            // The made-up data contains admins and archived objects that rules protect. All other actions must work.
            let protected = matches!(reply.outcome, Outcome::Refused | Outcome::NotFound | Outcome::Conflict);
            assert!(
                reply.outcome == Outcome::Done || (action.writes() && protected),
                "{example}: {}",
                support::text(&reply)
            );
            done += usize::from(reply.outcome == Outcome::Done);
            for format in [Format::Text, Format::Json, Format::Csv, Format::Markdown] {
                // Rows contain no error.
                let is_empty = format == Format::Csv && !reply.outcome.is_answer();
                assert!(is_empty || render::reply(&reply, format).trim().len() > 1, "{example} as {format:?}");
            }
            for columns in [40, 80, 200] {
                let text = render::reply_on(&reply, Format::Text, Medium::Terminal { columns, has_color: false });
                let too_long = text.lines().find(|line| line.chars().count() > usize::from(columns));
                assert_eq!(too_long, None, "{example} on {columns} columns");
            }
            let message = render::slack(&reply.document, SlackTables::DataTable, false, None);
            assert!(!message["blocks"].as_array().unwrap().is_empty(), "{example}");
        }
    }
    assert!(done > catalog.actions.len() / 2, "only {done} examples were done");
    assert!(pointless.len() < 8, "examples that are not worth sending: {pointless:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn json_output_is_what_the_api_said() {
    let (_simulator, service) = catalog().await;
    let reply = support::type_in(&service, "users list --limit 2").await;
    let page = reply.to_json();
    assert_eq!(page["has_more"], Value::Bool(true));
    assert_eq!(page["data"].as_array().map(Vec::len), Some(2));
    assert_eq!(page["data"][0]["type"], "user");
    assert_eq!(page["last_id"], page["data"][1]["id"]);
    let keys = support::type_in(&service, "keys list --limit 1000").await.to_json();
    let scopes: Vec<&str> =
        keys["data"].as_array().unwrap().iter().map(|key| key["scope"]["type"].as_str().unwrap()).collect();
    assert!(scopes.contains(&"workspace") && scopes.contains(&"organization"), "{scopes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_pages_use_the_largest_page_size_by_default() {
    let (simulator, service) = catalog().await;
    assert_eq!(support::type_in(&service, "users list --all").await.outcome, Outcome::Done);
    assert_eq!(simulator.requests()[0].query.as_deref(), Some("limit=1000"));
    assert_eq!(simulator.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_of_a_missing_object_succeeds() {
    let (_simulator, service) = catalog().await;
    let reply = support::type_in(&service, "users remove user_none --reason leaver").await;
    assert_eq!(reply.outcome, Outcome::Done, "{}", support::text(&reply));
    assert!(support::text(&reply).contains("already deleted or never existed"), "{}", support::text(&reply));
    assert_eq!(support::type_in(&service, "users get user_none").await.outcome, Outcome::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn second_invite_of_the_same_address_is_a_conflict() {
    let (_simulator, service) = catalog().await;
    let invite = "invites create twice@example.com user --yes";
    assert_eq!(support::type_in(&service, invite).await.outcome, Outcome::Done);
    let again = support::type_in(&service, invite).await;
    assert_eq!(again.outcome, Outcome::Conflict);
    assert!(support::text(&again).contains("invite_already_exists"));
}

#[tokio::test(flavor = "multi_thread")]
async fn given_columns_are_shown_in_order_and_in_the_next_command() {
    let (_simulator, service) = catalog().await;
    let reply = support::type_in(&service, "users list --limit 2 --columns type,role").await;
    let text = support::text(&reply);
    assert!(text.contains("TYPE  ROLE"), "{text}");
    assert!(text.contains("Next: users list --limit 2 --columns type,role --after-id user_"), "{text}");
    assert!(!text.contains("Not shown"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_pages_are_read_without_missing_or_repeated_members() {
    let (simulator, service) = catalog().await;
    let reply = support::type_in(&service, "users list --limit 4 --all").await;
    let users = reply.to_json();
    let mut ids: Vec<String> = users["data"].as_array().unwrap().iter().map(|user| user["id"].to_string()).collect();
    assert_eq!(ids.len(), 25);
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 25);
    assert_eq!(simulator.requests().len(), 7);
    assert!(support::text(&reply).contains("25 users, from 7 pages"));
}
