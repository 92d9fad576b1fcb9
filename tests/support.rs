//! Shared code of the tests: a host in front of the simulator, and commands that are typed into it.

use claude_admin::Choice;
use claude_admin::audit::{Filter, export, search};
use claude_admin::command::{Draft, Invocation, Markup, Options, Reason};
use claude_admin::decision::LivePolicy;
use claude_admin::decision::approval::{Approvals, NoObserver, Observer, Planned, Proposal, Proposed, Settled, Vote};
use claude_admin::decision::groups::Groups;
use claude_admin::decision::operation::{Clock, Ledger, Receipt};
use claude_admin::decision::people::People;
use claude_admin::decision::policy::Policies;
use claude_admin::decision::{Authorized, Decider};
use claude_admin::egress::{Credentials, Egress, Upstream};
use claude_admin::identity::{Place, Principal};
use claude_admin::sandbox::{Limits, Plugin, Sandbox};
use claude_admin::service::{Input, Outcome, Reply, Request, Service};
use claude_admin::store::{Hosts, Settings, SqliteLog};
use claude_admin_catalog::Catalog;
use claude_admin_simulator::{RunningSimulator, Simulator, SimulatorConfig};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A member of the made-up organization, and her address.
pub(super) const MEMBER: &str = "user_01fTPAarejCcux4jybAuxoiu";
pub(super) const ADDRESS: &str = "xiuying.li@example.com";
/// A command that requires a second person.
pub(super) const REMOVE: &str = "users remove user_01fTPAarejCcux4jybAuxoiu --reason leaver";
/// A policy under which all users can run everything.
pub(super) const EVERYBODY: &str = "permit(principal, action, resource);";

/// The time of the clock of a simulator.
pub(super) fn now() -> jiff::Timestamp {
    "2026-11-21T17:20:00Z".parse().expect("a time")
}

/// The repository.
pub(super) fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The folder for files that tests build. It is used again in the next run.
pub(super) fn build_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// A simulator with its usual organization.
pub(super) async fn simulator() -> RunningSimulator {
    Simulator::start(SimulatorConfig::default()).await.expect("a loopback port is free")
}

/// The credentials that a simulator accepts.
pub(super) fn credentials(simulator: &RunningSimulator) -> Credentials {
    let secret = |text: &str| Some(SecretString::from(text));
    Credentials::new(secret(simulator.admin_key()), secret(simulator.oauth_token()))
        .with_scoped_key(secret(simulator.scoped_key()))
}

/// A sandbox whose requests go to a base URL.
pub(super) fn sandbox(base_url: &str, credentials: Credentials, limits: Limits) -> Arc<Sandbox> {
    let upstream: Upstream = base_url.parse().expect("a base URL on this machine");
    let egress = Arc::new(Egress::new(upstream, credentials, None).expect("a client"));
    Sandbox::new(limits, egress, Some(&build_folder().join("compiled"))).expect("a sandbox")
}

/// A policy under which two people at this terminal can run everything; a command that requires a second person needs
/// the approval of the other one.
pub(super) const OPEN_POLICY: &str = r#"
@id("ada") permit(principal == User::"local:ada", action, resource);
@id("bob") permit(principal == User::"local:bob", action, resource);
"#;

/// The requester.
pub(super) fn ada() -> Principal {
    Principal::local("ada").expect("an ID")
}

/// The approver.
pub(super) fn bob() -> Principal {
    Principal::local("bob").expect("an ID")
}

/// A decider with a policy, and with groups that the configuration would define.
pub(super) fn decider(catalog: &Catalog, policy: &str, groups: &[(&str, &[&str])], clock: Clock) -> Decider {
    let members = |lines: &[&str]| lines.iter().map(|line| line.parse().expect("a member")).collect();
    let groups: BTreeMap<_, _> = groups.iter().map(|(name, lines)| ((*name).to_owned(), members(lines))).collect();
    let groups = Groups::new(groups, None);
    let policies = Policies::parse(catalog, &groups.names(), "test.cedar", policy);
    let policies = policies.unwrap_or_else(|errors| panic!("{errors}"));
    Decider::new(Arc::new(LivePolicy::fixed(policies)), groups, clock).with_people(people())
}

/// The accounts of tests. Each belongs to a different person: otherwise an account could not approve a request of an
/// account of another platform.
const ACCOUNTS: [&str; 14] = [
    "http:auditor",
    "http:bot",
    "http:ci",
    "http:second",
    "local:ada",
    "local:bob",
    "slack:T1/U1",
    "slack:T1/U2",
    "slack:T1/UREADER",
    "slack:T1/USECOND",
    "slack:T1/UTHIRD",
    "slack:T1/UWRITER",
    "slack:T1/WRITER",
    "slack:T1/READER",
];

fn people() -> People {
    let accounts =
        ACCOUNTS.map(|account| (account.replace([':', '/'], "-"), vec![account.parse().expect("an account")]));
    People::new(accounts).expect("one person each")
}

/// An audit log that ends with the test.
pub(super) fn ledger(clock: Clock) -> Ledger {
    Ledger::open(Box::new(SqliteLog::in_memory().expect("memory")), Hosts::in_memory(), clock).expect("a ledger")
}

/// The component of the project, in front of a simulator.
pub(super) async fn plugin(simulator: &RunningSimulator) -> Arc<Plugin> {
    let sandbox = sandbox(&simulator.base_url(), credentials(simulator), limits());
    Arc::new(Plugin::embedded(&sandbox).expect("the component loads"))
}

/// A simulator, and a host with a policy in front of it.
pub(super) async fn host(policy: &str, groups: &[(&str, &[&str])]) -> (RunningSimulator, Service) {
    let simulator = simulator().await;
    let now = simulator.watch();
    let service = service_with(plugin(&simulator).await, policy, groups);
    (simulator, service.with_api_clock(Clock::new(move || now().as_millisecond())))
}

/// A simulator, and a host in front of it in which [`ada`] and [`bob`] can run everything.
pub(super) async fn open_host() -> (RunningSimulator, Service) {
    host(OPEN_POLICY, &[]).await
}

/// A host with a store in a file, in which all users can run everything.
pub(super) fn host_on(store: &Path, plugin: Arc<Plugin>, steps: Arc<dyn Observer>) -> Service {
    host_on_at(store, plugin, steps, Clock::system())
}

/// The same, with another clock.
pub(super) fn host_on_at(store: &Path, plugin: Arc<Plugin>, steps: Arc<dyn Observer>, clock: Clock) -> Service {
    let log = SqliteLog::open(store, Settings::default()).expect("a store");
    let ledger = Ledger::open(Box::new(log), Hosts::of(store), clock.clone()).expect("a ledger");
    let decider = decider(plugin.catalog(), EVERYBODY, &[], clock);
    Service::new(plugin, decider, ledger, steps)
}

/// Methods and paths of the requests that arrived, other than reads.
pub(super) fn writes(simulator: &RunningSimulator) -> Vec<String> {
    let requests = simulator.requests().into_iter().filter(|request| request.method != "GET");
    requests.map(|request| format!("{} {}", request.method, request.path)).collect()
}

/// The entries of an operation, oldest first.
pub(super) fn kinds(service: &Service, operation: &str) -> Vec<String> {
    let filter = Filter { operation: Some(operation.to_owned()), ..Filter::default() };
    let found = search(service.ledger().log(), &filter, 10_000).expect("the trail can be read").found;
    found.iter().rev().map(|recorded| recorded.entry.event.to_string()).collect()
}

/// The kinds of all entries in the audit log, oldest first.
pub(super) fn every_entry(service: &Service) -> Vec<String> {
    let found = search(service.ledger().log(), &Filter::default(), 10_000).expect("the log can be read").found;
    found.iter().rev().map(|recorded| recorded.entry.event.to_string()).collect()
}

/// Everything that is in the audit log, as JSON.
pub(super) fn recorded(service: &Service) -> String {
    let found = search(service.ledger().log(), &Filter::default(), 10_000).expect("the log can be read").found;
    found.iter().map(|recorded| serde_json::to_string(&recorded.entry).expect("JSON")).collect()
}

/// Checks the outcome of a command, and the text that a person reads.
pub(super) fn says(reply: &Reply, outcome: Outcome, words: &[&str]) {
    let text = text(reply);
    assert_eq!(reply.outcome, outcome, "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is not in: {text}");
    }
}

/// A service with a component and a policy.
pub(super) fn service_with(plugin: impl Into<Arc<Plugin>>, policy: &str, groups: &[(&str, &[&str])]) -> Service {
    let plugin = plugin.into();
    let decider = decider(plugin.catalog(), policy, groups, Clock::system());
    Service::new(plugin, decider, ledger(Clock::system()), Arc::new(NoObserver))
}

/// A service with the component of the project, in front of a base URL.
pub(super) fn service_at(base_url: &str, credentials: Credentials, limits: Limits) -> Service {
    let plugin = Plugin::embedded(&sandbox(base_url, credentials, limits)).expect("the component loads");
    service_with(plugin, OPEN_POLICY, &[])
}

/// A service with the component of the project, in front of a simulator.
pub(super) fn service(simulator: &RunningSimulator) -> Service {
    let now = simulator.watch();
    let service = service_at(&simulator.base_url(), credentials(simulator), limits());
    service.with_api_clock(Clock::new(move || now().as_millisecond()))
}

/// An authorized invocation of [`ada`], decided by users who can run everything.
pub(super) async fn authorized(plugin: &Arc<Plugin>, invocation: Invocation) -> Authorized<Invocation> {
    authorized_for(&ada(), plugin, invocation).await
}

/// An authorized invocation of a principal: a read by any principal, or any action by users who can run everything.
pub(super) async fn authorized_for(
    principal: &Principal,
    plugin: &Arc<Plugin>,
    invocation: Invocation,
) -> Authorized<Invocation> {
    let policy = format!("{OPEN_POLICY} @id(\"readers\") permit(principal, action in Action::\"read\", resource);");
    let mut decided = decided(principal, plugin, &invocation, &policy).await;
    if matches!(decided.1, Proposed::Pointless(..)) {
        // The action has no effect on this target. If the requester cannot read the target, it is sent anyway.
        let catalog = plugin.catalog();
        let read = catalog.before_action(&invocation.action).expect("it was read");
        let blind = format!("{policy} @id(\"blind\") forbid(principal, action == Action::\"{}\", resource);", read.id);
        decided = self::decided(principal, plugin, &invocation, &blind).await;
    }
    let (approvals, proposed) = decided;
    let person = async |principal: &Principal| approvals.decider().person(principal, &Place::terminal()).await;
    let (asking, bob) = (person(principal).await, person(&bob()).await);
    match proposed {
        Proposed::Read { authorized, .. } | Proposed::Planned(Planned::Run(_, authorized)) => authorized,
        Proposed::Planned(Planned::Waiting(operation)) => {
            let vote = Vote {
                operation: operation.id,
                version: Some(1),
                by_button: true,
                choice: Choice::Approve,
                reason: None,
            };
            let mut settled = approvals.settle(vote.clone(), &bob).await.expect("it is approved");
            if matches!(settled, Settled::Counted(_)) {
                let confirmed = Vote { choice: Choice::Confirm, ..vote };
                settled = approvals.settle(confirmed, &asking).await.expect("it is confirmed");
            }
            match settled {
                Settled::Run(_, authorized) => authorized,
                other => panic!("{other:?}"),
            }
        }
        Proposed::Planned(other) => panic!("{other:?}"),
        Proposed::Pointless(plan, _) => panic!("nothing would be sent: {plan:?}"),
    }
}

/// Proposes an invocation under a policy.
async fn decided(
    principal: &Principal,
    plugin: &Arc<Plugin>,
    invocation: &Invocation,
    policy: &str,
) -> (Approvals, Proposed) {
    let decider = Arc::new(decider(plugin.catalog(), policy, &[], Clock::system()));
    let approvals =
        Approvals::new(Arc::clone(plugin), Arc::clone(&decider), ledger(Clock::system()), Arc::new(NoObserver));
    let asking = decider.person(principal, &Place::terminal()).await;
    let options = Options { yes: true, reason: Some(Reason::new("a test").unwrap()), ..Options::default() };
    let draft = Draft { invocation: invocation.clone(), references: Default::default() };
    let receipt = Receipt::new(approvals.ledger().clone(), None);
    let proposal =
        Proposal { operation: "operation-of-a-test", person: &asking, draft, options: &options, receipt: &receipt };
    let proposed = approvals.propose(proposal).await.expect("it is allowed");
    (approvals, proposed)
}

/// The default limits, with few concurrent calls.
pub(super) fn limits() -> Limits {
    Limits { concurrency: 4, ..Limits::default() }
}

/// Types a command at this terminal.
pub(super) async fn type_in(service: &Service, line: &str) -> Reply {
    type_as(service, &ada(), line).await
}

/// Types a command as a user at this terminal.
pub(super) async fn type_as(service: &Service, principal: &Principal, line: &str) -> Reply {
    ask(service, principal, Input::Text { line: line.to_owned(), markup: Markup::None }).await
}

/// Sends an input as a user at this terminal.
pub(super) async fn ask(service: &Service, principal: &Principal, input: Input) -> Reply {
    let (principal, place) = (principal.clone(), Place::terminal());
    service.handle(Request { principal, place, input, delivery: None, format: None }).await
}

/// Sends an input, and has another user approve it if an approval is required.
pub(super) async fn carry_out(service: &Service, input: Input) -> Reply {
    let reply = ask(service, &ada(), input).await;
    if reply.outcome != Outcome::Waiting {
        return reply;
    }
    let approved = type_as(service, &bob(), &format!("approve {}", reply.operation)).await;
    if approved.outcome != Outcome::Waiting {
        return approved;
    }
    // The result is only for the requester, who runs the command.
    type_in(service, &format!("confirm {}", reply.operation)).await
}

/// The text that a person reads.
pub(super) fn text(reply: &Reply) -> String {
    claude_admin::render::text(&reply.document)
}

/// Waits up to a minute for a condition that background work makes true.
pub(super) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..2400 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("it did not happen in time: {what}");
}

/// The audit log, as it is exported.
pub(super) fn log_of(service: &Service) -> String {
    let mut out = Vec::new();
    export::ocsf(service.ledger().log(), 0, &mut out).expect("the log can be read");
    String::from_utf8(out).expect("text")
}
