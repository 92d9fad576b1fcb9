//! Several commands as one request: one plan, one decision, and one step after the other.

use crate::support::{self, OPEN_POLICY, ada, bob, open_host, text, type_as, type_in, writes};
use claude_admin::audit::verify;
use claude_admin::service::{Input, Outcome, Reply, Service};
use claude_admin_simulator::{Effect, Fault, RunningSimulator, Simulator, SimulatorConfig, StatusEffect};
use serde_json::Value;

/// Members who are no admins, as `users list` returns them.
async fn members(service: &Service) -> Vec<(String, String)> {
    let list = type_in(service, "users list --limit 9 -o json").await.to_json();
    let users = list["data"].as_array().unwrap().iter().filter(|user| user["role"] != "admin");
    let field = |user: &Value, name: &str| user[name].as_str().unwrap().to_owned();
    users.map(|user| (field(user, "id"), field(user, "email"))).collect()
}

/// The results of the steps of an operation.
async fn results(service: &Service, operation: &str) -> Vec<String> {
    let status = type_in(service, &format!("status {operation}")).await.to_json();
    let steps = status["steps"].as_array().unwrap().iter();
    steps.map(|step| step["result"].as_str().unwrap().to_owned()).collect()
}

/// Members, and a request that removes them, with the approval of another user.
async fn pending_removal(service: &Service, count: usize) -> (Vec<String>, Reply) {
    let members: Vec<String> = members(service).await.into_iter().map(|(id, _)| id).take(count).collect();
    let reply = type_in(service, &format!("users remove {} --reason leavers", members.join(" "))).await;
    assert_eq!(reply.outcome, Outcome::Waiting, "{}", text(&reply));
    (members, reply)
}

fn removals(ids: &[String]) -> Vec<String> {
    ids.iter().map(|id| format!("DELETE /v1/organizations/users/{id}")).collect()
}

async fn approve(service: &Service, reply: &Reply) -> Reply {
    type_as(service, &bob(), &format!("approve {}", reply.operation)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_approval_runs_exactly_the_steps_that_were_shown() {
    let (simulator, service) = open_host().await;
    let (ids, reply) = pending_removal(&service, 3).await;
    support::says(&reply, Outcome::Waiting, &["Run 3 commands: users remove (3)?", "Risk: irreversible", "3 steps"]);
    assert!(writes(&simulator).is_empty());
    let refused = type_in(&service, &format!("approve {}", reply.operation)).await;
    assert_eq!(refused.outcome, Outcome::Denied, "{}", text(&refused));
    let approved = approve(&service, &reply).await;
    support::says(&approved, Outcome::Done, &["Done.", "3 of 3 steps done"]);
    assert_eq!(writes(&simulator), removals(&ids));
    let kinds = support::kinds(&service, &reply.operation);
    for (kind, times) in [("decided: approve", 1), ("intent", 4), ("outcome: done", 4)] {
        assert_eq!(kinds.iter().filter(|found| *found == kind).count(), times, "{kind}: {kinds:?}");
    }
    assert_eq!(results(&service, &reply.operation).await, ["done"; 3]);
    assert!(verify(service.ledger().log(), None).is_sound());
}

#[tokio::test(flavor = "multi_thread")]
async fn request_that_is_sent_again_has_nothing_left() {
    let (simulator, service) = open_host().await;
    let (ids, reply) = pending_removal(&service, 3).await;
    approve(&service, &reply).await;
    simulator.clear_requests();
    let again = type_in(&service, &format!("users remove {} --reason leavers", ids.join(","))).await;
    support::says(
        &again,
        Outcome::Done,
        &["Nothing to change. Nothing was changed.", "3 commands with nothing to change"],
    );
    let addresses = "users update gone@example.com ingrid.holm@example.com --role user";
    let missing = type_in(&service, addresses).await;
    support::says(&missing, Outcome::NotFound, &["1 command cannot run", "gone@example.com", "Nothing was changed."]);
    assert!(writes(&simulator).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn step_whose_target_changed_ends_the_run_and_resume_plans_the_rest() {
    let (simulator, service) = open_host().await;
    let (ids, reply) = pending_removal(&service, 4).await;
    let update = type_in(&service, &format!("users update {} billing --yes", ids[1])).await;
    assert_eq!(update.outcome, Outcome::Done, "{}", text(&update));
    simulator.clear_requests();
    let stopped = approve(&service, &reply).await;
    support::says(
        &stopped,
        Outcome::Partial,
        &[
            "1 of 4 steps are done",
            "Step 2 ended as `conflict`",
            "role",
            "2 steps were not tried",
            "A change was made.",
        ],
    );
    assert_eq!(writes(&simulator), removals(&ids[..1]));
    assert_eq!(results(&service, &reply.operation).await, ["done", "conflict", "not tried", "not tried"]);
    let rest = type_in(&service, &format!("resume {}", reply.operation)).await;
    support::says(&rest, Outcome::Waiting, &["Run 3 commands", "leavers"]);
    assert_eq!(approve(&service, &rest).await.outcome, Outcome::Done);
    assert_eq!(writes(&simulator), removals(&ids));
    let nothing = type_in(&service, &format!("resume {}", reply.operation)).await;
    support::says(&nothing, Outcome::Done, &["Nothing to change"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn failure_of_any_step_ends_the_run_and_nothing_runs_twice() {
    let refusal = |code| Effect::Status(StatusEffect::new(code));
    for (effect, result, outcome) in [
        (refusal(403), "forbidden", Outcome::Partial),
        (refusal(500), "unknown", Outcome::Partial),
        (Effect::Close, "unknown", Outcome::Partial),
        (Effect::Truncate, "unknown", Outcome::Partial),
        (Effect::Garbage, "unknown", Outcome::Partial),
    ] {
        for failing in 0..3 {
            let (simulator, service) = open_host().await;
            let (ids, reply) = pending_removal(&service, 3).await;
            let path = format!("/v1/organizations/users/{}", ids[failing]);
            let fault = Fault { method: Some("DELETE".to_owned()), path: Some(path), ..Fault::new(effect.clone()) };
            simulator.inject(fault);
            let stopped = approve(&service, &reply).await;
            let what = format!("{effect:?} at {failing}: {}", text(&stopped));
            let expected = match (failing, result) {
                (0, "unknown") => Outcome::Unknown,
                (0, _) => Outcome::Failed,
                _ => outcome,
            };
            assert_eq!(stopped.outcome, expected, "{what}");
            assert_eq!(writes(&simulator), removals(&ids[..=failing]), "{what}");
            let ends = results(&service, &reply.operation).await;
            assert!(ends[..failing].iter().all(|end| end == "done"), "{what}");
            assert!(ends[failing] != "done" && ends[failing + 1..].iter().all(|end| end == "not tried"), "{what}");
            simulator.clear_faults();
            let rest = type_in(&service, &format!("resume {}", reply.operation)).await;
            if rest.outcome == Outcome::Waiting {
                assert_eq!(approve(&service, &rest).await.outcome, Outcome::Done, "{what}");
            }
            let mut sent = writes(&simulator);
            sent.sort();
            sent.dedup();
            let mut expected = removals(&ids);
            expected.sort();
            assert_eq!(sent, expected, "{what}");
            assert!(verify(service.ledger().log(), None).is_sound());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn step_that_the_api_postpones_runs_after_the_wait() {
    let (simulator, service) = open_host().await;
    let (ids, reply) = pending_removal(&service, 3).await;
    let path = format!("/v1/organizations/users/{}", ids[1]);
    let wait = Effect::Status(StatusEffect { retry_after: Some(1), ..StatusEffect::new(429) });
    simulator.inject(Fault { method: Some("DELETE".to_owned()), path: Some(path), times: 2, ..Fault::new(wait) });
    let approved = approve(&service, &reply).await;
    support::says(&approved, Outcome::Done, &["3 of 3 steps done"]);
    assert_eq!(writes(&simulator).len(), 5);
    let kinds = support::kinds(&service, &reply.operation);
    assert_eq!(kinds.iter().filter(|kind| *kind == "outcome: rate_limited").count(), 2, "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_of_a_list_are_planned_with_few_requests() {
    let (simulator, service) = open_host().await;
    simulator.clear_requests();
    let plan = type_in(&service, "users update --where \"users list --role user\" --role developer").await;
    assert_eq!(plan.outcome, Outcome::Waiting, "{}", text(&plan));
    let steps = plan.error.as_ref().unwrap()["waiting"]["plan"]["steps"].as_array().unwrap().len();
    assert!(steps > 3, "{steps}");
    assert_eq!(simulator.requests().len(), 1, "the list has the state of every target");
    let done = type_in(&service, &format!("confirm {}", plan.operation)).await;
    support::says(&done, Outcome::Done, &[&format!("{steps} of {steps} steps done")]);
    assert_eq!(writes(&simulator).len(), steps);
    let again = type_in(&service, "users update --where \"users list --role user\" --role developer").await;
    support::says(&again, Outcome::Done, &["Nothing to change"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn strictest_requirement_of_a_step_applies_to_all() {
    let policy = format!(
        "{OPEN_POLICY} @id(\"two\") @approvals(\"2\") permit(principal, action == Action::\"users.update\", resource) \
         when {{ context.arguments.role == \"billing\" }};"
    );
    let (_simulator, service) = support::host(&policy, &[]).await;
    let members = members(&service).await;
    let update = |roles: [&str; 2]| {
        let row = |(member, role): (&(String, String), &str)| {
            format!("{{\"user_id\": \"{}\", \"role\": \"{role}\"}}", member.0)
        };
        members.iter().zip(roles).map(row).collect::<Vec<_>>().join("\n")
    };
    for (roles, approvals) in [(["claude_code_user", "claude_code_user"], 0), (["claude_code_user", "billing"], 2)] {
        let file = update(roles);
        let words = ["users", "update", "--from", "x"].map(str::to_owned).to_vec();
        let parsed = service.parse_typed(words, &|_| Ok(file.clone()));
        let reply = support::ask(&service, &ada(), Input::Parsed(parsed)).await;
        assert_eq!(reply.outcome, Outcome::Waiting, "{}", text(&reply));
        let needs = &reply.error.as_ref().unwrap()["waiting"]["needs"]["approvals"];
        let needed = needs.as_array().unwrap().first().map_or(0, |rule| rule["count"].as_u64().unwrap());
        assert_eq!(needed, approvals, "{}", text(&reply));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_command_that_cannot_run_keeps_all_from_running() {
    let policy = format!(
        "{OPEN_POLICY} forbid(principal, action == Action::\"users.update\", resource) when {{ context.arguments.role == \"billing\" }};"
    );
    let (simulator, service) = support::host(&policy, &[]).await;
    let members = members(&service).await;
    let reply = type_in(&service, &format!("users update {} {} --role billing", members[0].0, members[1].1)).await;
    support::says(&reply, Outcome::Denied, &["Some of the commands cannot run", "2 commands cannot run"]);
    assert!(writes(&simulator).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn command_with_a_secret_is_never_one_of_several() {
    let (simulator, service) = open_host().await;
    let catalog = service.catalog();
    let secret = |action: &&std::sync::Arc<claude_admin_catalog::Action>| {
        let takes = action.inputs.iter().any(|input| input.has_secret(&catalog.types));
        action.writes() && (action.sensitive || takes)
    };
    let actions: Vec<_> = catalog.actions.iter().filter(secret).cloned().collect();
    let mut secrets = 0;
    for action in actions {
        let Ok(claude_admin::command::Command::Run(draft, _)) = claude_admin::command::parse(
            catalog,
            &action.examples[0],
            claude_admin::command::Markup::None,
            support::now(),
        ) else {
            panic!("{}", action.id)
        };
        if !action.sensitive && draft.invocation.shown(&catalog.types) == draft.invocation {
            continue;
        }
        secrets += 1;
        let row = serde_json::to_string(&draft.invocation.arguments).unwrap();
        let words: Vec<String> = action.command().split(' ').chain(["--from", "x"]).map(str::to_owned).collect();
        let file = format!("{row}\n{row}\n");
        let parsed = service.parse_typed(words, &|_| Ok(file.clone()));
        let reply = support::ask(&service, &ada(), Input::Parsed(parsed)).await;
        assert!(!matches!(reply.outcome, Outcome::Done | Outcome::Waiting), "{}: {}", action.id, text(&reply));
    }
    assert!(secrets > 3, "{secrets} actions with a secret");
    assert!(writes(&simulator).is_empty());
}

/// A plan that a host of the same store can also run.
#[tokio::test(flavor = "multi_thread")]
async fn approval_at_one_host_runs_the_plan_of_another_once() {
    let simulator: RunningSimulator = support::simulator().await;
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("claude-admin.db");
    let plugin = support::plugin(&simulator).await;
    let host = || {
        support::host_on(
            &store,
            std::sync::Arc::clone(&plugin),
            std::sync::Arc::new(claude_admin::decision::approval::NoObserver),
        )
    };
    let (one, two) = (host(), host());
    let (ids, reply) = pending_removal(&one, 4).await;
    let approve = format!("approve {}", reply.operation);
    let (bob, carol) = (bob(), claude_admin::identity::Principal::local("carol").unwrap());
    let (a, b) = tokio::join!(type_as(&one, &bob, &approve), type_as(&two, &carol, &approve));
    assert!([a.outcome, b.outcome].contains(&Outcome::Done), "{} {}", text(&a), text(&b));
    assert_eq!(writes(&simulator), removals(&ids));
}

/// The number of steps of a long plan.
const MANY: usize = 50;

#[tokio::test(flavor = "multi_thread")]
async fn long_plan_is_finished_after_a_failure_at_any_step_and_no_change_is_made_twice() {
    let config = SimulatorConfig { members: 3 * MANY, ..SimulatorConfig::default() };
    let simulator = Simulator::start(config).await.unwrap();
    let service = support::service(&simulator);
    let list = type_in(&service, "users list --role user --all").await.to_json();
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().map(|user| user["id"].as_str().unwrap()).collect();
    let ids = &ids[..MANY];
    let status = |code| Effect::Status(StatusEffect::new(code));
    let wait = Effect::Status(StatusEffect { retry_after: Some(1), ..StatusEffect::new(429) });
    // Each effect, and whether the change is made in spite of it.
    let effects = [
        (status(500), false),
        (Effect::Close, true),
        (status(403), false),
        (Effect::Truncate, true),
        (wait, false),
        (Effect::Garbage, true),
    ];
    for (round, failing) in (0..MANY).step_by(3).enumerate() {
        let (effect, is_made) = &effects[round % effects.len()];
        let role = ["developer", "billing"][round % 2];
        let path = Some(format!("/v1/organizations/users/{}", ids[failing]));
        simulator.clear_requests();
        simulator.inject(Fault { method: Some("POST".to_owned()), path, ..Fault::new(effect.clone()) });
        let what = format!("{effect:?} at {failing}");
        let mut reply = type_in(&service, &format!("users update {} --role {role} --yes", ids.join(" "))).await;
        let stops = !matches!(effect, Effect::Status(StatusEffect { retry_after: Some(_), .. }));
        assert_eq!(reply.outcome != Outcome::Done, stops, "{what}: {}", text(&reply));
        if stops {
            let ends = results(&service, &reply.operation).await;
            assert!(ends[..failing].iter().all(|end| end == "done"), "{what}: {ends:?}");
            assert!(ends[failing + 1..].iter().all(|end| end == "not tried"), "{what}: {ends:?}");
            reply = type_in(&service, &format!("resume {}", reply.operation)).await;
            if reply.outcome == Outcome::Waiting {
                reply = type_in(&service, &format!("confirm {}", reply.operation)).await;
            }
        }
        assert_eq!(reply.outcome, Outcome::Done, "{what}: {}", text(&reply));
        for (index, id) in ids.iter().enumerate() {
            let path = format!("POST /v1/organizations/users/{id}");
            let sent = writes(&simulator).iter().filter(|sent| **sent == path).count();
            assert_eq!(sent, if index == failing && !is_made { 2 } else { 1 }, "{what}: {id}");
        }
    }
    assert!(verify(service.ledger().log(), None).is_sound());
}
