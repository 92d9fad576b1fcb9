//! The output of the binary on a pseudo-terminal of a given width, with text from outside that contains control
//! characters.

use super::command_line::claude_admin;
use crate::support;
use claude_admin::render::visible;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::json;
use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

/// Runs a program on a terminal, and returns the output of both streams to the terminal.
pub(super) fn on_terminal(mut command: Command, columns: u16) -> String {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    tcsetwinsize(&theirs, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    command.stdin(Stdio::null()).stdout(theirs.try_clone().unwrap()).stderr(theirs);
    let mut child = command.spawn().unwrap();
    // The terminal ends when no process uses it.
    drop(command);
    let (mut written, mut buffer) = (Vec::new(), [0; 4096]);
    let mut ours = File::from(ours);
    while let Ok(read @ 1..) = ours.read(&mut buffer) {
        written.extend_from_slice(&buffer[..read]);
    }
    child.wait().unwrap();
    String::from_utf8(written).unwrap().replace("\r\n", "\n")
}

/// A line without the style that the program gives to whole lines.
fn plain(line: &str) -> &str {
    let styled = ["1", "2", "31", "33"].iter().find_map(|code| {
        let rest = line.strip_prefix("\u{1b}[")?.strip_prefix(code)?;
        rest.strip_prefix('m')?.strip_suffix("\u{1b}[0m")
    });
    styled.unwrap_or(line)
}

/// The width of a line.
fn width(line: &str) -> usize {
    plain(line).chars().count()
}

const HOSTILE: &str = "a\u{1b}[31mred\u{9b}2J\u{202e}evil\u{7}\r\n=1+1";

#[tokio::test(flavor = "multi_thread")]
async fn text_from_outside_steers_no_terminal_in_any_format() {
    let simulator = support::simulator().await;
    for format in ["text", "csv", "json", "markdown"] {
        for words in [
            &["users", "list", "--limit", "3"][..],
            &["users", "get", support::MEMBER],
            &["users", "list", "--all", "--limit", "10"],
        ] {
            let place = if words[1] == "get" { "/name" } else { "/data/0/name" };
            let set = json!({ place: HOSTILE });
            simulator
                .inject(serde_json::from_value(json!({ "times": 1, "effect": { "patch": { "set": set } } })).unwrap());
            let mut command = claude_admin();
            command.env("ANTHROPIC_BASE_URL", simulator.base_url()).env("ANTHROPIC_ADMIN_KEY", simulator.admin_key());
            command.args(["run", "-o", format, "--"]).args(words);
            let written = tokio::task::spawn_blocking(move || on_terminal(command, 80)).await.unwrap();
            assert!(written.contains("red"), "{format} {words:?}: {written}");
            for line in written.lines() {
                assert_eq!(visible(plain(line)), plain(line), "{format} {words:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn error_from_outside_steers_no_terminal() {
    let simulator = support::simulator().await;
    for format in ["text", "csv", "json", "markdown"] {
        let status = json!({ "code": 400, "message": HOSTILE });
        simulator.inject(serde_json::from_value(json!({ "times": 1, "effect": { "status": status } })).unwrap());
        let mut command = claude_admin();
        command.env("ANTHROPIC_BASE_URL", simulator.base_url()).env("ANTHROPIC_ADMIN_KEY", simulator.admin_key());
        command.args(["--log", "text", "run", "-o", format, "--", "users", "list"]).env("NO_COLOR", "1");
        let written = tokio::task::spawn_blocking(move || on_terminal(command, 80)).await.unwrap();
        assert!(written.contains("evil"), "{format}: {written}");
        for line in written.lines() {
            assert_eq!(visible(plain(line)), plain(line), "{format}");
        }
    }
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for columns in [40, 80, 132] {
        for words in [
            &["run", "--", "activities", "list", "--limit", "3"][..],
            &["run", "--", "rate-limits", "list"],
            &["run", "--", "users", "list", "--all", "--limit", "10"],
            &["run", "--", "cost", "report", "2026-11-01..2026-11-02", "--group-by", "description"],
            &["run", "--", "users", "remove", support::MEMBER, "--dry-run"],
            &["run", "--", "users", "get", "user_none"],
            &["run", "--", "help"],
            &["run", "--", "help", "usage", "messages"],
        ] {
            let mut command = claude_admin();
            command.args(words);
            for line in on_terminal(command, columns).lines() {
                // This line is not part of the output.
                if !line.starts_with("SIMULATED") {
                    assert!(width(line) <= usize::from(columns), "{words:?} on {columns}: {line}");
                }
            }
        }
    }
}

#[test]
fn columns_that_are_asked_for_are_shown_on_a_narrow_terminal() {
    let mut command = claude_admin();
    command.args(["run", "--", "users", "list", "--limit", "1", "--columns", "id,email,name,role,added_at"]);
    let written = on_terminal(command, 40);
    for head in ["ID", "EMAIL", "NAME", "ROLE", "ADDED"] {
        assert!(written.contains(head), "{written}");
    }
    assert!(!written.contains("Not shown"), "{written}");
    let mut command = claude_admin();
    command.args(["run", "--", "api-keys", "list", "--limit", "1"]);
    assert!(on_terminal(command, 40).contains("Not shown"));
}

#[test]
fn log_is_colored_unless_no_color_is_set_or_term_is_dumb() {
    let log = |variables: &[(&str, &str)]| {
        let mut command = claude_admin();
        command.args(["--log", "text", "run", "--", "whoami"]).env("TERM", "xterm-256color").env_remove("NO_COLOR");
        command.envs(variables.iter().copied());
        on_terminal(command, 80)
    };
    assert!(log(&[]).contains("\u{1b}["), "{}", log(&[]));
    assert!(log(&[("NO_COLOR", "")]).contains("\u{1b}["));
    for variables in [[("NO_COLOR", "1")], [("TERM", "dumb")]] {
        assert!(!log(&variables).contains('\u{1b}'), "{variables:?}: {}", log(&variables));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_of_a_run_is_one_line_that_is_cleared() {
    let simulator = support::simulator().await;
    let slow = json!({ "times": 1000, "method": "POST", "delay_ms": 400 });
    simulator.inject(serde_json::from_value(slow).unwrap());
    let mut command = claude_admin();
    command.env("ANTHROPIC_BASE_URL", simulator.base_url()).env("ANTHROPIC_ADMIN_KEY", simulator.admin_key());
    command.args(["run", "--", "users", "update", "--where", "users list --role developer", "--role", "user", "--yes"]);
    let written = tokio::task::spawn_blocking(move || on_terminal(command, 120)).await.unwrap();
    let (shown, rest) = written.rsplit_once("\r\u{1b}[K").expect("a line that is cleared");
    assert!(shown.contains(" of 9 steps ended"), "{written}");
    assert!(rest.contains("9 of 9 steps done") && !rest.contains("steps ended"), "{written}");
}
