//! Every action, through every frontend: as words of a shell, as a signed slash command, and over HTTP.

use super::server::{SECOND_TOKEN, Server, TOKEN};
use crate::support;
use claude_admin::command::Format;
use claude_admin::identity::Place;
use claude_admin::service::{Input, Request};
use claude_admin_catalog::{Action, Risk};
use http::StatusCode;
use serde_json::{Value, json};

/// The words of an example, as a shell splits them.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quote, mut begun) = (String::new(), None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '"' | '\'') => (quote, begun) = (Some(c), true),
            (None, ' ') if begun || !word.is_empty() => {
                words.push(std::mem::take(&mut word));
                begun = false;
            }
            (None, ' ') => {}
            (_, c) => word.push(c),
        }
    }
    if begun || !word.is_empty() {
        words.push(word);
    }
    words
}

/// Whether the request of an action arrived.
fn arrived(server: &Server, action: &Action) -> bool {
    let requests = server.simulator.requests();
    requests.iter().any(|request| request.action.as_deref() == Some(action.id.as_str()))
}

/// The ID of a pending request, from a text that shows how to approve it.
fn waiting(text: &str) -> Option<String> {
    let rest = text.split_once("approve ")?.1;
    let id: String = rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '.').collect();
    Some(id.trim_end_matches('.').to_owned())
}

/// Has other users approve a request, if it needs approvals. Returns the command with which the requester then runs a
/// request whose result is only for the requester.
async fn approved(server: &Server, text: &str) -> Option<String> {
    let id = waiting(text)?;
    let body = json!({ "command": format!("approve {id}") }).to_string();
    server.http(Some(SECOND_TOKEN), &body).await;
    // Some requests need two approvals: the third principal is from Slack.
    server.slack("UTHIRD", &format!("approve {id}")).await;
    Some(format!("confirm {id}"))
}

/// The first example that would change the target and can succeed.
async fn worth_sending<'a>(server: &Server, action: &'a Action) -> &'a str {
    for example in &action.examples {
        let principal = "http:ci".parse().unwrap();
        let input = Input::Words(words(&format!("{example} --dry-run")));
        let said = support::text(&support::ask(&server.service, &principal, input).await);
        if !said.contains("Nothing to change.") && !said.contains("This cannot succeed.") {
            return example;
        }
    }
    panic!("no example of {} is worth sending", action.id)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_action_runs_as_words_as_a_slash_command_and_over_http() {
    let server = Server::start().await;
    let catalog = server.service.catalog();
    let flags = |action: &Action| match action.risk {
        Risk::Read => " --no-compare",
        Risk::Confidential => " --no-compare --reason \"a test\"",
        _ => " --yes --reason \"a test\"",
    };
    for action in &catalog.actions {
        server.simulator.reset();
        let line = format!("{}{}", worth_sending(&server, action).await, flags(action));

        server.simulator.reset();
        let run = async |line: &str| {
            let request = Request {
                principal: "http:ci".parse().unwrap(),
                place: Place::terminal(),
                input: Input::Words(words(line)),
                delivery: None,
                format: action.sensitive.then_some(Format::Json),
            };
            server.service.handle(request).await
        };
        let reply = run(&line).await;
        if let Some(confirm) = approved(&server, &support::text(&reply)).await {
            run(&confirm).await;
        }
        assert!(arrived(&server, action), "run -- {line}: {}", support::text(&reply));

        server.simulator.reset();
        let answer = server.slack("WRITER", &line).await;
        assert_eq!(answer.status, StatusCode::OK, "{line}");
        if let Some(confirm) = approved(&server, &answer.body).await {
            server.slack("WRITER", &confirm).await;
        }
        // No message contains a secret.
        assert_eq!(arrived(&server, action), !action.sensitive, "/claude-admin {line}: {}", answer.body);

        server.simulator.reset();
        let answer = server.http(Some(TOKEN), &json!({ "command": line }).to_string()).await;
        let waits: Option<String> = (answer.status == StatusCode::ACCEPTED).then(|| {
            let waiting: Value = answer.json()["error"]["cause"]["waiting"].clone();
            format!("approve {}.{}", waiting["operation_id"].as_str().unwrap(), waiting["version"])
        });
        if let Some(confirm) = approved(&server, waits.as_deref().unwrap_or_default()).await {
            server.http(Some(TOKEN), &json!({ "command": confirm }).to_string()).await;
        }
        assert!(arrived(&server, action), "POST {line}: {}", answer.body);
    }
}
