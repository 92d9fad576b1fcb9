//! Plugin marketplaces, plugins and their versions.

use crate::support::{Api, Reply, VERSION};
use claude_admin_simulator::SCOPED_KEY;
use serde_json::{Value, json};

const PLUGINS: &str = "/v1/organizations/plugins";
const MARKETPLACES: &str = "/v1/organizations/plugin_marketplaces";
const BETA: &str = "ce-plugins-2026-09-01";

fn send(api: &mut Api, method: &str, path: &str, body: Value) -> Reply {
    api.scoped(method, path, body, BETA)
}

fn upload(api: &mut Api, path: &str, field: &str, files: &[(&str, &str)], more: &[(&str, &str)]) -> Reply {
    let mut form = String::new();
    for (name, content) in files {
        form += &format!(
            "--x\r\ncontent-disposition: form-data; name=\"{field}\"; filename=\"{name}\"\r\n\r\n{content}\r\n"
        );
    }
    for (name, text) in more {
        form += &format!("--x\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
    }
    form += "--x--\r\n";
    let headers = [
        ("x-api-key", SCOPED_KEY),
        ("anthropic-version", VERSION),
        ("anthropic-beta", BETA),
        ("content-type", "multipart/form-data; boundary=x"),
    ];
    api.request("POST", path, &headers, &form)
}

const MANIFEST: &str = ".claude-plugin/plugin.json";

fn find(api: &mut Api, path: &str, name: &str) -> Value {
    let items = send(api, "GET", &format!("{path}?limit=100"), Value::Null).ok()["data"].as_array().unwrap().clone();
    items.into_iter().find(|item| item["name"] == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn an_upload_needs_a_manifest_with_a_proper_name() {
    let mut api = Api::new();
    for files in [
        &[("README.md", "hello")][..],
        &[(MANIFEST, "not json")],
        &[(MANIFEST, "{}")],
        &[(MANIFEST, r#"{"name": "Not Good"}"#)],
        &[(MANIFEST, r#"{"name": "good"}"#), ("../evil", "x")],
    ] {
        assert!(upload(&mut api, PLUGINS, "files[]", files, &[]).refused(400).starts_with("files[]"));
    }
    assert!(upload(&mut api, PLUGINS, "files", &[(MANIFEST, "{}")], &[]).refused(400).starts_with("files:"));
    assert_eq!(upload(&mut api, PLUGINS, "files[]", &[], &[]).refused(400), "files[]: Field required");
    send(&mut api, "POST", PLUGINS, json!({})).refused(400);
}

#[test]
fn a_plugin_is_made_downloaded_and_deleted() {
    let mut api = Api::new();
    let files = [(MANIFEST, r#"{"name": "demo", "version": "0.1"}"#), ("skills/summarize/SKILL.md", "# Summarize")];
    let made = upload(&mut api, PLUGINS, "files[]", &files, &[("release_notes", "First")]).ok();
    assert_eq!((&made["name"], &made["components"][0]["name"]), (&json!("demo"), &json!("summarize")));
    assert_eq!(made["served_version_id"], made["latest_version_id"]);
    assert_eq!(made["content_scan"]["status"], "processing");
    let path = format!("{PLUGINS}/{}", made["id"].as_str().unwrap());
    let latest = send(&mut api, "GET", &format!("{path}/versions/latest"), Value::Null).ok();
    assert_eq!((&latest["id"], &latest["release_notes"]), (&made["latest_version_id"], &json!("First")));

    let content = format!("{path}/versions/{}/content", latest["id"].as_str().unwrap());
    let file = send(&mut api, "GET", &content, Value::Null);
    assert_eq!((file.status, &file.bytes[..2]), (200, &b"PK"[..]));
    assert_eq!(file.headers["content-type"], "application/zip");
    assert_eq!(file.headers["content-disposition"], "attachment; filename=\"demo-0.1.zip\"");
    send(&mut api, "GET", &format!("{path}/versions/latest/content"), Value::Null).refused(400);

    let again = upload(&mut api, PLUGINS, "files[]", &files, &[]);
    assert_eq!((again.code(), again.status), (Some("plugin_name_taken"), 409));
    assert_eq!(again.body["error"]["details"]["plugin_id"], made["id"]);
    let other = [(MANIFEST, r#"{"name": "other"}"#), files[1]];
    let reply = upload(&mut api, PLUGINS, "files[]", &other, &[]);
    assert_eq!(reply.code(), Some("skill_name_taken"));
    assert_eq!(reply.body["error"]["details"]["skill_name"], "summarize");
    send(&mut api, "DELETE", &path, Value::Null).ok();
    send(&mut api, "GET", &content, Value::Null).refused(404);
}

#[test]
fn a_version_is_pinned_once_its_scan_is_done() {
    let mut api = Api::new();
    let path = format!("{PLUGINS}/{}", api.example_id("plugin_"));
    let name = send(&mut api, "GET", &path, Value::Null).ok()["name"].as_str().unwrap().to_owned();
    let manifest = json!({ "name": name }).to_string();
    let versions = format!("{path}/versions");
    assert!(
        upload(&mut api, &versions, "files[]", &[(MANIFEST, r#"{"name": "wrong"}"#)], &[])
            .refused(400)
            .contains("wrong")
    );
    let new = upload(&mut api, &versions, "files[]", &[(MANIFEST, &manifest)], &[]).ok();
    let served = |api: &mut Api| send(api, "GET", &path, Value::Null).ok()["served_version_id"].clone();
    assert_eq!(served(&mut api), new["id"], "it is served at once");
    let pin = |id: &Value| json!({ "served_version_id": id });
    assert_eq!(send(&mut api, "POST", &path, pin(&new["id"])).code(), Some("scan_pending"));
    api.advance("1m");
    assert_eq!(send(&mut api, "POST", &path, pin(&new["id"])).ok()["served_version_pinned"], true);
    send(&mut api, "POST", &path, pin(&json!("latest"))).refused(400);
    let bad = [(MANIFEST, &*manifest), ("bad.md", "simulator:fail-scan")];
    let bad = upload(&mut api, &versions, "files[]", &bad, &[]).ok();
    assert_eq!(served(&mut api), new["id"], "another one is pinned");
    api.advance("1m");
    assert_eq!(send(&mut api, "POST", &path, pin(&bad["id"])).code(), Some("scan_failed"));
}

#[test]
fn synchronized_and_personal_plugins_cannot_be_changed() {
    let mut api = Api::new();
    let path = |plugin: &Value| format!("{PLUGINS}/{}", plugin["id"].as_str().unwrap());
    let synchronized = path(&find(&mut api, PLUGINS, "code-review"));
    send(&mut api, "DELETE", &synchronized, Value::Null).refused(400);
    let files = [(MANIFEST, r#"{"name": "code-review"}"#)];
    upload(&mut api, &format!("{synchronized}/versions"), "files[]", &files, &[]).refused(400);
    let own = find(&mut api, PLUGINS, "my-notes");
    let pin = json!({ "served_version_id": own["served_version_id"] });
    send(&mut api, "POST", &path(&own), pin).refused(403);
    send(&mut api, "GET", &format!("{}/installation_settings", path(&own)), Value::Null).refused(404);
    assert!(!send(&mut api, "GET", &format!("{}/shares", path(&own)), Value::Null).ok()["data"][0].is_null());
    send(&mut api, "GET", &format!("{synchronized}/shares"), Value::Null).refused(404);
    let personal = find(&mut api, MARKETPLACES, "Personal")["id"].as_str().unwrap().to_owned();
    let preference = json!({ "default_installation_preference": "available" });
    send(&mut api, "POST", &format!("{MARKETPLACES}/{personal}"), preference).refused(403);
    let all = send(&mut api, "GET", MARKETPLACES, Value::Null).ok();
    assert!(all["data"].as_array().unwrap().iter().all(|market| market["source"] != "directory"));
}

#[test]
fn a_setting_of_a_target_comes_before_that_of_the_marketplace() {
    let mut api = Api::new();
    let path = format!("{PLUGINS}/{}", api.example_id("plugin_"));
    let settings = format!("{path}/installation_settings");
    send(&mut api, "DELETE", &format!("{settings}/organization"), Value::Null).ok();
    send(&mut api, "DELETE", &format!("{settings}/organization"), Value::Null).refused(404);
    let plugin = send(&mut api, "GET", &path, Value::Null).ok();
    assert_eq!(plugin["organization_installation_preference_inherited"], true);
    assert_eq!(plugin["organization_installation_preference"], "available");
    let required = json!({ "installation_preference": "required" });
    let set = send(&mut api, "POST", &format!("{settings}/organization"), required.clone()).ok();
    assert_eq!(set["target"], json!({ "type": "organization" }));
    let plugin = send(&mut api, "GET", &path, Value::Null).ok();
    assert_eq!(plugin["organization_installation_preference"], "required");
    send(&mut api, "POST", &format!("{settings}/nobody"), required).refused(404);
    let groups = send(&mut api, "GET", &format!("{settings}?target_type=rbac_group"), Value::Null).ok();
    assert_eq!(groups["data"].as_array().unwrap().len(), 2);
}

#[test]
fn invalid_marketplace_is_a_validation_report_not_an_error() {
    let mut api = Api::new();
    let check = format!("{MARKETPLACES}/validate_archive");
    let report = upload(&mut api, &check, "archive", &[("m.zip", "not a zip")], &[]).ok();
    assert_eq!((&report["valid"], &report["manifest_error_code"]), (&json!(false), &json!("archive_unreadable")));
    let large = "x".repeat(32 * 1024 * 1024 + 1);
    upload(&mut api, &check, "archive", &[("m.zip", &large)], &[]).refused(413);
    let check = format!("{MARKETPLACES}/validate_repository");
    let mut ask =
        |url: &str, reference: &str| send(&mut api, "POST", &check, json!({ "repository_url": url, "ref": reference }));
    assert_eq!(ask("https://github.com/acme/plugins", "main").ok()["valid"], true);
    assert_eq!(ask("https://github.com/nobody/plugins", "main").ok()["valid"], false);
    for (url, reference) in [
        ("https://gitlab.com/acme/plugins", "main"),
        ("https://github.com/acme", "main"),
        ("https://github.com/acme/plugins/tree/main", "main"),
        ("https://github.com/acme/plugins", "a..b"),
        ("https://github.com/acme/plugins", "a b"),
    ] {
        ask(url, reference).refused(400);
    }
}
