//! `analytics/usage` and `analytics/cost`.

use super::{amount, sum};
use crate::support::{Api, USERS};
use claude_admin_simulator::SCOPED_KEY;
use serde_json::{Value, json};

const USAGE: &str = "/v1/organizations/analytics/usage";
const COST: &str = "/v1/organizations/analytics/cost";
const WEEK: &str = "starting_at=2026-11-13T00:00:00Z&ending_at=2026-11-20T00:00:00Z";

fn data(api: &mut Api, target: &str) -> Vec<Value> {
    api.read(target).ok()["data"].as_array().unwrap().clone()
}

#[test]
fn they_need_their_beta() {
    let mut api = Api::new();
    let headers = [("x-api-key", SCOPED_KEY), ("anthropic-version", "2023-06-01")];
    for path in [USAGE, COST] {
        let refused = api.request("GET", &format!("{path}?{WEEK}"), &headers, "");
        assert!(refused.refused(400).contains("analytics-usage-cost-2026-08-24"));
    }
}

#[test]
fn without_groups_there_is_one_row_for_the_range() {
    let mut api = Api::new();
    for (path, field) in [(USAGE, "usage"), (COST, "cost")] {
        let page = api.read(&format!("{path}?{WEEK}")).ok();
        assert_eq!(page["data"].as_array().unwrap().len(), 1);
        let row = &page["data"][0];
        assert_eq!(row["starting_at"], "2026-11-13T00:00:00Z");
        assert_eq!(row["ending_at"], "2026-11-20T00:00:00Z");
        assert!(row["group"].as_object().unwrap().values().all(Value::is_null));
        assert!(row[field]["requests"].as_i64().unwrap() > 1000);
        assert_eq!(page["has_more"], false);
        assert_eq!(page["data_refreshed_at"], "2026-11-21T16:00:00Z", "the last full hour that is an hour old");
    }
}

#[test]
fn every_dimension_adds_up_to_the_whole() {
    let mut api = Api::new();
    let headers = [("x-api-key", SCOPED_KEY), ("anthropic-version", "2023-06-01")];
    let groups = "/v1/organizations/rbac_groups";
    let group = api.request("POST", groups, &headers, r#"{"name": "Counting"}"#).ok()["id"].clone();
    let path = format!("{groups}/{}/members", group.as_str().unwrap());
    api.request("POST", &path, &headers, r#"{"user_id": "user_01WCz1FkmYMm4gnmykNKUu3Q"}"#).ok();
    let usage = data(&mut api, &format!("{USAGE}?{WEEK}"));
    let cost = data(&mut api, &format!("{COST}?{WEEK}"));
    let dimensions: Vec<String> = usage[0]["group"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(dimensions.len(), 20, "{dimensions:?}");
    for dimension in dimensions {
        let by = format!("{WEEK}&limit=1000&group_by[]={dimension}");
        let rows = data(&mut api, &format!("{USAGE}?{by}"));
        assert_eq!(sum(&rows, "/usage/total_tokens"), sum(&usage, "/usage/total_tokens"), "{dimension}");
        assert!(rows.iter().any(|row| !row["group"][&dimension].is_null()), "{dimension}");
        let rows = data(&mut api, &format!("{COST}?{by}"));
        assert_eq!(amount(&rows, "/cost/amount"), amount(&cost, "/cost/amount"), "{dimension}");
        assert_eq!(amount(&rows, "/cost/list_amount"), amount(&cost, "/cost/list_amount"), "{dimension}");
    }
    assert!(amount(&cost, "/cost/amount") < amount(&cost, "/cost/list_amount"), "seats have a discount");
}

#[test]
fn buckets_add_up_to_the_range() {
    let mut api = Api::new();
    let day = "starting_at=2026-11-18T00:00:00Z&ending_at=2026-11-19T00:00:00Z&limit=1000";
    let whole = data(&mut api, &format!("{COST}?{day}"));
    let hours = data(&mut api, &format!("{COST}?{day}&time_bucket_width=1h&order_by=time&order=asc"));
    assert_eq!(amount(&hours, "/cost/amount"), amount(&whole, "/cost/amount"));
    let times: Vec<&str> = hours.iter().map(|row| row["starting_at"].as_str().unwrap()).collect();
    assert!(times.is_sorted() && times.len() < 24, "idle hours have no rows: {times:?}");
    let minutes = data(&mut api, &format!("{USAGE}?{day}&time_bucket_width=1m"));
    assert_eq!(minutes.len(), 1000, "a page of them");
}

#[test]
fn rows_are_ranked_as_asked() {
    let mut api = Api::new();
    let numbers = |rows: &[Value], pointer: &str| -> Vec<i64> {
        rows.iter().map(|row| row.pointer(pointer).unwrap().as_i64().unwrap()).collect()
    };
    let by_actor = format!("{USAGE}?{WEEK}&group_by[]=actor&limit=1000");
    let rows = data(&mut api, &by_actor);
    assert!(numbers(&rows, "/usage/total_tokens").is_sorted_by(|one, other| one >= other), "the most first");
    let rows = data(&mut api, &format!("{by_actor}&order_by=requests&order=asc"));
    assert!(numbers(&rows, "/usage/requests").is_sorted());
    let rows = data(&mut api, &format!("{COST}?{WEEK}&group_by[]=model&order=asc"));
    let amounts: Vec<i128> = rows.iter().map(|row| super::exact(&row["cost"]["amount"])).collect();
    assert!(amounts.is_sorted());
    api.read(&format!("{USAGE}?{WEEK}&order_by=amount")).refused(400);
}

#[test]
fn a_limit_counts_groups_and_not_their_parts() {
    let mut api = Api::new();
    let page = api.read(&format!("{USAGE}?{WEEK}&group_by[]=actor")).ok();
    assert_eq!(page["data"].as_array().unwrap().len(), 20, "twenty a page unless asked otherwise");
    assert_eq!(page["has_more"], true);

    let parts = format!("{COST}?{WEEK}&group_by[]=model&group_by[]=cost_type&group_by[]=token_type");
    let first = api.read(&format!("{parts}&limit=1")).ok();
    let rows = first["data"].as_array().unwrap();
    assert!(rows.len() >= 5, "all parts of one model");
    assert!(rows.iter().all(|row| row["group"]["model"] == rows[0]["group"]["model"]));
    assert!(rows.iter().any(|row| row["group"]["token_type"] == "output_tokens"));
    assert!(rows.iter().all(|row| row["cost"]["requests"].is_null()), "a request is no part");
    let next = first["next_page"].as_str().unwrap();
    let second = api.read(&format!("{parts}&limit=1&page={next}")).ok();
    assert_ne!(second["data"][0]["group"]["model"], rows[0]["group"]["model"]);
    let all = data(&mut api, &format!("{parts}&limit=1000"));
    assert_eq!(amount(&all, "/cost/amount"), amount(&data(&mut api, &format!("{COST}?{WEEK}")), "/cost/amount"));
}

#[test]
fn the_range_has_limits() {
    let mut api = Api::new();
    let refusal = |api: &mut Api, query: &str| api.read(&format!("{USAGE}?{query}")).refused(400).to_owned();
    assert_eq!(refusal(&mut api, ""), "starting_at: Field required");
    assert!(refusal(&mut api, "starting_at=2025-12-31T23:59:59Z").contains("not be before 2026-01-01"));
    assert!(refusal(&mut api, "starting_at=2026-11-01T00:00:00").contains("valid datetime"), "a time zone is needed");
    let long = "starting_at=2026-10-01T00:00:00Z&ending_at=2026-11-01T00:00:01Z";
    assert_eq!(refusal(&mut api, long), "ending_at: The range should span at most 31 days");
    api.read(&format!("{USAGE}?starting_at=2026-10-01T00:00:00Z&ending_at=2026-11-01T00:00:00Z")).ok();
    let minutes = "starting_at=2026-11-10T00:00:00Z&ending_at=2026-11-11T00:01:00Z&time_bucket_width=1m";
    assert_eq!(refusal(&mut api, minutes), "ending_at: The range should span at most 24 hours");
    let open = "starting_at=2026-11-10T00:00:00Z&time_bucket_width=1d";
    assert_eq!(refusal(&mut api, open), "ending_at: Field required when time_bucket_width is given");
    api.simulation.clock_mut().set("2027-06-01T00:00:00Z".parse().unwrap());
    let old = "starting_at=2026-05-31T23:00:00Z&ending_at=2026-06-01T00:00:00Z";
    assert_eq!(refusal(&mut api, old), "starting_at: Input should be within the last 365 days");
}

#[test]
fn at_most_five_dimensions_are_taken_and_parts_do_not_count() {
    let mut api = Api::new();
    let five = "group_by[]=model&group_by[]=actor&group_by[]=product&group_by[]=speed&group_by[]=service_tier";
    api.read(&format!("{COST}?{WEEK}&{five}&group_by[]=cost_type&group_by[]=token_type")).ok();
    let refused = api.read(&format!("{COST}?{WEEK}&{five}&group_by[]=workspace_id"));
    assert_eq!(refused.refused(400), "group_by[]: List should have at most 5 items after validation, not 6");
    api.read(&format!("{USAGE}?{WEEK}&group_by[]=cost_type")).refused(400);
}

#[test]
fn some_parameters_need_others() {
    let mut api = Api::new();
    let alone = api.read(&format!("{USAGE}?{WEEK}&exclude_deleted_users=true"));
    assert_eq!(alone.refused(400), "exclude_deleted_users: It requires group_by[]=actor");
    let parent = api.read(&format!("{USAGE}?{WEEK}&organization_ids[]=x"));
    assert_eq!(parent.refused(400), "organization_ids[]: It requires a key of the parent organization");
}

#[test]
fn removed_member_stays_in_past_reports_and_can_be_excluded() {
    let mut api = Api::new();
    let member = api.find(USERS, "email", "wei.zhang@example.com");
    let id = member["id"].as_str().unwrap();
    let by_actor = format!("{USAGE}?{WEEK}&group_by[]=actor&limit=1000");
    let find = |rows: &[Value]| rows.iter().find(|row| row["group"]["actor"]["user_id"] == id).cloned();
    let before = find(&data(&mut api, &by_actor)).unwrap();
    assert_eq!(before["group"]["actor"]["deleted"], false);
    assert_eq!(before["group"]["actor"]["name"], "Wei Zhang");

    api.delete(&format!("{USERS}/{id}")).ok();
    let after = find(&data(&mut api, &by_actor)).unwrap();
    assert_eq!(after["usage"], before["usage"], "the past does not change");
    assert_eq!(after["group"]["actor"]["deleted"], true);
    assert_eq!(after["group"]["actor"]["name"], Value::Null);
    assert_eq!(find(&data(&mut api, &format!("{by_actor}&exclude_deleted_users=true"))), None);

    api.advance("40d");
    let later = "starting_at=2026-12-01T00:00:00Z&ending_at=2026-12-20T00:00:00Z";
    assert_eq!(find(&data(&mut api, &format!("{USAGE}?{later}&group_by[]=actor&limit=1000"))), None);
}

#[test]
fn a_change_of_role_changes_no_past() {
    let mut api = Api::new();
    let before = data(&mut api, &format!("{USAGE}?{WEEK}"));
    let id = api.find(USERS, "email", "yuki.tanaka@example.com")["id"].as_str().unwrap().to_owned();
    api.post(&format!("{USERS}/{id}"), json!({ "role": "developer" })).ok();
    assert_eq!(data(&mut api, &format!("{USAGE}?{WEEK}")), before);
}

#[test]
fn the_future_is_empty() {
    let mut api = Api::new();
    let future = "starting_at=2026-12-01T00:00:00Z&ending_at=2026-12-08T00:00:00Z";
    for path in [USAGE, COST] {
        let page = api.read(&format!("{path}?{future}&group_by[]=model")).ok();
        assert_eq!((page["data"].clone(), page["next_page"].clone()), (json!([]), Value::Null));
    }
}

#[test]
fn filters_name_actors_products_and_more() {
    let mut api = Api::new();
    let total = |api: &mut Api, filter: &str| sum(&data(api, &format!("{USAGE}?{WEEK}{filter}")), "/usage/requests");
    let all = total(&mut api, "");
    let mut parts = 0;
    for kind in ["user_actor", "api_actor", "service_account_actor", "federated_actor"] {
        let part = total(&mut api, &format!("&actor_types[]={kind}"));
        assert!(part > 0, "{kind}");
        parts += part;
    }
    assert_eq!(parts, all);
    assert!(total(&mut api, "&actor_ids[]=user_01WCz1FkmYMm4gnmykNKUu3Q") > 0);
    assert!(total(&mut api, "&products[]=claude_tag&slack_channel_ids[]=C0123456789") > 0);
    let agents = data(&mut api, &format!("{USAGE}?{WEEK}&group_by[]=agent_id&products[]=managed_agents_api"));
    let agent = agents[0]["group"]["agent_id"].as_str().unwrap();
    assert_eq!(total(&mut api, &format!("&agent_ids[]={agent}")), agents[0]["usage"]["requests"]);
}
