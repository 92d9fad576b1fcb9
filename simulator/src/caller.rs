//! The sender of a request, and the kind of its organization.

use crate::beta;
use crate::credential::{Credential, CredentialKind, missing_scopes};
use crate::error::ApiError;
use http::HeaderMap;
use serde::{Deserialize, Serialize};

/// The header that names a user profile.
const PROFILE: &str = "anthropic-user-profile-id";

/// The kind of the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrganizationKind {
    /// The features of both kinds, so all features can be tried in one place. No real organization is like this. If the
    /// kinds differ, a key with scopes gets the response of an Enterprise organization, and any other credential that
    /// of a Console organization.
    #[default]
    Both,
    /// An organization of the Claude Console.
    Console,
    /// A Claude Enterprise organization.
    Enterprise,
}

/// The sender of a request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Caller {
    pub(crate) kind: Option<CredentialKind>,
    /// The member or service account that the credential acts as.
    pub(crate) actor: Option<String>,
    pub(crate) organization: OrganizationKind,
    pub(crate) scopes: Vec<String>,
    /// Whether the credential can belong to a person. Workloads have fewer permissions.
    pub(crate) interactive: bool,
    /// The beta features that the request names.
    pub(crate) betas: Vec<String>,
    /// The user profile that the request is about.
    pub(crate) profile: Option<String>,
}

impl Caller {
    /// The caller with a credential. An OAuth token without a member or account acts as `owner`.
    pub(crate) fn of(credential: &Credential, organization: OrganizationKind, owner: &str) -> Self {
        let is_token = credential.kind == CredentialKind::OauthToken;
        let actor = credential.actor.clone().or_else(|| is_token.then(|| owner.to_owned()));
        let interactive = is_token && credential.actor.as_ref().is_none_or(|actor| actor.starts_with("user_"));
        let (kind, scopes) = (Some(credential.kind), credential.scopes.clone());
        Self { kind, actor, organization, scopes, interactive, ..Self::default() }
    }

    /// The same caller, with the beta features and the user profile from the headers.
    pub(crate) fn asking(self, headers: &HeaderMap) -> Self {
        let profile = headers.get(PROFILE).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self { betas: beta::given(headers).map(str::to_owned).collect(), profile, ..self }
    }

    /// Whether the request names a beta feature.
    pub(crate) fn has_beta(&self, name: &str) -> bool {
        self.betas.iter().any(|beta| beta == name)
    }

    /// Returns an error for an Admin API key without a scope that only newer keys have.
    pub(crate) fn admin_key_needs(&self, scope: &str) -> Result<(), ApiError> {
        if self.kind == Some(CredentialKind::AdminKey) && !self.scopes.iter().any(|own| own == scope) {
            return Err(missing_scopes(&self.scopes, &[scope]));
        }
        Ok(())
    }

    /// Returns an error for a scoped key that lacks an additional scope that the request requires.
    pub(crate) fn needs(&self, scope: &str) -> Result<(), ApiError> {
        if self.kind == Some(CredentialKind::ScopedKey) && !self.scopes.iter().any(|own| own == scope) {
            return Err(missing_scopes(&self.scopes, &[scope]));
        }
        Ok(())
    }

    /// Whether the rules of an Enterprise organization apply to the caller.
    pub(crate) fn is_enterprise(&self) -> bool {
        match self.organization {
            OrganizationKind::Enterprise => true,
            OrganizationKind::Console => false,
            OrganizationKind::Both => self.kind == Some(CredentialKind::ScopedKey),
        }
    }
}
