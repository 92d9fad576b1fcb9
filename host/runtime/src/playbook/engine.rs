//! The engine that runs playbooks, apart from the one of the component: a playbook in another language needs more core
//! instances than the component has, and calls of the component run during a read of a playbook.

use super::error::PlaybookError;
use crate::sandbox::compiled::CompiledCode;
use crate::sandbox::engine::{ASYNC_STACK_BYTES, WASM_STACK_BYTES, start_ticking};
use std::path::Path;
use std::time::Duration;
use tokio::sync::Semaphore;
use wasmtime::{Config, Engine};

/// The limits of one run of a playbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlaybookLimits {
    /// Time in wasm code. The duration of reads does not count.
    pub wasm_time: Duration,
    /// Time from the start to the proposal.
    pub wall_clock: Duration,
    /// Bytes of linear memory.
    pub memory_bytes: usize,
    /// Bytes that can be copied from the playbook to the host in one step, as wasmtime counts them.
    pub copied_bytes: usize,
    /// The reads.
    pub reads: u32,
    /// The steps of a proposal.
    pub steps: usize,
    /// The rows of all tables of a proposal.
    pub rows: usize,
    /// Bytes of all texts of a proposal.
    pub bytes: usize,
}

impl Default for PlaybookLimits {
    fn default() -> Self {
        Self {
            wasm_time: Duration::from_secs(5),
            wall_clock: Duration::from_secs(600),
            memory_bytes: 64 << 20,
            copied_bytes: 64 << 20,
            reads: 1000,
            steps: 500,
            rows: 10_000,
            bytes: 4 << 20,
        }
    }
}

/// Runs playbooks.
pub struct PlaybookEngine {
    pub(super) engine: Engine,
    pub(super) limits: PlaybookLimits,
    pub(super) compiled: Option<CompiledCode>,
    /// Each running playbook occupies one, because each can use all of its memory.
    pub(super) slots: Semaphore,
}

/// The maximum number of playbooks that run at the same time. Others wait.
const SLOTS: usize = 16;

impl std::fmt::Debug for PlaybookEngine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlaybookEngine").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl PlaybookEngine {
    /// Sets up wasmtime. Compiled code is stored in the folder `compiled` if one is given and can be used.
    ///
    /// # Errors
    ///
    /// [`PlaybookError::Engine`] when wasmtime cannot be set up on this machine.
    pub fn new(limits: PlaybookLimits, compiled: Option<&Path>) -> Result<Self, PlaybookError> {
        let mut config = Config::new();
        config
            .wasm_component_model(true)
            .epoch_interruption(true)
            .max_wasm_stack(WASM_STACK_BYTES)
            .async_stack_size(ASYNC_STACK_BYTES);
        let engine = Engine::new(&config).map_err(|error| PlaybookError::Engine(format!("{error:#}")))?;
        start_ticking(&engine);
        let compiled = compiled.and_then(CompiledCode::open_if_possible);
        Ok(Self { engine, limits, compiled, slots: Semaphore::new(SLOTS) })
    }
}
