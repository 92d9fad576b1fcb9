//! One instance of the component: fresh, or kept for the next call of the same person.

use super::limits::MemoryLimiter;
use super::{Plugin, Sandbox};
use crate::egress::Gate;
use wasmtime::Store;
use wasmtime::component::{Instance as Linked, ResourceTable};
use wasmtime_wasi_http::{RequestOptions, WasiHttpCtx, WasiHttpCtxView, WasiHttpView};
use wasmtime_wasi_io::IoView;

/// Calls that one instance may serve.
const MOST_CALLS: u32 = 100;
/// An instance that took more memory than this is not kept.
const MOST_KEPT_BYTES: usize = 16 << 20;
/// Memory for the headers of one request, as wasi-http counts it. The API is sent a few hundred bytes.
const HEADER_BYTES: usize = 16 << 10;

/// The state of one instance.
pub(super) struct State {
    table: ResourceTable,
    http: WasiHttpCtx,
    gate: Gate,
    pub(super) memory: MemoryLimiter,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State").field("gate", &self.gate).finish_non_exhaustive()
    }
}

impl IoView for State {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.gate, table: &mut self.table, ctx: &mut self.http }
    }
}

/// An instance, and how often it was called.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) store: Store<State>,
    pub(super) linked: Linked,
    calls: u32,
}

impl Instance {
    /// A store for a fresh instance, with the gate of its first call.
    pub(super) fn store(sandbox: &Sandbox, gate: Gate) -> Store<State> {
        let memory = MemoryLimiter::new(sandbox.limits.memory_bytes);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HEADER_BYTES);
        let state = State { table: table(sandbox.limits.resources), http, gate, memory };
        let mut store = Store::new(&sandbox.engine, state);
        store.limiter(|state| &mut state.memory);
        store
    }

    /// Makes the instance that a store is for.
    pub(super) async fn fresh(plugin: &Plugin, mut store: Store<State>) -> Result<Self, Broken> {
        match plugin.pre.instantiate_async(&mut store).await {
            Ok(linked) => Ok(Self { store, linked, calls: 0 }),
            Err(error) => Err(Broken::new(error, &store)),
        }
    }

    /// Puts the gate of the next call in the place of the last one's.
    pub(super) fn reopen(&mut self, gate: Gate) {
        self.store.data_mut().gate = gate;
    }

    /// Notes that a call came to its end as it should. Says whether the instance may serve another one: it has not served
    /// too many, is small, and holds on to nothing of the host.
    pub(super) fn may_serve_again(&mut self) -> bool {
        self.calls += 1;
        let state = self.store.data_mut();
        // wasi-http leaves the options of a request behind that the component has given away with it.
        let holds_nothing = state.table.iter_mut().all(|entry| entry.is::<RequestOptions>());
        state.table = table(state.table.max_capacity());
        self.calls < MOST_CALLS && state.memory.bytes <= MOST_KEPT_BYTES && holds_nothing
    }
}

/// A table of the resources that a component has, with room for so many.
fn table(most: usize) -> ResourceTable {
    let mut table = ResourceTable::new();
    table.set_max_capacity(most);
    table
}

/// What became of an instance that did not come to the end of its call.
#[derive(Debug)]
pub(super) struct Broken {
    pub(super) error: wasmtime::Error,
    pub(super) memory_refused: bool,
}

impl Broken {
    pub(super) fn new(error: wasmtime::Error, store: &Store<State>) -> Self {
        Self { error, memory_refused: store.data().memory.refused }
    }
}
