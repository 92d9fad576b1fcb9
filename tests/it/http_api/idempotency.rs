//! Requests with an `Idempotency-Key`: a repeated request has no second effect.

use super::super::server::{SECOND_TOKEN, Server, TOKEN};
use crate::support;
use http::StatusCode;
use serde_json::json;
use std::sync::Arc;

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
    // Without a key, or with another key, this is a different write, and the API decides about it.
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
        // A request that arrives while the first one is being read gets a conflict.
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
async fn invalid_read_or_dry_run_does_not_use_its_key() {
    let server = Server::start().await;
    let key = [("idempotency-key", "typo")];
    let read = r#"{"op": "users.list", "args": {"limit": "many"}}"#;
    let dry = r#"{"op": "invites.create", "args": {"email": "once@example.com"}, "dry_run": true}"#;
    for invalid in [read, read, dry, dry] {
        let answer = server.http_to("/v1/commands", invalid, &key).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
        assert!(!answer.headers.contains_key("idempotent-replayed"), "{}", answer.body);
    }
    let done = server.http_to("/v1/commands", INVITE, &key).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
}
