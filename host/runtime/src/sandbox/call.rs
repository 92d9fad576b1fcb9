//! One call: an instance, the gate of the call and its limits.

use super::engine::TICK;
use super::instance::{Broken, Instance, State};
use super::limits::after;
use super::values::{from_val, to_val};
use super::{Answer, CallError, LimitKind, Misreport, Plugin};
use crate::egress::{ExpectedRequest, Gate, Record, ReplyLimits, scrub_text, scrub_value};
use claude_admin_authority::Authorized;
use claude_admin_authority::execute::{Call, CredentialError, Execute, Held};
use claude_admin_catalog::{Action, Catalog, Kind, Type, Types, VariantForm};
use claude_admin_chat::cap::{cap_text, cap_texts};
use claude_admin_chat::command::{Arguments, Invocation};
use claude_admin_chat::identity::Principal;
use claude_admin_chat::{Exchange, Report, Verdict, redact_value, redacted};
use serde_json::Value;
use std::sync::Arc;
use wasmtime::component::{ResourceTableError, Val};
use wasmtime::{Store, UpdateDeadline};
use wasmtime_wasi_http::FieldMapError;

/// The time in wasm code is used up.
#[derive(Debug, thiserror::Error)]
#[error("the time in wasm code is used up")]
struct WasmTimeUsedUp;

impl Execute for Plugin {
    fn catalog(&self) -> &Arc<Catalog> {
        Self::catalog(self)
    }

    fn execute<'c>(&'c self, authorized: &'c Authorized<Invocation>) -> Call<'c> {
        Box::pin(self.call(authorized))
    }

    fn obstacle(&self, action: &Action, arguments: &Arguments) -> Option<CredentialError> {
        self.sandbox.egress().credentials().obstacle(action, arguments)
    }

    fn room(&self, principal: &Principal) -> Held {
        self.sandbox.room(principal)
    }
}

impl Plugin {
    /// Runs an authorized invocation in a new instance. With [`Isolation::Principal`](super::Isolation), it can run in
    /// an instance that served only the same principal.
    pub async fn call(&self, authorized: &Authorized<Invocation>) -> Answer {
        let record = Arc::new(Record::default());
        let result = self.call_recorded(authorized, &record).await;
        let sent = record.sent();
        let exchange = sent.as_ref().map_or(Exchange::NotSent, |sent| sent.exchange.clone());
        let action = self.catalog().action(&authorized.get().action.id);
        // The component can hide a blocked request, but the attempt is recorded and decides.
        let result = match (record.violation(), action) {
            (Some(violation), _) => Err(CallError::Denied(violation)),
            (None, Some(action)) => match Misreport::of(action, &result, &exchange) {
                Some(misreport) => Err(CallError::Misreported(misreport)),
                None => result,
            },
            (None, None) => result,
        };
        let report = match &result {
            Ok(_) => Report::Success,
            Err(error) => error.reported().map_or(Report::Failure, Report::of_error),
        };
        // An unknown action sends nothing.
        let verdict = action.map_or(Verdict::NotSent, |action| Verdict::of(action, &exchange, report));
        let invocation = authorized.get();
        let secrets = invocation.secrets(&self.catalog().types);
        let result = result.map(|mut value| {
            if let Some(action) = action.filter(|action| !secrets.is_empty() && !action.whole_secret) {
                clean(action, &self.catalog().types, &mut value, &secrets);
            }
            value
        });
        let result = result.map_err(|error| match without(error, &secrets) {
            CallError::Failed { mut error } => {
                cap_texts(&mut error);
                CallError::Failed { error }
            }
            error => error,
        });
        Answer { result, sent, verdict }
    }

    async fn call_recorded(
        &self,
        authorized: &Authorized<Invocation>,
        record: &Arc<Record>,
    ) -> Result<Value, CallError> {
        let invocation = authorized.get();
        let catalog = Arc::clone(self.catalog());
        let id = &invocation.action.id;
        let no_action = || CallError::Arguments(format!("there is no action `{id}`"));
        let action = catalog.action(id).ok_or_else(no_action)?;
        // The decision was about this declaration, and about no other with the same name.
        if !Arc::ptr_eq(action, &invocation.action) && *action != invocation.action {
            return Err(CallError::Arguments(format!("the action `{id}` is that of another component")));
        }
        let function = self.functions.get(&action.id).ok_or_else(no_action)?;
        let limits = self.sandbox.limits;
        let limit_met = |kind| CallError::Limit { kind };
        let slot = tokio::time::timeout(limits.queue, self.sandbox.slots.take(authorized.principal())).await;
        let Ok(Some(_slot)) = slot else { return Err(limit_met(LimitKind::Queue)) };
        let deadline = after(limits.wall_clock);
        let until = tokio::time::Instant::from_std(deadline);

        let credential = self.sandbox.egress.credential(action, &invocation.arguments);
        let credential = tokio::time::timeout_at(until, credential).await;
        let credential = credential.map_err(|_| limit_met(LimitKind::WallClock))??;
        let expected = ExpectedRequest::of(action, invocation, &catalog.types).map_err(CallError::Arguments)?;
        let params = parameters(action, invocation, &catalog.types)?;
        let gate = Gate::new(
            Arc::clone(&self.sandbox.egress),
            expected,
            credential,
            authorized.operation(),
            ReplyLimits { bytes: limits.response_bytes, deadline },
            Arc::clone(record),
        );
        let kept = self.kept.as_ref().and_then(|kept| kept.take(authorized.principal()));
        let ticks = limits.wasm_time.as_millis() / TICK.as_millis();
        let mut results = [Val::Bool(false)];
        // Boxed, so a call allocates memory for this future only after it has a slot.
        let call = Box::pin(async {
            let mut instance = match kept {
                Some(mut instance) => {
                    instance.reopen(gate);
                    limit(&mut instance.store, limits.copied_bytes, ticks);
                    instance
                }
                None => {
                    let mut store = Instance::store(&self.sandbox, gate);
                    limit(&mut store, limits.copied_bytes, ticks);
                    Instance::fresh(self, store).await?
                }
            };
            let called = match instance.linked.get_func(&mut instance.store, function) {
                Some(function) => function.call_async(&mut instance.store, &params, &mut results).await,
                None => Err(wasmtime::Error::msg("the export does not exist")),
            };
            called.map_err(|error| Broken::new(error, &instance.store)).map(|()| instance)
        });
        let called = tokio::time::timeout_at(until, call).await;
        match called {
            Err(_) => Err(limit_met(LimitKind::WallClock)),
            Ok(Err(broken)) => Err(classify(&broken)),
            Ok(Ok(mut instance)) => {
                if let Some(kept) = &self.kept
                    && record.violation().is_none()
                    && instance.may_serve_again()
                {
                    kept.keep(authorized.principal(), instance);
                }
                let [returned] = results;
                outcome(action, &catalog.types, returned)
            }
        }
    }
}

/// An error without these secrets: a component can repeat an argument, and the error is shown and recorded.
fn without(error: CallError, secrets: &[String]) -> CallError {
    match secrets {
        [] => error,
        secrets => error
            .with_texts(|text| *text = scrub_text(std::mem::take(text), secrets), |value| scrub_value(value, secrets)),
    }
}

/// Removes the secret arguments of a call from its result, except from fields that are declared as secrets. These
/// fields reach only the requester, and a refresh token can be the same as before.
fn clean(action: &Action, types: &Types, value: &mut Value, secrets: &[String]) {
    let mut declared = Vec::new();
    action.each_secret(types, value, &mut |secret| declared.push(secret.take()));
    scrub_value(value, secrets);
    let mut declared = declared.into_iter();
    action.each_secret(types, value, &mut |place| *place = declared.next().unwrap_or_default());
}

fn parameters(action: &Action, invocation: &Invocation, types: &Types) -> Result<Vec<Val>, CallError> {
    let given = invocation.parameters();
    let values = action.params.iter().map(|param| to_val(types, &param.ty, given.get(&param.name)));
    values.collect::<Result<_, _>>().map_err(CallError::Arguments)
}

/// Sets the limits of the next call. The time limit counts only ticks during which wasm code runs. Waiting for a
/// response does not count.
fn limit(store: &mut Store<State>, copied_bytes: usize, ticks: u128) {
    store.set_hostcall_fuel(copied_bytes);
    let mut left = ticks.max(1);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        left = left.saturating_sub(1);
        if left == 0 { Err(WasmTimeUsedUp.into()) } else { Ok(UpdateDeadline::Yield(1)) }
    });
}

fn classify(broken: &Broken) -> CallError {
    let Broken { error, memory_refused } = broken;
    if error.is::<WasmTimeUsedUp>() {
        CallError::Limit { kind: LimitKind::WasmTime }
    } else if is_copy_limit(error) {
        CallError::Limit { kind: LimitKind::CopiedBytes }
    } else if is_too_much(error) {
        CallError::Limit { kind: LimitKind::Resources }
    } else if *memory_refused {
        // An allocator that gets no memory traps.
        CallError::Limit { kind: LimitKind::Memory }
    } else {
        let mut message = redacted(error.root_cause().to_string());
        cap_text(&mut message);
        CallError::Trap { message }
    }
}

/// Whether a component copied too many bytes. wasmtime 48 does not export the type of this error, so its text is compared: a
/// test of a component that copies too much fails if a later version changes the text.
pub(crate) fn is_copy_limit(error: &wasmtime::Error) -> bool {
    format!("{error:#}").contains("fuel allocated for hostcalls has been exhausted")
}

/// Whether a component exceeded the limits on host resources.
fn is_too_much(error: &wasmtime::Error) -> bool {
    let table = error.downcast_ref().is_some_and(|error| matches!(error, ResourceTableError::Full));
    let headers =
        |error: &FieldMapError| matches!(error, FieldMapError::TooManyFields | FieldMapError::TotalSizeTooBig);
    table || error.downcast_ref().is_some_and(headers)
}

/// Reads `result<T, error>`.
fn outcome(action: &Action, types: &Types, returned: Val) -> Result<Value, CallError> {
    let unreadable = |message| CallError::Trap { message };
    match returned {
        Val::Result(Ok(None)) => Ok(Value::Null),
        Val::Result(Ok(Some(val))) => {
            let ty = action
                .result
                .as_ref()
                .ok_or_else(|| unreadable("it returned a value that is not declared".to_owned()))?;
            from_val(types, ty, *val).map_err(unreadable)
        }
        Val::Result(Err(Some(val))) => {
            let ty = error_type(types).ok_or_else(|| unreadable("its package has no type `error`".to_owned()))?;
            let mut error = from_val(types, &ty, *val).map_err(unreadable)?;
            // The error is shown and recorded, and an upstream can write any text into it.
            redact_value(&mut error);
            Err(CallError::Failed { error })
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
