//! `claude-admin completions`: scripts for shells.

use super::Cli;
use clap::CommandFactory;
use clap_complete::Shell;

const PROGRAM: &str = "claude-admin";
/// What completes the words after `run --` in bash; `GENERATED` is the function that completes everything else.
const BASH: &str = include_str!("completions/bash.sh");

/// The script for a shell.
pub(super) fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), PROGRAM, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    // The name of the generated function is not promised: the script itself says which one it is.
    match (shell, script.split("complete -F ").nth(1).and_then(|rest| rest.split_whitespace().next())) {
        // The generated cases double the mark of a subcommand where the name of the program has a hyphen, and then match
        // nothing.
        (Shell::Bash, Some(generated)) => {
            let cases = script.replace("claude__subcmd__admin", "claude__admin");
            format!("{cases}{}", BASH.replace("GENERATED", generated))
        }
        _ => script,
    }
}
