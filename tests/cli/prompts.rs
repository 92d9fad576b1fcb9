//! Questions at the terminal: for missing arguments, and for the confirmation of a request. Output in a pager.

use super::command_line::claude_admin;
use super::on_terminal::OnTerminal;
use super::terminal::on_terminal;
use crate::support;
use claude_admin_simulator::RunningSimulator;
use rustix::process::Signal;
use serde_json::json;
use std::process::Command;

fn command(simulator: &RunningSimulator, words: &[&str]) -> Command {
    let mut command = claude_admin();
    command.env("ANTHROPIC_BASE_URL", simulator.base_url()).env("ANTHROPIC_ADMIN_KEY", simulator.admin_key());
    let folder = support::build_folder().join(format!("state-of-prompts-{}", fastrand::u64(..)));
    command.env("XDG_STATE_HOME", folder).args(words);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn write_is_confirmed_at_the_terminal() {
    let simulator = support::simulator().await;
    let mut terminal = OnTerminal::start(command(&simulator, &["workspaces", "create", "made-at-a-prompt"]));
    terminal.wait_for("No changes yet");
    assert_eq!(support::writes(&simulator), [] as [String; 0]);
    terminal.type_line("perhaps");
    terminal.wait_for("Enter leaves it pending");
    terminal.answer("yes");
    let (code, shown) = terminal.end();
    assert_eq!(code, Some(0), "{shown}");
    assert_eq!(support::writes(&simulator).len(), 1, "{shown}");
    assert!(shown.contains("made-at-a-prompt"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn write_is_cancelled_or_stays_pending_at_the_terminal() {
    let simulator = support::simulator().await;
    for (typed, code, words) in [("no", Some(0), "Cancelled"), ("", Some(6), "runs it later")] {
        let mut terminal = OnTerminal::start(command(&simulator, &["workspaces", "create", "not-made"]));
        terminal.type_line(typed);
        let (ended, shown) = terminal.end();
        assert!(shown.contains(words), "{typed}: {shown}");
        assert_eq!(ended, code, "{typed}: {shown}");
    }
    let terminal = OnTerminal::start(command(&simulator, &["workspaces", "create", "not-made"]));
    terminal.wait_for("\n> ");
    terminal.send(Signal::INT);
    assert_eq!(terminal.end().0, Some(6));
    assert_eq!(support::writes(&simulator), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_arguments_are_asked_for_until_they_are_valid() {
    let simulator = support::simulator().await;
    for line in [&["users", "update"][..], &["users update"]] {
        let mut terminal = OnTerminal::start(command(&simulator, line));
        terminal.wait_for("user-id (");
        terminal.answer(support::ADDRESS);
        terminal.wait_for("role (");
        terminal.answer("king");
        terminal.wait_for("`king` is not one of");
        terminal.answer("user");
        terminal.wait_for("Xiùyīng Li");
        terminal.type_line("no");
        let (code, shown) = terminal.end();
        assert_eq!(code, Some(0), "{shown}");
    }
    // Without a value, the error is the usual one.
    let mut terminal = OnTerminal::start(command(&simulator, &["users", "get"]));
    terminal.wait_for("user-id (");
    terminal.answer("");
    let (code, shown) = terminal.end();
    assert!(code == Some(2) && shown.contains("needs <user-id>"), "{shown}");
    // A playbook has arguments too.
    let mut terminal = OnTerminal::start(command(&simulator, &["offboard"]));
    terminal.wait_for("who (");
    terminal.answer("");
    assert_eq!(terminal.end().0, Some(2));
    assert_eq!(support::writes(&simulator), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn file_that_can_be_read_only_once_is_read_once() {
    let simulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let writer = pipe.clone();
    std::thread::spawn(move || std::fs::write(writer, format!("user_id,role\n{},user\n", support::MEMBER)));
    let path = pipe.to_str().unwrap();
    let (code, shown) = OnTerminal::start(command(&simulator, &["users", "update", "--from", path, "--dry-run"])).end();
    assert!(code == Some(0) && shown.contains("This is a dry run"), "{code:?}: {shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_are_asked_nothing() {
    let simulator = support::simulator().await;
    for (words, code) in [
        (&["--no-input", "users", "get"][..], 2),
        (&["--no-input", "workspaces", "create", "not-made"], 6),
        (&["workspaces", "create", "not-made", "-o", "json"], 6),
        (&["users", "get", "-o", "json"], 2),
    ] {
        let (ended, shown) = OnTerminal::start(command(&simulator, words)).end();
        assert_eq!(ended, Some(code), "{words:?}: {shown}");
        assert!(!shown.contains("\n> ") && !shown.contains("): "), "{words:?}: {shown}");
    }
    assert_eq!(support::writes(&simulator), [] as [String; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_of_a_long_read_into_a_file_is_shown_and_cleared() {
    let simulator = support::simulator().await;
    simulator.inject(serde_json::from_value(json!({ "times": 1000, "delay_ms": 400 })).unwrap());
    // Only standard input and standard error are the terminal.
    let words = ["users", "list", "--all", "--limit", "5", "--output", "csv"];
    let (code, shown) = OnTerminal::start(command(&simulator, &words)).end();
    assert_eq!(code, Some(0), "{shown}");
    let (progress, rest) = shown.rsplit_once("\r\u{1b}[K").expect("a line that is cleared");
    assert!(progress.contains("10 items read") && !rest.contains("items read"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pager_shows_what_the_terminal_would_show() {
    let simulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("paged");
    let paged = |flags: &[&str], words: &[&str]| {
        let _ = std::fs::remove_file(&file);
        let mut command = command(&simulator, &[flags, words].concat());
        command.env_remove("CLAUDE_ADMIN_PAGER").env("PAGER", format!("cat > '{}'; true", file.display()));
        let shown = on_terminal(command, 80);
        (shown, std::fs::read_to_string(&file).unwrap_or_default())
    };
    for words in [&["users", "list", "--limit", "3"][..], &["users", "list", "--all", "--limit", "10"]] {
        let (shown, in_pager) = paged(&[], words);
        assert!(!shown.contains("EMAIL") && in_pager.contains("EMAIL"), "{words:?}: {shown}");
        assert_eq!(paged(&["--no-pager"], words), (in_pager, String::new()), "{words:?}");
    }
    // The output is the same with a pager that does not exist. A pager can also end without a read.
    for pager in ["true", "no-such-program"] {
        let mut command = command(&simulator, &["users", "list", "--all", "--limit", "10"]);
        command.env_remove("CLAUDE_ADMIN_PAGER").env("PAGER", pager);
        let shown = on_terminal(command, 80);
        assert_eq!(shown.contains("EMAIL"), pager != "true", "{pager}: {shown}");
    }
}
