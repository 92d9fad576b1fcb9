//! What a simulation is made of.

use crate::{Clock, Credentials, OrganizationKind};
use claude_admin_catalog::Catalog;
use jiff::Timestamp;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// How a simulation is set up. [`Default`] gives a small organization on free ports.
#[derive(Debug, Clone)]
pub struct SimulatorConfig {
    /// Decides every identifier, name and date: one seed, one organization.
    pub seed: u64,
    /// How many members the organization has at the start.
    pub members: usize,
    /// The clock; by default it stands still at 2026-11-21T17:20:00Z.
    pub clock: Clock,
    /// What kind of organization it is.
    pub organization: OrganizationKind,
    /// How many requests a minute the organization may make; unlimited when absent. The documented limit is 100. The
    /// budgets that families of operations have of their own hold when there is one.
    pub requests_per_minute: Option<u32>,
    /// The credentials that are accepted.
    pub credentials: Credentials,
    /// The operations; those of the embedded WIT package when absent.
    pub catalog: Option<Arc<Catalog>>,
    /// Where the API listens; a loopback address, with port 0 for a free one.
    pub api_address: SocketAddr,
    /// Where the control port listens; a loopback address, with port 0 for a free one.
    pub control_address: SocketAddr,
    /// How many requests the log keeps; older ones are dropped.
    pub logged_requests: usize,
}

impl Default for SimulatorConfig {
    fn default() -> Self {
        let free_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        Self {
            seed: 1,
            members: 25,
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
