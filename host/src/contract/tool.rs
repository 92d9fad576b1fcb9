//! Actions as tools that a model can call.

use super::{Direction, Schemas};
use crate::command::{Flag, Sender};
use claude_admin_catalog::{Action, Catalog, PlaybookForm, PlaybookParameter, Risk};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// An action as a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// The name: the ID of the action with an underscore instead of the dot.
    pub name: String,
    /// The command, as users type it.
    pub title: String,
    /// The description of the action, and its effect.
    pub description: String,
    /// The JSON Schema of its arguments.
    pub input_schema: Map<String, Value>,
    /// Whether it only reads.
    pub read_only: bool,
    /// Whether it is disruptive or irreversible.
    pub destructive: bool,
    /// Whether a second call has no further effect.
    pub idempotent: bool,
}

/// The actions of a catalog as tools.
pub fn tools(catalog: &Catalog) -> impl Iterator<Item = Tool> + '_ {
    catalog.actions.iter().map(|action| tool(catalog, action))
}

/// A playbook as a tool: a model can run it, because it only proposes.
#[must_use]
pub fn playbook_tool(form: &PlaybookForm) -> Tool {
    let mut properties = playbook_properties(form);
    let flags = Flag::schemas(Sender::Model, None);
    properties.extend(flags.into_iter().filter(|(name, _)| ["dry_run", "reason"].contains(&name.as_str())));
    let required: Vec<&str> = form.parameters.iter().filter(|one| one.required).map(|one| one.name.as_str()).collect();
    let schema = json!({
        "type": "object", "properties": properties, "required": required, "additionalProperties": false,
    });
    Tool {
        name: form.id().replace('.', "_"),
        title: form.name.clone(),
        description: format!(
            "{}.\n\nA playbook: it reads, and proposes steps. No step runs immediately: the response shows them, and a \
             person must confirm them.",
            form.summary
        ),
        input_schema: schema.as_object().cloned().unwrap_or_default(),
        read_only: false,
        destructive: true,
        idempotent: true,
    }
}

/// The JSON Schemas of the arguments of a playbook.
pub(super) fn playbook_properties(form: &PlaybookForm) -> Map<String, Value> {
    let schema = |parameter: &PlaybookParameter| {
        let mut text = json!({ "type": "string" });
        if !parameter.values.is_empty() {
            text["enum"] = json!(parameter.values);
        }
        let mut schema = match parameter.repeats {
            true => json!({ "anyOf": [text, { "type": "array", "items": text }] }),
            false => text,
        };
        schema["description"] = json!(parameter.summary);
        (parameter.name.clone(), schema)
    };
    form.parameters.iter().map(schema).collect()
}

/// The action of a tool.
#[must_use]
pub fn action_of<'c>(catalog: &'c Catalog, name: &str) -> Option<&'c Arc<Action>> {
    let (interface, function) = name.split_once('_')?;
    catalog.actions.iter().find(|action| action.interface == interface && action.function == function)
}

fn tool(catalog: &Catalog, action: &Action) -> Tool {
    let mut description = action.docs.prose.clone();
    if let Some(effect) = action.effect() {
        description = format!("{description}\n\nEffect: {effect}");
    }
    if action.writes() {
        description = format!(
            "{description}\n\nThis tool is a write ({}). It does not run immediately: the response shows the plan, and \
             a person must confirm it.",
            action.risk
        );
    }
    if let Some(why) = &action.deprecated {
        description = format!("{description}\n\nDeprecated: {why}");
    }
    Tool {
        name: format!("{}_{}", action.interface, action.function),
        title: action.command(),
        description,
        input_schema: input_schema(catalog, action),
        read_only: !action.writes(),
        destructive: action.risk > Risk::Reversible,
        idempotent: !action.writes() || matches!(action.http.method.as_str(), "PUT" | "DELETE"),
    }
}

fn input_schema(catalog: &Catalog, action: &Action) -> Map<String, Value> {
    let mut schemas = Schemas::new(catalog, Direction::Given, "#/$defs/");
    let (mut properties, required) = schemas.inputs(action);
    properties.extend(Flag::schemas(Sender::Model, Some(action)));
    let schema = json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
        "$defs": schemas.into_definitions(),
    });
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}
