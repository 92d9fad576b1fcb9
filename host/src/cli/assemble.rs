//! Puts a host together from the environment and the configuration.

use super::cache;
use anyhow::Context;
use claude_admin::config::{Config, SecretError, SecretSource};
use claude_admin::egress::{Credentials, Egress, Upstream};
use claude_admin::embedded::COMPONENT;
use claude_admin::policy::Policy;
use claude_admin::sandbox::{Limits, Plugin, Sandbox};
use claude_admin::service::Service;
use claude_admin_simulator::{RunningSimulator, Simulator, SimulatorConfig};
use http::HeaderValue;
use secrecy::SecretString;
use std::path::Path;
use std::sync::Arc;

const ADMIN_KEY: &str = "ANTHROPIC_ADMIN_KEY";
const OAUTH_TOKEN: &str = "ANTHROPIC_OAUTH_TOKEN";
const BASE_URL: &str = "ANTHROPIC_BASE_URL";

/// What the operator must change before the host can start.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct SetupError(pub(super) String);

/// Where requests go when nothing says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WithoutCredential {
    /// To the embedded simulator.
    Simulate,
    /// Nowhere: the host does not start.
    Refuse,
}

/// A host, and the simulator behind it where there is one.
pub(super) struct Host {
    pub(super) service: Arc<Service>,
    pub(super) simulator: Option<RunningSimulator>,
}

/// Puts a host together.
pub(super) async fn host(config: &Config, policy: Arc<dyn Policy>, without: WithoutCredential) -> anyhow::Result<Host> {
    let mut credentials = credentials(config)?;
    let base_url =
        config.upstream.base_url.clone().or_else(|| std::env::var(BASE_URL).ok().filter(|url| !url.is_empty()));
    let nothing_given = credentials.is_empty() && base_url.is_none();
    let simulate = config.upstream.simulate || (nothing_given && without == WithoutCredential::Simulate);
    if !simulate && credentials.is_empty() {
        return Err(SetupError(format!(
            "no credential for the Admin API: set {ADMIN_KEY} (an Admin API key) or {OAUTH_TOKEN} (an OAuth token), name a \
             file in [upstream], or try everything with `simulate = true` there"
        ))
        .into());
    }
    let mut simulator = None;
    let upstream = if simulate {
        let running = Simulator::start(SimulatorConfig::default()).await.context("the simulator does not start")?;
        credentials = simulated_credentials(&running);
        let upstream = running.base_url().parse()?;
        simulator = Some(running);
        upstream
    } else {
        match base_url {
            Some(url) => url.parse::<Upstream>().map_err(|error| SetupError(error.to_string()))?,
            None => Upstream::default(),
        }
    };
    let service = service(config, upstream, credentials, config.limits.limits()?, policy)?;
    Ok(Host { service, simulator })
}

/// Puts a service in front of an upstream.
pub(super) fn service(
    config: &Config,
    upstream: Upstream,
    credentials: Credentials,
    limits: Limits,
    policy: Arc<dyn Policy>,
) -> anyhow::Result<Arc<Service>> {
    let version = config.upstream.anthropic_version.as_deref().map(HeaderValue::from_str).transpose();
    let version = version
        .map_err(|_| SetupError("upstream.anthropic_version holds characters that no header may hold".to_owned()))?;
    let egress = Arc::new(Egress::new(upstream, credentials, version)?);
    let sandbox = Sandbox::new(limits, egress, cache::folder().as_deref())?;
    let plugin = load(&sandbox, config.plugin.as_deref())?;
    Ok(Arc::new(Service::new(plugin, policy)))
}

/// Loads the component of a file, or the embedded one.
pub(super) fn load(sandbox: &Arc<Sandbox>, path: Option<&Path>) -> anyhow::Result<Plugin> {
    match path {
        None => Ok(Plugin::load(sandbox, COMPONENT).context("the embedded component cannot be loaded")?),
        Some(path) => {
            let unreadable = |error| SetupError(format!("cannot read the component {}: {error}", path.display()));
            let bytes = std::fs::read(path).map_err(unreadable)?;
            Ok(Plugin::load(sandbox, &bytes)
                .with_context(|| format!("the component {} cannot be loaded", path.display()))?)
        }
    }
}

/// The visibly fake credentials of a simulator.
pub(super) fn simulated_credentials(simulator: &RunningSimulator) -> Credentials {
    Credentials::new(Some(SecretString::from(simulator.admin_key())), Some(SecretString::from(simulator.oauth_token())))
}

fn credentials(config: &Config) -> anyhow::Result<Credentials> {
    let read = |file: Option<&Path>, variable: &str| match SecretSource::of(file, variable).read() {
        Ok(secret) => Ok(Some(secret)),
        Err(SecretError::Unset(_)) => Ok(None),
        Err(error) => Err(SetupError(error.to_string())),
    };
    let upstream = &config.upstream;
    Ok(Credentials::new(
        read(upstream.admin_key_file.as_deref(), ADMIN_KEY)?,
        read(upstream.oauth_token_file.as_deref(), OAUTH_TOKEN)?,
    ))
}
