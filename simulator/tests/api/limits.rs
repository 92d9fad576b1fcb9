//! Spend limits and requests for more.

use crate::support::{Api, Reply, USERS, VERSION, WORKSPACES, values};
use claude_admin_simulator::{ADMIN_KEY, OrganizationKind, SCOPED_KEY, SimulatorConfig};
use serde_json::{Value, json};

const LIMITS: &str = "/v1/organizations/spend_limits";
const REQUESTS: &str = "/v1/organizations/spend_limit_increase_requests";

fn ask(api: &mut Api, key: &str, method: &str, path: &str, body: Value) -> Reply {
    let beta = ("anthropic-beta", "spend-limit-reads-2026-09-26");
    let body = if method == "POST" { body.to_string() } else { String::new() };
    api.request(method, path, &[("x-api-key", key), ("anthropic-version", VERSION), beta], &body)
}

fn of(organization: OrganizationKind) -> Api {
    Api::with(SimulatorConfig { organization, ..SimulatorConfig::default() })
}

#[test]
fn a_limit_is_set_and_replaced_by_scope_and_period() {
    let mut api = Api::new();
    let user = api.list(USERS)[0]["id"].clone();
    let body = |amount: Value, period: &str| json!({ "amount": amount, "scope": { "type": "user", "user_id": user }, "period": period });
    let first = ask(&mut api, SCOPED_KEY, "POST", LIMITS, body(json!("100"), "daily")).ok();
    let second = ask(&mut api, SCOPED_KEY, "POST", LIMITS, body(Value::Null, "daily")).ok();
    assert_eq!((&second["id"], &second["amount"]), (&first["id"], &Value::Null));
    let other = ask(&mut api, SCOPED_KEY, "POST", LIMITS, body(json!("100"), "weekly")).ok();
    assert_ne!(other["id"], first["id"]);
    let mut no_amount = body(Value::Null, "daily");
    no_amount.as_object_mut().unwrap().shift_remove("amount");
    assert_eq!(ask(&mut api, SCOPED_KEY, "POST", LIMITS, no_amount).refused(400), "amount: Field required");
    assert_eq!(
        ask(&mut api, SCOPED_KEY, "POST", LIMITS, body(json!("1.5"), "daily")).refused(400),
        "amount: String should match pattern '^[0-9]+$'"
    );
}

#[test]
fn limit_scopes_depend_on_the_kind_of_organization() {
    let mut console = of(OrganizationKind::Console);
    let user = json!({ "type": "user", "user_id": console.list(USERS)[0]["id"] });
    let everything = json!({ "type": "organization" });
    let limit =
        |scope: &Value, amount: Value, period: &str| json!({ "scope": scope, "amount": amount, "period": period });
    console.version = VERSION;
    ask(&mut console, ADMIN_KEY, "POST", LIMITS, limit(&user, json!("1"), "monthly")).refused(400);
    ask(&mut console, ADMIN_KEY, "POST", LIMITS, limit(&everything, json!("1"), "daily")).refused(400);
    ask(&mut console, ADMIN_KEY, "POST", LIMITS, limit(&everything, Value::Null, "monthly")).refused(400);
    ask(&mut console, ADMIN_KEY, "POST", LIMITS, limit(&everything, json!("1"), "monthly")).ok();
    let default = console.id_of(&format!("{WORKSPACES}?include_default=true"), "name", "Default");
    let workspace = json!({ "type": "workspace", "workspace_id": default });
    ask(&mut console, ADMIN_KEY, "POST", LIMITS, limit(&workspace, json!("1"), "monthly")).refused(400);
    ask(&mut console, ADMIN_KEY, "GET", &format!("{LIMITS}?scope_type[]=user"), Value::Null).refused(400);
    let reply = ask(&mut console, ADMIN_KEY, "GET", &format!("{LIMITS}/effective"), Value::Null);
    assert_eq!(reply.code(), Some("organization_type_not_supported"));

    let mut enterprise = of(OrganizationKind::Enterprise);
    ask(&mut enterprise, SCOPED_KEY, "POST", LIMITS, limit(&everything, json!("1"), "monthly")).refused(400);
    let listed = ask(&mut enterprise, SCOPED_KEY, "GET", LIMITS, Value::Null).ok();
    let scopes: Vec<&str> =
        listed["data"].as_array().unwrap().iter().map(|limit| limit["scope"]["type"].as_str().unwrap()).collect();
    assert_eq!(scopes[..4], ["organization", "seat_tier", "rbac_group", "organization_service"]);
    assert!(scopes[4..].iter().all(|scope| *scope == "user"), "{scopes:?}");
}

#[test]
fn only_what_was_set_here_can_be_removed() {
    let mut api = Api::new();
    let limits = ask(&mut api, ADMIN_KEY, "GET", LIMITS, Value::Null).ok()["data"].as_array().unwrap().clone();
    for limit in limits {
        let path = format!("{LIMITS}/{}", limit["id"].as_str().unwrap());
        let reply = ask(&mut api, ADMIN_KEY, "DELETE", &path, Value::Null);
        let can_go = ["user", "organization", "workspace"].contains(&limit["scope"]["type"].as_str().unwrap());
        assert_eq!(reply.status, if can_go { 200 } else { 400 }, "{limit}");
    }
}

#[test]
fn a_member_is_never_split_over_pages() {
    let mut api = Api::new();
    let mut rows: Vec<(String, String)> = Vec::new();
    let mut path = format!("{LIMITS}/effective?limit=2");
    loop {
        let page = ask(&mut api, SCOPED_KEY, "GET", &path, Value::Null).ok();
        for row in page["data"].as_array().unwrap() {
            rows.push((row["actor"]["user_id"].to_string(), row["period"].to_string()));
        }
        let Some(next) = page["next_page"].as_str() else { break };
        path = format!("{LIMITS}/effective?limit=2&page={next}");
    }
    let mut members: Vec<&String> = rows.iter().map(|(user, _)| user).collect();
    members.dedup();
    assert_eq!(members.len(), 25, "everybody, and each on one page");
    assert!(rows.len() > 25, "some have limits for several periods");
    let one = ask(&mut api, SCOPED_KEY, "GET", &format!("{LIMITS}/effective?period[]=weekly"), Value::Null).ok();
    assert!(values(one["data"].as_array().unwrap(), "period").iter().all(|period| *period == "weekly"));
}

#[test]
fn a_request_is_approved_once_and_sets_the_limit() {
    let mut api = Api::new();
    let path = format!("{REQUESTS}/{}", api.example_id("slir_"));
    let pending = ask(&mut api, SCOPED_KEY, "GET", &path, Value::Null).ok();
    assert_eq!(pending["status"], "pending");
    assert!(pending["spend_summary"]["spend_limit_id"].is_string());
    let body = json!({ "amount": "75000" });
    let approved = ask(&mut api, SCOPED_KEY, "POST", &format!("{path}/approve"), body.clone()).ok();
    assert_eq!((&approved["status"], &approved["spend_limit"]["amount"]), (&json!("approved"), &json!("75000")));
    assert_eq!(approved["resolved_by"]["type"], "scoped_api_key_actor");
    let limit = format!("{LIMITS}/{}", approved["spend_limit"]["id"].as_str().unwrap());
    let limit = ask(&mut api, SCOPED_KEY, "GET", &limit, Value::Null).ok();
    assert_eq!(limit["scope"]["user_id"], pending["actor"]["user_id"]);
    ask(&mut api, SCOPED_KEY, "POST", &format!("{path}/approve"), body).refused(400);
    ask(&mut api, SCOPED_KEY, "POST", &format!("{path}/deny"), json!({})).refused(400);
}

#[test]
fn second_denial_is_idempotent_and_former_members_are_omitted() {
    let mut api = Api::new();
    let id = api.example_id("slir_");
    let path = format!("{REQUESTS}/{id}");
    let denied = ask(&mut api, SCOPED_KEY, "POST", &format!("{path}/deny"), json!({})).ok();
    api.advance("1h");
    assert_eq!(ask(&mut api, SCOPED_KEY, "POST", &format!("{path}/deny"), json!({})).ok(), denied);
    ask(&mut api, SCOPED_KEY, "POST", &format!("{path}/approve"), json!({ "amount": "1" })).refused(400);
    let user = denied["actor"]["user_id"].as_str().unwrap();
    let list = format!("{REQUESTS}?actor_ids[]={user}");
    assert_eq!(ask(&mut api, SCOPED_KEY, "GET", &list, Value::Null).ok()["data"][0]["id"], *id);
    api.delete(&format!("{USERS}/{user}")).ok();
    assert_eq!(ask(&mut api, SCOPED_KEY, "GET", &list, Value::Null).ok()["data"], json!([]));
}

#[test]
fn a_page_of_a_large_organization_costs_what_the_page_costs() {
    let mut api = Api::with_members(100_000);
    let started = std::time::Instant::now();
    let mut path = format!("{LIMITS}/effective?limit=10");
    for _ in 0..50 {
        let page = ask(&mut api, SCOPED_KEY, "GET", &path, Value::Null).ok();
        path = format!("{LIMITS}/effective?limit=10&page={}", page["next_page"].as_str().unwrap());
    }
    assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?}", started.elapsed());
}
