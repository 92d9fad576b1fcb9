//! The wasmtime engine, and the state that all calls share.

use super::compiled::CompiledCode;
use super::instance::State;
use super::slots::Slots;
use super::{Held, Isolation, Limits};
use crate::egress::Egress;
use claude_admin_authority::execute::Memory;
use claude_admin_chat::identity::Principal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use wasmtime::component::{Linker, Resource};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::p2::bindings::http::types::{HostOutgoingRequest as _, Method};
use wasmtime_wasi_http::p2::types::HostOutgoingRequest;

/// The interval in which the time in wasm is checked.
pub(crate) const TICK: Duration = Duration::from_millis(10);
/// The maximum numbers of core instances and tables of one component.
const CORE_INSTANCES: u32 = 16;
const TABLES: u32 = 8;
/// Memory of an instance that stays resident, zeroed, for the next instance in the same slot. The initial memory of the
/// component has this size, and most calls need no more.
const KEPT_MEMORY: usize = 2 << 20;
/// Stack of wasm code.
pub(crate) const WASM_STACK_BYTES: usize = 512 << 10;
/// Stack of a call: the wasm stack, and the stack of the host functions.
pub(crate) const ASYNC_STACK_BYTES: usize = 2 << 20;

/// Runs components: the engine, the limits and the egress.
pub struct Sandbox {
    pub(super) engine: Engine,
    pub(super) linker: Linker<State>,
    pub(super) limits: Limits,
    pub(super) slots: Arc<Slots>,
    pub(super) egress: Arc<Egress>,
    /// The memory for the results of all commands.
    answers: Arc<Memory>,
    pub(super) compiled: Option<CompiledCode>,
}

/// The reason why there is no sandbox.
#[derive(Debug, thiserror::Error)]
#[error("wasmtime cannot be set up: {0}")]
pub struct SandboxError(String);

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("limits", &self.limits).field("egress", &self.egress).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Sets up wasmtime. Compiled code is stored in the folder `compiled` if one is given and can be used.
    ///
    /// # Errors
    ///
    /// [`SandboxError`] when wasmtime cannot be set up on this machine.
    pub fn new(limits: Limits, egress: Arc<Egress>, compiled: Option<&Path>) -> Result<Arc<Self>, SandboxError> {
        let failed = |error: wasmtime::Error| SandboxError(format!("{error:#}"));
        let engine = Engine::new(&config(&limits, true)).or_else(|error| {
            // If address space is limited, the pool cannot be reserved. Instances are then allocated one by one.
            tracing::info!(%error, "instances are not pooled");
            Engine::new(&config(&limits, false)).map_err(failed)
        })?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi_io::add_to_linker_async(&mut linker).map_err(failed)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker).map_err(failed)?;
        bound_methods(&mut linker).map_err(failed)?;
        start_ticking(&engine);
        let slots = Slots::new(limits.concurrency);
        let answers = Memory::new(limits.answers_bytes);
        let compiled = compiled.and_then(CompiledCode::open_if_possible);
        Ok(Arc::new(Self { engine, linker, limits, slots, egress, answers, compiled }))
    }

    /// The engine, for measurements that must share its settings.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The limits of each call.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Memory for the results of one command of a principal.
    #[must_use]
    pub fn room(&self, principal: &Principal) -> Held {
        Held::new(self.limits.answer_bytes, principal, &self.answers)
    }

    /// The egress.
    #[must_use]
    pub fn egress(&self) -> &Egress {
        &self.egress
    }
}

/// The maximum length of a method. wasi-http limits all other texts of a request.
const METHOD_BYTES: usize = 64;

/// The interface, in the version that wasmtime-wasi-http implements.
const HTTP_TYPES: &str = "wasi:http/types@0.2.12";

/// Replaces the function that sets the method of a request, because the original accepts a text of any length.
fn bound_methods(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    linker.instance(HTTP_TYPES)?.func_wrap(
        "[method]outgoing-request.set-method",
        |mut store, (request, method): (Resource<HostOutgoingRequest>, Method)| {
            let is_long = matches!(&method, Method::Other(name) if name.len() > METHOD_BYTES);
            let set = if is_long { Err(()) } else { store.data_mut().http().set_method(request, method)? };
            Ok((set,))
        },
    )?;
    linker.allow_shadowing(false);
    Ok(())
}

fn config(limits: &Limits, pooling: bool) -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(ASYNC_STACK_BYTES);
    if pooling {
        // The pool has more slots than concurrent calls, because an empty pool fails. Calls wait for a slot before they
        // use the pool. With `Isolation::Principal`, the same number of instances can also be idle.
        let instances = match limits.isolation {
            Isolation::Call => limits.concurrency,
            Isolation::Principal => limits.concurrency.saturating_mul(2),
        };
        let instances = u32::try_from(instances).unwrap_or(u32::MAX / 2).saturating_add(2);
        let mut pool = PoolingAllocationConfig::new();
        pool.total_component_instances(instances)
            .total_core_instances(instances.saturating_mul(CORE_INSTANCES))
            .total_memories(instances)
            .total_tables(instances.saturating_mul(TABLES))
            .total_stacks(instances)
            .max_core_instances_per_component(CORE_INSTANCES)
            .max_memories_per_component(1)
            .max_tables_per_component(TABLES)
            .max_memory_size(limits.memory_bytes)
            .linear_memory_keep_resident(KEPT_MEMORY)
            .table_keep_resident(64 << 10)
            .pagemap_scan(Enabled::Auto);
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
        // A slot reserves no more address space than the maximum memory.
        config.memory_reservation(limits.memory_bytes as u64);
    }
    config
}

/// Advances the epoch while the engine exists.
pub(crate) fn start_ticking(engine: &Engine) {
    let engine = engine.weak();
    let ticker = std::thread::Builder::new().name("wasm-epoch".to_owned());
    let spawned = ticker.spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(TICK);
        }
    });
    if let Err(error) = spawned {
        tracing::error!(%error, "no thread for the limit on time in wasm; the limit on the whole call still applies");
    }
}
