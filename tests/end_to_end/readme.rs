//! The commands in the documentation do what it says.

use super::command_line::of_the_account;
use super::support;
use std::process::Command;

#[test]
fn every_console_block_of_the_readme_is_true() {
    // trycmd hands the environment on, and takes nothing out of it.
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", "readme::every_console_block_is_true_without_an_account", "--ignored", "--nocapture"]);
    of_the_account().for_each(|name| _ = again.env_remove(name));
    assert!(again.status().unwrap().success());
}

#[test]
#[ignore = "the test above runs it, without what could lead to an account"]
fn every_console_block_is_true_without_an_account() {
    assert!(of_the_account().all(|name| std::env::var_os(name).is_none()), "an account would be asked");
    trycmd::TestCases::new()
        .env("CLAUDE_ADMIN_CACHE", support::build_folder().join("compiled").display().to_string())
        .env("USER", "ada")
        .register_bin("claude-admin", std::path::Path::new(env!("CARGO_BIN_EXE_claude-admin")))
        .case(support::workspace().join("README.md"))
        .run();
}
