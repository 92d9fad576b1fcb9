//! Each job of the documentation, in Slack and on the terminal, in an organization of a realistic size.

use super::{organization, with_library};
use crate::cli::command_line::claude_admin as program;
use crate::it::in_slack::InSlack;
use crate::support::{self, bob, host_on, text, type_as, writes};
use claude_admin::decision::approval::NoObserver;
use claude_admin::identity::Principal;
use claude_admin::sandbox::Plugin;
use claude_admin::service::{Outcome, Service};
use claude_admin_simulator::{RunningSimulator, Simulator};
use std::path::Path;
use std::sync::Arc;

const DOCS: &str = include_str!("../../../docs/jobs.md");
/// The jobs that only read.
const READS: [&str; 3] = ["digest", "reconcile", "api-keys rotate"];
/// The limits of Slack: blocks of a message, and characters of a text.
const MOST_BLOCKS: usize = 50;
const LONGEST_TEXT: usize = 3000;

/// The commands in the table of the documentation, each with whether it proposes changes.
fn jobs() -> Vec<(&'static str, bool)> {
    let cells = DOCS.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix("` |")?.split_once(" | `"));
    let jobs: Vec<_> =
        cells.map(|(_, command)| (command, !READS.iter().any(|reads| command.starts_with(reads)))).collect();
    assert_eq!(jobs.len(), 13, "{jobs:?}");
    jobs
}

/// The ID of an operation that a text names, with the version if it has one, after a word.
fn operation_after<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    text.match_indices(word).find_map(|(at, _)| {
        let rest = &text[at + word.len()..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '.').unwrap_or(rest.len());
        Some(rest[..end].trim_end_matches('.')).filter(|id| id.len() >= 26)
    })
}

/// The numbers of the optional steps of an operation that a test selects: each request for a limit is denied.
async fn selection(service: &Service, who: &Principal, operation: &str) -> String {
    let status = type_as(service, who, &format!("status {operation}")).await.to_json();
    let steps = status["steps"].as_array().unwrap_or_else(|| panic!("{status}"));
    let chosen = steps.iter().filter(|step| !step["command"].as_str().unwrap().starts_with("spend-requests approve"));
    chosen.map(|step| step["step"].to_string()).collect::<Vec<_>>().join(",")
}

impl InSlack {
    /// The message that a command ends with, as text.
    async fn checked(&mut self, user: &str, text: &str) -> String {
        let message = self.ask(user, text).await;
        let blocks = message["blocks"].as_array().unwrap_or_else(|| panic!("no blocks: {message}"));
        assert!(blocks.len() <= MOST_BLOCKS, "{text}: {} blocks", blocks.len());
        for block in blocks {
            let text = block["text"]["text"].as_str().unwrap_or_default();
            assert!(text.chars().count() <= LONGEST_TEXT, "{text}");
        }
        message.to_string()
    }

    /// Decides a request until it runs.
    async fn decided(&mut self, mut message: String) -> String {
        if let Some(operation) = operation_after(&message, "select ") {
            let writer = "slack:T1/WRITER".parse().expect("a principal");
            let numbers = selection(&self.server.service, &writer, operation).await;
            let line = format!("select {operation} {numbers} --reason job");
            message = self.checked("WRITER", &line).await;
        }
        if let Some(operation) = operation_after(&message, "approve ") {
            let line = format!("approve {operation}");
            message = self.checked("USECOND", &line).await;
        } else if let Some(operation) = operation_after(&message, "confirm ") {
            let line = format!("confirm {operation}");
            message = self.checked("WRITER", &line).await;
        }
        message
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_job_is_one_command_in_slack_and_leaves_nothing_for_a_second_time() {
    let policy = "@id(\"all\") permit(principal in Tenant::\"slack:T1\", action, resource);";
    let mut slack = InSlack::start(organization(), policy, None, None).await;
    for (command, proposes) in jobs() {
        let line = format!("{command} --reason job");
        let first = slack.checked("WRITER", &line).await;
        let done = slack.decided(first).await;
        let sent = writes(&slack.server.simulator).len();
        assert_eq!(sent > 0, proposes, "{line}: {done}");
        assert!(done.contains("Done.") || !proposes, "{line}: {done}");
        let again = slack.checked("WRITER", &line).await;
        for word in ["confirm ", "approve ", "select "] {
            assert_eq!(operation_after(&again, word), None, "{line}: something is left: {again}");
        }
        assert_eq!(writes(&slack.server.simulator).len(), sent, "{line}: {again}");
        slack.server.simulator.clear_requests();
    }
}

/// Runs a command on the terminal. Returns the exit code, and everything that it writes.
async fn on_terminal(folder: &Path, simulator: &RunningSimulator, line: &str) -> (Option<i32>, String) {
    let mut command = program();
    command
        .env("ANTHROPIC_BASE_URL", simulator.base_url())
        .env("ANTHROPIC_ADMIN_KEY", simulator.admin_key())
        .env("ANTHROPIC_OAUTH_TOKEN", simulator.oauth_token())
        .env("ANTHROPIC_SCOPED_KEY", simulator.scoped_key())
        .args(["run", "--config"])
        .arg(folder.join("claude-admin.toml"))
        .arg("--");
    command.args(shell_words(line));
    let ended = tokio::task::spawn_blocking(move || command.output().expect("it runs")).await.expect("it ends");
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    (ended.status.code(), format!("{out}{err}"))
}

/// The words of a command line of the documentation, as a shell reads them.
fn shell_words(line: &str) -> Vec<String> {
    let quoted = line.split('"').enumerate().flat_map(|(index, part)| match index % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    quoted.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_job_is_one_command_on_the_terminal_and_leaves_nothing_for_a_second_time() {
    let simulator = Simulator::start(organization()).await.expect("a loopback port is free");
    let folder = tempfile::tempdir().expect("a folder");
    let (policy, store) = (folder.path().join("policy.cedar"), folder.path().join("store.db"));
    std::fs::write(policy, support::EVERYBODY).expect("a file");
    let config = "[policy]\nfile = \"policy.cedar\"\n[store]\npath = \"store.db\"\n";
    std::fs::write(folder.path().join("claude-admin.toml"), config).expect("a file");
    // The second user, on another host with the same log.
    let sandbox = support::sandbox(&simulator.base_url(), support::credentials(&simulator), support::limits());
    let (plugin, library) = with_library(Plugin::embedded(&sandbox).expect("the component loads"), &[]);
    let plugin = Arc::new(plugin);
    let other = || {
        let host = host_on(&store, Arc::clone(&plugin), Arc::new(NoObserver));
        host.with_playbooks(Some(Arc::clone(&library)))
    };
    for (command, proposes) in jobs() {
        let line = format!("{command} --reason job");
        let (mut code, mut told) = on_terminal(folder.path(), &simulator, &line).await;
        if let Some(operation) = operation_after(&told, "select ") {
            let numbers = selection(&other(), &bob(), operation).await;
            let select = format!("select {operation} {numbers} --reason job");
            (code, told) = on_terminal(folder.path(), &simulator, &select).await;
        }
        if let Some(operation) = operation_after(&told, "approve ") {
            let done = type_as(&other(), &bob(), &format!("approve {operation}")).await;
            assert_eq!(done.outcome, Outcome::Done, "{line}: {}", text(&done));
        } else if let Some(operation) = operation_after(&told, "confirm ") {
            let confirm = format!("confirm {operation}");
            (code, told) = on_terminal(folder.path(), &simulator, &confirm).await;
            assert_eq!(code, Some(0), "{line}: {told}");
        } else {
            assert!(code == Some(0) && !proposes, "{line}: {told}");
        }
        let sent = writes(&simulator).len();
        assert_eq!(sent > 0, proposes, "{line}: {told}");
        let (code, again) = on_terminal(folder.path(), &simulator, &line).await;
        assert_eq!((code, writes(&simulator).len()), (Some(0), sent), "{line}: something is left: {again}");
        simulator.clear_requests();
    }
}
