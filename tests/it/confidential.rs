//! Content that people wrote: only the requester gets it, after the approval of a second person, and the log names its
//! owners.

use crate::support::{self, ask, bob, carry_out, kinds, open_host, says, text, type_as, type_in};
use claude_admin::command::Markup;
use claude_admin::identity::Place;
use claude_admin::service::{Input, Outcome, Request};
use claude_admin_catalog::Action;
use serde_json::{Map, Value};
use std::sync::Arc;

fn typed(line: &str) -> Input {
    Input::Text { line: line.to_owned(), markup: Markup::None }
}

/// Texts of a response that are long enough to be searched for.
fn contents<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) if text.len() > 12 && text.contains(' ') => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| contents(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| contents(field, found)),
        _ => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn confidential_result_reaches_the_requester_only() {
    let (simulator, service) = open_host().await;
    let confidential: Vec<Arc<Action>> =
        service.catalog().actions.iter().filter(|action| action.is_confidential()).cloned().collect();
    assert!(confidential.len() > 15, "{}", confidential.len());
    for action in &confidential {
        let line = format!("{} --reason audit", action.examples[0]);
        simulator.clear_requests();
        let planned = type_in(&service, &line).await;
        says(&planned, Outcome::Waiting, &["approval"]);
        let approved = type_as(&service, &bob(), &format!("approve {}", planned.operation)).await;
        assert_eq!(approved.outcome, Outcome::Waiting, "{line}: {}", text(&approved));
        assert!(simulator.requests().is_empty(), "{line} was sent before the requester confirmed");
        let result = type_in(&service, &format!("confirm {}", planned.operation)).await;
        assert_eq!(result.outcome, Outcome::Done, "{line}: {}", text(&result));

        // The log names the owner of the content and contains none of it. No other user is shown any of it.
        let kinds = kinds(&service, &planned.operation);
        assert_eq!(kinds[kinds.len() - 2..], ["content-read", "outcome: done"], "{line}: {kinds:?}");
        let status = type_as(&service, &bob(), &format!("status {}", planned.operation)).await;
        let log = service.ledger().log().read(0, 100_000).unwrap();
        let data = result.to_json();
        let mut texts = Vec::new();
        contents(&data, &mut texts);
        for secret in texts {
            assert!(!text(&status).contains(secret), "{line}: {secret}");
            assert!(log.iter().all(|record| !record.text.contains(secret)), "{line}: {secret} is in the log");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn confidential_result_is_not_shared_or_given_to_a_model() {
    let (simulator, service) = open_host().await;
    for action in service.catalog().actions.iter().filter(|action| action.is_confidential()) {
        let line = format!("{} --reason audit", action.examples[0]);
        let shared = type_in(&service, &format!("{line} --share")).await;
        says(&shared, Outcome::Usage, &["requester only", "Nothing was sent", "--share"]);
        let request = Request {
            principal: support::ada(),
            place: Place::mcp(),
            input: typed(&line),
            delivery: None,
            format: None,
        };
        says(&service.handle(request).await, Outcome::Denied, &["never passed to a model", "Nothing was sent"]);
    }
    assert!(simulator.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn content_read_names_the_owner_or_the_object() {
    let (_simulator, service) = open_host().await;
    for (line, expected) in [
        ("compliance-chats messages claude_chat_01cVWCanFZbTGjZE4qfDi85v", "@example.com"),
        ("compliance-files get claude_file_", "claude_file_"),
    ] {
        let action = line.split(' ').take(2).collect::<Vec<_>>().join(".");
        let example = service.catalog().action(&action).unwrap().examples[0].clone();
        let reply = carry_out(&service, typed(&format!("{example} --reason audit"))).await;
        assert_eq!(reply.outcome, Outcome::Done, "{}", text(&reply));
        let log = service.ledger().log().read(0, 100_000).unwrap();
        let entries: Vec<&str> =
            log.iter().map(|record| &*record.text).filter(|text| text.contains("content-read")).collect();
        assert!(entries.last().is_some_and(|entry| entry.contains(expected)), "{line}: {entries:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_list_reads_every_page_that_was_approved() {
    let (_simulator, service) = open_host().await;
    let arguments = Map::from_iter([("limit".to_owned(), Value::from(1))]);
    let options = claude_admin::command::Options {
        all: true,
        reason: Some(claude_admin::command::Reason::new("audit").unwrap()),
        ..Default::default()
    };
    let input = Input::Operation { id: "compliance-chats.list".to_owned(), arguments, options };
    let planned = ask(&service, &support::ada(), input).await;
    says(&planned, Outcome::Waiting, &["compliance-chats list --limit 1 --all"]);
    type_as(&service, &bob(), &format!("approve {}", planned.operation)).await;
    let result = type_in(&service, &format!("confirm {}", planned.operation)).await;
    let chats = result.to_json()["data"].as_array().map(Vec::len).unwrap_or_default();
    assert!(chats > 1, "{}", text(&result));
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_result_has_the_columns_that_were_approved() {
    let (_simulator, service) = open_host().await;
    let planned = type_in(&service, "compliance-chats list --columns id --reason audit").await;
    says(&planned, Outcome::Waiting, &["compliance-chats list --columns id"]);
    type_as(&service, &bob(), &format!("approve {}", planned.operation)).await;
    let result = type_in(&service, &format!("confirm {}", planned.operation)).await;
    says(&result, Outcome::Done, &[]);
    let table = result.document.blocks.iter().find_map(|block| match block {
        claude_admin::document::Block::Table(table) => Some(table),
        _ => None,
    });
    let columns: Vec<&str> = table.unwrap().columns.iter().map(|column| column.field.as_str()).collect();
    assert_eq!(columns, ["id"]);
}
