//! The resources of the HTTP server that clients can use.

use super::server::{SECOND_TOKEN, Server, TOKEN};
use crate::support;
use claude_admin::sandbox::Limits;
use claude_admin_simulator::{Effect, Fault, StatusEffect};
use http::StatusCode;
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

async fn begin(server: &Server, bytes: &str) -> TcpStream {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(bytes.as_bytes()).await.unwrap();
    stream
}

/// The bytes that are received until the connection is closed.
async fn rest(mut stream: TcpStream) -> String {
    let mut read = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut read)).await;
    let _ = end.expect("the connection is closed");
    String::from_utf8_lossy(&read).into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn incomplete_requests_leave_connections_for_other_clients() {
    let server =
        Server::with_limits(Limits { connections: 8, request: Duration::from_secs(600), ..support::limits() }).await;
    let mut stalled = Vec::new();
    for number in 0..100 {
        let body = "POST /v1/commands HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{";
        stalled.push(
            begin(&server, if number % 2 == 0 { "POST /v1/commands HTTP/1.1\r\nhost: x\r\n" } else { body }).await,
        );
    }
    let answer = tokio::time::timeout(Duration::from_secs(30), server.get("/healthz")).await;
    assert_eq!(answer.expect("the listener answers somebody else meanwhile").body, "ok");
    // The oldest waiting connections were closed for newer ones.
    assert_eq!(rest(stalled.swap_remove(0)).await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn request_that_does_not_arrive_in_time_is_refused() {
    let server = Server::with_limits(Limits { request: Duration::from_secs(2), ..support::limits() }).await;
    let head = rest(begin(&server, "POST /v1/commands HTTP/1.1\r\nhost: x\r\n").await).await;
    assert!(head.is_empty() || head.contains("408"), "{head}");
    assert_eq!(rest(begin(&server, "").await).await, "", "an idle connection");
    let kept = rest(begin(&server, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await).await;
    assert!(kept.ends_with("ok"), "one that is idle after its first request: {kept}");
    let body = rest(begin(&server, "POST /v1/commands HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n{").await).await;
    assert!(body.contains("408") && body.contains("limits.request_ms") && body.contains("Nothing was sent"), "{body}");
}

#[tokio::test(flavor = "multi_thread")]
async fn request_above_the_connection_limit_gets_503() {
    let server = Server::with_limits(Limits { connections: 1, ..support::limits() }).await;
    server.simulator.inject(Fault { delay_ms: 60_000, ..Fault::default() });
    let busy = server.http(Some(TOKEN), r#"{"command": "users list"}"#);
    let other = async {
        while server.simulator.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let other = server.get("/v1/openapi.json").await;
        (other, server.get("/healthz").await, server.get("/readyz").await)
    };
    let (other, health, ready) = tokio::select! {
        busy = busy => panic!("{busy:?}"),
        other = other => other,
    };
    assert_eq!((other.status, &other.headers["retry-after"]), (StatusCode::SERVICE_UNAVAILABLE, &"1".parse().unwrap()));
    assert!(other.body.contains("limits.connections"), "{other:?}");
    assert_eq!((health.status, ready.status), (StatusCode::OK, StatusCode::OK), "probes are answered");
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_commands_of_one_client_leave_slots_for_others() {
    let long = Duration::from_secs(300);
    let limits = Limits { connections: 8, queue: long, wall_clock: long, ..support::limits() };
    let server = Server::with_limits(limits).await;
    let delay_ms = 300_000;
    server.simulator.inject(Fault {
        path: Some("/v1/organizations/users".to_owned()),
        times: 100,
        delay_ms,
        ..Fault::default()
    });
    let body = r#"{"command": "users list"}"#;
    let request = format!(
        "POST /v1/commands HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    for hanging in 1..=2 {
        // A client that disconnects ends the connection, but not the command.
        let connection = begin(&server, &request).await;
        while server.simulator.requests().len() < hanging {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        drop(connection);
    }
    for _ in 0..20 {
        let refused = server.http(Some(TOKEN), body).await;
        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS, "{refused:?}");
        assert_eq!(refused.headers["retry-after"], "1");
        assert!(refused.body.contains("Nothing was sent"), "{refused:?}");
    }
    assert_eq!(server.http(Some(SECOND_TOKEN), r#"{"command": "organization me"}"#).await.status, StatusCode::OK);
    assert_eq!(server.get("/healthz").await.status, StatusCode::OK);
    // A read is recorded when it ends, and these two are still running.
    let recorded = support::recorded(&server.service).matches("\"users list\"").count();
    assert_eq!(recorded, 0, "a denied command is not recorded");
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_not_spoken() {
    let server = Server::start().await;
    let answer = rest(begin(&server, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_follows_the_last_response_of_the_api() {
    let server = Server::start().await;
    assert_eq!(server.get("/readyz").await.status, StatusCode::OK);
    for (code, words) in [(401, "did not accept the credential"), (503, "status 503")] {
        let status: StatusEffect = serde_json::from_value(json!({ "code": code, "should_retry": false })).unwrap();
        server.simulator.inject(Fault::new(Effect::Status(status)));
        server.http(Some(TOKEN), r#"{"command": "users list"}"#).await;
        let ready = server.get("/readyz").await;
        assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE, "{code}");
        assert!(ready.body.contains(words), "{}", ready.body);
        server.http(Some(TOKEN), r#"{"command": "users list"}"#).await;
        assert_eq!(server.get("/readyz").await.status, StatusCode::OK);
    }
}
