//! What the sandbox costs: the same list call, three ways, compared in one run.
//!
//! * native: a pooled hyper client that reads the page into Rust structs;
//! * host: this host with a fresh instance of the component for each call, its gate and its pooled client;
//! * default sender: the component in a fresh instance on wasi-http's own sender, which opens a connection a request.
//!
//! All three ask one upstream in the same process over loopback. The ways take turns within a round, and a ratio is
//! made within a round, so that what else the machine does meets all of them. Times alone say little here; ratios do.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a measurement that goes wrong must end")]

use bytes::Bytes;
use claude_admin::command::Invocation;
use claude_admin::decision::groups::Groups;
use claude_admin::decision::operation::Clock;
use claude_admin::decision::policy::{LivePolicy, Policies};
use claude_admin::decision::{Authorized, Decider};
use claude_admin::egress::{AddressRule, Client, Credentials, Egress};
use claude_admin::embedded::COMPONENT;
use claude_admin::identity::{Place, Principal};
use claude_admin::sandbox::{Limits, Plugin, Sandbox};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use secrecy::SecretString;
use serde::Deserialize;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use wasmtime::component::{Component, InstancePre, Linker, ResourceTable, Val};
use wasmtime::{Engine, Store};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView, default_hooks};
use wasmtime_wasi_io::IoView;

const ITEMS: usize = 20;
const ROUNDS: usize = 9;
const TURN: Duration = Duration::from_millis(700);
const KEY: &str = "sk-ant-admin01-simulator-benchmark";

/// One way to make the call.
trait Way: Send + Sync + 'static {
    fn name(&self) -> &'static str;
    fn call(&self) -> impl Future<Output = ()> + Send;
}

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (address, connections) = upstream();
        let native = Arc::new(Native::new(address));
        let host = Arc::new(Host::new(address));
        let default_sender = Arc::new(DefaultSender::new(address, host.plugin.sandbox().engine()));
        println!("list call of {ITEMS} members, {} processors, {ROUNDS} rounds of {TURN:?} for each way", processors());
        for in_flight in [1, 64] {
            let mut rates: Vec<[f64; 3]> = Vec::new();
            let mut opened = [0; 3];
            // The first round fills caches and pools, and does not count.
            for round in 0..=ROUNDS {
                let count = || connections.load(Ordering::Relaxed);
                let (start, first) = (count(), rate(&native, in_flight).await);
                let (after_first, second) = (count(), rate(&host, in_flight).await);
                let (after_second, third) = (count(), rate(&default_sender, in_flight).await);
                if round > 0 {
                    rates.push([first, second, third]);
                    let new = [after_first - start, after_second - after_first, count() - after_second];
                    opened.iter_mut().zip(new).for_each(|(opened, new)| *opened += new);
                }
            }
            report(in_flight, &rates, opened, [native.name(), host.name(), default_sender.name()]);
        }
    });
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Calls a second, with a number of calls in flight.
async fn rate<W: Way>(way: &Arc<W>, in_flight: usize) -> f64 {
    let done = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let until = started + TURN;
    let workers: Vec<_> = (0..in_flight)
        .map(|_| {
            let (way, done) = (Arc::clone(way), Arc::clone(&done));
            tokio::spawn(async move {
                while Instant::now() < until {
                    way.call().await;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.expect("no call fails");
    }
    done.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64()
}

fn report(in_flight: usize, rates: &[[f64; 3]], opened: [usize; 3], names: [&str; 3]) {
    println!("\n{in_flight} in flight");
    println!("  {:<16} {:>12} {:>26} {:>12}", "way", "calls/s", "ratio to native (range)", "connections");
    for (way, name) in names.iter().enumerate() {
        let absolute = spread(rates.iter().map(|round| round[way]));
        let ratio = spread(rates.iter().map(|round| round[way] / round[0]));
        let shown = format!("{:.2} ({:.2}–{:.2})", ratio.1, ratio.0, ratio.2);
        println!("  {name:<16} {:>12.0} {shown:>26} {:>12}", absolute.1, opened[way]);
    }
}

/// Minimum, median and maximum.
fn spread(values: impl Iterator<Item = f64>) -> (f64, f64, f64) {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    (values[0], values[values.len() / 2], values[values.len() - 1])
}

/// An upstream on a thread of its own that answers every request with the same page, and counts its connections.
fn upstream() -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(answer(listener, counted));
    });
    (address, connections)
}

async fn answer(listener: std::net::TcpListener, counted: Arc<AtomicUsize>) {
    listener.set_nonblocking(true).expect("a listener");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    let page = Bytes::from(page());
    while let Ok((stream, _)) = listener.accept().await {
        counted.fetch_add(1, Ordering::Relaxed);
        let page = page.clone();
        tokio::spawn(async move {
            stream.set_nodelay(true).ok();
            let service = service_fn(move |_| {
                let page = page.clone();
                async move {
                    let response = Response::builder().header("content-type", "application/json").body(Full::new(page));
                    Ok::<_, Infallible>(response.expect("a response"))
                }
            });
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await.ok();
        });
    }
}

fn page() -> String {
    let users: Vec<serde_json::Value> = (0..ITEMS)
        .map(|number| {
            serde_json::json!({
                "id": format!("user_{number:024}"), "type": "user", "email": format!("member{number}@example.com"),
                "name": format!("Member {number}"), "role": "developer", "added_at": "2026-11-21T17:20:00Z",
            })
        })
        .collect();
    serde_json::json!({"data": users, "has_more": true, "first_id": "user_0", "last_id": "user_19"}).to_string()
}

struct Native {
    client: Client,
    url: String,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "reading the fields is the work")]
struct User {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    email: String,
    name: String,
    role: String,
    added_at: String,
}

#[derive(Deserialize)]
struct Page {
    data: Vec<User>,
}

impl Native {
    fn new(address: SocketAddr) -> Self {
        let client = Client::new(AddressRule::LoopbackOnly).expect("a client");
        Self { client, url: format!("http://{address}/v1/organizations/users?limit=20") }
    }
}

impl Way for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    async fn call(&self) {
        let request = Request::builder()
            .uri(&self.url)
            .header("x-api-key", KEY)
            .header("anthropic-version", "2023-06-01")
            .body(Full::default())
            .expect("a request");
        let response = self.client.send(request).await.expect("an answer");
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let page: Page = serde_json::from_slice(&body).expect("a page");
        assert_eq!(page.data.len(), ITEMS);
    }
}

struct Host {
    plugin: Plugin,
    invocation: Authorized<Invocation>,
}

impl Host {
    fn new(address: SocketAddr) -> Self {
        let credentials = Credentials::new(Some(SecretString::from(KEY)), None);
        let upstream = format!("http://{address}").parse().expect("a base URL");
        let egress = Arc::new(Egress::new(upstream, credentials, None).expect("a client"));
        let sandbox = Sandbox::new(Limits::default(), egress, None).expect("a sandbox");
        let plugin = Plugin::embedded(&sandbox).expect("the component loads");
        let policy = "permit(principal == User::\"local:bench\", action in Action::\"read\", resource);";
        let policies = Policies::parse(plugin.catalog(), &Default::default(), "bench.cedar", policy).expect("a policy");
        let decider = Decider::new(Arc::new(LivePolicy::fixed(policies)), Groups::default(), Clock::system());
        let runtime = tokio::runtime::Handle::current();
        let person = tokio::task::block_in_place(|| {
            runtime.block_on(decider.person(&Principal::local("bench"), &Place::terminal()))
        });
        let arguments = [("limit".to_owned(), 20.into())].into_iter().collect();
        let invocation = Invocation { action: "users.list".to_owned(), arguments };
        let action = plugin.catalog().action("users.list").expect("declared").clone();
        let invocation = decider.authorize_now(&person, &action, invocation, "bench").expect("allowed");
        Self { plugin, invocation }
    }
}

impl Way for Host {
    fn name(&self) -> &'static str {
        "host"
    }

    async fn call(&self) {
        let answer = self.plugin.call(&self.invocation).await;
        let page = answer.result.expect("a page");
        assert_eq!(page["data"].as_array().map(Vec::len), Some(ITEMS));
    }
}

/// The component as a program without a gate would embed it: it is told where to go and what to carry.
struct DefaultSender {
    engine: Engine,
    pre: InstancePre<Embedder>,
    component: Component,
    base_url: String,
}

struct Embedder {
    table: ResourceTable,
    http: WasiHttpCtx,
}

impl IoView for Embedder {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiHttpView for Embedder {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: default_hooks(), table: &mut self.table, ctx: &mut self.http }
    }
}

impl DefaultSender {
    fn new(address: SocketAddr, engine: &Engine) -> Self {
        let component = Component::new(engine, COMPONENT).expect("the component compiles");
        let mut linker = Linker::new(engine);
        wasmtime_wasi_io::add_to_linker_async(&mut linker).expect("linked");
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).expect("linked");
        let pre = linker.instantiate_pre(&component).expect("linked");
        Self { engine: engine.clone(), pre, component, base_url: format!("http://{address}") }
    }

    fn export(&self, interface: &str, function: &str) -> wasmtime::component::ComponentExportIndex {
        let interface = self.component.get_export_index(None, &*format!("claude:admin/{interface}@0.1.0"));
        self.component.get_export_index(interface.as_ref(), function).expect("exported")
    }
}

impl Way for DefaultSender {
    fn name(&self) -> &'static str {
        "default sender"
    }

    async fn call(&self) {
        let some = |val: Val| Val::Option(Some(Box::new(val)));
        let mut store = Store::new(&self.engine, Embedder { table: ResourceTable::new(), http: WasiHttpCtx::new() });
        store.set_epoch_deadline(u64::MAX / 2);
        let instance = self.pre.instantiate_async(&mut store).await.expect("an instance");
        let configure = instance.get_func(&mut store, self.export("settings", "configure")).expect("a function");
        let credential = Val::Variant("admin-key".to_owned(), Some(Box::new(Val::String(KEY.to_owned()))));
        let settings = [some(Val::String(self.base_url.clone())), some(credential), Val::Option(None)];
        let mut results = [Val::Bool(false)];
        configure.call_async(&mut store, &settings, &mut results).await.expect("configured");
        let list = instance.get_func(&mut store, self.export("users", "list")).expect("a function");
        let page = Val::Record(vec![
            ("limit".to_owned(), some(Val::U32(20))),
            ("after-id".to_owned(), Val::Option(None)),
            ("before-id".to_owned(), Val::Option(None)),
        ]);
        list.call_async(&mut store, &[Val::Option(None), Val::List(Vec::new()), page], &mut results)
            .await
            .expect("called");
        assert!(matches!(&results[0], Val::Result(Ok(Some(_)))), "{:?}", results[0]);
    }
}
