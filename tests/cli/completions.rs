//! Completion, in each shell that is offered and installed here.

use super::command_line::{claude_admin, output, stdout};
use std::process::Command;

/// The output of a shell that loads the completions and completes `claude-admin` and some words.
fn completed(shell: &str, script: &str) -> Option<String> {
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_claude-admin")).parent().unwrap().to_owned();
    let paths = std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH")?)));
    let mut command = Command::new(shell);
    command.env("PATH", paths.unwrap()).env("CLAUDE_ADMIN_CONFIG", "");
    match command.args(["-c", script]).output() {
        Ok(output) => {
            let said = format!("{}{}", stdout(&output), super::command_line::stderr(&output));
            assert!(output.status.success(), "{shell}: {said}");
            Some(said)
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("left out: there is no {shell} here");
            None
        }
        Err(error) => panic!("{shell}: {error}"),
    }
}

fn offers(said: &str, word: &str) {
    assert!(said.split_whitespace().any(|offered| offered == word), "`{word}` is not offered: {said}");
}

/// Completes a line in bash, whose last word is the one to complete.
fn in_bash(words: &str) -> String {
    let script = format!(
        "eval \"$(claude-admin completions bash)\"\n\
         COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)) COMP_LINE=\"{words}\" COMP_POINT=${{#COMP_LINE}}\n\
         $(complete -p claude-admin | sed 's/.*-F \\([^ ]*\\).*/\\1/') claude-admin \"${{COMP_WORDS[COMP_CWORD]}}\" \"${{COMP_WORDS[COMP_CWORD-1]}}\"\n\
         printf '%s\\n' \"${{COMPREPLY[@]}}\""
    );
    completed("bash", &script).unwrap_or_default()
}

#[test]
fn bash_completes_subcommands_flags_and_the_words_of_a_command() {
    if completed("bash", "true").is_none() {
        return;
    }
    offers(&in_bash("claude-admin r"), "run");
    offers(&in_bash("claude-admin run --con"), "--config");
    offers(&in_bash("claude-admin run -- use"), "users");
    offers(&in_bash("claude-admin run -- users li"), "list");
    offers(&in_bash("claude-admin use"), "users");
    offers(&in_bash("claude-admin users li"), "list");
    offers(&in_bash("claude-admin users update user_1 bil"), "billing");
    // Bash itself splits a word at `=`.
    offers(&in_bash("claude-admin run -- users list --output = js"), "json");
    offers(&in_bash("claude-admin run -- users update --output = json user_1 bil"), "billing");
}

/// Completes a line in zsh, and shows what its completion system would offer.
fn in_zsh(words: &str) -> Option<String> {
    let script = format!(
        "autoload -Uz compinit && compinit -u -D && source <(claude-admin completions zsh) \
         && words=({words}) CURRENT=${{#words}} && compadd() {{ print -rl -- $@ }} \
         && _describe() {{ print -rl -- ${{(P)${{@[-1]}}}} ${{(P)4}} }} \
         && _claude-admin_words 2>/dev/null; true"
    );
    completed("zsh", &script)
}

#[test]
fn zsh_completes_subcommands_and_the_words_of_a_command() {
    // The words of subcommands are generated.
    let generated = "autoload -Uz compinit && compinit -u -D && source <(claude-admin completions zsh) \
         && _describe() { print -rl -- ${(P)${@[-1]}} ${(P)4} } && _claude-admin_commands; true";
    let Some(said) = completed("zsh", generated) else { return };
    assert!(said.contains("run:"), "{said}");
    for (words, word) in
        [("claude-admin use", "users:"), ("claude-admin users li", "list:"), ("claude-admin run -- users li", "list:")]
    {
        let Some(said) = in_zsh(words) else { return };
        assert!(said.contains(word), "{words}: {said}");
    }
}

#[test]
fn fish_completes_subcommands_flags_and_the_words_of_a_command() {
    for (words, word) in [
        ("claude-admin r", "run"),
        ("claude-admin run --con", "--config"),
        ("claude-admin use", "users"),
        ("claude-admin users li", "list"),
        ("claude-admin run -- users li", "list"),
    ] {
        let script = format!("claude-admin completions fish | source; complete -C '{words}'");
        let Some(said) = completed("fish", &script) else { return };
        offers(&said, word);
    }
}

#[test]
fn script_of_each_shell_is_read_without_a_complaint() {
    for (shell, check) in
        [("bash", "bash -n"), ("zsh", "zsh -n"), ("fish", "fish -n"), ("elvish", "elvish -compileonly"), ("pwsh", "")]
    {
        let name = if shell == "pwsh" { "powershell" } else { shell };
        let script = output(&["completions", name]);
        assert!(script.status.success() && stdout(&script).contains("claude-admin"), "{shell}");
        let Some((program, flag)) = check.split_once(' ') else { continue };
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("script");
        std::fs::write(&file, &script.stdout).unwrap();
        match Command::new(program).arg(flag).arg(&file).output() {
            Ok(read) => assert!(read.status.success(), "{shell}: {}", super::command_line::stderr(&read)),
            Err(_) => println!("left out: there is no {shell} here"),
        }
    }
    // The words after `run --` come from the program itself.
    let mut complete = claude_admin();
    let words = complete.env("CLAUDE_ADMIN_CONFIG", "").args(["complete", "--", "users", "li"]).output().unwrap();
    assert!(stdout(&words).starts_with("list\t"), "{}", stdout(&words));
}
