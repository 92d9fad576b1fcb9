//! Each built-in playbook does its job, and has nothing left to do the second time.

use super::open_host;
use crate::support::{self, bob, text, type_as, type_in, writes};
use claude_admin::audit::verify;
use claude_admin::service::{Input, Outcome, Reply, Service};
use claude_admin_simulator::{Effect, Fault, PatchEffect};
use std::collections::BTreeSet;
use std::time::Duration;

/// Runs a playbook to its end, with the approval of another user if it needs one.
async fn run(service: &Service, line: &str) -> Reply {
    let reply = type_in(service, &format!("{line} --reason job --yes")).await;
    match reply.outcome {
        Outcome::Waiting => type_as(service, &bob(), &format!("approve {}", reply.operation)).await,
        _ => reply,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_playbook_does_its_job_once() {
    let mut tried = BTreeSet::new();
    for (name, line, days, writes_something) in [
        ("onboard", "onboard new@x.example xiuying.li@example.com --role developer --workspace Production", 0, true),
        ("offboard", "offboard xiuying.li@example.com mj.watson@example.com --keys archive", 0, true),
        ("api-keys stale", "keys stale --days 90", 0, true),
        ("api-keys expiring", "keys expiring --days 30", 0, true),
        ("api-keys orphaned", "keys orphaned", 0, true),
        ("tidy", "tidy --invites 14", 0, true),
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
        simulator.advance(Duration::from_secs(days * 24 * 3600)).unwrap();
        simulator.clear_requests();
        let first = run(&service, line).await;
        assert_eq!(first.outcome, Outcome::Done, "{line}: {}", text(&first));
        let sent = writes(&simulator);
        assert_eq!(!sent.is_empty(), writes_something, "{line}: {}", text(&first));
        let again = run(&service, line).await;
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
