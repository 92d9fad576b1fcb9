//! Workload identity: a token that the platform issues to a workload is exchanged for an access token with a short lifetime.
//!
//! Kubernetes and other platforms write such a token into a file and replace it before it expires, so the file is read
//! for every exchange. The access token is stored until shortly before it expires.

use super::client::Client;
use super::scrub::scrub_assertion;
use super::{Upstream, reply};
use bytes::Bytes;
use claude_admin_authority::execute::WorkloadError;
use claude_admin_chat::outside_text;
use http::{HeaderValue, Method, Request, header};
use http_body_util::Full;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::fmt;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

const PATH: &str = "/v1/oauth/token";
const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const BETAS: HeaderValue = HeaderValue::from_static("oauth-2025-04-20,oidc-federation-2026-04-01");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
/// The maximum size of a token that the API accepts.
const MAX_ASSERTION_BYTES: usize = 16 << 10;
const MAX_ANSWER_BYTES: usize = 64 << 10;
const TIMEOUT: Duration = Duration::from_secs(15);
/// A token is renewed when a fifth of its lifetime is left, but at most this long before it expires.
const EARLY: Duration = Duration::from_secs(300);
/// The maximum lifetime of a token; a longer one is reduced to this.
const LONGEST_LIFE: Duration = Duration::from_hours(24);
/// The maximum number of characters of an error message that are repeated.
const MESSAGE_CHARS: usize = 200;

/// The workload, and the federation rule for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadSettings {
    /// The file with the token of the workload, a JSON web token.
    pub token_file: PathBuf,
    /// The federation rule.
    pub federation_rule_id: String,
    /// The organization, a UUID.
    pub organization_id: String,
    /// The service account, if the rule does not name one.
    pub service_account_id: Option<String>,
    /// The workspace, or `default`; required if the rule covers several workspaces.
    pub workspace_id: Option<String>,
}

/// Access tokens of a workload.
pub(super) struct Workload {
    settings: WorkloadSettings,
    current: Mutex<Option<Issued>>,
}

struct Issued {
    token: SecretString,
    renew_at: Instant,
}

impl fmt::Debug for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Workload").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Workload {
    pub(super) fn new(settings: WorkloadSettings) -> Self {
        Self { settings, current: Mutex::new(None) }
    }

    /// An access token: the current one if it is not due for renewal, otherwise a new one. Concurrent callers wait for
    /// the same exchange.
    pub(super) async fn token(&self, client: &Client, upstream: &Upstream) -> Result<SecretString, WorkloadError> {
        let mut current = self.current.lock().await;
        if let Some(issued) = current.as_ref().filter(|issued| Instant::now() < issued.renew_at) {
            return Ok(issued.token.clone());
        }
        let issued = self.exchange(client, upstream).await?;
        let token = issued.token.clone();
        *current = Some(issued);
        Ok(token)
    }

    /// Removes a token that the API rejects, unless it was already replaced by a newer one.
    pub(super) async fn forget(&self, token: &SecretString) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|issued| issued.token.expose_secret() == token.expose_secret()) {
            *current = None;
        }
    }

    async fn exchange(&self, client: &Client, upstream: &Upstream) -> Result<Issued, WorkloadError> {
        let assertion = self.assertion()?;
        let body = self.body(&assertion);
        let transport = |error: String| WorkloadError::Transport(error);
        let uri = upstream.uri(PATH).map_err(|error| transport(error.to_string()))?;
        let request = Request::builder()
            .method(Method::POST)
            .uri(uri)
            .header(header::CONTENT_TYPE, JSON)
            .header(header::ACCEPT, JSON)
            .header("anthropic-beta", BETAS)
            .header("anthropic-version", "2023-06-01")
            .body(Full::new(body))
            .map_err(|error| transport(error.to_string()))?;
        let asked = Instant::now();
        let answer = async {
            let response = client.send(request).await.map_err(|error| transport(error.to_string()))?;
            let status = response.status();
            let body = reply::read(response, MAX_ANSWER_BYTES).await;
            Ok((status, body.map_err(|_| transport("the response was incomplete".to_owned()))?))
        };
        let (status, body) = tokio::time::timeout(TIMEOUT, answer)
            .await
            .map_err(|_| transport("no response before the timeout".to_owned()))??;
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        if !status.is_success() {
            let message = answer.pointer("/error/message").and_then(Value::as_str).unwrap_or("no message");
            // Secrets are removed before the message is truncated. Otherwise the start of the assertion could remain at
            // the end.
            let message = scrub_assertion(message, &assertion).chars().take(MESSAGE_CHARS).collect();
            return Err(WorkloadError::Refused { status: status.as_u16(), message });
        }
        let issued = issued(&answer, asked).ok_or(WorkloadError::Answer)?;
        tracing::info!("exchanged the token of the workload for an access token");
        Ok(issued)
    }

    fn assertion(&self) -> Result<String, WorkloadError> {
        let path = self.settings.token_file.display().to_string();
        // The file has a few kilobytes and is read about once an hour, so a blocking read needs no separate thread.
        let unreadable = |cause: String| WorkloadError::Read { path: path.clone(), cause };
        let bytes = std::fs::read(&self.settings.token_file).map_err(|cause| unreadable(cause.to_string()))?;
        let text = outside_text::text(&bytes).map_err(|cause| unreadable(cause.to_string()))?;
        let assertion = outside_text::secret(&text).map_err(|cause| unreadable(cause.to_string()))?;
        if assertion.is_empty() || assertion.len() > MAX_ASSERTION_BYTES || assertion.split('.').count() != 3 {
            return Err(WorkloadError::NoToken(path));
        }
        Ok(assertion.to_owned())
    }

    fn body(&self, assertion: &str) -> Bytes {
        let mut body = json!({
            "grant_type": GRANT,
            "assertion": assertion,
            "federation_rule_id": self.settings.federation_rule_id,
            "organization_id": self.settings.organization_id,
        });
        for (name, value) in
            [("service_account_id", &self.settings.service_account_id), ("workspace_id", &self.settings.workspace_id)]
        {
            if let Some(value) = value {
                body[name] = Value::from(value.as_str());
            }
        }
        Bytes::from(body.to_string())
    }
}

/// The access token of a response, unless it has none or has expired.
fn issued(answer: &Value, asked: Instant) -> Option<Issued> {
    let token = answer.get("access_token").and_then(Value::as_str).filter(|token| !token.is_empty())?;
    let seconds = answer.get("expires_in").and_then(Value::as_f64).filter(|seconds| *seconds > 0.0)?;
    let life = Duration::try_from_secs_f64(seconds).unwrap_or(LONGEST_LIFE).min(LONGEST_LIFE);
    let renew_at = asked.checked_add(life.saturating_sub(EARLY.min(life / 5)))?;
    Some(Issued { token: SecretString::from(token), renew_at })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_as_lifetime_is_bounded_or_no_token() {
        let asked = Instant::now();
        let life = |number: &str| {
            let answer =
                serde_json::from_str(&format!(r#"{{"access_token":"t","expires_in":{number}}}"#)).unwrap_or_default();
            issued(&answer, asked).map(|issued| issued.renew_at - asked)
        };
        for number in ["0", "-1", "-0.5", "\"3600\"", "null", "true", "1e400", "-9223372036854775809"] {
            assert_eq!(life(number), None, "{number}");
        }
        assert_eq!(life("100"), Some(Duration::from_secs(80)));
        assert_eq!(life("0.5"), Some(Duration::from_millis(400)));
        assert_eq!(life("3600"), Some(Duration::from_secs(3300)));
        for number in
            ["86401", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551615", "1e300"]
        {
            assert_eq!(life(number), Some(LONGEST_LIFE - EARLY), "{number}");
        }
    }
}
