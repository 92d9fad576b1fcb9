//! What holds for every operation of the catalog.

use crate::support::Api;
use claude_admin_catalog::{Action, Method, Place, Segment, Type, Types};
use serde_json::{Map, Value, json};

/// The path of an operation, led through items that exist.
fn path_of(api: &mut Api, action: &Action) -> String {
    let mut path = String::new();
    for segment in action.http.path.segments() {
        let word = match segment {
            Segment::Literal(word) => word.clone(),
            Segment::Param(name) => {
                let param = action.params.iter().find(|param| param.name == *name).unwrap();
                let prefix = api.simulation.catalog().types.prefix(&param.ty).unwrap().to_owned();
                example_id(api, &prefix)
            }
        };
        path = format!("{path}/{word}");
    }
    path
}

/// The id that examples name.
fn example_id(api: &Api, prefix: &str) -> String {
    let mut words = api.simulation.catalog().actions.iter().flat_map(|a| &a.examples).flat_map(|e| e.split(' '));
    words.find(|word| word.starts_with(prefix)).unwrap().to_owned()
}

/// A body with everything that an operation takes, or with what it needs.
fn body_of(api: &mut Api, action: &Action, everything: bool) -> Value {
    let types = api.simulation.catalog().types.clone();
    let newcomer = api.list("/v1/organizations/users")[0]["id"].clone();
    let mut body = Map::new();
    for param in action.params.iter().filter(|param| param.place == Place::Body) {
        if everything || (types.optional(&param.ty).is_none() && types.list_item(&param.ty).is_none()) {
            let is_user = types.prefix(&param.ty) == Some("user_");
            let value = if is_user { newcomer.clone() } else { value_of(&types, &param.ty) };
            body.insert(param.wire.clone(), value);
        }
    }
    body.into()
}

/// Some value of a type.
fn value_of(types: &Types, ty: &Type) -> Value {
    if let Some(inner) = types.optional(ty) {
        return value_of(types, inner);
    }
    if let Some(fields) = types.record(ty) {
        return fields
            .iter()
            .map(|field| (field.wire.clone(), value_of(types, &field.ty)))
            .collect::<Map<_, _>>()
            .into();
    }
    if let Some(words) = types.words(ty) {
        return words[0].into();
    }
    if let Some(value) = types.map_value(ty) {
        return json!({ "key": value_of(types, value) });
    }
    match (types.format(ty), types.underlying(ty)) {
        (Some("email"), _) => json!("somebody.new@example.com"),
        (Some("color"), _) => json!("#123456"),
        (Some("timestamp"), _) => json!("2027-01-01T00:00:00Z"),
        (_, Type::String) => json!("us"),
        (_, Type::Bool) => json!(true),
        (_, Type::List(_)) => json!([]),
        _ => json!(1),
    }
}

/// The operations in an order in which each finds what it is about.
fn actions(api: &Api) -> Vec<Action> {
    let mut actions = api.simulation.catalog().actions.clone();
    actions.sort_by_key(|action| action.http.method == Method::Delete);
    actions
}

#[test]
fn every_operation_succeeds_and_replies_with_its_type() {
    for everything in [false, true] {
        for version in ["2023-06-01", "2026-10-21"] {
            for action in actions(&Api::new()) {
                let mut api = Api::new();
                api.version = version;
                let path = path_of(&mut api, &action);
                let body =
                    if action.http.method.has_body() { body_of(&mut api, &action, everything) } else { json!("") };
                let reply = api.send(action.http.method.as_str(), &path, &body.to_string());
                assert_eq!(reply.status, 200, "{}: {}", action.id, reply.body);
                if let Some(ty) = &action.result {
                    let checked = api.simulation.catalog().types.check_json(ty, &reply.body);
                    assert_eq!(checked, Ok(()), "{}: {}", action.id, reply.body);
                }
            }
        }
    }
}

#[test]
fn every_operation_refuses_an_unknown_item_unknown_fields_and_unknown_parameters() {
    let mut api = Api::new();
    for action in actions(&api) {
        let method = action.http.method.as_str();
        let path = path_of(&mut api, &action);
        let reply = api.send(method, &format!("{path}?no_such_parameter=1"), "");
        assert_eq!(reply.refused(400), "Unknown query parameter: 'no_such_parameter'.", "{}", action.id);
        if action.http.method.has_body() {
            let reply = api.send(method, &path, r#"{"no_such_field": 1}"#);
            assert_eq!(reply.refused(400), "no_such_field: Extra inputs are not permitted", "{}", action.id);
        }
        let params: Vec<&str> = action.http.path.params().collect();
        if !params.is_empty() {
            let unknown = action.http.path.to_string().replace(['{', '}'], "");
            let body = if action.http.method.has_body() {
                body_of(&mut api, &action, false).to_string()
            } else {
                String::new()
            };
            api.send(method, &unknown, &body).refused(404);
        }
    }
}

#[test]
fn every_operation_needs_a_credential() {
    let mut api = Api::new();
    for action in actions(&api) {
        let path = path_of(&mut api, &action);
        api.request(action.http.method.as_str(), &path, &[("anthropic-version", "2023-06-01")], "").refused(401);
    }
}

#[test]
fn every_page_is_found_by_its_cursor() {
    let mut api = Api::new();
    for action in actions(&api).iter().filter(|action| action.paging.is_some()) {
        let path = path_of(&mut api, action);
        let first = api.get(&format!("{path}?limit=1")).ok();
        assert_eq!(first["has_more"], true, "{}: there must be something to page through", action.id);
        let next = api.get(&format!("{path}?limit=1&after_id={}", first["last_id"].as_str().unwrap())).ok();
        assert_ne!(next["data"], first["data"], "{}", action.id);
        let back = api.get(&format!("{path}?limit=1&before_id={}", next["first_id"].as_str().unwrap())).ok();
        assert_eq!(back["data"], first["data"], "{}", action.id);
    }
}
