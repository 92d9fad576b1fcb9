//! The simulation on its ports: broken responses, the control port, starting and stopping.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects by failing; the exception in clippy.toml does not reach helpers"
)]

use claude_admin_simulator::{
    Effect, Fault, HugeEffect, PatchEffect, RedirectEffect, RunningSimulator, Simulator, SimulatorConfig, StatusEffect,
};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const USERS: &str = "/v1/organizations/users";
/// The timeout of each of these exchanges.
const PATIENCE: Duration = Duration::from_secs(10);

/// The bytes that were received before the connection ended.
struct Wire {
    head: String,
    body: Vec<u8>,
}

impl Wire {
    fn status(&self) -> Option<u16> {
        self.head.split(' ').nth(1)?.parse().ok()
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.head))
    }
}

/// Sends a request and reads the response, up to this number of bytes.
async fn exchange_up_to(limit: u64, url: &str, method: &str, path: &str, headers: &str, body: &str) -> Wire {
    let address = url.strip_prefix("http://").unwrap();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\ncontent-length: {}\r\n{headers}\r\n{body}",
        body.len()
    );
    let exchange = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A closed connection can end with an error. Only the bytes that were received before matter.
        drop(stream.take(limit).read_to_end(&mut answer).await);
        answer
    };
    let answer = tokio::time::timeout(PATIENCE, exchange).await.expect("an answer in time");
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(answer.len(), |end| end + 4);
    Wire { head: String::from_utf8_lossy(&answer[..end]).into_owned(), body: answer[end..].to_vec() }
}

async fn exchange(url: &str, method: &str, path: &str, headers: &str, body: &str) -> Wire {
    exchange_up_to(u64::MAX, url, method, path, headers, body).await
}

async fn start() -> RunningSimulator {
    Simulator::start(SimulatorConfig::default()).await.unwrap()
}

fn headers(simulator: &RunningSimulator) -> String {
    format!("x-api-key: {}\r\nanthropic-version: 2023-06-01\r\n", simulator.admin_key())
}

async fn get(simulator: &RunningSimulator, path: &str) -> Wire {
    exchange(&simulator.base_url(), "GET", path, &headers(simulator), "").await
}

async fn control(simulator: &RunningSimulator, method: &str, path: &str, body: &str) -> Wire {
    exchange(&simulator.control_url(), method, path, "", body).await
}

#[tokio::test]
async fn the_api_answers_on_its_port() {
    let simulator = start().await;
    let wire = get(&simulator, &format!("{USERS}?limit=3")).await;
    assert_eq!(wire.status(), Some(200));
    assert_eq!(wire.json()["data"].as_array().unwrap().len(), 3);
    let bearer = format!("authorization: Bearer {}\r\nanthropic-version: 2026-10-21\r\n", simulator.oauth_token());
    assert_eq!(exchange(&simulator.base_url(), "GET", USERS, &bearer, "").await.status(), Some(200));
}

#[tokio::test]
async fn a_status_is_answered_instead_of_the_operation() {
    let simulator = start().await;
    simulator.inject(Fault {
        method: Some("GET".to_owned()),
        ..Fault::new(Effect::Status(StatusEffect {
            message: Some("Overloaded".to_owned()),
            retry_after: Some(3),
            ..StatusEffect::new(529)
        }))
    });
    let wire = get(&simulator, USERS).await;
    assert_eq!(wire.status(), Some(529));
    assert_eq!(wire.json()["error"], json!({ "type": "overloaded_error", "message": "Overloaded" }));
    assert!(wire.head.contains("retry-after: 3\r\n"), "{}", wire.head);
    assert_eq!(get(&simulator, USERS).await.status(), Some(200), "it strikes once");
}

#[tokio::test]
async fn a_write_whose_reply_is_lost_has_happened() {
    let simulator = start().await;
    let invite = |email: &str| json!({ "email": email, "role": "user" }).to_string();
    let path = "/v1/organizations/invites";
    for (perform, count) in [(None, 1), (Some(false), 0)] {
        let email = format!("a{count}@example.com");
        simulator.inject(Fault { perform, ..Fault::new(Effect::Close) });
        let wire = exchange(&simulator.base_url(), "POST", path, &headers(&simulator), &invite(&email)).await;
        assert_eq!((wire.head.as_str(), wire.body.len()), ("", 0), "no byte of an answer");
        let found = get(&simulator, &format!("{path}?email={email}")).await.json();
        assert_eq!(found["data"].as_array().unwrap().len(), count);
    }
}

#[tokio::test]
async fn a_truncated_answer_ends_before_the_length_that_it_announced() {
    let simulator = start().await;
    let whole = get(&simulator, USERS).await;
    simulator.inject(Fault::new(Effect::Truncate));
    let cut = get(&simulator, USERS).await;
    assert_eq!(cut.status(), Some(200));
    assert!(cut.head.contains(&format!("content-length: {}\r\n", whole.body.len())), "{}", cut.head);
    assert_eq!(cut.body, whole.body[..whole.body.len() / 2]);
}

#[tokio::test]
async fn garbage_is_no_json() {
    let simulator = start().await;
    simulator.inject(Fault::new(Effect::Garbage));
    let wire = get(&simulator, USERS).await;
    assert_eq!(wire.status(), Some(200));
    assert!(wire.head.contains("content-type: text/html\r\n"), "{}", wire.head);
    assert!(serde_json::from_slice::<Value>(&wire.body).is_err());
}

#[tokio::test]
async fn a_huge_answer_has_the_length_that_was_asked_for() {
    let simulator = start().await;
    simulator.inject(Fault::new(Effect::Huge(HugeEffect { bytes: 300_000 })));
    let wire = get(&simulator, USERS).await;
    assert_eq!(wire.body.len(), 300_000);
    assert_eq!(wire.json(), json!({}), "nothing but its length is wrong with it");
}

#[tokio::test]
async fn an_endless_answer_goes_on_until_the_client_leaves() {
    let simulator = start().await;
    simulator.inject(Fault::new(Effect::Endless));
    let limit = 2_000_000;
    let wire = exchange_up_to(limit, &simulator.base_url(), "GET", USERS, &headers(&simulator), "").await;
    assert_eq!(wire.status(), Some(200));
    assert_eq!(wire.head.len() + wire.body.len(), 2_000_000, "there was more than anybody wanted");
    assert!(!wire.head.contains("content-length"), "{}", wire.head);
    assert_eq!(get(&simulator, USERS).await.status(), Some(200), "others are served");
}

#[tokio::test]
async fn a_reply_is_patched_in_place() {
    let simulator = start().await;
    simulator.inject(Fault::new(Effect::Patch(PatchEffect {
        set: json!({ "/data/0/role": "galactic_emperor" }).as_object().cloned().unwrap(),
        remove: vec!["/data/0/email".to_owned()],
    })));
    let wire = get(&simulator, USERS).await.json();
    assert_eq!(wire["data"][0]["role"], "galactic_emperor");
    assert_eq!(wire["data"][0].get("email"), None);
    assert!(wire["data"][1]["email"].is_string());
}

#[tokio::test]
async fn a_patch_that_fits_nowhere_says_so() {
    let simulator = start().await;
    let remove = vec!["/nowhere".to_owned()];
    simulator.inject(Fault::new(Effect::Patch(PatchEffect { remove, ..PatchEffect::default() })));
    let wire = get(&simulator, USERS).await;
    assert_eq!(wire.status(), Some(500));
    assert!(wire.json()["error"]["message"].as_str().unwrap().contains("/nowhere"));
}

#[tokio::test]
async fn injected_redirect_has_the_given_status_and_location() {
    let simulator = start().await;
    let location = "http://169.254.169.254/".to_owned();
    simulator.inject(Fault::new(Effect::Redirect(RedirectEffect { location, code: 302 })));
    let wire = get(&simulator, USERS).await;
    assert_eq!(wire.status(), Some(302));
    assert!(wire.head.contains("location: http://169.254.169.254/\r\n"), "{}", wire.head);
}

#[tokio::test]
async fn a_delay_passes_before_the_answer_and_others_do_not_wait() {
    let simulator = start().await;
    let delay = Duration::from_millis(400);
    simulator.inject(Fault { delay_ms: 400, path: Some(USERS.to_owned()), ..Fault::default() });
    let started = Instant::now();
    let slow = async {
        let status = get(&simulator, USERS).await.status();
        (status, started.elapsed())
    };
    let fast = async {
        let status = get(&simulator, "/v1/organizations/me").await.status();
        (status, started.elapsed())
    };
    let ((slow_status, slow_time), (fast_status, fast_time)) = tokio::join!(slow, fast);
    assert_eq!((slow_status, fast_status), (Some(200), Some(200)));
    assert!(slow_time >= delay && fast_time < slow_time, "{slow_time:?} {fast_time:?}");
}

#[tokio::test]
async fn the_control_port_shows_the_state_and_moves_the_clock() {
    let simulator = start().await;
    let state = control(&simulator, "GET", "/state", "").await.json();
    assert_eq!(state["clock"], "2026-11-21T17:20:00Z");
    assert_eq!(state["collections"][USERS], 25);
    let moved = control(&simulator, "POST", "/clock", r#"{"advance": "21d"}"#).await;
    assert_eq!(moved.json()["clock"], "2026-12-12T17:20:00Z");
    control(&simulator, "POST", "/clock", r#"{"set": "2027-01-01T00:00:00Z"}"#).await;
    assert_eq!(simulator.now().to_string(), "2027-01-01T00:00:00Z");
    for wrong in ["", "{}", r#"{"advance": "soon"}"#, r#"{"advance": "1d", "set": "2027-01-01T00:00:00Z"}"#] {
        let refused = control(&simulator, "POST", "/clock", wrong).await;
        assert_eq!(refused.status(), Some(400), "{wrong}");
        assert!(refused.json()["error"].is_string());
    }
}

#[tokio::test]
async fn the_control_port_injects_lists_and_clears_faults() {
    let simulator = start().await;
    let fault = r#"{"path": "/v1/organizations/users", "times": 3, "effect": {"status": {"code": 503}}}"#;
    assert_eq!(control(&simulator, "POST", "/faults", fault).await.json()["faults"], 1);
    assert_eq!(get(&simulator, USERS).await.status(), Some(503));
    let listed = control(&simulator, "GET", "/faults", "").await.json();
    assert_eq!(listed["faults"][0]["times"], 2);
    assert_eq!(control(&simulator, "DELETE", "/faults", "").await.json()["faults"], 0);
    assert_eq!(get(&simulator, USERS).await.status(), Some(200));
    assert_eq!(control(&simulator, "POST", "/faults", r#"{"effect": "explode"}"#).await.status(), Some(400));
}

#[tokio::test]
async fn the_control_port_shows_requests_without_their_secrets() {
    let simulator = start().await;
    simulator.inject(Fault { path: Some("/v1/organizations/me".to_owned()), ..Fault::new(Effect::Close) });
    get(&simulator, &format!("{USERS}?limit=1")).await;
    get(&simulator, "/v1/organizations/me").await;
    exchange(&simulator.base_url(), "POST", "/nowhere", "x-api-key: sk-ant-mistyped\r\n", r#"{"a": 1}"#).await;

    let wire = control(&simulator, "GET", "/requests", "").await;
    let text = String::from_utf8(wire.body.clone()).unwrap();
    assert!(!text.contains("sk-ant"), "{text}");
    let requests = wire.json()["requests"].clone();
    assert_eq!(requests[0]["action"], "users.list");
    assert_eq!(requests[0]["query"], "limit=1");
    assert_eq!(requests[0]["status"], 200);
    assert_eq!(requests[0]["credential"], json!({ "header": "x-api-key", "kind": "admin-key" }));
    assert_eq!(requests[0]["headers"]["anthropic-version"], "2023-06-01");
    assert_eq!((&requests[1]["fault"], &requests[1]["status"]), (&json!("close"), &Value::Null));
    assert_eq!(requests[2]["credential"], json!({ "header": "x-api-key", "kind": null }));
    assert_eq!((&requests[2]["body"]["a"], &requests[2]["status"]), (&json!(1), &json!(404)));
    assert_eq!(simulator.requests().len(), 3);

    control(&simulator, "DELETE", "/requests", "").await;
    assert!(simulator.requests().is_empty());
}

#[tokio::test]
async fn a_reset_brings_everything_back() {
    let simulator = start().await;
    let before = get(&simulator, USERS).await.body;
    control(&simulator, "POST", "/clock", r#"{"advance": "1d"}"#).await;
    simulator.inject(Fault::new(Effect::Garbage));
    let state = control(&simulator, "POST", "/reset", "").await.json();
    assert_eq!((&state["clock"], &state["faults"]), (&json!("2026-11-21T17:20:00Z"), &json!(0)));
    assert!(simulator.requests().is_empty());
    assert_eq!(get(&simulator, USERS).await.body, before);
}

#[tokio::test]
async fn the_control_port_and_the_api_port_do_not_mix() {
    let simulator = start().await;
    assert_eq!(get(&simulator, "/state").await.status(), Some(404));
    assert_eq!(control(&simulator, "GET", USERS, "").await.status(), Some(404));
    assert_eq!(control(&simulator, "GET", "/reset", "").await.status(), Some(405));
}

#[tokio::test]
async fn only_loopback_addresses_are_listened_on() {
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let address = address.parse().unwrap();
        let api = SimulatorConfig { api_address: address, ..SimulatorConfig::default() };
        let control = SimulatorConfig { control_address: address, ..SimulatorConfig::default() };
        for config in [api, control] {
            let error = Simulator::start(config).await.unwrap_err();
            assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput, "{error}");
            assert!(error.to_string().contains("loopback"), "{error}");
        }
    }
}

#[tokio::test]
async fn a_simulator_that_is_shut_down_listens_no_more() {
    let simulator = start().await;
    let url = simulator.base_url();
    simulator.shutdown().await;
    assert!(TcpStream::connect(url.strip_prefix("http://").unwrap()).await.is_err());
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_without_being_kept() {
    let simulator = start().await;
    let body = " ".repeat(3 * 1024 * 1024);
    let wire =
        exchange(&simulator.base_url(), "POST", "/v1/organizations/workspaces", &headers(&simulator), &body).await;
    assert_eq!(wire.status(), Some(413), "{}", wire.head);
}

#[tokio::test]
async fn every_code_of_an_operation_can_be_injected_there() {
    let reference: Value = serde_json::from_str(include_str!("../../catalog/tests/reference/admin-api.json")).unwrap();
    let simulator = start().await;
    let mut reached = 0;
    for (path, operations) in reference["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            for row in operation.get("x-error-codes").and_then(Value::as_array).into_iter().flatten() {
                let path = path.replace(['{', '}'], "");
                let fault = json!({ "method": method, "path": path, "effect": { "code": row["error_code"] } });
                assert_eq!(control(&simulator, "POST", "/faults", &fault.to_string()).await.status(), Some(200));
                let method = method.to_uppercase();
                let wire = exchange(&simulator.base_url(), &method, &path, &headers(&simulator), "").await;
                assert_eq!(wire.status().map(u64::from), row["status"].as_u64(), "{method} {path}");
                assert_eq!(wire.json()["error"]["details"]["error_code"], row["error_code"]);
                reached += 1;
            }
        }
    }
    assert!(reached > 150, "{reached}");
    let unknown = json!({ "effect": { "code": "no_such_code" } }).to_string();
    assert_eq!(control(&simulator, "POST", "/faults", &unknown).await.status(), Some(400));
}

#[tokio::test]
async fn faults_strike_files_too() {
    let simulator = start().await;
    let scoped = format!(
        "x-api-key: {}\r\nanthropic-version: 2023-06-01\r\nanthropic-beta: ce-plugins-2026-09-01\r\n",
        simulator.scoped_key()
    );
    let path = "/v1/organizations/plugins/plugin_01Zx7CvBnMq2WeRtYuPa4SdF/versions/\
        pluginver_01Hj5KlQwEr8TyUzXcVbNm3A/content";
    let whole = exchange(&simulator.base_url(), "GET", path, &scoped, "").await;
    assert!(whole.head.contains("content-type: application/zip\r\n"), "{}", whole.head);
    simulator.inject(Fault::new(Effect::Truncate));
    let half = exchange(&simulator.base_url(), "GET", path, &scoped, "").await;
    assert_eq!(half.body, whole.body[..whole.body.len() / 2]);
    simulator.inject(Fault::new(Effect::Garbage));
    let garbage = exchange(&simulator.base_url(), "GET", path, &scoped, "").await;
    assert!(garbage.head.contains("content-type: text/html\r\n") && garbage.body.starts_with(b"<!DOCTYPE"));
    let patch = PatchEffect { remove: vec!["/data".to_owned()], ..PatchEffect::default() };
    simulator.inject(Fault::new(Effect::Patch(patch)));
    assert_eq!(exchange(&simulator.base_url(), "GET", path, &scoped, "").await.status(), Some(500));
    let status = StatusEffect { should_retry: Some(true), ..StatusEffect::new(503) };
    simulator.inject(Fault::new(Effect::Status(status)));
    let unready = exchange(&simulator.base_url(), "GET", path, &scoped, "").await;
    assert!(unready.head.contains("x-should-retry: true\r\n"), "{}", unready.head);
}
