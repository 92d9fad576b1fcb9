//! What the tests share: a host before the simulator, and commands typed into it.

use claude_admin::command::Markup;
use claude_admin::egress::{Credentials, Egress, Upstream};
use claude_admin::embedded::COMPONENT;
use claude_admin::identity::{Place, Principal};
use claude_admin::policy::AllowList;
use claude_admin::sandbox::{Limits, Plugin, Sandbox};
use claude_admin::service::{Input, Reply, Request, Service};
use claude_admin_simulator::{RunningSimulator, Simulator, SimulatorConfig};
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The repository.
pub(super) fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// A folder for things that tests build, kept between runs.
pub(super) fn build_folder() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// A simulator with its usual organization.
pub(super) async fn simulator() -> RunningSimulator {
    Simulator::start(SimulatorConfig::default()).await.expect("a loopback port is free")
}

/// The credentials that a simulator takes.
pub(super) fn credentials(simulator: &RunningSimulator) -> Credentials {
    let secret = |text: &str| Some(SecretString::from(text));
    Credentials::new(secret(simulator.admin_key()), secret(simulator.oauth_token()))
}

/// A sandbox whose requests go to a base URL.
pub(super) fn sandbox(base_url: &str, credentials: Credentials, limits: Limits) -> Arc<Sandbox> {
    let upstream: Upstream = base_url.parse().expect("a base URL on this machine");
    let egress = Arc::new(Egress::new(upstream, credentials, None).expect("a client"));
    Sandbox::new(limits, egress, Some(&build_folder().join("compiled"))).expect("a sandbox")
}

/// Everybody at this terminal may do everything.
pub(super) fn open_policy() -> Arc<AllowList> {
    Arc::new(AllowList { read: Vec::new(), write: vec!["local:*".parse().expect("a grant")] })
}

/// A service with the component of the project, in front of a base URL.
pub(super) fn service_at(base_url: &str, credentials: Credentials, limits: Limits) -> Service {
    let plugin = Plugin::load(&sandbox(base_url, credentials, limits), COMPONENT).expect("the component loads");
    Service::new(plugin, open_policy())
}

/// A service with the component of the project, in front of a simulator.
pub(super) fn service(simulator: &RunningSimulator) -> Service {
    service_at(&simulator.base_url(), credentials(simulator), limits())
}

/// The default limits for few calls at once.
pub(super) fn limits() -> Limits {
    Limits { concurrency: 4, ..Limits::default() }
}

/// Types a command at this terminal.
pub(super) async fn type_in(service: &Service, line: &str) -> Reply {
    let input = Input::Text { line: line.to_owned(), markup: Markup::None };
    service.handle(Request { principal: Principal::local(), place: Place::default(), input }).await
}

/// What a person reads.
pub(super) fn text(reply: &Reply) -> String {
    claude_admin::render::text(&reply.document)
}
