//! JSON Schema (2020-12) of arguments and results in the HTTP API.

use crate::command::alternatives;
use claude_admin_catalog::{
    Action, Bounds, Case, Catalog, Field, Input, Kind, Presence, Type, TypeDef, Types, VariantForm,
};
use serde_json::{Map, Value, json};

/// The direction of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// An argument: an optional value can be omitted.
    Given,
    /// A result: a missing value is null.
    Returned,
}

/// Writes schemas, and collects the schemas of the named types that they refer to.
#[derive(Debug)]
pub(super) struct Schemas<'c> {
    catalog: &'c Catalog,
    types: &'c Types,
    direction: Direction,
    /// The base of references, such as `#/$defs/`.
    base: &'static str,
    definitions: Map<String, Value>,
}

impl<'c> Schemas<'c> {
    /// Starts with no definitions.
    pub(super) fn new(catalog: &'c Catalog, direction: Direction, base: &'static str) -> Self {
        Self { catalog, types: &catalog.types, direction, base, definitions: Map::new() }
    }

    /// The named types that the schemas refer to.
    pub(super) fn into_definitions(self) -> Map<String, Value> {
        self.definitions
    }

    /// The schemas of the inputs of an action by name, and the names of the required inputs.
    pub(super) fn inputs(&mut self, action: &Action) -> (Map<String, Value>, Vec<String>) {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for input in &action.inputs {
            let name = input.name.replace('-', "_");
            if matches!(input.presence, Presence::Required | Presence::RequiredOrNull) {
                required.push(name.clone());
            }
            properties.insert(name, self.input(action, input));
        }
        (properties, required)
    }

    fn input(&mut self, action: &Action, input: &Input) -> Value {
        let mut schema = self.of(&input.ty);
        if matches!(input.presence, Presence::Nullable | Presence::RequiredOrNull) {
            schema = json!({ "anyOf": [schema, { "type": "null" }] });
        }
        let alternatives = alternatives(self.catalog, action, input);
        let docs = [input.docs.as_str(), &alternatives].into_iter().filter(|text| !text.is_empty());
        describe(&mut schema, &docs.collect::<Vec<_>>().join(" "));
        if let Some(bounds) = input.range {
            bound(&mut schema, bounds);
        }
        if let Some(default) = &input.default {
            set(&mut schema, "default", literal(self.types, &input.ty, default));
        }
        schema
    }

    /// The schema of a type.
    pub(super) fn of(&mut self, ty: &Type) -> Value {
        // JSON of any shape: the API does not specify it further.
        if self.types.format(ty) == Some("json") {
            return json!({});
        }
        if let Some(value) = self.types.map_value(ty) {
            return json!({ "type": "object", "additionalProperties": self.of(value) });
        }
        match ty {
            Type::Bool => json!({ "type": "boolean" }),
            Type::U8 => json!({ "type": "integer", "minimum": 0, "maximum": u8::MAX }),
            Type::U16 => json!({ "type": "integer", "minimum": 0, "maximum": u16::MAX }),
            Type::U32 => json!({ "type": "integer", "minimum": 0, "maximum": u32::MAX }),
            Type::U64 => json!({ "type": "integer", "minimum": 0 }),
            Type::S8 => json!({ "type": "integer", "minimum": i8::MIN, "maximum": i8::MAX }),
            Type::S16 => json!({ "type": "integer", "minimum": i16::MIN, "maximum": i16::MAX }),
            Type::S32 => json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX }),
            Type::S64 => json!({ "type": "integer" }),
            Type::F32 | Type::F64 => json!({ "type": "number" }),
            Type::Char => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
            Type::String => json!({ "type": "string" }),
            Type::List(item) => json!({ "type": "array", "items": self.of(item) }),
            Type::Option(inner) => json!({ "anyOf": [self.of(inner), { "type": "null" }] }),
            Type::Tuple(items) => {
                let items: Vec<Value> = items.iter().map(|item| self.of(item)).collect();
                json!({ "type": "array", "prefixItems": items, "minItems": items.len(), "maxItems": items.len() })
            }
            Type::Named(id) => self.named(self.types.get(*id)),
        }
    }

    fn named(&mut self, def: &'c TypeDef) -> Value {
        let name = format!("{}.{}", def.interface, def.name);
        if !self.definitions.contains_key(&name) {
            let mut schema = match &def.kind {
                Kind::Alias(target) => self.alias(&def.name, target),
                Kind::Record(fields) => self.record(fields),
                Kind::Enum(cases) => json!({ "type": "string", "enum": words(cases) }),
                Kind::Variant { cases, form } => self.variant(cases, form),
            };
            describe(&mut schema, &def.docs);
            self.definitions.insert(name.clone(), schema);
        }
        json!({ "$ref": format!("{}{name}", self.base) })
    }

    /// The name of an alias determines the format.
    fn alias(&mut self, name: &str, target: &'c Type) -> Value {
        let mut schema = self.of(target);
        let format = match name {
            "timestamp" => Some("date-time"),
            "date" | "day" => Some("date"),
            _ => None,
        };
        // Only results have a fixed format. Arguments also accept other forms, such as `7d` or a name.
        if let Some(format) = format.filter(|_| self.direction == Direction::Returned) {
            set(&mut schema, "format", json!(format));
        }
        schema
    }

    fn record(&mut self, fields: &'c [Field]) -> Value {
        let mut properties = Map::new();
        let mut required = Vec::new();
        let direction = self.direction;
        for field in fields.iter().filter(|field| !(field.rest && direction == Direction::Given)) {
            let optional = self.types.optional(&field.ty);
            let ty = optional.filter(|_| self.direction == Direction::Given).unwrap_or(&field.ty);
            let mut schema = self.of(ty);
            describe(&mut schema, &field.docs);
            if let Some(bounds) = field.range.filter(|_| self.direction == Direction::Given) {
                bound(&mut schema, bounds);
            }
            if field.null_when_none && self.direction == Direction::Given {
                schema = json!({ "anyOf": [schema, { "type": "null" }] });
            }
            if let Some(word) = &field.constant {
                set(&mut schema, "const", json!(word));
            }
            properties.insert(field.wire.clone(), schema);
            let leaves_out = optional.is_some() || self.types.list_item(&field.ty).is_some();
            if self.direction == Direction::Returned || !leaves_out {
                required.push(field.wire.clone());
            }
        }
        let mut schema = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            set(&mut schema, "required", json!(required));
        }
        schema
    }

    fn variant(&mut self, cases: &'c [Case], form: &VariantForm) -> Value {
        match form {
            // The API can return words that are newer than the package.
            VariantForm::OpenWords => json!({ "type": "string", "examples": words(cases) }),
            VariantForm::WordOrValue => {
                let mut any = vec![json!({ "type": "string", "enum": words(cases) })];
                any.extend(cases.iter().filter_map(|case| case.payload.as_ref()).map(|ty| self.of(ty)));
                json!({ "anyOf": any })
            }
            VariantForm::Tagged(tag) => {
                let mut any = Vec::new();
                for case in cases.iter().filter(|case| case.name != "other") {
                    let told_apart = json!({ "properties": { tag: { "const": case.wire } }, "required": [tag] });
                    any.push(match &case.payload {
                        Some(payload) => json!({ "allOf": [self.of(payload), told_apart] }),
                        None => {
                            let mut schema = told_apart;
                            set(&mut schema, "type", json!("object"));
                            schema
                        }
                    });
                }
                // The API can return objects that are newer than the package.
                if cases.iter().any(|case| case.name == "other") {
                    any.push(json!({ "type": "object" }));
                }
                json!({ "anyOf": any })
            }
            VariantForm::NotJson => {
                let one = cases.iter().map(|case| {
                    let payload = case.payload.as_ref().map_or_else(|| json!({}), |ty| self.of(ty));
                    json!({ "type": "object", "properties": { &case.wire: payload }, "required": [case.wire] })
                });
                json!({ "oneOf": one.collect::<Vec<_>>() })
            }
        }
    }
}

fn words(cases: &[Case]) -> Vec<&str> {
    cases.iter().filter(|case| case.payload.is_none()).map(|case| case.wire.as_str()).collect()
}

fn set(schema: &mut Value, key: &str, value: Value) {
    if let Value::Object(schema) = schema {
        schema.insert(key.to_owned(), value);
    }
}

fn describe(schema: &mut Value, docs: &str) {
    if !docs.is_empty() {
        set(schema, "description", json!(docs));
    }
}

/// Sets the bounds of a number, of the characters of a text, or of the items of a list.
fn bound(schema: &mut Value, bounds: Bounds) {
    let (min, max) = match schema["type"].as_str() {
        Some("integer" | "number") => ("minimum", "maximum"),
        Some("string") => ("minLength", "maxLength"),
        Some("array") => ("minItems", "maxItems"),
        // A reference or a nullable value: other schemas also use its target.
        _ => return,
    };
    set(schema, min, json!(bounds.min));
    if let Some(limit) = bounds.max {
        set(schema, max, json!(limit));
    }
    if let Some(except) = bounds.except {
        set(schema, "not", json!({ "const": except }));
    }
}

/// A default as a value of its type.
fn literal(types: &Types, ty: &Type, text: &str) -> Value {
    match types.underlying(ty) {
        Type::String | Type::Char | Type::Named(_) => json!(text),
        _ => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
    }
}
