//! `claude-admin mcp`: serves the actions as tools for a model, over standard input and output.

use super::assemble::{Policy, SimulatedClock, StoreSource, WithoutCredential, host, target};
use super::config_args::ConfigArgs;
use super::operator::operator;
use super::stop::Stop;
use super::{state, tell};
use clap::Args;
use claude_admin::frontend::mcp;
use std::sync::Arc;

/// Slots for tools that are called at the same time. One principal has at most half of them.
const CALLS_AT_ONCE: usize = 8;

#[derive(Debug, Args)]
pub(super) struct McpArgs {
    /// If there is a configuration, its policy decides what `local:USER` can do from the place `mcp`
    #[command(flatten)]
    config: ConfigArgs,
    /// Use the embedded simulator even if a credential is set
    #[arg(long)]
    simulate: bool,
}

pub(super) async fn mcp(args: McpArgs) -> anyhow::Result<u8> {
    let principal = operator()?;
    let found = args.config.find()?;
    let is_configured = found.is_some();
    let mut config = found.map(|found| found.config).unwrap_or_default();
    config.upstream.simulate |= args.simulate;
    config.limits.concurrency.get_or_insert(CALLS_AT_ONCE);
    let target = target(&config, WithoutCredential::Simulate, SimulatedClock::Running).await?;
    if target.simulator.is_some() {
        tell(
            "SIMULATED: no real account is used, and pending requests end with this process. To confirm a request, run \
             `claude-admin simulator` in another terminal, and set the variables that it prints for both processes.\n",
        );
    }
    let (policy, store) = match is_configured {
        true => (Policy::Configured, StoreSource::File(config.store.path.clone())),
        false if target.simulator.is_some() => (Policy::Only(&principal), StoreSource::Passing),
        false => (Policy::Only(&principal), StoreSource::File(state::audit_trail()?)),
    };
    let host = host(&config, target, policy, &store)?;
    let service = Arc::clone(&host.service);
    let mut stop = Stop::listen();
    tokio::select! {
        served = mcp::serve(service, principal, tokio::io::stdin(), tokio::io::stdout()) => served?,
        () = stop.requested() => {}
    }
    host.service.finish().await;
    if let Some(simulator) = host.simulator {
        simulator.shutdown().await;
    }
    Ok(0)
}
