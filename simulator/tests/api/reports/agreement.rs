//! Reports that contain the same data in different forms.

use super::{amount, exact, rows, sum};
use crate::support::Api;
use serde_json::Value;

const DAY: &str = "starting_at=2026-11-18T00:00:00Z&ending_at=2026-11-19T00:00:00Z";

fn data(api: &mut Api, target: &str) -> Vec<Value> {
    api.read(&format!("/v1/organizations/{target}")).ok()["data"].as_array().unwrap().clone()
}

#[test]
fn the_usage_of_a_day_is_the_same_in_every_width() {
    let mut api = Api::new();
    let total = |api: &mut Api, width: &str, limit: usize| {
        let target = format!("usage_report/messages?{DAY}&bucket_width={width}&limit={limit}");
        let rows = rows(&api.read(&format!("/v1/organizations/{target}")).ok());
        (sum(&rows, "/uncached_input_tokens"), sum(&rows, "/output_tokens"), sum(&rows, "/cache_read_input_tokens"))
    };
    let day = total(&mut api, "1d", 1);
    assert_eq!(total(&mut api, "1h", 24), day);
    assert_eq!(total(&mut api, "1m", 1440), day);
}

#[test]
fn searches_cost_a_cent_each() {
    let mut api = Api::new();
    let target = format!("/v1/organizations/usage_report/messages?{DAY}&group_by[]=service_tier");
    let usage = rows(&api.read(&target).ok());
    let searches: i64 = usage
        .iter()
        .filter(|row| row["service_tier"] != "priority")
        .map(|row| row["server_tool_use"]["web_search_requests"].as_i64().unwrap())
        .sum();
    let cost = rows(&api.read(&format!("/v1/organizations/cost_report?{DAY}&group_by[]=description")).ok());
    let paid: i128 = cost.iter().filter(|row| row["cost_type"] == "web_search").map(|row| exact(&row["amount"])).sum();
    assert_eq!(paid, i128::from(searches) * 1_000_000_000);
    assert!(searches > 100);
}

#[test]
fn tokens_cost_what_the_table_of_prices_says() {
    let mut api = Api::new();
    let filter = "service_tiers[]=standard&models[]=claude-haiku-4-5&inference_geos[]=global";
    let usage = rows(&api.read(&format!("/v1/organizations/usage_report/messages?{DAY}&{filter}")).ok());
    let cost = rows(&api.read(&format!("/v1/organizations/cost_report?{DAY}&group_by[]=description")).ok());
    let paid: i128 = cost
        .iter()
        .filter(|row| row["description"] == "Claude Haiku 4.5 Usage - Output Tokens")
        .map(|row| exact(&row["amount"]))
        .sum();
    // 500 cents for a million tokens.
    assert_eq!(paid, i128::from(sum(&usage, "/output_tokens")) * 500_000);
}

#[test]
fn the_console_and_analytics_agree() {
    let mut api = Api::new();
    let console = rows(&api.read(&format!("/v1/organizations/usage_report/messages?{DAY}")).ok());
    let products = ["messages_api", "message_batches_api", "managed_agents_api", "claude_console", "claude_code"]
        .map(|product| format!("&products[]={product}"))
        .concat();
    let analytics = data(&mut api, &format!("analytics/usage?{DAY}{products}"));
    assert_eq!(sum(&console, "/output_tokens"), sum(&analytics, "/usage/output_tokens"));

    let console = rows(&api.read(&format!("/v1/organizations/cost_report?{DAY}")).ok());
    let tiers = "&service_tiers[]=standard&service_tiers[]=batch";
    let analytics = data(&mut api, &format!("analytics/cost?{DAY}{products}{tiers}"));
    assert_eq!(amount(&console, "/amount"), amount(&analytics, "/cost/amount"), "Priority Tier left aside");
}

#[test]
fn those_who_are_active_are_the_daily_active_members() {
    let mut api = Api::new();
    let summaries = data(&mut api, "analytics/summaries?starting_date=2026-11-09&ending_date=2026-11-16");
    for summary in &summaries {
        let day = &summary["starting_at"].as_str().unwrap()[..10];
        let users = data(&mut api, &format!("analytics/users?date={day}&limit=1000"));
        assert_eq!(summary["daily_active_user_count"], users.len(), "{day}");
        let coding =
            users.iter().filter(|user| user["claude_code_metrics"]["core_metrics"]["distinct_session_count"] != 0);
        assert_eq!(summary["claude_code_daily_active_user_count"], coding.count(), "{day}");
    }
    let week = data(&mut api, "analytics/users?starting_date=2026-11-09&ending_date=2026-11-16&limit=1000");
    assert_eq!(summaries[6]["weekly_active_user_count"], week.len());
}

#[test]
fn messages_are_requests_and_searches_are_searches() {
    let mut api = Api::new();
    let users = data(&mut api, "analytics/users?date=2026-11-18&limit=1000");
    for (product, pointer) in [
        ("chat", "/chat_metrics/message_count"),
        ("cowork", "/cowork_metrics/message_count"),
        ("claude_design", "/design_metrics/message_count"),
        ("claude_tag", "/claude_tag_metrics/active_message_count"),
    ] {
        let usage = data(&mut api, &format!("analytics/usage?{DAY}&products[]={product}"));
        assert_eq!(sum(&users, pointer), sum(&usage, "/usage/requests"), "{product}");
    }
    let products = ["chat", "cowork", "claude_code", "office_agent", "claude_design", "claude_in_chrome", "claude_tag"]
        .map(|product| format!("&products[]={product}"))
        .concat();
    let usage = data(&mut api, &format!("analytics/usage?{DAY}{products}"));
    assert_eq!(sum(&users, "/web_search_count"), sum(&usage, "/usage/server_tool_use/web_search_requests"));
}

#[test]
fn claude_code_is_the_same_in_both_of_its_reports() {
    let mut api = Api::new();
    let records = data(&mut api, "usage_report/claude_code?starting_at=2026-11-18&limit=1000");
    let users = data(&mut api, "analytics/users?date=2026-11-18&limit=1000");
    for record in records.iter().filter(|record| record["actor"]["type"] == "user_actor") {
        let email = &record["actor"]["email_address"];
        let user = users.iter().find(|user| user["user"]["email_address"] == *email).unwrap();
        let core = &user["claude_code_metrics"]["core_metrics"];
        assert_eq!(record["core_metrics"]["num_sessions"], core["distinct_session_count"], "{email}");
        assert_eq!(record["core_metrics"]["lines_of_code"]["added"], core["lines_of_code"]["added_count"], "{email}");
        assert_eq!(record["core_metrics"]["commits_by_claude_code"], core["commit_count"], "{email}");
    }
    let tokens: i64 =
        records.iter().map(|record| sum(record["model_breakdown"].as_array().unwrap(), "/tokens/output")).sum();
    let usage = data(&mut api, &format!("analytics/usage?{DAY}&products[]=claude_code"));
    assert_eq!(tokens, sum(&usage, "/usage/output_tokens"));
}

#[test]
fn member_totals_equal_connector_artifact_and_skill_totals() {
    let mut api = Api::new();
    let users = data(&mut api, "analytics/users?date=2026-11-18&limit=1000");
    let connectors = data(&mut api, "analytics/connectors?date=2026-11-18&filter[]=product:chat");
    let calls: i64 = ["/read_call_count", "/write_call_count", "/unclassified_call_count"]
        .iter()
        .map(|pointer| sum(&connectors, pointer))
        .sum();
    assert_eq!(sum(&users, "/chat_metrics/connectors_used_count"), calls);
    let artifacts = data(&mut api, "analytics/artifacts?date=2026-11-18&filter[]=product:chat");
    let made = sum(&artifacts, "/artifacts_created_count");
    assert_eq!(sum(&users, "/chat_metrics/distinct_artifacts_created_count"), made);
    let skills = data(&mut api, "analytics/skills?date=2026-11-18&filter[]=product:cowork");
    assert_eq!(sum(&users, "/cowork_metrics/skills_used_count"), sum(&skills, "/invocation_count"));
}

#[test]
fn one_seed_gives_the_same_reports_and_another_gives_others() {
    let usage = |seed| {
        let config = claude_admin_simulator::SimulatorConfig { seed, ..Default::default() };
        data(&mut Api::with(config), &format!("analytics/usage?{DAY}&group_by[]=model"))
    };
    assert_eq!(usage(1), usage(1));
    assert_ne!(usage(1), usage(2));
}
