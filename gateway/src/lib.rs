//! Slash commands and HTTP commands, inside WebAssembly.
//!
//! Composed with the component, the gateway is an HTTP service for any host of `wasi:http`. A request passes through
//! these modules in order: `http` reads the request. `route` sends it to `slack` or `program`, which authenticate the
//! requester and parse the command. `refuse` rejects commands that the gateway does not run. `run` and `pages` call the
//! component, and `scrub` removes the credentials from the results. The response takes the same way back. `settings`
//! reads the environment.
//!
//! The gateway stores nothing: it has no audit log, no approvals and no memory of earlier commands.

mod admin;
mod convert;
mod exchange;
mod generated;
mod http;
mod pages;
mod program;
mod refuse;
mod reply;
mod route;
mod run;
mod scrub;
mod settings;
mod slack;
#[cfg(test)]
mod test_support;
mod world;

/// The component: the type that the exports are implemented on.
#[derive(Debug)]
pub struct Component;
