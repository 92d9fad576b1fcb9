//! Checks of every operation of the catalog.

use crate::examples::header_params;
use crate::schema::wrong_with;
use crate::support::{Api, Reply};
use claude_admin_catalog::{
    Action, BodyForm, Credential, Kind, Method, Paging, Param, Place, ReplyForm, Segment, Type,
};
use claude_admin_catalog::{Types, VariantForm};
use claude_admin_simulator::{ADMIN_KEY, OAUTH_TOKEN, REFRESH_TOKEN, SCOPED_KEY};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The path of an operation, with the items that its example names.
fn path_of(action: &Action) -> String {
    let mut words = action.examples[0].split_whitespace().skip(2);
    let mut path = String::new();
    for segment in action.http.path.segments() {
        let word = match segment {
            Segment::Literal(word) => word,
            Segment::Param(_) => words.next().unwrap(),
        };
        path = format!("{path}/{word}");
    }
    path
}

/// The headers of a request: a credential that grants access to the operation, and the betas that it requires.
fn headers_of<'a>(action: &'a Action, version: &str) -> Vec<(&'a str, String)> {
    let mut headers = vec![("anthropic-version", version.to_owned())];
    let opens = |wanted: fn(&Credential) -> bool| action.auth.iter().any(wanted);
    if opens(|accepted| *accepted == Credential::AdminKey) {
        headers.push(("x-api-key", ADMIN_KEY.to_owned()));
    } else if opens(|accepted| matches!(accepted, Credential::OauthToken | Credential::OauthScope(_))) {
        headers.push(("authorization", format!("Bearer {OAUTH_TOKEN}")));
    } else if opens(|accepted| matches!(accepted, Credential::Scope(_))) {
        headers.push(("x-api-key", SCOPED_KEY.to_owned()));
    }
    if !action.betas.is_empty() {
        headers.push(("anthropic-beta", action.betas.join(",")));
    }
    headers.extend(header_params(action, &action.examples[0]));
    headers
}

fn send(api: &mut Api, action: &Action, path: &str, body: &Sent) -> Reply {
    let mut headers = headers_of(action, api.version);
    let text = match body {
        Sent::Nothing => String::new(),
        Sent::Json(body) => body.to_string(),
        Sent::Form(form) => {
            headers.push(("content-type", "multipart/form-data; boundary=limit".to_owned()));
            form.clone()
        }
    };
    let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    api.request(action.http.method.as_str(), path, &headers, &text)
}

/// A body.
#[derive(Clone)]
enum Sent {
    Nothing,
    Json(Value),
    Form(String),
}

impl Sent {
    /// The same body with an additional field.
    fn with(self, name: &str) -> Self {
        match self {
            Self::Json(mut body) => {
                body[name] = json!(1);
                Self::Json(body)
            }
            Self::Form(form) => Self::Form(form.replace("--limit--", &format!("{}--limit--", text_part(name, "1")))),
            Self::Nothing => Self::Nothing,
        }
    }
}

fn text_part(name: &str, text: &str) -> String {
    format!("--limit\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
}

fn file_part(name: &str, file: &str, content: &str) -> String {
    format!("--limit\r\ncontent-disposition: form-data; name=\"{name}\"; filename=\"{file}\"\r\n\r\n{content}\r\n")
}

/// A body with all fields of an operation, or only with the required ones.
fn body_of(api: &mut Api, action: &Action, everything: bool) -> Sent {
    if !action.http.method.has_body() {
        return Sent::Nothing;
    }
    let types = api.types();
    let params: Vec<&Param> = action
        .params
        .iter()
        .filter(|param| param.place == Place::Body)
        .filter(|param| {
            let may_be_absent = types.optional(&param.ty).is_some() && !param.null_when_none
                || types.list_item(&param.ty).is_some() && param.range.is_none_or(|range| range.min < 1);
            everything || !may_be_absent
        })
        .collect();
    if action.body_form == BodyForm::Multipart {
        let parts: String = params
            .iter()
            .map(|param| match types.record(types.list_item(&param.ty).unwrap_or(&param.ty)) {
                Some(_) if types.list_item(&param.ty).is_some() => {
                    let name = action.http.path.params().next().map_or("a-new-one", |_| "release-notes");
                    let manifest = json!({ "name": name }).to_string();
                    file_part(&param.wire, ".claude-plugin/plugin.json", &manifest)
                }
                Some(_) => file_part(&param.wire, "archive.zip", "PK"),
                None => text_part(&param.wire, value_of(api, param).as_str().unwrap()),
            })
            .collect();
        return Sent::Form(format!("{parts}--limit--\r\n"));
    }
    if let [whole] = params.as_slice() {
        if whole.flatten && action.auth.contains(&Credential::None) {
            return Sent::Json(json!({ "grant_type": "refresh_token", "refresh_token": REFRESH_TOKEN }));
        }
        if whole.flatten {
            return Sent::Json(value_of(api, whole));
        }
    }
    let mut body = Map::new();
    for param in params {
        body.insert(param.wire.clone(), value_of(api, param));
    }
    // Fields that are valid only together.
    for (id, field, value) in SPECIAL {
        let (is_always_sent, field) = field.strip_prefix('+').map_or((false, *field), |field| (true, field));
        if *id == action.id && (everything || is_always_sent || body.contains_key(field)) {
            let value: Value = serde_json::from_str(value).unwrap();
            if value.is_null() {
                body.remove(field);
            } else {
                body.insert(field.to_owned(), value);
            }
        }
    }
    for (name, value) in &action.constants {
        body.insert(name.clone(), json!(value));
    }
    Sent::Json(body.into())
}

/// Values that rules require and types do not express. Null omits the field, and `+` sends it in every case.
const SPECIAL: &[(&str, &str, &str)] = &[
    ("federation-rules.create", "match", r#"{"subject_prefix": "repo:acme/app:"}"#),
    ("federation-rules.create", "+applies_to_all_workspaces", "true"),
    ("federation-rules.create", "oauth_scope", r#""workspace:developer""#),
    ("federation-rules.create", "attributes", "{}"),
    ("federation-rules.create", "workspace_id", "null"),
    ("federation-rules.update", "match", r#"{"subject_prefix": "repo:acme/app:"}"#),
    ("federation-rules.update", "oauth_scope", r#""workspace:developer""#),
    ("federation-rules.update", "attributes", "{}"),
    ("federation-rules.update", "applies_to_all_workspaces", "true"),
    ("federation-issuers.create", "issuer_url", r#""https://token.example.com""#),
    ("federation-issuers.update", "jwks_polling_disabled", "false"),
    ("compliance-review-cases.respond", "+policy_categories", r#"["fraud"]"#),
    (
        "external-storage.create",
        "provider_config",
        r#"{"type": "gcp", "project_number": "123456789012", "bucket_name": "acme-new", "region": "us-east5"}"#,
    ),
    ("google-data-controls.update", "+cmek", r#"{"type": "disabled"}"#),
    ("google-data-controls.update", "storage", r#"{"type": "disabled"}"#),
    ("workspaces.create", "inference_data_privacy", "null"),
    ("workspaces.update", "inference_data_privacy", "null"),
    ("external-keys.update", "provider_config", r#"{"type": "gcp", "key_name": "projects/acme/key"}"#),
    ("service-accounts.create", "name", r#""a-new-one""#),
    ("service-accounts.create", "organization_role", r#""developer""#),
    ("service-accounts.update", "organization_role", r#""developer""#),
    ("spend-limits.set", "amount", r#""50000""#),
    ("spend-limits.set", "period", r#""monthly""#),
    ("tag-channels.create", "slack", r#"{"channel_id": "C0123456789", "workspace_id": "T0123456789"}"#),
    ("telemetry.update", "+display_name", r#""Collector""#),
    ("workspace-rate-limits.update", "limits", r#"[{"type": "requests_per_minute", "value": 500}]"#),
    ("managed-settings.update", "rbac_group_order", "null"),
    ("managed-settings.update", "rbac_group_order_version", "null"),
    ("managed-settings.update-default", "settings", "{}"),
    ("managed-settings.set-group", "settings", "{}"),
    ("marketplaces.validate-repository", "repository_url", r#""https://github.com/acme/plugins""#),
    ("marketplaces.validate-repository", "ref", r#""main""#),
    (
        "tunnel-certificates.create",
        "ca_certificate_pem",
        r#""-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n""#,
    ),
    ("invites.create", "rbac_group_ids", "null"),
    ("workspaces.create", "user_profile_id", "null"),
    ("workspaces.create", "external_key_id", "null"),
    ("workspaces.update", "user_profile_id", "null"),
    ("workspaces.update", "external_key_id", "null"),
    ("external-keys.create", "user_profile_id", "null"),
    ("tag-channels.create", "settings", r#"{"reply_mode": {"type": "thread"}}"#),
    ("tag-channels.update", "settings", r#"{"instructions": null, "enabled": true}"#),
    ("tag-workspaces.update", "settings", r#"{"model": "claude-sonnet-4-5"}"#),
];

/// Some value for a parameter.
fn value_of(api: &mut Api, param: &Param) -> Value {
    let types = api.types();
    let example = |prefix: &str| api.example_id(prefix);
    match (types.prefix(&param.ty), &*param.wire) {
        // A member who is in no group and no workspace yet.
        (Some("user_"), _) => api.list("/v1/organizations/users")[0]["id"].clone(),
        (Some(prefix), _) => json!(example(prefix)),
        _ => some(&types, &param.ty, &example),
    }
}

/// Some value of a type.
fn some(types: &Types, ty: &Type, example: &dyn Fn(&str) -> String) -> Value {
    if let Some(inner) = types.optional(ty) {
        return some(types, inner, example);
    }
    if let Some(fields) = types.record(ty) {
        return fields
            .iter()
            .map(|field| (field.wire.clone(), some(types, &field.ty, example)))
            .collect::<Map<_, _>>()
            .into();
    }
    if let Some(Kind::Variant { cases, form: VariantForm::Tagged(tag) }) = types.kind(ty) {
        let case = cases.iter().rfind(|case| case.name != "other").unwrap();
        let mut object = json!({ tag: case.wire });
        if let Some(payload) = &case.payload {
            for (name, value) in some(types, payload, example).as_object().unwrap() {
                object[name] = value.clone();
            }
        }
        return object;
    }
    if let Some(words) = types.words(ty) {
        return words[0].into();
    }
    if let Some(value) = types.map_value(ty) {
        return json!({ "key": some(types, value, example) });
    }
    if let Some(prefix) = types.prefix(ty) {
        return json!(example(prefix));
    }
    match (types.format(ty), types.underlying(ty)) {
        (Some("email"), _) => json!("somebody.new@example.com"),
        (Some("color"), _) => json!("#123456"),
        (Some("timestamp"), _) => json!("2027-01-01T00:00:00Z"),
        (Some("date"), _) => json!("2026-11-01"),
        (Some("url"), _) => json!("https://example.com/v1"),
        (Some("slug"), _) => json!("another-name"),
        (Some("cents" | "whole-cents"), _) => json!("50000"),
        (Some("uuid"), _) => json!("5f0c8a52-6d1e-4b7a-9c43-2e8f1d7b6a90"),
        (Some("json"), _) => json!([{}]),
        (_, Type::String) => json!("us"),
        (_, Type::Bool) => json!(true),
        (_, Type::List(item)) => json!([some(types, item, example)]),
        _ => json!(600),
    }
}

/// Operations that others depend on come first. Deletions come last.
fn actions(api: &Api) -> Vec<Arc<Action>> {
    let mut actions = api.simulation.catalog().actions.clone();
    actions.sort_by_key(|action| action.http.method == Method::Delete);
    actions
}

/// Creates the state that an operation requires.
fn prepare(api: &mut Api, action: &Action) {
    let example = |prefix: &str| api.example_id(prefix);
    let key = format!("/v1/organizations/external_keys/{}", example("ekey_"));
    match &*action.id {
        "tag-channels.delete" => {
            let path = path_of(action);
            let settings = json!({ "settings": { "enabled": false } });
            api.scoped("POST", &path, settings, "experimental-claude-tag-2026-10-21").ok();
        }
        "service-accounts.archive" | "federation-issuers.archive" => {
            for rule in api.oauth("GET", "/v1/organizations/federation_rules?limit=100", json!({})).ok()["data"]
                .as_array()
                .unwrap()
            {
                let id = rule["id"].as_str().unwrap();
                api.oauth("POST", &format!("/v1/organizations/federation_rules/{id}/archive"), json!({})).ok();
            }
        }
        "external-keys.update" | "external-keys.delete" => {
            assert_eq!(api.get(&key).ok()["attachment"]["type"], "unattached");
        }
        _ => {}
    }
}

#[test]
fn every_operation_succeeds_and_replies_with_its_type() {
    let mut problems = BTreeMap::new();
    let mut api = Api::new();
    for everything in [false, true] {
        for version in ["2023-06-01", "2026-10-21"] {
            for action in actions(&api) {
                api.simulation.reset();
                api.version = version;
                prepare(&mut api, &action);
                let (path, body) = (path_of(&action), body_of(&mut api, &action, everything));
                let path = format!("{path}{}", query_of(&mut api, &action, everything));
                let reply = send(&mut api, &action, &path, &body);
                if reply.status != 200 {
                    problems.insert(action.id.clone(), reply.body.to_string());
                    continue;
                }
                if action.reply_form == ReplyForm::Bytes {
                    assert!(!reply.bytes.is_empty(), "{}", action.id);
                    assert!(reply.headers.contains_key("content-disposition"), "{}", action.id);
                } else if let Some(ty) = &action.result {
                    let checked = api.types().check_json(ty, &reply.body);
                    if checked != Ok(()) {
                        problems.insert(action.id.clone(), format!("{checked:?}: {}", reply.body));
                    }
                    let wrong = wrong_with(&action, version, &reply.body);
                    if !wrong.is_empty() {
                        problems.insert(action.id.clone(), format!("{wrong:?}: {}", reply.body));
                    }
                }
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

/// The query parameters that an operation needs.
fn query_of(api: &mut Api, action: &Action, _everything: bool) -> String {
    let mut query = String::new();
    for param in action.params.iter().filter(|param| param.place == Place::Query) {
        let types = api.types();
        let is_required = types.optional(&param.ty).is_none()
            && types.list_item(&param.ty).is_none()
            && types.open_record(&param.ty).is_none();
        if is_required {
            let value = match (&*param.wire, types.format(&param.ty)) {
                ("slack_workspace_id", _) => "T0123456789".to_owned(),
                (_, Some("timestamp")) => "2026-11-14T00:00:00Z".to_owned(),
                (_, Some("date")) => "2026-11-18".to_owned(),
                _ => value_of(api, param).as_str().unwrap_or("1").to_owned(),
            };
            let mark = if query.is_empty() { '?' } else { '&' };
            query = format!("{query}{mark}{}={value}", param.wire);
        }
    }
    query
}

#[test]
fn every_operation_fails_for_unknown_ids_fields_and_parameters() {
    let mut api = Api::new();
    for action in actions(&api) {
        let path = path_of(&action);
        let body = body_of(&mut api, &action, false);
        let reply = send(&mut api, &action, &format!("{path}?no_such_parameter=1"), &body);
        assert_eq!(reply.refused(400), "Unknown query parameter: 'no_such_parameter'.", "{}", action.id);
        if action.http.method.has_body() {
            let reply = send(&mut api, &action, &path, &body.clone().with("no_such_field"));
            assert_eq!(reply.refused(400), "no_such_field: Extra inputs are not permitted", "{}", action.id);
        }
        if action.http.path.params().next().is_some() {
            let unknown = action.http.path.to_string().replace(['{', '}'], "");
            let unknown = format!("{unknown}{}", query_of(&mut api, &action, false));
            let reply = send(&mut api, &action, &unknown, &body);
            assert_eq!(reply.status, 404, "{}: {}", action.id, reply.body);
        }
    }
}

#[test]
fn every_operation_needs_a_credential_unless_it_takes_none() {
    let mut api = Api::new();
    for action in actions(&api) {
        let version = [("anthropic-version", "2023-06-01")];
        let reply = api.request(action.http.method.as_str(), &path_of(&action), &version, "");
        if !action.auth.contains(&Credential::None) {
            reply.refused(401);
        }
    }
}

#[test]
fn every_page_is_found_by_its_cursor() {
    let mut api = Api::new();
    for action in actions(&api).iter().filter(|action| action.paging.is_some()) {
        let path = format!("{}{}", path_of(action), query_of(&mut api, action, false));
        let path = format!("{path}{}limit=1", if path.contains('?') { '&' } else { '?' });
        let hides_archived = action.input("include-archived").is_some();
        let path = if hides_archived { format!("{path}&include_archived=true") } else { path };
        // Going back through chats needs a member.
        let path = if action.id == "compliance-chats.list" {
            format!("{path}&user_ids[]={}", api.example_id("user_"))
        } else {
            path
        };
        let mut get = |path: &str| send(&mut api, action, path, &Sent::Nothing).ok();
        let first = get(&path);
        // The lists with a single page, or with a single page unless groups are requested.
        let whole = ["artifacts", "cost", "summaries", "usage"].map(|report| format!("analytics.{report}"));
        // There is one custom role.
        let short = ["compliance-organizations.roles", "federation-rule-workspaces.list"];
        if short.contains(&&*action.id) || whole.contains(&action.id) {
            assert_eq!(first["next_page"], Value::Null);
            continue;
        }
        let cursor = action.paging.as_ref().and_then(|paging| paging.onward(&first).cursor());
        let cursor = cursor.unwrap_or_else(|| panic!("{}: there must be something to page through", action.id));
        match action.paging {
            Some(Paging::Id { .. }) => {
                let next = get(&format!("{path}&after_id={cursor}"));
                assert_ne!(next["data"], first["data"], "{}", action.id);
                let back = get(&format!("{path}&before_id={}", next["first_id"].as_str().unwrap()));
                assert_eq!(back["data"], first["data"], "{}", action.id);
            }
            _ => {
                let next = get(&format!("{path}&page={cursor}"));
                assert_ne!(next["data"], first["data"], "{}", action.id);
                assert!(!next["data"].as_array().unwrap().is_empty(), "{}", action.id);
            }
        }
    }
}
