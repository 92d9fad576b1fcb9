//! What must be decided before it is done: plans, confirmations, approvals by others.

use super::support::{
    self, ADDRESS, EVERYBODY, MEMBER, REMOVE, ask, bob, host, kinds, open_host, plugin, says, text, type_as, type_in,
    writes,
};
use claude_admin::command::{Command, Markup, Options, Reason, parse};
use claude_admin::decision::approval::{Approvals, MAX_PENDING, NoObserver, Proposal};
use claude_admin::decision::operation::{Clock, Receipt};
use claude_admin::identity::{Place, Principal};
use claude_admin::service::{Input, Outcome, Service};
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
    says(&type_in(&service, "pending").await, Outcome::Done, &["Nothing waits"]);
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
    says(&type_as(&service, &eve, "pending").await, Outcome::Done, &["Nothing waits"]);
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
async fn a_target_that_changed_is_shown_and_asked_about_again() {
    let (simulator, service) = host(EVERYBODY, &[]).await;
    let plan = type_in(&service, REMOVE).await;
    says(&plan, Outcome::Waiting, &[&format!("approve {}.1", plan.operation)]);
    let update = format!("users update {MEMBER} billing --yes");
    says(&type_as(&service, &bob(), &update).await, Outcome::Done, &["Done."]);
    simulator.clear_requests();
    let approve = format!("approve {}", plan.operation);
    let changed = type_as(&service, &bob(), &approve).await;
    says(&changed, Outcome::Conflict, &["role: developer → billing", "Nothing was changed.", "approve"]);
    assert_eq!(changed.to_json()["error"]["cause"]["differences"], json!(["role: developer → billing"]));
    assert!(writes(&simulator).is_empty());
    // A decision about the plan that was shown first is about nothing any more.
    let vote = claude_admin::decision::approval::Vote {
        operation: plan.operation.clone(),
        version: Some(1),
        by_button: true,
        choice: claude_admin::Choice::Approve,
        reason: None,
    };
    says(&ask(&service, &bob(), Input::Vote(vote)).await, Outcome::Conflict, &["another version of the plan"]);
    assert!(writes(&simulator).is_empty());
    // Somebody else has seen the first plan alone. What they type is about that one, and they are shown the new one.
    let cid = Principal::local("cid").unwrap();
    let (second, new) = (format!("{}.2", plan.operation), "Now: role");
    for (line, words) in [
        (approve.clone(), "does not name that version"),
        (format!("deny {} --reason stays", plan.operation), "does not name that version"),
        (format!("{approve}.1"), "another version of the plan"),
        (format!("{approve} --version 1"), "another version of the plan"),
        (format!("{approve}.3"), "another version of the plan"),
    ] {
        let refused = type_as(&service, &cid, &line).await;
        says(&refused, Outcome::Conflict, &[words, "This command changed nothing.", new, "billing", &second]);
        assert_eq!(refused.to_json()["error"]["cause"]["waiting"]["version"], 2, "{line}");
    }
    assert!(writes(&simulator).is_empty());
    says(&type_as(&service, &cid, "pending").await, Outcome::Done, &[&second]);
    says(&type_as(&service, &cid, &format!("status {second}")).await, Outcome::Done, &["waiting"]);
    for line in [format!("{approve}.2 --version 2"), format!("{approve} --version 0"), format!("{approve}.0")] {
        assert_eq!(type_as(&service, &cid, &line).await.outcome, Outcome::Usage, "{line}");
    }
    says(&type_as(&service, &cid, &format!("{approve}.2")).await, Outcome::Done, &["Done."]);
    assert_eq!(writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_taken_back_whatever_the_version_of_its_plan() {
    let (simulator, service) = open_host().await;
    let plan = type_in(&service, REMOVE).await;
    let update = format!("users update {MEMBER} billing --yes");
    says(&type_as(&service, &bob(), &update).await, Outcome::Done, &["Done."]);
    simulator.clear_requests();
    let changed = type_as(&service, &bob(), &format!("approve {}", plan.operation)).await;
    assert_eq!(changed.outcome, Outcome::Conflict);
    says(&type_in(&service, &format!("cancel {}", plan.operation)).await, Outcome::Done, &["Cancelled"]);
    assert!(writes(&simulator).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_request_for_a_deleted_target_ends_as_not_found() {
    for (target, words) in [(MEMBER, "the API does not find it"), (ADDRESS, "has no entry with")] {
        let (simulator, service) = host(EVERYBODY, &[]).await;
        let remove = format!("users remove {target} --reason leaver");
        let (first, second) = (type_in(&service, &remove).await, type_in(&service, &remove).await);
        let cid = Principal::local("cid").unwrap();
        says(&type_as(&service, &cid, &format!("approve {}.1", first.operation)).await, Outcome::Done, &["Done."]);
        simulator.clear_requests();
        let gone = type_as(&service, &bob(), &format!("approve {}.1", second.operation)).await;
        says(&gone, Outcome::NotFound, &["no longer exists", words, "Nothing was changed", "local:bob"]);
        assert!(!text(&gone).contains("still waits"), "{}", text(&gone));
        says(&type_in(&service, "pending").await, Outcome::Done, &["nothing that you asked for waits"]);
        let kinds = kinds(&service, &second.operation);
        assert_eq!(kinds[kinds.len() - 2..], ["decided: approve", "outcome: not_found"]);
        let again = type_as(&service, &cid, &format!("approve {}.1", second.operation)).await;
        says(&again, Outcome::Conflict, &["no longer pending", "not_found"]);
        assert!(writes(&simulator).is_empty());
    }
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
    // The filter of the list is left out of the answer, so that two members seem to have one address.
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
    // What may not be read is not looked at, and the plan says so.
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
    // The answer is for whoever asked.
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
    // Another host on the same trail reads what was recorded, and nothing else.
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
    // An address is looked up first, and the policy may decide by what it stands for.
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

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_not_what_was_asked_for_is_not_taken_for_it() {
    let (simulator, service) = open_host().await;
    let lost = serde_json::json!({"method": "POST", "effect": "close", "perform": false});
    simulator.inject(serde_json::from_value(lost).unwrap());
    let unseen = type_in(&service, &format!("users update {MEMBER} billing --yes --reason x")).await;
    assert_eq!(unseen.outcome, Outcome::Unknown, "{}", text(&unseen));
    type_in(&service, &format!("users update {MEMBER} user --yes --reason x")).await;
    let status = type_in(&service, &format!("status {}", unseen.operation)).await;
    says(&status, Outcome::Done, &["The target is different now", "not what was requested"]);
    assert!(!text(&status).contains(".."), "{}", text(&status));
}

#[tokio::test(flavor = "multi_thread")]
async fn status_of_unknown_partial_update_finds_the_changed_field() {
    let (simulator, service) = open_host().await;
    let workspace = type_in(&service, "workspaces list --limit 1").await.to_json()["data"][0]["id"].clone();
    let workspace = workspace.as_str().unwrap();
    let lost = serde_json::json!({"method": "POST", "effect": "close", "perform": true});
    for change in ["--tag one=1", "--tag two=2", "--no-tag one", "--name Renamed"] {
        simulator.inject(serde_json::from_value(lost.clone()).unwrap());
        let unseen = type_in(&service, &format!("workspaces update {workspace} {change} --yes --reason x")).await;
        assert_eq!(unseen.outcome, Outcome::Unknown, "{change}: {}", text(&unseen));
        let status = type_in(&service, &format!("status {}", unseen.operation)).await;
        says(&status, Outcome::Done, &["The target is different now", "The change was probably made"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn status_of_unknown_create_is_not_read_from_its_parent() {
    let (_simulator, service) = open_host().await;
    let catalog = service.catalog();
    for action in catalog.actions.iter().filter(|action| action.http.path.params().next().is_some()) {
        let read = catalog.before_action(action);
        // Whatever makes something new inside a thing cannot be seen on the thing itself.
        let makes = action.http.method.as_str() == "POST"
            && catalog.actions.iter().any(|list| list.paging.is_some() && list.http.path == action.http.path);
        if makes {
            assert!(read.is_none() || !catalog.reads_the_target(action), "{}", action.id);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_requests_of_one_person_have_a_limit() {
    let (_simulator, service) = open_host().await;
    let service = Arc::new(service);
    let update = format!("users update {MEMBER} billing");
    let mut first = String::new();
    for _ in 2..MAX_PENDING {
        let waiting = type_in(&service, &update).await;
        assert_eq!(waiting.outcome, Outcome::Waiting, "{}", text(&waiting));
        first = waiting.operation;
    }
    let at_once: Vec<_> = (0..20)
        .map(|_| {
            let (service, update) = (Arc::clone(&service), update.clone());
            tokio::spawn(async move { type_in(&service, &update).await })
        })
        .collect();
    let mut waiting = 0;
    for one in at_once {
        let reply = one.await.unwrap();
        match reply.outcome {
            Outcome::Waiting => waiting += 1,
            _ => says(&reply, Outcome::RateLimited, &["pending requests", "100", "Nothing was", "cancel ID"]),
        }
    }
    assert_eq!(waiting, 2, "as many as were left");
    let refused = type_in(&service, &update).await;
    assert_eq!(kinds(&service, &refused.operation), ["received", "outcome: rate_limited"]);
    // Others have a number of their own, and what does not wait is not counted.
    assert_eq!(type_as(&service, &bob(), &update).await.outcome, Outcome::Waiting);
    assert_eq!(type_in(&service, &format!("{update} --yes")).await.outcome, Outcome::Done);
    assert_eq!(type_in(&service, &format!("{update} --dry-run")).await.outcome, Outcome::Done);
    assert_eq!(type_in(&service, &format!("cancel {first}")).await.outcome, Outcome::Done);
    // The role is what it was to become.
    let other = format!("users update {MEMBER} user");
    assert_eq!(type_in(&service, &other).await.outcome, Outcome::Waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_of_pending_requests_of_one_person_have_a_limit() {
    let (_simulator, service) = open_host().await;
    let settings = json!({"settings": {"note": "x".repeat(1_000_000)}});
    let request = || Input::Operation {
        id: "managed-settings.update-default".to_owned(),
        arguments: settings.as_object().unwrap().clone(),
        options: Options { reason: Some(Reason::new("a test").unwrap()), ..Options::default() },
    };
    let mut waiting = 0;
    let refused = loop {
        let reply = ask(&service, &support::ada(), request()).await;
        if reply.outcome != Outcome::Waiting {
            break reply;
        }
        waiting += 1;
        assert!(waiting < 20);
    };
    says(&refused, Outcome::RateLimited, &["pending requests", "16 MiB"]);
    assert!(waiting > 2, "{waiting}");
}
