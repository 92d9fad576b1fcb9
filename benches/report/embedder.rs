//! A program without a gate that embeds a component.

use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker, ResourceTable};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView, default_hooks};
use wasmtime_wasi_io::IoView;

/// The state of one instance.
pub(crate) struct Embedder {
    table: ResourceTable,
    http: WasiHttpCtx,
    /// The sender; none for the default sender of wasi-http.
    sender: Option<Box<dyn WasiHttpHooks + Send>>,
}

impl Embedder {
    pub(crate) fn new(sender: Option<Box<dyn WasiHttpHooks + Send>>) -> Self {
        Self { table: ResourceTable::new(), http: WasiHttpCtx::new(), sender }
    }

    /// Links a component. Its instances can send requests.
    pub(crate) fn link(engine: &Engine, component: &Component) -> InstancePre<Self> {
        let mut linker = Linker::new(engine);
        wasmtime_wasi_io::add_to_linker_async(&mut linker).expect("linked");
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).expect("linked");
        linker.instantiate_pre(component).expect("linked")
    }
}

impl IoView for Embedder {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiHttpView for Embedder {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let hooks: &mut dyn WasiHttpHooks = match &mut self.sender {
            Some(sender) => &mut **sender,
            None => default_hooks(),
        };
        WasiHttpCtxView { hooks, table: &mut self.table, ctx: &mut self.http }
    }
}
