//! A reply can advise its reader to run a command. Each such command can be run where the reply is shown.

use super::command_line::{claude_admin, stderr, stdout};
use crate::support::{self, ada, bob};
use claude_admin::command::Markup;
use claude_admin::document::{Block, Document};
use claude_admin::identity::{Place, Principal};
use claude_admin::service::{Input, Outcome, Reply, Request, Service};
use std::process::Command;

/// Commands whose replies give advice: about pending requests, denials, invalid input and incomplete lists.
const ASKED: [&str; 16] = [
    "users list --limit 2",
    "users list --all",
    "users get user_none",
    "users get nobody@example.com",
    "users lst",
    "users list --role wizard",
    "invites create advice@example.com user",
    "invites create advice@example.com user --dry-run",
    "users remove user_01WCz1FkmYMm4gnmykNKUu3Q",
    "users remove user_01WCz1FkmYMm4gnmykNKUu3Q --reason x",
    "confirm zzzz",
    "pending",
    "audit verify",
    "audit nothing",
    "can-i users remove user_01WCz1FkmYMm4gnmykNKUu3Q --explain",
    "help users",
];

/// The commands in backquotes in a text.
fn quoted(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split('`').skip(1).step_by(2).map(str::to_owned)
}

/// All commands that a document advises: in its sentences, in its list of commands, and after its rows.
fn advised(document: &Document) -> Vec<String> {
    let mut found: Vec<String> = document.footer.iter().flat_map(|line| quoted(line)).collect();
    for block in &document.blocks {
        match block {
            Block::Notice(notice) => {
                found.extend(notice.hint.iter().flat_map(|hint| quoted(hint)));
            }
            Block::Choices(choices) => {
                found.extend(choices.choices.iter().map(|(choice, _)| choices.command(*choice)));
            }
            Block::Table(table) => found.extend(table.command_after(table.rows.len())),
            _ => {}
        }
    }
    found
}

/// A command as a person would complete it. None if a word of it is a placeholder for a value that only the person
/// knows, if it is for the command line of the host, or if it is only a word of a command.
fn typed(advised: &str) -> Option<String> {
    let line = advised.replace('…', "because");
    let is_placeholder = |word: &str| word.len() > 1 && word.chars().all(|c| c.is_ascii_uppercase());
    let is_command = line.contains(' ') || ["pending", "help", "status", "whoami", "policy"].contains(&line.as_str());
    let is_typed = is_command && !line.starts_with("claude-admin") && !line.starts_with(['-', '"', '<']);
    (is_typed && !line.split(' ').any(is_placeholder)).then(|| line.replace("can-i because", "can-i users list"))
}

async fn ask(service: &Service, principal: Principal, place: Place, line: &str) -> Reply {
    let input = Input::Text { line: line.to_owned(), markup: Markup::None };
    service.handle(Request { principal, place, input, delivery: None, format: None }).await
}

#[tokio::test(flavor = "multi_thread")]
async fn advised_commands_can_be_run_where_they_were_advised() {
    const POLICY: &str = r#"@id("all") permit(principal, action, resource);"#;
    let program = (Principal::http("bot").unwrap(), Principal::http("other").unwrap(), Place::http());
    let person = (ada(), bob(), Place::terminal());
    let slack = |user: &str| Principal::slack("T1", user).unwrap();
    let chat = (slack("U1"), slack("U2"), Place::slack("T1", Some("C1")).unwrap());
    let mut run = 0;
    for (asker, other, place) in [program, person, chat] {
        for line in ASKED {
            let (_simulator, service) = support::host(POLICY, &[]).await;
            let reply = ask(&service, asker.clone(), place.clone(), line).await;
            for line_of_advice in advised(&reply.document).iter().filter_map(|advised| typed(advised)) {
                let is_for_others = ["approve ", "deny "].iter().any(|word| line_of_advice.starts_with(word));
                let who = if is_for_others { other.clone() } else { asker.clone() };
                let followed = ask(&service, who, place.clone(), &line_of_advice).await;
                assert!(
                    !matches!(followed.outcome, Outcome::Usage | Outcome::NotFound | Outcome::Denied),
                    "{place:?}: `{line}` advises `{line_of_advice}`: {}",
                    support::text(&followed)
                );
                run += 1;
            }
        }
    }
    assert!(run > 30, "only {run} commands were advised");
}

#[test]
fn simulation_of_one_command_advises_nothing_that_needs_another() {
    for (words, advice) in [
        (&["invites", "create", "a@example.com", "user"][..], "run the command again with --yes"),
        (&["users", "remove", "user_01WCz1FkmYMm4gnmykNKUu3Q", "--reason", "x"], "no other user can give it"),
    ] {
        for format in ["text", "json", "markdown"] {
            let output = claude_admin().args(["run", "-o", format, "--"]).args(words).output().unwrap();
            let said = format!("{}{}", stdout(&output), stderr(&output));
            let words = said.split_whitespace().collect::<Vec<_>>().join(" ").replace('\\', "");
            assert!(words.contains(advice), "{said}");
            for impossible in ["`confirm ", "`approve ", "`deny ", "\nconfirm ", "\napprove "] {
                assert!(!said.contains(impossible), "{impossible}: {said}");
            }
        }
    }
    let confirmed =
        claude_admin().args(["run", "--", "invites", "create", "a@example.com", "user", "--yes"]).output().unwrap();
    assert!(confirmed.status.success(), "{}", stderr(&confirmed));
}

/// Runs a line in a shell.
fn shell(line: &str, folder: &std::path::Path) -> Command {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_claude-admin")).parent().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let paths = [program.to_owned()].into_iter().chain(std::env::split_paths(&path));
    let like = claude_admin();
    let mut command = Command::new("sh");
    for (name, value) in like.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(["-c", line]).env("PATH", std::env::join_paths(paths).unwrap()).current_dir(folder);
    command
}

#[test]
fn commands_printed_by_init_work_as_printed() {
    for name in [".", "admin", "my admin's"] {
        let folder = tempfile::tempdir().unwrap();
        let quoted = format!("\"{name}\"");
        let printed = shell(&format!("claude-admin init {quoted}"), folder.path()).output().unwrap();
        assert!(printed.status.success(), "{}", stderr(&printed));
        let config = folder.path().join(name).join("claude-admin.toml");
        let text = std::fs::read_to_string(&config).unwrap().replace("127.0.0.1:8080", "127.0.0.1:0");
        std::fs::write(&config, text).unwrap();
        let printed = stdout(&printed);
        let lines: Vec<&str> = printed.lines().filter_map(|line| line.strip_prefix("  ")).collect();
        assert_eq!(lines.len(), 4, "{printed}");
        for line in lines {
            if line.starts_with("claude-admin serve") {
                // `exec` replaces the shell by the host, so the host ends with this process.
                let (_running, begun) =
                    super::command_line::start(&mut shell(&format!("exec {line}"), folder.path()), 1);
                assert!(begun[0].starts_with("listening on http://"), "{begun:?}");
            } else {
                let output = shell(line, folder.path()).output().unwrap();
                assert!(output.status.success(), "{line}: {}{}", stdout(&output), stderr(&output));
            }
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let token = std::fs::metadata(folder.path().join(name).join("automation.token")).unwrap();
            assert_eq!(token.permissions().mode() & 0o077, 0, "the token is for its owner alone");
        }
    }
}

#[test]
fn one_rule_finds_the_configuration_of_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let (here, elsewhere) = (folder.path().join("here"), folder.path().join("elsewhere"));
    std::fs::create_dir(&here).unwrap();
    let whoami = shell("claude-admin run -o json -- whoami", &here).output().unwrap();
    let whoami: serde_json::Value = serde_json::from_slice(&whoami.stdout).unwrap();
    let me = whoami["principal"].as_str().unwrap().to_owned();
    for (place, group) in [(&here, "of-here"), (&elsewhere, "of-elsewhere")] {
        std::fs::create_dir_all(place).unwrap();
        let text = format!(
            "[upstream]\nsimulate = true\n[groups]\n{group} = [\"{me}\"]\n[[http.clients]]\nname = \"{group}\"\ntoken_env = \"UNSET\"\n"
        );
        std::fs::write(place.join("claude-admin.toml"), text).unwrap();
        let policy =
            format!("@id(\"p\") permit(principal in Group::\"{group}\", action in Action::\"read\", resource);");
        std::fs::write(place.join("policy.cedar"), policy).unwrap();
    }
    let file = elsewhere.join("claude-admin.toml");
    let named = file.to_str().unwrap();
    let run = |line: &str, variable: Option<&str>| {
        let mut command = shell(line, &here);
        command.env_remove("CLAUDE_ADMIN_CONFIG");
        if let Some(variable) = variable {
            command.env("CLAUDE_ADMIN_CONFIG", variable);
        }
        let output = command.output().unwrap();
        format!("{}{}", stdout(&output), stderr(&output))
    };
    // The output shows which configuration the command uses: by its store, its groups, its clients or its policy.
    for line in
        ["claude-admin audit tail", "claude-admin run -- whoami", "claude-admin serve", "claude-admin policy check"]
    {
        assert!(!run(line, None).contains("elsewhere"), "{line}: {}", run(line, None));
        let flag = format!("{} --config '{named}'", line.replace(" -- whoami", ""))
            + if line.ends_with("whoami") { " -- whoami" } else { "" };
        for found in [run(line, Some(named)), run(&flag, None), run(&flag, Some("/nonexistent.toml"))] {
            assert!(found.contains("elsewhere"), "{line}: {found}");
        }
    }
    for line in [
        "claude-admin audit tail",
        "claude-admin run -- whoami",
        "claude-admin mcp </dev/null",
        "claude-admin serve",
        "claude-admin policy check",
        "claude-admin policy test tests.toml",
        "claude-admin policy schema",
        "claude-admin complete -- users li",
    ] {
        let missing = run(line, Some("/nonexistent.toml"));
        assert!(missing.contains("/nonexistent.toml"), "{line}: {missing}");
    }
    for line in ["claude-admin serve", "claude-admin policy check", "claude-admin policy test tests.toml"] {
        let none = run(line, Some(""));
        assert!(none.contains("there is no configuration"), "{line}: {none}");
    }
    std::fs::write(here.join("claude-admin.toml"), "[upstream]\nbase_url = \"https://evil.example\"\n").unwrap();
    for line in ["claude-admin run -- users list", "claude-admin mcp </dev/null", "claude-admin serve"] {
        let refused = run(line, None);
        assert!(refused.contains("upstream.base_url") && refused.contains("--config"), "{line}: {refused}");
    }
}
