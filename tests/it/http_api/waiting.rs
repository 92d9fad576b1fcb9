//! `GET /v1/operations/ID?wait=30s`: the status of an operation, when it ends.

use crate::it::server::{SECOND_TOKEN, Server, TOKEN};
use crate::support;
use claude_admin::identity::Principal;
use http::StatusCode;
use serde_json::json;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Requests the removal of a member. Returns the ID of the request.
async fn requested(server: &Server) -> String {
    let remove = json!({"command": "users remove xiuying.li@example.com --reason leaver"}).to_string();
    let waiting = server.http(Some(TOKEN), &remove).await;
    waiting.json()["error"]["cause"]["waiting"]["operation_id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn status_is_that_of_the_command() {
    let server = Server::start().await;
    let id = requested(&server).await;
    let typed = server.http(Some(TOKEN), &json!({"command": format!("status {id}")}).to_string()).await;
    let read = server.operation(TOKEN, &id).await;
    assert_eq!((read.status, &read.json()["result"]), (StatusCode::OK, &typed.json()["result"]));
    assert_eq!(read.json()["result"]["state"], "waiting");
    assert_eq!(server.operation("wrong", &id).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(server.operation(TOKEN, "nnnnnnnnnnnnnnnnnnnnnnnnnn?wait=1s").await.status, StatusCode::NOT_FOUND);
    for query in ["wait=", "wait=31s", "wait=-1s", "wait=1h", "wait=1s&wait=2s", "wiat=1s", ""] {
        let refused = server.operation(TOKEN, &format!("{id}?{query}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}: {}", refused.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wait_for_an_operation_that_a_client_cannot_see_ends_immediately() {
    let (_simulator, service) = support::host("permit(principal == User::\"local:ada\", action, resource);", &[]).await;
    let waiting = support::type_in(&service, "workspaces create w").await;
    let client = Principal::http("auditor").unwrap();
    for id in [waiting.operation.as_str(), &waiting.operation[..8], "nnnnnnnnnnnnnnnnnnnnnnnnnn"] {
        let began = Instant::now();
        service.wait_for(&client, id, Duration::from_secs(20), &AtomicBool::new(false)).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(10), "{id}");
    }
    // A host that stops does not wait.
    let remove = support::type_in(&service, support::REMOVE).await;
    service
        .wait_for(&support::ada(), &remove.operation, Duration::from_secs(20), &AtomicBool::new(true))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn response_comes_when_the_operation_ends_or_the_time_has_passed() {
    let server = Server::start().await;
    let id = requested(&server).await;
    let began = Instant::now();
    let waiting = server.operation(TOKEN, &format!("{id}?wait=1s")).await;
    assert_eq!(waiting.json()["result"]["state"], "waiting");
    assert!(began.elapsed() >= Duration::from_secs(1));
    let path = format!("{id}?wait=30s");
    let began = Instant::now();
    let (ended, denied) = tokio::join!(server.operation(TOKEN, &path), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let deny = json!({"command": format!("deny {id} --reason no")}).to_string();
        server.http(Some(SECOND_TOKEN), &deny).await
    });
    assert_eq!((denied.status, &ended.json()["result"]["state"]), (StatusCode::OK, &json!("rejected")));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    // It has ended: the response does not wait.
    assert_eq!(server.operation(TOKEN, &path).await.json()["result"]["state"], "rejected");
    // A request that only its requester decides does not end by waiting.
    let create = json!({"command": "workspaces create w"}).to_string();
    let own = server.http(Some(TOKEN), &create).await.json();
    let own = own["error"]["cause"]["waiting"]["operation_id"].as_str().unwrap();
    assert_eq!(server.operation(TOKEN, &format!("{own}?wait=30s")).await.json()["result"]["state"], "waiting");
    assert!(began.elapsed() < Duration::from_secs(25));
}
