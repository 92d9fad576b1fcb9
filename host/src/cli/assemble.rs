//! Puts a host together from the environment and the configuration.

use super::cache;
use super::setup_error::SetupError;
use anyhow::Context;
use claude_admin::audit::{Entry, Event};
use claude_admin::config::{Config, SecretError, SecretSource, SlackConfig, WorkloadIdentityConfig};
use claude_admin::decision::Decider;
use claude_admin::decision::approval::NoSteps;
use claude_admin::decision::directory::Directory;
use claude_admin::decision::groups::Groups;
use claude_admin::decision::operation::{Clock, Ledger};
use claude_admin::decision::policy::{LivePolicy, Policies, PolicyState};
use claude_admin::egress::{Credentials, Egress, Upstream, WorkloadSettings};
use claude_admin::embedded;
use claude_admin::frontend::slack::{SlackDirectory, WebApi};
use claude_admin::identity::Principal;
use claude_admin::sandbox::{Plugin, Sandbox};
use claude_admin::service::Service;
use claude_admin::store::{Durability, Hosts, Log, Settings, SqliteLog, sqlite_version};
use claude_admin_catalog::{Catalog, PackageText};
use claude_admin_simulator::{RunningSimulator, Simulator, SimulatorConfig};
use http::HeaderValue;
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const ADMIN_KEY: &str = "ANTHROPIC_ADMIN_KEY";
const OAUTH_TOKEN: &str = "ANTHROPIC_OAUTH_TOKEN";
const SCOPED_KEY: &str = "ANTHROPIC_SCOPED_KEY";
const BASE_URL: &str = "ANTHROPIC_BASE_URL";
const BOT_TOKEN: &str = "SLACK_BOT_TOKEN";

/// Where requests go when nothing says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WithoutCredential {
    /// To the embedded simulator.
    Simulate,
    /// Nowhere: the host does not start.
    Refuse,
}

/// Who decides what may be done.
pub(super) enum PolicySource<'p> {
    /// The policy file and the groups of the configuration.
    Configured,
    /// Everything is permitted to one person, and nothing to anybody else.
    Only(&'p Principal),
    /// A text, with the groups of the configuration.
    Text(&'p str),
}

/// Where the audit trail is kept.
pub(super) enum StoreSource {
    /// In a file.
    File(PathBuf),
    /// In a file, for a host to which a platform may deliver a request twice.
    FileWithDeliveries(PathBuf),
    /// Nowhere: it ends with the host.
    Memory,
}

/// A host, and the simulator behind it where there is one.
pub(super) struct Host {
    pub(super) service: Arc<Service>,
    pub(super) simulator: Option<RunningSimulator>,
    /// Slack's Web API, where there is a bot token.
    pub(super) web_api: Option<Arc<WebApi>>,
}

/// Where a host sends its requests.
pub(super) struct Target {
    pub(super) upstream: Upstream,
    pub(super) credentials: Credentials,
    pub(super) simulator: Option<RunningSimulator>,
    /// The clock of the API, where it is not that of this machine.
    api_clock: Option<Clock>,
}

/// Finds out where requests go, and starts the simulator where they go there.
pub(super) async fn target(config: &Config, without: WithoutCredential) -> anyhow::Result<Target> {
    if config.upstream.simulate {
        return simulated(start_simulator().await?);
    }
    let credentials = credentials(config)?;
    let base_url = base_url(config);
    if credentials.is_empty() && base_url.is_none() && without == WithoutCredential::Simulate {
        no_blank_credential()?;
        return simulated(start_simulator().await?);
    }
    real(credentials, base_url)
}

/// Finds out again where requests go. A simulator that runs is used again.
pub(super) fn target_again(config: &Config, simulator: Option<&RunningSimulator>) -> anyhow::Result<Target> {
    match simulator {
        Some(simulator) if config.upstream.simulate => target_of(simulator),
        None if config.upstream.simulate => {
            Err(SetupError("upstream.simulate: a simulator starts only with the host; restart it".to_owned()).into())
        }
        _ => real(credentials(config)?, base_url(config)),
    }
}

/// The base URL that is configured, in the file or in the environment.
fn base_url(config: &Config) -> Option<String> {
    config.upstream.base_url.clone().or_else(|| std::env::var(BASE_URL).ok().filter(|url| !url.is_empty()))
}

async fn start_simulator() -> anyhow::Result<RunningSimulator> {
    Simulator::start(SimulatorConfig::default()).await.context("the simulator does not start")
}

/// The API as the target.
fn real(credentials: Credentials, base_url: Option<String>) -> anyhow::Result<Target> {
    if credentials.is_empty() {
        return Err(SetupError(format!(
            "no credential for the Admin API: set {ADMIN_KEY} (an Admin API key), {OAUTH_TOKEN} (an OAuth token) or {SCOPED_KEY} (a \
             key of a Claude Enterprise organization), name a \
             file in [upstream], or try everything with `simulate = true` there"
        ))
        .into());
    }
    let upstream = match base_url {
        Some(url) => url.parse::<Upstream>().map_err(|error| SetupError(error.to_string()))?,
        None => Upstream::default(),
    };
    Ok(Target { upstream, credentials, simulator: None, api_clock: None })
}

/// What a step of a pipeline is given in place of a secret that it lacks is empty. To simulate then would look like success.
fn no_blank_credential() -> Result<(), SetupError> {
    let is_blank = |name: &&str| std::env::var(name).is_ok_and(|text| text.trim().is_empty());
    match [ADMIN_KEY, OAUTH_TOKEN, SCOPED_KEY].into_iter().find(is_blank) {
        None => Ok(()),
        Some(name) => Err(SetupError(format!(
            "{name} is set, and empty, and there is no other credential. Nothing was sent. Set it; or unset it, or add \
             --simulate, to try everything with the simulator"
        ))),
    }
}

/// A simulator as the target, with its visibly fake credentials.
pub(super) fn simulated(simulator: RunningSimulator) -> anyhow::Result<Target> {
    let target = target_of(&simulator)?;
    Ok(Target { simulator: Some(simulator), ..target })
}

fn target_of(simulator: &RunningSimulator) -> anyhow::Result<Target> {
    let secret = |text: &str| Some(SecretString::from(text));
    let credentials = Credentials::new(secret(simulator.admin_key()), secret(simulator.oauth_token()))
        .with_scoped_key(secret(simulator.scoped_key()));
    let api_clock = Some(api_clock(simulator));
    Ok(Target { upstream: simulator.base_url().parse()?, credentials, simulator: None, api_clock })
}

/// Puts a host together.
pub(super) fn host(
    config: &Config,
    target: Target,
    policy: PolicySource<'_>,
    store: StoreSource,
) -> anyhow::Result<Host> {
    host_with(config, target, policy, |policy| ledger(store, policy))
}

/// Puts a host together again, on the audit trail of the one before.
pub(super) fn host_again(config: &Config, target: Target, ledger: Ledger) -> anyhow::Result<Host> {
    host_with(config, target, PolicySource::Configured, |policy| {
        ledger.record(Durability::Process, vec![Entry::of_host(loaded(policy))])?;
        Ok(ledger)
    })
}

fn host_with(
    config: &Config,
    target: Target,
    policy: PolicySource<'_>,
    ledger: impl FnOnce(&PolicyState) -> anyhow::Result<Ledger>,
) -> anyhow::Result<Host> {
    let Target { upstream, credentials, simulator, api_clock } = target;
    let plugin = plugin(config, upstream, credentials)?;
    let web_api = config.slack.as_ref().map(web_api).transpose()?.flatten();
    let directory = web_api.clone().map(|api| Arc::new(SlackDirectory::new(api)) as Arc<dyn Directory>);
    let groups = Groups::new(config.members()?, directory);
    if groups.needs_directory() && groups.directory().is_none() {
        let problem = "a user group of Slack is a member of a group, and only a bot can look up who is in it";
        return Err(SetupError(format!("in [groups]: {problem}; set {BOT_TOKEN}, or bot_token_file in [slack]")).into());
    }
    let policy = Arc::new(live_policy(config, plugin.catalog(), &groups, policy)?);
    let ledger = ledger(&policy.current())?;
    let decider = Decider::new(policy, groups, ledger.clock().clone());
    let service = Service::new(plugin, decider, ledger, Arc::new(NoSteps));
    let service = Arc::new(match api_clock {
        Some(clock) => service.with_api_clock(clock),
        None => service,
    });
    Ok(Host { service, simulator, web_api })
}

/// The clock of a simulator, which stands still until it is moved.
fn api_clock(simulator: &RunningSimulator) -> Clock {
    let now = simulator.watch();
    Clock::new(move || now().as_millisecond())
}

fn plugin(config: &Config, upstream: Upstream, credentials: Credentials) -> anyhow::Result<Plugin> {
    let version = config.upstream.anthropic_version.as_deref().map(HeaderValue::from_str).transpose();
    let version = version
        .map_err(|_| SetupError("upstream.anthropic_version holds characters that no header may hold".to_owned()))?;
    let egress = Arc::new(Egress::new(upstream, credentials, version)?);
    let sandbox = Sandbox::new(config.limits.limits()?, egress, cache::folder().as_deref())?;
    load(&sandbox, config.plugin.as_deref())
}

/// Loads the component of a file, or the embedded one.
pub(super) fn load(sandbox: &Arc<Sandbox>, path: Option<&Path>) -> anyhow::Result<Plugin> {
    match path {
        None => Ok(Plugin::embedded(sandbox).context("the embedded component cannot be loaded")?),
        Some(path) => {
            let unreadable = |error| SetupError(format!("cannot read the component {}: {error}", path.display()));
            let bytes = std::fs::read(path).map_err(unreadable)?;
            Ok(Plugin::load(sandbox, &bytes)
                .with_context(|| format!("the component {} cannot be loaded", path.display()))?)
        }
    }
}

fn live_policy(
    config: &Config,
    catalog: &Catalog,
    groups: &Groups,
    source: PolicySource<'_>,
) -> anyhow::Result<LivePolicy> {
    let names = groups.names();
    Ok(match source {
        PolicySource::Configured => LivePolicy::open(catalog, &config.policy.file, names),
        PolicySource::Text(text) => LivePolicy::fixed(Policies::parse(catalog, &names, "the built-in policy", text)?),
        PolicySource::Only(principal) => LivePolicy::fixed(Policies::of_operator(catalog, principal)?),
    })
}

/// Opens the audit trail, and records that it was opened, and by which policy.
fn ledger(store: StoreSource, policy: &PolicyState) -> anyhow::Result<Ledger> {
    let mut dropped_bytes = 0;
    let (log, hosts): (Box<dyn Log>, Hosts) = match &store {
        StoreSource::File(path) | StoreSource::FileWithDeliveries(path) => {
            let log = SqliteLog::open(path, Settings::default()).map_err(|error| SetupError(error.to_string()))?;
            dropped_bytes = log.unreadable_bytes();
            // However the path is spelled, hosts on one file must find one another.
            let path = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
            (Box::new(log), Hosts::of(&path))
        }
        StoreSource::Memory => (Box::new(SqliteLog::in_memory()?), Hosts::in_memory()),
    };
    let open = match &store {
        StoreSource::File(_) => Ledger::open_without_deliveries,
        StoreSource::FileWithDeliveries(_) | StoreSource::Memory => Ledger::open,
    };
    let ledger = open(log, hosts, Clock::system())?;
    if dropped_bytes > 0 {
        tracing::warn!(dropped_bytes, "the end of the write-ahead log of the store was no complete transaction");
    }
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let opened = Event::Opened { version, sqlite: sqlite_version(), dropped_bytes };
    ledger.record(Durability::Disk, [opened, loaded(policy)].map(Entry::of_host).to_vec())?;
    Ok(ledger)
}

/// What is recorded when a host begins to use a policy.
fn loaded(policy: &PolicyState) -> Event {
    if let Some(problem) = &policy.problem {
        tracing::error!(problem, "the policy is not right: nothing is allowed until it is");
    }
    Event::PolicyChanged { policy_hash: policy.hash.clone(), problem: policy.problem.clone() }
}

/// The catalog of the component that a configuration names.
pub(super) fn catalog(config: &Config) -> anyhow::Result<Catalog> {
    let Some(path) = &config.plugin else { return Ok(embedded::catalog()?) };
    let bytes = std::fs::read(path)
        .map_err(|error| SetupError(format!("cannot read the component {}: {error}", path.display())))?;
    let text = PackageText::from_component(&bytes)?;
    let text = text.context("the component does not carry the text of its WIT package")?;
    Ok(Catalog::from_text(&text)?)
}

/// Slack's Web API, where there is a bot token.
fn web_api(config: &SlackConfig) -> anyhow::Result<Option<Arc<WebApi>>> {
    let variable = config.bot_token_env.as_deref().unwrap_or(BOT_TOKEN);
    let token = match SecretSource::of(config.bot_token_file.as_deref(), variable).read() {
        Ok(token) => token,
        Err(SecretError::Unset(_)) if config.bot_token_env.is_none() => return Ok(None),
        Err(error) => return Err(SetupError(format!("in [slack]: {error}")).into()),
    };
    let api = WebApi::new(&config.api_base_url, &token).map_err(|error| SetupError(format!("in [slack]: {error}")))?;
    Ok(Some(Arc::new(api)))
}

fn workload(config: &WorkloadIdentityConfig) -> WorkloadSettings {
    let config = config.clone();
    WorkloadSettings {
        token_file: config.token_file,
        federation_rule_id: config.federation_rule_id,
        organization_id: config.organization_id,
        service_account_id: config.service_account_id,
        workspace_id: config.workspace_id,
    }
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
    )
    .with_scoped_key(read(upstream.scoped_key_file.as_deref(), SCOPED_KEY)?)
    .with_workload_identity(upstream.workload_identity.as_ref().map(workload)))
}
