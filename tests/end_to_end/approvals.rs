//! What must be decided before it is done: plans, confirmations, approvals by others.

use super::support::{self, ada, ask, bob, text, type_as, type_in};
use claude_admin::audit::{Filter, search};
use claude_admin::decision::approval::NoSteps;
use claude_admin::decision::operation::{Clock, Ledger};
use claude_admin::embedded::COMPONENT;
use claude_admin::identity::Principal;
use claude_admin::sandbox::Plugin;
use claude_admin::service::{Input, Outcome, Reply, Service};
use claude_admin::store::{Hosts, Settings, SqliteLog};
use claude_admin_simulator::RunningSimulator;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A member of the made-up organization, and her address.
const MEMBER: &str = "user_01fTPAarejCcux4jybAuxoiu";
const ADDRESS: &str = "xiuying.li@example.com";
const REMOVE: &str = "users remove user_01fTPAarejCcux4jybAuxoiu --reason leaver";

/// Methods of the requests that arrived, other than reads.
fn writes(simulator: &RunningSimulator) -> Vec<String> {
    let requests = simulator.requests().into_iter().filter(|request| request.method != "GET");
    requests.map(|request| format!("{} {}", request.method, request.path)).collect()
}

async fn plugin(simulator: &RunningSimulator) -> Arc<Plugin> {
    let sandbox = support::sandbox(&simulator.base_url(), support::credentials(simulator), support::limits());
    Arc::new(Plugin::load(&sandbox, COMPONENT).expect("the component loads"))
}

async fn host(policy: &str, groups: &[(&str, &[&str])]) -> (RunningSimulator, Service) {
    let simulator = support::simulator().await;
    let service = support::service_with(plugin(&simulator).await, policy, groups);
    (simulator, service)
}

async fn open_host() -> (RunningSimulator, Service) {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    (simulator, service)
}

/// The kinds of the entries of an operation, oldest first.
fn kinds(service: &Service, operation: &str) -> Vec<String> {
    let filter = Filter { operation: Some(operation.to_owned()), ..Filter::default() };
    let found = search(service.ledger().log(), &filter, 10_000).unwrap().found;
    found.iter().rev().map(|recorded| recorded.entry.event.to_string()).collect()
}

fn says(reply: &Reply, outcome: Outcome, words: &[&str]) {
    let text = text(reply);
    assert_eq!(reply.outcome, outcome, "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_shows_its_plan_and_runs_once_it_is_confirmed() {
    let (simulator, service) = open_host().await;
    let plan = type_in(&service, &format!("users update {MEMBER} billing")).await;
    says(&plan, Outcome::Waiting, &["Now: role", "developer", "Nothing was changed yet", "confirm "]);
    assert!(writes(&simulator).is_empty());
    let done = type_in(&service, &format!("confirm {}", plan.operation)).await;
    says(&done, Outcome::Done, &["Done.", "billing", "Confirmed by"]);
    assert_eq!(writes(&simulator).len(), 1);
    assert_eq!(
        kinds(&service, &plan.operation),
        ["received", "planned", "requested", "decided: confirm", "intent", "outcome: done"]
    );
    says(&type_in(&service, &format!("confirm {}", plan.operation)).await, Outcome::Conflict, &["settled already"]);
    says(&type_as(&service, &bob(), &format!("confirm {}", plan.operation)).await, Outcome::Conflict, &["settled"]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_the_operation_travels_with_every_request() {
    let (simulator, service) = open_host().await;
    let done = type_in(&service, &format!("users update {MEMBER} billing --yes")).await;
    for request in simulator.requests() {
        let agent = request.headers.iter().find(|(name, _)| *name == "user-agent").map(|(_, value)| value.clone());
        assert!(agent.as_ref().is_some_and(|agent| agent.contains(&done.operation)), "{agent:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_reads_and_changes_nothing_whatever_the_risk() {
    let (simulator, service) = open_host().await;
    let writes_of_catalog = service.catalog().actions.iter().filter(|action| action.writes());
    for action in writes_of_catalog {
        for example in &action.examples {
            let reply = type_in(&service, &format!("{example} --dry-run --yes")).await;
            assert!(matches!(reply.outcome, Outcome::Done | Outcome::NotFound), "{example}: {}", text(&reply));
        }
    }
    assert!(writes(&simulator).is_empty(), "{:?}", writes(&simulator));
    says(&type_in(&service, "pending").await, Outcome::Done, &["Nothing waits"]);
    let plan = type_in(&service, &format!("users remove {MEMBER} --dry-run")).await;
    says(&plan, Outcome::Done, &["dry run", "1 approval", "Now: email"]);
    assert_eq!(plan.to_json()["plan"]["before"]["value"]["email"], ADDRESS);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_disruptive_takes_a_reason_and_what_cannot_be_undone_a_second_person() {
    let (simulator, service) = open_host().await;
    let disable = "api-keys update apikey_01Rj2N8SVvo6BePZj99NhmiT --status inactive --yes";
    says(&type_in(&service, disable).await, Outcome::Usage, &["takes a reason", "--reason"]);
    assert!(writes(&simulator).is_empty());
    says(&type_in(&service, &format!("{disable} --reason leaked")).await, Outcome::Done, &["Done."]);
    simulator.clear_requests();

    says(&type_in(&service, &format!("users remove {MEMBER}")).await, Outcome::Usage, &["takes a reason"]);
    let plan = type_in(&service, &format!("{REMOVE} --yes")).await;
    says(&plan, Outcome::Waiting, &["Approval needed", "leaver", "1 approval"]);
    for (line, words) in [("approve", "your own request"), ("confirm", "not enough"), ("deny --reason x", "your own")] {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let own = type_in(&service, &format!("{verb} {} {rest}", plan.operation)).await;
        says(&own, Outcome::Denied, &[words, "Nothing was changed"]);
    }
    assert!(writes(&simulator).is_empty());
    let done = type_as(&service, &bob(), &format!("approve {} --reason \"HR confirmed\"", plan.operation)).await;
    says(&done, Outcome::Done, &["Done.", "Approved by", "local:bob", "HR confirmed", "local:ada"]);
    assert_eq!(writes(&simulator), [format!("DELETE /v1/organizations/users/{MEMBER}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_beginning_of_an_id_will_do_and_strangers_see_nothing() {
    let policy = r#"
        permit(principal == User::"local:ada", action, resource);
        permit(principal == User::"local:bob", action, resource);
        permit(principal == User::"local:eve", action in Action::"read", resource);"#;
    let (simulator, service) = host(policy, &[]).await;
    let plan = type_in(&service, REMOVE).await;
    let eve = Principal::local("eve");
    let (id, beginning) = (&plan.operation, &plan.operation[..6]);
    says(&type_as(&service, &eve, "pending").await, Outcome::Done, &["Nothing waits"]);
    says(&type_as(&service, &eve, &format!("status {id}")).await, Outcome::NotFound, &["No operation"]);
    for verb in ["approve", "deny --reason x", "confirm", "cancel"] {
        let (verb, rest) = verb.split_once(' ').unwrap_or((verb, ""));
        let reply = type_as(&service, &eve, &format!("{verb} {id} {rest}")).await;
        assert_eq!(reply.outcome, Outcome::NotFound, "{verb}: {}", text(&reply));
        assert!(!text(&reply).contains("leaver") && !text(&reply).contains(ADDRESS), "{}", text(&reply));
    }
    says(&type_as(&service, &bob(), "pending").await, Outcome::Done, &[id, "0 of 1 approvals", "local:ada"]);
    says(&type_as(&service, &bob(), "approve 0").await, Outcome::Usage, &["not the id of an operation"]);
    says(&type_as(&service, &bob(), "status zzzz").await, Outcome::NotFound, &["No operation"]);
    says(&type_as(&service, &bob(), &format!("approve {beginning}")).await, Outcome::Done, &["Done."]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_rejected_or_cancelled_never_runs() {
    let (simulator, service) = open_host().await;
    let plan = type_in(&service, REMOVE).await;
    says(
        &type_as(&service, &bob(), &format!("deny {}", plan.operation)).await,
        Outcome::Usage,
        &["--reason needs a text"],
    );
    let denied = type_as(&service, &bob(), &format!("deny {} --reason \"stays after all\"", plan.operation)).await;
    says(&denied, Outcome::Done, &["Rejected by local:bob", "stays after all", "Nothing was changed"]);
    says(&type_as(&service, &bob(), &format!("approve {}", plan.operation)).await, Outcome::Conflict, &["rejected"]);

    let plan = type_in(&service, REMOVE).await;
    says(&type_as(&service, &bob(), &format!("cancel {}", plan.operation)).await, Outcome::Denied, &["local:ada"]);
    says(&type_in(&service, &format!("cancel {}", plan.operation)).await, Outcome::Done, &["Cancelled by local:ada"]);
    says(&type_as(&service, &bob(), &format!("approve {}", plan.operation)).await, Outcome::Conflict, &["cancelled"]);
    assert!(writes(&simulator).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_of_a_group_must_agree_and_nobody_counts_twice() {
    let policy = r#"
        @approvals("2") @from("admins") @expires("10m")
        permit(principal in Group::"admins", action, resource);"#;
    let admins: &[&str] = &["local:ada", "local:bob", "local:cid"];
    let (simulator, service) = host(policy, &[("admins", admins)]).await;
    let plan = type_in(&service, "invites create a@example.com user --reason new").await;
    says(&plan, Outcome::Waiting, &["2 approvals by members of admins"]);
    let approve = format!("approve {}", plan.operation);
    says(&type_as(&service, &bob(), &approve).await, Outcome::Waiting, &["Approved by", "local:bob"]);
    says(&type_as(&service, &bob(), &approve).await, Outcome::Conflict, &["counts once"]);
    says(&type_as(&service, &Principal::local("eve"), &approve).await, Outcome::NotFound, &["No operation"]);
    assert!(writes(&simulator).is_empty());
    says(&type_as(&service, &Principal::local("cid"), &approve).await, Outcome::Done, &["Done."]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_forbidden_an_action_does_not_approve_it_either() {
    let policy = r#"
        @approvals("1") @from("admins") permit(principal in Group::"admins", action, resource);
        @id("bob-is-away") forbid(principal == User::"local:bob", action == Action::"users.remove", resource);"#;
    let admins: &[&str] = &["local:ada", "local:bob", "local:cid"];
    let (simulator, service) = host(policy, &[("admins", admins)]).await;
    let plan = type_in(&service, REMOVE).await;
    let approve = format!("approve {}", plan.operation);
    let refused = type_as(&service, &bob(), &approve).await;
    assert_ne!(refused.outcome, Outcome::Done, "{}", text(&refused));
    assert!(writes(&simulator).is_empty());
    says(&type_as(&service, &Principal::local("cid"), &approve).await, Outcome::Done, &["Done."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_changed_is_shown_and_asked_about_again() {
    let (simulator, service) = open_host().await;
    let plan = type_in(&service, REMOVE).await;
    let update = format!("users update {MEMBER} billing --yes");
    says(&type_as(&service, &bob(), &update).await, Outcome::Done, &["Done."]);
    simulator.clear_requests();
    let approve = format!("approve {}", plan.operation);
    let changed = type_as(&service, &bob(), &approve).await;
    says(&changed, Outcome::Conflict, &["role: developer → billing", "Nothing was done", "approve"]);
    assert_eq!(changed.to_json()["error"]["cause"]["differences"], json!(["role: developer → billing"]));
    assert!(writes(&simulator).is_empty());
    // A decision about the plan that was shown first is about nothing any more.
    let vote = claude_admin::decision::approval::Vote {
        operation: plan.operation.clone(),
        version: Some(1),
        choice: claude_admin::audit::Choice::Approve,
        reason: None,
    };
    says(&ask(&service, &bob(), Input::Vote(vote)).await, Outcome::Conflict, &["about an older plan"]);
    assert!(writes(&simulator).is_empty());
    says(&type_as(&service, &bob(), &approve).await, Outcome::Done, &["Done."]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_looked_up_and_shown_and_one_that_stands_for_several_is_refused() {
    let (simulator, service) = open_host().await;
    let plan = type_in(&service, "users remove Xiuying.Li@example.com --reason leaver").await;
    says(&plan, Outcome::Waiting, &["Means by Xiuying.Li@example.com", MEMBER, ADDRESS]);
    assert_eq!(plan.command.as_deref(), Some(format!("users remove {MEMBER}").as_str()));
    says(&type_in(&service, &format!("users get {ADDRESS}")).await, Outcome::Done, &[MEMBER]);
    says(
        &type_in(&service, "users get nobody@example.com").await,
        Outcome::NotFound,
        &["shows nothing with the address"],
    );
    assert!(writes(&simulator).is_empty());
    let list = type_in(&service, "users list --limit 2").await.to_json();
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().filter_map(|user| user["id"].as_str()).collect();
    // The filter of the list is left out of the answer, so that two members seem to have one address.
    let page = json!({"effect": {"patch": {"set": {"/data": [
        {"id": ids[0], "email": ADDRESS, "name": "A", "role": "user", "added_at": "2026-01-01T00:00:00Z", "type": "user"},
        {"id": ids[1], "email": ADDRESS, "name": "B", "role": "user", "added_at": "2026-01-01T00:00:00Z", "type": "user"},
    ]}, "remove": []}}});
    simulator.inject(serde_json::from_value(page).unwrap());
    let several = type_in(&service, &format!("users remove {ADDRESS} --reason leaver")).await;
    says(&several, Outcome::Conflict, &["2 things", ids[0], ids[1], "Nothing was changed"]);
    assert!(writes(&simulator).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_may_not_read_the_list_must_write_the_id() {
    let policy = r#"permit(principal == User::"local:ada", action in [Action::"users.remove", Action::"users.update"], resource);"#;
    let (simulator, service) = host(policy, &[]).await;
    let refused = type_in(&service, &format!("users update {ADDRESS} billing --yes")).await;
    says(&refused, Outcome::Denied, &["must be looked up", "users list", "Write the id"]);
    assert_eq!(simulator.requests(), []);
    // What may not be read is not looked at, and the plan says so.
    let plan = type_in(&service, &format!("users update {MEMBER} billing")).await;
    says(&plan, Outcome::Waiting, &["not read: whoever asks may not run `users get`"]);
    assert_eq!(simulator.requests(), []);
    says(&type_in(&service, &format!("confirm {}", plan.operation)).await, Outcome::Done, &["Done."]);
    assert_eq!(simulator.requests().len(), 1, "what the policy permits, and nothing else");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_may_be_made_to_need_approval_too() {
    let policy = r#"
        @approvals("1") permit(principal, action == Action::"users.list", resource);"#;
    let (simulator, service) = host(policy, &[]).await;
    let plan = type_in(&service, "users list --limit 1").await;
    says(&plan, Outcome::Waiting, &["Approval needed"]);
    let confirm = format!("confirm {}", plan.operation);
    says(&type_in(&service, &confirm).await, Outcome::Denied, &["not enough"]);
    // The answer is for whoever asked.
    let agreed = type_as(&service, &bob(), &format!("approve {}", plan.operation)).await;
    says(&agreed, Outcome::Waiting, &["local:bob", "confirm"]);
    assert_eq!(simulator.requests(), []);
    says(&type_in(&service, &confirm).await, Outcome::Done, &["1 user"]);
}

/// Sets the time of a host.
fn clock() -> (Arc<AtomicI64>, Clock) {
    let now = Arc::new(AtomicI64::new(Clock::system().now_ms()));
    let shared = Arc::clone(&now);
    (now, Clock::new(move || shared.load(Ordering::SeqCst)))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_settles_in_time_expires_and_never_runs() {
    let simulator = support::simulator().await;
    let (now, clock) = clock();
    let policy = r#"@expires("5m") permit(principal, action, resource);"#;
    let plugin = plugin(&simulator).await;
    let decider = support::decider(plugin.catalog(), policy, &[], clock.clone());
    let service = Service::new(plugin, decider, support::ledger(clock), Arc::new(NoSteps));
    let plan = type_in(&service, REMOVE).await;
    now.fetch_add(5 * 60 * 1000 - 1, Ordering::SeqCst);
    assert!(service.tick().await.is_empty(), "not yet");
    now.fetch_add(1, Ordering::SeqCst);
    let late = type_as(&service, &bob(), &format!("approve {}", plan.operation)).await;
    assert_eq!(late.outcome, Outcome::Conflict, "{}", text(&late));
    let ended = service.tick().await;
    assert_eq!(ended.len(), 1);
    says(&type_in(&service, &format!("status {}", plan.operation)).await, Outcome::Done, &["in time", "expired"]);
    assert!(kinds(&service, &plan.operation).contains(&"expired".to_owned()));
    assert!(writes(&simulator).is_empty());
}

/// A host on a store in a file.
fn host_on(plugin: Arc<Plugin>, store: &Path, policy: &str) -> Service {
    let log = SqliteLog::open(store, Settings::default()).unwrap();
    let ledger = Ledger::open(Box::new(log), Hosts::of(store), Clock::system()).unwrap();
    let decider = support::decider(plugin.catalog(), policy, &[], Clock::system());
    Service::new(plugin, decider, ledger, Arc::new(NoSteps))
}

const EVERYBODY: &str = "permit(principal, action, resource);";

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_survives_a_restart() {
    let simulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("claude-admin.db");
    let plugin = plugin(&simulator).await;
    let first = host_on(Arc::clone(&plugin), &store, EVERYBODY);
    let plan = type_in(&first, REMOVE).await;
    for _ in 0..5 {
        type_in(&first, "whoami").await;
    }
    drop(first);
    let second = host_on(plugin, &store, EVERYBODY);
    says(&type_as(&second, &bob(), "pending").await, Outcome::Done, &[&plan.operation]);
    says(&type_as(&second, &bob(), &format!("approve {}", plan.operation)).await, Outcome::Done, &["Done."]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_hundred_approvals_at_once_on_two_hosts_are_one_execution() {
    let simulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("claude-admin.db");
    let plugin = plugin(&simulator).await;
    let hosts = [Arc::clone(&plugin), plugin].map(|plugin| Arc::new(host_on(plugin, &store, EVERYBODY)));
    let plan = type_in(&hosts[0], REMOVE).await;
    let clicks: Vec<_> = (0..100)
        .map(|number| {
            let (host, line) = (Arc::clone(&hosts[number % 2]), format!("approve {}", plan.operation));
            // Half of them are by one person, the others by somebody else each.
            let who = if number % 4 < 2 { bob() } else { Principal::local(&format!("p{number}")) };
            tokio::spawn(async move { type_as(&host, &who, &line).await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for click in clicks {
        outcomes.push(click.await.unwrap());
    }
    let done = outcomes.iter().filter(|reply| reply.outcome == Outcome::Done).count();
    let refused: Vec<&Reply> = outcomes.iter().filter(|reply| reply.outcome == Outcome::Conflict).collect();
    let others: Vec<String> =
        outcomes.iter().filter(|it| !matches!(it.outcome, Outcome::Done | Outcome::Conflict)).map(text).collect();
    assert_eq!((done, refused.len()), (1, 99), "{others:?}");
    assert_eq!(writes(&simulator).len(), 1);
    let kinds = kinds(&hosts[1], &plan.operation);
    assert_eq!(kinds.iter().filter(|kind| *kind == "intent").count(), 1);
    assert_eq!(kinds.iter().filter(|kind| *kind == "decided: approve").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_policy_everything_is_refused_but_status_whoami_and_help() {
    let simulator = support::simulator().await;
    let plugin = plugin(&simulator).await;
    let folder = tempfile::tempdir().unwrap();
    for text_of_policy in [None, Some("permit(principal, action == Action::\"users.nothing\", resource);")] {
        let file = folder.path().join("policy.cedar");
        if let Some(text) = text_of_policy {
            std::fs::write(&file, text).unwrap();
        }
        let live = claude_admin::decision::policy::LivePolicy::open(plugin.catalog(), &file, Default::default());
        let decider = claude_admin::decision::Decider::new(Arc::new(live), Default::default(), Clock::system());
        let service = Service::new(Arc::clone(&plugin), decider, support::ledger(Clock::system()), Arc::new(NoSteps));
        for action in &service.catalog().actions {
            let reply = type_in(&service, &format!("{} --reason x", action.examples[0])).await;
            says(&reply, Outcome::Denied, &["policy", "Nothing was sent"]);
        }
        for line in ["audit tail", "audit verify", "policy", "can-i users list"] {
            assert_eq!(type_in(&service, line).await.outcome, Outcome::Denied, "{line}");
        }
        says(&type_in(&service, "status").await, Outcome::Done, &["everything is refused"]);
        assert!(!text(&type_in(&service, "status").await).contains("users.nothing"), "details are for those who may");
        says(&type_in(&service, "whoami").await, Outcome::Done, &["local:ada"]);
        says(&type_in(&service, "help").await, Outcome::Done, &["no policy allows you"]);
    }
    assert_eq!(simulator.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_not_done() {
    let simulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("claude-admin.db");
    let service = host_on(plugin(&simulator).await, &store, EVERYBODY);
    let plan = type_in(&service, REMOVE).await;
    // Another program takes the file away: every append fails from here on.
    let blocker = rusqlite_lock(&store);
    let reply = type_as(&service, &bob(), &format!("approve {}", plan.operation)).await;
    says(&reply, Outcome::Failed, &["cannot be recorded", "not done"]);
    assert!(writes(&simulator).is_empty());
    drop(blocker);
    says(&type_as(&service, &bob(), &format!("approve {}", plan.operation)).await, Outcome::Done, &["Done."]);
}

/// Holds the write lock of a store for as long as it lives.
fn rusqlite_lock(store: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(store).unwrap();
    connection.execute_batch("BEGIN IMMEDIATE").unwrap();
    connection
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_trail_tells_the_whole_story_and_reading_it_takes_permission() {
    let policy = r#"
        permit(principal == User::"local:ada", action, resource);
        permit(principal == User::"local:bob", action in Action::"read", resource);"#;
    let (_simulator, service) = host(policy, &[]).await;
    type_in(&service, "users list --limit 1").await;
    type_as(&service, &bob(), &format!("users update {MEMBER} billing --yes")).await;
    let secret = type_in(&service, "keys get sk-ant-admin01-simulator-typed").await;
    assert_eq!(secret.outcome, Outcome::Usage);
    says(&type_as(&service, &bob(), "audit tail").await, Outcome::Denied, &["audit.read"]);
    let tail = type_in(&service, "audit tail 50").await;
    let entries = tail.to_json();
    assert!(!entries.to_string().contains("sk-ant"), "{entries}");
    let kinds: Vec<&str> =
        entries.as_array().unwrap().iter().filter_map(|entry| entry["event"]["kind"].as_str()).collect();
    for kind in ["received", "denied", "outcome", "audit-read"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    let denied = type_in(&service, "audit search --kind denied --principal local:bob").await.to_json();
    assert_eq!(denied.as_array().map(Vec::len), Some(2), "{denied}");
    says(&type_in(&service, "audit verify").await, Outcome::Done, &["sound"]);
    let head = type_in(&service, "audit head").await.to_json()["head"].as_str().unwrap().to_owned();
    says(&type_in(&service, &format!("audit verify --head {head}")).await, Outcome::Done, &["sound"]);
    let forged = head.replace(['a', 'b'], "c");
    assert_ne!(type_in(&service, &format!("audit verify --head {forged}")).await.outcome, Outcome::Done);
}

#[tokio::test(flavor = "multi_thread")]
async fn can_i_tells_what_would_be_decided_and_why() {
    let policy = r#"
        @id("ada-does") permit(principal == User::"local:ada", action, resource);
        @id("admins-remove") permit(principal in Group::"admins", action == Action::"users.remove", resource);"#;
    let (simulator, service) = host(policy, &[("admins", &["local:cid"])]).await;
    let question = format!("can-i users remove {MEMBER}");
    says(&type_in(&service, &question).await, Outcome::Done, &["Yes", "a reason", "1 approval"]);
    let no = type_as(&service, &bob(), &format!("{question} --explain")).await;
    says(&no, Outcome::Denied, &["No:", "admins-remove", "Group::\"admins\"", "members of admins"]);
    let other = type_in(&service, &format!("{question} --as local:bob --explain")).await;
    says(&other, Outcome::Denied, &["admins-remove"]);
    let data: Value = other.to_json();
    assert_eq!(data["error"]["cause"]["allowed"], false);
    says(&type_as(&service, &bob(), &format!("{question} --as local:ada")).await, Outcome::Denied, &["policy.read"]);
    // A question may leave open what it is about.
    let open = type_as(&service, &bob(), "can-i users remove --explain").await;
    says(&open, Outcome::Denied, &["admins-remove", "Asked without <user-id>", "users remove <user-id>"]);
    says(&type_in(&service, "can-i workspace-members add").await, Outcome::Done, &["Yes", "<workspace-role>"]);
    for action in &service.catalog().actions {
        says(&type_in(&service, &format!("can-i {}", action.command())).await, Outcome::Done, &["Yes"]);
    }
    says(&type_in(&service, "can-i whoami").await, Outcome::Usage, &["can-i"]);
    assert_eq!(simulator.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn help_shows_what_this_person_may_run() {
    let policy = r#"permit(principal == User::"local:bob", action in Action::"invites", resource);"#;
    let (_simulator, service) = host(policy, &[]).await;
    let help = text(&type_as(&service, &bob(), "help").await);
    assert!(help.contains("help invites") && !help.contains("help users"), "{help}");
    assert!(text(&type_as(&service, &ada(), "help").await).contains("no policy allows you"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_holds_what_looks_like_a_secret_is_the_same_after_a_restart() {
    let simulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("claude-admin.db");
    let plugin = plugin(&simulator).await;
    let first = host_on(Arc::clone(&plugin), &store, EVERYBODY);
    // An API key shows the beginning of itself.
    let plan = type_in(&first, "api-keys update apikey_01Rj2N8SVvo6BePZj99NhmiT --name other --reason tidy").await;
    drop(first);
    let second = host_on(plugin, &store, EVERYBODY);
    says(&type_in(&second, &format!("confirm {}", plan.operation)).await, Outcome::Done, &["Done."]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn approvals_at_the_same_time_are_all_counted_and_the_last_one_runs_it() {
    let policy = r#"@approvals("2") permit(principal, action, resource);"#;
    for _ in 0..15 {
        let (simulator, service) = host(policy, &[]).await;
        let plan = type_in(&service, "invites create a@example.com user").await;
        let approve = format!("approve {}", plan.operation);
        let (bob, cid) = (bob(), Principal::local("cid"));
        let (one, other) = tokio::join!(type_as(&service, &bob, &approve), type_as(&service, &cid, &approve));
        let mut outcomes = [one.outcome, other.outcome].map(Outcome::as_str);
        outcomes.sort_unstable();
        assert_eq!(outcomes, ["done", "waiting"]);
        assert_eq!(writes(&simulator).len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_of_an_unseen_end_is_only_what_can_be_known() {
    let (_simulator, service) = open_host().await;
    let catalog = service.catalog();
    for action in catalog.actions.iter().filter(|action| action.http.path.params().next().is_some()) {
        let read = claude_admin::decision::plan::before_action(catalog, action);
        // Whatever makes something new inside a thing cannot be seen on the thing itself.
        let makes = action.http.method.as_str() == "POST"
            && catalog.actions.iter().any(|list| list.paging.is_some() && list.http.path == action.http.path);
        if makes {
            assert!(
                read.is_none() || !claude_admin::decision::plan::reads_the_target(catalog, action),
                "{}",
                action.id
            );
        }
    }
}
