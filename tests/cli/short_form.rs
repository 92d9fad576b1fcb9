//! Commands without `run --`.

use super::command_line::{claude_admin, output, stderr, stdout};

#[test]
fn command_without_run_is_the_same_command() {
    for words in [
        &["users", "list", "--limit", "2"][..],
        &["users", "list", "--limit", "2", "-o", "json"],
        &["help", "users", "list"],
        &["users", "remove", "--help"],
        &["whoami"],
        &["users list --limit 2"],
        &["list", "users", "--limit", "1"],
        &["users", "get", "user_none"],
    ] {
        let (short, long) = (output(words), output(&[&["run", "--"], words].concat()));
        assert_eq!((stdout(&short), stderr(&short)), (stdout(&long), stderr(&long)), "{words:?}");
        assert_eq!(short.status.code(), long.status.code(), "{words:?}");
    }
}

#[test]
fn subcommand_wins_and_a_typo_of_one_is_recognized() {
    // The chat has `policy` too.
    assert!(stderr(&output(&["policy"])).contains("Usage: claude-admin policy"));
    for (typed, meant) in [("serv", "serve"), ("dmeo", "demo"), ("playbok", "playbook")] {
        let refused = output(&[typed]);
        assert_eq!(refused.status.code(), Some(2), "{typed}");
        assert!(stderr(&refused).contains(&format!("Did you mean `claude-admin {meant}`?")), "{}", stderr(&refused));
    }
    // The error names the nouns: this is no subcommand.
    let refused = output(&["uesrs", "list"]);
    assert!(stderr(&refused).contains("Did you mean `users`?"), "{}", stderr(&refused));
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn color_is_in_a_pipe_only_if_it_is_asked_for() {
    let colored = |flags: &[&str]| {
        let words = [flags, &["users", "list", "--limit", "1"]].concat();
        let output = claude_admin().env_remove("NO_COLOR").env("COLUMNS", "100").args(words).output().unwrap();
        stdout(&output).contains('\u{1b}')
    };
    assert!(!colored(&[]) && !colored(&["--color", "auto"]) && !colored(&["--color", "never"]));
    assert!(colored(&["--color", "always"]));
}

#[test]
fn manual_page_names_the_subcommands() {
    let page = stdout(&output(&["man"]));
    for part in [".TH claude-admin 1", "claude\\-admin\\-serve(1)", "ANTHROPIC_ADMIN_KEY"] {
        assert!(page.contains(part), "{part}: {page}");
    }
}
