//! The credentials, and the choice of a credential for an action.

use super::workload::{Workload, WorkloadSettings};
use claude_admin_authority::execute::{CredentialError, WorkloadError};
use claude_admin_catalog::{Action, ApiPlatform, Credential};
use claude_admin_chat::command::Arguments;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use std::sync::Arc;

/// The credentials of the host. They are never shown.
#[derive(Clone, Default)]
pub struct Credentials {
    admin_key: Option<SecretString>,
    oauth_token: Option<SecretString>,
    scoped_key: Option<SecretString>,
    workload: Option<Arc<Workload>>,
    platform: ApiPlatform,
    aws_key: Option<SecretString>,
}

/// The authentication of a request: a header, or nothing if the request itself authenticates the caller.
#[derive(Clone)]
pub struct CredentialHeader {
    header: Option<(HeaderName, HeaderValue)>,
    /// The access token of a workload, which can be renewed.
    issued: Option<SecretString>,
}

impl CredentialHeader {
    /// Adds the credential to a request that was compared with the authorized action.
    pub(super) fn add_to(&self, headers: &mut HeaderMap) {
        if let Some((name, value)) = &self.header {
            headers.insert(name.clone(), value.clone());
        }
    }

    /// The access token of a workload, if the credential is one.
    pub(super) fn issued(&self) -> Option<&SecretString> {
        self.issued.as_ref()
    }

    /// An access token as a header.
    fn bearer(token: SecretString) -> Result<Self, WorkloadError> {
        let mut value =
            HeaderValue::try_from(format!("Bearer {}", token.expose_secret())).map_err(|_| WorkloadError::Answer)?;
        value.set_sensitive(true);
        Ok(Self { header: Some((header::AUTHORIZATION, value)), issued: Some(token) })
    }
}

impl fmt::Debug for CredentialHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CredentialHeader").field(&self.header.as_ref().map(|(name, _)| name)).finish()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.held())
    }
}

impl Credentials {
    /// Stores the given credentials. Empty texts are ignored.
    #[must_use]
    pub fn new(admin_key: Option<SecretString>, oauth_token: Option<SecretString>) -> Self {
        Self { admin_key: present(admin_key), oauth_token: present(oauth_token), ..Self::default() }
    }

    /// Adds a key of a Claude Enterprise organization. Its scopes determine its access, and only the API knows them.
    #[must_use]
    pub fn with_scoped_key(self, scoped_key: Option<SecretString>) -> Self {
        Self { scoped_key: present(scoped_key), ..self }
    }

    /// Uses only a key of the AWS console: the organization is on Claude Platform on AWS.
    #[must_use]
    pub fn on_aws(aws_key: Option<SecretString>) -> Self {
        Self { platform: ApiPlatform::Aws, aws_key: present(aws_key), ..Self::default() }
    }

    /// The platform of the organization.
    #[must_use]
    pub fn platform(&self) -> ApiPlatform {
        self.platform
    }

    /// Adds a workload identity. Its access tokens are used as OAuth tokens.
    #[must_use]
    pub fn with_workload_identity(self, settings: Option<WorkloadSettings>) -> Self {
        Self { workload: settings.map(|settings| Arc::new(Workload::new(settings))), ..self }
    }

    /// The workload identity, if it grants access to an action.
    pub(super) fn workload(&self, action: &Action, arguments: &Arguments) -> Option<&Arc<Workload>> {
        let opens = |kind: &Credential| matches!(kind, Credential::OauthToken | Credential::OauthScope(_));
        self.workload.as_ref().filter(|_| action.auth_of(|name| arguments.get(name)).into_iter().any(opens))
    }

    /// The workload that issued the access token of a header.
    pub(super) fn issuer(&self, header: &CredentialHeader) -> Option<&Arc<Workload>> {
        header.issued().and(self.workload.as_ref())
    }

    /// A header with an access token of a workload.
    pub(super) fn issued(token: SecretString) -> Result<CredentialHeader, WorkloadError> {
        CredentialHeader::bearer(token)
    }

    /// Whether there is no credential.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.secrets().next().is_none() && self.workload.is_none()
    }

    /// All secrets, for the code that removes them from texts.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        self.admin_key.iter().chain(&self.oauth_token).chain(&self.scoped_key).chain(&self.aws_key)
    }

    /// The kinds of the configured credentials, for programs and for people.
    fn labels(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        [
            (self.admin_key.is_some(), "admin_key", "an Admin API key"),
            (self.oauth_token.is_some(), "oauth_token", "an OAuth token"),
            (self.scoped_key.is_some(), "scoped_key", "a scoped key"),
            (self.workload.is_some(), "workload_identity", "a workload identity"),
            (self.aws_key.is_some(), "aws_key", "a key of the AWS console"),
        ]
        .into_iter()
        .filter_map(|(is_there, kind, label)| is_there.then_some((kind, label)))
    }

    /// The kinds of the configured credentials, for programs.
    #[must_use]
    pub fn kinds(&self) -> Vec<&'static str> {
        self.labels().map(|(kind, _)| kind).collect()
    }

    /// The kinds of the configured credentials, as text.
    #[must_use]
    pub fn held(&self) -> String {
        let kinds: Vec<&str> = self.labels().map(|(_, label)| label).collect();
        match kinds.split_last() {
            None => "no credential".to_owned(),
            Some((last, [])) => (*last).to_owned(),
            Some((last, others)) => format!("{} and {last}", others.join(", ")),
        }
    }

    /// The reason why no request of an action can be sent, according to platform and credentials; `None` if one can be
    /// sent. Some arguments require a certain credential. Without arguments, the result says whether the action can run
    /// at all.
    #[must_use]
    pub fn obstacle(&self, action: &Action, arguments: &Arguments) -> Option<CredentialError> {
        match self.choose(action, arguments) {
            Err(CredentialError::Missing { .. }) if self.workload(action, arguments).is_some() => None,
            chosen => chosen.err(),
        }
    }

    /// Chooses the credential for a call of an action: the first configured kind that grants access to it.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] with the required credential.
    pub fn choose(&self, action: &Action, arguments: &Arguments) -> Result<CredentialHeader, CredentialError> {
        if !self.platform.offers(action) {
            let available: Vec<&str> = action.available.iter().map(|place| place.label()).collect();
            return Err(CredentialError::Unavailable {
                command: action.command(),
                platform: self.platform,
                available: available.join(" and "),
            });
        }
        let auth = action.auth_of(|name| arguments.get(name));
        if auth.contains(&&Credential::None) {
            return Ok(CredentialHeader { header: None, issued: None });
        }
        let needed = match self.platform {
            ApiPlatform::Anthropic => needed(&auth),
            ApiPlatform::Aws => "a key of the AWS console (ANTHROPIC_AWS_API_KEY)".to_owned(),
        };
        let error = |held: String| CredentialError::Missing { command: action.command(), needed: needed.clone(), held };
        let (secret, is_token) =
            auth.into_iter().find_map(|kind| self.secret(kind)).ok_or_else(|| error(self.held()))?;
        let (name, scheme) = match is_token {
            true => (header::AUTHORIZATION, "Bearer "),
            false => (HeaderName::from_static("x-api-key"), ""),
        };
        let mut value = HeaderValue::try_from(format!("{scheme}{}", secret.expose_secret()))
            .map_err(|_| error("one with characters that are not allowed in a header".to_owned()))?;
        value.set_sensitive(true);
        Ok(CredentialHeader { header: Some((name, value)), issued: None })
    }

    /// The secret of a kind, and whether it is a token.
    fn secret(&self, kind: &Credential) -> Option<(&SecretString, bool)> {
        fn key(secret: &Option<SecretString>) -> Option<(&SecretString, bool)> {
            secret.as_ref().map(|key| (key, false))
        }
        match kind {
            _ if self.platform == ApiPlatform::Aws => key(&self.aws_key),
            Credential::AdminKey => key(&self.admin_key),
            Credential::OauthToken => {
                self.token().or_else(|| key(&self.admin_key).filter(|(key, _)| has_principal(key)))
            }
            Credential::OauthScope(_) => self.token(),
            Credential::Scope(_) => key(&self.scoped_key),
            Credential::None => None,
        }
    }

    fn token(&self) -> Option<(&SecretString, bool)> {
        self.oauth_token.as_ref().map(|token| (token, true))
    }
}

/// Whether a key acts for a person or a service account. Such a key, without a workspace, has the same access as a
/// token with the scope `org:admin`.
fn has_principal(key: &SecretString) -> bool {
    key.expose_secret().starts_with("sk-ant-api03-")
}

fn present(secret: Option<SecretString>) -> Option<SecretString> {
    let trimmed = SecretString::from(secret?.expose_secret().trim());
    (!trimmed.expose_secret().is_empty()).then_some(trimmed)
}

/// The credentials that grant access to an action, with their environment variables.
fn needed(auth: &[&Credential]) -> String {
    let mut ways: Vec<String> = Vec::new();
    let scopes: Vec<&str> = auth
        .iter()
        .filter_map(|kind| match kind {
            Credential::Scope(scope) => Some(scope.as_str()),
            _ => None,
        })
        .collect();
    for kind in auth {
        match kind {
            Credential::AdminKey => ways.push("an Admin API key (ANTHROPIC_ADMIN_KEY)".to_owned()),
            Credential::OauthToken => {
                ways.push("an OAuth token with the scope org:admin (ANTHROPIC_OAUTH_TOKEN)".to_owned());
            }
            Credential::OauthScope(scope) => {
                ways.push(format!("an OAuth token with the scope {scope} (ANTHROPIC_OAUTH_TOKEN)"));
            }
            Credential::Scope(_) | Credential::None => {}
        }
    }
    if !scopes.is_empty() {
        ways.push(format!(
            "a key of a Claude Enterprise organization with the scope {} (ANTHROPIC_SCOPED_KEY)",
            scopes.join(" or ")
        ));
    }
    ways.join(", or ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_admin_catalog::testing::catalog;

    #[test]
    fn aws_key_is_the_only_credential_and_is_sent_as_x_api_key() {
        let aws = Credentials::on_aws(Some(SecretString::from("aws-console-key-simulator")));
        for action in &catalog().actions {
            match aws.choose(action, &Arguments::new()) {
                Ok(chosen) => {
                    assert!(action.available.contains(&claude_admin_catalog::Availability::Aws), "{}", action.id);
                    assert_eq!(chosen.header.unwrap().0, "x-api-key", "{}", action.id);
                }
                Err(error) => assert!(matches!(error, CredentialError::Unavailable { .. }), "{}: {error}", action.id),
            }
        }
        assert_eq!(aws.held(), "a key of the AWS console");
    }
}
