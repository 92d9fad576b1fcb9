//! The settings of the gateway, from its environment variables.

use claude_admin_catalog::{Action, Credential};
use claude_admin_chat::command::Arguments;
use claude_admin_chat::identity::{Platform, Principal};
use claude_admin_chat::outside_text;
use std::collections::HashMap;

/// The user name in the principal of the program that has the token.
pub(crate) const CLIENT: &str = "program";

/// A user, a program or a workspace that can send commands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Allowed {
    Person(Principal),
    /// All users of a Slack workspace.
    Workspace(String),
}

/// The settings.
#[derive(Default)]
pub(crate) struct Settings {
    /// The signing secret of the Slack app. Without it, slash commands are rejected.
    pub(crate) signing_secret: Option<String>,
    /// The ID of the Slack app. Commands of other apps are rejected.
    pub(crate) app_id: Option<String>,
    /// The token of programs. Without it, commands of programs are rejected.
    pub(crate) http_token: Option<String>,
    allowed: Vec<Allowed>,
    /// Whether a write runs if `--yes` is given. If false, no write runs.
    pub(crate) writes: bool,
    /// The base URL of requests, if they are not sent to the API directly.
    pub(crate) base_url: Option<String>,
    admin_key: Option<String>,
    oauth_token: Option<String>,
    scoped_key: Option<String>,
}

/// A secret that grants access to an action.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Secret<'s> {
    /// Sent as `x-api-key`.
    Key(&'s str),
    /// Sent as `authorization: Bearer`.
    Token(&'s str),
}

impl Settings {
    /// Reads the variables.
    ///
    /// # Errors
    ///
    /// The problem with a variable, for the administrator of the gateway.
    pub(crate) fn read(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, String> {
        let variables: HashMap<String, String> = variables.into_iter().collect();
        let take = |name: &str| {
            let value = outside_text::value(variables.get(name)?).to_owned();
            (!value.is_empty()).then_some(value)
        };
        let secret = |name: &str| {
            let text = variables.get(name).map(String::as_str).unwrap_or_default();
            let secret = outside_text::secret(text).map_err(|error| format!("{name} cannot be used: {error}"))?;
            Ok::<_, String>(Some(secret.to_owned()).filter(|secret| !secret.is_empty()))
        };
        let writes = match take("CLAUDE_ADMIN_WRITES").as_deref() {
            None | Some("no") => false,
            Some("with-yes") => true,
            Some(_) => return Err("CLAUDE_ADMIN_WRITES must be `no` or `with-yes`".to_owned()),
        };
        let allowed = take("CLAUDE_ADMIN_ALLOW").unwrap_or_default();
        let allowed = allowed.split([',', ' ']).filter(|text| !text.is_empty()).zip(1..);
        let allowed = allowed.map(|(text, place)| Allowed::read(text).ok_or_else(|| nobody(place)));
        Ok(Self {
            signing_secret: secret("SLACK_SIGNING_SECRET")?,
            app_id: take("SLACK_APP_ID"),
            http_token: secret("CLAUDE_ADMIN_HTTP_TOKEN")?,
            allowed: allowed.collect::<Result<_, _>>()?,
            writes,
            base_url: take("ANTHROPIC_BASE_URL"),
            admin_key: secret("ANTHROPIC_ADMIN_KEY")?,
            oauth_token: secret("ANTHROPIC_OAUTH_TOKEN")?,
            scoped_key: secret("ANTHROPIC_SCOPED_KEY")?,
        })
    }

    /// Every credential that is set, the longest first, because a credential can be part of another one.
    pub(crate) fn credentials(&self) -> Vec<&str> {
        let all = [&self.admin_key, &self.oauth_token, &self.scoped_key];
        let mut all: Vec<&str> = all.into_iter().filter_map(Option::as_deref).collect();
        all.sort_by_key(|credential| std::cmp::Reverse(credential.len()));
        all
    }

    /// Whether a principal can use the gateway.
    pub(crate) fn allows(&self, principal: &Principal) -> bool {
        self.allowed.iter().any(|allowed| match allowed {
            Allowed::Person(person) => person == principal,
            Allowed::Workspace(team) => principal.platform.has_tenants() && principal.tenant == *team,
        })
    }

    /// The secret for an action: the first one that is set, in the order of the kinds that the action accepts.
    ///
    /// # Errors
    ///
    /// The required credentials, if none of them is set. An action that requires no credential gets `None`.
    pub(crate) fn secret(&self, action: &Action, arguments: &Arguments) -> Result<Option<Secret<'_>>, String> {
        let auth = action.auth_of(|name| arguments.get(name));
        let secret = |kind: &&Credential| match kind {
            Credential::AdminKey => self.admin_key.as_deref().map(Secret::Key),
            Credential::Scope(_) => self.scoped_key.as_deref().map(Secret::Key),
            Credential::OauthToken | Credential::OauthScope(_) => self.oauth_token.as_deref().map(Secret::Token),
            Credential::None => None,
        };
        if auth.contains(&&Credential::None) {
            return Ok(None);
        }
        let needed = || auth.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        auth.iter().find_map(secret).map(Some).ok_or_else(|| {
            format!("`{}` requires one of these credentials, but none of them is set: {}", action.command(), needed())
        })
    }
}

impl Allowed {
    /// Returns `None` if the text does not name users that can send commands to this gateway.
    fn read(text: &str) -> Option<Self> {
        let team = text.strip_prefix("slack:").and_then(|rest| rest.strip_suffix("/*"));
        if let Some(team) = team.filter(|team| claude_admin_chat::identity::is_id(team)) {
            return Some(Self::Workspace(team.to_owned()));
        }
        let person: Principal = text.parse().ok()?;
        let can_ask = person.platform == Platform::Slack || person.platform == Platform::Http && person.user == CLIENT;
        can_ask.then_some(Self::Person(person))
    }
}

/// The error in CLAUDE_ADMIN_ALLOW. It does not quote the value, which might be a secret in the wrong variable: every
/// client can read this error at `/healthz`.
fn nobody(place: usize) -> String {
    format!(
        "entry {place} of CLAUDE_ADMIN_ALLOW names no user that can use this gateway; \
         write slack:TEAM/USER, slack:TEAM/* or http:{CLIENT}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        Settings::read(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn default_settings_allow_no_principal_and_no_writes() {
        let settings = read(&[]).unwrap();
        assert!(!settings.allows(&Principal::slack("T1", "U1").unwrap()) && !settings.writes);
        assert!(settings.signing_secret.is_none() && settings.http_token.is_none());
    }

    #[test]
    fn people_and_workspaces_are_allowed_by_name() {
        let settings = read(&[("CLAUDE_ADMIN_ALLOW", "slack:T1/U1, http:program slack:T2/*")]).unwrap();
        for (principal, allowed) in [
            (Principal::slack("T1", "U1").unwrap(), true),
            (Principal::slack("T1", "U2").unwrap(), false),
            (Principal::slack("T2", "U9").unwrap(), true),
            (Principal::slack("T3", "U1").unwrap(), false),
            (Principal::http("program").unwrap(), true),
            (Principal::http("other").unwrap(), false),
        ] {
            assert_eq!(settings.allows(&principal), allowed, "{principal}");
        }
    }

    #[test]
    fn invalid_setting_is_an_error_that_names_it() {
        for (name, value) in [
            ("CLAUDE_ADMIN_ALLOW", "U1"),
            ("CLAUDE_ADMIN_ALLOW", "slack:*/*"),
            ("CLAUDE_ADMIN_ALLOW", "*"),
            ("CLAUDE_ADMIN_ALLOW", "local:ada"),
            ("CLAUDE_ADMIN_ALLOW", "http:other"),
            ("CLAUDE_ADMIN_WRITES", "yes"),
        ] {
            let problem = read(&[(name, value)]).err().unwrap();
            assert!(problem.contains(name), "{problem}");
        }
    }

    #[test]
    fn setting_error_names_the_variable_and_not_the_value() {
        for (name, value) in [
            ("CLAUDE_ADMIN_ALLOW", "http:program, sk-ant-admin01-misplaced"),
            ("CLAUDE_ADMIN_ALLOW", "slack:T1/U1 slack:misplaced.of-somebody"),
            ("CLAUDE_ADMIN_WRITES", "misplaced"),
        ] {
            let problem = read(&[(name, value)]).err().unwrap();
            assert!(problem.contains(name) && !problem.contains("misplaced"), "{problem}");
            assert!(name != "CLAUDE_ADMIN_ALLOW" || problem.contains("entry 2"), "{problem}");
        }
    }

    #[test]
    fn the_longest_credential_is_the_first() {
        let settings = read(&[("ANTHROPIC_ADMIN_KEY", "key"), ("ANTHROPIC_SCOPED_KEY", "key-with-scopes")]).unwrap();
        assert_eq!(settings.credentials(), ["key-with-scopes", "key"]);
    }
}
