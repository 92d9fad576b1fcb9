//! The credentials, and which one opens an action.

use claude_admin_catalog::{Action, Credential};
use http::{HeaderName, HeaderValue, header};
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// The credentials that the host has. They are shown to no one.
#[derive(Clone, Default)]
pub struct Credentials {
    admin_key: Option<SecretString>,
    oauth_token: Option<SecretString>,
}

/// No credential that opens an action is there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{command}` needs {needed}; the host has {held}")]
pub struct CredentialError {
    /// The command.
    pub command: String,
    /// What would open it.
    pub needed: String,
    /// What is there.
    pub held: String,
}

/// A header that carries a credential.
#[derive(Clone)]
pub struct CredentialHeader {
    /// The name.
    pub(crate) name: HeaderName,
    /// The value, marked as sensitive.
    pub(crate) value: HeaderValue,
}

impl fmt::Debug for CredentialHeader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CredentialHeader").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.held())
    }
}

impl Credentials {
    /// Takes what there is. Empty texts are none.
    #[must_use]
    pub fn new(admin_key: Option<SecretString>, oauth_token: Option<SecretString>) -> Self {
        let present = |secret: Option<SecretString>| {
            let trimmed = SecretString::from(secret?.expose_secret().trim());
            (!trimmed.expose_secret().is_empty()).then_some(trimmed)
        };
        Self { admin_key: present(admin_key), oauth_token: present(oauth_token) }
    }

    /// Whether there is none at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.admin_key.is_none() && self.oauth_token.is_none()
    }

    /// Every secret, for those who must remove them.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        self.admin_key.iter().chain(&self.oauth_token)
    }

    /// Says which kinds are there.
    #[must_use]
    pub fn held(&self) -> String {
        match (&self.admin_key, &self.oauth_token) {
            (None, None) => "no credential",
            (Some(_), None) => "an Admin API key",
            (None, Some(_)) => "an OAuth token",
            (Some(_), Some(_)) => "an Admin API key and an OAuth token",
        }
        .to_owned()
    }

    /// Chooses the credential for an action: the first of its kinds that is there.
    ///
    /// # Errors
    ///
    /// [`CredentialError`], which says what is needed.
    pub fn choose(&self, action: &Action) -> Result<CredentialHeader, CredentialError> {
        let chosen = action.auth.iter().find_map(|kind| match kind {
            Credential::AdminKey => self.admin_key.as_ref().map(|key| (HeaderName::from_static("x-api-key"), key, "")),
            Credential::OauthToken => self.oauth_token.as_ref().map(|token| (header::AUTHORIZATION, token, "Bearer ")),
            Credential::Scope(_) => None,
        });
        let error = |held: String| CredentialError { command: action.command(), needed: needed(action), held };
        let (name, secret, scheme) = chosen.ok_or_else(|| error(self.held()))?;
        let mut value = HeaderValue::try_from(format!("{scheme}{}", secret.expose_secret()))
            .map_err(|_| error("one with characters that no header may hold".to_owned()))?;
        value.set_sensitive(true);
        Ok(CredentialHeader { name, value })
    }
}

fn needed(action: &Action) -> String {
    let ways: Vec<&str> = action
        .auth
        .iter()
        .filter_map(|kind| match kind {
            Credential::AdminKey => Some("an Admin API key (ANTHROPIC_ADMIN_KEY)"),
            Credential::OauthToken => Some("an OAuth token with the scope org:admin (ANTHROPIC_OAUTH_TOKEN)"),
            Credential::Scope(_) => None,
        })
        .collect();
    if ways.is_empty() {
        let scopes: Vec<String> = action.auth.iter().map(ToString::to_string).collect();
        format!("a credential with {}", scopes.join(" or "))
    } else {
        ways.join(" or ")
    }
}
