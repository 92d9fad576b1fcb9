//! Each built-in playbook does its job, and has nothing left to do the second time.

use super::open_host;
use crate::support::{self, bob, text, type_as, type_in, writes};
use claude_admin::audit::verify;
use claude_admin::service::{Input, Outcome, Reply, Service};
use claude_admin_simulator::{Effect, Fault, PatchEffect};
use std::collections::BTreeSet;

/// Runs a playbook to its end, with the approval of another user if it needs one.
async fn run(service: &Service, line: &str) -> Reply {
    run_selecting(service, line, "").await
}

/// Runs a playbook to its end with these optional steps, with the approval of another user if it needs one.
async fn run_selecting(service: &Service, line: &str, select: &str) -> Reply {
    let mut reply = type_in(service, &format!("{line} --reason job --yes")).await;
    if !select.is_empty() && text(&reply).contains("None is selected") {
        let operation = reply.operation.clone();
        let selected = type_in(service, &format!("select {operation} {select}")).await;
        reply = match text(&selected).contains("Approval needed") {
            true => type_as(service, &bob(), &format!("approve {operation}.2")).await,
            false => type_in(service, &format!("confirm {operation}.2")).await,
        };
    }
    match reply.outcome {
        Outcome::Waiting => type_as(service, &bob(), &format!("approve {}", reply.operation)).await,
        _ => reply,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_playbook_does_its_job_once() {
    let mut tried = BTreeSet::new();
    for (name, line, select, writes_something) in [
        ("onboard", "onboard new@x.example xiuying.li@example.com --role developer --workspace Production", "", true),
        ("offboard", "offboard xiuying.li@example.com mj.watson@example.com --keys archive", "", true),
        ("review access", "review access", "all", true),
        ("api-keys stale", "keys stale --days 90", "", true),
        ("api-keys expiring", "keys expiring --days 30", "", true),
        ("api-keys orphaned", "keys orphaned", "", true),
        ("api-keys rotate", "keys rotate apikey_01Rj2N8SVvo6BePZj99NhmiT", "", false),
        ("tidy", "tidy --invites 14", "", true),
        ("digest cost", "digest cost last-week", "", false),
        ("digest usage", "digest usage 7d", "", false),
        ("spend desk", "spend desk --raise 10", "1,4", true),
        ("reconcile", "reconcile 7d", "", false),
    ] {
        let (simulator, service) = open_host().await;
        if name == "api-keys orphaned" {
            // A member leaves, and the keys that the member made for a workspace still work.
            let keys = type_in(&service, "api-keys list --status active --all").await.to_json();
            let creators = keys["data"].as_array().unwrap().iter().filter_map(|key| key["created_by"]["id"].as_str());
            let users = type_in(&service, "users list --all").await.to_json();
            let is_removable = |id: &&str| {
                users["data"].as_array().unwrap().iter().any(|user| user["id"] == *id && user["role"] != "admin")
            };
            let who = creators.into_iter().find(|id| is_removable(id)).expect("a member made a key").to_owned();
            let removed = run(&service, &format!("users remove {who}")).await;
            assert_eq!(removed.outcome, Outcome::Done, "{}", text(&removed));
        }
        if name == "api-keys stale" {
            // The keys of the simulator are all used.
            let set =
                serde_json::from_value(serde_json::json!({ "/data": [], "/has_more": false, "/next_page": null }));
            let nothing = Effect::Patch(PatchEffect { set: set.unwrap(), ..PatchEffect::default() });
            let path = Some("/v1/organizations/usage_report/messages".to_owned());
            simulator.inject(Fault { path, times: 100, ..Fault::new(nothing) });
        }
        simulator.clear_requests();
        let first = run_selecting(&service, line, select).await;
        assert_eq!(first.outcome, Outcome::Done, "{line}: {}", text(&first));
        let sent = writes(&simulator);
        assert_eq!(!sent.is_empty(), writes_something, "{line}: {}", text(&first));
        let again = run_selecting(&service, line, select).await;
        assert_eq!(again.outcome, Outcome::Done, "{line}: {}", text(&again));
        assert_eq!(writes(&simulator), sent, "{line}: nothing is left the second time: {}", text(&again));
        assert!(verify(service.ledger().log(), None).is_sound());
        tried.insert(name.to_owned());
    }
    let (_simulator, service) = open_host().await;
    let known: BTreeSet<String> = service.catalog().playbooks.iter().map(|form| form.name.clone()).collect();
    assert_eq!(tried, known);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_a_file_are_people_who_join() {
    let (simulator, service) = open_host().await;
    let file = "Email;Role;Workspaces\na@x.example;developer;\nb@x.example;user;Staging,Production\n";
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let parsed = service.parse_typed(words("onboard --from people.csv --yes"), &|_| Ok(file.to_owned()));
    let reply = support::ask(&service, &support::ada(), Input::Parsed(parsed)).await;
    support::says(&reply, Outcome::Done, &["2 of 2 steps done", "a@x.example", "b@x.example"]);
    assert_eq!(writes(&simulator).len(), 2);
    for (file, problem) in [
        ("Email;Rolle\na@x.example;user\n", "no column `rolle`"),
        ("Email;Workspaces\na@x.example;Nowhere\n", "no workspace `Nowhere`"),
        ("name\nAda\n", "no column `name`"),
    ] {
        let parsed = service.parse_typed(words("onboard --from people.csv --yes"), &|_| Ok(file.to_owned()));
        let reply = support::ask(&service, &support::ada(), Input::Parsed(parsed)).await;
        support::says(&reply, Outcome::Failed, &[problem, "Nothing was"]);
    }
    let typed = type_in(&service, "onboard --from /etc/passwd").await;
    support::says(&typed, Outcome::Usage, &["only on a terminal"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_key_is_switched_off_once_only_the_new_one_is_used() {
    let (simulator, service) = open_host().await;
    let keys = type_in(&service, "api-keys list --status active --all").await.to_json();
    let id = |index: usize| keys["data"][index]["id"].as_str().expect("an active key").to_owned();
    let (old, new) = (id(0), id(1));
    let line = format!("keys rotate {old} --new {new}");
    // Both are used in the simulator.
    let reply = type_in(&service, &line).await;
    support::says(&reply, Outcome::Done, &["the old one still is"]);
    let now = simulator.now();
    let usage = |id: &str| {
        let entry = serde_json::json!({
            "api_key_id": id, "uncached_input_tokens": 5, "output_tokens": 5, "cache_read_input_tokens": 0,
            "cache_creation": { "ephemeral_1h_input_tokens": 0, "ephemeral_5m_input_tokens": 0 },
            "server_tool_use": { "web_search_requests": 0 },
        });
        let bucket = serde_json::json!({ "starting_at": now, "ending_at": now, "results": [entry] });
        let set = serde_json::json!({ "/data": [bucket], "/has_more": false, "/next_page": null });
        let set = serde_json::from_value(set).unwrap();
        let patch = Effect::Patch(PatchEffect { set, ..PatchEffect::default() });
        let path = Some("/v1/organizations/usage_report/messages".to_owned());
        Fault { path, times: 1, ..Fault::new(patch) }
    };
    simulator.inject(usage(&old));
    let reply = type_in(&service, &line).await;
    support::says(&reply, Outcome::Done, &["The new key was not used yet"]);
    assert!(writes(&simulator).is_empty());
    simulator.inject(usage(&new));
    let reply = type_in(&service, &format!("{line} --reason job --yes")).await;
    support::says(&reply, Outcome::Done, &["1 of 1 steps done"]);
    simulator.inject(usage(&new));
    let reply = run_selecting(&service, &line, "all").await;
    support::says(&reply, Outcome::Done, &["1 of 1 steps done"]);
    simulator.inject(usage(&new));
    support::says(&type_in(&service, &line).await, Outcome::Done, &["The swap is complete"]);
    let problems =
        [(format!("keys rotate {old} --new {old}"), "are the same"), ("keys rotate nothing".to_owned(), "No key")];
    for (line, problem) in problems {
        support::says(&type_in(&service, &line).await, Outcome::Failed, &[problem, "Nothing was"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn digest_adds_up_to_the_report_of_the_api() {
    let (_simulator, service) = open_host().await;
    let report = type_in(&service, "analytics cost --starting-at 2026-11-09 --ending-at 2026-11-16").await.to_json();
    let cents: f64 = report["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["cost"]["amount"].as_str().unwrap().parse::<f64>().unwrap())
        .sum();
    let reply = type_in(&service, "digest cost last-week").await;
    let dollars = format!("{:.2}", cents / 100.0);
    let shown = text(&reply).replace(',', "");
    assert!(shown.contains(&format!("${dollars}")), "{dollars}: {shown}");
    for wrong in ["digest cost tomorrow", "digest usage 32d", "spend desk --raise 0", "reconcile 24"] {
        support::says(&type_in(&service, wrong).await, Outcome::Failed, &["Nothing was"]);
    }
}
