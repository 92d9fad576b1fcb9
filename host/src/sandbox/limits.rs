//! What one call may use.

use serde::Deserialize;
use std::fmt;
use std::time::Duration;
use wasmtime::ResourceLimiter;

/// What one call may use, and how many calls may run at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time spent in wasm code.
    pub wasm_time: Duration,
    /// Time from the start of the call to its answer, waiting included.
    pub wall_clock: Duration,
    /// Bytes of linear memory.
    pub memory_bytes: usize,
    /// Bytes that may be copied between component and host in one call, as wasmtime counts them.
    pub copied_bytes: usize,
    /// Bytes of a response body.
    pub response_bytes: usize,
    /// Calls at once; more wait.
    pub concurrency: usize,
    /// What the calls of one instance have in common.
    pub isolation: Isolation,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wasm_time: Duration::from_secs(2),
            wall_clock: Duration::from_secs(30),
            memory_bytes: 128 << 20,
            copied_bytes: 64 << 20,
            response_bytes: 8 << 20,
            concurrency: 64,
            isolation: Isolation::Call,
        }
    }
}

/// What the calls of one instance have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Nothing: each call has an instance of its own, which ends with it.
    Call,
    /// The person: an instance may serve the same person again for a while, and never after a call that went wrong.
    Principal,
}

/// The limit that a call ran into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of `Limits` say it")]
pub enum LimitKind {
    WasmTime,
    WallClock,
    Memory,
    CopiedBytes,
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WasmTime => "time in wasm code (wasm_time)",
            Self::WallClock => "time for the whole call (wall_clock)",
            Self::Memory => "memory (memory_bytes)",
            Self::CopiedBytes => "data passed between component and host (copied_bytes)",
        })
    }
}

/// The most entries of a table of functions; the component of this project has a few hundred.
const TABLE_ELEMENTS: usize = 20_000;

/// Bounds the memory of one instance, and remembers how large it is and that the bound was met.
#[derive(Debug)]
pub(super) struct MemoryLimiter {
    max_bytes: usize,
    pub(super) refused: bool,
    pub(super) bytes: usize,
}

impl MemoryLimiter {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { max_bytes, refused: false, bytes: 0 }
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= self.max_bytes;
        self.refused |= !allowed;
        if allowed {
            self.bytes = desired;
        }
        Ok(allowed)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= TABLE_ELEMENTS;
        self.refused |= !allowed;
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        20
    }

    fn memories(&self) -> usize {
        2
    }

    fn tables(&self) -> usize {
        10
    }
}
