//! `claude-admin completions`: completion scripts for shells.

use super::Cli;
use clap::CommandFactory;
use clap_complete::Shell;

const PROGRAM: &str = "claude-admin";
/// The functions that complete the words of a command. `GENERATED` is the function that completes all other words, and
/// `SUBCOMMANDS` are the subcommands of the program.
const BASH: &str = include_str!("completions/bash.sh");
const ZSH: &str = include_str!("completions/zsh.sh");
const FISH: &str = include_str!("completions/fish.fish");

/// The script for a shell.
pub(super) fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), PROGRAM, &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    let program = Cli::command();
    let subcommands: Vec<&str> = program.get_subcommands().map(clap::Command::get_name).collect();
    let own = |text: &str| text.replace("SUBCOMMANDS", &subcommands.join(" "));
    // `clap_complete` does not guarantee the name of the generated function, so it is read from the script.
    match (shell, script.split("complete -F ").nth(1).and_then(|rest| rest.split_whitespace().next())) {
        // If the name of the program has a hyphen, the generated cases contain the subcommand mark twice and match
        // nothing.
        (Shell::Bash, Some(generated)) => {
            let cases = script.replace("claude__subcmd__admin", "claude__admin");
            format!("{cases}{}", own(BASH).replace("GENERATED", generated))
        }
        (Shell::Zsh, _) => script + &own(ZSH),
        (Shell::Fish, _) => script + &own(FISH),
        _ => script,
    }
}
