//! The limits of calls.

use serde::Deserialize;
use std::time::{Duration, Instant};
use wasmtime::ResourceLimiter;

/// The limits of one call and of one command, of concurrent calls, and of the HTTP server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time spent in wasm code.
    pub wasm_time: Duration,
    /// Time from the slot of a call to its result, including the wait for the API.
    pub wall_clock: Duration,
    /// Time that a call waits for its slot before `wall_clock` begins.
    pub queue: Duration,
    /// Bytes of linear memory.
    pub memory_bytes: usize,
    /// Bytes that can be copied from component to host in one step, as wasmtime counts them.
    pub copied_bytes: usize,
    /// Resources of the host (headers, requests, bodies, streams) that a component has at the same time.
    pub resources: usize,
    /// Bytes of a response body.
    pub response_bytes: usize,
    /// Bytes of memory for the result of one command: all its pages together, and their rendered form.
    pub answer_bytes: usize,
    /// Bytes of memory for the results of all commands until they are sent. One principal has at most half of it.
    pub answers_bytes: usize,
    /// Concurrent calls; other calls wait. One principal has at most half of the free slots.
    pub concurrency: usize,
    /// The isolation of calls.
    pub isolation: Isolation,
    /// Connections to the HTTP server at the same time.
    pub connections: usize,
    /// Time in which the head of a request must arrive, also on a reused connection, and then its body. A client
    /// must also read more of a response within this time.
    pub request: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wasm_time: Duration::from_secs(2),
            wall_clock: Duration::from_secs(30),
            queue: Duration::from_secs(30),
            memory_bytes: 128 << 20,
            copied_bytes: 64 << 20,
            resources: 256,
            response_bytes: 8 << 20,
            answer_bytes: 64 << 20,
            answers_bytes: 256 << 20,
            concurrency: 64,
            isolation: Isolation::Call,
            connections: 256,
            request: Duration::from_secs(10),
        }
    }
}

impl Limits {
    /// The connections that the HTTP server has at the same time. Each connection needs a file descriptor. Half of the
    /// file descriptors of this process are reserved for the policy, the store, its locks and requests to the API.
    #[must_use]
    pub fn connections_at_once(&self) -> usize {
        self.connections.min(files() / 2).max(1)
    }

    /// The maximum number of concurrent commands of one principal: running, waiting, or sending their output.
    #[must_use]
    pub fn commands_of_one(&self) -> usize {
        (self.connections_at_once() / 4).max(1)
    }
}

/// The maximum number of open files of this process.
#[cfg(unix)]
fn files() -> usize {
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    files.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX)
}

#[cfg(not(unix))]
fn files() -> usize {
    usize::MAX
}

/// Longer than any real wait, and short enough to be added to any time.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// The time after a duration from now.
#[must_use]
pub fn after(duration: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(duration.min(LONGEST)).unwrap_or(now)
}

/// The isolation of calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Isolation {
    /// Each call has its own instance, which is dropped after the call.
    Call,
    /// An instance can serve the same principal again for some time, but never after a failed call.
    Principal,
}

/// The maximum number of entries of a function table. The component of this project has a few hundred.
const TABLE_ELEMENTS: usize = 20_000;

/// Limits the memory of one instance, and records its size and whether the limit was reached.
#[derive(Debug)]
pub(crate) struct MemoryLimiter {
    max_bytes: usize,
    pub(crate) refused: bool,
    /// The bytes of all memories.
    pub(crate) bytes: usize,
    instances: usize,
}

impl MemoryLimiter {
    /// A limiter for the sum of all memories, and for the number of core instances and tables.
    pub(crate) fn new(max_bytes: usize, instances: usize) -> Self {
        Self { max_bytes, refused: false, bytes: 0, instances }
    }
}

impl ResourceLimiter for MemoryLimiter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let all = self.bytes.saturating_sub(current).saturating_add(desired);
        let allowed = all <= self.max_bytes;
        self.refused |= !allowed;
        if allowed {
            self.bytes = all;
        }
        Ok(allowed)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let allowed = desired <= TABLE_ELEMENTS;
        self.refused |= !allowed;
        Ok(allowed)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn memories(&self) -> usize {
        2
    }

    fn tables(&self) -> usize {
        self.instances
    }
}
