//! Later messages to a `response_url`.

use super::retry;
use crate::egress::{AddressRule, Client, ClientError};
use crate::frontend::Background;
use bytes::Bytes;
use claude_admin_chat::retry_after;
use http::{Request, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use serde_json::Value;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// The hosts in the URLs of Slack. The host posts to no others, because a forged URL could name any host.
pub const DEFAULT_HOSTS: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];
const TIMEOUT: Duration = Duration::from_secs(10);
/// The number of messages that Slack accepts for one URL. Slack does not document whether an attempt with status 429 or
/// 500 counts, so every attempt counts here.
const USES: u32 = 5;
/// The time during which Slack accepts messages for one URL.
const LIFE: Duration = Duration::from_secs(30 * 60);
/// Slack's errors have only a few words.
const MAX_ERROR_BYTES: usize = 4 << 10;

/// The `response_url` of one command or click, with its remaining uses. It grants permission to post, so it is never
/// logged.
pub struct ResponseUrl {
    url: String,
    uses_left: AtomicU32,
    until: Instant,
}

impl std::fmt::Debug for ResponseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ResponseUrl")
    }
}

impl ResponseUrl {
    /// Creates it from a URL that was just received.
    #[must_use]
    pub fn new(url: String) -> Self {
        Self { url, uses_left: AtomicU32::new(USES), until: Instant::now() + LIFE }
    }

    /// Creates it from a URL that was received some time ago and used. If Slack accepts no more messages for it, they are
    /// sent directly.
    pub(super) fn used(url: String) -> Self {
        Self { uses_left: AtomicU32::new(USES - 1), ..Self::new(url) }
    }

    /// The URL, for the metadata of a form.
    pub(super) fn as_str(&self) -> &str {
        &self.url
    }

    /// Uses the URL once, unless only `reserve` uses remain. Returns whether it can be used.
    fn take(&self, reserve: u32) -> bool {
        let take = |left: u32| left.checked_sub(1).filter(|rest| *rest >= reserve);
        self.uses_left.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_ok()
    }
}

/// Posts messages to response URLs.
#[derive(Debug, Clone)]
pub struct Responder {
    public: Client,
    loopback: Client,
    hosts: Vec<String>,
}

/// Why a later message was not delivered. The URL is not part of it.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ResponseUrlError {
    #[error("the host of the response URL is not allowed")]
    Host,
    #[error("Slack did not respond: {0}")]
    Transport(#[from] ClientError),
    #[error("Slack did not respond within {} s", TIMEOUT.as_secs())]
    Timeout,
    #[error("Slack's rate limit is reached")]
    RateLimited(Option<Duration>),
    #[error("Slack did not accept the message: status {status}")]
    Refused { status: u16, is_about_blocks: bool },
    #[error("the response URL accepts no more messages: it was used {USES} times")]
    UsedUp,
}

impl ResponseUrlError {
    /// The time to wait before Slack can accept the same message; none if it would fail again.
    fn retry_in(&self, attempt: u32) -> Option<Duration> {
        match self {
            Self::RateLimited(wait) => Some(wait.unwrap_or_else(|| retry::backoff(attempt))),
            Self::Transport(_) | Self::Timeout => Some(retry::backoff(attempt)),
            Self::Refused { status: 500.., .. } => Some(retry::backoff(attempt)),
            Self::Host | Self::Refused { .. } | Self::UsedUp => None,
        }
    }
}

impl Responder {
    /// Allows the given hosts. A loopback address is for tests.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if a client cannot be created.
    pub fn new(hosts: Vec<String>) -> Result<Self, ClientError> {
        Ok(Self { public: Client::new(AddressRule::Public)?, loopback: Client::new(AddressRule::LoopbackOnly)?, hosts })
    }

    /// Posts a message. After a temporary failure it tries again, while Slack accepts messages for the URL and the host
    /// does not stop. The last `reserve` uses of the URL are left for other messages.
    ///
    /// # Errors
    ///
    /// [`ResponseUrlError`] of the last attempt. A redirect counts as not accepted.
    pub async fn post(
        &self,
        url: &ResponseUrl,
        message: &Value,
        reserve: u32,
        background: &Background,
    ) -> Result<(), ResponseUrlError> {
        let mut last = ResponseUrlError::UsedUp;
        for attempt in 1.. {
            if !url.take(reserve) {
                break;
            }
            last = match self.post_once(&url.url, message).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let Some(wait) = last.retry_in(attempt) else { break };
            tracing::warn!(error = %last, wait_s = wait.as_secs_f64(), attempt, "a message is sent again later");
            if Instant::now() + wait >= url.until || !background.pause(wait).await {
                break;
            }
        }
        Err(last)
    }

    async fn post_once(&self, url: &str, message: &Value) -> Result<(), ResponseUrlError> {
        let (client, uri) = self.check(url)?;
        let mut request = Request::new(Full::new(Bytes::from(message.to_string())));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = uri;
        request
            .headers_mut()
            .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json; charset=utf-8"));
        let answer = async {
            let response = client.send(request).await?;
            let status = response.status();
            if status.is_success() {
                return Ok(());
            }
            if status == StatusCode::TOO_MANY_REQUESTS {
                let wait = retry_after::of_response(response.headers());
                return Err(ResponseUrlError::RateLimited(wait));
            }
            let body = Limited::new(response.into_body(), MAX_ERROR_BYTES).collect().await;
            let body = body.map(http_body_util::Collected::to_bytes).unwrap_or_default();
            let is_about_blocks = status.is_client_error() && String::from_utf8_lossy(&body).contains("blocks");
            Err(ResponseUrlError::Refused { status: status.as_u16(), is_about_blocks })
        };
        tokio::time::timeout(TIMEOUT, answer).await.map_err(|_| ResponseUrlError::Timeout)?
    }

    fn check(&self, url: &str) -> Result<(&Client, Uri), ResponseUrlError> {
        let uri: Uri = url.parse().map_err(|_| ResponseUrlError::Host)?;
        let authority = uri.authority().ok_or(ResponseUrlError::Host)?;
        if !self.hosts.iter().any(|host| host == authority.as_str()) {
            return Err(ResponseUrlError::Host);
        }
        let loopback = authority.host().parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match uri.scheme_str() {
            Some("https") if !loopback => Ok((&self.public, uri)),
            Some("http") if loopback => Ok((&self.loopback, uri)),
            _ => Err(ResponseUrlError::Host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn response_url_takes_five_messages_and_keeps_its_reserve() {
        let url = ResponseUrl::new("https://hooks.slack.com/x".to_owned());
        assert_eq!((0..9).filter(|_| url.take(1)).count(), 4);
        assert_eq!((0..9).filter(|_| url.take(0)).count(), 1);
    }

    #[test]
    fn only_the_hosts_of_slack_are_posted_to() {
        let responder = Responder::new(DEFAULT_HOSTS.map(str::to_owned).to_vec()).unwrap();
        assert!(responder.check("https://hooks.slack.com/commands/T1/2/x").is_ok());
        for url in [
            "http://hooks.slack.com/commands",
            "https://hooks.slack.com.evil.example/x",
            "https://hooks.slack.com@evil.example/x",
            "https://user@hooks.slack.com/x",
            "https://hooks.slack.com:444/x",
            "https://169.254.169.254/x",
            "http://127.0.0.1:80/x",
            "/x",
            "",
        ] {
            assert!(matches!(responder.check(url), Err(ResponseUrlError::Host)), "{url}");
        }
    }
}
