//! Slash commands and HTTP commands, inside WebAssembly.
//!
//! Composed with the component, it is an HTTP service for any host of `wasi:http`. A request passes these modules, one
//! after the other: `http` reads it, `route` sends it to `slack` or `program`, which prove who asks and read the
//! command; `refuse` says what is not run, `run` and `pages` call, and `redact` takes the credentials out of what comes
//! back; the answer goes back the same way. `settings` come from the environment.
//!
//! It keeps nothing: there is no audit trail, no approval and no memory of what was asked before.

mod admin;
mod convert;
mod generated;
mod http;
mod pages;
mod program;
mod redact;
mod refuse;
mod route;
mod run;
mod settings;
mod slack;
#[cfg(test)]
mod test_support;

/// The component: the type that the exports are implemented on.
#[derive(Debug)]
pub struct Component;
