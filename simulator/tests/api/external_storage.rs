//! Buckets of the organization, and the workspaces that use them.

use crate::support::{Api, Reply, VERSION, WORKSPACES};
use claude_admin_simulator::{ADMIN_KEY, OAUTH_TOKEN};
use serde_json::{Value, json};

const STORAGE: &str = "/v1/organizations/external_storage";
const EFS: &str = "efs-2026-10-01";
const NEW: &str = "estrg_01Pz4VbNmQ7wErTyUi8OpAsD";

fn ask(api: &mut Api, method: &str, path: &str, body: Value) -> Reply {
    let headers = [("x-api-key", ADMIN_KEY), ("anthropic-version", VERSION), ("anthropic-beta", EFS)];
    let body = if method == "POST" { body.to_string() } else { String::new() };
    api.request(method, path, &headers, &body)
}

fn as_person(api: &mut Api, path: &str, body: Value) -> Reply {
    let bearer = format!("Bearer {OAUTH_TOKEN}");
    let headers = [("authorization", &*bearer), ("anthropic-version", VERSION), ("anthropic-beta", EFS)];
    api.request("POST", path, &headers, &body.to_string())
}

fn id_of(api: &mut Api, name: &str) -> String {
    let all = ask(api, "GET", STORAGE, Value::Null).ok()["data"].as_array().unwrap().clone();
    all.iter().find(|one| one["display_name"] == name).unwrap()["id"].as_str().unwrap().to_owned()
}

fn status(api: &mut Api, id: &str) -> Value {
    ask(api, "GET", &format!("{STORAGE}/{id}"), Value::Null).ok()["status"].clone()
}

fn bucket(name: &str) -> Value {
    json!({ "type": "aws", "account_id": "111122223333", "bucket_name": name, "region": "us-east-1" })
}

fn use_in(api: &mut Api, workspace: &str, id: &str) -> Reply {
    let place = json!({ "type": "external", "external_storage_id": id });
    let privacy = json!({ "human_review": { "type": "disabled" }, "safeguards_storage": place });
    as_person(api, &format!("{WORKSPACES}/{workspace}"), json!({ "inference_data_privacy": privacy }))
}

#[test]
fn storage_passes_through_its_life() {
    let mut api = Api::new();
    let workspace = api.id_of(WORKSPACES, "name", "Staging");
    let path = format!("{STORAGE}/{NEW}");
    assert_eq!(status(&mut api, NEW), json!({ "type": "pending_configuration" }));
    assert_eq!(use_in(&mut api, &workspace, NEW).code(), Some("storage_not_attachable"));
    let activated = ask(&mut api, "POST", &format!("{path}/activate"), json!({})).ok();
    assert_eq!(
        (&activated["status"]["type"], &activated["setup_template_version"]),
        (&json!("available"), &json!("1"))
    );
    use_in(&mut api, &workspace, NEW).ok();
    assert_eq!(status(&mut api, NEW)["type"], "active");
    assert_eq!(ask(&mut api, "DELETE", &path, Value::Null).code(), Some("external_storage_in_use"));
    assert_eq!(ask(&mut api, "POST", &format!("{path}/activate"), json!({})).ok()["status"]["type"], "active");
    let back = json!({ "inference_data_privacy": { "safeguards_storage": { "type": "internal" } } });
    as_person(&mut api, &format!("{WORKSPACES}/{workspace}"), back).ok();
    let draining = status(&mut api, NEW);
    assert_eq!((&draining["type"], &draining["removal_started"]), (&json!("draining"), &json!(false)));
    assert_eq!(ask(&mut api, "DELETE", &path, Value::Null).code(), Some("external_storage_in_use"));
    assert_eq!(status(&mut api, NEW)["removal_started"], true, "the failed call started the removal");
    assert_eq!(use_in(&mut api, &workspace, NEW).code(), Some("storage_not_attachable"));
    api.advance("2h");
    assert_eq!(
        ask(&mut api, "DELETE", &path, Value::Null).ok(),
        json!({ "id": NEW, "type": "external_storage_deleted" })
    );
    ask(&mut api, "GET", &path, Value::Null).refused(404);
}

#[test]
fn bucket_is_checked_when_it_is_registered_and_activated() {
    let mut api = Api::new();
    let mut create = |provider: Value| ask(&mut api, "POST", STORAGE, json!({ "provider_config": provider }));
    assert_eq!(create(bucket("acme-claude-safety")).code(), Some("storage_already_registered"));
    for bad in ["Acme", "ab", "-acme", "acme-", "acme_x"] {
        create(bucket(bad)).refused(400);
    }
    let mut short = bucket("acme-short");
    short["account_id"] = json!("1111222233");
    create(short).refused(400);
    let gcp = |name: &str, region: &str| json!({ "type": "gcp", "project_number": "123456789012", "bucket_name": name, "region": region });
    for name in ["googly", "acme-google"] {
        create(gcp(name, "us-east5")).refused(400);
    }
    for region in ["us", "eu", "nam4"] {
        assert_eq!(create(gcp("acme-multi", region)).code(), Some("unsupported_region"));
    }
    create(json!({ "type": "azure", "bucket_name": "acme" })).refused(400);
    create(bucket("acme-fresh")).ok();
    let broken = id_of(&mut api, "Broken bucket");
    let reply = ask(&mut api, "POST", &format!("{STORAGE}/{broken}/activate"), json!({}));
    assert_eq!(reply.code(), Some("storage_verification_failed"));
    assert_eq!(reply.body["error"]["details"]["failed_checks"][0]["check"], "probe_failed");
    assert_eq!(status(&mut api, &broken)["type"], "pending_configuration");
}

#[test]
fn only_the_name_of_a_storage_changes() {
    let mut api = Api::new();
    let path = format!("{STORAGE}/{NEW}");
    assert_eq!(ask(&mut api, "POST", &path, json!({ "display_name": null })).ok()["display_name"], Value::Null);
    assert_eq!(ask(&mut api, "POST", &path, json!({ "display_name": "New" })).ok()["display_name"], "New");
    ask(&mut api, "POST", &path, json!({})).refused(400);
    ask(&mut api, "POST", &path, json!({ "display_name": "New", "user_profile_id": "uprof_1" })).refused(400);
}

#[test]
fn empty_profile_selects_unbound_storage() {
    let mut api = Api::new();
    let body = json!({ "provider_config": bucket("acme-bound"), "user_profile_id": "uprof_01Hn5QtRwZ8sXvKcBj3LmPyD" });
    let bound = ask(&mut api, "POST", STORAGE, body).ok()["id"].clone();
    let mut ids = |query: &str| -> Vec<Value> {
        let page = ask(&mut api, "GET", &format!("{STORAGE}?{query}"), Value::Null).ok();
        page["data"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
    };
    let all = ids("");
    let unbound = ids("user_profile_ids[]=");
    assert_eq!(unbound.len() + 1, all.len());
    assert!(!unbound.contains(&bound));
    assert_eq!(ids("user_profile_ids[]=uprof_01Hn5QtRwZ8sXvKcBj3LmPyD"), [bound]);
    assert_eq!(ids("user_profile_ids[]=&user_profile_ids[]=uprof_01Hn5QtRwZ8sXvKcBj3LmPyD"), all);
    let many = "user_profile_ids[]=x&".repeat(11);
    ask(&mut api, "GET", &format!("{STORAGE}?{many}"), Value::Null).refused(400);
}

#[test]
fn storage_in_a_policy_is_not_deleted() {
    let mut api = Api::new();
    let id = id_of(&mut api, "Policy archive");
    let reply = ask(&mut api, "DELETE", &format!("{STORAGE}/{id}"), Value::Null);
    assert_eq!(reply.code(), Some("external_storage_in_workspace_policy"));
}

#[test]
fn beta_is_needed_for_storage_and_opens_fields_elsewhere() {
    let mut api = Api::new();
    api.get(STORAGE).refused(400);
    let workspace = format!("{WORKSPACES}/{}", api.id_of(WORKSPACES, "name", "Staging"));
    assert!(api.get(&workspace).ok().get("inference_data_privacy").is_none());
    let shown = ask(&mut api, "GET", &workspace, Value::Null).ok();
    assert_eq!(shown["inference_data_privacy"]["human_review"], json!({ "type": "enabled" }));
    let settings = "/v1/organizations/compliance_settings";
    assert!(api.get(settings).ok().get("access_transparency").is_none());
    assert_eq!(ask(&mut api, "GET", settings, Value::Null).ok()["access_transparency"], json!({ "type": "disabled" }));
}

#[test]
fn privacy_of_inference_follows_its_rules() {
    let mut api = Api::new();
    let ready = id_of(&mut api, "Ready for use");
    let path = format!("{WORKSPACES}/{}", api.id_of(WORKSPACES, "name", "Staging"));
    let place = json!({ "type": "external", "external_storage_id": ready });
    let body = |privacy: Value| json!({ "inference_data_privacy": privacy });
    let review = json!({ "human_review": { "type": "disabled" } });
    ask(&mut api, "POST", &path, body(review.clone())).refused(403);
    api.oauth("POST", &path, body(review.clone())).refused(400);
    as_person(&mut api, &path, body(json!({ "human_review": null }))).refused(400);
    as_person(&mut api, &path, body(Value::Null)).refused(400);
    let reply = as_person(&mut api, &path, body(json!({ "safeguards_storage": place })));
    assert_eq!(reply.code(), Some("human_review_on_with_external_storage"));
    // An omitted field does not change.
    as_person(&mut api, &path, body(review)).ok();
    let changed = as_person(&mut api, &path, body(json!({ "safeguards_storage": place }))).ok();
    assert_eq!(changed["inference_data_privacy"]["human_review"], json!({ "type": "disabled" }));
    assert_eq!(changed["inference_data_privacy"]["safeguards_storage"], place);
    let wrong = json!({ "transcripts_storage": { "type": "external", "external_storage_id": "arn:aws:kms:us-east-1:1:key/x" } });
    assert_eq!(as_person(&mut api, &path, body(wrong)).code(), Some("invalid_storage_arn"));
    let profile = json!({ "user_profile_id": "uprof_01Hn5QtRwZ8sXvKcBj3LmPyD" });
    assert_eq!(as_person(&mut api, &path, profile).code(), Some("storage_profile_still_required"));
    let new = json!({
        "name": "Private",
        "user_profile_id": "uprof_01Hn5QtRwZ8sXvKcBj3LmPyD",
        "inference_data_privacy": { "transcripts_storage": place },
    });
    assert_eq!(as_person(&mut api, WORKSPACES, new).code(), Some("storage_profile_mismatch"));
}

#[test]
fn archive_without_a_principal_leaves_storage_attached() {
    let mut api = Api::new();
    let path = format!("{WORKSPACES}/{}", api.id_of(WORKSPACES, "name", "Research & <Evaluation>"));
    let archive = format!("{path}/archive");
    let reply = ask(&mut api, "POST", &archive, json!({}));
    assert_eq!((reply.status, reply.code()), (409, Some("storage_attached_during_archive")));
    let archived = ask(&mut api, "GET", &path, Value::Null).ok();
    assert_ne!(archived["archived_at"], Value::Null, "the workspace is archived all the same");
    let research = id_of(&mut api, "Research data");
    assert_eq!(status(&mut api, &research)["type"], "active");
    let again = as_person(&mut api, &archive, json!({})).ok();
    assert_eq!(again["archived_at"], archived["archived_at"]);
    assert_eq!(status(&mut api, &research)["type"], "draining");
}
