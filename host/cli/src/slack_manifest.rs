//! `claude-admin slack manifest`: the manifest of the Slack app.

use super::assemble::catalog;
use super::print;
use super::setup_error::SetupError;
use crate::config::Config;
use claude_admin_catalog::{Catalog, Risk};
use serde_json::{Value, json};

/// Slack's limit for a usage hint is 1,000; people see the beginning.
const HINT_EXAMPLES: usize = 3;
/// For slash commands; cards and direct messages; members of user groups; accounts, and the addresses of mentioned
/// users.
const BOT_SCOPES: [&str; 6] =
    ["commands", "chat:write", "files:write", "usergroups:read", "users:read", "users:read.email"];

/// Writes the manifest of an app for Socket Mode, or of an app that sends requests to a host.
pub(super) fn manifest(url: Option<&str>) -> anyhow::Result<u8> {
    let host = url.map(host_of).transpose()?;
    print(&format!("{:#}\n", build(&catalog(&Config::default())?, host)))?;
    Ok(0)
}

fn host_of(url: &str) -> Result<&str, SetupError> {
    url.strip_prefix("https://")
        .map(|host| host.trim_end_matches('/'))
        .filter(|host| !host.is_empty() && !host.contains([' ', '?', '#', '@']))
        .ok_or_else(|| SetupError("Slack cannot use this URL: write https://HOST".to_owned()))
}

fn build(catalog: &Catalog, host: Option<&str>) -> Value {
    let mut command = json!({
        "command": "/claude-admin",
        "description": "Manage your Claude organization",
        "usage_hint": usage_hint(catalog),
        "should_escape": true,
    });
    let mut interactivity = json!({ "is_enabled": true });
    // In Socket Mode, an app has no URLs.
    if let Some(host) = host {
        command["url"] = json!(format!("https://{host}/slack/commands"));
        interactivity["request_url"] = json!(format!("https://{host}/slack/interactions"));
    }
    json!({
        "_metadata": { "major_version": 1, "minor_version": 1 },
        "display_information": {
            "name": "Claude Admin",
            "description": "Manage your Claude organization from chat.",
            "background_color": "#3d2c1e",
        },
        "features": {
            // Without the messages tab, Slack denies direct messages of the app.
            "app_home": {
                "home_tab_enabled": false,
                "messages_tab_enabled": true,
                "messages_tab_read_only_enabled": true,
            },
            "bot_user": { "display_name": "claude-admin", "always_online": true },
            "slash_commands": [command],
        },
        "oauth_config": { "scopes": { "bot": BOT_SCOPES } },
        "settings": {
            "interactivity": interactivity,
            "org_deploy_enabled": false,
            "socket_mode_enabled": host.is_none(),
            "token_rotation_enabled": false,
        },
    })
}

/// The first examples of the first list actions: short and safe to try.
fn usage_hint(catalog: &Catalog) -> String {
    let actions = catalog.nouns().into_iter().flat_map(|noun| catalog.actions_of(&noun.name));
    let lists = actions.filter(|action| action.risk == Risk::Read && action.paging.is_some());
    let nouns = lists.map(|action| action.command()).take(HINT_EXAMPLES);
    nouns.chain(["help".to_owned()]).collect::<Vec<_>>().join(" | ")
}
