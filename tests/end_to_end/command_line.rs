//! The binary, as people start it.

use super::server::{form, now};
use super::support;
use claude_admin::frontend::slack::sign;
use claude_admin_catalog::{Catalog, PackageText};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// The variables that could lead to an account, or change what is said.
pub(super) fn of_the_account() -> impl Iterator<Item = &'static str> {
    let of_the_api = ["ANTHROPIC_ADMIN_KEY", "ANTHROPIC_OAUTH_TOKEN", "ANTHROPIC_SCOPED_KEY", "ANTHROPIC_BASE_URL"];
    of_the_api.into_iter().chain(["SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN", "CLAUDE_ADMIN_LOG"])
}

/// The binary, without anything of the environment that could lead to an account.
pub(super) fn claude_admin() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claude-admin"));
    of_the_account().for_each(|name| _ = command.env_remove(name));
    command.env("CLAUDE_ADMIN_CACHE", support::build_folder().join("compiled"));
    command.env("XDG_STATE_HOME", support::build_folder().join("state"));
    command
}

fn output(args: &[&str]) -> Output {
    claude_admin().args(args).output().unwrap()
}

pub(super) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(super) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A program that is ended when the test ends, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts a program and returns the first lines of its output.
fn start(command: &mut Command, lines: usize) -> (Running, Vec<String>) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines = (0..lines).map(|_| reader.next().expect("the program prints a line").unwrap()).collect();
    (Running(child), lines)
}

#[test]
fn the_demo_does_what_it_says() {
    let output = output(&["demo", "--once"]);
    let text = stdout(&output);
    assert!(output.status.success(), "{text}{}", stderr(&output));
    assert!(text.contains("Every step did what it says."), "{text}");
    assert!(!text.contains("NOT AS IT SHOULD BE"));
}

#[test]
fn exit_codes_tell_how_it_ended() {
    for (args, code) in [
        (&["run", "--", "users", "list", "--limit", "1"][..], 0),
        (&["run", "--", "users", "lits"], 2),
        (&["run", "--", "users", "get", "user_none"], 4),
        (&["run", "--", "invites", "create", "a@example.com", "user"], 6),
        (&["run", "--", "invites", "create", "a@example.com", "user", "--yes"], 0),
        (&["run", "users list --limit 1"], 0),
        (&["run"], 0),
        (&["frobnicate"], 2),
        (&["serve", "--config", "/nonexistent.toml"], 2),
        (&["slack", "manifest", "--url", "http://example.com"], 2),
        (&["simulator", "--listen", "0.0.0.0:0"], 8),
    ] {
        let output = output(args);
        assert_eq!(output.status.code(), Some(code), "{args:?}: {}{}", stdout(&output), stderr(&output));
    }
}

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
    assert!(stderr(&failed).contains("no such thing"));
}

#[test]
fn every_action_is_listed_with_what_it_does() {
    let listed: Value = serde_json::from_slice(&output(&["actions", "-o", "json"]).stdout).unwrap();
    let wit = PackageText::from_folder(&support::workspace().join("wit")).unwrap();
    let catalog = Catalog::from_text(&wit).unwrap();
    let listed = listed.as_array().unwrap();
    assert_eq!(listed.len(), catalog.actions.len());
    for action in listed {
        for field in ["id", "signature", "method", "path", "risk", "summary"] {
            assert!(action[field].as_str().is_some_and(|text| !text.is_empty()), "{action}");
        }
        assert!(
            !action["examples"].as_array().unwrap().is_empty() && !action["credentials"].as_array().unwrap().is_empty()
        );
    }
    let text = stdout(&output(&["actions"]));
    assert!(text.contains("users remove <user-id>") && text.contains("DELETE /v1/organizations/users/{user-id}"));
}

#[test]
fn an_exported_component_is_the_embedded_one_and_can_be_inspected_and_used() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("claude-admin.wasm");
    let path = file.to_str().unwrap();
    assert!(output(&["plugin", "export", path]).status.success());
    assert_eq!(std::fs::read(&file).unwrap(), claude_admin::embedded::COMPONENT);
    let inspected = stdout(&output(&["plugin", "inspect", path]));
    assert_eq!(inspected, stdout(&output(&["plugin", "inspect"])));
    assert!(inspected.contains("wasi:http/outgoing-handler@0.2.6") && inspected.contains("claude:admin/users@0.1.0"));
    let version = stdout(&output(&["--version"]));
    let digest = version.split("sha256:").nth(1).unwrap().trim_end_matches([')', '\n']);
    assert!(inspected.contains(digest), "{version}");
    std::fs::write(&file, b"\0asm\x01\0\0\0").unwrap();
    let refused = output(&["plugin", "inspect", path]);
    assert_eq!(refused.status.code(), Some(8));
    assert!(stderr(&refused).contains("core module"));
}

#[test]
fn the_manifest_keeps_within_what_slack_allows() {
    let manifest: Value =
        serde_json::from_slice(&output(&["slack", "manifest", "--url", "https://bot.example.com/"]).stdout).unwrap();
    let command = &manifest["features"]["slash_commands"][0];
    assert_eq!(command["url"], "https://bot.example.com/slack/commands");
    assert_eq!(command["should_escape"], true, "mentions arrive as ids only with it");
    let length = |value: &Value| value.as_str().unwrap().chars().count();
    assert!(length(&manifest["display_information"]["name"]) <= 35);
    assert!(length(&manifest["display_information"]["description"]) <= 140);
    assert!(length(&command["command"]) <= 32 && length(&command["usage_hint"]) <= 1000);
    // Slack refuses keys that it does not know.
    let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&manifest), ["_metadata", "display_information", "features", "oauth_config", "settings"]);
    assert_eq!(keys(command), ["command", "url", "description", "usage_hint", "should_escape"]);
    assert_eq!(keys(&manifest["features"]["bot_user"]), ["display_name", "always_online"]);
}

#[test]
fn completions_know_the_subcommands() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(&output(&["completions", shell])).contains("simulator"), "{shell}");
    }
}

#[test]
fn help_is_everywhere() {
    for args in [
        &["-h"][..],
        &["demo", "-h"],
        &["run", "-h"],
        &["serve", "-h"],
        &["simulator", "-h"],
        &["actions", "-h"],
        &["plugin", "-h"],
        &["plugin", "inspect", "-h"],
        &["slack", "manifest", "-h"],
        &["completions", "-h"],
        &["init", "-h"],
        &["policy", "check", "-h"],
        &["policy", "test", "-h"],
        &["audit", "verify", "-h"],
        &["audit", "export", "-h"],
    ] {
        let output = output(args);
        assert!(output.status.success() && stdout(&output).contains("Usage:"), "{args:?}");
    }
}

#[test]
fn the_simulator_prints_what_a_shell_needs_and_answers() {
    let (_running, lines) = start(claude_admin().arg("simulator"), 4);
    let value = |name: &str| {
        let line = lines.iter().find_map(|line| line.strip_prefix(&format!("export {name}=")));
        line.unwrap_or_else(|| panic!("no {name} in {lines:?}")).to_owned()
    };
    let run = |key: &str, secret: &str| {
        let mut command = claude_admin();
        command.env("ANTHROPIC_BASE_URL", value("ANTHROPIC_BASE_URL")).env(key, secret);
        command.args(["run", "-o", "json", "--", "organization", "me"]).output().unwrap()
    };
    for key in ["ANTHROPIC_ADMIN_KEY", "ANTHROPIC_OAUTH_TOKEN"] {
        let output = run(key, &value(key));
        assert!(output.status.success(), "{key}: {}", stderr(&output));
        assert!(!stderr(&output).contains("SIMULATED"), "it does not know");
    }
    let wrong = run("ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-simulator-wrong");
    assert_eq!(wrong.status.code(), Some(8));
    assert!(stdout(&wrong).contains("401") && !stdout(&wrong).contains("wrong\""));
}

#[test]
fn an_empty_credential_does_not_lead_to_the_simulator() {
    let run = |variables: &[(&str, &str)]| {
        let mut command = claude_admin();
        command
            .envs(variables.iter().copied())
            .args(["run", "-o", "json", "--", "organization", "me"])
            .output()
            .unwrap()
    };
    for name in ["ANTHROPIC_ADMIN_KEY", "ANTHROPIC_OAUTH_TOKEN", "ANTHROPIC_SCOPED_KEY"] {
        let output = run(&[(name, " ")]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        let said = format!("{name} is set, and empty, and there is no other credential. Nothing was sent.");
        assert!(stderr(&output).contains(&said), "{}", stderr(&output));
        // A program finds it where it finds every other error.
        let error: Value = serde_json::from_str(&stdout(&output)).unwrap();
        assert_eq!(error["error"]["outcome"], "usage");
        assert!(error["error"]["message"].as_str().unwrap().contains(&said), "{error}");
    }
    let asked_for_in_the_command = claude_admin()
        .env("ANTHROPIC_ADMIN_KEY", "")
        .args(["run", "--", "organization", "me", "-o", "json"])
        .output()
        .unwrap();
    assert!(stdout(&asked_for_in_the_command).contains("\"outcome\": \"usage\""));
    // Another one will do: what is missing here is a place that is reached.
    let another = run(&[
        ("ANTHROPIC_OAUTH_TOKEN", ""),
        ("ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-simulator-0"),
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9"),
    ]);
    assert!(!stderr(&another).contains("is set, and empty"), "{}", stderr(&another));
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
    assert!(stderr(&output).contains("More follow"), "{}", stderr(&output));
}

#[test]
fn how_to_write_the_answer_is_not_a_word_of_the_command() {
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

/// Runs a program, reads nothing of what it writes, and returns its exit code.
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
async fn a_trail_that_is_exported_into_a_closed_pipe_is_no_failure() {
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

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_command_says_as_json_that_its_end_is_not_known() {
    let simulator = support::simulator().await;
    let slow = serde_json::json!({ "delay_ms": 20_000 });
    simulator.inject(serde_json::from_value(slow).unwrap());
    let mut command = claude_admin();
    command.env("ANTHROPIC_BASE_URL", simulator.base_url()).env("ANTHROPIC_ADMIN_KEY", simulator.admin_key());
    command.args(["run", "-o", "json", "--", "invites", "create", "a@example.com", "user", "--yes"]);
    command.env("XDG_STATE_HOME", support::build_folder().join("interrupted"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while simulator.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(8), "{}", stderr(&output));
    let error: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(error["error"]["outcome"], "unknown", "{error}");
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_interrupted_is_json_all_the_same() {
    let simulator = support::simulator().await;
    for fault in [serde_json::json!({ "times": 1 }), serde_json::json!({ "delay_ms": 20_000 })] {
        simulator.inject(serde_json::from_value(fault).unwrap());
    }
    let mut command = claude_admin();
    command.env("ANTHROPIC_BASE_URL", simulator.base_url()).env("ANTHROPIC_ADMIN_KEY", simulator.admin_key());
    command.args(["run", "-o", "json", "--", "users", "list", "--all", "--limit", "5"]);
    command.env("XDG_STATE_HOME", support::build_folder().join("interrupted-list"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while simulator.requests().len() < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let read: Value =
        serde_json::from_str(&stdout(&output)).unwrap_or_else(|error| panic!("{error}: {}", stdout(&output)));
    assert_eq!((read["data"].as_array().map(Vec::len), &read["error"]["outcome"]), (Some(5), &"unknown".into()));
}

#[cfg(unix)]
#[test]
fn a_server_for_models_ends_when_it_is_asked_although_nothing_is_typed() {
    let mut command = claude_admin();
    let child = command.arg("mcp").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut running = Running(child);
    // It says that it simulates once it listens.
    let mut said = [0; 9];
    std::io::Read::read_exact(running.0.stderr.as_mut().unwrap(), &mut said).unwrap();
    std::thread::sleep(Duration::from_millis(500));
    assert!(Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status().unwrap().success());
    for _ in 0..100 {
        if running.0.try_wait().unwrap().is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("it did not end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_whose_log_nobody_reads_serves_all_the_same() {
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

#[test]
fn a_damaged_trail_is_one_although_nobody_reads_what_is_said() {
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

#[test]
fn a_base_url_that_would_send_the_key_in_the_clear_is_refused() {
    let mut command = claude_admin();
    command.env("ANTHROPIC_BASE_URL", "http://example.com").env("ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-simulator-0");
    let output = command.args(["run", "--", "users", "list"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("https") && !stderr(&output).contains("sk-ant"));
}

fn config(folder: &std::path::Path) -> std::path::PathBuf {
    let path = folder.join("claude-admin.toml");
    let text = "[upstream]\nsimulate = true\n[http]\nlisten = \"127.0.0.1:0\"\n[slack]\n";
    std::fs::write(&path, text).unwrap();
    let policy = "permit(principal in Tenant::\"slack:T1\", action in Action::\"read\", resource);\n";
    std::fs::write(folder.join("policy.cedar"), policy).unwrap();
    path
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
    let pid = running.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    for _ in 0..100 {
        if let Some(status) = running.0.try_wait().unwrap() {
            assert!(status.success(), "{status}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the host did not stop");
}

#[cfg(unix)]
#[test]
fn a_host_that_is_asked_twice_does_not_wait_for_a_client_that_says_nothing() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    let mut command = claude_admin();
    command.env("SLACK_SIGNING_SECRET", "the-secret").args(["serve", "--config"]).arg(config(folder.path()));
    let (mut running, lines) = start(&mut command, 1);
    let mut stalled = std::net::TcpStream::connect(lines[0].strip_prefix("listening on http://").unwrap()).unwrap();
    stalled.write_all(b"POST /v1/comm").unwrap();
    let pid = running.0.id().to_string();
    let asked = std::time::Instant::now();
    let status = loop {
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        std::thread::sleep(Duration::from_millis(300));
        if let Some(status) = running.0.try_wait().unwrap() {
            break status;
        }
        assert!(asked.elapsed() < Duration::from_secs(20), "the host did not stop");
    };
    assert!(status.success(), "{status}");
}

#[test]
fn a_host_that_could_do_nothing_does_not_start() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("claude-admin.toml");
    for (text, words) in [
        ("[slack]\n", "ANTHROPIC_ADMIN_KEY"),
        ("[upstream]\nsimulate = true\n", "neither [slack] nor"),
        ("[upstream]\nsimulate = true\n[slack]\n", "SLACK_SIGNING_SECRET"),
        ("[policy]\nadmins = []\n", "admins"),
        ("[groups]\nadmins = [\"ada\"]\n[upstream]\nsimulate = true\n[slack]\n", "`ada` names nobody"),
        ("[groups]\nadmins = [\"slack:T1/S1\"]\n[upstream]\nsimulate = true\n[slack]\n", "SLACK_BOT_TOKEN"),
        ("[upstream]\nsimulate = true\n[[http.clients]]\nname = \"ci\"\n", "token_env or token_file"),
    ] {
        std::fs::write(&path, text).unwrap();
        let output = output(&["serve", "--config", path.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(2), "{text}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{text}: {}", stderr(&output));
    }
}

#[test]
fn tokens_that_open_too_much_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("claude-admin.toml");
    let client =
        |name: &str, variable: &str| format!("[[http.clients]]\nname = \"{name}\"\ntoken_env = \"{variable}\"\n");
    for (clients, words) in [
        (client("ci", "WEAK"), "fewer than 16 characters"),
        (client("ci", "STRONG") + &client("ci", "OTHER"), "used twice"),
        (client("ci", "STRONG") + &client("other", "STRONG"), "the same token"),
        (client("c i", "STRONG"), "cannot name it"),
        (client("*", "STRONG"), "cannot name it"),
    ] {
        std::fs::write(&path, format!("[upstream]\nsimulate = true\n{clients}")).unwrap();
        let mut command = claude_admin();
        command.env("WEAK", "a").env("STRONG", "0123456789abcdef").env("OTHER", "fedcba9876543210");
        let output = command.args(["serve", "--config"]).arg(&path).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{clients}: {}", stderr(&output));
        assert!(stderr(&output).contains(words), "{clients}: {}", stderr(&output));
    }
}

#[test]
fn a_password_in_a_url_is_not_repeated() {
    let mut command = claude_admin();
    command
        .env("ANTHROPIC_BASE_URL", "https://u:hunter2@h.example")
        .env("ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-simulator-0");
    let output = command.args(["run", "--", "organization", "me"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(!stderr(&output).contains("hunter2"), "{}", stderr(&output));
}

#[test]
fn the_log_is_structured_and_holds_no_secret_and_no_typed_text() {
    let mut command = claude_admin();
    command.args(["--log", "json", "run", "--simulate", "--", "keys", "get", "sk-ant-admin01-simulator-typed"]);
    let output = command.env("ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-simulator-mine").output().unwrap();
    let log = stderr(&output);
    assert!(!log.contains("simulator-typed") && !log.contains("simulator-mine"), "{log}");
    let mut command = claude_admin();
    let output = command.args(["--log", "json", "run", "--", "users", "list", "--limit", "1"]).output().unwrap();
    let events: Vec<Value> = stderr(&output).lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let messages: Vec<&str> = events.iter().filter_map(|event| event["fields"]["message"].as_str()).collect();
    assert_eq!(messages, ["received", "running", "sent", "finished"]);
    assert_eq!(events[2]["fields"]["status"], 200);
    let ids: Vec<&Value> = events.iter().map(|event| &event["fields"]["operation"]).collect();
    assert!(ids.windows(2).all(|pair| pair[0] == pair[1] && pair[0].is_string()), "{ids:?}");
}

#[test]
fn commands_of_the_host_answer_programs_too() {
    for (words, code) in [(&["whoami"][..], 0), (&["pending"], 0), (&["status", "nosuchoperation"], 4)] {
        let output = output(&[&["run", "-o", "json", "--"], words].concat());
        assert_eq!(output.status.code(), Some(code), "{words:?}: {}", stdout(&output));
        serde_json::from_str::<Value>(&stdout(&output)).unwrap();
    }
}
