//! An action with checked arguments.

use super::format::in_dollars;
use super::spell::spell;
use claude_admin_catalog::{Action, Input, Presence, Types};
use indexmap::IndexMap;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Arguments by the name of their input, each a JSON value of the type of that input, spelled as on the wire.
///
/// An argument that is not given has no entry. Null means that a value is removed.
pub type Arguments = IndexMap<String, Value>;

/// An action with its arguments.
#[derive(Clone)]
pub struct Invocation {
    /// The action.
    pub action: Arc<Action>,
    /// The arguments.
    pub arguments: Arguments,
}

/// The same action with the same arguments.
impl PartialEq for Invocation {
    fn eq(&self, other: &Self) -> bool {
        self.action.id == other.action.id && self.arguments == other.arguments
    }
}

impl Eq for Invocation {}

impl fmt::Debug for Invocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invocation").field("action", &self.action.id).field("arguments", &self.arguments).finish()
    }
}

impl Invocation {
    /// Combines the arguments into the parameters of the function: the value of each parameter that is given.
    #[must_use]
    pub fn parameters(&self) -> IndexMap<String, Value> {
        let mut parameters = IndexMap::new();
        for input in &self.action.inputs {
            let Some(value) = self.arguments.get(&input.name) else { continue };
            let mut slot = parameters
                .entry(input.param.clone())
                .or_insert_with(|| if input.fields.is_empty() { Value::Null } else { Value::Object(Map::new()) });
            for field in &input.fields {
                if !slot.is_object() {
                    *slot = Value::Object(Map::new());
                }
                slot = &mut slot[field.as_str()];
            }
            *slot = value.clone();
        }
        parameters
    }

    /// The same without secrets, in the form for display, the audit log and decisions.
    #[must_use]
    pub fn shown(&self, types: &Types) -> Self {
        let shown = |(name, value): (&String, &Value)| {
            let value =
                self.action.input(name).map_or_else(|| value.clone(), |input| shown(types, input, value).into_owned());
            (name.clone(), value)
        };
        Self { action: Arc::clone(&self.action), arguments: self.arguments.iter().map(shown).collect() }
    }

    /// Every text in the arguments that is a secret.
    #[must_use]
    pub fn secrets(&self, types: &Types) -> Vec<String> {
        let of = |(name, value): (&String, &Value)| self.action.input(name).map(|input| input.secrets(types, value));
        self.arguments.iter().filter_map(of).flatten().collect()
    }

    /// The required inputs that are not given.
    pub fn missing(&self) -> Vec<&Input> {
        let required = self.action.inputs.iter().filter(|input| input.is_required());
        required.filter(|input| !self.arguments.contains_key(&input.name)).collect()
    }

    /// The canonical command line, however the command was typed. It does not contain secrets.
    #[must_use]
    pub fn canonical(&self, types: &Types) -> String {
        let mut words = vec![self.action.interface.clone(), self.action.function.clone()];
        for input in &self.action.inputs {
            let Some(value) = self.arguments.get(&input.name) else { continue };
            let value = &*shown(types, input, value);
            let positional = input.presence == Presence::Required && types.list_item(&input.ty).is_none();
            if positional {
                words.push(quoted(&spelled(types, input, value)));
            } else {
                flag(&mut words, input, value, types);
            }
        }
        words.join(" ")
    }
}

/// A value in the form for display.
fn shown<'v>(types: &Types, input: &Input, value: &'v Value) -> Cow<'v, Value> {
    input.without_secrets(types, value, "[redacted]")
}

fn flag(words: &mut Vec<String>, input: &Input, value: &Value, types: &Types) {
    let name = format!("--{}", input.name);
    match value {
        Value::Null => words.push(format!("--no-{}", input.name)),
        Value::Bool(true) => words.push(name),
        Value::Bool(false) => words.push(format!("{name}=false")),
        Value::Object(entries) if types.map_value(&input.ty).is_some() => {
            for (key, value) in entries {
                match value {
                    Value::Null => words.extend([format!("--no-{}", input.name), quoted(key)]),
                    value => words.extend([name.clone(), quoted(&format!("{key}={}", plain(value)))]),
                }
            }
        }
        Value::Array(items) => {
            let item = types.list_item(&input.ty).unwrap_or(&input.ty);
            let items: Vec<String> = items.iter().map(|value| spell(types, item, value)).collect();
            // Commas separate items without quotes. An item with quotes has its own flag.
            if items.iter().all(|item| quoted(item) == *item && !item.contains(',')) {
                words.extend([name, items.join(",")]);
            } else {
                words.extend(items.iter().flat_map(|item| [name.clone(), always_quoted(item)]));
            }
        }
        value => words.extend([name, quoted(&spelled(types, input, value))]),
    }
}

/// The value of an input as a person types it: amounts of money as currency.
pub(crate) fn spelled(types: &Types, input: &Input, value: &Value) -> String {
    in_dollars(input, value).unwrap_or_else(|| spell(types, &input.ty, value))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Quotes a word if the tokenizer would split it or interpret it differently.
pub(crate) fn quoted(word: &str) -> String {
    let plain = !word.is_empty()
        && !word.starts_with('-')
        && word.chars().all(|c| c.is_alphanumeric() || "-_./@+=,#%*~!?^".contains(c));
    if plain { word.to_owned() } else { always_quoted(word) }
}

fn always_quoted(word: &str) -> String {
    // Between double quotes, a shell would interpret `$1`.
    if word.contains('$') && !word.contains('\'') {
        return format!("'{word}'");
    }
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}
