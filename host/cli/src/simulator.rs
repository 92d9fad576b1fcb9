//! `claude-admin simulator`: the simulator alone.

use super::print;
use super::stop::Stop;
use anyhow::Context;
use clap::Args;
use claude_admin_simulator::{Clock, Simulator, SimulatorConfig};
use std::net::SocketAddr;

/// A faithful, stateful Admin API in memory, on loopback, with keys that everybody knows.
///
/// It answers every operation: members, invites, workspaces, keys, limits, federation, plugins, reports, compliance and the
/// rest, with their state rules, every credential, both API versions, pagination, validation and error codes. Reports come of
/// one ledger and agree. It keeps nothing when it ends. It does not model seats, e-mails, invoices or single sign-on.
#[derive(Debug, Args)]
pub(super) struct SimulatorArgs {
    /// Where the API listens; a loopback address, port 0 for a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where the control port listens: faults, clock, log of requests
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// Decides every id, name and date: one seed, one organization
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many members the organization has
    #[arg(long, default_value_t = 25)]
    members: usize,
    /// Requests a minute before the API asks to slow down; unlimited unless given
    #[arg(long, value_name = "N")]
    requests_per_minute: Option<u32>,
}

pub(super) async fn simulator(args: SimulatorArgs) -> anyhow::Result<u8> {
    let defaults = SimulatorConfig::default();
    let config = SimulatorConfig {
        // It starts when the made-up organization does, and goes on from there: budgets refill, invites lapse.
        clock: Clock::running_from(defaults.clock.now()),
        seed: args.seed,
        members: args.members,
        requests_per_minute: args.requests_per_minute,
        api_address: args.listen,
        control_address: args.control,
        ..defaults
    };
    let running = Simulator::start(config).await.context("the simulator does not start")?;
    let variables = [
        ("ANTHROPIC_BASE_URL", running.base_url()),
        ("ANTHROPIC_ADMIN_KEY", running.admin_key().to_owned()),
        ("ANTHROPIC_SCOPED_KEY", running.scoped_key().to_owned()),
        ("ANTHROPIC_OAUTH_TOKEN", running.oauth_token().to_owned()),
        ("CLAUDE_ADMIN_SIMULATOR_CONTROL", running.control_url()),
    ];
    let lines = variables.map(|(name, value)| format!("export {name}={value}\n"));
    let mut stop = Stop::listen();
    print(&lines.concat())?;
    stop.requested().await;
    running.shutdown().await;
    Ok(0)
}
