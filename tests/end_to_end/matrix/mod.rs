//! The component, unchanged, in several runtimes: what one answers, all must answer. See `tests/matrix/README.md`.
//!
//! Without anything else, this host is asked, and the gateway in this process. `MATRIX_PYTHON` (an interpreter with the
//! packages of `examples/embed-python`), `MATRIX_NODE` (`node`, after `npm run build` in `examples/embed-node`) and
//! `MATRIX_WASMTIME` (command lines of wasmtime, separated as in `PATH`) add the others.

mod adapter;
mod canned;
mod through_gateway;
mod troubles;
mod value;

use super::support;
use adapter::Adapter;
use canned::{Canned, Reply, Upstream};
use claude_admin::command::{self, Command, Invocation, Markup};
use claude_admin::decision::Authorized;
use claude_admin::egress::Credentials;
use claude_admin::sandbox::{CallError, Plugin, to_val};
use claude_admin_catalog::Catalog;
use claude_admin_simulator::RunningSimulator;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// One line of the table.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Case {
    name: String,
    action: String,
    arguments: Map<String, Value>,
    request: canned::Request,
    reply: Reply,
    result: Outcome,
}

/// What a function returned, as the JSON of the wire.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok(Value),
    Err(Value),
    Trap(String),
}

fn table_file() -> std::path::PathBuf {
    support::workspace().join("tests/matrix/cases.json")
}

fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(table_file()).expect("there is a table; BLESS=1 writes it");
    serde_json::from_str(&text).expect("the table is JSON")
}

/// This host before an upstream whose answers are given.
struct Host {
    plugin: Arc<Plugin>,
    /// Where it is decided, which may take reads of its own.
    deciding: Arc<Plugin>,
    _simulator: RunningSimulator,
}

impl Host {
    async fn new(upstream: &str, credentials: Credentials) -> Self {
        let simulator = support::simulator().await;
        let sandbox = support::sandbox(upstream, credentials, support::limits());
        let plugin = Arc::new(Plugin::embedded(&sandbox).expect("the component loads"));
        let deciding = support::plugin(&simulator).await;
        Self { plugin, deciding, _simulator: simulator }
    }

    fn catalog(&self) -> &Catalog {
        self.plugin.catalog()
    }

    async fn authorized(&self, invocation: &Invocation) -> Authorized<Invocation> {
        support::authorized(&self.deciding, invocation.clone()).await
    }

    async fn call(&self, invocation: &Invocation) -> Outcome {
        match self.plugin.call(&self.authorized(invocation).await).await.result {
            Ok(value) => Outcome::Ok(value),
            Err(CallError::Failed { error }) => Outcome::Err(error),
            Err(other) => Outcome::Trap(other.to_string()),
        }
    }
}

fn invocation(case: &Case) -> Invocation {
    Invocation { action: case.action.clone(), arguments: case.arguments.clone().into_iter().collect() }
}

/// Texts of transport errors are the runtime's own.
fn comparable(mut outcome: Outcome) -> Outcome {
    if let Outcome::Err(error) = &mut outcome
        && let Some(message) = error.pointer_mut("/transport/message")
    {
        *message = json!("…");
    }
    outcome
}

fn check(runtime: &str, case: &Case, request: Option<canned::Request>, result: Outcome, wrong: &mut Vec<String>) {
    if request.as_ref() != Some(&case.request) {
        wrong.push(format!("{runtime}: {}: sent {request:?}, and not {:?}", case.name, case.request));
    }
    let (result, expected) = (comparable(result), comparable(case.result.clone()));
    if result != expected {
        wrong.push(format!("{runtime}: {}: returned {result:?}, and not {expected:?}", case.name));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_runtime_sends_and_returns_what_the_table_says() {
    if std::env::var_os("BLESS").is_some() {
        return;
    }
    let upstream = Canned::start(Upstream::Table).await;
    let key = "sk-ant-admin01-simulator-matrix";
    let fake = || Some(SecretString::from(key));
    let host = Host::new(&upstream.base_url(), Credentials::new(fake(), fake()).with_scoped_key(fake())).await;
    let mut adapters = Adapter::all(key);
    let gateways = through_gateway::all(&upstream.base_url(), key).await;
    let mut wrong = Vec::new();
    for case in cases() {
        let invocation = invocation(&case);
        upstream.will_answer(case.reply.clone());
        let result = host.call(&invocation).await;
        check("this host", &case, upstream.received(), result, &mut wrong);
        for adapter in &mut adapters {
            upstream.will_answer(case.reply.clone());
            let result = adapter.call(&upstream.base_url(), host.catalog(), &invocation);
            check(&adapter.name, &case, upstream.received(), result, &mut wrong);
        }
        // A gateway shows nobody what people wrote.
        let is_shown = host.catalog().action(&case.action).is_none_or(|action| !action.is_confidential());
        for gateway in gateways.iter().filter(|_| is_shown) {
            upstream.will_answer(case.reply.clone());
            let result = through_gateway::call(gateway, &case).await;
            check(&gateway.name, &case, upstream.received(), result, &mut wrong);
        }
    }
    let names = adapters.iter().map(|adapter| &adapter.name).chain(gateways.iter().map(|gateway| &gateway.name));
    let names: Vec<&String> = names.collect();
    println!("{} cases in this host and in {names:?}", cases().len());
    assert!(wrong.is_empty(), "{} disagreements:\n{}", wrong.len(), wrong.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_has_every_action() {
    let host = Host::new("http://127.0.0.1:9", Credentials::default()).await;
    let catalog = host.catalog();
    let cases = cases();
    for action in &catalog.actions {
        assert!(cases.iter().any(|case| case.action == action.id), "no case for {}; BLESS=1 adds it", action.id);
    }
    for case in &cases {
        let action = catalog.action(&case.action).expect("declared");
        let given = invocation(case).parameters(action);
        for param in &action.params {
            to_val(&catalog.types, &param.ty, given.get(&param.name)).expect("the arguments are of their types");
        }
    }
}

/// Writes the table: an example of each action with the answer of the simulator, and what else can come back.
#[tokio::test(flavor = "multi_thread")]
async fn bless_the_table() {
    if std::env::var_os("BLESS").is_none() {
        return;
    }
    let simulator = support::simulator().await;
    let upstream = Canned::start(Upstream::Behind(simulator.base_url().to_owned())).await;
    let host = Host::new(&upstream.base_url(), support::credentials(&simulator)).await;
    let catalog = host.catalog();
    let examples = catalog.actions.iter().filter_map(|action| action.examples.first()).map(|example| {
        let command = command::parse(catalog, example, Markup::None, support::now());
        let Ok(Command::Run(draft, _)) = command else { panic!("{example} does not run") };
        (example.clone(), draft.invocation, None)
    });
    let troubles = troubles::all().into_iter().map(|trouble| (trouble.name, trouble.invocation, Some(trouble.reply)));
    let mut table = Vec::new();
    for (name, invocation, reply) in examples.chain(troubles) {
        simulator.reset();
        match reply {
            Some(reply) => upstream.will_answer(reply),
            None => upstream.will_forward(),
        }
        let result = host.call(&invocation).await;
        let request = upstream.received().expect("it was sent");
        // A report is asked for in the largest pages.
        let arguments = host.authorized(&invocation).await.get().arguments.clone().into_iter().collect();
        let reply = upstream.answered();
        table.push(Case { name, action: invocation.action, arguments, request, reply, result });
    }
    let text = serde_json::to_string_pretty(&table).expect("it is JSON");
    std::fs::write(table_file(), text + "\n").expect("the table is written");
}
