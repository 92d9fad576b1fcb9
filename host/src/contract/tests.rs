use super::*;
use crate::command::{self, Command, Markup};
use claude_admin_catalog::testing::catalog;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::HashSet;

/// Every text under the key `$ref`.
fn references<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

fn every_reference_leads_somewhere(document: &Value) {
    let mut found = Vec::new();
    references(document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn every_action_is_a_tool_whose_name_leads_back_to_it() {
    let catalog = catalog();
    let names: HashSet<String> = tools(catalog).map(|tool| tool.name).collect();
    assert_eq!(names.len(), catalog.actions.len());
    for action in &catalog.actions {
        let name = action.id.replace('.', "_");
        assert!(names.contains(&name) && name.len() <= 64, "{name}");
        assert_eq!(action_of(catalog, &name).map(|action| &action.id), Some(&action.id));
    }
    for name in ["", "users", "users.list", "users_", "users_list_all", "users_lst"] {
        assert!(action_of(catalog, name).is_none(), "{name}");
    }
}

#[test]
fn tool_has_read_only_destructive_and_idempotent_hints() {
    let tool = |name: &str| tools(catalog()).find(|tool| tool.name == name).unwrap();
    let list = tool("users_list");
    assert!(list.read_only && !list.destructive && list.idempotent);
    // The policy can require a reason for a read.
    assert!(list.input_schema["properties"].as_object().unwrap().contains_key("reason"));
    assert!(!list.input_schema["properties"].as_object().unwrap().contains_key("dry_run"));
    let remove = tool("users_remove");
    assert!(!remove.read_only && remove.destructive && remove.idempotent);
    let invite = tool("invites_create");
    assert!(!invite.read_only && !invite.destructive && !invite.idempotent);
    assert!(invite.input_schema["properties"].as_object().unwrap().contains_key("dry_run"));
}

#[test]
fn the_schema_of_a_tool_is_whole() {
    for tool in tools(catalog()) {
        let schema = Value::Object(tool.input_schema);
        if schema["$defs"].as_object().is_some_and(|definitions| !definitions.is_empty()) {
            every_reference_leads_somewhere(&schema);
        }
    }
}

#[test]
fn the_examples_of_every_action_fit_the_schema_of_its_tool() {
    let catalog = catalog();
    for (action, tool) in catalog.actions.iter().zip(tools(catalog)) {
        for example in &action.examples {
            let command = command::parse(catalog, example, Markup::None, Timestamp::UNIX_EPOCH).unwrap();
            let Command::Run(draft, _) = command else { panic!("{example}") };
            let given = draft.invocation.arguments.keys().map(|name| name.replace('-', "_"));
            let given: HashSet<String> = given.collect();
            let properties = tool.input_schema["properties"].as_object().unwrap();
            assert!(given.iter().all(|name| properties.contains_key(name)), "{example}: {given:?}");
            let required = tool.input_schema["required"].as_array().unwrap();
            let is_given = |name: &Value| name.as_str().is_some_and(|name| given.contains(name));
            assert!(required.iter().all(is_given), "{example}: {required:?}");
        }
        assert_eq!(tool.title, action.command());
    }
}

#[test]
fn openapi_has_a_path_for_every_action_and_valid_references() {
    let document = openapi(catalog());
    every_reference_leads_somewhere(&document);
    let paths = document["paths"].as_object().unwrap();
    // Typed commands, and the status of operations.
    assert_eq!(paths.len(), catalog().actions.len() + 2);
    for action in &catalog().actions {
        let operation = &paths[&format!("/v1/actions/{}", action.id)]["post"];
        assert_eq!(operation["operationId"], action.id.as_str());
        let arguments = &operation["requestBody"]["content"]["application/json"]["schema"]["properties"]["args"];
        assert_eq!(arguments["properties"].as_object().map(Map::len), Some(action.inputs.len()), "{}", action.id);
    }
}

#[test]
fn nullable_argument_has_the_type_null_in_openapi() {
    let document = openapi(catalog());
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let nullable = schemas
        .iter()
        .filter(|(name, _)| name.starts_with("given.workspace-rate-limits."))
        .find_map(|(_, schema)| schema.pointer("/properties/value"));
    let types = &nullable.unwrap()["anyOf"];
    assert!(types.as_array().unwrap().contains(&serde_json::json!({ "type": "null" })), "{types}");
}
