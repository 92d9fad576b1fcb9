//! Valid values in requests, and the error texts for invalid ones.

use crate::support::{Api, INVITES, KEYS, USERS, WORKSPACES};
use serde_json::json;

#[test]
fn number_outside_its_bounds_is_invalid() {
    let mut api = Api::new();
    for (limit, problem) in [
        ("1001", "limit: Input should be less than or equal to 1000"),
        ("0", "limit: Input should be greater than or equal to 1"),
        ("ten", "limit: Input should be a valid integer, unable to parse string as an integer"),
        ("-1", "limit: Input should be a valid integer"),
    ] {
        assert_eq!(api.get(&format!("{USERS}?limit={limit}")).refused(400), problem);
    }
    api.get(&format!("{USERS}?limit=1000")).ok();
}

#[test]
fn query_parameters_that_do_not_exist_are_refused() {
    let mut api = Api::new();
    assert_eq!(api.get(&format!("{USERS}?foo=1")).refused(400), "Unknown query parameter: 'foo'.");
    assert_eq!(api.get(&format!("{USERS}?roles=user")).refused(400), "Unknown query parameter: 'roles'.");
    assert_eq!(api.delete(&format!("{USERS}/x?a=1")).refused(400), "Unknown query parameter: 'a'.");
}

#[test]
fn words_and_switches_of_a_query_are_checked() {
    let mut api = Api::new();
    assert_eq!(
        api.get(&format!("{INVITES}?statuses[]=pending&statuses[]=lost")).refused(400),
        "statuses[].1: Input should be 'pending', 'accepted' or 'expired'"
    );
    assert_eq!(
        api.get(&format!("{WORKSPACES}?include_archived=maybe")).refused(400),
        "include_archived: Input should be a valid boolean, unable to interpret input"
    );
    assert!(
        api.get(&format!("{USERS}?roles[]=emperor")).refused(400).starts_with("roles[].0: Input should be 'user', ")
    );
}

#[test]
fn addresses_and_colours_have_their_form() {
    let mut api = Api::new();
    for (email, reason) in [
        ("ada", "An email address must have an @-sign."),
        ("@example.com", "There must be something before the @-sign."),
        ("ada@", "There must be something after the @-sign."),
        ("ada@example.com@example.com", "The part after the @-sign contains invalid characters: '@'."),
        ("ada lovelace@example.com", "The email address contains invalid characters: SPACE."),
        ("ada@example", "The part after the @-sign is not valid. It should have a period."),
    ] {
        assert_eq!(
            api.post(INVITES, json!({ "email": email, "role": "user" })).refused(400),
            format!("email: value is not a valid email address: {reason}")
        );
    }
    assert!(api.get(&format!("{USERS}?email=ada")).refused(400).starts_with("email: value is not a valid email"));
    for color in ["red", "#12345", "#12345g"] {
        assert_eq!(
            api.post(WORKSPACES, json!({ "name": "x", "display_color": color })).refused(400),
            "display_color: String should match pattern '^#[0-9A-Fa-f]{6}$'"
        );
    }
}

#[test]
fn text_or_list_outside_its_length_is_invalid() {
    let mut api = Api::new();
    let create = |name: String| json!({ "name": name });
    assert_eq!(
        api.post(WORKSPACES, create("é".repeat(256))).refused(400),
        "name: String should have at most 255 characters"
    );
    assert_eq!(
        api.post(WORKSPACES, create(String::new())).refused(400),
        "name: String should have at least 1 character"
    );
    api.post(WORKSPACES, create("é".repeat(255))).ok();
    let groups: Vec<String> = (0..101).map(|index| format!("g{index}")).collect();
    assert_eq!(
        api.post(INVITES, json!({ "email": "a@b.co", "role": "user", "rbac_group_ids": groups })).refused(400),
        "rbac_group_ids: List should have at most 100 items after validation, not 101"
    );
}

#[test]
fn fields_are_neither_missing_nor_unknown_nor_of_another_kind() {
    let mut api = Api::new();
    for (body, problem) in [
        (json!({}), "email: Field required"),
        (json!({ "email": "a@b.co" }), "role: Field required"),
        (json!({ "email": "a@b.co", "role": "user", "foo": 1 }), "foo: Extra inputs are not permitted"),
        (json!({ "email": 7, "role": "user" }), "email: Input should be a valid string"),
        (json!({ "email": null, "role": "user" }), "email: Input should be a valid string"),
        (
            json!({ "email": "a@b.co", "role": "user", "rbac_group_ids": "g" }),
            "rbac_group_ids: Input should be a valid list",
        ),
        (
            json!({ "email": "a@b.co", "role": "user", "rbac_group_ids": [1] }),
            "rbac_group_ids.0: Input should be a valid string",
        ),
        (json!([]), "body: Input should be a valid dictionary"),
    ] {
        assert_eq!(api.post(INVITES, body.clone()).refused(400), problem, "{body}");
    }
    assert_eq!(
        api.post(WORKSPACES, json!({ "name": "x", "data_residency": { "geo": "us" } })).refused(400),
        "data_residency.geo: Extra inputs are not permitted"
    );
    assert_eq!(
        api.post(WORKSPACES, json!({ "name": "x", "tags": { "a": 1 } })).refused(400),
        "tags.a: Input should be a valid string"
    );
}

#[test]
fn invalid_json_body_fails_and_empty_body_is_an_empty_object() {
    let mut api = Api::new();
    assert!(api.send("POST", INVITES, "{\"email\":").refused(400).starts_with("The request body is not valid JSON: "));
    assert_eq!(api.send("POST", INVITES, "").refused(400), "email: Field required");
    let key = api.id_of(KEYS, "name", "ci main");
    api.send("POST", &format!("{KEYS}/{key}"), "").ok();
}

#[test]
fn null_in_a_create_request_means_the_default_value() {
    let mut api = Api::new();
    let nulls =
        json!({ "name": "x", "display_color": null, "tags": null, "data_residency": null, "external_key_id": null });
    let workspace = api.post(WORKSPACES, nulls).ok();
    assert_eq!(workspace["data_residency"]["default_inference_geo"], "global");
    assert_eq!(workspace["tags"], json!({}));
    let path = format!("{WORKSPACES}/{}", workspace["id"].as_str().unwrap());
    assert_eq!(api.post(&path, json!({ "name": null })).refused(400), "name: Input should be a valid string");
    api.post(&path, json!({ "data_residency": null })).ok();
}

#[test]
fn a_body_that_is_too_large_is_refused() {
    let reply = Api::new().send("POST", WORKSPACES, &" ".repeat(1024 * 1024 + 1));
    reply.refused(413);
    assert_eq!(reply.body["error"]["type"], "request_too_large");
}
