//! One call: a fresh instance, its gate and its limits.

use super::engine::TICK;
use super::limits::{LimitKind, MemoryLimiter};
use super::values::{from_val, to_val};
use super::{CallError, Plugin};
use crate::command::Invocation;
use crate::decision::Authorized;
use crate::egress::{ExpectedRequest, Gate, Record, ReplyLimits, SentRequest};
use claude_admin_catalog::{Action, Kind, Type, Types, VariantForm};
use serde_json::Value;
use std::sync::Arc;
use std::time::Instant;
use wasmtime::component::{ResourceTable, Val};
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};
use wasmtime_wasi_io::IoView;

/// What a call gave, and what left during it.
#[derive(Debug)]
pub struct Answer {
    /// The value that the function returned, as JSON of the wire; null for a function that returns nothing.
    pub result: Result<Value, CallError>,
    /// The request that left, if one did.
    pub sent: Option<SentRequest>,
}

/// The state of one instance.
pub(super) struct CallState {
    table: ResourceTable,
    http: WasiHttpCtx,
    gate: Gate,
    memory: MemoryLimiter,
}

impl std::fmt::Debug for CallState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CallState").field("gate", &self.gate).finish_non_exhaustive()
    }
}

impl IoView for CallState {
    fn table(&mut self) -> &mut ResourceTable {
        &mut self.table
    }
}

impl WasiHttpView for CallState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.gate, table: &mut self.table, ctx: &mut self.http }
    }
}

/// The time in wasm code is used up.
#[derive(Debug, thiserror::Error)]
#[error("the time in wasm code is used up")]
struct WasmTimeUsedUp;

impl Plugin {
    /// Runs an invocation that was decided on, in a fresh instance.
    pub async fn call(&self, authorized: &Authorized<Invocation>) -> Answer {
        let record = Arc::new(Record::default());
        let result = self.call_recorded(authorized, &record).await;
        let sent = record.sent();
        // What the component makes of a refusal does not matter: the attempt is what happened.
        let result = match record.violation() {
            Some(violation) => Err(CallError::Denied(violation)),
            None => result,
        };
        Answer { result, sent }
    }

    async fn call_recorded(
        &self,
        authorized: &Authorized<Invocation>,
        record: &Arc<Record>,
    ) -> Result<Value, CallError> {
        let invocation = authorized.get();
        let catalog = Arc::clone(self.catalog());
        let no_action = || CallError::Arguments(format!("there is no action `{}`", invocation.action));
        let action = catalog.action(&invocation.action).ok_or_else(no_action)?;
        let function = self.functions.get(&action.id).ok_or_else(no_action)?;
        let limits = self.sandbox.limits;
        let deadline = Instant::now() + limits.wall_clock;

        let credential = self.sandbox.egress.credential(action).await?;
        let expected = ExpectedRequest::of(action, invocation, &catalog.types).map_err(CallError::Arguments)?;
        let params = parameters(action, invocation, &catalog.types)?;
        let gate = Gate::new(
            Arc::clone(&self.sandbox.egress),
            action,
            expected,
            credential,
            authorized.operation(),
            ReplyLimits { bytes: limits.response_bytes, deadline },
            Arc::clone(record),
        );
        let state = CallState {
            table: ResourceTable::new(),
            http: WasiHttpCtx::new(),
            gate,
            memory: MemoryLimiter::new(limits.memory_bytes),
        };

        let wall_clock = |sent| CallError::Limit { kind: LimitKind::WallClock, sent };
        let until = tokio::time::Instant::from_std(deadline);
        let slot = tokio::time::timeout_at(until, Arc::clone(&self.sandbox.slots).acquire_owned()).await;
        let Ok(Ok(_slot)) = slot else { return Err(wall_clock(false)) };

        let mut store = Store::new(&self.sandbox.engine, state);
        store.limiter(|state| &mut state.memory);
        store.set_hostcall_fuel(limits.copied_bytes);
        limit_wasm_time(&mut store, limits.wasm_time.as_millis() / TICK.as_millis());
        let mut results = [Val::Bool(false)];
        let call = async {
            let instance = self.pre.instantiate_async(&mut store).await?;
            let function =
                instance.get_func(&mut store, function).ok_or_else(|| wasmtime::Error::msg("the export is gone"))?;
            function.call_async(&mut store, &params, &mut results).await
        };
        let called = tokio::time::timeout_at(until, call).await;
        let sent = record.sent().is_some();
        match called {
            Err(_) => Err(wall_clock(sent)),
            Ok(Err(error)) => Err(classify(&error, store.data().memory.refused, sent)),
            Ok(Ok(())) => outcome(action, &catalog.types, &results[0], sent),
        }
    }
}

fn parameters(action: &Action, invocation: &Invocation, types: &Types) -> Result<Vec<Val>, CallError> {
    let given = invocation.parameters(action);
    let values = action.params.iter().map(|param| to_val(types, &param.ty, given.get(&param.name)));
    values.collect::<Result<_, _>>().map_err(CallError::Arguments)
}

/// Counts the ticks during which wasm code was seen to run: waiting for an answer costs nothing.
fn limit_wasm_time(store: &mut Store<CallState>, ticks: u128) {
    let mut left = ticks.max(1);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        left = left.saturating_sub(1);
        if left == 0 { Err(WasmTimeUsedUp.into()) } else { Ok(UpdateDeadline::Yield(1)) }
    });
}

fn classify(error: &wasmtime::Error, memory_refused: bool, sent: bool) -> CallError {
    let message = format!("{error:#}");
    if error.is::<WasmTimeUsedUp>() {
        CallError::Limit { kind: LimitKind::WasmTime, sent }
    } else if message.contains("fuel allocated for hostcalls has been exhausted") {
        CallError::Limit { kind: LimitKind::CopiedBytes, sent }
    } else if memory_refused {
        // An allocator that gets no memory gives up by trapping.
        CallError::Limit { kind: LimitKind::Memory, sent }
    } else {
        CallError::Trap { message: error.root_cause().to_string(), sent }
    }
}

/// Reads `result<T, error>`.
fn outcome(action: &Action, types: &Types, returned: &Val, sent: bool) -> Result<Value, CallError> {
    let unreadable = |message| CallError::Trap { message, sent };
    match returned {
        Val::Result(Ok(None)) => Ok(Value::Null),
        Val::Result(Ok(Some(val))) => {
            let ty = action
                .result
                .as_ref()
                .ok_or_else(|| unreadable("it returned a value that is not declared".to_owned()))?;
            from_val(types, ty, val).map_err(unreadable)
        }
        Val::Result(Err(Some(val))) => {
            let ty = error_type(types).ok_or_else(|| unreadable("its package has no type `error`".to_owned()))?;
            Err(CallError::Failed { error: from_val(types, &ty, val).map_err(unreadable)?, sent })
        }
        other => Err(unreadable(format!("it returned {other:?}, which is no result"))),
    }
}

/// The type `error` of the package.
fn error_type(types: &Types) -> Option<Type> {
    types
        .iter()
        .find(|(_, def)| def.name == "error" && matches!(def.kind, Kind::Variant { form: VariantForm::NotJson, .. }))
        .map(|(id, _)| Type::Named(id))
}
