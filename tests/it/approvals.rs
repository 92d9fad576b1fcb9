//! Commands that need a decision before they run: plans, confirmations, approvals by other users.

mod changed_target;
mod pending_limits;
mod people;
mod unknown_result;

use crate::support::{
    self, ADDRESS, EVERYBODY, MEMBER, REMOVE, bob, host, kinds, open_host, plugin, says, text, type_as, type_in, writes,
};
use claude_admin::command::{Command, Markup, parse};
use claude_admin::decision::approval::{Approvals, NoObserver, Proposal};
use claude_admin::decision::operation::{Clock, Receipt};
use claude_admin::identity::{Place, Principal};
use claude_admin::service::{Outcome, Service};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[tokio::test(flavor = "multi_thread")]
async fn a_write_shows_its_plan_and_runs_once_it_is_confirmed() {
    let (simulator, service) = open_host().await;
    let plan = type_in(&service, &format!("users update {MEMBER} billing")).await;
    says(&plan, Outcome::Waiting, &["Now: role", "developer", "No changes yet.", "confirm "]);
    assert!(writes(&simulator).is_empty());
    let done = type_in(&service, &format!("confirm {}", plan.operation)).await;
    says(&done, Outcome::Done, &["Done.", "billing", "Confirmed by"]);
    assert_eq!(writes(&simulator).len(), 1);
    assert_eq!(
        kinds(&service, &plan.operation),
        ["received", "planned", "requested", "decided: confirm", "intent", "outcome: done"]
    );
    says(&type_in(&service, &format!("confirm {}", plan.operation)).await, Outcome::Conflict, &["no longer pending"]);
    says(
        &type_as(&service, &bob(), &format!("confirm {}", plan.operation)).await,
        Outcome::Conflict,
        &["no longer pending"],
    );
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_id_of_the_operation_travels_with_every_request() {
    let (simulator, service) = open_host().await;
    let done = type_in(&service, &format!("users update {MEMBER} billing --yes")).await;
    let asked = type_in(&service, &format!("can-i users remove {ADDRESS}")).await;
    assert_eq!(asked.outcome, Outcome::Done);
    let requests = simulator.requests();
    let (of_question, of_write) = requests.split_last().unwrap();
    for (request, done) in of_write.iter().map(|it| (it, &done)).chain([(of_question, &asked)]) {
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
            let cannot_succeed = reply.outcome == Outcome::Refused && text(&reply).contains("This cannot succeed");
            let is_planned = matches!(reply.outcome, Outcome::Done | Outcome::NotFound);
            assert!(is_planned || cannot_succeed, "{example}: {}", text(&reply));
        }
    }
    assert!(writes(&simulator).is_empty(), "{:?}", writes(&simulator));
    says(&type_in(&service, "pending").await, Outcome::Done, &["No request needs your decision"]);
    let plan = type_in(&service, &format!("users remove {MEMBER} --dry-run")).await;
    says(&plan, Outcome::Done, &["dry run", "1 approval", "Now: email"]);
    assert_eq!(plan.to_json()["plan"]["steps"][0]["before"]["value"]["email"], ADDRESS);
}

#[tokio::test(flavor = "multi_thread")]
async fn disruptive_action_needs_reason_irreversible_needs_approval() {
    let (simulator, service) = open_host().await;
    let disable = "api-keys update apikey_01Rj2N8SVvo6BePZj99NhmiT --status inactive --yes";
    says(&type_in(&service, disable).await, Outcome::Usage, &["requires a reason", "--reason"]);
    assert!(writes(&simulator).is_empty());
    says(&type_in(&service, &format!("{disable} --reason leaked")).await, Outcome::Done, &["Done."]);
    simulator.clear_requests();

    says(&type_in(&service, &format!("users remove {MEMBER}")).await, Outcome::Usage, &["requires a reason"]);
    let plan = type_in(&service, &format!("{REMOVE} --yes")).await;
    says(&plan, Outcome::Waiting, &["Approval needed", "leaver", "1 approval"]);
    for (line, words) in [("approve", "your own request"), ("confirm", "not enough"), ("deny --reason x", "your own")] {
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let own = type_in(&service, &format!("{verb} {} {rest}", plan.operation)).await;
        says(&own, Outcome::Denied, &[words, "This command changed nothing."]);
    }
    assert!(writes(&simulator).is_empty());
    let done = type_as(&service, &bob(), &format!("approve {} --reason \"HR confirmed\"", plan.operation)).await;
    says(&done, Outcome::Done, &["Done.", "Approved by", "local:bob", "HR confirmed", "local:ada"]);
    assert_eq!(writes(&simulator), [format!("DELETE /v1/organizations/users/{MEMBER}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn id_prefix_is_accepted_and_others_cannot_see_the_request() {
    let policy = r#"
        permit(principal == User::"local:ada", action, resource);
        permit(principal == User::"local:bob", action, resource);
        permit(principal == User::"local:eve", action in Action::"read", resource);"#;
    let (simulator, service) = host(policy, &[]).await;
    let plan = type_in(&service, REMOVE).await;
    let eve = Principal::local("eve").unwrap();
    let (id, beginning) = (&plan.operation, &plan.operation[..6]);
    says(&type_as(&service, &eve, "pending").await, Outcome::Done, &["No request needs your decision"]);
    says(&type_as(&service, &eve, &format!("status {id}")).await, Outcome::NotFound, &["No operation"]);
    for verb in ["approve", "deny --reason x", "confirm", "cancel"] {
        let (verb, rest) = verb.split_once(' ').unwrap_or((verb, ""));
        let reply = type_as(&service, &eve, &format!("{verb} {id} {rest}")).await;
        assert_eq!(reply.outcome, Outcome::NotFound, "{verb}: {}", text(&reply));
        assert!(!text(&reply).contains("leaver") && !text(&reply).contains(ADDRESS), "{}", text(&reply));
    }
    says(&type_as(&service, &bob(), "pending").await, Outcome::Done, &[id, "0 of 1 approvals", "local:ada"]);
    says(&type_as(&service, &bob(), "approve 0").await, Outcome::Usage, &["not the ID of an operation"]);
    says(&type_as(&service, &bob(), "status zzzz").await, Outcome::NotFound, &["No operation"]);
    says(&type_as(&service, &bob(), &format!("approve {beginning}")).await, Outcome::Done, &["Done."]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn rejected_or_cancelled_request_never_runs() {
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
async fn request_needs_two_different_approvers_of_the_group() {
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
    says(&type_as(&service, &Principal::local("eve").unwrap(), &approve).await, Outcome::NotFound, &["No operation"]);
    assert!(writes(&simulator).is_empty());
    says(&type_as(&service, &Principal::local("cid").unwrap(), &approve).await, Outcome::Done, &["Done."]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn user_forbidden_to_run_an_action_cannot_approve_it() {
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
    says(&type_as(&service, &Principal::local("cid").unwrap(), &approve).await, Outcome::Done, &["Done."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn address_is_resolved_and_an_ambiguous_one_is_a_conflict() {
    let (simulator, service) = open_host().await;
    let plan = type_in(&service, "users remove Xiuying.Li@example.com --reason leaver").await;
    says(&plan, Outcome::Waiting, &["Resolved from Xiuying.Li@example.com", MEMBER, ADDRESS]);
    assert_eq!(plan.command.as_deref(), Some(format!("users remove {MEMBER}").as_str()));
    says(&type_in(&service, &format!("users get {ADDRESS}")).await, Outcome::Done, &[MEMBER]);
    says(&type_in(&service, "users get nobody@example.com").await, Outcome::NotFound, &["has no entry with"]);
    assert!(writes(&simulator).is_empty());
    let list = type_in(&service, "users list --limit 2").await.to_json();
    let ids: Vec<&str> = list["data"].as_array().unwrap().iter().filter_map(|user| user["id"].as_str()).collect();
    // The filter of the list is removed from the response, so two members seem to have the same address.
    let page = json!({"effect": {"patch": {"set": {"/data": [
        {"id": ids[0], "email": ADDRESS, "name": "A", "role": "user", "added_at": "2026-01-01T00:00:00Z", "type": "user"},
        {"id": ids[1], "email": ADDRESS, "name": "B", "role": "user", "added_at": "2026-01-01T00:00:00Z", "type": "user"},
    ]}, "remove": []}}});
    simulator.inject(serde_json::from_value(page).unwrap());
    let several = type_in(&service, &format!("users remove {ADDRESS} --reason leaver")).await;
    says(&several, Outcome::Conflict, &["matches 2 objects", ids[0], ids[1], "Nothing was changed"]);
    assert!(writes(&simulator).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn requester_without_list_permission_must_write_the_id() {
    let policy = r#"permit(principal == User::"local:ada", action in [Action::"users.remove", Action::"users.update"], resource);"#;
    let (simulator, service) = host(policy, &[]).await;
    let refused = type_in(&service, &format!("users update {ADDRESS} billing --yes")).await;
    says(&refused, Outcome::Denied, &["must be looked up", "users list", "Write the ID"]);
    assert_eq!(simulator.requests(), []);
    // A target that the requester cannot read is not read, and the plan says so.
    let plan = type_in(&service, &format!("users update {MEMBER} billing")).await;
    says(&plan, Outcome::Waiting, &["not read: the requester cannot run `users get`"]);
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
    // The result is only for the requester.
    let agreed = type_as(&service, &bob(), &format!("approve {}", plan.operation)).await;
    says(&agreed, Outcome::Waiting, &["local:bob", "confirm"]);
    assert_eq!(simulator.requests(), []);
    says(&type_in(&service, &confirm).await, Outcome::Done, &["1 user"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn operation_id_that_looks_like_a_token_is_recorded_and_decided() {
    let simulator = support::simulator().await;
    let plugin = plugin(&simulator).await;
    let decider = Arc::new(support::decider(plugin.catalog(), EVERYBODY, &[], Clock::system()));
    let ledger = support::ledger(Clock::system());
    let approvals = Approvals::new(Arc::clone(&plugin), Arc::clone(&decider), ledger.clone(), Arc::new(NoObserver));
    let id = "eyj3ctftqtct12rtsj83jgtyma";
    let ada = decider.person(&support::ada(), &Place::terminal()).await;
    let Ok(Command::Run(draft, options)) = parse(plugin.catalog(), REMOVE, Markup::None, jiff::Timestamp::now()) else {
        panic!("a command")
    };
    let receipt = Receipt::new(ledger.clone(), None);
    let proposal = Proposal { operation: id, person: &ada, draft, options: &options, receipt: &receipt };
    approvals.propose(proposal).await.unwrap();
    // Another host on the same audit log has no other data.
    let decider = support::decider(plugin.catalog(), EVERYBODY, &[], Clock::system());
    let service = Service::new(plugin, decider, ledger, Arc::new(NoObserver));
    says(&type_as(&service, &bob(), "pending").await, Outcome::Done, &[id]);
    says(&type_as(&service, &bob(), &format!("approve {id}.1")).await, Outcome::Done, &["Done."]);
    says(&type_in(&service, &format!("status {id}")).await, Outcome::Done, &["Done."]);
    assert_eq!(kinds(&service, id), ["planned", "requested", "decided: approve", "intent", "outcome: done"]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn error_says_nothing_was_sent_only_without_a_request() {
    let policy = r#"permit(principal, action in Action::"users", resource);
        forbid(principal == User::"local:bob", action in Action::"write", resource);"#;
    let (simulator, service) = host(policy, &[]).await;
    let update = |target: &str| format!("users update {target} billing");
    says(&type_as(&service, &bob(), &update(MEMBER)).await, Outcome::Denied, &["Nothing was sent."]);
    says(&type_in(&service, &format!("users remove {MEMBER}")).await, Outcome::Usage, &["Nothing was sent."]);
    assert_eq!(simulator.requests(), []);
    // An address is looked up first, because the policy can depend on the resolved ID.
    for (reply, outcome) in [
        (type_as(&service, &bob(), &update(ADDRESS)).await, Outcome::Denied),
        (type_in(&service, &format!("users remove {ADDRESS}")).await, Outcome::Usage),
    ] {
        says(&reply, outcome, &["Nothing was changed."]);
        assert!(!text(&reply).contains("Nothing was sent"), "{}", text(&reply));
    }
    assert_eq!(simulator.requests().len(), 2);
}

/// Sets the time of a host.
fn clock() -> (Arc<AtomicI64>, Clock) {
    let now = Arc::new(AtomicI64::new(Clock::system().now_ms()));
    let shared = Arc::clone(&now);
    (now, Clock::new(move || shared.load(Ordering::SeqCst)))
}

#[tokio::test(flavor = "multi_thread")]
async fn undecided_request_expires_and_never_runs() {
    let simulator = support::simulator().await;
    let (now, clock) = clock();
    let policy = r#"@expires("5m") permit(principal, action, resource);"#;
    let plugin = plugin(&simulator).await;
    let decider = support::decider(plugin.catalog(), policy, &[], clock.clone());
    let service = Service::new(plugin, decider, support::ledger(clock), Arc::new(NoObserver));
    let plan = type_in(&service, REMOVE).await;
    now.fetch_add(5 * 60 * 1000 - 1, Ordering::SeqCst);
    assert!(service.tick().await.is_empty(), "not yet");
    now.fetch_add(1, Ordering::SeqCst);
    let late = type_as(&service, &bob(), &format!("approve {}", plan.operation)).await;
    says(&late, Outcome::Conflict, &["This request is no longer pending: it is expired."]);
    assert!(service.tick().await.is_empty(), "it ended with the decision that came too late");
    says(
        &type_in(&service, &format!("status {}", plan.operation)).await,
        Outcome::Done,
        &["expired without a decision", "expired"],
    );
    assert!(kinds(&service, &plan.operation).contains(&"expired".to_owned()));
    let search = format!("audit search --kind expired --principal local:ada --operation {}", plan.operation);
    says(&type_in(&service, &search).await, Outcome::Done, &["1 entry", "local:ada"]);
    assert!(writes(&simulator).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn concurrent_approvals_all_count_and_run_the_request_once() {
    let policy = r#"@approvals("2") permit(principal, action, resource);"#;
    for _ in 0..15 {
        let (simulator, service) = host(policy, &[]).await;
        let plan = type_in(&service, "invites create a@example.com user").await;
        let approve = format!("approve {}", plan.operation);
        let (bob, cid) = (bob(), Principal::local("cid").unwrap());
        let (one, other) = tokio::join!(type_as(&service, &bob, &approve), type_as(&service, &cid, &approve));
        let mut outcomes = [one.outcome, other.outcome].map(Outcome::as_str);
        outcomes.sort_unstable();
        assert_eq!(outcomes, ["done", "waiting"]);
        assert_eq!(writes(&simulator).len(), 1);
    }
}
