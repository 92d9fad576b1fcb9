//! Actions as tools that a model can call.

use super::{Direction, Schemas};
use crate::command::{Flag, Sender};
use claude_admin_catalog::{Action, Catalog, Risk};
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
