//! The shutdown of the binary on a signal.

use super::command_line::{Running, claude_admin, config, start, stderr, stdout};
use crate::it::server::{form, now};
use crate::support;
use claude_admin::frontend::slack::sign;
use claude_admin_simulator::RunningSimulator;
use serde_json::{Value, json};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

pub(super) fn signal(child: &std::process::Child, name: &str) {
    assert!(Command::new("kill").args([name, &child.id().to_string()]).status().unwrap().success());
}

/// Interrupts a command during its last request, whose response the simulator delays.
async fn interrupted(simulator: &RunningSimulator, words: &[&str], requests: usize, by: &str) -> Output {
    for request in 1..=requests {
        let delay_ms = if request == requests { 20_000 } else { 0 };
        simulator.inject(serde_json::from_value(json!({ "delay_ms": delay_ms })).unwrap());
    }
    let state = tempfile::tempdir().unwrap();
    let mut command = claude_admin();
    command.env("ANTHROPIC_BASE_URL", simulator.base_url()).env("ANTHROPIC_ADMIN_KEY", simulator.admin_key());
    command.env("XDG_STATE_HOME", state.path()).args(["run", "-o", "json", "--"]).args(words);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while simulator.requests().len() < requests {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    signal(&child, by);
    child.wait_with_output().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn command_whose_terminal_is_closed_ends_as_it_would_have() {
    let simulator = support::simulator().await;
    simulator.inject(serde_json::from_value(json!({ "delay_ms": 1_500 })).unwrap());
    let state = tempfile::tempdir().unwrap();
    let mut command = claude_admin();
    command.env("ANTHROPIC_BASE_URL", simulator.base_url()).env("ANTHROPIC_ADMIN_KEY", simulator.admin_key());
    command.env("XDG_STATE_HOME", state.path()).args([
        "run",
        "--",
        "invites",
        "create",
        "a@example.com",
        "user",
        "--yes",
    ]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while simulator.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    signal(&child, "-HUP");
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}: {}", output.status, stderr(&output));
}

#[tokio::test(flavor = "multi_thread")]
async fn interrupted_write_reports_an_unknown_result_as_json() {
    let simulator = support::simulator().await;
    let words = ["invites", "create", "a@example.com", "user", "--yes"];
    let output = interrupted(&simulator, &words, 1, "-TERM").await;
    assert_eq!(output.status.code(), Some(8), "{}", stderr(&output));
    let error: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(error["error"]["outcome"], "unknown", "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_interrupted_is_json_all_the_same() {
    let simulator = support::simulator().await;
    let output = interrupted(&simulator, &["users", "list", "--all", "--limit", "5"], 2, "-INT").await;
    let read: Value =
        serde_json::from_str(&stdout(&output)).unwrap_or_else(|error| panic!("{error}: {}", stdout(&output)));
    assert_eq!((read["data"].as_array().map(Vec::len), &read["error"]["outcome"]), (Some(5), &"unknown".into()));
}

#[test]
fn mcp_server_stops_on_sigterm_without_input() {
    let mut command = claude_admin();
    let child = command.arg("mcp").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut running = Running(child);
    // It reports that it simulates when it listens.
    let mut said = [0; 9];
    std::io::Read::read_exact(running.0.stderr.as_mut().unwrap(), &mut said).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    signal(&running.0, "-TERM");
    for _ in 0..100 {
        if running.0.try_wait().unwrap().is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it did not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_serves_signed_commands_and_stops_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = claude_admin();
    command.env("SLACK_SIGNING_SECRET", "the-secret").args(["serve", "--config"]).arg(config(folder.path()));
    let (mut running, lines) = start(&mut command, 1);
    let url = lines[0].strip_prefix("listening on ").unwrap().to_owned();
    let body = form("U1", "users list --limit 1", &[]);
    let request = http::Request::builder()
        .method("POST")
        .uri(format!("{url}/slack/commands"))
        .header("x-slack-request-timestamp", now())
        .header("x-slack-signature", sign(b"the-secret", now(), body.as_bytes()))
        .body(http_body_util::Full::new(bytes::Bytes::from(body)))
        .unwrap();
    let client = claude_admin::egress::Client::new(claude_admin::egress::AddressRule::LoopbackOnly).unwrap();
    let response = client.send(request).await.unwrap();
    assert!(response.status().is_success());
    drop((response, client));
    signal(&running.0, "-TERM");
    for _ in 0..100 {
        if let Some(status) = running.0.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the host did not stop");
}

#[test]
fn second_sigterm_stops_the_host_despite_a_silent_client() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let mut command = claude_admin();
    command.env("SLACK_SIGNING_SECRET", "the-secret").args(["serve", "--config"]).arg(config(folder.path()));
    let (mut running, lines) = start(&mut command, 1);
    let mut stalled = std::net::TcpStream::connect(lines[0].strip_prefix("listening on http://").unwrap()).unwrap();
    stalled.write_all(b"POST /v1/comm").unwrap();
    let asked = std::time::Instant::now();
    let status = loop {
        signal(&running.0, "-TERM");
        std::thread::sleep(Duration::from_millis(300));
        if let Some(status) = running.0.try_wait().unwrap() {
            break status;
        }
        assert!(asked.elapsed() < Duration::from_secs(20), "the host did not stop");
    };
    assert!(status.success(), "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn second_sigterm_stops_the_host_despite_a_running_write() {
    use std::io::Write;
    let simulator = support::simulator().await;
    simulator.inject(serde_json::from_value(json!({ "method": "POST", "delay_ms": 600_000 })).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("claude-admin.toml");
    let text = "[http]\nlisten = \"127.0.0.1:0\"\n[[http.clients]]\nname = \"bot\"\ntoken_file = \"token\"\n\
                [limits]\nwall_clock_ms = 600000\n";
    std::fs::write(&path, text).unwrap();
    std::fs::write(folder.path().join("token"), "a-token-for-the-tests").unwrap();
    std::fs::write(folder.path().join("policy.cedar"), "permit(principal, action, resource);\n").unwrap();
    let mut command = claude_admin();
    command.env("ANTHROPIC_BASE_URL", simulator.base_url()).env("ANTHROPIC_ADMIN_KEY", simulator.admin_key());
    command.args(["serve", "--config"]).arg(&path);
    let (mut running, lines) = start(&mut command, 1);
    let mut client = std::net::TcpStream::connect(lines[0].strip_prefix("listening on http://").unwrap()).unwrap();
    let body = json!({ "command": "invites create a@example.com developer --yes" }).to_string();
    let head = "POST /v1/commands HTTP/1.1\r\nhost: x\r\nauthorization: Bearer a-token-for-the-tests\r\n";
    client.write_all(format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes()).unwrap();
    while !simulator.requests().iter().any(|request| request.method == "POST") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(client);
    let asked = std::time::Instant::now();
    signal(&running.0, "-TERM");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(running.0.try_wait().unwrap().is_none(), "the host does not wait for the write");
    let status = loop {
        signal(&running.0, "-TERM");
        tokio::time::sleep(Duration::from_millis(300)).await;
        if let Some(status) = running.0.try_wait().unwrap() {
            break status;
        }
        assert!(asked.elapsed() < Duration::from_secs(60), "the host waits for the write");
    };
    assert!(status.success(), "{status}");
}

/// Posts a command as the program `bot`, and returns the status of the response.
async fn post(url: &str, command: &str) -> u16 {
    let request = http::Request::builder()
        .method("POST")
        .uri(format!("{url}/v1/commands"))
        .header("authorization", "Bearer a-token-for-the-tests")
        .body(http_body_util::Full::new(bytes::Bytes::from(json!({ "command": command }).to_string())))
        .unwrap();
    let client = claude_admin::egress::Client::new(claude_admin::egress::AddressRule::LoopbackOnly).unwrap();
    client.send(request).await.unwrap().status().as_u16()
}

/// Waits until a command gets a status.
async fn becomes(url: &str, command: &str, status: u16) {
    for _ in 0..150 {
        if post(url, command).await == status {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    panic!("`{command}` does not become {status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_configuration_is_used_and_a_hangup_ends_no_write() {
    let simulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let (path, token) = (folder.path().join("claude-admin.toml"), folder.path().join("token"));
    let configure = |groups: &str| {
        let text = format!(
            "[http]\nlisten = \"127.0.0.1:0\"\n[[http.clients]]\nname = \"bot\"\ntoken_file = \"token\"\n[groups]\n{groups}\n"
        );
        std::fs::write(&path, text).unwrap();
    };
    std::fs::write(&token, "a-token-for-the-tests").unwrap();
    std::fs::write(folder.path().join("policy.cedar"), "permit(principal in Group::\"staff\", action, resource);\n")
        .unwrap();
    configure("staff = [\"http:bot\"]");
    let mut command = claude_admin();
    command.env("ANTHROPIC_BASE_URL", simulator.base_url()).env("ANTHROPIC_ADMIN_KEY", simulator.admin_key());
    command.args(["serve", "--config"]).arg(&path);
    let (mut running, lines) = start(&mut command, 1);
    let url = lines[0].strip_prefix("listening on ").unwrap().to_owned();
    assert_eq!(post(&url, "users list").await, 200);

    simulator.clear_requests();
    simulator.inject(serde_json::from_value(json!({ "method": "POST", "delay_ms": 2_000 })).unwrap());
    let write = tokio::spawn({
        let url = url.clone();
        async move { post(&url, "invites create a@example.com developer --yes").await }
    });
    while !simulator.requests().iter().any(|request| request.method == "POST") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    signal(&running.0, "-HUP");
    assert_eq!(write.await.unwrap(), 200, "the write ends as it would have");

    // The group has another member, and no longer this one.
    configure("staff = [\"http:somebody-else\"]");
    becomes(&url, "users list", 403).await;
    // An invalid one leaves the last valid one active.
    std::fs::write(&path, "[groups\n").unwrap();
    signal(&running.0, "-HUP");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(post(&url, "users list").await, 403);
    configure("staff = [\"http:bot\"]");
    becomes(&url, "users list", 200).await;
    // A replaced token no longer works.
    std::fs::write(&token, "another-token-for-the-tests").unwrap();
    becomes(&url, "users list", 401).await;
    assert!(running.0.try_wait().unwrap().is_none(), "it still runs");
}
