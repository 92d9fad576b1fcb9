//! Chats, files, artifacts and projects.

use super::BASE;
use crate::support::{Api, values};
use md5::{Digest, Md5};
use serde_json::{Value, json};

const CHAT: &str = "claude_chat_01Ty5UpAsDf8GhJkZxCvBn2M";
const FILE: &str = "claude_file_01Df6GhJkZx3CvBnMqWeRt9Y";
const PROJECT: &str = "claude_proj_01Kz7XcVbNm3QwErTyUpAs6D";
const DOCUMENT: &str = "claude_proj_doc_01Cv4BnMqWe8RtYuPaSdFg2H";
const MATEO: &str = "user_01WCz1FkmYMm4gnmykNKUu3Q";

fn get(api: &mut Api, path: &str) -> Value {
    api.audit("GET", &format!("{BASE}/{path}"), "").ok()
}

fn refusal(api: &mut Api, path: &str) -> String {
    api.audit("GET", &format!("{BASE}/{path}"), "").refused(400).to_owned()
}

#[test]
fn chats_are_listed_oldest_first_and_by_member() {
    let mut api = Api::new();
    let all = api.items("apps/chats");
    assert!(values(&all, "created_at").is_sorted());
    assert!(all.iter().all(|chat| chat.get("messages").is_none()));
    let of_mateo = api.items(&format!("apps/chats?user_ids[]={MATEO}"));
    assert!(of_mateo.len() > 1 && of_mateo.iter().all(|chat| chat["user"]["id"] == MATEO));
    let updated = api.items("apps/chats?order_by=updated_at");
    assert!(values(&updated, "updated_at").is_sorted());
    let in_project = all.iter().find(|chat| chat["project_id"].is_string()).unwrap();
    let (user, project) = (in_project["user"]["id"].as_str().unwrap(), in_project["project_id"].as_str().unwrap());
    let found = api.items(&format!("apps/chats?user_ids[]={user}&project_ids[]={project}"));
    assert!(values(&found, "id").contains(&in_project["id"].as_str().unwrap()));
    assert!(api.items("apps/chats?created_at.gte=2026-11-14T17:20:00Z").len() < all.len());
}

#[test]
fn some_filters_of_chats_need_a_member() {
    let mut api = Api::new();
    assert_eq!(refusal(&mut api, "apps/chats?project_ids[]=x"), "project_ids[]: It requires user_ids[]");
    assert_eq!(refusal(&mut api, "apps/chats?before_id=x"), "before_id: It requires user_ids[]");
    let many = "&user_ids[]=x".repeat(11);
    let message = refusal(&mut api, &format!("apps/chats?limit=1{many}"));
    assert!(message.contains("at most 10 items"), "{message}");
    let message = refusal(&mut api, "apps/chats?updated_at.gte=2026-11-01T00:00:00Z");
    assert!(message.starts_with("order_by: "), "{message}");
    get(&mut api, "apps/chats?updated_at.gte=2026-11-01T00:00:00Z&order_by=updated_at");
    for filter in ["updated_at.gte=2026-11-01T00:00:00Z", "updated_at.lt=2026-11-01T00:00:00Z", "order_by=updated_at"] {
        let message = refusal(&mut api, &format!("apps/chats?{filter}&user_ids[]={MATEO}"));
        assert!(message.starts_with("user_ids[]: "), "{message}");
    }
    refusal(&mut api, "apps/chats?limit=1001");
}

#[test]
fn all_messages_are_on_one_page_unless_a_limit_is_set() {
    let mut api = Api::new();
    let path = format!("apps/chats/{CHAT}/messages");
    let all = get(&mut api, &path);
    let messages = all["chat_messages"].as_array().unwrap();
    assert_eq!((messages.len(), all["has_more"].clone()), (3, json!(false)));
    assert_eq!(all["id"], CHAT);
    let kinds: Vec<&str> = messages
        .iter()
        .flat_map(|message| message["content"].as_array().unwrap())
        .filter_map(|part| part["type"].as_str())
        .collect();
    assert_eq!(kinds, ["text", "text", "tool_use", "tool_result", "text"]);
    let first = get(&mut api, &format!("{path}?limit=2"));
    assert_eq!(first["has_more"], true);
    let after = first["last_id"].as_str().unwrap();
    assert_eq!(get(&mut api, &format!("{path}?limit=2&after_id={after}"))["chat_messages"], json!([messages[2]]));
    let backwards = get(&mut api, &format!("{path}?order=desc"));
    assert_eq!(backwards["chat_messages"][0], messages[2]);
    api.audit("GET", &format!("{BASE}/apps/chats/claude_chat_none/messages"), "").refused(404);
}

#[test]
fn tool_input_and_result_are_truncated_to_the_given_length() {
    let mut api = Api::new();
    let path = format!("apps/chats/{CHAT}/messages");
    let parts = |api: &mut Api, query: &str| {
        let content = get(api, &format!("{path}?{query}"))["chat_messages"][1]["content"].clone();
        (content[1].clone(), content[2].clone())
    };
    let (input, result) = parts(&mut api, "tool_use_input_max_chars=-1&tool_result_max_chars=-1");
    assert_eq!((&input["truncated"], &result["truncated"]), (&json!(false), &json!(false)));
    let (cut_input, cut_result) = parts(&mut api, "tool_use_input_max_chars=7&tool_result_max_chars=4");
    assert_eq!(cut_input["input"], input["input"].as_str().unwrap()[..7]);
    assert_eq!(cut_result["content"][0]["text"], "t=58");
    assert_eq!((&cut_input["truncated"], &cut_result["truncated"]), (&json!(true), &json!(true)));
    let (_, long) = parts(&mut api, "tool_result_max_chars=100000");
    assert_eq!(long, result);
    refusal(&mut api, &format!("{path}?tool_result_max_chars=-2"));
}

#[test]
fn size_and_checksum_are_those_of_the_content() {
    let mut api = Api::new();
    let file = get(&mut api, &format!("apps/chats/files/{FILE}"));
    assert_eq!((&file["filename"], &file["mime_type"]), (&json!("input.log"), &json!("text/plain")));
    assert_eq!(file["claude_chat_ids"], json!([CHAT]));
    let in_message = get(&mut api, &format!("apps/chats/{CHAT}/messages"))["chat_messages"][0]["files"][0].clone();
    for field in ["id", "md5", "size_bytes", "filename", "created_at"] {
        assert_eq!(in_message[field], file[field], "{field}");
    }
    let document = get(&mut api, &format!("apps/projects/documents/{DOCUMENT}"));
    let about = get(&mut api, &format!("apps/projects/documents/{DOCUMENT}/metadata"));
    assert_eq!(about["size_bytes"], document["content"].as_str().unwrap().len());
    assert_eq!(about["md5"].as_str().unwrap().len(), 32);
    assert_eq!(about["claude_project_id"], PROJECT);
}

#[test]
fn downloaded_file_matches_its_size_and_checksum() {
    let mut api = Api::new();
    let chat = get(&mut api, &format!("apps/chats/{CHAT}/messages"));
    let last = &chat["chat_messages"][2];
    let artifact = format!("apps/artifacts/{}", last["artifacts"][0]["version_id"].as_str().unwrap());
    let made = format!("apps/chats/generated-files/{}", last["generated_files"][0]["id"].as_str().unwrap());
    let picture = api.items(&format!("apps/projects/{PROJECT}/attachments"));
    let picture = picture.iter().find(|one| one["type"] == "project_file").unwrap()["id"].as_str().unwrap();
    for (path, content_type, name) in [
        (format!("apps/chats/files/{FILE}"), "text/plain", "input.log"),
        (format!("apps/chats/files/{picture}"), "image/png", "diagram.png"),
        (made, "text/csv", "result.csv"),
        (artifact, "text/plain; charset=utf-8", "Root cause of the gripper stalls.txt"),
    ] {
        let about = get(&mut api, &path);
        let file = api.audit("GET", &format!("{BASE}/{path}/content"), "");
        assert_eq!(file.status, 200);
        assert_eq!(about["size_bytes"], file.bytes.len(), "{path}");
        let digest: String = Md5::digest(&file.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(about["md5"], digest, "{path}");
        assert_eq!(file.headers["content-type"], content_type);
        assert_eq!(file.headers["content-disposition"], format!("attachment; filename=\"{name}\""));
    }
    let code = &api.items("apps/code/artifacts")[0];
    let (id, version) = (code["id"].as_str().unwrap(), code["versions"][1]["id"].as_str().unwrap());
    let file = api.audit("GET", &format!("{BASE}/apps/code/artifacts/{id}/versions/{version}"), "");
    assert!(String::from_utf8(file.bytes).unwrap().contains(version), "each version has its own content");
}

#[test]
fn deletion_of_a_chat_deletes_its_messages_and_files() {
    let mut api = Api::new();
    let messages = get(&mut api, &format!("apps/chats/{CHAT}/messages"));
    let made = messages["chat_messages"][2]["generated_files"][0]["id"].as_str().unwrap().to_owned();
    let artifact = messages["chat_messages"][2]["artifacts"][0]["version_id"].as_str().unwrap().to_owned();
    let deleted = api.audit("DELETE", &format!("{BASE}/apps/chats/{CHAT}"), "").ok();
    assert_eq!(deleted, json!({ "id": CHAT, "type": "claude_chat_deleted" }));
    for path in [
        format!("apps/chats/{CHAT}/messages"),
        format!("apps/chats/files/{FILE}"),
        format!("apps/chats/files/{FILE}/content"),
        format!("apps/chats/generated-files/{made}"),
        format!("apps/chats/generated-files/{made}/content"),
        format!("apps/artifacts/{artifact}"),
        format!("apps/artifacts/{artifact}/content"),
    ] {
        api.audit("GET", &format!("{BASE}/{path}"), "").refused(404);
    }
    assert!(!values(&api.items("apps/chats"), "id").contains(&CHAT));
    api.audit("DELETE", &format!("{BASE}/apps/chats/{CHAT}"), "").refused(404);
}

#[test]
fn a_deleted_file_is_in_no_message_any_more() {
    let mut api = Api::new();
    let deleted = api.audit("DELETE", &format!("{BASE}/apps/chats/files/{FILE}"), "").ok();
    assert_eq!(deleted, json!({ "id": FILE, "type": "claude_file_deleted" }));
    let messages = get(&mut api, &format!("apps/chats/{CHAT}/messages"));
    assert_eq!(messages["chat_messages"][0]["files"], json!([]));
}

#[test]
fn a_project_with_chats_cannot_be_deleted() {
    let mut api = Api::new();
    let projects = api.items("apps/projects");
    let busy = projects
        .iter()
        .map(|project| project["id"].as_str().unwrap().to_owned())
        .find(|id| get(&mut api, &format!("apps/projects/{id}"))["chats_count"].as_i64() > Some(0))
        .unwrap();
    let refused = api.audit("DELETE", &format!("{BASE}/apps/projects/{busy}"), "");
    assert!(refused.refused(409).contains("chats attached"), "{refused:?}");
    assert_eq!(refused.body["error"]["type"], "conflict_error");
    let chats: Vec<String> = api
        .items("apps/chats")
        .iter()
        .filter(|chat| chat["project_id"] == busy)
        .map(|chat| chat["id"].as_str().unwrap().to_owned())
        .collect();
    for chat in chats {
        api.audit("DELETE", &format!("{BASE}/apps/chats/{chat}"), "").ok();
    }
    api.audit("DELETE", &format!("{BASE}/apps/projects/{busy}"), "").ok();
}

#[test]
fn deletion_of_a_project_deletes_its_documents_and_files() {
    let mut api = Api::new();
    let attachments = api.items(&format!("apps/projects/{PROJECT}/attachments"));
    let file = attachments.iter().find(|one| one["type"] == "project_file").unwrap()["id"].as_str().unwrap();
    get(&mut api, &format!("apps/chats/files/{file}"));
    api.audit("DELETE", &format!("{BASE}/apps/projects/{PROJECT}"), "").ok();
    for path in [
        format!("apps/projects/{PROJECT}"),
        format!("apps/projects/{PROJECT}/attachments"),
        format!("apps/projects/{PROJECT}/collaborators"),
        format!("apps/projects/documents/{DOCUMENT}"),
        format!("apps/projects/documents/{DOCUMENT}/metadata"),
        format!("apps/chats/files/{file}"),
    ] {
        api.audit("GET", &format!("{BASE}/{path}"), "").refused(404);
    }
    let projects = api.audit("GET", "/v1/organizations/analytics/apps/chat/projects?date=2026-11-18", "").ok();
    assert!(projects["data"].as_array().unwrap().iter().all(|row| row["project_id"] != PROJECT));
}

#[test]
fn a_deleted_document_is_attached_no_more() {
    let mut api = Api::new();
    let count = get(&mut api, &format!("apps/projects/{PROJECT}"))["attachments_count"].as_i64().unwrap();
    api.audit("DELETE", &format!("{BASE}/apps/projects/documents/{DOCUMENT}"), "").ok();
    assert_eq!(get(&mut api, &format!("apps/projects/{PROJECT}"))["attachments_count"], count - 1);
    let left = api.items(&format!("apps/projects/{PROJECT}/attachments"));
    assert!(!values(&left, "id").contains(&DOCUMENT));
}

#[test]
fn projects_say_who_may_use_them() {
    let mut api = Api::new();
    let collaborators = api.items(&format!("apps/projects/{PROJECT}/collaborators"));
    assert!(collaborators.iter().any(|one| one["type"] == "user" && one["role"] == "owner"));
    assert!(collaborators.iter().any(|one| one["type"] == "organization"));
    let first = get(&mut api, "apps/projects?limit=1");
    assert_eq!(first["has_more"], true);
    let next = first["next_page"].as_str().unwrap();
    assert_ne!(get(&mut api, &format!("apps/projects?limit=1&page={next}"))["data"], first["data"]);
    assert!(api.items("apps/projects?created_at.lt=2020-01-01T00:00:00Z").is_empty());
    assert!(api.items("apps/projects?user_ids[]=user_nobody").is_empty());
    refusal(&mut api, "apps/projects?limit=101");
}

#[test]
fn code_artifact_version_is_unavailable_until_its_upload_ends() {
    let mut api = Api::new();
    let artifacts = api.items("apps/code/artifacts");
    assert!(artifacts[0]["updated_at"].as_str() > artifacts[1]["updated_at"].as_str());
    let name = |artifact: &&Value| artifact["versions"][0]["name"] == "postmortem.md";
    let unfinished = artifacts.iter().find(name).unwrap();
    let path = |artifact: &Value, version: usize| {
        let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
        format!("{BASE}/apps/code/artifacts/{}/versions/{}", id(artifact), id(&artifact["versions"][version]))
    };
    let refused = api.audit("GET", &path(unfinished, 0), "");
    refused.refused(503);
    let first = &artifacts[0];
    let unknown = format!("{BASE}/apps/code/artifacts/{}/versions/cartver_none", first["id"].as_str().unwrap());
    api.audit("GET", &unknown, "").refused(404);
    let deleted =
        api.audit("DELETE", &format!("{BASE}/apps/code/artifacts/{}", first["id"].as_str().unwrap()), "").ok();
    assert_eq!(deleted["type"], "code_artifact_deleted");
    api.audit("GET", &path(first, 1), "").refused(404);
}

#[test]
fn several_files_are_downloaded_as_an_archive_only() {
    let mut api = Api::new();
    let artifacts = api.items("apps/code/artifacts?limit=100");
    let of = |kind: &str, name: &str| {
        let found = artifacts
            .iter()
            .find(|one| one["artifact_type"] == kind && (name.is_empty() || one["versions"][0]["name"] == name));
        let found = found.unwrap();
        (found["id"].as_str().unwrap().to_owned(), found["versions"][0]["id"].as_str().map(str::to_owned))
    };
    let (site, version) = of("claude_sites", "site");
    let (document, none) = of("claude_docs", "");
    assert_eq!(none, None, "a document has no versions");
    let version = format!("{BASE}/apps/code/artifacts/{site}/versions/{}", version.unwrap());
    let current = |id: &str| format!("{BASE}/apps/code/artifacts/{id}/content");
    for (path, contained) in [
        (version, "files/data/temperatures.csv"),
        (current(&site), "/files.json"),
        (current(&document), "02-plan.docx"),
    ] {
        let reply = api.audit("GET", &path, "");
        assert_eq!((reply.status, reply.code()), (422, Some("multi_file_unavailable")), "{path}");
        let file = api.audit("GET", &format!("{path}?multi_file_format=zip"), "");
        assert_eq!((file.status, file.headers["content-type"].to_str().unwrap()), (200, "application/zip"), "{path}");
        assert!(String::from_utf8_lossy(&file.bytes).contains(contained), "{path}");
        api.audit("GET", &format!("{path}?multi_file_format=tar"), "").refused(400);
    }
    let (single, latest) = of("claude_sites", "release-dashboard.html");
    let file = api.audit("GET", &current(&single), "");
    assert!(String::from_utf8(file.bytes).unwrap().contains(&latest.unwrap()), "the latest version");
    api.audit("GET", &current("cart_none"), "").refused(404);
}

#[test]
fn preferences_of_members_without_a_text_are_left_out() {
    let mut api = Api::new();
    let path = "organizations/5f0c8a52-6d1e-4b7a-9c43-2e8f1d7b6a90/user_preferences";
    let set = api.items(&format!("{path}?limit=100"));
    let all = api.items(&format!("{path}?limit=100&include_unset=true"));
    assert!(!set.is_empty() && set.len() < all.len());
    assert_eq!(all.len(), 25);
    assert_eq!(api.items(&format!("{path}?user_ids[]={MATEO}&include_unset=true")).len(), 1);
    let cursor = |page: &Value| page["next_page"].as_str().map(str::to_owned);
    let (mut page, mut found, mut empty) = (get(&mut api, &format!("{path}?limit=1")), 0, 0);
    loop {
        let rows = page["data"].as_array().unwrap().len();
        (found, empty) = (found + rows, empty + usize::from(rows == 0));
        let Some(next) = cursor(&page) else { break };
        page = get(&mut api, &format!("{path}?limit=1&page={next}"));
    }
    assert_eq!(found, set.len());
    assert!(empty > 0, "a page can be empty although more follow");
    api.get(&format!("{BASE}/{path}")).refused(403);
    refusal(&mut api, &format!("{path}?limit=101"));
}
