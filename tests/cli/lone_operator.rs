//! A host with one user: instead of the approval of a second person, the user types the name of the target at a
//! terminal and waits.

mod service;

use super::command_line::{claude_admin, stderr, stdout};
use super::on_terminal::OnTerminal;
use crate::support;
use claude_admin_simulator::RunningSimulator;
use rustix::process::Signal;
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const NAME: &str = "Xiùyīng Li";
const REMOVE: &str = "users remove xiuying.li@example.com --reason leaver";

/// A configured host, and the simulator that its requests reach.
struct Configured {
    folder: TempDir,
    simulator: RunningSimulator,
}

const EVERYBODY: &str = "@id(\"all\") permit(principal, action, resource);";
const ALONE: &str = "[approvals]\nlone_operator = true\nlone_operator_delay = \"5s\"\n";

impl Configured {
    async fn new(config: &str, policy: &str) -> Self {
        let (folder, simulator) = (tempfile::tempdir().unwrap(), support::simulator().await);
        std::fs::write(folder.path().join("host.toml"), config).unwrap();
        std::fs::write(folder.path().join("policy.cedar"), policy).unwrap();
        Self { folder, simulator }
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("host.toml")
    }

    fn command(&self, subcommand: &[&str], words: &[&str]) -> Command {
        let simulator = &self.simulator;
        let mut command = claude_admin();
        command.env("ANTHROPIC_BASE_URL", simulator.base_url()).env("ANTHROPIC_ADMIN_KEY", simulator.admin_key());
        command.env("ANTHROPIC_OAUTH_TOKEN", simulator.oauth_token());
        command.env("ANTHROPIC_SCOPED_KEY", simulator.scoped_key());
        command.args(subcommand).arg("--config").arg(self.config()).args(words);
        command
    }

    fn run(&self, words: &[&str]) -> Output {
        self.command(&["run"], &[&["--"], words].concat()).stdin(Stdio::null()).output().unwrap()
    }

    fn log(&self) -> Vec<Value> {
        let output = self.command(&["audit", "export"], &[]).output().unwrap();
        stdout(&output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn kinds(&self, operation: &str) -> Vec<String> {
        let entries = self.log();
        let of = |entry: &&Value| entry["unmapped"]["claude_admin"]["operation"] == operation;
        let kind = |entry: &Value| entry["unmapped"]["claude_admin"]["event"]["kind"].as_str().unwrap().to_owned();
        entries.iter().filter(of).map(kind).collect()
    }

    /// The pending request.
    fn pending(&self) -> String {
        let output = self.command(&["run"], &["-o", "json", "--", "pending"]).output().unwrap();
        let pending: Value = serde_json::from_str(&stdout(&output)).unwrap();
        pending[0]["operation_id"].as_str().unwrap_or_else(|| panic!("{pending}")).to_owned()
    }
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn request_runs_after_the_name_and_the_delay() {
    let host = Configured::new(ALONE, EVERYBODY).await;
    let remove = [&["--"], &words(REMOVE)[..], &["--yes"]].concat();
    let mut terminal = OnTerminal::start(host.command(&["run"], &remove));
    terminal.wait_for(&format!("type: {NAME}"));
    terminal.wait_for("type the name of the target");
    terminal.wait_for("\n> ");
    let typed = Instant::now();
    terminal.type_line(NAME);
    terminal.wait_for("The request runs in 5 s");
    assert_eq!(support::writes(&host.simulator), [] as [String; 0]);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert!(typed.elapsed() >= Duration::from_secs(5), "{shown}");
    assert!(shown.contains("Approved alone by"), "{shown}");
    assert_eq!(support::writes(&host.simulator).len(), 1);
    let log = host.log();
    let alone = log.iter().find(|entry| entry["metadata"]["event_code"] == "approved-alone").unwrap();
    let operation = alone["unmapped"]["claude_admin"]["operation"].as_str().unwrap().to_owned();
    assert_eq!(alone["unmapped"]["claude_admin"]["event"]["delay_seconds"], 5);
    assert_eq!(host.kinds(&operation), ["received", "planned", "requested", "approved-alone", "intent", "outcome"]);
    let intent = log.iter().find(|entry| entry["metadata"]["event_code"] == "intent").unwrap();
    assert_eq!(intent["unmapped"]["claude_admin"]["event"]["approvers"], serde_json::json!([]));
    let status = host.run(&["status", &operation]);
    assert!(stdout(&status).contains("no second person approved"), "{}", stdout(&status));
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_name_and_a_cancelled_delay_send_nothing() {
    let host = Configured::new(ALONE, EVERYBODY).await;
    let remove = [&["--"], &words(REMOVE)[..]].concat();
    let mut terminal = OnTerminal::start(host.command(&["run"], &remove));
    terminal.type_line("xiuying");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(3), "{shown}");
    assert!(shown.contains("The text that you typed is not the name of the target"), "{shown}");
    // The request is still pending, and its requester can confirm it.
    let operation = host.pending();
    let mut terminal = OnTerminal::start(host.command(&["run"], &["--", "confirm", &operation]));
    terminal.type_line(NAME);
    terminal.wait_for("The request runs in 5 s");
    terminal.send(Signal::INT);
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(3), "{shown}");
    assert!(shown.contains("Cancelled by") && shown.contains("Nothing was changed."), "{shown}");
    let kinds = host.kinds(&operation);
    assert_eq!(kinds, ["received", "planned", "requested", "denied", "decided"]);
    // The end of the input does not approve the request either.
    let terminal = OnTerminal::start(host.command(&["run"], &remove));
    terminal.wait_for("\n> ");
    terminal.send(Signal::INT);
    assert_eq!(terminal.end().0, Some(3));
    let mut terminal = OnTerminal::start(host.command(&["run"], &remove));
    terminal.wait_for("\n> ");
    terminal.ours.write_all(b"\x04").unwrap();
    assert_eq!(terminal.end().0, Some(3));
    assert_eq!(support::writes(&host.simulator), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn process_that_is_killed_in_the_delay_sends_nothing() {
    let host = Configured::new(ALONE, EVERYBODY).await;
    let mut terminal = OnTerminal::start(host.command(&["run"], &[&["--"], &words(REMOVE)[..]].concat()));
    terminal.type_line(NAME);
    terminal.wait_for("The request runs in 5 s");
    terminal.send(Signal::KILL);
    terminal.end();
    let operation = host.pending();
    std::thread::sleep(Duration::from_secs(6));
    // Another host does not run the request either, and the name must be typed again.
    let output = host.run(&["confirm", &operation]);
    assert_eq!(output.status.code(), Some(3), "{}{}", stdout(&output), stderr(&output));
    assert_eq!(host.pending(), operation);
    assert!(!host.kinds(&operation).iter().any(|kind| kind == "approved-alone" || kind == "intent"));
    assert_eq!(support::writes(&host.simulator), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_approved_without_a_terminal() {
    let host = Configured::new(ALONE, EVERYBODY).await;
    for more in [&[][..], &["--yes"], &["--yes", "-o", "json"]] {
        let output = host.run(&[&words(REMOVE)[..], more].concat());
        assert_eq!(output.status.code(), Some(3), "{}{}", stdout(&output), stderr(&output));
        let shown = format!("{}{}", stdout(&output), stderr(&output));
        assert!(shown.contains("This request needs you at a terminal"), "{shown}");
        assert!(shown.contains("claude-admin run -- confirm"), "{shown}");
    }
    // A name on standard input is not enough without a terminal.
    let mut command = host.command(&["run"], &[&["--"], &words(REMOVE)[..], &["--yes"]].concat());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{NAME}\n").as_bytes()).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(3));
    assert_eq!(support::writes(&host.simulator), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn configuration_with_a_second_person_is_an_error_naming_them() {
    let own = whoami();
    for (more, policy, second) in [
        ("[slack]\n", EVERYBODY, "[slack] gives access to the members"),
        ("[[http.clients]]\nname = \"ci\"\ntoken_env = \"X\"\n", EVERYBODY, "`http:ci`"),
        ("[groups]\nadmins = [\"local:somebody-else\"]\n", EVERYBODY, "`local:somebody-else`"),
        ("[groups]\nadmins = [\"local:*\"]\n", EVERYBODY, "`local:*`"),
        ("[groups]\nadmins = [\"slack:T1/S1\"]\n", EVERYBODY, "`slack:T1/S1`"),
        ("[groups]\nadmins = [\"http:ci\"]\n", EVERYBODY, "`http:ci`"),
        ("", "permit(principal == User::\"local:other\", action, resource);", "the policy names `local:other`"),
        (
            "",
            "permit(principal, action, resource) when { principal == User::\"local:third\" };",
            "the policy names `local:third`",
        ),
        (
            "",
            "permit(principal, action, resource) when { principal == User :: \"local:fourth\" };",
            "the policy names `local:fourth`",
        ),
    ] {
        let host = Configured::new(&format!("{ALONE}{more}"), policy).await;
        let output = host.run(&["users", "list", "--limit", "1"]);
        assert_eq!(output.status.code(), Some(2), "{more}{policy}: {}", stderr(&output));
        assert!(stderr(&output).contains(second), "{second}: {}", stderr(&output));
        let check = host.command(&["policy", "check"], &[]).output().unwrap();
        assert_eq!(check.status.code(), Some(2), "{more}{policy}: {}{}", stdout(&check), stderr(&check));
        assert!(stderr(&check).contains(second), "{second}: {}", stderr(&check));
        assert!(host.simulator.requests().is_empty());
    }
    let host = Configured::new(&format!("{ALONE}[groups]\nadmins = [\"{own}\"]\n"), EVERYBODY).await;
    assert_eq!(host.run(&["users", "list", "--limit", "1"]).status.code(), Some(0));
    for delay in ["4s", "11m", "5", "x"] {
        let config = format!("[approvals]\nlone_operator = true\nlone_operator_delay = \"{delay}\"\n");
        let host = Configured::new(&config, EVERYBODY).await;
        let output = host.run(&["whoami"]);
        assert!(stderr(&output).contains("from 5 seconds to 10 minutes"), "{delay}: {}", stderr(&output));
    }
}

/// The principal of this terminal.
fn whoami() -> String {
    let output = claude_admin().args(["run", "-o", "json", "--", "whoami"]).output().unwrap();
    serde_json::from_str::<Value>(&stdout(&output)).unwrap()["principal"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_mode_nothing_changes() {
    let host = Configured::new("", EVERYBODY).await;
    let output = host.run(&words(REMOVE));
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
    assert!(stdout(&output).contains("Another user must decide"), "{}", stdout(&output));
    assert!(Path::new(&host.config()).exists());
}
