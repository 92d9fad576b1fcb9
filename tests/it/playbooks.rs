//! Playbooks in a host: what they propose passes everything that a typed command passes.

mod built_in;
mod chained;
mod delegation;
mod hostile;
mod jobs;
mod offboard;
mod options;
mod program;
mod reconcile;
mod ticks;

use crate::support::{self, OPEN_POLICY};
use claude_admin::decision::operation::Clock;
use claude_admin::playbook::{Library, PlaybookLimits};
use claude_admin::sandbox::Plugin;
use claude_admin::service::Service;
use claude_admin_simulator::{RunningSimulator, Simulator, SimulatorConfig};
use std::sync::Arc;

/// A host with the built-in playbooks and these components, in front of a simulator.
async fn host_with(policy: &str, config: SimulatorConfig, components: &[&[u8]]) -> (RunningSimulator, Service) {
    let simulator = Simulator::start(config).await.expect("a loopback port is free");
    let service = service_before(&simulator, policy, components);
    (simulator, service)
}

/// A host in front of a simulator that runs.
pub(super) fn service_before(simulator: &RunningSimulator, policy: &str, components: &[&[u8]]) -> Service {
    let credentials = support::credentials(simulator);
    let sandbox = support::sandbox(&simulator.base_url(), credentials, support::limits());
    let plugin = Plugin::embedded(&sandbox).expect("the component loads");
    let (plugin, library) = with_library(plugin, components);
    let now = simulator.watch();
    let service = support::service_with(plugin, policy, &[]).with_playbooks(Some(library));
    service.with_api_clock(Clock::new(move || now().as_millisecond()))
}

async fn host(policy: &str) -> (RunningSimulator, Service) {
    host_with(policy, SimulatorConfig::default(), &[]).await
}

/// A component with the built-in playbooks and others.
fn with_library(plugin: Plugin, components: &[&[u8]]) -> (Plugin, Arc<Library>) {
    let compiled = support::build_folder().join("compiled");
    let limits = PlaybookLimits { wasm_time: std::time::Duration::from_secs(2), ..PlaybookLimits::default() };
    let mut library = Library::built_in(plugin.catalog(), limits, Some(&compiled)).expect("an engine");
    for component in components {
        library.add(component).expect("a playbook");
    }
    (plugin.with_playbooks(library.forms().to_vec()), Arc::new(library))
}

/// An organization of a realistic size.
pub(super) fn organization() -> SimulatorConfig {
    SimulatorConfig {
        members: 500,
        workspaces: 50,
        api_keys: 300,
        logged_requests: 10_000,
        ..SimulatorConfig::default()
    }
}

async fn open_host() -> (RunningSimulator, Service) {
    host(OPEN_POLICY).await
}
