//! The gateway, composed with the component, in an HTTP server: wasmtime as a library, or its command line.

use crate::support;
use bytes::Bytes;
use claude_admin::egress::{AddressRule, Client};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use tokio::net::TcpListener;
use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p2::body::HyperOutgoingBody;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView, default_hooks};

/// The variables of a gateway.
pub(crate) type Variables = Vec<(&'static str, String)>;

/// A running gateway.
pub(crate) struct Served {
    /// The program that serves it.
    pub(crate) name: String,
    pub(crate) base_url: String,
    /// The process, if it is another one.
    child: Option<Child>,
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// The file with the gateway and the component, built once.
pub(crate) fn file() -> &'static Path {
    static FILE: OnceLock<PathBuf> = OnceLock::new();
    FILE.get_or_init(|| {
        let (workspace, target) = (support::workspace(), support::build_folder().join("gateway"));
        let core = claude_admin_packager::compile(workspace, "claude-admin-gateway", &target).expect("it compiles");
        let gateway = claude_admin_packager::componentize(&core).expect("it is a component");
        let composed =
            claude_admin_packager::compose(&gateway, claude_admin::embedded::COMPONENT).expect("they fit together");
        let file = target.join("claude-admin-gateway.wasm");
        std::fs::write(&file, composed).expect("the file is written");
        file
    })
}

struct State {
    table: ResourceTable,
    wasi: WasiCtx,
    http: WasiHttpCtx,
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: default_hooks(), table: &mut self.table, ctx: &mut self.http }
    }
}

impl Served {
    /// Serves the gateway in this process: each request gets a new instance.
    pub(crate) async fn here(variables: Variables) -> Self {
        static COMPONENT: OnceLock<Component> = OnceLock::new();
        let component = COMPONENT
            .get_or_init(|| Component::from_file(&Engine::default(), file()).expect("the composed component compiles"));
        let mut linker = Linker::new(component.engine());
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).expect("linked");
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).expect("linked");
        let pre = ProxyPre::new(linker.instantiate_pre(component).expect("linked")).expect("it is a proxy");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base_url = format!("http://{}", listener.local_addr().expect("an address"));
        let variables = Arc::new(variables);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (pre, variables) = (pre.clone(), Arc::clone(&variables));
                let service = service_fn(move |request| handle(pre.clone(), Arc::clone(&variables), request));
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { name: "the gateway in wasmtime".to_owned(), base_url, child: None }
    }

    /// Serves the gateway with `wasmtime serve`.
    pub(crate) fn by_command_line(wasmtime: &Path, variables: &Variables) -> Self {
        let version = Command::new(wasmtime).arg("--version").output().expect("wasmtime starts").stdout;
        let mut command = Command::new(wasmtime);
        command.args(["serve", "-Scli", "--addr", "127.0.0.1:0"]);
        for (name, value) in variables {
            command.arg("--env").arg(name).env(name, value);
        }
        let mut child =
            command.arg(file()).stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("wasmtime starts");
        let mut lines = BufReader::new(child.stderr.take().expect("it has an error output")).lines();
        let base_url = loop {
            let line = lines.next().expect("it says where it serves").expect("it writes text");
            if let Some((_, address)) = line.split_once("http://") {
                break format!("http://{}", address.trim_end_matches('/'));
            }
        };
        // Its later output is not used, but must not block it.
        std::thread::spawn(move || lines.for_each(drop));
        let name = format!("the gateway in {}", String::from_utf8_lossy(&version).trim());
        Self { name, base_url, child: Some(child) }
    }

    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: String) -> (u16, Value) {
        self.send("POST", path, headers, body).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> (u16, Value) {
        let mut request = http::Request::builder().method(method).uri(format!("{}{path}", self.base_url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let client = Client::new(AddressRule::LoopbackOnly).expect("a client");
        let request = request.body(Full::from(Bytes::from(body))).expect("a request");
        let response = client.send(request).await.expect("it answers");
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("a body").to_bytes();
        let text = || Value::from(String::from_utf8_lossy(&body).into_owned());
        (status, serde_json::from_slice(&body).unwrap_or_else(|_| text()))
    }
}

async fn handle(
    pre: ProxyPre<State>,
    variables: Arc<Variables>,
    request: http::Request<Incoming>,
) -> wasmtime::Result<http::Response<HyperOutgoingBody>> {
    let mut wasi = WasiCtx::builder();
    variables.iter().for_each(|(name, value)| {
        wasi.env(name, value);
    });
    let state = State { table: ResourceTable::new(), wasi: wasi.build(), http: WasiHttpCtx::new() };
    let mut store = Store::new(pre.engine(), state);
    let (sender, receiver) = tokio::sync::oneshot::channel();
    let request = store.data_mut().http().new_incoming_request(Scheme::Http, request)?;
    let outparam = store.data_mut().http().new_response_outparam(sender)?;
    let handling = tokio::spawn(async move {
        let proxy = pre.instantiate_async(&mut store).await?;
        proxy.wasi_http_incoming_handler().call_handle(&mut store, request, outparam).await
    });
    match receiver.await {
        Ok(response) => Ok(response?),
        Err(_) => Err(handling.await?.err().unwrap_or_else(|| wasmtime::format_err!("it gave no response"))),
    }
}
