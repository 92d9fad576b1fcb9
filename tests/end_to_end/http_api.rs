//! The HTTP API over real HTTP.

use super::server::{SECOND_TOKEN, Server, TOKEN};
use super::support;
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::Arc;

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
async fn bodies_that_are_no_command_are_explained() {
    let server = Server::start().await;
    for body in [
        "",
        "users list",
        "[]",
        r#"{"comand": "x"}"#,
        r#"{}"#,
        r#"{"command": "a", "op": "b"}"#,
        r#"{"command": "users list", "args": {"limit": 1}}"#,
        r#"{"command": "users list", "output": "xml"}"#,
    ] {
        let answer = server.http(Some(TOKEN), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(answer.json()["error"]["message"].as_str().unwrap().len() > 20, "{body}: {}", answer.body);
    }
    assert_eq!(server.simulator.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn arguments_in_json_are_checked_as_typed_ones_are() {
    let server = Server::start().await;
    for body in [
        r#"{"op": "workspaces.create", "args": {"name": "a\nb"}, "yes": true}"#,
        r#"{"op": "users.get", "args": {"user_id": "a\u0000b"}}"#,
        r#"{"op": "users.get", "args": {"user_id": "user_\u202ex"}}"#,
        r#"{"op": "users.get", "args": {"user_id": "wrkspc_01ABC"}}"#,
        r#"{"op": "users.get", "args": {"user_id": "a", "user-id": "b"}}"#,
        r#"{"op": "users.get", "args": {"user_id": "a", "user_id": "b"}}"#,
        r#"{"op": "users.list", "args": {"roles": ["wizard"]}}"#,
        r#"{"op": "users.list", "args": {"roles": ["ADMIN"]}}"#,
        r#"{"op": "invites.create", "args": {"email": "nope", "role": "user"}, "yes": true}"#,
        r#"{"op": "workspaces.create", "args": {"name": "x", "display_color": "red"}, "yes": true}"#,
        r#"{"op": "workspaces.create", "args": {"name": "x", "default_inference_geo": "mars"}, "yes": true}"#,
        r#"{"op": "workspaces.create", "args": {"name": "x", "allowed_inference_geos": ["mars"]}, "yes": true}"#,
        r#"{"op": "workspaces.create", "args": {"name": "x", "tags": {"a\n": "b"}}, "yes": true}"#,
        r#"{"op": "workspaces.update", "args": {"workspace_id": "wrkspc_1", "data_residency": {"default_inference_geo": "mars"}}, "yes": true}"#,
        r#"{"op": "workspaces.update", "args": {"workspace_id": "wrkspc_1"}, "yes": true}"#,
        r#"{"command": "workspaces create x --yes", "yes": false}"#,
    ] {
        let answer = server.http(Some(TOKEN), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}: {}", answer.body);
    }
    assert_eq!(server.simulator.requests(), []);
    let empty = server.http(Some(TOKEN), r#"{"op": "users.list", "args": {"roles": [], "limit": 1}}"#).await;
    assert_eq!(empty.json()["command"], "users list --limit 1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_anywhere_in_a_body_is_refused_and_not_echoed() {
    let server = Server::start().await;
    for body in [
        r#"{"op": "sk-ant-admin01-simulator-zzz"}"#,
        r#"{"op": "users.list", "args": {"sk-ant-admin01-simulator-zzz": 1}}"#,
        r#"{"op": "users.list", "args": {"email": "sk-ant-admin01-simulator-zzz"}}"#,
        r#"{"sk-ant-admin01-simulator-zzz": 1}"#,
        r#"{"command": "keys get sk-ant-admin01-simulator-zzz"}"#,
    ] {
        let answer = server.http(Some(TOKEN), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(
            answer.body.contains("looks like a secret") && !answer.body.contains("simulator-zzz"),
            "{}",
            answer.body
        );
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
async fn a_reason_in_json_is_read_as_a_typed_one_is() {
    let server = Server::start().await;
    let call = |reason: &str| {
        format!(
            r#"{{"op": "api-keys.update", "args": {{"api_key_id": "apikey_01Rj2N8SVvo6BePZj99NhmiT", "name": "x"}}, "yes": true, "reason": {reason}}}"#
        )
    };
    let long = format!("\"{}\"", "x".repeat(600));
    for reason in ["\"\"", "\"  \"", r#""\u0073k-ant-admin01-simulator-0""#, r#""a\nb""#, &long] {
        let answer = server.http(Some(TOKEN), &call(reason)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{reason}: {}", answer.body);
    }
    assert_eq!(server.simulator.requests(), []);
    assert_eq!(server.http(Some(TOKEN), &call("\"tidying\"")).await.status, StatusCode::OK);
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
}

const INVITE: &str = r#"{"op": "invites.create", "args": {"email": "once@example.com", "role": "user"}, "yes": true}"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_write_with_a_key_is_done_once_however_often_it_is_sent() {
    let server = Server::start().await;
    let key = [("idempotency-key", "deploy-17")];
    let first = server.http_to("/v1/commands", INVITE, &key).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    assert!(!first.headers.contains_key("idempotent-replayed"));
    for _ in 0..3 {
        let again = server.http_to("/v1/commands", INVITE, &key).await;
        assert_eq!(again.status, StatusCode::OK, "{}", again.body);
        assert_eq!(again.headers["idempotent-replayed"], "true");
        assert!(again.body.contains(first.json()["operation_id"].as_str().unwrap()), "{}", again.body);
        assert!(again.body.contains("done"), "{}", again.body);
    }
    assert_eq!(support::writes(&server.simulator).len(), 1);
    // Without a key, or with another one, it is another write: the API says what it thinks of it.
    let other = server.http_to("/v1/commands", INVITE, &[("idempotency-key", "deploy-18")]).await;
    assert_ne!(other.json()["operation_id"], first.json()["operation_id"]);
    assert_eq!(support::writes(&server.simulator).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_requests_with_one_idempotency_key_run_once() {
    let server = Arc::new(Server::start().await);
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let server = Arc::clone(&server);
            tokio::spawn(async move { server.http_to("/v1/commands", INVITE, &[("idempotency-key", "k")]).await })
        })
        .collect();
    for task in tasks {
        let answer = task.await.unwrap();
        // Whoever comes while the first one is being read is told so.
        assert!(answer.status.is_success() || answer.status == StatusCode::CONFLICT, "{}", answer.body);
    }
    assert_eq!(support::writes(&server.simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_request_returns_the_current_state_of_the_first() {
    let server = Server::start().await;
    let key = [("idempotency-key", "waits")];
    let body = r#"{"op": "users.remove", "args": {"user_id": "user_01fTPAarejCcux4jybAuxoiu"}, "reason": "a leaver"}"#;
    let first = server.http_to("/v1/commands", body, &key).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.body);
    let id = first.json()["operation_id"].as_str().unwrap().to_owned();
    let again = server.http_to("/v1/commands", body, &key).await;
    assert_eq!((again.status, &again.json()["outcome"]), (StatusCode::ACCEPTED, &json!("waiting")), "{}", again.body);
    let line = format!("deny {id} --reason no");
    let denied = server.http(Some(SECOND_TOKEN), &json!({ "command": line, "version": 1 }).to_string()).await;
    assert_eq!(denied.status, StatusCode::OK, "{}", denied.body);
    let again = server.http_to("/v1/commands", body, &key).await;
    assert_eq!((again.status, &again.json()["outcome"]), (StatusCode::FORBIDDEN, &json!("denied")), "{}", again.body);
    assert_eq!(again.json()["result"]["state"], "rejected", "{}", again.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_failed_is_no_success_when_it_is_sent_again() {
    let server = Server::start().await;
    assert_eq!(server.http(Some(TOKEN), INVITE).await.status, StatusCode::OK);
    for _ in 0..2 {
        let answer = server.http_to("/v1/commands", INVITE, &[("idempotency-key", "twice")]).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
        assert_eq!(answer.json()["outcome"], "conflict", "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_decision_returns_the_result_of_the_first() {
    let server = Server::start().await;
    let wish = r#"{"command": "invites create later@example.com user"}"#;
    let id = server.http(Some(TOKEN), wish).await.json()["operation_id"].as_str().unwrap().to_owned();
    let confirm = json!({ "command": format!("`/claude-admin confirm {id}`"), "version": 1 }).to_string();
    for replayed in [false, true] {
        let answer = server.http_to("/v1/commands", &confirm, &[("idempotency-key", "decides")]).await;
        assert_eq!((answer.status, &answer.json()["outcome"]), (StatusCode::OK, &json!("done")), "{}", answer.body);
        assert_eq!(answer.headers.contains_key("idempotent-replayed"), replayed, "{}", answer.body);
    }
    assert_eq!(support::writes(&server.simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_cancel_or_failed_confirm_has_the_same_status() {
    let server = Server::start().await;
    let wish = r#"{"command": "invites create back@example.com user"}"#;
    let id = server.http(Some(TOKEN), wish).await.json()["operation_id"].as_str().unwrap().to_owned();
    for (command, status) in
        [(format!("cancel {id}"), StatusCode::OK), ("confirm zzzzzzzz.1".to_owned(), StatusCode::NOT_FOUND)]
    {
        let body = json!({ "command": command }).to_string();
        for _ in 0..2 {
            let answer = server.http_to("/v1/commands", &body, &[("idempotency-key", &command)]).await;
            assert_eq!(answer.status, status, "{command}: {}", answer.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_with_a_key_is_made_again() {
    let server = Server::start().await;
    let body = r#"{"command": "invites create a@example.com user", "dry_run": true}"#;
    for _ in 0..2 {
        let answer = server.http_to("/v1/commands", body, &[("idempotency-key", "dry")]).await;
        assert_eq!(answer.json()["result"]["dry_run"], true, "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn yes_flag_in_the_command_conflicts_with_yes_false() {
    let server = Server::start().await;
    for flag in ["--yes", "-y"] {
        let body = json!({ "command": format!("invites create a@example.com user {flag}"), "yes": false });
        assert_eq!(server.http(Some(TOKEN), &body.to_string()).await.status, StatusCode::BAD_REQUEST, "{flag}");
    }
    let body = json!({ "command": r#"invites create a@example.com user --reason "not --yes""#, "yes": false });
    assert_eq!(server.http(Some(TOKEN), &body.to_string()).await.status, StatusCode::ACCEPTED);
    assert_eq!(support::writes(&server.simulator).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_is_no_command_whatever_its_items_are() {
    let server = Server::start().await;
    let list = r#"[null, "users.list", {"limit": 1}, null, false, null, null, false, "json"]"#;
    let answer = server.http(Some(TOKEN), list).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    assert!(answer.body.contains("not an object"), "{}", answer.body);
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
async fn a_key_of_a_request_that_came_to_nothing_says_so() {
    let server = Server::start().await;
    let key = [("idempotency-key", "k")];
    let body = r#"{"op": "invites.create", "args": {"email": "a@example.com"}}"#;
    assert_eq!(server.http_to("/v1/commands", body, &key).await.status, StatusCode::BAD_REQUEST);
    let again = server.http_to("/v1/commands", body, &key).await;
    assert_eq!((again.status, &again.json()["outcome"]), (StatusCode::BAD_REQUEST, &json!("usage")), "{}", again.body);
    assert_eq!(again.headers["idempotent-replayed"], "true");
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_removal_of_a_missing_object_succeeds() {
    let server = Server::start().await;
    let body = r#"{"op": "invites.delete", "args": {"invite_id": "invite_none"}, "yes": true}"#;
    for _ in 0..2 {
        let answer = server.http_to("/v1/commands", body, &[("idempotency-key", "gone")]).await;
        assert_eq!((answer.status, &answer.json()["outcome"]), (StatusCode::OK, &json!("done")), "{}", answer.body);
    }
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
async fn a_key_belongs_to_one_request_of_one_client() {
    let server = Server::start().await;
    let key = [("idempotency-key", "deploy-17")];
    assert_eq!(server.http_to("/v1/commands", INVITE, &key).await.status, StatusCode::OK);
    let changed = INVITE.replace("once@", "twice@");
    let other = server.http_to("/v1/commands", &changed, &key).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", other.body);
    assert!(other.body.contains("Idempotency-Key"), "{}", other.body);
    assert_eq!(support::writes(&server.simulator).len(), 1);
    for wrong in ["", &"x".repeat(256)] {
        let answer = server.http_to("/v1/commands", INVITE, &[("idempotency-key", wrong)]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_with_a_key_is_read_again() {
    let server = Server::start().await;
    for body in [r#"{"command": "users list --limit 2"}"#, r#"{"op": "users.list", "args": {"limit": 2}}"#] {
        for _ in 0..2 {
            let answer = server.http_to("/v1/commands", body, &[("idempotency-key", "reads")]).await;
            assert_eq!(answer.json()["result"]["data"].as_array().map(Vec::len), Some(2), "{}", answer.body);
        }
    }
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
