//! Why a playbook cannot be loaded, or gives no proposal.

use std::time::Duration;

/// A playbook cannot be loaded, or gives no proposal. It changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PlaybookError {
    /// wasmtime cannot be set up on this machine.
    #[error("wasmtime cannot be set up: {0}")]
    Engine(String),
    /// The bytes are not a component that can be compiled.
    #[error("it is not a WebAssembly component: {0}")]
    Malformed(String),
    /// It imports a name that is not an interface of the package.
    #[error("it imports `{name}`; a playbook can import only interfaces of `{package}`{hint}")]
    ForeignImport {
        /// The import.
        name: String,
        /// The package with its version.
        package: String,
        /// The advice to build it without the import; empty if there is none.
        hint: &'static str,
    },
    /// It imports an item of an interface that is not a function.
    #[error("it imports `{name}`, which is not a function")]
    NotAFunction {
        /// The import.
        name: String,
    },
    /// It imports a function that does not exist.
    #[error("it imports `{id}`, and there is no such action")]
    UnknownAction {
        /// The ID.
        id: String,
    },
    /// It imports a write.
    #[error("it imports `{id}`, which is a write (risk {risk}); a playbook proposes it as a step")]
    Write {
        /// The ID of the action.
        id: String,
        /// Its risk.
        risk: &'static str,
    },
    /// It imports a read whose result it must not have.
    #[error("it imports `{id}`, whose result contains {what}; no playbook can read it")]
    Withheld {
        /// The ID of the action.
        id: String,
        /// The kind of content.
        what: &'static str,
    },
    /// It was built for other types.
    #[error("it imports `{id}` with other types: {problem}")]
    OtherTypes {
        /// The ID of the action.
        id: String,
        /// The difference.
        problem: String,
    },
    /// It does not export a function.
    #[error("it does not export `{name}`")]
    NotExported {
        /// The name of the interface and of the function.
        name: String,
    },
    /// Its description cannot be used.
    #[error("its description of `{name}` cannot be used: {problem}")]
    Description {
        /// The name of the playbook.
        name: String,
        /// The problem.
        problem: String,
    },
    /// A limit was reached.
    #[error("it exceeded its limit: {0}")]
    Limit(PlaybookLimit),
    /// It crashed.
    #[error("it crashed: {0}")]
    Crash(String),
    /// It ended with a message.
    #[error("{0}")]
    Failed(String),
    /// Its proposal cannot be used.
    #[error("its proposal cannot be used: {0}")]
    Proposal(String),
}

/// A limit of a playbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the messages describe the limits")]
pub enum PlaybookLimit {
    #[error("{} s in wasm code", .0.as_secs())]
    WasmTime(Duration),
    #[error("{} s until the proposal", .0.as_secs())]
    WallClock(Duration),
    #[error("{} MiB of memory", .0 >> 20)]
    Memory(usize),
    #[error("{} MiB in one step", .0 >> 20)]
    Copied(usize),
    #[error("{0} reads")]
    Reads(u32),
    #[error("{0} steps")]
    Steps(usize),
    #[error("{0} rows of tables")]
    Rows(usize),
    #[error("{} KiB of text", .0 >> 10)]
    Bytes(usize),
}
