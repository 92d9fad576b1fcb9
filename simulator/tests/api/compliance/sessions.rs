//! Sessions and their transcripts.

use super::BASE;
use crate::support::{Api, values};
use serde_json::{Value, json};

const LOCAL: &str = "apps/sessions/local/clls_01We3RtYuPa7SdFgHjKzXc4V";

fn get(api: &mut Api, path: &str) -> Value {
    api.audit("GET", &format!("{BASE}/{path}"), "").ok()
}

#[test]
fn sessions_are_listed_by_time() {
    let mut api = Api::new();
    for kind in ["local", "remote"] {
        let all = api.items(&format!("apps/sessions/{kind}"));
        assert!(all.len() > 3 && all.iter().all(|session| session.get("messages").is_none()));
        let day = format!("apps/sessions/{kind}?created_at.gte=2026-11-20T17:20:00Z");
        assert_eq!(api.items(&day).len(), 1);
        let first = get(&mut api, &format!("apps/sessions/{kind}?limit=2"));
        let next = first["next_page"].as_str().unwrap();
        assert_eq!(get(&mut api, &format!("apps/sessions/{kind}?limit=2&page={next}"))["data"][0], all[2]);
        api.audit("GET", &format!("{BASE}/apps/sessions/{kind}?limit=501"), "").refused(400);
    }
    let backwards = "apps/sessions/local?created_at.gte=2026-11-20T00:00:00Z&created_at.lt=2026-11-20T00:00:00Z";
    let refused = api.audit("GET", &format!("{BASE}/{backwards}"), "");
    assert_eq!(refused.refused(400), "created_at.lt: Input should be later than created_at.gte");
    assert!(api.items("apps/sessions/remote?user_ids[]=user_nobody").is_empty());
}

#[test]
fn a_transcript_is_read_in_both_directions_and_cut() {
    let mut api = Api::new();
    let all = get(&mut api, &format!("{LOCAL}/messages"));
    let messages = all["data"].as_array().unwrap();
    assert_eq!(all["session"], get(&mut api, LOCAL));
    assert_eq!(messages.len(), 4);
    assert!(values(messages, "created_at").is_sorted());
    assert_eq!(get(&mut api, &format!("{LOCAL}/messages?order=desc"))["data"][0], messages[3]);
    let cut = get(&mut api, &format!("{LOCAL}/messages?tool_result_max_bytes=19&tool_use_input_max_bytes=5"));
    let result = &cut["data"][2]["content"][0];
    assert_eq!(result["content"][0]["text"], "test plans_a_path ", "no character is cut in two");
    assert_eq!(result["truncated"], true);
    assert_eq!(cut["data"][1]["content"][1]["input"].as_str().unwrap().len(), 5);
    let refused = api.audit("GET", &format!("{BASE}/{LOCAL}/messages?tool_result_max_bytes=0"), "");
    assert_eq!(refused.refused(400), "tool_result_max_bytes: Input should be a positive number or -1");
    api.audit("GET", &format!("{BASE}/apps/sessions/local/clls_none/messages"), "").refused(404);
}

#[test]
fn a_walk_through_a_transcript_ends_within_a_day() {
    let mut api = Api::new();
    let path = format!("{LOCAL}/messages?limit=1");
    let first = get(&mut api, &path)["next_page"].as_str().unwrap().to_owned();
    api.advance("23h");
    let second = get(&mut api, &format!("{path}&page={first}"))["next_page"].as_str().unwrap().to_owned();
    api.advance("2h");
    let refused = api.audit("GET", &format!("{BASE}/{path}&page={second}"), "");
    assert_eq!(refused.refused(400), "page: cursor has expired");
}

#[test]
fn a_session_that_has_not_begun_cannot_be_read() {
    let mut api = Api::new();
    let sessions = api.items("apps/sessions/remote");
    let of = |status: &str| {
        let session = sessions.iter().find(|session| session["status"] == status).unwrap();
        format!("apps/sessions/remote/{}/messages", session["id"].as_str().unwrap())
    };
    api.audit("GET", &format!("{BASE}/{}", of("pending")), "").refused(404);
    let transcript = get(&mut api, &of("active"));
    assert_eq!(transcript["data"].as_array().unwrap().len(), 4);
    assert_eq!(transcript["data"][1]["sent_by_user_id"], json!(null), "Claude wrote it");
}

#[test]
fn sessions_in_the_cloud_have_a_budget_of_their_own() {
    let config = claude_admin_simulator::SimulatorConfig { requests_per_minute: Some(100), ..Default::default() };
    let mut api = Api::with(config);
    for _ in 0..10 {
        get(&mut api, "apps/sessions/remote?limit=1");
    }
    let refused = api.audit("GET", &format!("{BASE}/apps/sessions/remote?limit=1"), "");
    refused.refused(429);
    assert_eq!(refused.headers["retry-after"], "1");
    get(&mut api, "apps/sessions/local?limit=1");
    for _ in 0..59 {
        get(&mut api, "groups");
    }
    let analytics = "/v1/organizations/analytics/summaries?starting_date=2026-11-18";
    for _ in 0..60 {
        api.audit("GET", analytics, "").ok();
    }
    api.audit("GET", analytics, "").refused(429);
}

#[test]
fn local_sessions_are_found_by_their_last_change() {
    let mut api = Api::new();
    let all = api.items("apps/sessions/local");
    let changed = all[2]["updated_at"].as_str().unwrap();
    assert_eq!(api.items(&format!("apps/sessions/local?updated_at.gte={changed}")).len(), 3);
    let made = all[2]["created_at"].as_str().unwrap();
    assert_eq!(api.items(&format!("apps/sessions/local?created_at.gt={made}")).len(), 2);
    assert_eq!(api.items(&format!("apps/sessions/local?created_at.lte={made}")).len(), all.len() - 2);
    let session = all[0]["id"].as_str().unwrap();
    let transcript = get(&mut api, &format!("apps/sessions/local/{session}/messages"));
    assert_eq!(
        (&transcript["data"][0]["model"], &transcript["data"][1]["model"]),
        (&json!(null), &json!("claude-opus-4-5"))
    );
}
