//! Tests of the Admin API of the simulation, without sockets.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test says what it expects by failing; the exception in clippy.toml does not reach helpers"
)]

mod api_keys;
mod catalog;
mod claude_tag;
mod compliance;
mod error_codes;
mod examples;
mod exchange;
mod external_keys;
mod external_storage;
mod federation;
mod google_data_controls;
mod groups;
mod ids;
mod invites;
mod limits;
mod made_up;
mod managed_settings;
mod members;
mod pages;
mod plugins;
mod rate_limits;
mod reports;
mod requests;
mod schema;
mod seeds;
mod service_accounts;
mod support;
mod telemetry;
mod tunnels;
mod validation;
mod webhooks;
mod workspace_members;
mod workspaces;
