//! The output of commands in every format, stored in files. `BLESS=1 cargo test --release` writes the files again;
//! review the difference then.

use crate::support;
use claude_admin::command::Format;
use claude_admin::render::{self, SlackTables};
use claude_admin::service::Reply;

/// The commands, by the name of their file.
const COMMANDS: [(&str, &str); 16] = [
    ("list", "users list --limit 4"),
    ("list-with-nested-values", "api-keys list --limit 4 --columns name,scope,principal,expires_at"),
    ("empty-list", "users list --email nobody@example.com"),
    ("report", "usage messages 2026-11-01..2026-11-05 --group-by model"),
    ("report-of-money", "cost report 2026-11-01..2026-11-05 --no-compare"),
    ("nested-settings", "managed-settings get-default"),
    ("one-thing", "workspaces get wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ"),
    ("no-reason", "users remove user_01WCz1FkmYMm4gnmykNKUu3Q"),
    ("plan", "users remove mateo.rivera@example.com --dry-run"),
    ("plan-with-dependents", "workspaces archive Production --dry-run"),
    ("plan-of-a-key", "api-keys update apikey_01Rj2N8SVvo6BePZj99NhmiT --status inactive --dry-run"),
    ("can-i", "can-i users remove user_01WCz1FkmYMm4gnmykNKUu3Q --explain"),
    ("nothing-waits", "pending"),
    ("refused-by-the-api", "users get user_none"),
    ("not-understood", "users list --role wizard"),
    ("help", "help invites create"),
];

fn written(reply: &Reply, kind: &str) -> String {
    match kind {
        "slack.json" => format!("{:#}\n", render::slack(&reply.document, SlackTables::DataTable, false, None)),
        "md" => render::reply(reply, Format::Markdown),
        "csv" => render::reply(reply, Format::Csv),
        _ => render::reply(reply, Format::Text),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_look_as_they_did() {
    let folder = support::workspace().join("tests/golden");
    let bless = std::env::var_os("BLESS").is_some();
    let mut different = Vec::new();
    for (name, command) in COMMANDS {
        let simulator = support::simulator().await;
        let service = support::service(&simulator);
        let reply = support::type_in(&service, command).await;
        for kind in ["txt", "slack.json", "md", "csv"] {
            let path = folder.join(format!("{name}.{kind}"));
            let now = written(&reply, kind);
            if bless {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, now).unwrap();
            } else if std::fs::read_to_string(&path).unwrap_or_default() != now {
                different.push(format!("{}:\n{now}", path.display()));
            }
        }
    }
    assert!(different.is_empty(), "run with BLESS=1 and look at the difference:\n{}", different.join("\n"));
}
