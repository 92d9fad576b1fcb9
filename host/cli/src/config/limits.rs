//! The limits of one call and of the HTTP server.

use super::error::ConfigError;
use claude_admin::sandbox::{Isolation, Limits};
use serde::Deserialize;
use std::time::Duration;

/// The limits of one call. A limit that is not set has its default value.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitsConfig {
    /// Milliseconds in wasm code.
    pub(crate) wasm_time_ms: Option<u64>,
    /// Milliseconds for the whole call.
    pub(crate) wall_clock_ms: Option<u64>,
    /// Milliseconds that a call can wait for its slot.
    pub(crate) queue_ms: Option<u64>,
    /// Mebibytes of memory of the component.
    pub(crate) memory_mib: Option<usize>,
    /// Mebibytes of data passed between component and host, as wasmtime counts them.
    pub(crate) copied_mib: Option<usize>,
    /// Resources of the host (headers, requests, bodies, streams) that a component has at the same time.
    pub(crate) resources: Option<usize>,
    /// Mebibytes of one response of the API.
    pub(crate) response_mib: Option<usize>,
    /// Mebibytes of memory for the result of one command, all its pages together.
    pub(crate) answer_mib: Option<usize>,
    /// Mebibytes of memory for the results of all commands that run at the same time.
    pub(crate) answers_mib: Option<usize>,
    /// The number of calls at the same time.
    pub(crate) concurrency: Option<usize>,
    /// The isolation of calls: one instance for each `call`, or for each `principal`.
    pub(crate) isolation: Option<Isolation>,
    /// Connections to the HTTP server at the same time.
    pub(crate) connections: Option<usize>,
    /// Milliseconds in which the head of an HTTP request must arrive, and then its body. A client must also read more
    /// of a response within this time.
    pub(crate) request_ms: Option<u64>,
}

impl LimitsConfig {
    /// The limits of this configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigError::ZeroLimit`] for a limit of 0.
    pub(crate) fn limits(&self) -> Result<Limits, ConfigError> {
        let defaults = Limits::default();
        let millis = |name, given: Option<u64>, default| positive(name, given.map(Duration::from_millis), default);
        let mebibytes =
            |name, given: Option<usize>, default| positive(name, given.map(|mib| mib.saturating_mul(1 << 20)), default);
        Ok(Limits {
            wasm_time: millis("wasm_time_ms", self.wasm_time_ms, defaults.wasm_time)?,
            wall_clock: millis("wall_clock_ms", self.wall_clock_ms, defaults.wall_clock)?,
            queue: millis("queue_ms", self.queue_ms, defaults.queue)?,
            memory_bytes: mebibytes("memory_mib", self.memory_mib, defaults.memory_bytes)?,
            copied_bytes: mebibytes("copied_mib", self.copied_mib, defaults.copied_bytes)?,
            resources: positive("resources", self.resources, defaults.resources)?,
            answer_bytes: mebibytes("answer_mib", self.answer_mib, defaults.answer_bytes)?,
            answers_bytes: mebibytes("answers_mib", self.answers_mib, defaults.answers_bytes)?,
            response_bytes: mebibytes("response_mib", self.response_mib, defaults.response_bytes)?,
            concurrency: positive("concurrency", self.concurrency, defaults.concurrency)?,
            isolation: self.isolation.unwrap_or(defaults.isolation),
            connections: positive("connections", self.connections, defaults.connections)?,
            request: millis("request_ms", self.request_ms, defaults.request)?,
        })
    }
}

fn positive<T: Default + PartialEq>(name: &'static str, given: Option<T>, default: T) -> Result<T, ConfigError> {
    match given {
        Some(value) if value == T::default() => Err(ConfigError::ZeroLimit(name)),
        Some(value) => Ok(value),
        None => Ok(default),
    }
}
