//! The reports of the Console: buckets, pages, groups and filters.

use super::{amount, rows, sum};
use crate::support::Api;
use serde_json::{Value, json};

const MESSAGES: &str = "/v1/organizations/usage_report/messages";
const COST: &str = "/v1/organizations/cost_report";
const CLAUDE_CODE: &str = "/v1/organizations/usage_report/claude_code";

fn starts(page: &Value) -> Vec<String> {
    page["data"].as_array().unwrap().iter().map(|one| one["starting_at"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn buckets_are_snapped_to_utc_oldest_first_and_without_gaps() {
    let mut api = Api::new();
    let page = api.read(&format!("{MESSAGES}?starting_at=2026-11-17T02:00:00%2B02:00&ending_at=2026-11-20T00:00:00Z"));
    let page = page.ok();
    assert_eq!(starts(&page), ["2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"]);
    assert_eq!(page["data"][2]["ending_at"], "2026-11-20T00:00:00Z", "the end is left out");
    assert_eq!((page["has_more"].clone(), page["next_page"].clone()), (json!(false), Value::Null));

    let hours = api.read(&format!("{MESSAGES}?starting_at=2026-11-18T01:59:00Z&bucket_width=1h&limit=4")).ok();
    assert_eq!(starts(&hours)[0], "2026-11-18T01:00:00Z");
    let idle: Vec<usize> =
        hours["data"].as_array().unwrap().iter().map(|one| one["results"].as_array().unwrap().len()).collect();
    assert_eq!(idle, [0, 0, 0, 0], "an idle bucket is there, and empty");
}

#[test]
fn part_of_a_day_is_refused_where_buckets_are_days() {
    let mut api = Api::new();
    let (day, noon) = ("2026-11-18T00:00:00Z", "2026-11-19T12:00:00Z");
    for report in [MESSAGES, COST] {
        for (from, until, name) in [(day, noon, "ending_at"), (noon, "2026-11-20T00:00:00Z", "starting_at")] {
            let refused = api.read(&format!("{report}?starting_at={from}&ending_at={until}"));
            let problem = "Input should be the beginning of a day in UTC, since buckets are days";
            assert_eq!(refused.refused(400), format!("{name}: {problem}"));
        }
        let second = "2026-11-19T00:00:01Z";
        api.read(&format!("{report}?starting_at={day}&ending_at={second}")).refused(400);
        api.read(&format!("{report}?starting_at={day}")).ok();
    }
    api.read(&format!("{MESSAGES}?starting_at={day}&ending_at={noon}&bucket_width=1h")).ok();
}

#[test]
fn each_width_has_its_own_limits() {
    let mut api = Api::new();
    for (width, default, most) in [("1m", 60, 1440), ("1h", 24, 168), ("1d", 7, 31)] {
        let path = format!("{MESSAGES}?starting_at=2026-08-01T00:00:00Z&bucket_width={width}");
        let page = api.read(&path).ok();
        assert_eq!(page["data"].as_array().unwrap().len(), default, "{width}");
        assert_eq!(page["has_more"], true);
        assert_eq!(api.read(&format!("{path}&limit={most}")).ok()["data"].as_array().unwrap().len(), most);
        let refused = api.read(&format!("{path}&limit={}", most + 1));
        assert_eq!(refused.refused(400), format!("limit: Input should be less than or equal to {most}"));
    }
    api.read(&format!("{COST}?starting_at=2026-08-01T00:00:00Z&limit=32")).refused(400);
    assert_eq!(api.read(&format!("{COST}?starting_at=2026-08-01T00:00:00Z")).ok()["data"].as_array().unwrap().len(), 7);
}

#[test]
fn a_cursor_leads_to_the_next_buckets_of_the_same_query_only() {
    let mut api = Api::new();
    for (report, other) in [(MESSAGES, "group_by[]=model"), (COST, "group_by[]=description")] {
        let path = format!("{report}?starting_at=2026-10-01T00:00:00Z&ending_at=2026-10-11T00:00:00Z&limit=4");
        let mut seen = Vec::new();
        let mut cursor = String::new();
        for count in [4, 4, 2] {
            let page = api.read(&format!("{path}{cursor}")).ok();
            assert_eq!(page["data"].as_array().unwrap().len(), count);
            seen.extend(starts(&page));
            assert_eq!(page["has_more"], !page["next_page"].is_null());
            if let Some(next) = page["next_page"].as_str() {
                cursor = format!("&page={next}");
            }
        }
        assert_eq!(seen.len(), 10);
        assert!(seen.is_sorted(), "{seen:?}");
        let refused = api.read(&format!("{path}&{other}{cursor}"));
        assert_eq!(refused.refused(400), "cursor does not match current query parameters");
        assert_eq!(api.read(&format!("{path}&page=page_x")).refused(400), "page: cursor is not valid");
    }
}

#[test]
fn dimension_without_grouping_is_null() {
    let mut api = Api::new();
    let path = format!("{MESSAGES}?starting_at=2026-11-18T00:00:00Z&ending_at=2026-11-19T00:00:00Z");
    let whole = rows(&api.read(&path).ok());
    assert_eq!(whole.len(), 1);
    let dimensions = [
        "account_id",
        "api_key_id",
        "context_window",
        "inference_geo",
        "model",
        "service_account_id",
        "service_tier",
        "workspace_id",
    ];
    for dimension in dimensions {
        assert_eq!(whole[0][dimension], Value::Null, "{dimension}");
        let grouped = rows(&api.read(&format!("{path}&group_by[]={dimension}")).ok());
        assert!(grouped.len() > 1, "{dimension}");
        assert!(grouped.iter().all(|row| row.get("speed").is_none()));
        for other in dimensions.iter().filter(|other| **other != dimension) {
            assert!(grouped.iter().all(|row| row[other].is_null()), "{other} by {dimension}");
        }
        for field in
            ["/output_tokens", "/cache_creation/ephemeral_1h_input_tokens", "/server_tool_use/web_search_requests"]
        {
            assert_eq!(sum(&grouped, field), sum(&whole, field), "{field} by {dimension}");
        }
    }
    let two = rows(&api.read(&format!("{path}&group_by[]=model&group_by[]=workspace_id")).ok());
    assert_eq!(sum(&two, "/output_tokens"), sum(&whole, "/output_tokens"));
    assert!(two.iter().any(|row| row["workspace_id"].is_null()), "the default workspace is null");
    assert!(two.iter().any(|row| row["workspace_id"].is_string()));
}

#[test]
fn filters_narrow_and_their_values_are_alternatives() {
    let mut api = Api::new();
    let path = format!("{MESSAGES}?starting_at=2026-11-18T00:00:00Z&ending_at=2026-11-19T00:00:00Z");
    let tokens = |api: &mut Api, filter: &str| sum(&rows(&api.read(&format!("{path}{filter}")).ok()), "/output_tokens");
    let sonnet = tokens(&mut api, "&models[]=claude-sonnet-4-5");
    let haiku = tokens(&mut api, "&models[]=claude-haiku-4-5");
    assert!(sonnet > 0 && haiku > 0);
    assert_eq!(tokens(&mut api, "&models[]=claude-sonnet-4-5&models[]=claude-haiku-4-5"), sonnet + haiku);
    assert!(rows(&api.read(&format!("{path}&models[]=claude-0")).ok()).is_empty());
    assert!(tokens(&mut api, "&service_tiers[]=batch") > 0);
    assert!(tokens(&mut api, "&context_window[]=200k-1M") > 0);
    assert!(tokens(&mut api, "&inference_geos[]=us") > 0);

    let all = tokens(&mut api, "");
    let workspaces = api.list("/v1/organizations/workspaces?include_default=true&include_archived=true");
    let ids: Vec<String> =
        workspaces.iter().map(|one| format!("&workspace_ids[]={}", one["id"].as_str().unwrap())).collect();
    assert_eq!(tokens(&mut api, &ids.concat()), all, "the default workspace can be named by its id");
    let refused = api.read(&format!("{path}&service_tiers[]=golden"));
    assert!(refused.refused(400).starts_with("service_tiers[].0: Input should be 'batch'"), "{refused:?}");
}

#[test]
fn speed_needs_its_beta() {
    let mut api = Api::new();
    let path = format!("{MESSAGES}?starting_at=2026-11-18T00:00:00Z&ending_at=2026-11-19T00:00:00Z");
    for part in ["group_by[]=speed", "speeds[]=fast"] {
        let message = api.get(&format!("{path}&{part}")).refused(400).to_owned();
        assert!(message.contains("'fast-mode-2026-02-01'"), "{message}");
    }
    let rows_by_speed = rows(&api.read(&format!("{path}&group_by[]=speed")).ok());
    let mut speeds: Vec<&str> = rows_by_speed.iter().filter_map(|row| row["speed"].as_str()).collect();
    speeds.sort_unstable();
    assert_eq!(speeds, ["fast", "standard"]);
}

#[test]
fn a_range_must_be_one_and_the_future_is_empty() {
    let mut api = Api::new();
    for report in [MESSAGES, COST] {
        api.read(report).refused(400);
        api.read(&format!("{report}?starting_at=2026-11-18")).refused(400);
        let backwards = format!("{report}?starting_at=2026-11-18T00:00:00Z&ending_at=2026-11-17T00:00:00Z");
        assert_eq!(api.read(&backwards).refused(400), "ending_at: Input should be later than starting_at");
        let future = format!("{report}?starting_at=2027-01-01T00:00:00Z&ending_at=2027-01-04T00:00:00Z");
        let page = api.read(&future).ok();
        assert_eq!(page["data"].as_array().unwrap().len(), 3);
        assert!(rows(&page).is_empty());
        let open = api.read(&format!("{report}?starting_at=2027-01-01T00:00:00Z")).ok();
        assert_eq!(open["data"], json!([]));
    }
}

#[test]
fn data_appears_after_five_minutes() {
    let mut api = Api::new();
    let path = format!("{MESSAGES}?starting_at=2026-11-20T15:00:00Z&ending_at=2026-11-20T16:00:00Z&bucket_width=1h");
    let whole = sum(&rows(&api.read(&path).ok()), "/output_tokens");
    let mut at = |instant: &str| {
        api.simulation.clock_mut().set(instant.parse().unwrap());
        rows(&api.read(&path).ok()).first().map_or(0, |row| row["output_tokens"].as_i64().unwrap())
    };
    assert_eq!(at("2026-11-20T15:05:00Z"), 0);
    let half = at("2026-11-20T15:35:00Z");
    assert!(0 < half && half < whole, "{half} of {whole}");
    assert_eq!(at("2026-11-20T16:05:00Z"), whole);
}

#[test]
fn cost_is_described_when_asked_and_adds_up() {
    let mut api = Api::new();
    let path = format!("{COST}?starting_at=2026-11-16T00:00:00Z&ending_at=2026-11-21T00:00:00Z");
    let whole = rows(&api.read(&path).ok());
    assert_eq!(whole.len(), 5, "one row a day");
    for field in ["description", "model", "cost_type", "token_type", "service_tier", "context_window", "workspace_id"] {
        assert!(whole.iter().all(|row| row[field].is_null()), "{field}");
    }
    let described = rows(&api.read(&format!("{path}&group_by[]=description&group_by[]=workspace_id")).ok());
    assert_eq!(amount(&described, "/amount"), amount(&whole, "/amount"));
    let of = |kind: &str| described.iter().filter(|row| row["cost_type"] == kind).count();
    assert!(of("tokens") > 10 && of("web_search") > 0 && of("code_execution") > 0 && of("session_usage") > 0);
    assert!(described.iter().any(|row| row["description"] == "Code Execution Usage" && row["model"].is_null()));
    assert!(described.iter().any(|row| row["description"] == "Claude Sonnet 4.5 Usage - Output Tokens"));
    assert!(described.iter().all(|row| row["service_tier"] != "priority"), "Priority Tier is not in it");
    assert!(described.iter().any(|row| row["service_tier"] == "batch"));
    let by_workspace = rows(&api.read(&format!("{path}&group_by[]=workspace_id")).ok());
    assert!(by_workspace.iter().any(|row| row["workspace_id"].is_null()));
    assert_eq!(amount(&by_workspace, "/amount"), amount(&whole, "/amount"));
    assert_eq!(api.read(&format!("{path}&bucket_width=1h")).refused(400), "bucket_width: Input should be '1d'");
}

#[test]
fn claude_code_is_reported_by_the_day_an_hour_later() {
    let mut api = Api::new();
    let page = api.read(&format!("{CLAUDE_CODE}?starting_at=2026-11-18")).ok();
    let records = page["data"].as_array().unwrap();
    assert!(records.len() > 3);
    for record in records {
        assert_eq!(record["date"], "2026-11-18T00:00:00Z");
        match record["actor"]["type"].as_str().unwrap() {
            "user_actor" => assert!(record["actor"]["email_address"].as_str().unwrap().ends_with("@example.com")),
            kind => assert_eq!((kind, &record["actor"]["api_key_name"]), ("api_actor", &json!("ci main"))),
        }
        assert!(record["core_metrics"]["num_sessions"].as_i64().unwrap() > 0);
        let models = record["model_breakdown"].as_array().unwrap();
        assert!(models.iter().any(|model| model["estimated_cost"]["amount"].as_f64().unwrap() > 0.0));
    }
    assert!(records.iter().any(|record| record["actor"]["type"] == "api_actor"), "keys use it too");
    let first = api.read(&format!("{CLAUDE_CODE}?starting_at=2026-11-18&limit=1")).ok();
    assert_eq!(first["has_more"], true);
    let next = first["next_page"].as_str().unwrap();
    let second = api.read(&format!("{CLAUDE_CODE}?starting_at=2026-11-18&limit=1&page={next}")).ok();
    assert_eq!(second["data"][0], records[1]);
    api.read(&format!("{CLAUDE_CODE}?starting_at=2026-11-18&limit=1001")).refused(400);

    for text in ["2026-11-18T00:00:00Z", "yesterday", "2026-02-30"] {
        let refused = api.read(&format!("{CLAUDE_CODE}?starting_at={text}"));
        assert_eq!(refused.refused(400), "starting_at: Input should be a valid date in the format YYYY-MM-DD");
    }
    api.simulation.clock_mut().set("2026-11-18T08:59:00Z".parse().unwrap());
    let early = api.read(&format!("{CLAUDE_CODE}?starting_at=2026-11-18")).ok()["data"].clone();
    assert!(early.as_array().unwrap().len() < records.len(), "the last hour is not told yet");
    assert_eq!(api.read(&format!("{CLAUDE_CODE}?starting_at=2026-11-19")).ok()["data"], json!([]));
}
