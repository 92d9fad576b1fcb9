//! Runs a playbook: an instance for each call, within limits.

use super::error::PlaybookLimit;
use super::exports::{Manifest, Proposal};
use super::host_audit::AuditWrite;
use super::load::LimitReached;
use super::{Playbook, PlaybookError, PlaybookLimits};
use crate::sandbox::engine::TICK;
use crate::sandbox::is_copy_limit;
use crate::sandbox::limits::MemoryLimiter;
use claude_admin_chat::cap::cap_text;
use claude_admin_chat::command::Invocation;
use claude_admin_chat::redacted;
use jiff::Timestamp;
use serde_json::Value;
use std::pin::{Pin, pin};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use wasmtime::{Store, UpdateDeadline};

/// The result of a read: the value as JSON of the API, or the error of the package as an object with its case as the only
/// key.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Value, Value>> + Send + 'a>>;

/// The result of a read of the audit log. An error is a sentence for the user.
pub type AuditAnswer<'a, T> = Pin<Box<dyn Future<Output = Result<T, String>> + Send + 'a>>;

/// Reads for a playbook, one read after the other.
pub trait Reads: Send {
    /// Reads from the API.
    fn read(&mut self, invocation: Invocation) -> Answer<'_>;

    /// Reads from the audit log the writes of a period.
    fn search(&mut self, since: Timestamp, until: Timestamp) -> AuditAnswer<'_, Vec<AuditWrite>>;

    /// Reads the head of the audit log.
    fn head(&mut self) -> AuditAnswer<'_, String>;
}

/// A read, and the channel for its result.
#[derive(Debug)]
pub(super) enum Call {
    Read { invocation: Invocation, reply: oneshot::Sender<Result<Value, Value>> },
    Search { since: Timestamp, until: Timestamp, reply: oneshot::Sender<Result<Vec<AuditWrite>, String>> },
    Head { reply: oneshot::Sender<Result<String, String>> },
}

impl Call {
    /// Reads. If the playbook has ended, nothing waits for the result.
    async fn answer(self, reads: &mut dyn Reads) {
        match self {
            Self::Read { invocation, reply } => drop(reply.send(reads.read(invocation).await)),
            Self::Search { since, until, reply } => drop(reply.send(reads.search(since, until).await)),
            Self::Head { reply } => drop(reply.send(reads.head().await)),
        }
    }
}

/// The state of one instance.
#[derive(Debug)]
pub(super) struct State {
    pub(super) calls: mpsc::Sender<Call>,
    pub(super) reads_left: u32,
    pub(super) most_reads: u32,
    pub(super) now: Timestamp,
    memory: MemoryLimiter,
}

/// The maximum number of core instances, and of tables, of a playbook. One in Python has 38.
const INSTANCES: usize = 100;

const NO_READS: &str = "a playbook cannot read while it describes itself";

/// A description needs no read.
struct NoReads;

impl Reads for NoReads {
    fn read(&mut self, _: Invocation) -> Answer<'_> {
        Box::pin(async { Err(super::arguments::denied(NO_READS)) })
    }

    fn search(&mut self, _: Timestamp, _: Timestamp) -> AuditAnswer<'_, Vec<AuditWrite>> {
        Box::pin(async { Err(NO_READS.to_owned()) })
    }

    fn head(&mut self) -> AuditAnswer<'_, String> {
        Box::pin(async { Err(NO_READS.to_owned()) })
    }
}

impl Playbook {
    /// Plans a job. `reads` handles each read.
    ///
    /// # Errors
    ///
    /// [`PlaybookError`] if there is no proposal.
    pub async fn plan(
        &self,
        name: &str,
        arguments: &[(String, String)],
        now: Timestamp,
        reads: &mut dyn Reads,
    ) -> Result<Proposal, PlaybookError> {
        type Passed<'p> = (&'p str, &'p [(String, String)], &'p str);
        let limits = &self.engine.limits;
        let text = now.to_string();
        let planned = self
            .call(now, reads, async |mut store: Store<State>| {
                let linked = self.pre.instantiate_async(&mut store).await.map_err(|error| (error, false))?;
                let failed = |error: wasmtime::Error, store: &Store<State>| (error, store.data().memory.refused);
                let function = linked.get_typed_func::<Passed<'_>, (Result<Proposal, String>,)>(&mut store, self.plan);
                let function = function.map_err(|error| failed(error, &store))?;
                let called = function.call_async(&mut store, (name, arguments, text.as_str())).await;
                called.map(|(planned,)| planned).map_err(|error| failed(error, &store))
            })
            .await?;
        let proposal = planned.map_err(|mut message| {
            message = redacted(message);
            cap_text(&mut message);
            PlaybookError::Failed(message)
        })?;
        bounded(&proposal, limits)?;
        Ok(proposal)
    }

    /// The descriptions that the component exports. The call runs on its own thread, because the caller can be a thread
    /// that must not wait for a future.
    pub(super) fn described(&self) -> Result<Vec<Manifest>, PlaybookError> {
        let failed = |problem: String| PlaybookError::Engine(problem);
        std::thread::scope(|scope| {
            let described = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
                runtime.map_err(|error| failed(error.to_string()))?.block_on(self.description())
            });
            described.join().unwrap_or_else(|_| Err(failed("the thread of a description panicked".to_owned())))
        })
    }

    /// The descriptions that the component exports.
    async fn description(&self) -> Result<Vec<Manifest>, PlaybookError> {
        let described = self
            .call(Timestamp::UNIX_EPOCH, &mut NoReads, async |mut store: Store<State>| {
                let linked = self.pre.instantiate_async(&mut store).await.map_err(|error| (error, false))?;
                let failed = |error: wasmtime::Error, store: &Store<State>| (error, store.data().memory.refused);
                let function = linked.get_typed_func::<(), (Vec<Manifest>,)>(&mut store, self.describe);
                let function = function.map_err(|error| failed(error, &store))?;
                let called = function.call_async(&mut store, ()).await;
                called.map(|(manifests,)| manifests).map_err(|error| failed(error, &store))
            })
            .await?;
        Ok(described)
    }

    /// Calls an export, and handles the reads of the call meanwhile.
    async fn call<T>(
        &self,
        now: Timestamp,
        reads: &mut dyn Reads,
        call: impl AsyncFnOnce(Store<State>) -> Result<T, (wasmtime::Error, bool)>,
    ) -> Result<T, PlaybookError> {
        let limits = &self.engine.limits;
        let (calls, mut wanted) = mpsc::channel(1);
        let memory = MemoryLimiter::new(limits.memory_bytes, INSTANCES);
        let state = State { calls, reads_left: limits.reads, most_reads: limits.reads, now, memory };
        let mut store = Store::new(&self.engine.engine, state);
        store.limiter(|state| &mut state.memory);
        limit(&mut store, limits);
        let mut call = pin!(call(store));
        let called = async {
            // The semaphore is never closed.
            let _slot = self.engine.slots.acquire().await;
            loop {
                tokio::select! {
                    called = &mut call => return called,
                    Some(call) = wanted.recv() => call.answer(reads).await,
                }
            }
        };
        match tokio::time::timeout(limits.wall_clock, called).await {
            Err(_) => Err(PlaybookError::Limit(PlaybookLimit::WallClock(limits.wall_clock))),
            Ok(Ok(value)) => Ok(value),
            Ok(Err((error, memory_refused))) => Err(classified(&error, memory_refused, limits)),
        }
    }
}

/// The time in wasm code is used up.
#[derive(Debug, thiserror::Error)]
#[error("the time in wasm code is used up")]
struct WasmTimeUsedUp;

fn limit(store: &mut Store<State>, limits: &PlaybookLimits) {
    store.set_hostcall_fuel(limits.copied_bytes);
    let ticks = |time: Duration| time.as_nanos().div_ceil(TICK.as_nanos()).max(1);
    let mut left = ticks(limits.wasm_time);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(move |_| {
        left = left.saturating_sub(1);
        if left == 0 { Err(WasmTimeUsedUp.into()) } else { Ok(UpdateDeadline::Yield(1)) }
    });
}

fn classified(error: &wasmtime::Error, memory_refused: bool, limits: &PlaybookLimits) -> PlaybookError {
    if let Some(LimitReached(limit)) = error.downcast_ref() {
        return PlaybookError::Limit(*limit);
    }
    if error.is::<WasmTimeUsedUp>() {
        return PlaybookError::Limit(PlaybookLimit::WasmTime(limits.wasm_time));
    }
    if is_copy_limit(error) {
        return PlaybookError::Limit(PlaybookLimit::Copied(limits.copied_bytes));
    }
    if memory_refused {
        return PlaybookError::Limit(PlaybookLimit::Memory(limits.memory_bytes));
    }
    let mut message = redacted(error.root_cause().to_string());
    cap_text(&mut message);
    PlaybookError::Crash(message)
}

/// Checks the size of a proposal.
fn bounded(proposal: &Proposal, limits: &PlaybookLimits) -> Result<(), PlaybookError> {
    let limit = |limit| Err(PlaybookError::Limit(limit));
    if proposal.steps.len() > limits.steps {
        return limit(PlaybookLimit::Steps(limits.steps));
    }
    let rows = proposal.tables.iter().flat_map(|table| &table.rows);
    if rows.clone().count() + proposal.tables.len() > limits.rows {
        return limit(PlaybookLimit::Rows(limits.rows));
    }
    let of_steps = proposal.steps.iter().flat_map(|step| [&step.id, &step.action, &step.arguments, &step.why]);
    let of_tables = proposal.tables.iter().flat_map(|table| table.columns.iter().chain([&table.caption]));
    let texts = of_steps.chain(of_tables).chain(rows.flatten()).chain([&proposal.summary]);
    // An empty cell also uses memory.
    if texts.map(|text| text.len() + size_of::<String>()).sum::<usize>() > limits.bytes {
        return limit(PlaybookLimit::Bytes(limits.bytes));
    }
    Ok(())
}
