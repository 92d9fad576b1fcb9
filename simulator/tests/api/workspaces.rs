//! Workspaces.

use crate::support::{Api, KEYS, WORKSPACES, values};
use serde_json::{Value, json};

fn path_of(api: &mut Api, name: &str) -> String {
    let all = format!("{WORKSPACES}?include_default=true&include_archived=true");
    format!("{WORKSPACES}/{}", api.id_of(&all, "name", name))
}

#[test]
fn a_new_workspace_has_the_documented_defaults() {
    let workspace = Api::new().post(WORKSPACES, json!({ "name": "Lab" })).ok();
    assert_eq!(
        workspace["data_residency"],
        json!({
            "allowed_inference_geos": "unrestricted",
            "default_inference_geo": "global",
            "workspace_geo": "us",
        })
    );
    for (field, value) in [
        ("name", json!("Lab")),
        ("type", json!("workspace")),
        ("created_at", json!("2026-11-21T17:20:00Z")),
        ("archived_at", Value::Null),
        ("tags", json!({})),
        ("external_key_id", Value::Null),
        ("user_profile_id", Value::Null),
    ] {
        assert_eq!(workspace[field], value, "{field}");
    }
    assert!(workspace["id"].as_str().unwrap().starts_with("wrkspc_01"));
    assert!(!workspace["compartment_id"].as_str().unwrap().is_empty());
    assert_eq!(workspace["display_color"].as_str().unwrap().len(), 7);
}

#[test]
fn at_most_100_workspaces_are_live() {
    let mut api = Api::new();
    let live = api.list(WORKSPACES).len();
    for index in live..100 {
        api.post(WORKSPACES, json!({ "name": format!("w{index}") })).ok();
    }
    api.post(WORKSPACES, json!({ "name": "one too many" })).refused(400);
    let path = path_of(&mut api, "w99");
    api.post(&format!("{path}/archive"), json!({})).ok();
    api.post(WORKSPACES, json!({ "name": "fits again" })).ok();
}

#[test]
fn default_workspace_is_unlisted_and_cannot_be_archived() {
    let mut api = Api::new();
    assert!(!values(&api.list(WORKSPACES), "name").contains(&"Default"));
    let path = path_of(&mut api, "Default");
    assert!(path.contains("/wrkspc_01"), "{path}");
    assert_eq!(api.get(&path).ok()["name"], "Default");
    api.post(&path, json!({ "name": "Main" })).refused(400);
    api.post(&path, json!({ "user_profile_id": "uprof_1" })).refused(400);
    api.post(&format!("{path}/archive"), json!({})).refused(400);
    let changed = api.post(&path, json!({ "tags": { "team": "core" } })).ok();
    assert_eq!(changed["tags"], json!({ "team": "core" }));
    assert_eq!(changed.get("is_default"), None, "a mark of the simulation is no field of the API");
}

#[test]
fn archived_workspaces_are_listed_when_asked_for() {
    let mut api = Api::new();
    assert!(!values(&api.list(WORKSPACES), "name").contains(&"Prototype 2024"));
    let with = api.list(&format!("{WORKSPACES}?include_archived=true"));
    assert!(values(&with, "name").contains(&"Prototype 2024"));
    assert!(!values(&with, "name").contains(&"Default"));
}

#[test]
fn workspaces_are_filtered_by_ids_and_unknown_ids_are_ignored() {
    let mut api = Api::new();
    let staging = api.id_of(WORKSPACES, "name", "Staging");
    let found = api.list(&format!("{WORKSPACES}?ids[]={staging}&ids[]=wrkspc_unknown"));
    assert_eq!(values(&found, "name"), ["Staging"]);
    let many = "ids[]=x&".repeat(101);
    assert_eq!(
        api.get(&format!("{WORKSPACES}?{}", many.trim_end_matches('&'))).refused(400),
        "ids[]: List should have at most 100 items after validation, not 101"
    );
}

#[test]
fn archiving_a_workspace_archives_its_keys_and_nothing_else() {
    let mut api = Api::new();
    let path = path_of(&mut api, "Staging");
    api.advance("1d");
    let archived = api.post(&format!("{path}/archive"), json!({})).ok();
    assert_eq!(archived["archived_at"], "2026-11-22T17:20:00Z");
    assert_eq!(api.find(KEYS, "name", "load test")["status"], "archived");
    assert_eq!(api.find(KEYS, "name", "trial")["status"], "archived", "an expired one too");
    assert_eq!(api.find(KEYS, "name", "ci main")["status"], "active");

    api.advance("1d");
    let again = api.post(&format!("{path}/archive"), json!({})).ok();
    assert_eq!(again["archived_at"], "2026-11-22T17:20:00Z", "the first time counts");
    api.post(&path, json!({ "name": "x" })).refused(400);
}

#[test]
fn only_the_fields_that_are_sent_change() {
    let mut api = Api::new();
    let path = path_of(&mut api, "Production");
    let before = api.get(&path).ok();
    let after = api.post(&path, json!({ "display_color": "#000000" })).ok();
    let mut expected = before;
    expected["display_color"] = json!("#000000");
    assert_eq!(after, expected);
}

#[test]
fn a_tag_is_set_changed_and_removed_by_itself() {
    let mut api = Api::new();
    let path = path_of(&mut api, "Production");
    let tags = json!({ "env": null, "team": "core", "tier": "1" });
    assert_eq!(api.post(&path, json!({ "tags": tags })).ok()["tags"], json!({ "team": "core", "tier": "1" }));
    assert_eq!(api.post(&path, json!({ "tags": null })).ok()["tags"], json!({ "team": "core", "tier": "1" }));
}

#[test]
fn tag_keys_that_begin_with_anthropic_are_refused() {
    let mut api = Api::new();
    let tags = json!({ "name": "x", "tags": { "anthropic-team": "a" } });
    assert!(api.post(WORKSPACES, tags).refused(400).starts_with("tags.anthropic-team: "));
    let path = path_of(&mut api, "Production");
    api.post(&path, json!({ "tags": { "anthropic": "a" } })).refused(400);
    api.post(WORKSPACES, json!({ "name": "x", "tags": { "key": null } })).refused(400);
}

#[test]
fn the_default_geo_must_be_allowed() {
    let mut api = Api::new();
    let create = |geos: Value, default: &str| json!({ "name": "x", "data_residency": { "allowed_inference_geos": geos, "default_inference_geo": default } });
    api.post(WORKSPACES, create(json!(["us"]), "global")).refused(400);
    let workspace = api.post(WORKSPACES, create(json!(["us"]), "us")).ok();
    assert_eq!(workspace["data_residency"]["workspace_geo"], "us");
    api.post(WORKSPACES, create(json!("unrestricted"), "us")).ok();
    assert!(api.post(WORKSPACES, create(json!(["mars"]), "us")).refused(400).contains("geos.0: Input should be"));

    let path = format!("{WORKSPACES}/{}", workspace["id"].as_str().unwrap());
    api.post(&path, json!({ "data_residency": { "default_inference_geo": "global" } })).refused(400);
    let changes =
        json!({ "data_residency": { "allowed_inference_geos": "unrestricted", "default_inference_geo": null } });
    assert_eq!(
        api.post(&path, changes).ok()["data_residency"],
        json!({ "allowed_inference_geos": "unrestricted", "default_inference_geo": "us", "workspace_geo": "us" })
    );
}

#[test]
fn data_stays_where_it_is() {
    let mut api = Api::new();
    let elsewhere = json!({ "name": "x", "data_residency": { "workspace_geo": "eu" } });
    assert_eq!(api.post(WORKSPACES, elsewhere).refused(400), "data_residency.workspace_geo: Input should be 'us'");
    let path = path_of(&mut api, "Production");
    assert_eq!(
        api.post(&path, json!({ "data_residency": { "workspace_geo": "us" } })).refused(400),
        "data_residency.workspace_geo: Extra inputs are not permitted"
    );
}

#[test]
fn an_encryption_key_and_a_profile_are_set_once() {
    let mut api = Api::new();
    let path = path_of(&mut api, "Production");
    let keys = api.list_up_to_100("/v1/organizations/external_keys");
    let key = |name: &str| keys.iter().find(|key| key["display_name"] == name).unwrap()["id"].as_str().unwrap();
    let fields = [("external_key_id", key("Main key"), key("Support data")), ("user_profile_id", "uprof_1", "uprof_2")];
    for (field, first, second) in fields {
        assert_eq!(api.post(&path, json!({ field: first })).ok()[field], first);
        assert_eq!(api.post(&path, json!({ field: first })).ok()[field], first);
        assert!(api.post(&path, json!({ field: second })).refused(400).starts_with(field));
        api.post(&path, json!({ field: null })).refused(400);
        assert_eq!(api.get(&path).ok()[field], first);
    }
}
