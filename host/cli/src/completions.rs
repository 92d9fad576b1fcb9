//! `claude-admin completions`: completion scripts for shells.

use super::Cli;
use clap::CommandFactory;
use clap_complete::Shell;

const PROGRAM: &str = "claude-admin";
/// The bash function that completes the words after `run --`. `GENERATED` is the function that completes all other
/// words.
const BASH: &str = include_str!("completions/bash.sh");

/// The script for a shell.
pub(super) fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), PROGRAM, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    // `clap_complete` does not guarantee the name of the generated function, so it is read from the script.
    match (shell, script.split("complete -F ").nth(1).and_then(|rest| rest.split_whitespace().next())) {
        // If the name of the program has a hyphen, the generated cases contain the subcommand mark twice and match
        // nothing.
        (Shell::Bash, Some(generated)) => {
            let cases = script.replace("claude__subcmd__admin", "claude__admin");
            format!("{cases}{}", BASH.replace("GENERATED", generated))
        }
        _ => script,
    }
}
