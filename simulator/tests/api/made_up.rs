//! Operations that do not exist, added to a copy of the WIT package: they work without any other change.

use crate::support::{Api, Reply, VERSION};
use claude_admin_catalog::{Catalog, PackageText};
use claude_admin_simulator::{ADMIN_KEY, OAUTH_TOKEN, SimulatorConfig};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

const ROBOTS: &str = include_str!("robots.wit");

const PATH: &str = "/v1/organizations/robots";

fn api() -> Api {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let real = PackageText::from_folder(&folder).unwrap();
    let files = real.files().chain([("robots.wit", ROBOTS)]);
    let catalog = Catalog::from_text(&PackageText::from_files(files)).unwrap_or_else(|error| panic!("{error}"));
    Api::with(SimulatorConfig { catalog: Some(Arc::new(catalog)), ..SimulatorConfig::default() })
}

/// A reply, checked against the type of the operation.
#[track_caller]
fn typed(api: &Api, action: &str, reply: Reply) -> Value {
    let catalog = api.simulation.catalog();
    let body = reply.ok();
    let ty = catalog.action(action).unwrap().result.as_ref().unwrap();
    assert_eq!(catalog.types.check_json(ty, &body), Ok(()), "{body}");
    body
}

#[track_caller]
fn build(api: &mut Api, name: &str, model: &str) -> String {
    let reply = api.post(PATH, json!({ "name": name, "model": model }));
    typed(api, "robots.build", reply)["id"].as_str().unwrap().to_owned()
}

#[test]
fn created_object_has_the_given_values_and_generated_others() {
    let mut api = api();
    let reply = api.post(
        PATH,
        json!({ "name": "Rob", "model": "flyer", "station": { "floor": 2 }, "drive": { "type": "battery", "capacity": 9 } }),
    );
    let robot = typed(&api, "robots.build", reply);
    let id = robot["id"].as_str().unwrap();
    assert!(id.starts_with("robot_01"), "{id}");
    for (field, value) in [
        ("name", json!("Rob")),
        ("model", json!("flyer")),
        ("keeper", Value::Null),
        ("station", json!({ "floor": 2, "door": "" })),
        ("drive", json!({ "type": "battery", "capacity": 9 })),
        ("labels", json!({})),
        ("lives", json!(3)),
        ("created_at", json!("2026-11-21T17:20:00Z")),
        ("archived_at", Value::Null),
        ("type", json!("robot")),
    ] {
        assert_eq!(robot[field], value, "{field}");
    }
    assert_eq!(api.get(&format!("{PATH}/{id}")).ok(), robot);
    assert_eq!(
        api.post(PATH, json!({ "name": "Robert", "model": "flyer" })).refused(400),
        "name: String should have at most 5 characters"
    );
    assert_eq!(
        api.post(PATH, json!({ "name": "R", "model": "crawler" })).refused(400),
        "model: Input should be 'walker' or 'flyer'"
    );
    let odd = json!({ "name": "R", "model": "flyer", "drive": { "type": "steam" } });
    assert_eq!(api.post(PATH, odd).refused(400), "drive.type: Input should be 'battery' or 'solar'");
}

#[test]
fn object_is_updated_archived_and_deleted() {
    let mut api = api();
    let path = format!("{PATH}/{}", build(&mut api, "Rob", "walker"));
    api.advance("1h");
    let keeper = api.id_of("/v1/organizations/users", "role", "admin");
    let changes = json!({ "keeper": keeper, "labels": { "a": "1", "b": null }, "station": { "floor": 7 } });
    let reply = api.post(&path, changes);
    let changed = typed(&api, "robots.update", reply);
    assert_eq!((&changed["keeper"], &changed["labels"]), (&json!(keeper), &json!({ "a": "1" })));
    assert_eq!(changed["updated_at"], "2026-11-21T18:20:00Z");
    assert_eq!(changed["created_at"], "2026-11-21T17:20:00Z");
    assert_eq!(changed["station"]["floor"], 7);
    assert_eq!(api.post(&path, json!({ "keeper": null })).ok()["keeper"], Value::Null);

    let reply = api.send("POST", &format!("{path}/archive"), "");
    assert_eq!(typed(&api, "robots.archive", reply)["archived_at"], "2026-11-21T18:20:00Z");
    api.post(&path, json!({ "name": "Bob" })).refused(400);
    let reply = api.delete(&path);
    assert_eq!(typed(&api, "robots.scrap", reply)["type"], "robot_deleted");
    api.get(&path).refused(404);
}

#[test]
fn a_list_is_narrowed_and_turned_page_by_page() {
    let mut api = api();
    let seeded = api.get(&format!("{PATH}?limit=50")).ok()["data"].as_array().unwrap().clone();
    for robot in seeded {
        api.delete(&format!("{PATH}/{}", robot["id"].as_str().unwrap())).ok();
    }
    for index in 0..5 {
        build(&mut api, &format!("r{index}"), if index % 2 == 0 { "walker" } else { "flyer" });
    }
    let names = |page: &Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|robot| robot["name"].as_str().unwrap().to_owned()).collect()
    };
    let reply = api.get(PATH);
    let first = typed(&api, "robots.list", reply);
    assert_eq!(names(&first), ["r4", "r3"], "two a page, unless asked otherwise");
    let cursor = first["next_page"].as_str().unwrap().to_owned();
    let second = api.get(&format!("{PATH}?page={cursor}")).ok();
    assert_eq!(names(&second), ["r2", "r1"]);
    let last = api.get(&format!("{PATH}?page={}", second["next_page"].as_str().unwrap())).ok();
    assert_eq!((names(&last), &last["next_page"]), (vec!["r0".to_owned()], &Value::Null));

    assert_eq!(names(&api.get(&format!("{PATH}?models[]=flyer")).ok()), ["r3", "r1"]);
    assert_eq!(
        api.get(&format!("{PATH}?models[]=flyer&page={cursor}")).refused(400),
        "cursor does not match current query parameters"
    );
    api.get(&format!("{PATH}?page=nonsense")).refused(400);

    let archived = api.get(&format!("{PATH}?limit=1")).ok()["data"][0]["id"].as_str().unwrap().to_owned();
    api.send("POST", &format!("{PATH}/{archived}/archive"), "").ok();
    assert_eq!(names(&api.get(PATH).ok()), ["r3", "r2"]);
    assert_eq!(names(&api.get(&format!("{PATH}?include_archived=true")).ok()), ["r4", "r3"]);
}

#[test]
fn a_collection_inside_an_item_is_its_own() {
    let mut api = api();
    let (one, other) = (build(&mut api, "one", "walker"), build(&mut api, "other", "walker"));
    let parts = format!("{PATH}/{one}/parts");
    assert_eq!(api.post(&parts, json!({ "name": "arm" })).refused(400), "kind: Field required");
    let reply = api.post(&parts, json!({ "name": "arm", "kind": "spare" }));
    let part = typed(&api, "robots.add-part", reply);
    assert!(part["id"].as_str().unwrap().starts_with("part_01"), "{part}");
    assert_eq!(api.get(&parts).ok()["data"], json!([part]));
    assert_eq!(api.get(&format!("{PATH}/{other}/parts")).ok()["data"], json!([]));
    api.get(&format!("{PATH}/robot_unknown/parts")).refused(404);
}

#[test]
fn an_object_that_a_path_holds_by_itself_is_read_and_changed() {
    let mut api = api();
    let path = format!("{PATH}/manners");
    let reply = api.get(&path);
    assert_eq!(typed(&api, "robots.show-manners", reply), json!({ "greets": false, "volume": null }));
    api.post(&path, json!({ "greets": true, "volume": 9 })).ok();
    api.post(&path, json!({ "volume": null })).ok();
    assert_eq!(api.get(&path).ok(), json!({ "greets": true, "volume": null }));
}

#[test]
fn an_act_needs_the_credential_and_the_beta_that_it_declares() {
    let mut api = api();
    let path = format!("{PATH}/{}/wave", build(&mut api, "Rob", "walker"));
    let bearer = format!("Bearer {OAUTH_TOKEN}");
    let token = [("authorization", &*bearer), ("anthropic-version", VERSION)];
    let key = [("x-api-key", ADMIN_KEY), ("anthropic-version", VERSION)];
    assert!(api.request("POST", &path, &key, "").refused(403).contains("does not accept Admin API keys"));
    assert!(api.request("POST", &path, &token, "").refused(400).contains("'waving-2026-01-01'"));
    let with_beta = [token[0], token[1], ("anthropic-beta", "oauth-2025-04-20, waving-2026-01-01")];
    assert_eq!(api.request("POST", &path, &with_beta, "").ok(), json!({}));
}
