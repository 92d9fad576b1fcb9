//! `claude-admin actions`: the catalog.

use super::assemble::catalog;
use super::{print, reference_page};
use claude_admin::command::usage;
use claude_admin::config::Config;
use claude_admin::contract::openapi;
use claude_admin_catalog::{Action, Catalog, Input, Place, describe};
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

fn to_json(catalog: &Catalog, action: &Action) -> Value {
    let inputs: Vec<Value> = action
        .inputs
        .iter()
        .map(|input| {
            json!({
                "name": input.name,
                "place": match input.place {
                    Place::Path => "path",
                    Place::Query => "query",
                    Place::Body => "body",
                },
                "wire": wire(action, input),
                "words": catalog.types.words(catalog.types.list_item(&input.ty).unwrap_or(&input.ty)),
                "type": catalog.type_name(&input.ty),
                "required": input.is_required(),
                "nullable": input.is_nullable(),
                "description": if input.docs.is_empty() { describe(&catalog.types, &input.ty) } else { input.docs.clone() },
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
            "when": beta.when.to_string(),
        })).collect::<Vec<_>>(),
        "conflicts": action.conflicts.iter().map(|conflict| json!({
            "input": conflict.input,
            "others": conflict.others.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "instead": conflict.remedy,
        })).collect::<Vec<_>>(),
        "summary": action.summary(),
        "description": action.docs.prose,
        "effect": action.effect(),
        "constants": action.constants.iter().map(|(name, value)| json!({ "wire": name, "value": value })).collect::<Vec<_>>(),
        "inputs": inputs,
        "examples": action.examples,
        "aliases": action.aliases,
    })
}

/// Where an input is in the request: the name of the parameter, and the fields that lead to it.
fn wire(action: &Action, input: &Input) -> Vec<String> {
    let param = action.params.iter().find(|param| param.name == input.param);
    let name = param.filter(|param| !param.flatten).map(|param| param.wire.clone());
    // The fields of a record in a query are parameters of their own.
    let name = name.filter(|_| input.place != Place::Query || input.fields.is_empty());
    name.into_iter().chain(input.fields.iter().cloned()).collect()
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
