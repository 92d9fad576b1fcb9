//! Actions as tools that a model may call.

use super::{Direction, Schemas};
use claude_admin_catalog::{Action, Catalog, Risk};
use serde_json::{Map, Value, json};

/// An action as a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    /// The name: the id of the action with an underscore in place of the dot.
    pub name: String,
    /// The command, as people type it.
    pub title: String,
    /// What it does, and what follows.
    pub description: String,
    /// The JSON Schema of its arguments.
    pub input_schema: Map<String, Value>,
    /// Whether it changes nothing.
    pub read_only: bool,
    /// Whether it interrupts somebody's work or cannot be undone.
    pub destructive: bool,
    /// Whether doing it twice comes to the same.
    pub idempotent: bool,
}

/// The actions of a catalog as tools.
pub fn tools(catalog: &Catalog) -> impl Iterator<Item = Tool> + '_ {
    catalog.actions.iter().map(|action| tool(catalog, action))
}

/// The action that a tool is.
#[must_use]
pub fn action_of<'c>(catalog: &'c Catalog, name: &str) -> Option<&'c Action> {
    let (interface, function) = name.split_once('_')?;
    catalog.actions.iter().find(|action| action.interface == interface && action.function == function)
}

fn tool(catalog: &Catalog, action: &Action) -> Tool {
    let mut description = action.docs.prose.clone();
    if let Some(effect) = action.effect() {
        description = format!("{description}\n\nWhat follows: {effect}");
    }
    if action.writes() {
        description = format!(
            "{description}\n\nThis changes something ({}). It is not done at once: the answer says what would be done, and \
             a person has to confirm it.",
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
    let mut flag = |name: &str, ty: &str, docs: &str| {
        properties.insert(name.to_owned(), json!({ "type": ty, "description": docs }));
    };
    if action.paging.is_some() {
        flag("all", "boolean", "Whether to read every page of the list, and not only one.");
    }
    // The policy may ask for the reason of a read too.
    flag("reason", "string", "Why it is wanted. Whoever decides reads it, and it stays on record.");
    if action.writes() {
        flag("dry_run", "boolean", "Whether to tell only what would be done.");
    }
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
