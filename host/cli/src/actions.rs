//! `claude-admin actions`: the catalog.

use super::assemble::catalog;
use super::{print, reference_page};
use crate::config::Config;
use claude_admin::command::usage;
use claude_admin::contract::openapi;
use claude_admin::help::action_data;
use claude_admin_catalog::{Action, Catalog};
use serde_json::Value;

/// The format of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// Text for people
    Text,
    /// JSON for programs
    Json,
    /// Markdown, as in `docs/reference.md`
    Markdown,
    /// The OpenAPI document of the HTTP API
    Openapi,
}

pub(super) fn actions(format: Format) -> anyhow::Result<u8> {
    let catalog = catalog(&Config::default())?;
    match format {
        Format::Json => {
            let all: Vec<Value> = catalog.actions.iter().map(|action| action_data(&catalog, action)).collect();
            print(&format!("{:#}\n", Value::Array(all)))?;
        }
        Format::Text => {
            let all: Vec<String> = catalog.actions.iter().map(|action| to_text(&catalog, action)).collect();
            print(&format!("{}\n{} actions.\n", all.join("\n"), all.len()))?;
        }
        Format::Markdown => print(&reference_page::page(&catalog))?,
        Format::Openapi => print(&format!("{:#}\n", openapi(&catalog)))?,
    }
    Ok(0)
}

fn credentials(action: &Action) -> Vec<String> {
    action.auth.iter().map(ToString::to_string).collect()
}

fn to_text(catalog: &Catalog, action: &Action) -> String {
    format!(
        "{}\n  {}\n  {}\n  {} · {} · {}\n  for example: {}\n",
        action.id,
        action.summary(),
        usage(action, &catalog.types),
        action.http,
        action.risk,
        credentials(action).join(", "),
        action.examples.join("; "),
    )
}
