//! Review cases, their messages and letters.

use super::BASE;
use crate::support::{Api, Reply, VERSION, values};
use claude_admin_simulator::{ADMIN_KEY, Credential, Credentials, SimulatorConfig};
use serde_json::{Value, json};

const REVIEW: &str = "/v1/compliance/review";
const CASE: &str = "rvc_01Kd7PqWvB3nXtYhZs5RmLcA";
const WITH_PROFILE: &str = "msg_01VrT8qLxK4nJwEbYdZc6HpM";
const WITHOUT_PROFILE: &str = "msg_01Wq2SdFgHjK7LzXcVbNm4Er";
const PROFILE: &str = "uprof_01Hn5QtRwZ8sXvKcBj3LmPyD";

fn respond(api: &mut Api, case: &str, body: Value) -> Reply {
    api.post(&format!("{REVIEW}/cases/{case}/respond"), body)
}

fn item(api: &mut Api, id: &str, profile: Option<&str>) -> Reply {
    let mut headers = vec![("x-api-key", ADMIN_KEY), ("anthropic-version", VERSION)];
    headers.extend(profile.map(|profile| ("anthropic-user-profile-id", profile)));
    api.request("GET", &format!("{REVIEW}/items/{id}"), &headers, "")
}

fn cases(api: &mut Api, query: &str) -> Vec<Value> {
    api.get(&format!("{REVIEW}/cases?limit=100&{query}")).ok()["data"].as_array().unwrap().clone()
}

#[test]
fn first_response_closes_a_case_for_good() {
    let mut api = Api::new();
    let answer = json!({
        "determination": "violation",
        "policy_categories": ["fraud", "other"],
        "verdicts": [
            { "item_id": WITH_PROFILE, "determination": "violation", "policy_category": "fraud" },
            { "item_id": WITHOUT_PROFILE, "determination": "no_violation" },
        ],
    });
    let closed = respond(&mut api, CASE, answer.clone()).ok();
    assert_eq!(closed["status"], json!({ "type": "closed", "reason": { "type": "responded" } }));
    assert!(closed.get("answer").is_none() && closed.get("window_ends_at").is_none());
    let mut other_order = answer.clone();
    other_order["policy_categories"] = json!(["other", "fraud"]);
    assert_eq!(respond(&mut api, CASE, other_order).ok(), closed);
    assert_eq!(respond(&mut api, CASE, json!({ "determination": "no_violation" })).code(), Some("case_closed"));
    assert_eq!(api.get(&format!("{REVIEW}/cases/{CASE}")).ok(), closed);
}

#[test]
fn response_that_breaks_a_rule_is_refused() {
    let mut api = Api::new();
    let verdict = json!({ "item_id": WITH_PROFILE, "determination": "violation" });
    for body in [
        json!({ "determination": "violation" }),
        json!({ "determination": "violation", "policy_categories": ["fraud", "fraud"] }),
        json!({ "determination": "violation", "policy_categories": ["bio", "chem", "cyber", "fraud", "io"] }),
        json!({ "determination": "violation", "policy_categories": ["benign"] }),
        json!({ "determination": "no_violation", "policy_categories": ["fraud"] }),
        json!({ "determination": "no_violation", "verdicts": [verdict, verdict] }),
        json!({ "determination": "no_violation", "verdicts": [{ "item_id": "msg_other", "determination": "violation" }] }),
        json!({ "determination": "no_violation", "verdicts": [
            { "item_id": WITH_PROFILE, "determination": "no_violation", "policy_category": "fraud" },
        ] }),
    ] {
        respond(&mut api, CASE, body).refused(400);
    }
    assert_eq!(api.get(&format!("{REVIEW}/cases/{CASE}")).ok()["status"], json!({ "type": "open" }));
}

#[test]
fn case_without_response_closes_when_its_window_ends() {
    let mut api = Api::new();
    api.advance("20d");
    let case = api.get(&format!("{REVIEW}/cases/{CASE}")).ok();
    assert_eq!(case["status"]["reason"], json!({ "type": "window_ended" }));
    assert_eq!(respond(&mut api, CASE, json!({ "determination": "no_violation" })).code(), Some("case_closed"));
    assert!(cases(&mut api, "status=open").is_empty());
}

#[test]
fn case_of_an_end_customer_cannot_be_answered() {
    let mut api = Api::new();
    let case =
        cases(&mut api, "status=open").into_iter().find(|case| case["policy_categories"][0] == "benign").unwrap();
    let reply = respond(&mut api, case["id"].as_str().unwrap(), json!({ "determination": "no_violation" }));
    assert_eq!((reply.status, reply.code()), (403, Some("case_reviewed_by_end_customer")));
}

#[test]
fn cases_are_filtered_and_ordered() {
    let mut api = Api::new();
    let all = cases(&mut api, "");
    let sent = values(&all, "created_at");
    assert!(sent.is_sorted_by(|a, b| a >= b));
    let last = sent[1];
    let later = cases(&mut api, &format!("created_at%5Bgte%5D={last}"));
    assert_eq!(later.len(), 2);
    assert_eq!(cases(&mut api, &format!("created_at[gt]={last}")).len(), 1);
    assert!(values(&cases(&mut api, "order_by=updated_at&order=asc"), "updated_at").is_sorted());
    let of_profile = cases(&mut api, &format!("user_profile_id={PROFILE}"));
    assert_eq!(of_profile.len(), 2);
    assert!(cases(&mut api, "user_profile_id=uprof_unknown").is_empty());
    // The older Compliance lists use a dot.
    api.get(&format!("{REVIEW}/cases?created_at.gte={last}")).refused(400);
    let headers = [("x-api-key", ADMIN_KEY), ("anthropic-version", VERSION), ("anthropic-user-profile-id", PROFILE)];
    api.request("GET", &format!("{REVIEW}/cases"), &headers, "").refused(400);
}

#[test]
fn message_is_read_with_exactly_its_user_profile() {
    let mut api = Api::new();
    item(&mut api, WITH_PROFILE, None).refused(404);
    item(&mut api, WITH_PROFILE, Some("uprof_other")).refused(404);
    item(&mut api, WITHOUT_PROFILE, Some(PROFILE)).refused(404);
    let read = item(&mut api, WITH_PROFILE, Some(PROFILE)).ok();
    assert_eq!(read["details"]["content"]["type"], "create_message");
    assert!(read["details"]["content"]["request"]["messages"].is_array(), "foreign JSON stays JSON");
    assert_eq!(item(&mut api, WITHOUT_PROFILE, None).ok()["details"]["content"]["response"], Value::Null);
    api.advance("60d");
    let expired = item(&mut api, WITHOUT_PROFILE, None).ok();
    assert_eq!(expired["details"]["content"], Value::Null);
    assert_eq!(expired["details"]["content_unavailable_reason"], json!({ "type": "stored_copy_unavailable" }));
}

#[test]
fn unreadable_message_answers_with_its_code() {
    let mut api = Api::new();
    let mut codes = Vec::new();
    for case in cases(&mut api, "") {
        for transcript in case["transcripts"].as_array().unwrap() {
            let profile = transcript["user_profile_id"].as_str();
            let reply = item(&mut api, transcript["item_id"].as_str().unwrap(), profile);
            codes.extend(reply.code().map(str::to_owned));
        }
    }
    assert_eq!(codes, ["storage_bucket_unreadable"]);
}

#[test]
fn notices_are_filtered_by_case() {
    let mut api = Api::new();
    let get = |api: &mut Api, query: &str| -> Vec<Value> {
        api.get(&format!("{REVIEW}/notices?{query}")).ok()["data"].as_array().unwrap().clone()
    };
    assert_eq!(get(&mut api, "").len(), 3);
    assert_eq!(get(&mut api, &format!("case_id={CASE}")).len(), 2);
    assert!(get(&mut api, "case_id=rvc_unknown").is_empty());
}

#[test]
fn old_admin_key_lacks_the_scopes_of_reviews() {
    let old = "sk-ant-admin01-simulator-old";
    let credentials = Credentials { further: vec![Credential::old_admin_key(old)], ..Credentials::default() };
    let mut api = Api::with(SimulatorConfig { credentials, ..SimulatorConfig::default() });
    let headers = [("x-api-key", old), ("anthropic-version", VERSION)];
    for (method, path) in [
        ("GET", "cases".to_owned()),
        ("GET", format!("cases/{CASE}")),
        ("POST", format!("cases/{CASE}/respond")),
        ("GET", format!("items/{WITHOUT_PROFILE}")),
        ("GET", "notices".to_owned()),
    ] {
        let body = if method == "POST" { r#"{"determination": "no_violation"}"# } else { "" };
        let reply = api.request(method, &format!("{REVIEW}/{path}"), &headers, body);
        assert_eq!((reply.status, reply.code()), (403, Some("api_key_scope_missing")), "{path}");
    }
    api.audit("GET", &format!("{BASE}/review/cases"), "").ok();
    api.audit("POST", &format!("{BASE}/review/cases/{CASE}/respond"), r#"{"determination": "no_violation"}"#)
        .refused(403);
}

#[test]
fn reviews_answer_400_while_compliance_is_off() {
    let mut api = Api::new();
    api.post("/v1/organizations/compliance_settings", json!({ "state": "disabled" })).ok();
    for path in ["cases".to_owned(), format!("cases/{CASE}"), format!("items/{WITHOUT_PROFILE}"), "notices".to_owned()]
    {
        api.get(&format!("{REVIEW}/{path}")).refused(400);
    }
    respond(&mut api, CASE, json!({ "determination": "no_violation" })).refused(400);
}
