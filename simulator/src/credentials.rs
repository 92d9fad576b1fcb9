//! Checks the credential of a request.

use crate::credential::{ADMIN_KEY, Credential, CredentialKind, ENTERPRISE_SCOPES, OAUTH_TOKEN, SCOPED_KEY};
use crate::error::ApiError;
use crate::tokens::Tokens;
use http::{HeaderMap, header};
use jiff::Timestamp;
use serde::Serialize;

const API_KEY_HEADER: &str = "x-api-key";

/// The credentials that a simulation accepts.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The Admin API key.
    pub admin_key: Credential,
    /// The OAuth access token.
    pub oauth_token: Credential,
    /// The key of a Claude Enterprise organization.
    pub scoped_key: Credential,
    /// Additional credentials of any kind.
    pub further: Vec<Credential>,
}

impl Default for Credentials {
    /// [`ADMIN_KEY`], [`OAUTH_TOKEN`], and [`SCOPED_KEY`] with every scope.
    fn default() -> Self {
        Self {
            admin_key: Credential::admin_key(ADMIN_KEY),
            oauth_token: Credential::oauth_token(OAUTH_TOKEN),
            scoped_key: Credential::scoped_key(SCOPED_KEY, ENTERPRISE_SCOPES),
            further: Vec::new(),
        }
    }
}

impl Credentials {
    /// The credential of a request, if it is known and valid.
    pub(crate) fn authenticate<'c>(
        &'c self,
        headers: &HeaderMap,
        issued: &'c Tokens,
        now: Timestamp,
    ) -> Result<&'c Credential, ApiError> {
        let Some((header, secret)) = presented(headers) else {
            return Err(ApiError::unauthenticated(format!("{API_KEY_HEADER} header is required")));
        };
        match self.find(header, secret, issued) {
            None => Err(ApiError::unauthenticated("API key is invalid.")),
            Some(known) if known.expires_at.is_some_and(|at| at <= now) => {
                Err(ApiError::unauthenticated("API key has expired."))
            }
            Some(known) => Ok(known),
        }
    }

    /// The credential that a request presented, without the secret.
    pub(crate) fn identify(&self, headers: &HeaderMap, issued: &Tokens) -> Option<PresentedCredential> {
        let (header, secret) = presented(headers)?;
        Some(PresentedCredential { header, kind: self.find(header, secret, issued).map(|known| known.kind) })
    }

    fn find<'c>(&'c self, header: &str, secret: &str, issued: &'c Tokens) -> Option<&'c Credential> {
        let configured = [&self.admin_key, &self.oauth_token, &self.scoped_key].into_iter().chain(&self.further);
        configured.chain(issued.access(secret)).find(|known| {
            let header_fits = known.kind != CredentialKind::OauthToken || header != API_KEY_HEADER;
            header_fits && known.secret == secret
        })
    }
}

/// The authentication of a request, without the secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PresentedCredential {
    /// The header of the credential: `x-api-key` or `authorization`.
    pub header: &'static str,
    /// Its kind. Absent if the simulation does not know the credential.
    pub kind: Option<CredentialKind>,
}

/// The header and the secret of a request. If both headers are present, `x-api-key` takes precedence.
fn presented(headers: &HeaderMap) -> Option<(&'static str, &str)> {
    if let Some(value) = headers.get(API_KEY_HEADER) {
        return Some((API_KEY_HEADER, value.to_str().unwrap_or_default()));
    }
    let value = headers.get(header::AUTHORIZATION)?.to_str().unwrap_or_default();
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(("authorization", secret.trim_start()))
}
