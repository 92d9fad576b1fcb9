//! `claude-admin actions`: the catalog.

use super::assemble::catalog;
use super::{print, reference_page};
use claude_admin::command::{alternatives, usage};
use claude_admin::config::Config;
use claude_admin::contract::openapi;
use claude_admin_catalog::{Action, Catalog, Input, describe};
use serde_json::{Value, json};

/// How the list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
    /// As the page `docs/reference.md`.
    Markdown,
    /// As an OpenAPI document of the HTTP API.
    Openapi,
}

pub(super) fn actions(format: Format) -> anyhow::Result<u8> {
    let catalog = catalog(&Config::default())?;
    match format {
        Format::Json => {
            let all: Vec<Value> = catalog.actions.iter().map(|action| to_json(&catalog, action)).collect();
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

/// What an input means, and what can be written instead of an ID.
fn description(catalog: &Catalog, action: &Action, input: &Input) -> String {
    let docs = if input.docs.is_empty() { describe(&catalog.types, &input.ty) } else { input.docs.clone() };
    let alternatives = alternatives(catalog, action, input);
    if alternatives.is_empty() { docs } else { format!("{docs} {alternatives}") }
}

fn to_json(catalog: &Catalog, action: &Action) -> Value {
    let inputs: Vec<Value> = action
        .inputs
        .iter()
        .map(|input| {
            json!({
                "name": input.name,
                "type": catalog.type_name(&input.ty),
                "required": input.is_required(),
                "nullable": input.is_nullable(),
                "description": description(catalog, action, input),
            })
        })
        .collect();
    json!({
        "id": action.id,
        "command": action.command(),
        "signature": catalog.signature(action),
        "method": action.http.method.as_str(),
        "path": action.http.path.to_string(),
        "risk": action.risk.as_str(),
        "credentials": credentials(action),
        "available": action.available.iter().map(|place| place.as_str()).collect::<Vec<_>>(),
        "betas": action.betas,
        "conditional_betas": action.conditional_betas.iter().map(|beta| json!({
            "beta": beta.name,
            "when": beta.to_string(),
        })).collect::<Vec<_>>(),
        "summary": action.summary(),
        "description": action.docs.prose,
        "effect": action.effect(),
        "inputs": inputs,
        "examples": action.examples,
        "aliases": action.aliases,
    })
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
