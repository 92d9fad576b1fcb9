//! Every response, compared with the reference description.

use crate::examples::target_of;
use crate::support::Api;
use claude_admin_catalog::{Action, Method, ReplyForm};
use serde_json::{Value, json};
use std::sync::LazyLock;

/// Operations whose responses are known to differ, with the reason. The list makes the differences visible.
const GAPS: [(&str, &str); 0] = [];

/// The families of reports and of the Compliance API. For their responses, no difference is allowed.
const OURS: [&str; 4] = ["/v1/compliance/", "/v1/organizations/analytics/", "usage_report", "cost_report"];

static REFERENCE: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../catalog/tests/reference/admin-api.json")).unwrap());

/// The part of JSON Schema that the reference uses.
struct Validator {
    version: &'static str,
}

impl Validator {
    /// Collects the errors of a value.
    fn check(&self, schema: &Value, value: &Value, place: &str, wrong: &mut Vec<String>) {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap();
            return self.check(&REFERENCE["components"]["schemas"][name], value, place, wrong);
        }
        for word in ["anyOf", "oneOf"] {
            if let Some(choices) = schema[word].as_array() {
                let tries: Vec<Vec<String>> = choices
                    .iter()
                    .map(|choice| {
                        let mut wrong = Vec::new();
                        self.check(choice, value, place, &mut wrong);
                        wrong
                    })
                    .collect();
                if !tries.iter().any(Vec::is_empty) {
                    let nearest = tries.iter().min_by_key(|wrong| wrong.len()).unwrap();
                    wrong.push(format!("{place}: fits no choice; nearest: {nearest:?}"));
                }
                return;
            }
        }
        if let Some(constant) = schema.get("const")
            && constant != value
        {
            wrong.push(format!("{place}: {value} is not {constant}"));
        }
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            wrong.push(format!("{place}: {value} is not one of {}", schema["enum"]));
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !types.is_empty() && !types.iter().any(|name| is_of_type(value, name)) {
            wrong.push(format!("{place}: {value} is not of type {}", schema["type"]));
            return;
        }
        if let (Some("date-time"), Some(text)) = (schema["format"].as_str(), value.as_str())
            && text.parse::<jiff::Timestamp>().is_err()
        {
            wrong.push(format!("{place}: {value} is no instant"));
        }
        if let (Some(items), Some(values)) = (schema.get("items"), value.as_array()) {
            for (index, item) in values.iter().enumerate() {
                self.check(items, item, &format!("{place}[{index}]"), wrong);
            }
        }
        if let Some(fields) = value.as_object() {
            self.check_fields(schema, fields, place, wrong);
        }
    }

    fn check_fields(
        &self,
        schema: &Value,
        fields: &serde_json::Map<String, Value>,
        place: &str,
        wrong: &mut Vec<String>,
    ) {
        let earlier = &schema["x-api-version-2023-06-01-extra-properties"];
        let extra = if self.version == "2023-06-01" { earlier } else { &Value::Null };
        let more = &schema["additionalProperties"];
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                wrong.push(format!("{place}.{name}: missing"));
            }
        }
        for (name, value) in fields {
            let place = format!("{place}.{name}");
            match schema["properties"].get(name).or_else(|| extra.get(name)) {
                Some(property) => self.check(property, value, &place, wrong),
                None if more.is_object() => self.check(more, value, &place, wrong),
                // If the schema does not describe fields, all fields are allowed.
                None if *more == true || schema.get("properties").is_none() => {}
                None => wrong.push(format!("{place}: not in the description")),
            }
        }
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type {other}"),
    }
}

/// The schema of the response of an operation; `None` if it is not JSON.
fn schema_of(action: &Action) -> Option<&'static Value> {
    let shape = |path: &str| -> Vec<Option<String>> {
        path.split('/').map(|word| (!word.starts_with('{')).then(|| word.to_owned())).collect()
    };
    let wanted = shape(&action.http.path.to_string());
    let (_, operations) = REFERENCE["paths"].as_object().unwrap().iter().find(|(path, _)| shape(path) == wanted)?;
    let responses = operations[action.http.method.as_str().to_lowercase()]["responses"].as_object()?;
    let success = responses.iter().find(|(status, _)| status.starts_with('2'))?.1;
    success["content"]["application/json"].get("schema")
}

/// The errors of the response of an operation.
pub(crate) fn wrong_with(action: &Action, version: &'static str, body: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    if let Some(schema) = schema_of(action) {
        Validator { version }.check(schema, body, "", &mut wrong);
    }
    wrong
}

#[test]
fn every_operation_is_in_the_reference_description() {
    for action in &Api::new().simulation.catalog().actions {
        if action.reply_form == ReplyForm::Json {
            assert!(schema_of(action).is_some(), "{}", action.id);
        }
    }
}

#[test]
fn response_to_every_read_example_matches_the_reference() {
    for version in ["2023-06-01", "2026-10-21"] {
        let mut problems = Vec::new();
        let mut api = Api::new();
        api.version = version;
        let actions = api.simulation.catalog().actions.clone();
        for action in actions.iter().filter(|action| action.http.method == Method::Get) {
            for example in &action.examples {
                let target = target_of(action, example, &api.simulation.catalog().types.clone());
                let reply = api.ask(action, &target, "");
                if reply.status != 200 {
                    problems.push(format!("{example}: {target}: {}", reply.body));
                    continue;
                }
                let wrong = wrong_with(action, version, &reply.body);
                if !wrong.is_empty() && !GAPS.iter().any(|(id, _)| *id == action.id) {
                    problems.push(format!("{example}: {wrong:?}"));
                }
            }
        }
        assert!(problems.is_empty(), "{version}:\n{}", problems.join("\n"));
    }
}

#[test]
fn every_report_and_compliance_example_has_data() {
    let mut api = Api::new();
    let actions = api.simulation.catalog().actions.clone();
    for action in actions.iter().filter(|action| action.http.method == Method::Get) {
        if !OURS.iter().any(|part| action.http.path.to_string().contains(part)) {
            continue;
        }
        for example in &action.examples {
            let target = target_of(action, example, &api.simulation.catalog().types.clone());
            let body = api.ask(action, &target, "").ok();
            if let Some(data) = body["data"].as_array() {
                assert!(!data.is_empty(), "{example}: {target}");
                let is_idle = |bucket: &Value| bucket["results"].as_array().is_some_and(Vec::is_empty);
                assert!(!data.iter().all(is_idle), "{example}: {target}");
            }
        }
    }
}

#[test]
fn the_validator_sees_what_is_wrong() {
    let wrong = |version, schema: Value, value: Value| {
        let mut wrong = Vec::new();
        Validator { version }.check(&schema, &value, "", &mut wrong);
        wrong
    };
    let schema = json!({
        "type": "object",
        "properties": {
            "id": { "type": "string" },
            "count": { "type": ["integer", "null"] },
            "state": { "anyOf": [{ "const": "on" }, { "type": "null" }] },
            "tags": { "type": "array", "items": { "enum": ["a", "b"] } },
        },
        "required": ["id"],
        "x-api-version-2023-06-01-extra-properties": { "old": { "type": "boolean" } },
    });
    let good = json!({ "id": "x", "count": null, "state": "on", "tags": ["a"] });
    assert_eq!(wrong("2026-10-21", schema.clone(), good), Vec::<String>::new());
    for (value, problem) in [
        (json!({}), ".id: missing"),
        (json!({ "id": 1 }), ".id: 1 is not of type"),
        (json!({ "id": "x", "count": 1.5 }), ".count: 1.5 is not of type"),
        (json!({ "id": "x", "state": "off" }), ".state: fits no choice"),
        (json!({ "id": "x", "tags": ["c"] }), ".tags[0]: \"c\" is not one of"),
        (json!({ "id": "x", "old": true }), ".old: not in the description"),
    ] {
        let wrong = wrong("2026-10-21", schema.clone(), value);
        assert!(wrong.len() == 1 && wrong[0].starts_with(problem), "{wrong:?}");
    }
    assert_eq!(wrong("2023-06-01", schema, json!({ "id": "x", "old": true })), Vec::<String>::new());
}
