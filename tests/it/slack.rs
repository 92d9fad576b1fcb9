//! Slack slash commands over real HTTP.

use super::server::{SECRET, Server, form, now};
use axum::Router;
use axum::extract::State;
use axum::routing::post;
use claude_admin::frontend::slack::sign;
use claude_admin_simulator::Fault;
use http::StatusCode;
use serde_json::Value;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

#[tokio::test(flavor = "multi_thread")]
async fn signed_command_gets_an_ephemeral_reply_with_blocks() {
    let server = Server::start().await;
    let answer = server.slack("U1", "users list --limit 3").await;
    assert_eq!(answer.status, StatusCode::OK);
    let message = answer.json();
    assert_eq!(message["response_type"], "ephemeral");
    let table =
        message["blocks"].as_array().unwrap().iter().find(|block| block["type"] == "data_table").unwrap().clone();
    assert_eq!(table["rows"].as_array().map(Vec::len), Some(4));
    assert!(message["text"].as_str().unwrap().contains("3 users"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_answer_is_seen_by_the_channel() {
    let server = Server::start().await;
    assert_eq!(server.slack("U1", "organization me --share").await.json()["response_type"], "in_channel");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_cannot_write_and_a_writer_must_confirm() {
    let server = Server::start().await;
    let invite = "invites create grace@example.com developer";
    assert!(server.slack("READER", &format!("{invite} --yes")).await.body.contains("You cannot run"));
    assert!(server.slack("WRITER", invite).await.body.contains("No changes yet."));
    assert_eq!(server.simulator.requests(), []);
    assert!(server.slack("WRITER", &format!("{invite} --yes")).await.body.contains("Done."));
    assert_eq!(server.simulator.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_of_another_workspace_is_a_stranger() {
    let server = Server::start().await;
    let body = form("WRITER", "users list", &[]).replace("team_id=T1", "team_id=T2");
    assert!(server.post_signed(&body, now()).await.body.contains("You cannot run"));
    assert_eq!(server.simulator.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn request_without_a_valid_signature_is_unauthorized() {
    let server = Server::start().await;
    let body = form("WRITER", "users list", &[]);
    let (time, good) = (now().to_string(), sign(SECRET.as_bytes(), now(), body.as_bytes()));
    let other = sign(b"other", now(), body.as_bytes());
    let cases: [&[(&str, &str)]; 6] = [
        &[],
        &[("x-slack-signature", &good)],
        &[("x-slack-request-timestamp", &time)],
        &[("x-slack-request-timestamp", &time), ("x-slack-signature", &other)],
        &[("x-slack-request-timestamp", &time), ("x-slack-signature", "v0=")],
        &[("x-slack-request-timestamp", &time), ("x-slack-signature", &other), ("x-slack-signature", &good)],
    ];
    for headers in cases {
        assert_eq!(server.post_slack(&body, headers).await.status, StatusCode::UNAUTHORIZED, "{headers:?}");
    }
    let tampered = body.replace("users", "keys+");
    let answer =
        server.post_slack(&tampered, &[("x-slack-request-timestamp", &time), ("x-slack-signature", &good)]).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(server.simulator.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_future_and_repeated_requests_are_refused() {
    let server = Server::start().await;
    for time in [now() - 302, now() + 305] {
        assert_eq!(server.post_signed(&form("U1", "users list", &[]), time).await.status, StatusCode::UNAUTHORIZED);
    }
    let (body, time) = (form("U1", "organization me", &[]), now());
    assert_eq!(server.post_signed(&body, time).await.status, StatusCode::OK);
    assert_eq!(server.post_signed(&body, time).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(server.simulator.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_is_delivered_twice_runs_once() {
    let server = Server::start().await;
    let body = form("WRITER", "invites create twice@example.com user --yes", &[("trigger_id", "1.2.3")]);
    // The two deliveries have different signatures, with a second between them.
    let time = now();
    assert!(server.post_signed(&body, time).await.body.contains("Done."));
    let again = server.post_signed(&body, time - 1).await;
    assert_eq!((again.status, again.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(server.simulator.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_of_another_app_is_refused() {
    let server = Server::start().await;
    let body = form("WRITER", "users list", &[]).replace("api_app_id=A1", "api_app_id=A2");
    assert_eq!(server.post_signed(&body, now()).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_check_gets_an_empty_answer() {
    let server = Server::start().await;
    let unsigned = server.post_slack("ssl_check=1&token=x", &[]).await;
    assert_eq!((unsigned.status, unsigned.body.as_str()), (StatusCode::OK, ""));
    let signed = server.post_signed("ssl_check=1&token=x", now()).await;
    assert_eq!((signed.status, signed.body.as_str()), (StatusCode::OK, ""));
    let forged =
        server.post_slack("ssl_check=1", &[("x-slack-request-timestamp", "1"), ("x-slack-signature", "v0=00")]).await;
    assert_eq!(forged.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn ambiguous_forms_are_refused() {
    let server = Server::start().await;
    for body in
        ["text=a&text=b&team_id=T1&user_id=U1", "team_id=T1&text=x", "user_id=U1", "team_id=T1&user_id=U1&text=%FF"]
    {
        assert_eq!(server.post_signed(body, now()).await.status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_is_refused() {
    let server = Server::start().await;
    let body = form("U1", &"x".repeat(2 << 20), &[]);
    assert_eq!(server.post_signed(&body, now()).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_and_help_are_answers_not_failures() {
    let server = Server::start().await;
    for (text, words) in [
        ("", "organization, users, invites"),
        ("uesrs list", "Did you mean"),
        ("keys get sk-ant-admin01-simulator-1", "looks like a secret"),
        ("users get <@U1|ada>", "no token for the chat platform"),
        ("whoami", "slack:T1/U1"),
        ("status", "claude:admin@0.1.0"),
    ] {
        let answer = server.slack("U1", text).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert!(answer.body.contains(words), "{text}: {}", answer.body);
    }
    assert_eq!(server.simulator.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_names_are_never_interpreted_by_slack() {
    let server = Server::start().await;
    let answer = server.slack("U1", "users list --limit 25 --columns name,email").await.json();
    // The made-up members have names such as `<!channel>`, `@here` and `*bold*`.
    assert!(answer["blocks"].to_string().contains("<!channel>"), "{answer}");
    assert_interpreted_text_is_harmless(&answer);
}

/// Only `text` objects of type `mrkdwn` and the text of the message itself are read for markup.
fn assert_interpreted_text_is_harmless(message: &Value) {
    let text = message["text"].as_str().unwrap();
    assert!(!text.contains('<') && !text.contains('>'), "{text}");
    assert!(!message["blocks"].to_string().contains("mrkdwn"), "no block is read for markup");
}

/// Receives late messages, as Slack does.
async fn receiver() -> (String, mpsc::UnboundedReceiver<Value>) {
    receiver_that_knows(true).await
}

/// Receives later messages in a workspace that accepts blocks or rejects them.
async fn receiver_that_knows(blocks: bool) -> (String, mpsc::UnboundedReceiver<Value>) {
    let (sender, received) = mpsc::unbounded_channel();
    let app = Router::new()
        .route(
            "/later",
            post(move |State(sender): State<mpsc::UnboundedSender<Value>>, body: String| async move {
                let message: Value = serde_json::from_str(&body).unwrap();
                let known = blocks || message["blocks"].is_null();
                sender.send(message).unwrap();
                if known { (StatusCode::OK, "ok") } else { (StatusCode::BAD_REQUEST, "invalid_blocks") }
            }),
        )
        .with_state(sender);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, app).await });
    (host, received)
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_command_is_acknowledged_and_its_result_is_sent_later() {
    let (host, mut later) = receiver().await;
    let server = Server::with_response_hosts(vec![host.clone()]).await;
    server.simulator.inject(Fault { delay_ms: 3_500, ..Fault::default() });
    let body = form("U1", "organization me", &[("response_url", &format!("http://{host}/later"))]);
    let started = Instant::now();
    let answer = server.post_signed(&body, now()).await;
    assert!(started.elapsed() < Duration::from_secs(3), "Slack waits no longer");
    assert!(answer.body.contains("Working on it"), "{}", answer.body);
    let message = tokio::time::timeout(Duration::from_secs(10), later.recv()).await.unwrap().unwrap();
    assert!(message["blocks"].to_string().contains("Show the organization"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspace_that_refuses_blocks_gets_the_text_alone() {
    let (host, mut later) = receiver_that_knows(false).await;
    let server = Server::with_response_hosts(vec![host.clone()]).await;
    server.simulator.inject(Fault { delay_ms: 2_600, ..Fault::default() });
    let body = form("U1", "users list --limit 25", &[("response_url", &format!("http://{host}/later"))]);
    assert!(server.post_signed(&body, now()).await.body.contains("Working on it"));
    let next = async |later: &mut mpsc::UnboundedReceiver<Value>| {
        tokio::time::timeout(Duration::from_secs(10), later.recv()).await.unwrap().unwrap()
    };
    assert!(next(&mut later).await["blocks"].is_array());
    let second = next(&mut later).await;
    assert!(second["blocks"].is_null() && second["text"].as_str().unwrap().contains("25 users"), "{second}");
    assert_interpreted_text_is_harmless(&second);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_stops_finishes_what_it_began() {
    let (host, mut later) = receiver().await;
    let mut server = Server::with_response_hosts(vec![host.clone()]).await;
    server.simulator.inject(Fault { delay_ms: 3_500, ..Fault::default() });
    let body = form(
        "WRITER",
        "invites create last@example.com user --yes",
        &[("response_url", &format!("http://{host}/later"))],
    );
    assert!(server.post_signed(&body, now()).await.body.contains("Working on it"));
    server.ask_to_stop();
    let message = tokio::time::timeout(Duration::from_secs(10), later.recv()).await.unwrap().unwrap();
    assert!(message["blocks"].to_string().contains("last@example.com"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_answer_goes_to_no_other_host() {
    let (host, mut later) = receiver().await;
    let server = Server::start().await;
    server.simulator.inject(Fault { delay_ms: 2_600, ..Fault::default() });
    let body = form("U1", "organization me", &[("response_url", &format!("http://{host}/later"))]);
    assert!(server.post_signed(&body, now()).await.body.contains("Working on it"));
    let _simulator = server.stop().await;
    assert!(later.try_recv().is_err());
}
