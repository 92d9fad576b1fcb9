//! The HTTP API over real HTTP.

mod bodies;
mod idempotency;
mod waiting;

use super::server::{SECOND_TOKEN, Server, TOKEN};
use crate::support;
use http::StatusCode;
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_command_and_an_operation_give_the_same_answer() {
    let server = Server::start().await;
    let typed = server.http(Some(TOKEN), r#"{"command": "users list --limit 2"}"#).await;
    let named = server.http(Some(TOKEN), r#"{"op": "users.list", "args": {"limit": 2}}"#).await;
    assert_eq!((typed.status, named.status), (StatusCode::OK, StatusCode::OK));
    assert_eq!(typed.json()["result"], named.json()["result"]);
    assert_eq!(typed.json()["command"], "users list --limit 2");
    assert_eq!(typed.json()["result"]["data"].as_array().map(Vec::len), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn request_without_a_valid_token_is_unauthorized() {
    let server = Server::start().await;
    for token in [None, Some(""), Some("wrong"), Some("test-http-toke"), Some("test-http-token2")] {
        assert_eq!(server.http(token, r#"{"command": "whoami"}"#).await.status, StatusCode::UNAUTHORIZED, "{token:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_status_tells_how_it_ended() {
    let server = Server::start().await;
    for (body, status, outcome) in [
        (json!({"command": "whoami"}), StatusCode::OK, "done"),
        (json!({"command": "uesrs list"}), StatusCode::BAD_REQUEST, "usage"),
        (json!({"op": "users.lst"}), StatusCode::BAD_REQUEST, "usage"),
        (json!({"op": "users.list", "args": {"limit": "many"}}), StatusCode::BAD_REQUEST, "usage"),
        (json!({"op": "users.list", "args": {"lmit": 1}}), StatusCode::BAD_REQUEST, "usage"),
        (json!({"op": "users.get"}), StatusCode::BAD_REQUEST, "usage"),
        (json!({"command": "users get user_none"}), StatusCode::NOT_FOUND, "not_found"),
        (json!({"command": "invites create a@example.com user"}), StatusCode::ACCEPTED, "waiting"),
        (json!({"command": "invites create a@example.com user", "yes": true}), StatusCode::OK, "done"),
        (
            json!({"op": "invites.create", "args": {"email": "b@example.com", "role": "user"}, "yes": true}),
            StatusCode::OK,
            "done",
        ),
        (
            json!({"op": "api-keys.update", "args": {"api_key_id": "apikey_none", "name": null}, "yes": true, "reason": "x"}),
            StatusCode::NOT_FOUND,
            "not_found",
        ),
    ] {
        let answer = server.http(Some(TOKEN), &body.to_string()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
        assert_eq!(answer.json()["outcome"], outcome, "{body}: {}", answer.body);
        if status != StatusCode::OK {
            assert!(answer.json()["error"]["message"].is_string(), "{}", answer.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_of_the_api_keeps_its_parts_for_programs() {
    let server = Server::start().await;
    let answer = server.http(Some(TOKEN), r#"{"command": "users get user_none"}"#).await.json();
    let cause = &answer["error"]["cause"]["api"];
    assert_eq!((cause["status"].as_u64(), cause["kind"].as_str()), (Some(404), Some("not_found_error")));
    assert!(cause["request_id"].as_str().unwrap().starts_with("req_"));
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_read_before_a_failure_are_returned_with_the_error() {
    let server = Server::start().await;
    server.simulator.inject(serde_json::from_value(json!({"times": 1, "delay_ms": 0})).unwrap());
    server.simulator.inject(serde_json::from_value(json!({"effect": {"status": {"code": 403}}})).unwrap());
    let answer = server.http(Some(TOKEN), r#"{"command": "users list --limit 10", "all": true}"#).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    let answer = answer.json();
    assert_eq!((&answer["outcome"], &answer["error"]["outcome"]), (&json!("partial"), &json!("partial")));
    assert_eq!(answer["result"]["data"].as_array().map(Vec::len), Some(10));
    assert_eq!(answer["result"]["has_more"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_comes_in_the_format_that_is_wanted() {
    let server = Server::start().await;
    for (output, begins) in
        [("csv", "id,email"), ("markdown", "## List members"), ("text", "List members"), ("json", "{")]
    {
        let body = json!({"command": "users list --limit 1", "output": output}).to_string();
        let answer = server.http(Some(TOKEN), &body).await;
        assert!(answer.body.starts_with(begins), "{output}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn health_routes_succeed_and_unknown_routes_fail() {
    let server = Server::start().await;
    assert_eq!(server.get("/healthz").await.status, StatusCode::OK);
    assert_eq!(server.get("/readyz").await.body, "ready");
    assert_eq!(server.get("/nothing").await.status, StatusCode::NOT_FOUND);
    assert_eq!(server.get("/v1/commands").await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_the_id_under_which_it_was_logged() {
    let server = Server::start().await;
    let id = |value: Value| value["operation_id"].as_str().unwrap().to_owned();
    let first = id(server.http(Some(TOKEN), r#"{"command": "whoami"}"#).await.json());
    let second = id(server.http(Some(TOKEN), r#"{"command": "whoami"}"#).await.json());
    assert!(first.len() == 26 && first != second, "{first} {second}");
}

#[tokio::test(flavor = "multi_thread")]
async fn write_of_a_disconnected_client_completes_and_is_recorded() {
    let server = Server::start().await;
    server
        .simulator
        .inject(claude_admin_simulator::Fault { delay_ms: 2000, ..claude_admin_simulator::Fault::default() });
    let body = json!({"command": "invites create a@example.com user", "yes": true}).to_string();
    tokio::select! {
        answer = server.http(Some(TOKEN), &body) => panic!("answered before the caller hangs up: {}", answer.status),
        () = support::until("the write", async || support::writes(&server.simulator).len() == 1) => {}
    }
    server.service.finish().await;
    let filter = claude_admin::audit::Filter { kind: Some("outcome".to_owned()), ..Default::default() };
    let found = claude_admin::audit::search(server.service.ledger().log(), &filter, 10).unwrap().found;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].entry.event.to_string(), "outcome: done");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_requests_without_a_token_is_counted_not_listed() {
    let server = Server::start().await;
    for _ in 0..200 {
        assert_eq!(server.http(None, "{}").await.status, StatusCode::UNAUTHORIZED);
    }
    let records = || server.service.ledger().log().last().unwrap().map_or(0, |last| last.seq);
    assert!(records() < 10, "{} records", records());
    server.service.finish().await;
    let filter = claude_admin::audit::Filter { kind: Some("denied".to_owned()), ..Default::default() };
    let found = claude_admin::audit::search(server.service.ledger().log(), &filter, 10).unwrap().found;
    assert_eq!(found[0].entry.event.to_string(), "denied (72 times)");
    let counted = found.iter().map(|recorded| match &recorded.entry.event {
        claude_admin::audit::Event::Denied { count, .. } => *count,
        other => panic!("{other}"),
    });
    assert_eq!(counted.sum::<u64>(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decision_names_the_version_of_the_plan_that_it_is_about() {
    let server = Server::start().await;
    let remove = json!({"command": "users remove user_01fTPAarejCcux4jybAuxoiu --reason leaver"}).to_string();
    let waiting = server.http(Some(TOKEN), &remove).await.json();
    let (id, version) = (&waiting["operation_id"], &waiting["error"]["cause"]["waiting"]["version"]);
    assert_eq!(version, 1);
    let approve = format!("approve {}", id.as_str().unwrap());
    for (body, status) in [
        (json!({"command": approve, "version": 2}), StatusCode::CONFLICT),
        (json!({"command": approve, "version": 0}), StatusCode::BAD_REQUEST),
        (json!({"command": approve, "version": "1"}), StatusCode::BAD_REQUEST),
        (json!({"command": format!("{approve}.1"), "version": 1}), StatusCode::BAD_REQUEST),
        (json!({"command": "users list", "version": 1}), StatusCode::BAD_REQUEST),
        (json!({"op": "users.list", "version": 1}), StatusCode::BAD_REQUEST),
        (json!({"command": approve, "version": version}), StatusCode::OK),
    ] {
        let answer = server.http(Some(SECOND_TOKEN), &body.to_string()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
    }
    // The log has the version that each decision was about.
    let log = support::log_of(&server.service);
    assert!(log.contains(&format!("{approve} --version 2")), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fields_of_a_request_apply_to_a_question_about_a_command_and_not_to_its_help() {
    let server = Server::start().await;
    for (body, status) in [
        (json!({"command": "can-i users update user_01fTPAarejCcux4jybAuxoiu billing", "yes": true}), StatusCode::OK),
        (json!({"command": "users list --help", "all": true}), StatusCode::OK),
        (json!({"command": "whoami", "yes": true}), StatusCode::BAD_REQUEST),
    ] {
        let answer = server.http(Some(TOKEN), &body.to_string()).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheme_of_a_token_may_be_written_in_any_case() {
    let server = Server::start().await;
    let token = format!("bearer {TOKEN}");
    let answer = server.http_with("/v1/commands", r#"{"command": "whoami"}"#, &[("authorization", &token)]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_is_field_names_and_rows_alone() {
    let server = Server::start().await;
    let body = r#"{"command": "groups create night --yes", "output": "csv"}"#;
    let answer = server.http(Some(TOKEN), body).await;
    assert!(answer.body.starts_with("id,"), "{}", answer.body);
    assert_eq!(answer.body.lines().count(), 2, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn removal_of_a_missing_object_has_a_message_and_no_error() {
    let server = Server::start().await;
    let body = r#"{"op": "invites.delete", "args": {"invite_id": "invite_none"}, "yes": true}"#;
    let answer = server.http(Some(TOKEN), body).await;
    assert_eq!((answer.status, &answer.json()["outcome"]), (StatusCode::OK, &json!("done")), "{}", answer.body);
    let text = answer.json()["message"].as_str().unwrap_or_default().to_owned();
    assert!(text.contains("Not found"), "{}", answer.body);
    assert_eq!(answer.json()["result"]["cause"]["api"]["status"], 404, "{}", answer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_action_has_a_path_of_its_own() {
    let server = Server::start().await;
    let answer = server.http_to("/v1/actions/users.list", r#"{"args": {"limit": 2}}"#, &[]).await;
    assert_eq!(answer.json()["result"]["data"].as_array().map(Vec::len), Some(2), "{}", answer.body);
    let whole = server.http_to("/v1/actions/organization.me", "", &[]).await;
    assert_eq!(whole.status, StatusCode::OK, "{}", whole.body);
    for (path, body) in [("users.lst", "{}"), ("users.list", r#"{"op": "users.list"}"#), ("users.list", "[]")] {
        let answer = server.http_to(&format!("/v1/actions/{path}"), body, &[]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {body}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn openapi_document_is_served_without_a_token() {
    let server = Server::start().await;
    let answer = server.get("/v1/openapi.json").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json()["openapi"], "3.1.0");
    assert_eq!(answer.json()["paths"]["/v1/actions/users.list"]["post"]["operationId"], "users.list");
}

#[tokio::test(flavor = "multi_thread")]
async fn error_is_json_whatever_rows_were_asked_for() {
    let server = Server::start().await;
    for (command, status, outcome) in [
        ("users get user_nope", StatusCode::NOT_FOUND, "not_found"),
        ("users lst", StatusCode::BAD_REQUEST, "usage"),
        ("confirm zzzz", StatusCode::NOT_FOUND, "not_found"),
        ("users remove user_01WCz1FkmYMm4gnmykNKUu3Q", StatusCode::BAD_REQUEST, "usage"),
    ] {
        let body = json!({ "command": command, "output": "csv" }).to_string();
        let answer = server.http(Some(TOKEN), &body).await;
        assert_eq!((answer.status, &answer.json()["error"]["outcome"]), (status, &json!(outcome)), "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn advice_to_a_program_names_fields() {
    let server = Server::start().await;
    let remove = "invites.create";
    let args = json!({ "email": "advice@example.com", "role": "user" });
    let waits = server.http(Some(TOKEN), &json!({ "op": remove, "args": args }).to_string()).await;
    let message = waits.json()["error"]["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("\"yes\": true") && !message.contains("--"), "{}", waits.body);
    for output in ["text", "markdown"] {
        let body = json!({ "op": remove, "args": args, "dry_run": true, "output": output }).to_string();
        let plan = server.http(Some(TOKEN), &body).await;
        assert!(plan.body.contains("dry") && !plan.body.contains("--dry-run"), "{}", plan.body);
        let body = json!({ "op": "users.list", "args": { "limit": 2 }, "output": output }).to_string();
        let list = server.http(Some(TOKEN), &body).await;
        assert!(!list.body.contains("--all") && !list.body.contains("-o json"), "{}", list.body);
    }
    let refused = server
        .http(
            Some(TOKEN),
            &json!({ "op": "users.remove", "args": { "user_id": "user_01WCz1FkmYMm4gnmykNKUu3Q" } }).to_string(),
        )
        .await;
    assert!(!refused.body.contains("--reason"), "{}", refused.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_several_commands_of_one_request() {
    let server = Server::start().await;
    let rows = json!([{"user_id": support::ADDRESS}, {"user_id": "mj.watson@example.com"}]);
    let body = json!({"op": "users.update", "args": {"role": "claude_code_user"}, "rows": rows, "yes": true});
    let answer = server.http(Some(TOKEN), &body.to_string()).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let steps = answer.json()["result"]["steps"].clone();
    let results: Vec<&str> = steps.as_array().unwrap().iter().map(|step| step["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["done", "done"]);
    let again = server.http(Some(TOKEN), &body.to_string()).await.json();
    assert_eq!((&again["outcome"], &again["changed"]), (&json!("done"), &json!("no")), "{again}");
    for (body, problem) in [
        (json!({"op": "users.update", "args": {"role": "user"}, "rows": []}), "empty"),
        (json!({"op": "users.get", "rows": [{"user_id": "user_1"}]}), "changes nothing"),
        (json!({"op": "users.update", "rows": [{"user_id": "user_1", "role": "usr"}]}), "Row 1: role"),
        (json!({"op": "users.update", "rows": [{"user_id": "user_1", "rle": "user"}]}), "Row 1"),
        (json!({"command": "whoami", "rows": [{}]}), "Give either"),
        (json!({"op": "invites.create", "rows": "x"}), "not a command"),
    ] {
        let answer = server.http(Some(TOKEN), &body.to_string()).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}: {}", answer.body);
        assert!(answer.body.contains(problem), "{body}: {}", answer.body);
    }
}
