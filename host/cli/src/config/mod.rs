//! The configuration file. It never contains secrets: it names the environment variables or files that contain them.

mod approvals;
mod error;
mod limits;
mod secret;

pub(crate) use approvals::ApprovalsConfig;
pub(crate) use error::ConfigError;
pub(crate) use secret::SecretSource;

use claude_admin::decision::groups::{Member, MemberError, is_user_group};
use claude_admin::decision::people::People;
use claude_admin::egress::ApiPlatform;
use claude_admin::frontend::slack::{DEFAULT_API, DEFAULT_HOSTS};
use claude_admin::identity::is_id;
use claude_admin::render::SlackTables;
use claude_admin_chat::{outside_text, redacted};
use jiff::tz::TimeZone;
use limits::LimitsConfig;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// The configuration of a host.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Config {
    /// The target and the credentials of requests.
    pub(crate) upstream: UpstreamConfig,
    /// The HTTP server and the programs that can call it.
    pub(crate) http: HttpConfig,
    /// The Slack app, if there is one.
    pub(crate) slack: Option<SlackConfig>,
    /// The policy.
    pub(crate) policy: PolicyConfig,
    /// Groups that the policy names. Their members are users, all users of a tenant, or Slack user groups.
    pub(crate) groups: BTreeMap<String, Vec<String>>,
    /// People, each with their principals on several platforms. It sets whose approvals count as one, and gives no rights.
    pub(crate) people: BTreeMap<String, Vec<String>>,
    /// The settings for requests that require a second person.
    pub(crate) approvals: ApprovalsConfig,
    /// The store of the audit log.
    pub(crate) store: StoreConfig,
    /// The limits of one call.
    pub(crate) limits: LimitsConfig,
    /// The settings for output for people.
    pub(crate) locale: LocaleConfig,
    /// A component that replaces the embedded one.
    pub(crate) plugin: Option<PathBuf>,
    /// The SHA-256 of the reviewed component, in hexadecimal. No other component is loaded.
    pub(crate) plugin_sha256: Option<String>,
    /// Playbooks in addition to the built-in ones.
    pub(crate) playbooks: Vec<PlaybookConfig>,
}

/// A playbook in addition to the built-in ones.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaybookConfig {
    /// The component.
    pub(crate) file: PathBuf,
    /// The SHA-256 of the reviewed component, in hexadecimal. No other component is loaded.
    pub(crate) sha256: String,
}

/// The settings for output for people. Data for programs (JSON and CSV) does not depend on them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LocaleConfig {
    /// The IANA name of the time zone of instants, such as `Europe/Berlin`. Default: UTC. Days of reports and words
    /// such as `today` are days in UTC, as in the API.
    #[serde(deserialize_with = "time_zone")]
    pub(crate) time_zone: TimeZone,
}

impl Default for LocaleConfig {
    fn default() -> Self {
        Self { time_zone: TimeZone::UTC }
    }
}

fn time_zone<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeZone, D::Error> {
    let name = String::deserialize(deserializer)?;
    TimeZone::get(&name).map_err(|_| {
        D::Error::custom(format!("`{name}` is not an IANA time zone; write a name such as `Europe/Berlin` or `UTC`"))
    })
}

/// The target and the credentials of requests.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct UpstreamConfig {
    /// The base URL. Default: `ANTHROPIC_BASE_URL`, otherwise `https://api.anthropic.com`.
    pub(crate) base_url: Option<String>,
    /// The platform of the organization.
    pub(crate) platform: ApiPlatform,
    /// A file with the key of the AWS console, for the platform `aws`. Default: `ANTHROPIC_AWS_API_KEY`.
    pub(crate) aws_key_file: Option<PathBuf>,
    /// The value of `anthropic-version`. Default: the value of the component.
    pub(crate) anthropic_version: Option<String>,
    /// Use the embedded simulator.
    pub(crate) simulate: bool,
    /// A file with the Admin API key. Default: `ANTHROPIC_ADMIN_KEY`.
    pub(crate) admin_key_file: Option<PathBuf>,
    /// A file with the OAuth token. Default: `ANTHROPIC_OAUTH_TOKEN`.
    pub(crate) oauth_token_file: Option<PathBuf>,
    /// A file with the key of a Claude Enterprise organization. Default: `ANTHROPIC_SCOPED_KEY`.
    pub(crate) scoped_key_file: Option<PathBuf>,
    /// A workload identity, whose tokens are exchanged for access tokens.
    pub(crate) workload_identity: Option<WorkloadIdentityConfig>,
}

/// A workload identity.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WorkloadIdentityConfig {
    /// The file with the token of the workload, as Kubernetes projects it.
    pub(crate) token_file: PathBuf,
    /// The federation rule, `fdrl_…`.
    pub(crate) federation_rule_id: String,
    /// The organization, a UUID.
    pub(crate) organization_id: String,
    /// The service account, `svac_…`.
    pub(crate) service_account_id: Option<String>,
    /// The workspace, `wrkspc_…` or `default`; required if the rule covers several workspaces.
    pub(crate) workspace_id: Option<String>,
}

/// The HTTP server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct HttpConfig {
    /// The address and port on which the server listens.
    pub(crate) listen: SocketAddr,
    /// Programs that can call `POST /v1/commands`.
    pub(crate) clients: Vec<ClientConfig>,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 8080)), clients: Vec::new() }
    }
}

/// A program that can call the HTTP API.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientConfig {
    /// The name in the policy: `http:NAME`.
    pub(crate) name: String,
    /// The environment variable with its token.
    pub(crate) token_env: Option<String>,
    /// The file with its token.
    pub(crate) token_file: Option<PathBuf>,
}

/// The Slack app.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SlackConfig {
    /// The environment variable with the signing secret. Default: `SLACK_SIGNING_SECRET`, if it is set and
    /// no file is given. Without it, the host does not accept requests of Slack over HTTP.
    pub(crate) signing_secret_env: Option<String>,
    /// The file with the signing secret.
    pub(crate) signing_secret_file: Option<PathBuf>,
    /// The environment variable with the token of the app, for Socket Mode. Default: `SLACK_APP_TOKEN`, if it is set and
    /// no file is given.
    pub(crate) app_token_env: Option<String>,
    /// The file with the token of the app.
    pub(crate) app_token_file: Option<PathBuf>,
    /// The ID of the app. Commands of other apps are rejected.
    pub(crate) app_id: Option<String>,
    /// The form of tables in messages.
    #[serde(default)]
    pub(crate) tables: SlackTables,
    /// The environment variable with the token of the bot, for user groups, mentions and the approvals channel.
    /// Default: `SLACK_BOT_TOKEN`, if it is set and no file is given.
    pub(crate) bot_token_env: Option<String>,
    /// The file with the token of the bot.
    pub(crate) bot_token_file: Option<PathBuf>,
    /// The ID of the channel that shows requests which need the decision of other users.
    pub(crate) approvals_channel: Option<String>,
    /// The URL of Slack's Web API.
    #[serde(default = "default_api")]
    pub(crate) api_base_url: String,
    /// Hosts to which the results of slow commands can be posted.
    #[serde(default = "default_hosts")]
    pub(crate) response_url_hosts: Vec<String>,
}

fn default_api() -> String {
    DEFAULT_API.to_owned()
}

fn default_hosts() -> Vec<String> {
    DEFAULT_HOSTS.map(str::to_owned).to_vec()
}

/// The policy settings. An action that no policy permits is denied. Without a policy, all actions are denied.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PolicyConfig {
    /// The file with the policies, in Cedar.
    pub(crate) file: PathBuf,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self { file: PathBuf::from("policy.cedar") }
    }
}

/// The store of the audit log.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreConfig {
    /// The SQLite file. The host creates it if it does not exist.
    pub(crate) path: PathBuf,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { path: PathBuf::from("claude-admin.db") }
    }
}

impl Config {
    /// Reads a configuration file. An unknown key is an error: a typo would otherwise not be noticed.
    ///
    /// # Errors
    ///
    /// [`ConfigError`], with the place in the file.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let bytes = std::fs::read(path).map_err(|cause| ConfigError::Read { path: path.to_owned(), cause })?;
        // An error quotes the line, and a secret can be in the wrong file.
        let parse = |message: String| ConfigError::Parse { path: path.to_owned(), message: redacted(message) };
        let text = outside_text::text(&bytes).map_err(|error| parse(error.to_string()))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| parse(error.to_string()))?;
        config.found_from(path.parent().unwrap_or(Path::new("")));
        Ok(config)
    }

    /// The key that can redirect credentials, or data that is read with them, to another address, if it is set.
    #[must_use]
    pub(crate) fn redirects(&self) -> Option<&'static str> {
        let slack = self.slack.as_ref();
        [
            (self.upstream.base_url.is_some(), "upstream.base_url"),
            (self.plugin.is_some(), "plugin"),
            (slack.is_some_and(|slack| slack.api_base_url != DEFAULT_API), "slack.api_base_url"),
            (slack.is_some_and(|slack| slack.response_url_hosts != DEFAULT_HOSTS), "slack.response_url_hosts"),
        ]
        .into_iter()
        .find_map(|(redirects, key)| redirects.then_some(key))
    }

    /// Makes paths relative to the folder of the configuration, not to the current folder.
    fn found_from(&mut self, folder: &Path) {
        let workload = self.upstream.workload_identity.iter_mut().map(|workload| &mut workload.token_file);
        let playbooks = self.playbooks.iter_mut().map(|playbook| &mut playbook.file);
        for path in workload.chain(playbooks).chain([&mut self.policy.file, &mut self.store.path]) {
            *path = folder.join(&*path);
        }
        for path in self.files_read_once() {
            *path = folder.join(&*path);
        }
    }

    /// The files whose content is a part of the configuration: secrets, the component, and playbooks.
    #[must_use]
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let playbooks = self.playbooks.iter().map(|playbook| playbook.file.clone());
        self.clone().files_read_once().map(|path| path.clone()).chain(playbooks).collect()
    }

    fn files_read_once(&mut self) -> impl Iterator<Item = &mut PathBuf> {
        let slack = self
            .slack
            .iter_mut()
            .flat_map(|slack| [&mut slack.signing_secret_file, &mut slack.app_token_file, &mut slack.bot_token_file]);
        let upstream = [
            &mut self.upstream.admin_key_file,
            &mut self.upstream.oauth_token_file,
            &mut self.upstream.scoped_key_file,
            &mut self.upstream.aws_key_file,
            &mut self.plugin,
        ];
        let clients = self.http.clients.iter_mut().map(|client| &mut client.token_file);
        slack.chain(upstream).chain(clients).flatten()
    }

    /// The keys whose values differ in a later configuration and are used only when a host starts.
    #[must_use]
    pub(crate) fn unusable_changes(&self, later: &Self) -> Vec<&'static str> {
        let changed = [
            (self.http.listen != later.http.listen, "http.listen"),
            (self.store.path != later.store.path, "store.path"),
        ];
        changed.into_iter().filter_map(|(is_changed, key)| is_changed.then_some(key)).collect()
    }

    /// The members of the groups.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Member`] for a line that is not a valid member.
    pub(crate) fn members(&self) -> Result<BTreeMap<String, Vec<Member>>, ConfigError> {
        let read = |(group, lines): (&String, &Vec<String>)| {
            if !is_id(group) {
                return Err(ConfigError::GroupName(group.clone()));
            }
            let members = lines.iter().map(|line| line.parse()).collect::<Result<Vec<Member>, MemberError>>();
            let members = members.map_err(|cause| ConfigError::Member { group: group.clone(), cause })?;
            Ok((group.clone(), members))
        };
        self.groups.iter().map(read).collect()
    }

    /// Which principals are one person.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for an invalid name, a line that is not a principal, and a principal of two people.
    pub(crate) fn people(&self) -> Result<People, ConfigError> {
        let read = |(person, lines): (&String, &Vec<String>)| {
            if !is_id(person) {
                return Err(ConfigError::PersonName(person.clone()));
            }
            let principal = |line: &String| match line.parse() {
                Ok(principal) if !is_user_group(line) => Ok(principal),
                _ => Err(ConfigError::Principal { person: person.clone(), line: redacted(line) }),
            };
            Ok((person.clone(), lines.iter().map(principal).collect::<Result<_, _>>()?))
        };
        let people = self.people.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        People::new(people).map_err(ConfigError::MappedTwice)
    }
}

#[cfg(test)]
mod tests;
