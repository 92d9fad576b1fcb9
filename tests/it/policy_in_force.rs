//! The output of a host about its policy: permissions, their reasons, and the recorded commands.

use crate::support::{self, ADDRESS, MEMBER, ada, bob, host, plugin, says, text, type_as, type_in};
use claude_admin::Choice;
use claude_admin::audit::{Entry, Event, Filter, search};
use claude_admin::decision::Decider;
use claude_admin::decision::LivePolicy;
use claude_admin::decision::approval::{NoObserver, Vote};
use claude_admin::decision::operation::Clock;
use claude_admin::decision::policy::Policies;
use claude_admin::identity::{Place, Principal};
use claude_admin::service::{Input, Outcome, Service};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn without_a_policy_only_status_whoami_and_help_succeed() {
    let simulator = support::simulator().await;
    let plugin = plugin(&simulator).await;
    let folder = tempfile::tempdir().unwrap();
    for text_of_policy in [None, Some("permit(principal, action == Action::\"users.nothing\", resource);")] {
        let file = folder.path().join("policy.cedar");
        if let Some(text) = text_of_policy {
            std::fs::write(&file, text).unwrap();
        }
        let live = LivePolicy::open(plugin.catalog(), &file, Default::default());
        let decider = Decider::new(Arc::new(live), Default::default(), Clock::system());
        let service =
            Service::new(Arc::clone(&plugin), decider, support::ledger(Clock::system()), Arc::new(NoObserver));
        for action in &service.catalog().actions {
            let reply = type_in(&service, &format!("{} --reason x", action.examples[0])).await;
            says(&reply, Outcome::Denied, &["policy", "Nothing was sent"]);
        }
        for line in [
            "audit tail",
            "audit verify",
            "policy",
            "can-i users list",
            "pending",
            "status 3ctf",
            "confirm 3ctf.1",
            "approve 3ctf.1",
            "deny 3ctf.1 --reason x",
            "cancel 3ctf",
        ] {
            says(&type_in(&service, line).await, Outcome::Denied, &["no policy is active"]);
        }
        says(&type_in(&service, "status").await, Outcome::Done, &["everything is denied"]);
        assert!(!text(&type_in(&service, "status").await).contains("users.nothing"), "details are for those who may");
        says(&type_in(&service, "whoami").await, Outcome::Done, &["local:ada"]);
        says(&type_in(&service, "help").await, Outcome::Done, &["no policy allows you"]);
    }
    assert_eq!(simulator.requests(), []);
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
    // A question can leave out arguments.
    let open = type_as(&service, &bob(), "can-i users remove --explain").await;
    says(&open, Outcome::Denied, &["admins-remove", "Checked without <user-id>", "users remove <user-id>"]);
    says(&type_in(&service, "can-i workspace-members add").await, Outcome::Done, &["Yes", "<workspace-role>"]);
    for action in &service.catalog().actions {
        says(&type_in(&service, &format!("can-i {}", action.command())).await, Outcome::Done, &["Yes"]);
    }
    // An address without a match is not resolved.
    let nobody = type_in(&service, "can-i users remove nobody@example.com").await;
    says(&nobody, Outcome::Done, &["Yes", "has no entry with the e-mail address `nobody@example.com`", "would fail"]);
    simulator.clear_requests();
    says(&type_in(&service, "can-i whoami").await, Outcome::Usage, &["can-i"]);
    assert_eq!(simulator.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn help_shows_what_this_person_may_run() {
    let policy = r#"permit(principal == User::"local:bob", action in Action::"invites", resource);"#;
    let (_simulator, service) = host(policy, &[]).await;
    let help = text(&type_as(&service, &bob(), "help").await);
    assert!(help.contains("help invites") && !help.contains("help users"), "{help}");
    for word in ["pending", "status", "approve", "deny", "cancel", "confirm", "can-i", "whoami"] {
        assert!(help.contains(&format!("\n{word} ")), "{word}: {help}");
        for line in [format!("help {word}"), format!("{word} --help")] {
            says(&type_as(&service, &bob(), &line).await, Outcome::Done, &[word, "."]);
        }
    }
    assert!(!help.contains("\naudit ") && !help.contains("\npolicy "), "{help}");
    says(&type_as(&service, &bob(), "help audit").await, Outcome::Done, &["You cannot run `audit` here"]);
    let (_simulator, open) = support::open_host().await;
    says(&type_in(&open, "help").await, Outcome::Done, &["\naudit ", "\npolicy "]);
    says(&type_in(&open, "help audit").await, Outcome::Done, &["audit tail", "audit.read"]);
    assert!(text(&type_as(&service, &ada(), "help").await).contains("no policy allows you"));
}

#[tokio::test(flavor = "multi_thread")]
async fn audit_log_has_all_kinds_and_reading_it_needs_permission() {
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
    says(&type_in(&service, "audit verify").await, Outcome::Done, &["is valid"]);
    let head = type_in(&service, "audit head").await.to_json()["head"].as_str().unwrap().to_owned();
    says(&type_in(&service, &format!("audit verify --head {head}")).await, Outcome::Done, &["is valid"]);
    let forged = head.replace(['a', 'b'], "c");
    assert_ne!(type_in(&service, &format!("audit verify --head {forged}")).await.outcome, Outcome::Done);
}

/// The newest entry of a kind and a principal.
fn newest(service: &Service, who: &str, kind: &str) -> Entry {
    let filter = Filter { principal: Some(who.parse().unwrap()), kind: Some(kind.to_owned()), ..Filter::default() };
    let found = search(service.ledger().log(), &filter, 1).unwrap().found;
    found.into_iter().next().unwrap_or_else(|| panic!("no {kind} of {who}")).entry
}

#[tokio::test(flavor = "multi_thread")]
async fn every_entry_has_principal_place_policy_and_plan() {
    let policy = r#"
        @id("everybody") permit(principal, action, resource);
        @id("not-eve") forbid(principal == User::"local:eve", action in Action::"write", resource);"#;
    let (_simulator, service) = host(policy, &[]).await;
    let hash = format!("{:x}", Sha256::digest(policy));
    let eve = Principal::local("eve").unwrap();
    let (place, here) = (Some(Place::terminal()), format!("{MEMBER} ({ADDRESS})"));

    // A read, with a lookup before it.
    type_in(&service, &format!("users get {ADDRESS}")).await;
    let read = newest(&service, "local:ada", "outcome");
    assert_eq!((&read.place, read.policy_hash.as_ref()), (&place, Some(&hash)));
    assert_eq!((&read.policies, &read.resolved), (&vec!["everybody".to_owned()], &vec![here.clone()]));
    assert_eq!(read.lookups.len(), 1, "{read:?}");

    // A denial, after a lookup.
    says(&type_as(&service, &eve, &format!("users update {ADDRESS} billing")).await, Outcome::Denied, &["not-eve"]);
    let denied = newest(&service, "local:eve", "denied");
    assert_eq!((denied.policy_hash.as_ref(), &denied.policies), (Some(&hash), &vec!["not-eve".to_owned()]));
    assert_eq!((denied.lookups.len(), &denied.resolved), (1, &vec![here.clone()]));

    // A write: planned, a click that does not count, decided, begun, ended.
    let plan = type_in(&service, &format!("users remove {ADDRESS} --reason leaver")).await;
    let planned = newest(&service, "local:ada", "planned");
    assert_eq!((planned.policy_hash.as_ref(), &planned.policies), (Some(&hash), &vec!["everybody".to_owned()]));
    let command = format!("users remove {MEMBER}");
    says(&type_in(&service, &format!("approve {}.1", plan.operation)).await, Outcome::Denied, &["own request"]);
    let click = newest(&service, "local:ada", "denied");
    assert_eq!((click.action.as_deref(), click.command.as_ref()), (Some("users.remove"), Some(&command)));
    assert_eq!((click.operation.as_ref(), click.version), (Some(&plan.operation), Some(1)));
    says(&type_as(&service, &bob(), &format!("approve {}.1", plan.operation)).await, Outcome::Done, &["Done."]);
    let decided = newest(&service, "local:bob", "decided");
    assert_eq!(decided.version, Some(1));
    assert!(decided.plan_hash.as_ref().is_some_and(|hash| hash.len() == 64), "{decided:?}");
    let (intent, outcome) = (newest(&service, "local:ada", "intent"), newest(&service, "local:ada", "outcome"));
    for entry in [&intent, &outcome] {
        assert_eq!(
            (&entry.place, &entry.command, &entry.resolved),
            (&place, &Some(command.clone()), &vec![here.clone()])
        );
        assert_eq!((&entry.plan_hash, entry.version), (&decided.plan_hash, Some(1)));
    }
    assert_eq!(intent.lookups.len(), 2, "the address and the member were looked up again");
    for kind in ["intent", "outcome"] {
        let line = format!("audit search --principal local:ada --kind {kind} --operation {}", plan.operation);
        says(&type_in(&service, &line).await, Outcome::Done, &["1 entry", &command]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_least_half_of_forged_requests_are_recorded_before_a_kill() {
    let (_simulator, service) = host("", &[]).await;
    for _ in 0..100 {
        service.refused("forged").await;
    }
    // No `tick` and no `finish` is called.
    let filter = Filter { kind: Some("denied".to_owned()), ..Filter::default() };
    let found = search(service.ledger().log(), &filter, 1000).unwrap().found;
    let counts = found.iter().map(|recorded| match &recorded.entry.event {
        Event::Denied { count, .. } => *count,
        other => panic!("{other}"),
    });
    assert_eq!((found.len(), counts.sum::<u64>()), (7, 64));
    service.finish().await;
    let found = search(service.ledger().log(), &filter, 1000).unwrap().found;
    assert!(matches!(found[0].entry.event, Event::Denied { count: 36, .. }), "{:?}", found[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn pending_request_is_hidden_and_undecidable_without_a_policy() {
    let simulator = support::simulator().await;
    let plugin = plugin(&simulator).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.cedar");
    std::fs::write(&file, support::EVERYBODY).unwrap();
    let live = Arc::new(LivePolicy::open(plugin.catalog(), &file, Default::default()));
    let ledger = support::ledger(Clock::system());
    let service = |live: &Arc<LivePolicy>| {
        let decider = Decider::new(Arc::clone(live), Default::default(), Clock::system());
        Service::new(Arc::clone(&plugin), decider, ledger.clone(), Arc::new(NoObserver))
    };
    let plan = type_in(&service(&live), support::REMOVE).await;
    std::fs::remove_file(&file).unwrap();
    let stopped = service(&Arc::new(LivePolicy::open(plugin.catalog(), &file, Default::default())));
    let id = &plan.operation;
    for line in ["pending".to_owned(), format!("status {id}"), format!("cancel {id}")] {
        says(&type_in(&stopped, &line).await, Outcome::Denied, &["no policy is active"]);
    }
    let vote = Vote { operation: id.clone(), version: Some(1), by_button: true, choice: Choice::Cancel, reason: None };
    says(&support::ask(&stopped, &ada(), Input::Vote(vote)).await, Outcome::Denied, &["no policy is active"]);
    says(&type_in(&stopped, "status").await, Outcome::Done, &["everything is denied"]);
    // With the policy, the request is pending again.
    says(&type_in(&service(&live), &format!("status {id}")).await, Outcome::Done, &["waiting"]);
}

/// Two hosts on one audit log, the second with a later policy.
async fn before_and_after(earlier: &str, later: &str) -> (claude_admin_simulator::RunningSimulator, Service, Service) {
    let simulator = support::simulator().await;
    let plugin = plugin(&simulator).await;
    let ledger = support::ledger(Clock::system());
    let service = |policy: &str| {
        let policies = Policies::parse(plugin.catalog(), &Default::default(), "policy.cedar", policy).unwrap();
        let decider = Decider::new(Arc::new(LivePolicy::fixed(policies)), Default::default(), Clock::system());
        Service::new(Arc::clone(&plugin), decider, ledger.clone(), Arc::new(NoObserver))
    };
    (simulator, service(earlier), service(later))
}

const INVITES: &str = r#"permit(principal, action == Action::"invites.create", resource);"#;
const INVITE: &str = "invites create later@example.com developer";

#[tokio::test(flavor = "multi_thread")]
async fn request_without_a_newly_required_reason_does_not_run() {
    let (simulator, earlier, later) = before_and_after(INVITES, &format!("@reason(\"required\") {INVITES}")).await;
    let plan = type_in(&earlier, INVITE).await;
    for _ in 0..2 {
        let confirmed = type_in(&later, &format!("confirm {}.1", plan.operation)).await;
        says(&confirmed, Outcome::Conflict, &["now requires a reason", "This command changed nothing.", "cancel"]);
    }
    assert_eq!(support::writes(&simulator).len(), 0);
    let asked = type_in(&earlier, &format!("{INVITE} --reason onboarding")).await;
    let confirmed = type_in(&later, &format!("confirm {}.1", asked.operation)).await;
    assert_ne!(confirmed.outcome, Outcome::Usage, "{}", text(&confirmed));
}

#[tokio::test(flavor = "multi_thread")]
async fn request_that_later_needs_approval_is_shown_to_approvers() {
    let (simulator, earlier, later) = before_and_after(INVITES, &format!("@approvals(\"1\") {INVITES}")).await;
    let plan = type_in(&earlier, INVITE).await;
    assert!(!plan.for_others);
    let superseded = type_in(&later, &format!("confirm {}.1", plan.operation)).await;
    says(&superseded, Outcome::Conflict, &["requires more", "Approval needed"]);
    assert!(superseded.for_others && superseded.share);
    says(
        &type_as(&later, &bob(), &format!("approve {}.2", plan.operation)).await,
        Outcome::Done,
        &["later@example.com"],
    );
    assert_eq!(support::writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn forbidden_domain_is_forbidden_in_every_spelling_and_entrance() {
    let policy = r#"
        @id("all") permit(principal, action, resource);
        @id("evil") forbid(principal, action == Action::"invites.create", resource)
            when { context.arguments.email like "*@evil.example" };
    "#;
    let (simulator, service) = host(policy, &[]).await;
    for address in ["x@evil.example", "x@EVIL.example", "x@evil.Example.", "mailto:X@Evil.example"] {
        let typed = type_in(&service, &format!("invites create {address} developer --yes")).await;
        says(&typed, Outcome::Denied, &["evil"]);
        let arguments = serde_json::json!({ "email": address, "role": "developer" }).as_object().unwrap().clone();
        let options = claude_admin::command::Options { yes: true, ..Default::default() };
        let input = Input::Operation { id: "invites.create".to_owned(), arguments, options };
        says(&support::ask(&service, &ada(), input).await, Outcome::Denied, &["evil"]);
        let asked = type_in(&service, &format!("can-i invites create {address} developer")).await;
        assert!(text(&asked).contains("evil"), "{}", text(&asked));
    }
    assert_eq!(support::writes(&simulator), Vec::<String>::new());
    let good = type_in(&service, "invites create X@GOOD.example. developer --yes").await;
    says(&good, Outcome::Done, &["X@good.example"]);
    assert!(simulator.requests().iter().any(|request| request.body.to_string().contains("X@good.example")));
}
