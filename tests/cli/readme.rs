//! The commands in the README and in the chapters do what they say.

use super::command_line::{of_the_account, stderr, stdout};
use crate::support;
use std::process::Command;

#[test]
fn console_blocks_of_the_documentation_are_true() {
    if of_the_account().any(|name| std::env::var_os(name).is_some()) {
        return without_the_account("cli::readme::console_blocks_of_the_documentation_are_true");
    }
    trycmd::TestCases::new()
        .env("CLAUDE_ADMIN_CACHE", support::build_folder().join("compiled").display().to_string())
        .env("USER", "ada")
        .register_bin("claude-admin", std::path::Path::new(env!("CARGO_BIN_EXE_claude-admin")))
        .case(support::workspace().join("README.md"))
        .case(support::workspace().join("docs/**/*.md"))
        .run();
}

/// Runs a test again in a separate process, because trycmd passes the environment on and cannot remove variables from
/// it.
fn without_the_account(test: &str) {
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", test, "--nocapture"]);
    of_the_account().for_each(|name| _ = again.env_remove(name));
    let output = again.output().unwrap();
    assert!(output.status.success() && stdout(&output).contains("1 passed"), "{}{}", stdout(&output), stderr(&output));
}
