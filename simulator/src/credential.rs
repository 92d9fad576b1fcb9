//! The credentials of the simulation, and their permissions.

use crate::error::ApiError;
use claude_admin_catalog::{Action, Credential as Accepted};
use jiff::Timestamp;
use serde::Serialize;
use std::fmt;

/// The default Admin API key of a simulation. It is not a secret.
pub const ADMIN_KEY: &str = "sk-ant-admin01-simulator-0000000000000000";
/// The default OAuth access token of a simulation. It is not a secret.
pub const OAUTH_TOKEN: &str = "sk-ant-oat01-simulator-0000000000000000";
/// The default key of a Claude Enterprise organization of a simulation. It is not a secret.
pub const SCOPED_KEY: &str = "sk-ant-api01-simulator-0000000000000000";

/// A refresh token for the OAuth access token. It is exchanged for a token with the same permissions. It is not a
/// secret.
pub const REFRESH_TOKEN: &str = "simulator-refresh-token";

/// The scope that an OAuth token needs for the Admin API.
pub(crate) const ADMIN_SCOPE: &str = "org:admin";
/// The scope that an OAuth token needs for MCP tunnels.
pub(crate) const TUNNEL_SCOPE: &str = "org:manage_tunnels";
/// Every scope that a key of a Claude Enterprise organization can have.
pub(crate) const ENTERPRISE_SCOPES: [&str; 18] = [
    "read:members",
    "write:members",
    "read:rbac_groups",
    "write:rbac_groups",
    "read:spend_limits",
    "write:spend_limits",
    "read:analytics",
    "read:plugins",
    "write:plugins",
    "read:claude_code_managed_settings",
    "write:claude_code_managed_settings",
    "read:claude_tag",
    "write:claude_tag",
    "read:compliance_activities",
    "read:compliance_user_data",
    "delete:compliance_user_data",
    "read:compliance_org_data",
    "read:org_audit",
];
/// The API's name of the one scope that every Admin API key has.
const ADMIN_KEY_SCOPE: &str = "api:admin";
/// The scopes that an Admin API key has only if it was created while the review of flagged messages was available.
const REVIEW_SCOPES: [&str; 3] =
    ["read:compliance_review_cases", "read:compliance_review_items", "write:compliance_review_cases"];

/// The kind of a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum CredentialKind {
    /// An Admin API key: accepted in `x-api-key` or as a bearer token.
    AdminKey,
    /// An OAuth access token: accepted only as a bearer token.
    OauthToken,
    /// A key of an Enterprise organization. Its scopes set its permissions. It is accepted in both headers.
    ScopedKey,
}

/// A credential that the simulation accepts.
#[derive(Clone, PartialEq, Eq)]
pub struct Credential {
    /// The text that is sent. Use a text that cannot be mistaken for a real secret.
    pub secret: String,
    /// The kind.
    pub kind: CredentialKind,
    /// The scopes of the credential.
    pub scopes: Vec<String>,
    /// The time at which the credential expires.
    pub expires_at: Option<Timestamp>,
    /// The member or service account that the credential acts as. An OAuth token without one acts as the first admin.
    pub actor: Option<String>,
}

impl Credential {
    /// An Admin API key that does not expire.
    pub fn admin_key(secret: impl Into<String>) -> Self {
        let scopes = [ADMIN_KEY_SCOPE].into_iter().chain(REVIEW_SCOPES);
        Self::new(secret, CredentialKind::AdminKey, scopes)
    }

    /// An Admin API key that was created before the review of flagged messages was available.
    pub fn old_admin_key(secret: impl Into<String>) -> Self {
        Self::new(secret, CredentialKind::AdminKey, [ADMIN_KEY_SCOPE])
    }

    /// An OAuth access token with the scopes `org:admin` and `org:manage_tunnels` that does not expire.
    pub fn oauth_token(secret: impl Into<String>) -> Self {
        Self::new(secret, CredentialKind::OauthToken, [ADMIN_SCOPE, TUNNEL_SCOPE])
    }

    /// A key of an Enterprise organization that does not expire, with scopes such as `read:members`.
    pub fn scoped_key<S: Into<String>>(secret: impl Into<String>, scopes: impl IntoIterator<Item = S>) -> Self {
        Self::new(secret, CredentialKind::ScopedKey, scopes)
    }

    fn new<S: Into<String>>(
        secret: impl Into<String>,
        kind: CredentialKind,
        scopes: impl IntoIterator<Item = S>,
    ) -> Self {
        let scopes = scopes.into_iter().map(Into::into).collect();
        Self { secret: secret.into(), kind, scopes, expires_at: None, actor: None }
    }

    /// An access token that a workload got in exchange for its own token.
    pub(crate) fn workload(secret: String, scopes: Vec<String>, expires_at: Timestamp, account: &str) -> Self {
        let token = Self::new(secret, CredentialKind::OauthToken, scopes);
        Self { expires_at: Some(expires_at), actor: Some(account.to_owned()), ..token }
    }

    fn has_scope(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| scope == name)
    }

    fn opens(&self, accepted: &Accepted) -> bool {
        match accepted {
            Accepted::AdminKey => self.kind == CredentialKind::AdminKey,
            Accepted::OauthToken => self.kind == CredentialKind::OauthToken && self.has_scope(ADMIN_SCOPE),
            Accepted::OauthScope(name) => self.kind == CredentialKind::OauthToken && self.has_scope(name),
            Accepted::Scope(name) => self.kind == CredentialKind::ScopedKey && self.has_scope(name),
            Accepted::None => true,
        }
    }

    /// Checks that the credential grants access to an action.
    pub(crate) fn authorize(&self, action: &Action) -> Result<(), ApiError> {
        if action.auth.iter().any(|accepted| self.opens(accepted)) {
            return Ok(());
        }
        let takes_admin_keys = action.auth.contains(&Accepted::AdminKey);
        if self.kind == CredentialKind::AdminKey && action.auth.contains(&Accepted::OauthToken) && !takes_admin_keys {
            return Err(ApiError::forbidden(format!(
                "This endpoint does not accept Admin API keys. Use an OAuth access token with the scope '{ADMIN_SCOPE}'."
            )));
        }
        let scopes: Vec<&str> = action
            .auth
            .iter()
            .filter_map(|accepted| match accepted {
                Accepted::Scope(name) | Accepted::OauthScope(name) => Some(name.as_str()),
                Accepted::AdminKey | Accepted::OauthToken | Accepted::None => None,
            })
            .collect();
        let needed = if scopes.is_empty() { vec![ADMIN_KEY_SCOPE, ADMIN_SCOPE] } else { scopes };
        Err(missing_scopes(&self.scopes, &needed))
    }
}

/// The error if the credential has none of the required scopes.
pub(crate) fn missing_scopes(got: &[String], needed: &[&str]) -> ApiError {
    let word = if needed.len() == 1 { "Needed" } else { "Needed one of" };
    ApiError::forbidden(format!(
        "Missing required scopes. Got: {} {word}: {}",
        quoted(got.iter().map(String::as_str)),
        quoted(needed.iter().copied())
    ))
    .code("api_key_scope_missing")
    .detail("error_visibility", "user_facing")
}

impl fmt::Debug for Credential {
    /// Omits the secret, because it could be a real one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential")
            .field("kind", &self.kind)
            .field("scopes", &self.scopes)
            .field("expires_at", &self.expires_at)
            .field("actor", &self.actor)
            .finish_non_exhaustive()
    }
}

/// A list in the format of the API's messages: `['a', 'b']`.
fn quoted<'t>(items: impl Iterator<Item = &'t str>) -> String {
    let items: Vec<String> = items.map(|item| format!("'{item}'")).collect();
    format!("[{}]", items.join(", "))
}
