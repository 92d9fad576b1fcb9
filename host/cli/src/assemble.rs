//! Puts a host together from the environment and the configuration.

use super::cache;
use super::operator::operator;
use super::setup_error::SetupError;
use crate::config::{Config, ConfigError, PlaybookConfig, SecretSource, SlackConfig, WorkloadIdentityConfig};
use anyhow::Context;
use claude_admin::decision::approval::LoneOperator;
use claude_admin::decision::directory::Directory;
use claude_admin::decision::groups::Groups;
use claude_admin::decision::operation::{Clock, Ledger};
use claude_admin::egress::{ApiPlatform, Credentials, Egress, Upstream, WorkloadSettings};
use claude_admin::embedded;
use claude_admin::frontend::slack::{SlackDirectory, WebApi};
use claude_admin::identity::Principal;
use claude_admin::playbook::{Library, PlaybookLimits};
use claude_admin::sandbox::{Plugin, Sandbox, catalog_of, check_digest};
use claude_admin::service::Service;
use claude_admin::{self as library, BuildError, HostBuilder, PolicySource, Store};
use claude_admin_catalog::Catalog;
use claude_admin_chat::Verdict;
use claude_admin_chat::outside_text;
use claude_admin_simulator::{RunningSimulator, Simulator, SimulatorConfig};
use http::HeaderValue;
use jiff::Timestamp;
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const ADMIN_KEY: &str = "ANTHROPIC_ADMIN_KEY";
const OAUTH_TOKEN: &str = "ANTHROPIC_OAUTH_TOKEN";
const SCOPED_KEY: &str = "ANTHROPIC_SCOPED_KEY";
const AWS_KEY: &str = "ANTHROPIC_AWS_API_KEY";
const BASE_URL: &str = "ANTHROPIC_BASE_URL";
const BOT_TOKEN: &str = "SLACK_BOT_TOKEN";

/// The target of requests if no credential is configured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WithoutCredential {
    /// The embedded simulator.
    Simulate,
    /// None: the host does not start.
    Refuse,
}

/// The clock of the embedded simulator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SimulatedClock {
    /// It does not run, for one command.
    Stopped,
    /// It runs, for a host that serves many commands: changes have different times.
    Running,
}

/// The source of the policy.
pub(super) enum Policy<'p> {
    /// The policy file and the groups of the configuration.
    Configured,
    /// Everything is permitted to one user, and nothing to other users.
    Only(&'p Principal),
    /// A text, with the groups of the configuration.
    Text(&'p str),
}

/// The store of the audit log.
pub(super) enum StoreSource {
    /// In a file.
    File(PathBuf),
    /// In memory, until the host exits.
    Memory,
    /// In memory, for a host that exits after this command. No later command can refer to its operations.
    Passing,
}

impl StoreSource {
    fn store(&self) -> Store {
        match self {
            Self::File(path) => Store::file(path),
            Self::Memory | Self::Passing => Store::memory(),
        }
    }
}

/// A host, and its simulator if it uses one.
pub(super) struct Host {
    pub(super) service: Arc<Service>,
    pub(super) simulator: Option<RunningSimulator>,
    /// Slack's Web API, if there is a bot token.
    pub(super) web_api: Option<Arc<WebApi>>,
}

/// The target of the requests of a host.
pub(super) struct Target {
    pub(super) upstream: Upstream,
    pub(super) credentials: Credentials,
    pub(super) simulator: Option<RunningSimulator>,
    /// The clock of the API, if it is not that of this machine.
    api_clock: Option<Clock>,
}

impl Target {
    /// The time at the API.
    pub(super) fn now(&self) -> Timestamp {
        let clock = self.api_clock.clone().unwrap_or_else(Clock::system);
        Timestamp::from_millisecond(clock.now_ms()).unwrap_or_default()
    }
}

/// The credentials that determine which actions a host of this configuration could run. If the host would simulate,
/// these are the credentials of the simulator.
pub(super) fn foreseen_credentials(config: &Config) -> anyhow::Result<Credentials> {
    let credentials = credentials(config)?;
    if !credentials.is_empty() && !config.upstream.simulate {
        return Ok(credentials);
    }
    let secret = || Some(SecretString::from("simulated"));
    Ok(match config.upstream.platform {
        ApiPlatform::Aws => Credentials::on_aws(secret()),
        ApiPlatform::Anthropic => Credentials::new(secret(), secret()).with_scoped_key(secret()),
    })
}

/// Determines the target of requests, and starts the simulator if it is the target.
pub(super) async fn target(
    config: &Config,
    without: WithoutCredential,
    clock: SimulatedClock,
) -> anyhow::Result<Target> {
    let platform = config.upstream.platform;
    if config.upstream.simulate {
        return simulated(start_simulator(clock).await?, platform);
    }
    let credentials = credentials(config)?;
    let base_url = base_url(config);
    let nothing_given = credentials.is_empty() && base_url.is_none() && platform == ApiPlatform::Anthropic;
    if nothing_given && without == WithoutCredential::Simulate {
        no_blank_credential()?;
        return simulated(start_simulator(clock).await?, platform);
    }
    real(platform, credentials, base_url)
}

/// Determines the target of requests again. A running simulator is used again.
pub(super) fn target_again(config: &Config, simulator: Option<&RunningSimulator>) -> anyhow::Result<Target> {
    match simulator {
        Some(simulator) if config.upstream.simulate => target_of(simulator, config.upstream.platform),
        None if config.upstream.simulate => {
            Err(SetupError("upstream.simulate: the simulator starts only with the host; restart the host".to_owned())
                .into())
        }
        _ => real(config.upstream.platform, credentials(config)?, base_url(config)),
    }
}

/// The base URL that is configured, in the file or in the environment.
fn base_url(config: &Config) -> Option<String> {
    let url = config.upstream.base_url.clone().or_else(|| std::env::var(BASE_URL).ok())?;
    Some(outside_text::value(&url).to_owned()).filter(|url| !url.is_empty())
}

async fn start_simulator(clock: SimulatedClock) -> anyhow::Result<RunningSimulator> {
    let mut config = SimulatorConfig::default();
    if clock == SimulatedClock::Running {
        config.clock = claude_admin_simulator::Clock::running_from(config.clock.now());
    }
    Simulator::start(config).await.context("the simulator does not start")
}

/// The API as the target.
fn real(platform: ApiPlatform, credentials: Credentials, base_url: Option<String>) -> anyhow::Result<Target> {
    check_platform(platform, base_url.as_deref())?;
    if credentials.is_empty() && platform == ApiPlatform::Aws {
        return Err(SetupError(format!(
            "no credential for Claude Platform on AWS: set {AWS_KEY} (a key of the AWS console), or name a file with \
             `aws_key_file` in [upstream]"
        ))
        .into());
    }
    if credentials.is_empty() {
        return Err(SetupError(format!(
            "no credential for the Admin API: set {ADMIN_KEY} (an Admin API key), {OAUTH_TOKEN} (an OAuth token) or \
             {SCOPED_KEY} (a key of a Claude Enterprise organization), name a file in [upstream], or set \
             `simulate = true` there to use the simulator"
        ))
        .into());
    }
    let upstream = match base_url {
        Some(url) => url.parse::<Upstream>().map_err(|error| SetupError(error.to_string()))?,
        None => Upstream::default(),
    };
    Ok(Target { upstream, credentials, simulator: None, api_clock: None })
}

/// Claude Platform on AWS has a base URL for each region. No other platform uses these URLs.
fn check_platform(platform: ApiPlatform, base_url: Option<&str>) -> Result<(), SetupError> {
    let is_regional = base_url.is_some_and(|url| url.contains("//aws-external-anthropic."));
    match platform {
        ApiPlatform::Aws if base_url.is_none() => Err(SetupError(format!(
            "`platform = \"aws\"` in [upstream] needs the base URL of the region, as `base_url` or in {BASE_URL}: \
             https://aws-external-anthropic.REGION.api.aws"
        ))),
        ApiPlatform::Anthropic if is_regional => Err(SetupError(
            "the base URL is of Claude Platform on AWS: set `platform = \"aws\"` in [upstream]".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// A pipeline can replace a missing secret with an empty text. A simulation would then look like success.
fn no_blank_credential() -> Result<(), SetupError> {
    let is_blank = |name: &&str| std::env::var(name).is_ok_and(|text| outside_text::value(&text).is_empty());
    match [ADMIN_KEY, OAUTH_TOKEN, SCOPED_KEY].into_iter().find(is_blank) {
        None => Ok(()),
        Some(name) => Err(SetupError(format!(
            "{name} is set but empty, and no other credential is set. {} Set {name}; to use the simulator instead, \
             unset it or add --simulate",
            Verdict::NotSent.sentence()
        ))),
    }
}

/// A simulator as the target, with its visibly fake credentials.
pub(super) fn simulated(simulator: RunningSimulator, platform: ApiPlatform) -> anyhow::Result<Target> {
    let target = target_of(&simulator, platform)?;
    Ok(Target { simulator: Some(simulator), ..target })
}

fn target_of(simulator: &RunningSimulator, platform: ApiPlatform) -> anyhow::Result<Target> {
    let secret = |text: &str| Some(SecretString::from(text));
    let credentials = match platform {
        // One key for every action that is available there.
        ApiPlatform::Aws => Credentials::on_aws(secret(simulator.admin_key())),
        ApiPlatform::Anthropic => Credentials::new(secret(simulator.admin_key()), secret(simulator.oauth_token()))
            .with_scoped_key(secret(simulator.scoped_key())),
    };
    let api_clock = Some(api_clock(simulator));
    Ok(Target { upstream: simulator.base_url().parse()?, credentials, simulator: None, api_clock })
}

/// Puts a host together.
pub(super) fn host(config: &Config, target: Target, policy: Policy<'_>, store: &StoreSource) -> anyhow::Result<Host> {
    let is_passing = matches!(store, StoreSource::Passing);
    let policy = match policy {
        Policy::Configured => PolicySource::File(config.policy.file.clone()),
        Policy::Only(principal) => PolicySource::Only(principal.clone()),
        Policy::Text(text) => PolicySource::Text { name: "the built-in policy".to_owned(), text: text.to_owned() },
    };
    let begin = |egress| library::Host::builder(egress, policy, store.store()).passing(is_passing);
    host_with(config, target, begin)
}

/// Assembles a host again, with the audit log of the previous host.
pub(super) fn host_again(config: &Config, target: Target, ledger: Ledger) -> anyhow::Result<Host> {
    let policy = PolicySource::File(config.policy.file.clone());
    host_with(config, target, |egress| library::Host::replacing(egress, policy, ledger))
}

fn host_with(config: &Config, target: Target, begin: impl FnOnce(Arc<Egress>) -> HostBuilder) -> anyhow::Result<Host> {
    let Target { upstream, credentials, simulator, api_clock } = target;
    let lone_operator = lone_operator(config)?;
    let web_api = config.slack.as_ref().map(web_api).transpose()?.flatten();
    let directory = web_api.clone().map(|api| Arc::new(SlackDirectory::new(api)) as Arc<dyn Directory>);
    let groups = Groups::new(config.members()?, directory);
    if groups.needs_directory() && groups.directory().is_none() {
        let problem = "a group has a Slack user group as a member, and only a bot can look up the users in it";
        return Err(SetupError(format!("in [groups]: {problem}; set {BOT_TOKEN}, or bot_token_file in [slack]")).into());
    }
    let (people, limits) = (config.people()?, config.limits.limits()?);
    let component = component(config)?;
    let builder = begin(egress(config, upstream, credentials)?)
        .limits(limits)
        .compiled(cache::folder())
        .groups(groups)
        .people(people)
        .lone_operator(lone_operator)
        .api_clock(api_clock)
        .time_zone(config.locale.time_zone.clone());
    let builder = match &component {
        Some((_, bytes)) => builder.component(bytes.clone()),
        None => builder,
    };
    let mut builder = builder;
    for (name, bytes) in playbooks(config)? {
        builder = builder.playbook(name, bytes);
    }
    let host = builder.build().map_err(|error| not_built(error, component.map(|(path, _)| path)))?;
    Ok(Host { service: Arc::clone(host.service()), simulator, web_api })
}

/// The error of a host that cannot be put together, in the terms of the configuration.
fn not_built(error: BuildError, component: Option<&Path>) -> anyhow::Error {
    match (error, component) {
        (BuildError::SecondPerson { name }, _) => second_person_in_policy(&name).into(),
        (BuildError::Component(error), Some(path)) => {
            anyhow::Error::new(error).context(format!("the component {} cannot be loaded", path.display()))
        }
        (BuildError::Component(error), None) => {
            anyhow::Error::new(error).context("the embedded component cannot be loaded")
        }
        (BuildError::Policy(errors), _) => errors.into(),
        (BuildError::Sandbox(error), _) => error.into(),
        (BuildError::Ledger(error), _) => error.into(),
        (BuildError::Store(error), _) => SetupError(error.to_string()).into(),
        (error, _) => error.into(),
    }
}

/// The lone operator of a configuration: the account at this terminal.
pub(super) fn lone_operator(config: &Config) -> anyhow::Result<Option<LoneOperator>> {
    if !config.approvals.lone_operator {
        return Ok(None);
    }
    Ok(config.lone_operator(&operator()?)?)
}

/// The error for a policy that names another user than the lone operator.
pub(super) fn second_person_in_policy(name: &str) -> ConfigError {
    ConfigError::SecondPerson(format!("the policy names `{name}`"))
}

/// The clock of a simulator. It changes only when the simulator changes it.
fn api_clock(simulator: &RunningSimulator) -> Clock {
    let now = simulator.watch();
    Clock::new(move || now().as_millisecond())
}

/// The egress to the API.
pub(super) fn egress(config: &Config, upstream: Upstream, credentials: Credentials) -> anyhow::Result<Arc<Egress>> {
    let version = config.upstream.anthropic_version.as_deref().map(HeaderValue::from_str).transpose();
    let version = version.map_err(|_| {
        SetupError("upstream.anthropic_version contains characters that are not allowed in a header".to_owned())
    })?;
    Ok(Arc::new(Egress::new(upstream, credentials, version)?))
}

/// The component that a configuration names. If the configuration pins a digest, the component must have it.
fn component(config: &Config) -> anyhow::Result<Option<(&Path, Vec<u8>)>> {
    let (path, bytes) = match (&config.plugin, &config.plugin_sha256) {
        (Some(path), _) => (path, read_component(path)?),
        (None, Some(_)) => return Err(SetupError("`plugin_sha256` is set, but `plugin` is not".to_owned()).into()),
        (None, None) => return Ok(None),
    };
    if let Some(pinned) = &config.plugin_sha256 {
        check_digest(&bytes, pinned)
            .map_err(|error| SetupError(format!("{}: {error}; no code of the component ran", path.display())))?;
    }
    Ok(Some((path, bytes)))
}

/// The playbooks that a configuration names, each with its file. Each must have its pinned digest.
pub(super) fn playbooks(config: &Config) -> anyhow::Result<Vec<(String, Vec<u8>)>> {
    let read = |playbook: &PlaybookConfig| Ok((playbook.file.display().to_string(), pinned(playbook)?));
    config.playbooks.iter().map(read).collect()
}

/// The component of an entry in the configuration, if it has the pinned digest.
pub(super) fn pinned(playbook: &PlaybookConfig) -> Result<Vec<u8>, SetupError> {
    let bytes = read_component(&playbook.file)?;
    let file = playbook.file.display();
    check_digest(&bytes, &playbook.sha256)
        .map_err(|error| SetupError(format!("the playbook {file}: {error}; no code of it ran")))?;
    Ok(bytes)
}

/// Reads the file of a component.
pub(super) fn read_component(path: &Path) -> Result<Vec<u8>, SetupError> {
    std::fs::read(path).map_err(|error| SetupError(format!("cannot read the component {}: {error}", path.display())))
}

/// Loads a component from a file, or the embedded component.
pub(super) fn load(sandbox: &Arc<Sandbox>, component: Option<(&Path, &[u8])>) -> anyhow::Result<Plugin> {
    match component {
        None => Ok(Plugin::embedded(sandbox).context("the embedded component cannot be loaded")?),
        Some((path, bytes)) => Ok(Plugin::load(sandbox, bytes)
            .with_context(|| format!("the component {} cannot be loaded", path.display()))?),
    }
}

/// Opens the audit log for a command without a policy decision, and records that it was opened.
pub(super) fn ledger_without_policy(path: PathBuf) -> anyhow::Result<Ledger> {
    StoreSource::File(path).store().open(Clock::system(), None).map_err(|error| not_built(error, None))
}

/// The catalog of the component that a configuration names, with the playbooks.
pub(super) fn catalog(config: &Config) -> anyhow::Result<Catalog> {
    let catalog = catalog_without_playbooks(config)?;
    let playbooks = library(config, &catalog)?.forms().to_vec();
    Ok(Catalog { playbooks, ..catalog })
}

/// The catalog of the component that a configuration names.
pub(super) fn catalog_without_playbooks(config: &Config) -> anyhow::Result<Catalog> {
    match component(config)? {
        None => Ok(embedded::catalog()?),
        Some((path, bytes)) => Ok(catalog_of(&bytes).with_context(|| format!("the component {}", path.display()))?),
    }
}

/// The built-in playbooks, and those that a configuration names.
pub(super) fn library(config: &Config, catalog: &Catalog) -> anyhow::Result<Library> {
    let mut library = Library::built_in(catalog, PlaybookLimits::default(), cache::folder().as_deref())?;
    for (file, bytes) in playbooks(config)? {
        library.add(&bytes).with_context(|| format!("the playbook {file} cannot be loaded"))?;
    }
    Ok(library)
}

/// Slack's Web API, if there is a bot token.
fn web_api(config: &SlackConfig) -> anyhow::Result<Option<Arc<WebApi>>> {
    let token = SecretSource::find(config.bot_token_file.as_deref(), config.bot_token_env.as_deref(), BOT_TOKEN);
    let Some(token) = token.map_err(|error| SetupError(format!("in [slack]: {error}")))? else { return Ok(None) };
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
    let read = |file: Option<&Path>, variable: &str| {
        SecretSource::find(file, None, variable).map_err(|error| SetupError(error.to_string()))
    };
    let upstream = &config.upstream;
    if upstream.platform == ApiPlatform::Aws {
        return Ok(Credentials::on_aws(read(upstream.aws_key_file.as_deref(), AWS_KEY)?));
    }
    Ok(Credentials::new(
        read(upstream.admin_key_file.as_deref(), ADMIN_KEY)?,
        read(upstream.oauth_token_file.as_deref(), OAUTH_TOKEN)?,
    )
    .with_scoped_key(read(upstream.scoped_key_file.as_deref(), SCOPED_KEY)?)
    .with_workload_identity(upstream.workload_identity.as_ref().map(workload)))
}
