//! The reports of activity: dates, filters, groups and pages.

use crate::support::{Api, INVITES, USERS};
use serde_json::{Value, json};

const BASE: &str = "/v1/organizations/analytics";
/// Reports of a day or a range, with what they can be filtered and grouped by.
const RANGED: [(&str, &str, &str); 5] = [
    ("users", "user_id", "rbac_group_id"),
    ("skills", "skill_name", "product"),
    ("connectors", "connector_name", "user_id"),
    ("plugins", "plugin_name", "user_id"),
    ("apps/chat/projects", "project_id", "user_id"),
];

fn data(api: &mut Api, target: &str) -> Vec<Value> {
    api.read(&format!("{BASE}/{target}")).ok()["data"].as_array().unwrap().clone()
}

fn refusal(api: &mut Api, target: &str) -> String {
    api.read(&format!("{BASE}/{target}")).refused(400).to_owned()
}

#[test]
fn a_report_is_of_a_day_or_of_a_range() {
    let mut api = Api::new();
    for (report, _, _) in RANGED {
        let both = refusal(&mut api, &format!("{report}?date=2026-11-18&starting_date=2026-11-17"));
        assert!(both.starts_with("Cannot specify both 'date' and"), "{both}");
        assert_eq!(data(&mut api, report), data(&mut api, &format!("{report}?date=2026-11-20")), "the last day");
        assert_eq!(refusal(&mut api, &format!("{report}?ending_date=2026-11-18")), "starting_date: Field required");
        let early = refusal(&mut api, &format!("{report}?date=2025-12-31"));
        assert_eq!(early, "date: Input should not be before 2026-01-01");
        let bad = refusal(&mut api, &format!("{report}?date=18.11.2026"));
        assert_eq!(bad, "date: Input should be a valid date in the format YYYY-MM-DD");
        let none = refusal(&mut api, &format!("{report}?starting_date=2026-11-18&ending_date=2026-11-18"));
        assert_eq!(none, "ending_date: Input should be later than starting_date");
        let long = refusal(&mut api, &format!("{report}?starting_date=2026-01-01&ending_date=2027-01-03"));
        assert_eq!(long, "ending_date: The range should span at most 366 days");
        assert!(!data(&mut api, &format!("{report}?starting_date=2026-11-01&ending_date=2026-11-15")).is_empty());
    }
}

#[test]
fn data_is_known_up_to_yesterday() {
    let mut api = Api::new();
    for (report, _, _) in RANGED {
        assert_eq!(data(&mut api, &format!("{report}?date=2026-11-21")), Vec::<Value>::new(), "{report} today");
        assert_eq!(data(&mut api, &format!("{report}?date=2027-11-21")), Vec::<Value>::new(), "{report} in a year");
    }
    let days = data(&mut api, "summaries?starting_date=2026-11-14");
    let last = days.last().unwrap();
    assert_eq!((days.len(), last["starting_at"].as_str()), (7, Some("2026-11-20T00:00:00Z")));
}

#[test]
fn only_known_dimensions_are_taken() {
    let mut api = Api::new();
    for (report, filter, group) in RANGED {
        let unknown = refusal(&mut api, &format!("{report}?date=2026-11-18&filter[]=colour:red"));
        assert!(unknown.starts_with("filter[]: Unsupported dimension 'colour'. Use one of: "), "{unknown}");
        let bare = refusal(&mut api, &format!("{report}?date=2026-11-18&filter[]=red"));
        assert_eq!(bare, "filter[]: 'red' should have the form 'dimension:value'");
        assert_eq!(data(&mut api, &format!("{report}?date=2026-11-18&filter[]={filter}:none")), Vec::<Value>::new());
        api.read(&format!("{BASE}/{report}?date=2026-11-18&group_by[]={group}")).ok();
        api.read(&format!("{BASE}/{report}?date=2026-11-18&group_by[]=colour")).refused(400);
        let many = "&filter[]=x:y".repeat(101);
        let message = refusal(&mut api, &format!("{report}?date=2026-11-18{many}"));
        assert!(message.contains("at most 100 items"), "{message}");
    }
    assert!(refusal(&mut api, "summaries?starting_date=2026-11-18&filter[]=user_id:x").contains("rbac_group_id"));
}

#[test]
fn pages_are_cut_by_the_limit() {
    let mut api = Api::new();
    for (report, _, _) in RANGED {
        let path = format!("{report}?starting_date=2026-10-01&ending_date=2026-11-01");
        let all = data(&mut api, &format!("{path}&limit=1000"));
        let first = api.read(&format!("{BASE}/{path}&limit=1")).ok();
        assert_eq!(first["data"], json!([all[0]]), "{report}");
        let next = first["next_page"].as_str().unwrap();
        assert_eq!(data(&mut api, &format!("{path}&limit=1&page={next}")), [all[1].clone()]);
        let other = refusal(&mut api, &format!("{path}&order=asc&limit=1&page={next}"));
        assert_eq!(other, "cursor does not match current query parameters");
        api.read(&format!("{BASE}/{path}&limit=1001")).refused(400);
    }
}

#[test]
fn rows_are_ordered_by_any_field() {
    let mut api = Api::new();
    let path = "users?starting_date=2026-10-01&ending_date=2026-11-01&order_by=chat_metrics.message_count";
    let counts = |api: &mut Api, order: &str| -> Vec<i64> {
        let rows = data(api, &format!("{path}&order={order}"));
        rows.iter().map(|row| row["chat_metrics"]["message_count"].as_i64().unwrap()).collect()
    };
    assert!(counts(&mut api, "asc").is_sorted());
    assert!(counts(&mut api, "desc").is_sorted_by(|one, other| one >= other));
    let unknown = refusal(&mut api, "users?date=2026-11-18&order_by=chat_metrics.colour");
    assert!(unknown.starts_with("order_by: "), "{unknown}");
}

#[test]
fn artifacts_come_whole_unless_they_are_grouped() {
    let mut api = Api::new();
    assert_eq!(refusal(&mut api, "artifacts"), "date: Field required");
    let whole = api.read(&format!("{BASE}/artifacts?date=2026-11-18&limit=1")).ok();
    assert!(whole["data"].as_array().unwrap().len() > 1, "the limit counts only with groups");
    assert_eq!(whole["next_page"], Value::Null);
    let grouped = api.read(&format!("{BASE}/artifacts?date=2026-11-18&limit=1&group_by[]=user_id")).ok();
    assert_eq!(grouped["data"].as_array().unwrap().len(), 1);
    assert!(grouped["next_page"].is_string());
    let paged = refusal(&mut api, "artifacts?date=2026-11-18&page=page_x");
    assert_eq!(paged, "page: It requires group_by[]");
    let shared = data(&mut api, "artifacts?date=2026-11-18&filter[]=is_shared:true");
    assert!(shared.iter().all(|row| row["is_shared"] == true));
}

#[test]
fn summaries_come_whole_and_have_an_order_of_magnitude() {
    let mut api = Api::new();
    let page = api.read(&format!("{BASE}/summaries?starting_date=2026-10-01&ending_date=2026-11-01&limit=1")).ok();
    assert_eq!(page["data"].as_array().unwrap().len(), 31);
    assert_eq!(page["next_page"], Value::Null);
    for day in page["data"].as_array().unwrap() {
        let count = |field: &str| day[field].as_i64().unwrap();
        for product in ["", "chat_", "cowork_", "claude_code_", "chat_cowork_unified_", "office_agent_", "claude_tag_"]
        {
            let span = |span: &str| count(&format!("{product}{span}_active_user_count"));
            assert!(span("daily") <= span("weekly") && span("weekly") <= span("monthly"), "{day}");
            assert!(span("monthly") <= count("assigned_seat_count"), "{day}");
        }
        assert!(day["monthly_adoption_rate"].as_f64().unwrap() <= 100.0);
    }
    assert_eq!(refusal(&mut api, "summaries"), "starting_date: Field required");
}

#[test]
fn seats_and_invites_are_those_of_the_organization() {
    let mut api = Api::new();
    let summary = |api: &mut Api| data(api, "summaries?starting_date=2026-11-20")[0].clone();
    let members = i64::try_from(api.list(USERS).len()).unwrap();
    assert_eq!(summary(&mut api)["assigned_seat_count"], members);
    let pending = api.list(INVITES).iter().filter(|invite| invite["status"] == "pending").count();
    assert_eq!(summary(&mut api)["pending_invite_count"], pending);

    api.post(INVITES, json!({ "email": "new@example.com", "role": "user" })).ok();
    let id = api.find(USERS, "email", "lars.ostergard@example.com")["id"].as_str().unwrap().to_owned();
    api.delete(&format!("{USERS}/{id}")).ok();
    api.advance("2d");
    let later = data(&mut api, "summaries?starting_date=2026-11-22")[0].clone();
    assert_eq!(later["assigned_seat_count"], members - 1);
    assert_eq!(later["pending_invite_count"], pending, "one more, and one that lapsed by then");
}
