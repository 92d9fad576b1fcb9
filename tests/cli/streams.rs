//! The streams of the binary: data on standard output and messages on standard error, also if no reader exists.

use super::command_line::{claude_admin, config, output, start, stderr, stdout};
use serde_json::Value;
use std::process::{Command, Stdio};

#[test]
fn data_goes_to_one_stream_and_talk_to_the_other() {
    let output = output(&["run", "-o", "json", "--", "organization", "me"]);
    let organization: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(organization["type"], "organization");
    assert!(stderr(&output).contains("SIMULATED"));
    let failed = self::output(&["run", "-o", "json", "--", "users", "get", "user_none"]);
    let error: Value = serde_json::from_slice(&failed.stdout).unwrap();
    assert_eq!(error["error"]["outcome"], "not_found");
    let failed = self::output(&["run", "--", "users", "get", "user_none"]);
    assert_eq!(stdout(&failed), "");
    assert!(stderr(&failed).contains("Not found"));
}

#[test]
fn csv_on_standard_output_is_field_names_and_rows_alone() {
    let output = output(&["run", "-o", "csv", "--", "invites", "create", "new@example.com", "user", "--yes"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let (rows, said) = (stdout(&output), stderr(&output));
    assert!(rows.lines().count() == 2 && rows.starts_with("id,") && rows.contains("new@example.com"), "{rows}");
    assert!(said.contains("Done."), "{said}");
    let output = self::output(&["run", "-o", "csv", "--", "invites", "create", "new@example.com", "user"]);
    assert_eq!(stdout(&output).lines().count(), 2, "what waits has buttons too: {}", stdout(&output));
    let output = self::output(&["run", "-o", "csv", "--", "users", "list", "--limit", "2"]);
    assert_eq!(stdout(&output).lines().count(), 3);
    assert!(stderr(&output).contains("More rows"), "{}", stderr(&output));
}

#[test]
fn output_format_option_is_not_part_of_the_command() {
    for words in [
        &["help"][..],
        &["help users"],
        &["users"],
        &["workspaces", "create", "--dry-run", "--", "--x"],
        &["workspaces create --dry-run -- --x"],
    ] {
        let output = output(&[&["run", "-o", "json", "--"], words].concat());
        assert!(output.status.success(), "{words:?}: {}", stdout(&output));
        serde_json::from_str::<Value>(&stdout(&output)).unwrap_or_else(|error| panic!("{words:?}: {error}"));
    }
}

#[test]
fn a_command_that_asks_for_json_gets_its_error_as_json() {
    for words in
        [&["users", "lst", "-o", "json"][..], &["users", "list", "--bogus", "-o", "json"], &["users lst --output=json"]]
    {
        let output = output(&[&["run", "--"], words].concat());
        assert_eq!(output.status.code(), Some(2));
        let error: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(error["error"]["outcome"], "usage", "{words:?}");
    }
}

/// Runs a program, does not read its output, and returns its exit code.
fn code_with_a_closed_pipe(mut command: Command) -> Option<i32> {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    child.wait().unwrap().code()
}

#[test]
fn a_closed_pipe_does_not_make_a_success_of_a_failure() {
    for (words, code) in [
        (&["users", "list"][..], 0),
        (&["users", "get", "user_none"], 4),
        (&["users", "lst"], 2),
        (&["invites", "create", "a@example.com", "user"], 6),
    ] {
        let mut command = claude_admin();
        command.args([&["run", "-o", "json", "--"], words].concat());
        assert_eq!(code_with_a_closed_pipe(command), Some(code), "{words:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_export_into_a_closed_pipe_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let config = config(folder.path());
    let mut run = claude_admin();
    run.args(["run", "--config"]).arg(&config).args(["--", "whoami"]);
    assert!(run.current_dir(folder.path()).output().unwrap().status.success());
    for format in ["ocsf", "csv"] {
        let mut export = claude_admin();
        export.args(["audit", "export", "--format", format, "--config"]).arg(&config).current_dir(folder.path());
        assert_eq!(code_with_a_closed_pipe(export), Some(0), "{format}");
    }
}

#[test]
fn damaged_audit_log_fails_verify_even_with_a_closed_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("damaged.db");
    std::fs::write(&store, b"no store at all").unwrap();
    let verify = |store: &std::path::Path| {
        let mut command = claude_admin();
        command.args(["audit", "verify", "--store"]).arg(store);
        command
    };
    let code = verify(&store).output().unwrap().status.code();
    assert_ne!(code, Some(0));
    assert_eq!(code_with_a_closed_pipe(verify(&store)), code);
}

#[tokio::test(flavor = "multi_thread")]
async fn host_with_a_closed_stderr_still_serves_requests() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = claude_admin();
    command.env("SLACK_SIGNING_SECRET", "the-secret").args(["serve", "--config"]).arg(config(folder.path()));
    let (mut running, lines) = start(&mut command, 1);
    drop(running.0.stderr.take());
    let url = lines[0].strip_prefix("listening on ").unwrap();
    let client = claude_admin::egress::Client::new(claude_admin::egress::AddressRule::LoopbackOnly).unwrap();
    // A forged request is logged.
    for path in ["/slack/commands", "/healthz"] {
        let method = if path == "/healthz" { "GET" } else { "POST" };
        let request = http::Request::builder().method(method).uri(format!("{url}{path}"));
        let request = request.header("x-slack-signature", "v0=forged").body(http_body_util::Full::default()).unwrap();
        let status = client.send(request).await.unwrap().status();
        assert!(status.is_success() || status == http::StatusCode::UNAUTHORIZED, "{path}: {status}");
    }
    assert!(running.0.try_wait().unwrap().is_none(), "it is still there");
}
