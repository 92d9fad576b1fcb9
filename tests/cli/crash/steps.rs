//! Hosts that are killed while they run a plan with many steps: no step runs twice, none is lost, and `resume` finishes.

use super::{GO, child_command};
use crate::support::{self, host_on, plugin};
use claude_admin::audit::{verify, verify_file};
use claude_admin::decision::approval::{NoObserver, Stage};
use claude_admin::identity::Principal;
use claude_admin::service::{Outcome, Service};
use claude_admin_simulator::{RunningSimulator, Simulator, SimulatorConfig};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The number of steps of a plan.
const STEPS: usize = 50;
/// The number of hosts that are killed at a random moment of a run.
const RANDOM_KILLS: usize = 300;
/// Roles without a right that the API protects: every member can get each of them.
const ROLES: [&str; 2] = ["developer", "billing"];

fn ada() -> Principal {
    Principal::local("ada").unwrap()
}

async fn organization() -> RunningSimulator {
    Simulator::start(SimulatorConfig { members: 3 * STEPS, ..SimulatorConfig::default() }).await.unwrap()
}

/// A request that gives a role to members, as one plan.
fn update(ids: &[String], role: &str) -> String {
    format!("users update {} --role {role}", ids.join(" "))
}

/// The members with a role that can be changed, and who do not have the roles of this test.
async fn members(service: &Service) -> Vec<String> {
    let list = support::type_as(service, &ada(), "users list --role user --all").await.to_json();
    let ids = list["data"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap().to_owned());
    ids.take(STEPS).collect()
}

/// The number of times that each member got a role.
fn sent(simulator: &RunningSimulator, role: &str) -> BTreeMap<String, usize> {
    let mut sent = BTreeMap::new();
    for request in simulator.requests().into_iter().filter(|request| request.method == "POST") {
        if request.body["role"] == role {
            *sent.entry(request.path.rsplit('/').next().unwrap().to_owned()).or_default() += 1;
        }
    }
    sent
}

/// Checks the status of an operation against the requests that arrived, and returns it.
async fn checked(service: &Service, simulator: &RunningSimulator, operation: &str, role: &str) -> Value {
    let status = support::type_as(service, &ada(), &format!("status {operation}")).await.to_json();
    let sent = sent(simulator, role);
    assert!(sent.values().all(|times| *times == 1), "a step ran twice: {sent:?}");
    let mut open = 0;
    // A plan of one step is the operation itself.
    let only = [json!({ "command": status["plan"]["steps"][0]["command"], "result": status["state"] })];
    for step in status["steps"].as_array().map_or(&only[..], Vec::as_slice) {
        let id = step["command"].as_str().unwrap().split(' ').nth(2).unwrap();
        match step["result"].as_str().unwrap() {
            "done" => assert!(sent.contains_key(id), "{id} is done, and was never sent"),
            "not tried" | "waiting" | "already so" => {}
            "unknown" => open += 1,
            other => panic!("{other}: {step}"),
        }
        if step["result"] == "not tried" {
            assert!(!sent.contains_key(id), "{id} was sent, and is `not tried`: {status}");
        }
    }
    assert!(open <= 1, "{status}");
    status
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_of_many_steps_is_finished_after_any_number_of_kills() {
    let simulator = organization().await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("claude-admin.db");
    let plugin = plugin(&simulator).await;
    let open = || host_on(&store, Arc::clone(&plugin), Arc::new(NoObserver));
    let ids = members(&open()).await;
    assert_eq!(ids.len(), STEPS);
    let (mut kills, mut whole, mut round) = (0, None, 0);
    let mut states: BTreeMap<String, usize> = BTreeMap::new();
    // In the second half, another host uses the same log all the time.
    let mut second: Option<SecondHost> = None;
    while kills < RANDOM_KILLS {
        if kills >= RANDOM_KILLS / 2 && second.is_none() {
            second = Some(SecondHost::start(open()));
        }
        let role = ROLES[round % ROLES.len()];
        round += 1;
        simulator.clear_requests();
        let earlier = latest(&open());
        let mut next = format!("{} --yes", update(&ids, role));
        loop {
            let killed = run_and_kill(&store, &simulator, &next, whole).await;
            kills += usize::from(killed.is_none());
            whole = whole.or(killed);
            // Another host ends what the killed one began.
            let service = open();
            service.tick().await;
            let pending = support::type_as(&service, &ada(), "pending").await.to_json();
            for request in pending.as_array().unwrap() {
                let cancel = format!("cancel {}", request["operation_id"].as_str().unwrap());
                support::type_as(&service, &ada(), &cancel).await;
            }
            let Some(operation) = latest(&service).filter(|last| Some(last) != earlier.as_ref()) else { continue };
            let status = checked(&service, &simulator, &operation, role).await;
            *states.entry(status["state"].as_str().unwrap().to_owned()).or_default() += 1;
            if sent(&simulator, role).len() == STEPS {
                break;
            }
            if status["state"] == "done" || kills >= RANDOM_KILLS {
                next = format!("{} --yes", update(&ids, role));
                continue;
            }
            let resumed = support::type_as(&service, &ada(), &format!("resume {operation}")).await;
            if resumed.outcome != Outcome::Waiting {
                break;
            }
            next = format!("confirm {}", resumed.operation);
        }
        let service = open();
        let done = support::type_as(&service, &ada(), &format!("{} --yes", update(&ids, role))).await;
        assert_eq!(done.outcome, Outcome::Done, "{}", support::text(&done));
        let sent = sent(&simulator, role);
        assert!(sent.len() == STEPS && sent.values().all(|times| *times == 1), "{sent:?}");
        assert!(verify(service.ledger().log(), None).is_sound());
    }
    println!("{kills} hosts killed in {round} plans: {states:?}");
    assert!(states.len() > 1, "kills that all come at the same time would prove nothing: {states:?}");
    let report = verify_file(&store, None);
    assert!(report.is_sound(), "{report}");
}

/// A host that ends interrupted operations again and again, until it is dropped.
struct SecondHost(tokio::task::JoinHandle<()>);

impl SecondHost {
    fn start(service: Service) -> Self {
        Self(tokio::spawn(async move {
            loop {
                service.tick().await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }))
    }
}

impl Drop for SecondHost {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The last operation with several steps that began to run.
fn latest(service: &Service) -> Option<String> {
    use claude_admin::audit::{Filter, search};
    let filter = Filter { kind: Some("intent".to_owned()), ..Filter::default() };
    let found = search(service.ledger().log(), &filter, 1).unwrap().found;
    found.into_iter().next()?.entry.operation
}

/// Runs a command in a separate process, and kills it at a random moment. The first process is not killed, and gives the
/// duration.
async fn run_and_kill(
    store: &Path,
    simulator: &RunningSimulator,
    line: &str,
    whole: Option<Duration>,
) -> Option<Duration> {
    let go = store.with_file_name(format!("go{}", fastrand::u32(..)));
    let mut child = child_command(store, simulator, "none", "ada", line).env(GO, &go).spawn().unwrap();
    let ready = format!("{}.{}", go.display(), child.id());
    while !Path::new(&ready).exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before it began");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let began = Instant::now();
    std::fs::write(&go, "").unwrap();
    match whole {
        None => {
            child.wait().unwrap();
            Some(began.elapsed())
        }
        Some(whole) => {
            tokio::time::sleep(whole.mul_f64(fastrand::f64())).await;
            child.kill().unwrap();
            child.wait().unwrap();
            None
        }
    }
}

/// The stages of the first step, at which a host ends.
#[tokio::test(flavor = "multi_thread")]
async fn status_is_correct_after_a_kill_at_each_stage_of_a_step() {
    for (stage, sent_steps, first) in
        [(Stage::Decided, 0, None), (Stage::Intent, 0, Some("unknown")), (Stage::Answered, 1, Some("unknown"))]
    {
        let simulator = organization().await;
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("claude-admin.db");
        let plugin = plugin(&simulator).await;
        let service = host_on(&store, Arc::clone(&plugin), Arc::new(NoObserver));
        let ids: Vec<String> = members(&service).await.into_iter().take(3).collect();
        let plan = support::type_as(&service, &ada(), &update(&ids, "developer")).await;
        assert_eq!(plan.outcome, Outcome::Waiting, "{}", support::text(&plan));
        drop(service);
        let confirm = format!("confirm {}", plan.operation);
        let mut killed = child_command(&store, &simulator, &format!("{stage:?}"), "ada", &confirm).spawn().unwrap();
        assert!(killed.wait().unwrap().code().is_none());
        let service = host_on(&store, plugin, Arc::new(NoObserver));
        service.tick().await;
        assert_eq!(sent(&simulator, "developer").len(), sent_steps, "{stage:?}");
        let status = support::type_as(&service, &ada(), &format!("status {}", plan.operation)).await.to_json();
        match first {
            None => assert_eq!(status["state"], "waiting", "{stage:?}: {status}"),
            Some(first) => {
                assert_eq!(status["state"], "unknown", "{stage:?}: {status}");
                let results = status["steps"].as_array().unwrap().iter().map(|step| step["result"].clone());
                assert_eq!(results.collect::<Vec<_>>(), [first, "not tried", "not tried"], "{stage:?}");
            }
        }
        assert!(verify(service.ledger().log(), None).is_sound());
    }
}
