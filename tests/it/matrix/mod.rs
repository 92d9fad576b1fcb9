//! The component, unchanged, in several runtimes: all must return the same results. See `tests/matrix/README.md`.
//!
//! By default, this host and the gateway in this process are tested. `MATRIX_PYTHON` (an interpreter with the packages
//! of `examples/embed-python`), `MATRIX_NODE` (`node`, after `npm run build` in `examples/embed-node`) and
//! `MATRIX_WASMTIME` (command lines of wasmtime, separated as in `PATH`) add the others.

mod adapter;
mod canned;
mod through_gateway;
mod troubles;
mod value;

use crate::support;
use adapter::Adapter;
use canned::{Canned, Reply, Upstream};
use claude_admin::command::{self, Command, Invocation, Markup};
use claude_admin::decision::Authorized;
use claude_admin::egress::Credentials;
use claude_admin::embedded;
use claude_admin::sandbox::{CallError, Plugin, to_val};
use claude_admin_catalog::{Action, Catalog};
use claude_admin_simulator::RunningSimulator;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

/// One case of the table.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Case {
    name: String,
    action: String,
    arguments: Map<String, Value>,
    request: canned::Request,
    reply: Reply,
    /// `None` if the function returns the value in the body of the reply.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    result: Option<Outcome>,
}

impl Case {
    /// The result of a function that returns the value in the body of the reply. `None` if the body is not JSON.
    fn body_as_result(&self) -> Option<Outcome> {
        serde_json::from_str(&self.reply.body).ok().map(Outcome::Ok)
    }

    fn expected(&self) -> Outcome {
        let result = self.result.clone().or_else(|| self.body_as_result());
        result.unwrap_or_else(|| panic!("{}: the case has no result, and its body is not JSON", self.name))
    }
}

/// The result of a function, as the JSON of the API.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Ok(Value),
    Err(Value),
    Trap(String),
}

fn folder_of_the_table() -> PathBuf {
    support::workspace().join("tests/matrix/cases")
}

/// The text of each file of the table, by its name.
fn files_of_the_table() -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder_of_the_table()).expect("there is a table; BLESS=1 writes it");
    let paths = entries.map(|entry| entry.expect("the folder is readable").path());
    let files = paths.filter(|path| path.extension().is_some_and(|extension| extension == "json")).map(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).expect("the name is UTF-8").to_owned();
        (name, fs::read_to_string(&path).expect("the file is text"))
    });
    files.collect()
}

fn cases() -> Vec<Case> {
    let read = |(name, text): (String, String)| -> Vec<Case> {
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("tests/matrix/cases/{name}: {error}"))
    };
    files_of_the_table().into_iter().flat_map(read).collect()
}

/// The files of a table, by name: one for each interface. A file has its cases in the order of the table.
fn files_for(table: Vec<Case>) -> BTreeMap<String, String> {
    let mut by_file: BTreeMap<String, Vec<Case>> = BTreeMap::new();
    for mut case in table {
        // Most functions return the body unchanged. The table would have these values twice.
        if case.result == case.body_as_result() {
            case.result = None;
        }
        let (interface, _) = case.action.split_once('.').expect("an action has an interface");
        by_file.entry(format!("{interface}.json")).or_default().push(case);
    }
    let written = |cases: &Vec<Case>| serde_json::to_string_pretty(cases).expect("it is JSON") + "\n";
    by_file.iter().map(|(name, cases)| (name.clone(), written(cases))).collect()
}

/// This host in front of an upstream whose responses are set.
struct Host {
    plugin: Arc<Plugin>,
    /// The component that is used for decisions, which can send reads.
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

/// An action of the embedded component.
fn declared(id: &str) -> Arc<Action> {
    static CATALOG: LazyLock<Catalog> = LazyLock::new(|| embedded::catalog().expect("it is read"));
    Arc::clone(CATALOG.action(id).expect("it is declared"))
}

fn invocation(case: &Case) -> Invocation {
    Invocation { action: declared(&case.action), arguments: case.arguments.clone().into_iter().collect() }
}

/// The texts of transport errors differ between runtimes.
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
    let (result, expected) = (comparable(result), comparable(case.expected()));
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
        // A gateway never shows content that people wrote.
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
        let given = invocation(case).parameters();
        for param in &action.params {
            to_val(&catalog.types, &param.ty, given.get(&param.name)).expect("the arguments are of their types");
        }
    }
}

#[test]
fn files_of_the_table_are_those_that_bless_writes() {
    if std::env::var_os("BLESS").is_some() {
        return;
    }
    let (found, expected) = (files_of_the_table(), files_for(cases()));
    for name in found.keys().chain(expected.keys()) {
        let is_same = found.get(name) == expected.get(name);
        assert!(is_same, "tests/matrix/cases/{name} differs from the file that BLESS=1 writes");
    }
}

/// Writes the table: an example of each action with the response of the simulator, and the other possible responses.
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
        // A report is requested in the largest pages.
        let arguments = host.authorized(&invocation).await.get().arguments.clone().into_iter().collect();
        let reply = upstream.answered();
        table.push(Case {
            name,
            action: invocation.action.id.clone(),
            arguments,
            request,
            reply,
            result: Some(result),
        });
    }
    let folder = folder_of_the_table();
    fs::create_dir_all(&folder).expect("the folder is created");
    let (before, now) = (files_of_the_table(), files_for(table));
    for name in before.keys().filter(|name| !now.contains_key(*name)) {
        fs::remove_file(folder.join(name)).expect("the file of a deleted interface is removed");
    }
    // A file without a change is not written: other tests read the table at the same time.
    for (name, text) in now.iter().filter(|(name, text)| before.get(*name) != Some(*text)) {
        fs::write(folder.join(name), text).expect("the file is written");
    }
}
