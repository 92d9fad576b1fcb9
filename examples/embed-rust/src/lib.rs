//! The component in a Rust program: compile it, create an instance, call its functions.
//!
//! Calls use wasmtime's dynamic values, so no code is generated. With `wasmtime::component::bindgen!` and the WIT
//! files, the same calls are typed.

mod credential_gate;

pub use credential_gate::CredentialGate;

use wasmtime::component::{Component, InstancePre, Linker, ResourceTable, Val};
use wasmtime::error::Context;
use wasmtime::{Config, Engine, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};
use wasmtime_wasi_io::IoView;

const PACKAGE_VERSION: &str = "0.1.0";
const MEMORY_LIMIT: usize = 128 << 20;

/// The component, compiled once.
pub struct Admin {
    component: Component,
    instance: InstancePre<State>,
    gate: CredentialGate,
    base_url: String,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

struct State {
    table: ResourceTable,
    http: WasiHttpCtx,
    gate: CredentialGate,
    limits: StoreLimits,
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

impl Admin {
    /// Compiles the component, which takes 1 to 2 seconds. `wasi:http` and its dependencies are linked as imports: the
    /// component gets no clock, no environment and no files.
    ///
    /// # Errors
    ///
    /// The error of wasmtime, for example if the bytes are not a component with these imports.
    pub fn new(component: &[u8], base_url: &str, gate: CredentialGate) -> wasmtime::Result<Self> {
        let engine = Engine::new(Config::new().wasm_component_model(true))?;
        let component = Component::new(&engine, component)?;
        let mut linker = Linker::new(&engine);
        wasmtime_wasi_io::add_to_linker_async(&mut linker)?;
        wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
        let instance = linker.instantiate_pre(&component)?;
        Ok(Self { component, instance, gate, base_url: base_url.to_owned() })
    }

    /// Calls an action in a new instance: names as in the WIT files, all parameters in their order. Returns `Ok` with
    /// the result, or `Err` with the case of `claude:admin/types.error`.
    ///
    /// # Errors
    ///
    /// If the function does not exist, if the values do not have its types, or if the component fails with an error
    /// that it does not declare.
    pub async fn call(
        &self,
        interface: &str,
        function: &str,
        arguments: &[Val],
    ) -> wasmtime::Result<Result<Option<Box<Val>>, Option<Box<Val>>>> {
        let state = State {
            table: ResourceTable::new(),
            http: WasiHttpCtx::new(),
            gate: self.gate.clone(),
            limits: StoreLimitsBuilder::new().memory_size(MEMORY_LIMIT).build(),
        };
        let mut store = Store::new(self.component.engine(), state);
        store.limiter(|state| &mut state.limits);
        let instance = self.instance.instantiate_async(&mut store).await?;
        let mut results = [Val::Bool(false)];

        // Only the address: the credential remains in the gate.
        let settings = [some(Val::String(self.base_url.clone())), Val::Option(None), Val::Option(None)];
        let configure = self.export("settings", "configure")?;
        let configure = instance.get_func(&mut store, configure).context("it is exported")?;
        configure.call_async(&mut store, &settings, &mut results).await?;
        if let Val::Result(Err(problem)) = &results[0] {
            wasmtime::bail!("the component does not accept {}: {problem:?}", self.base_url);
        }

        let exported = self.export(interface, function)?;
        let exported = instance.get_func(&mut store, exported).context("it is exported")?;
        exported.call_async(&mut store, arguments, &mut results).await?;
        match results {
            [Val::Result(outcome)] => Ok(outcome),
            [other] => wasmtime::bail!("{interface}.{function} returned {other:?}"),
        }
    }

    fn export(&self, interface: &str, function: &str) -> wasmtime::Result<wasmtime::component::ComponentExportIndex> {
        let name = format!("claude:admin/{interface}@{PACKAGE_VERSION}");
        let interface = self.component.get_export_index(None, &name);
        interface
            .and_then(|interface| self.component.get_export_index(Some(&interface), function))
            .with_context(|| format!("the component has no function {function} in {name}"))
    }
}

/// An option with a value.
#[must_use]
pub fn some(val: Val) -> Val {
    Val::Option(Some(Box::new(val)))
}

/// A field of a record.
#[must_use]
pub fn field<'v>(record: &'v Val, name: &str) -> Option<&'v Val> {
    match record {
        Val::Record(fields) => fields.iter().find(|(field, _)| field == name).map(|(_, val)| val),
        _ => None,
    }
}
