//! A stateful, in-memory Admin API on loopback.

mod body;
mod clock;
mod config;
mod credential;
mod error;
mod exchange;
mod fault;
mod ids;
mod page;
mod patch;
mod perform;
mod query;
mod rate_limit;
mod request_log;
mod resource;
mod routes;
mod rules;
mod seed;
mod server;
mod shape;
mod simulation;
mod store;
mod validate;
mod version;

pub use clock::{Clock, ClockError, parse_duration};
pub use config::SimulatorConfig;
pub use credential::{ADMIN_KEY, Credential, CredentialKind, Credentials, OAUTH_TOKEN, PresentedCredential};
pub use fault::{Effect, Fault, HugeEffect, PatchEffect, RedirectEffect, StatusEffect};
pub use request_log::LoggedRequest;
pub use server::{RunningSimulator, Simulator};
pub use simulation::{Request, Response, Simulation};

/// A JSON object.
pub(crate) type Object = serde_json::Map<String, serde_json::Value>;
