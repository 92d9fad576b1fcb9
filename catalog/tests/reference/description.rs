//! Reads the reference description.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The reference description, an OpenAPI document.
pub(crate) struct Description(Value);

/// One operation of the description.
pub(crate) struct Operation<'d> {
    /// `GET /v1/x/{}`.
    pub(crate) route: String,
    value: &'d Value,
}

/// A parameter of a query, or of a header.
pub(crate) struct Parameter<'d> {
    pub(crate) name: &'d str,
    pub(crate) required: bool,
    pub(crate) schema: &'d Value,
}

/// A schema without its null.
pub(crate) struct Shape<'d> {
    pub(crate) schema: &'d Value,
    pub(crate) nullable: bool,
    /// The remaining alternatives of a choice without null; empty if there is no choice.
    pub(crate) choices: Vec<&'d Value>,
}

impl Description {
    pub(crate) fn read() -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/admin-api.json");
        Self(serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
    }

    pub(crate) fn operations(&self) -> impl Iterator<Item = Operation<'_>> {
        let paths = self.0["paths"].as_object().unwrap();
        paths.iter().flat_map(|(path, methods)| {
            let anonymous: Vec<&str> =
                path.split('/').map(|word| if word.starts_with('{') { "{}" } else { word }).collect();
            let anonymous = anonymous.join("/");
            methods.as_object().unwrap().iter().map(move |(method, value)| Operation {
                route: format!("{} {anonymous}", method.to_uppercase()),
                value,
            })
        })
    }

    fn resolved<'d>(&'d self, value: &'d Value) -> &'d Value {
        match value.get("$ref").and_then(Value::as_str) {
            Some(pointer) => self.resolved(self.0.pointer(pointer.trim_start_matches('#')).unwrap()),
            None => value,
        }
    }

    /// A schema with references resolved and null removed.
    pub(crate) fn shape<'d>(&'d self, schema: &'d Value) -> Shape<'d> {
        let schema = self.resolved(schema);
        let is_null = |value: &Value| value["type"] == "null";
        for word in ["anyOf", "oneOf"] {
            if let Some(all) = schema.get(word).and_then(Value::as_array) {
                let choices: Vec<&Value> = all.iter().filter(|choice| !is_null(choice)).collect();
                let nullable = choices.len() < all.len();
                if let [only] = choices.as_slice() {
                    let inner = self.shape(only);
                    return Shape { nullable: nullable || inner.nullable, ..inner };
                }
                // A choice of choices is one choice.
                let mut flat = Vec::new();
                for choice in choices {
                    let inner = self.shape(choice);
                    if inner.choices.is_empty() { flat.push(inner.schema) } else { flat.extend(inner.choices) }
                }
                return Shape { schema, nullable, choices: flat };
            }
        }
        let nullable = schema["type"].as_array().is_some_and(|types| types.iter().any(|ty| ty == "null"))
            || schema["enum"].as_array().is_some_and(|words| words.contains(&Value::Null));
        Shape { schema, nullable, choices: Vec::new() }
    }

    /// Fields of an object, each with whether it is required. The fields of the former API version are optional.
    pub(crate) fn fields<'d>(&self, schema: &'d Value) -> BTreeMap<&'d str, (&'d Value, bool)> {
        let required: BTreeSet<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let own = schema["properties"].as_object().into_iter().flatten();
        let former = schema["x-api-version-2023-06-01-extra-properties"].as_object().into_iter().flatten();
        own.map(|(name, schema)| (name.as_str(), (schema, required.contains(name.as_str()))))
            .chain(former.map(|(name, schema)| (name.as_str(), (schema, false))))
            .collect()
    }
}

impl<'d> Operation<'d> {
    /// The organizations and platforms in which it exists, in words.
    pub(crate) fn availability(&self) -> &str {
        self.value["x-availability"].as_str().unwrap_or_default()
    }

    /// Statuses and codes of its errors.
    pub(crate) fn codes(&self) -> impl Iterator<Item = (u64, &'d str)> {
        let all = self.value.get("x-error-codes").and_then(Value::as_array).into_iter().flatten();
        all.map(|code| (code["status"].as_u64().unwrap(), code["error_code"].as_str().unwrap()))
    }

    pub(crate) fn parameters(&self, description: &'d Description, place: &str) -> Vec<Parameter<'d>> {
        let all = self.value["parameters"].as_array().unwrap().iter().map(|value| description.resolved(value));
        all.filter(|value| value["in"] == place)
            // Betas are compared separately, and the version is the same for all operations.
            .filter(|value| value["name"] != "anthropic-version" && value["name"] != "anthropic-beta")
            .map(|value| Parameter {
                name: value["name"].as_str().unwrap(),
                required: value["required"] == true,
                schema: &value["schema"],
            })
            .collect()
    }

    /// The media type and schema of the body, and whether the body is required.
    pub(crate) fn body(&self) -> Option<(&'d str, &'d Value)> {
        let (media, content) = self.value.get("requestBody")?["content"].as_object()?.iter().next()?;
        Some((media, &content["schema"]))
    }

    /// The media type and schema of the response.
    pub(crate) fn reply(&self) -> (&'d str, &'d Value) {
        let responses = self.value["responses"].as_object().unwrap();
        let (_, success) = responses.iter().find(|(status, _)| status.starts_with('2')).unwrap();
        let (media, content) = success["content"].as_object().unwrap().iter().next().unwrap();
        (media, &content["schema"])
    }

    pub(crate) fn betas(&self) -> BTreeSet<&'d str> {
        // A beta that only unlocks fields is always sent.
        let named = ["x-required-beta", "x-beta-for-fields"].into_iter().filter_map(|key| self.value[key].as_array());
        named.flatten().filter_map(Value::as_str).collect()
    }

    /// The codes of errors with which a change was made, or might have been made.
    pub(crate) fn codes_of_changes(&self) -> BTreeSet<(&'d str, &'d str)> {
        let rows = self.value["x-error-codes"].as_array().into_iter().flatten();
        rows.filter_map(|row| Some((row["error_code"].as_str()?, row.get("x-changed")?.as_str()?))).collect()
    }

    pub(crate) fn is_deprecated(&self) -> bool {
        self.value["deprecated"] == true || self.value.get("x-legacy").is_some()
    }

    /// The credentials that the WIT package can name. Keys that are bound to a person or a service account are
    /// excluded: they replace an OAuth token and need no separate word.
    pub(crate) fn credentials(&self) -> BTreeSet<String> {
        let all = self.value["security"].as_array().unwrap();
        if all.is_empty() {
            return BTreeSet::from(["none".to_owned()]);
        }
        let mut credentials = BTreeSet::new();
        for (scheme, scopes) in all.iter().flat_map(|security| security.as_object().unwrap()) {
            let scopes = scopes.as_array().unwrap().iter().filter_map(Value::as_str);
            match scheme.as_str() {
                "adminKey" => drop(credentials.insert("adminKey".to_owned())),
                "oauthBearer" => credentials.extend(scopes.map(|scope| format!("oauth:{scope}"))),
                "scopedKey" => credentials.extend(scopes.map(|scope| format!("scope:{scope}"))),
                _ => {}
            }
        }
        credentials
    }
}
