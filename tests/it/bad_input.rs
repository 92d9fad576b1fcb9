//! Bad input: a clear error that says what to type instead, and no request.

use crate::support::{self, text, type_in};
use claude_admin::service::Outcome;

/// Types each line. Each must fail with these words, and no request can reach the API.
async fn refused(cases: &[(&str, &[&str])]) {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for (line, words) in cases {
        let reply = type_in(&service, line).await;
        let text = text(&reply);
        assert_eq!(reply.outcome, Outcome::Usage, "{line}: {text}");
        for word in *words {
            assert!(text.contains(word), "{line}: `{word}` is not in: {text}");
        }
    }
    assert_eq!(simulator.requests(), [], "something was sent");
}

#[tokio::test]
async fn unknown_words_name_the_nearest_known() {
    refused(&[
        ("uesrs list", &["no `uesrs`", "`users`"]),
        ("users lits", &["has no `lits`", "users list"]),
        ("bananas peel", &["no `bananas`", "organization", "users"]),
        ("remove user_1", &["The noun comes first", "`users remove`"]),
        ("settings configure", &["no `settings`"]),
        ("users list --lmit 5", &["no flag --lmit", "--limit"]),
        ("users list --frobnicate", &["no flag --frobnicate", "Usage"]),
        ("users frobnicate", &["It has: list, get, update, sign-out, remove"]),
    ])
    .await;
}

#[tokio::test]
async fn arguments_that_are_missing_extra_or_mistyped_are_named() {
    refused(&[
        ("users get", &["needs <user-id>", "user_"]),
        ("invites create ada@example.com", &["needs <role>", "user, developer"]),
        ("users get user_1 user_2", &["`user_2` is one argument too many"]),
        ("users list --limit many", &["limit", "whole number"]),
        ("users list --limit -5", &["limit", "whole number"]),
        ("users list --limit 0", &["limit", "1 to 1000"]),
        ("users list --limit 5000", &["limit", "1 to 1000"]),
        ("users list --limit", &["--limit needs a value"]),
        ("users list --limit 5 --limit 6", &["limit is given twice"]),
        ("users list --email not-an-address", &["email", "e-mail address"]),
        ("users get wrkspc_01ABC", &["workspace id", "user_"]),
        ("workspaces create x --display-color blue", &["#6C5BB9"]),
        ("workspaces create x --tag team", &["KEY=VALUE"]),
        ("workspaces list --include-archived=maybe", &["true or false"]),
        ("users list -o xml", &["xml", "csv"]),
        ("users list --columns id,shoe-size", &["shoe_size", "email"]),
        ("users list --yes=sure", &["--yes takes no value"]),
        ("workspaces create x --no-name", &["--no-name"]),
        ("workspaces update wrkspc_1", &["nothing to change", "--tags"]),
        ("api-keys update apikey_1", &["nothing to change", "--status"]),
        ("workspaces update wrkspc_1 --tag a=1 --no-tag a", &["tags is given twice"]),
        ("workspaces update wrkspc_1 --tag a=1 --tag a=2", &["tags is given twice"]),
        ("users list --roles=", &["it is empty"]),
        ("help help", &["no `help`"]),
        ("workspaces update wrkspc_1 --data-residency '{}' --default-inference-geo us", &["both are given"]),
    ])
    .await;
}

#[tokio::test]
async fn a_word_that_is_not_in_the_set_lists_those_that_are() {
    refused(&[
        ("users list --role wizard", &["wizard", "developer", "claude_code_user"]),
        ("users update user_1 admin", &["admin", "developer", "billing"]),
        ("invites list --status lost", &["pending, accepted, expired"]),
        ("api-keys update apikey_1 --status expired", &["active, inactive, archived"]),
        ("workspaces create x --allowed-inference-geos mars", &["mars"]),
    ])
    .await;
}

#[tokio::test]
async fn text_that_no_command_can_be_is_refused_unread() {
    let long = format!("users list {}", "x".repeat(100_000));
    let many = format!("users list {}", "a ".repeat(300));
    refused(&[
        (&long, &["longer than 3000 characters"]),
        (&many, &["more than 200 words"]),
        ("users list\u{7}", &["U+0007", "cannot be seen"]),
        ("users list –limit 5\u{200B}", &["U+200B", "cannot be seen"]),
        ("users list\nusers remove user_1", &["one line"]),
        ("users list --email \"ada", &["has no closing quote"]),
    ])
    .await;
}

#[tokio::test]
async fn input_that_looks_like_a_secret_is_invalid_and_not_echoed() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for secret in [
        "sk-ant-admin01-simulator-1234567890",
        "xoxb-1234-abcd",
        "xapp-1-A-2-b",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    ] {
        for line in [format!("keys get {secret}"), secret.to_owned(), format!("workspaces create x --tag k={secret}")] {
            let reply = type_in(&service, &line).await;
            let everything = format!("{reply:?} {} {}", text(&reply), reply.to_json());
            assert!(everything.contains("looks like a secret"), "{everything}");
            assert!(!everything.contains(&secret[4..]), "echoed: {everything}");
        }
    }
    assert_eq!(simulator.requests(), []);
}

#[tokio::test]
async fn dashes_quotes_and_aliases_are_normalized_in_commands() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for (line, command) in [
        ("Users list —limit 5", "users list --limit 5"),
        ("users list ––limit=5", "users list --limit 5"),
        ("\u{FEFF}users\u{00A0}list –limit 5", "users list --limit 5"),
        ("list users", "users list"),
        ("workspaces create “Research lab” –yes", "workspaces create \"Research lab\""),
        ("workspaces create ‘O’Brien & Söhne’ --yes", "workspaces create \"O’Brien & Söhne\""),
        ("keys list status:active", "api-keys list --status active"),
        ("members ls --role Claude-Code-User,developer", "users list --roles claude_code_user,developer"),
        ("workspaces list --include-archived", "workspaces list --include-archived"),
        ("--yes workspaces create Leading", "workspaces create Leading"),
        ("`users list --limit 5`", "users list --limit 5"),
        ("/claude-admin users list", "users list"),
        ("users.list --limit 5", "users list --limit 5"),
        ("invites create mailto:a@example.com user --yes", "invites create a@example.com user"),
    ] {
        let reply = type_in(&service, line).await;
        assert_eq!(reply.outcome, Outcome::Done, "{line}: {}", text(&reply));
        assert_eq!(reply.command.as_deref(), Some(command), "{line}");
    }
}

#[tokio::test]
async fn an_empty_line_and_a_question_for_help_are_answered_with_help() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for line in ["", "   ", "help", "-h", "--help", "?"] {
        let reply = type_in(&service, line).await;
        assert_eq!(reply.outcome, Outcome::Done);
        assert!(text(&reply).contains("organization, users, invites"), "{line}");
    }
    for line in ["users", "help users", "users --help", "users help"] {
        assert!(text(&type_in(&service, line).await).contains("users remove <user-id>"), "{line}");
    }
    for line in ["help users remove", "users remove --help", "users rm -h"] {
        let help = text(&type_in(&service, line).await);
        assert!(
            help.contains("irreversible") && help.contains("DELETE /v1/organizations/users/{user-id}"),
            "{line}: {help}"
        );
    }
    assert_eq!(simulator.requests(), []);
}
