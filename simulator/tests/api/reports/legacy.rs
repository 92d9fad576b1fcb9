//! The reports of analytics in the previous format.

use super::{amount, rows, sum};
use crate::support::Api;
use serde_json::Value;

const REPORTS: [&str; 4] = [
    "/v1/organizations/analytics/usage_report",
    "/v1/organizations/analytics/cost_report",
    "/v1/organizations/analytics/user_usage_report",
    "/v1/organizations/analytics/user_cost_report",
];
const WEEK: &str = "starting_at=2026-11-13T00:00:00Z&ending_at=2026-11-20T00:00:00Z";

fn data(api: &mut Api, target: &str) -> Vec<Value> {
    api.read(target).ok()["data"].as_array().unwrap().clone()
}

#[test]
fn ranges_have_the_limits_of_analytics() {
    let mut api = Api::new();
    for report in REPORTS {
        api.read(&format!("{report}?starting_at=2025-12-31T00:00:00Z")).refused(400);
        api.read(&format!("{report}?starting_at=2026-09-01T00:00:00Z&ending_at=2026-10-03T00:00:00Z")).refused(400);
        let minutes = "starting_at=2026-11-10T00:00:00Z&ending_at=2026-11-12T00:00:00Z&bucket_width=1m";
        api.read(&format!("{report}?{minutes}")).refused(400);
        api.read(&format!("{report}?{WEEK}")).ok();
    }
}

#[test]
fn buckets_have_limits_by_width() {
    let mut api = Api::new();
    for report in &REPORTS[..2] {
        let day = "starting_at=2026-11-18T00:00:00Z&ending_at=2026-11-19T00:00:00Z";
        for (width, default, most) in [("1m", 60, 256), ("1h", 24, 168)] {
            let path = format!("{report}?{day}&bucket_width={width}");
            assert_eq!(data(&mut api, &path).len(), default, "{report} {width}");
            api.read(&format!("{path}&limit={most}")).ok();
            if most < 256 {
                api.read(&format!("{path}&limit={}", most + 1)).refused(400);
            }
        }
        let month = "starting_at=2026-10-01T00:00:00Z&ending_at=2026-11-01T00:00:00Z";
        assert_eq!(data(&mut api, &format!("{report}?{month}")).len(), 7);
        assert_eq!(data(&mut api, &format!("{report}?{month}&limit=31")).len(), 31);
        api.read(&format!("{report}?{month}&limit=32")).refused(400);
    }
}

#[test]
fn bucket_has_the_100_largest_groups() {
    let mut api = Api::with_members(800);
    let day = "starting_at=2026-11-18T00:00:00Z&ending_at=2026-11-19T00:00:00Z";
    let page = api.read(&format!("{}?{day}&group_by[]=claude_tag_user_id", REPORTS[0])).ok();
    let results = page["data"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 100);
    let all = |row: &Value| {
        ["uncached_input_tokens", "cache_read_input_tokens", "output_tokens"]
            .iter()
            .map(|field| row[field].as_i64().unwrap())
            .sum::<i64>()
    };
    assert!(all(&results[0]) > all(&results[99]), "the greatest first");
}

#[test]
fn members_are_ranked_and_the_reports_agree() {
    let mut api = Api::new();
    let buckets = rows(&api.read(&format!("{}?{WEEK}", REPORTS[0])).ok());
    let users = data(&mut api, &format!("{}?{WEEK}&limit=1000", REPORTS[2]));
    assert_eq!(sum(&users, "/output_tokens"), sum(&buckets, "/output_tokens"));
    let totals: Vec<i64> = users.iter().map(|row| row["total_tokens"].as_i64().unwrap()).collect();
    assert!(totals.is_sorted_by(|one, other| one >= other));
    assert!(users.iter().all(|row| row["actor"]["type"] == "user_actor" && row["starting_at"].is_null()));
    assert_eq!(data(&mut api, &format!("{}?{WEEK}", REPORTS[2])).len(), 20);

    let buckets = rows(&api.read(&format!("{}?{WEEK}", REPORTS[1])).ok());
    let users = data(&mut api, &format!("{}?{WEEK}&limit=1000&group_by[]=cost_type&group_by[]=token_type", REPORTS[3]));
    assert_eq!(amount(&users, "/amount"), amount(&buckets, "/amount"));
    assert!(users.iter().any(|row| row["cost_type"] == "web_search" && row["token_type"].is_null()));
}

#[test]
fn rankings_by_bucket_need_an_end() {
    let mut api = Api::new();
    for report in &REPORTS[2..] {
        let open = format!("{report}?starting_at=2026-11-18T00:00:00Z&bucket_width=1d");
        assert_eq!(api.read(&open).refused(400), "ending_at: Field required when bucket_width is given");
        let rows = data(&mut api, &format!("{report}?{WEEK}&bucket_width=1d&limit=3"));
        assert!(rows.iter().all(|row| row["starting_at"].is_string() && row["ending_at"].is_string()));
    }
}

#[test]
fn legacy_reports_have_member_products_and_name_claude_tag() {
    let mut api = Api::new();
    let by_product = rows(&api.read(&format!("{}?{WEEK}&group_by[]=product", REPORTS[0])).ok());
    let products: Vec<&str> = by_product.iter().filter_map(|row| row["product"].as_str()).collect();
    assert!(products.contains(&"claude-tag") && products.contains(&"chat"), "{products:?}");
    assert!(!products.contains(&"messages_api"), "{products:?}");
    let slack =
        rows(&api.read(&format!("{}?{WEEK}&products[]=claude-tag&group_by[]=slack_channel_id", REPORTS[1])).ok());
    assert!(slack.iter().any(|row| row["slack_channel_id"] == "C0123456789"));
}
