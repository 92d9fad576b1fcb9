//! The binary, as people start it.

use crate::support;
use claude_admin_catalog::{Catalog, PackageText};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

/// The variables that could select an account, or change the output.
pub(crate) fn of_the_account() -> impl Iterator<Item = &'static str> {
    let of_the_api = ["ANTHROPIC_ADMIN_KEY", "ANTHROPIC_OAUTH_TOKEN", "ANTHROPIC_SCOPED_KEY", "ANTHROPIC_BASE_URL"];
    of_the_api.into_iter().chain(["SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_BOT_TOKEN", "CLAUDE_ADMIN_LOG"])
}

/// The binary, without the environment variables that could select an account.
pub(crate) fn claude_admin() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_claude-admin"));
    of_the_account().for_each(|name| _ = command.env_remove(name));
    command.env("CLAUDE_ADMIN_CACHE", support::build_folder().join("compiled"));
    command.env("XDG_STATE_HOME", support::build_folder().join("state"));
    // Without a pager: it would wait for a person.
    command.env("CLAUDE_ADMIN_PAGER", "cat");
    command
}

pub(crate) fn output(args: &[&str]) -> Output {
    claude_admin().args(args).output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A program that is ended at the end of the test, even if the test fails.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// Starts a program and returns the first lines of its output.
pub(crate) fn start(command: &mut Command, lines: usize) -> (Running, Vec<String>) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap()).lines();
    let lines = (0..lines).map(|_| reader.next().expect("the program prints a line").unwrap()).collect();
    (Running(child), lines)
}

#[test]
fn the_demo_does_what_it_says() {
    for tour in [&["demo", "--once"][..], &["demo", "--once", "--jobs"]] {
        let output = output(tour);
        let text = stdout(&output);
        assert!(output.status.success(), "{text}{}", stderr(&output));
        assert!(text.contains("Every step had the expected result."), "{text}");
        assert!(!text.contains("UNEXPECTED"));
    }
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
fn exported_component_is_the_embedded_one_and_inspectable() {
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
    for url in [None, Some("https://bot.example.com/")] {
        let words = [&["slack", "manifest"][..], &url.map_or_else(Vec::new, |url| vec!["--url", url])].concat();
        let manifest: Value = serde_json::from_slice(&output(&words).stdout).unwrap();
        let command = &manifest["features"]["slash_commands"][0];
        let address = url.map(|_| Value::from("https://bot.example.com/slack/commands"));
        assert_eq!(command.get("url"), address.as_ref(), "an app in Socket Mode has no URLs");
        assert_eq!(manifest["settings"]["interactivity"].get("request_url").is_some(), url.is_some());
        assert_eq!(manifest["settings"]["socket_mode_enabled"], url.is_none());
        assert_eq!(command["should_escape"], true, "mentions arrive as ids only with it");
        let length = |value: &Value| value.as_str().unwrap().chars().count();
        assert!(length(&manifest["display_information"]["name"]) <= 35);
        assert!(length(&manifest["display_information"]["description"]) <= 140);
        assert!(length(&command["command"]) <= 32 && length(&command["usage_hint"]) <= 1000);
        // Slack rejects keys that it does not know.
        let keys = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&manifest), ["_metadata", "display_information", "features", "oauth_config", "settings"]);
        let known = ["command", "description", "usage_hint", "should_escape", "url"];
        assert!(keys(command).iter().all(|key| known.contains(&key.as_str())), "{command}");
        assert_eq!(keys(&manifest["features"]["bot_user"]), ["display_name", "always_online"]);
    }
    for wrong in ["http://bot.example.com", "https://", "https://a b", "bot.example.com"] {
        assert_eq!(output(&["slack", "manifest", "--url", wrong]).status.code(), Some(2), "{wrong}");
    }
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
        let said = format!("{name} is set but empty, and no other credential is set. Nothing was sent.");
        assert!(stderr(&output).contains(&said), "{}", stderr(&output));
        // Programs get it in the same place as other errors.
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
    // Another credential is accepted: this command fails only because the address cannot be reached.
    let another = run(&[
        ("ANTHROPIC_OAUTH_TOKEN", ""),
        ("ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-simulator-0"),
        ("ANTHROPIC_BASE_URL", "http://127.0.0.1:9"),
    ]);
    assert!(!stderr(&another).contains("is set but empty"), "{}", stderr(&another));
}

#[test]
fn a_base_url_that_would_send_the_key_in_the_clear_is_refused() {
    let mut command = claude_admin();
    command.env("ANTHROPIC_BASE_URL", "http://example.com").env("ANTHROPIC_ADMIN_KEY", "sk-ant-admin01-simulator-0");
    let output = command.args(["run", "--", "users", "list"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("https") && !stderr(&output).contains("sk-ant"));
}

pub(crate) fn config(folder: &std::path::Path) -> std::path::PathBuf {
    let path = folder.join("claude-admin.toml");
    let text = "[upstream]\nsimulate = true\n[http]\nlisten = \"127.0.0.1:0\"\n[slack]\n";
    std::fs::write(&path, text).unwrap();
    let policy = "permit(principal in Tenant::\"slack:T1\", action in Action::\"read\", resource);\n";
    std::fs::write(folder.join("policy.cedar"), policy).unwrap();
    path
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
        ("[groups]\nadmins = [\"ada\"]\n[upstream]\nsimulate = true\n[slack]\n", "`ada` is not a valid group member"),
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
        (client("ci", "STRONG") + &client("ci", "OTHER"), "another client has the same name"),
        (client("ci", "STRONG") + &client("other", "STRONG"), "the same token"),
        (client("c i", "STRONG"), "client name is not an ID"),
        (client("*", "STRONG"), "client name is not an ID"),
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
