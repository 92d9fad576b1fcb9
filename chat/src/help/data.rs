//! The content of help, for programs.

use crate::command::{HostCommandInfo, usage};
use claude_admin_catalog::{Action, Catalog, Input, Place, describe};
use serde_json::{Value, json};
use std::sync::Arc;

/// The nouns with an action for which `may_run` returns true, and the commands of the host for which `may_use` returns
/// true.
#[must_use]
pub fn overview_data(catalog: &Catalog, may_run: &dyn Fn(&Action) -> bool, may_use: &dyn Fn(&str) -> bool) -> Value {
    let nouns = catalog.nouns().into_iter().filter(|noun| catalog.actions_of(&noun.name).any(|action| may_run(action)));
    let nouns = nouns.map(|noun| {
        json!({
            "name": noun.name, "kind": "noun", "family": noun.family, "summary": noun.docs.summary(),
            "deprecated": noun.deprecated.is_some(),
        })
    });
    let commands = HostCommandInfo::list(may_use).into_iter().map(|(word, summary)| {
        json!({ "name": word, "kind": "command", "family": null, "summary": summary, "deprecated": false })
    });
    nouns.chain(commands).collect()
}

/// The actions of a noun that are permitted, each with the cause why it cannot work here, if there is one.
#[must_use]
pub fn noun_data(
    catalog: &Catalog,
    noun: &str,
    permitted: &dyn Fn(&Action) -> bool,
    closed: &dyn Fn(&Action) -> Option<String>,
) -> Value {
    let Some(interface) = catalog.interface(noun) else { return json!([]) };
    let actions = catalog.actions_of(&interface.name).filter(|action| permitted(action));
    let row = |action: &Arc<Action>| {
        json!({
            "id": action.id, "usage": usage(action, &catalog.types), "summary": action.summary(),
            "risk": action.risk.as_str(), "deprecated": action.deprecated.is_some(), "obstacle": closed(action),
        })
    };
    actions.map(row).collect()
}

/// One action.
#[must_use]
pub fn action_data(catalog: &Catalog, action: &Action) -> Value {
    let inputs: Vec<Value> = action
        .inputs
        .iter()
        .map(|input| {
            json!({
                "name": input.name,
                "place": match input.place {
                    Place::Path => "path",
                    Place::Query => "query",
                    Place::Header => "header",
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
        "credentials": action.auth.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "conditional_credentials": action.conditional_auth.iter().map(|auth| json!({
            "credential": auth.credential.to_string(),
            "when": auth.when.to_string(),
        })).collect::<Vec<_>>(),
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
        "constants": action.constants.iter().map(|(name, value)| json!({ "wire": name, "value": value })).collect::<Vec<_>>(),
        "summary": action.summary(),
        "description": action.docs.prose,
        "effect": action.effect(),
        "inputs": inputs,
        "examples": action.examples,
        "aliases": action.aliases,
    })
}

/// The position of an input in the request: the name of the parameter, and the fields that lead to it.
fn wire(action: &Action, input: &Input) -> Vec<String> {
    let param = action.params.iter().find(|param| param.name == input.param);
    let name = param.filter(|param| !param.flatten).map(|param| param.wire.clone());
    // The fields of a record in a query are separate parameters.
    let name = name.filter(|_| input.place != Place::Query || input.fields.is_empty());
    name.into_iter().chain(input.fields.iter().cloned()).collect()
}
