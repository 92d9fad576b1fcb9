//! One instance of the component: new, or reused for the next call of the same principal.

use super::limits::MemoryLimiter;
use super::{Plugin, Sandbox};
use crate::egress::Gate;
use wasmtime::Store;
use wasmtime::component::{Instance as Linked, ResourceTable};
use wasmtime_wasi_http::{RequestOptions, WasiHttpCtx, WasiHttpCtxView, WasiHttpView};
use wasmtime_wasi_io::IoView;

/// The maximum number of core instances, and of tables, of the component.
const INSTANCES: usize = 20;

/// The maximum number of calls of one instance.
const MOST_CALLS: u32 = 100;
/// An instance with more memory than this is not reused.
const MOST_KEPT_BYTES: usize = 16 << 20;
/// Memory for the headers of one request, as wasi-http counts it. Requests to the API have a few hundred bytes of
/// headers.
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

/// An instance, and the number of its calls.
#[derive(Debug)]
pub(super) struct Instance {
    pub(super) store: Store<State>,
    pub(super) linked: Linked,
    calls: u32,
}

impl Instance {
    /// A store for a new instance, with the gate of its first call.
    pub(super) fn store(sandbox: &Sandbox, gate: Gate) -> Store<State> {
        let memory = MemoryLimiter::new(sandbox.limits.memory_bytes, INSTANCES);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HEADER_BYTES);
        let state = State { table: table(sandbox.limits.resources), http, gate, memory };
        let mut store = Store::new(&sandbox.engine, state);
        store.limiter(|state| &mut state.memory);
        store
    }

    /// Creates the instance of a store.
    pub(super) async fn fresh(plugin: &Plugin, mut store: Store<State>) -> Result<Self, Broken> {
        match plugin.pre.instantiate_async(&mut store).await {
            Ok(linked) => Ok(Self { store, linked, calls: 0 }),
            Err(error) => Err(Broken::new(error, &store)),
        }
    }

    /// Replaces the gate of the last call with that of the next one.
    pub(super) fn reopen(&mut self, gate: Gate) {
        self.store.data_mut().gate = gate;
    }

    /// Counts a call that ended normally. Returns whether the instance can be reused: its number of calls and its
    /// memory are below the limits, and it owns no host resources.
    pub(super) fn may_serve_again(&mut self) -> bool {
        self.calls += 1;
        let state = self.store.data_mut();
        // wasi-http leaves the options of a request in the table after the component has passed them on.
        let holds_nothing = state.table.iter_mut().all(|entry| entry.is::<RequestOptions>());
        state.table = table(state.table.max_capacity());
        self.calls < MOST_CALLS && state.memory.bytes <= MOST_KEPT_BYTES && holds_nothing
    }
}

/// A table for the host resources of a component, with a maximum number of entries.
fn table(most: usize) -> ResourceTable {
    let mut table = ResourceTable::new();
    table.set_max_capacity(most);
    table
}

/// The error of an instance whose call did not end normally.
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
