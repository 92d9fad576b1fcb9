//! `claude-admin simulator`: only the simulator.

use super::print;
use super::stop::Stop;
use anyhow::Context;
use clap::Args;
use claude_admin_simulator::{Clock, Simulator, SimulatorConfig};
use std::net::SocketAddr;

/// A stateful simulation of the Admin API in memory, on loopback, with publicly known keys.
///
/// It supports every action: members, invites, workspaces, keys, limits, federation, plugins, reports, compliance and
/// the rest, with their state rules, every credential, both API versions, pagination, validation and error codes. All
/// reports are computed from one ledger and are consistent. The data is lost at exit. Seats, e-mails, invoices and
/// single sign-on are not simulated.
#[derive(Debug, Args)]
pub(super) struct SimulatorArgs {
    /// The loopback address of the API; port 0 selects a free port
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// The address of the control port, for faults, clock and request log
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    control: SocketAddr,
    /// The seed for every ID, name and date; the same seed gives the same organization
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The number of members of the organization
    #[arg(long, default_value_t = 25)]
    members: usize,
    /// The number of workspaces; at least those of the default
    #[arg(long, default_value_t = 6)]
    workspaces: usize,
    /// The number of API keys; at least those of the default
    #[arg(long, default_value_t = 12)]
    api_keys: usize,
    /// The number of requests per minute before the API limits the rate. Default: no limit
    #[arg(long, value_name = "N")]
    requests_per_minute: Option<u32>,
}

pub(super) async fn simulator(args: SimulatorArgs) -> anyhow::Result<u8> {
    let defaults = SimulatorConfig::default();
    let config = SimulatorConfig {
        // The clock starts at the time of the generated organization and runs on: budgets reset, and invites expire.
        clock: Clock::running_from(defaults.clock.now()),
        seed: args.seed,
        members: args.members,
        workspaces: args.workspaces,
        api_keys: args.api_keys,
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
