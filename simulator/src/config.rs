//! The configuration of a simulation.

use crate::{Clock, Credentials, OrganizationKind};
use claude_admin_catalog::Catalog;
use jiff::Timestamp;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// The configuration of a simulation. [`Default`] is a small organization on free ports.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// Determines every identifier, name and date. The same seed always generates the same organization.
    pub seed: u64,
    /// The number of members of the organization at the start.
    pub members: usize,
    /// The number of workspaces at the start. There are at least those of the default.
    pub workspaces: usize,
    /// The number of API keys at the start. There are at least those of the default.
    pub api_keys: usize,
    /// The clock. By default it does not run, and its time is 2026-11-21T17:20:00Z.
    pub clock: Clock,
    /// The kind of the organization.
    pub organization: OrganizationKind,
    /// The maximum number of requests per minute of the organization. Unlimited if absent. The documented limit is 100.
    /// If it is set, the separate budgets of families of operations apply too.
    pub requests_per_minute: Option<u32>,
    /// The credentials that are accepted.
    pub credentials: Credentials,
    /// The operations. If absent, those of the embedded WIT package.
    pub catalog: Option<Arc<Catalog>>,
    /// The address of the API: a loopback address, with port 0 for a free port.
    pub api_address: SocketAddr,
    /// The address of the control port: a loopback address, with port 0 for a free port.
    pub control_address: SocketAddr,
    /// The maximum number of requests in the log. Older ones are dropped.
    pub logged_requests: usize,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        let free_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            seed: 1,
            members: 25,
            workspaces: 6,
            api_keys: 12,
            clock: Clock::frozen_at(START),
            organization: OrganizationKind::default(),
            requests_per_minute: None,
            credentials: Credentials::default(),
            catalog: None,
            api_address: free_port,
            control_address: free_port,
            logged_requests: 1000,
        }
    }
}

/// 2026-11-21T17:20:00Z.
const START: Timestamp = Timestamp::constant(1_795_281_600, 0);
