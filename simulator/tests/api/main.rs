//! The Admin API of the simulation, asked without sockets.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects by failing; the exception in clippy.toml does not reach helpers"
)]

mod api_keys;
mod catalog;
mod compliance;
mod examples;
mod invites;
mod made_up;
mod members;
mod pages;
mod reports;
mod requests;
mod schema;
mod seeds;
mod support;
mod validation;
mod workspace_members;
mod workspaces;
