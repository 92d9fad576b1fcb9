//! The access tokens that workloads got in exchange for their own tokens.

use crate::credential::Credential;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Issued tokens, and used tokens of workloads.
#[derive(Clone, Default)]
pub(crate) struct Tokens {
    access: BTreeMap<String, Credential>,
    refresh: BTreeMap<String, Grant>,
    used: BTreeSet<(String, String)>,
}

/// The data of a refresh token.
#[derive(Debug, Clone)]
pub(crate) struct Grant {
    /// The service account or member that the tokens act as.
    pub(crate) actor: String,
    pub(crate) scopes: Vec<String>,
    /// The lifetime of an access token, in seconds.
    pub(crate) lifetime: i64,
}

impl Tokens {
    /// The access token with this secret.
    pub(crate) fn access(&self, secret: &str) -> Option<&Credential> {
        self.access.get(secret)
    }

    /// Adds an access token. Expired tokens are removed one day later, when no client can observe the difference.
    pub(crate) fn issue(&mut self, token: Credential, now: Timestamp) {
        let day = jiff::SignedDuration::from_hours(24);
        self.access.retain(|_, old| old.expires_at.and_then(|at| at.checked_add(day).ok()).is_none_or(|at| at > now));
        self.access.insert(token.secret.clone(), token);
    }

    pub(crate) fn add_refresh(&mut self, secret: impl Into<String>, grant: Grant) {
        self.refresh.insert(secret.into(), grant);
    }

    pub(crate) fn refresh(&self, secret: &str) -> Option<&Grant> {
        self.refresh.get(secret)
    }

    /// Records that a token of an issuer was used. Returns false if it was used before.
    pub(crate) fn use_up(&mut self, issuer: &str, jti: &str) -> bool {
        self.used.insert((issuer.to_owned(), jti.to_owned()))
    }

    /// Removes every access token of an actor.
    pub(crate) fn revoke(&mut self, actor: &str) {
        self.access.retain(|_, token| token.actor.as_deref() != Some(actor));
        self.refresh.retain(|_, grant| grant.actor != actor);
    }
}

impl fmt::Debug for Tokens {
    /// Omits the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("access", &self.access.len()).finish_non_exhaustive()
    }
}
