//! Changes from outside are distinguished from those of this host, whatever user agent a client sends.

use super::{host, host_with, service_before};
use crate::support::{self, OPEN_POLICY, text, type_in};
use claude_admin::service::{Outcome, Service};
use claude_admin_simulator::{Clock, Effect, Fault, PatchEffect, SimulatorConfig};
use std::collections::BTreeSet;

/// Numbers that look random, and are the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(limit).unwrap_or(1)).unwrap_or(0)
    }
}

/// The IDs in a list.
async fn ids(service: &Service, list: &str, field: &str) -> Vec<String> {
    let found = type_in(service, list).await.to_json();
    let items = found["data"].as_array().unwrap_or_else(|| panic!("{list}: {found}"));
    items.iter().map(|item| item[field].as_str().expect("an ID").to_owned()).collect()
}

/// A change that succeeds, and the type of activity that it is.
fn change(
    random: &mut Random,
    number: usize,
    users: &[String],
    keys: &[String],
    places: &[String],
) -> (String, &'static str) {
    let user = &users[random.below(users.len())];
    let place = &places[random.below(places.len())];
    match random.below(6) {
        0 => (format!("invites create person-{number}@x.example developer"), "org_user_invite_sent"),
        1 => (format!("workspaces create \"Place {number}\""), "platform_workspace_created"),
        2 => (format!("groups create \"Group {number}\""), "group_created"),
        3 => (format!("workspaces update {place} --name \"Renamed {number}\""), "platform_workspace_updated"),
        4 => {
            let key = &keys[random.below(keys.len())];
            (format!("api-keys update {key} --name \"key {number}\""), "platform_api_key_updated")
        }
        _ => {
            let role = if number.is_multiple_of(2) { "user" } else { "developer" };
            (format!("users update {user} {role}"), "claude_user_role_updated")
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_from_outside_is_found_and_none_from_inside() {
    // Only their times distinguish some changes, so the clock runs.
    let clock = Clock::running_from(SimulatorConfig::default().clock.now());
    let (simulator, inside) =
        host_with(OPEN_POLICY, SimulatorConfig { clock, ..SimulatorConfig::default() }, &[]).await;
    // Another host has the same key and the same user agent, and another log.
    let outside = service_before(&simulator, OPEN_POLICY, &[]);
    let users = ids(&inside, "users list --role developer --all", "id").await;
    let keys = ids(&inside, "api-keys list --status active --all", "id").await;
    let places = ids(&inside, "workspaces list --all", "id").await;
    let mut seen = feed(&inside).await;
    let mut random = Random(20_261_201);
    let (mut foreign, mut own, mut number) = (Vec::new(), 0, 0);
    while foreign.len() < 200 || own < 200 {
        number += 1;
        let is_outside = foreign.len() < 200 && (own >= 200 || random.below(2) == 0);
        let (line, kind) = change(&mut random, number, &users, &keys, &places);
        let service = if is_outside { &outside } else { &inside };
        let reply = type_in(service, &format!("{line} --reason test --yes")).await;
        let after = feed(&inside).await;
        let new: Vec<String> = after.difference(&seen).cloned().collect();
        seen = after;
        match (reply.outcome, new.as_slice()) {
            (Outcome::Done, [id]) if is_outside => foreign.push((id.clone(), kind, line)),
            (Outcome::Done, [_]) => own += 1,
            // The member already has this role.
            (Outcome::Done, []) => {}
            _ => panic!("{line}: {}", text(&reply)),
        }
    }
    let told = type_in(&inside, "reconcile 1h").await;
    assert_eq!(told.outcome, Outcome::Done, "{}", text(&told));
    let told = told.to_json();
    let rows = told["tables"][0]["rows"].as_array().expect("a table");
    let found: BTreeSet<&str> = rows.iter().filter_map(|row| row["activity"].as_str()).collect();
    let not_found: Vec<_> = foreign.iter().filter(|(id, ..)| !found.contains(id.as_str())).collect();
    let too_many: Vec<_> = rows.iter().filter(|row| !foreign.iter().any(|(id, ..)| row["activity"] == **id)).collect();
    assert!(not_found.is_empty() && too_many.is_empty(), "not found: {not_found:#?}\ntoo many: {too_many:#?}");
    assert_eq!(told["tables"].as_array().map(Vec::len), Some(1), "the feed lacks nothing: {told}");
    let kinds: BTreeSet<&str> = foreign.iter().map(|(_, kind, _)| *kind).collect();
    assert_eq!(kinds.len(), 6, "{kinds:?}");
}

/// The activities of the kinds that this test makes.
async fn feed(service: &Service) -> BTreeSet<String> {
    let kinds = [
        "org_user_invite_sent",
        "platform_workspace_created",
        "group_created",
        "platform_workspace_updated",
        "platform_api_key_updated",
        "claude_user_role_updated",
    ];
    let kinds = kinds.map(|kind| format!("--activity-types {kind}")).join(" ");
    ids(service, &format!("activities list {kinds} --limit 5000"), "id").await.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn write_that_the_feed_lacks_and_a_user_who_cannot_read_the_log_are_told() {
    let (simulator, service) = host(OPEN_POLICY).await;
    let hidden = Effect::Patch(PatchEffect {
        set: serde_json::from_value(serde_json::json!({ "/data": [], "/has_more": false })).unwrap(),
        ..PatchEffect::default()
    });
    let invited = type_in(&service, "invites create a@x.example developer --yes").await;
    assert_eq!(invited.outcome, Outcome::Done, "{}", text(&invited));
    // A write of this moment can be too new for the feed.
    let path = Some("/v1/compliance/activities".to_owned());
    let fault = || Fault { path: path.clone(), times: 1, ..Fault::new(hidden.clone()) };
    simulator.inject(fault());
    support::says(
        &type_in(&service, "reconcile 1h").await,
        Outcome::Done,
        &["every older write of this host", "1 write of the last 2 minutes can be too new"],
    );
    let reader = "@id(\"run\") permit(principal, action, resource) unless { action == Action::\"audit.read\" };";
    let (_simulator, service) = host(reader).await;
    support::says(&type_in(&service, "reconcile").await, Outcome::Failed, &["cannot read the audit log here"]);
}
