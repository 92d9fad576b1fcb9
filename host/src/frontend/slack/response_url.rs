//! Later messages to a `response_url`.

use crate::egress::{AddressRule, Client, ClientError};
use bytes::Bytes;
use http::{Request, Uri, header};
use http_body_util::Full;
use serde_json::Value;
use std::net::IpAddr;
use std::time::Duration;

/// The hosts that Slack sends: nothing else is ever posted to, since a forged URL could name any host.
pub const DEFAULT_HOSTS: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];
const TIMEOUT: Duration = Duration::from_secs(10);

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
    #[error("the response URL does not lead to an allowed host")]
    Host,
    #[error("no answer: {0}")]
    Transport(#[from] ClientError),
    #[error("no answer in time")]
    Timeout,
    #[error("the message was refused with status {0}")]
    Refused(u16),
}

impl Responder {
    /// Allows the given hosts. One with an address of this machine is for tests.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when no client can be made.
    pub fn new(hosts: Vec<String>) -> Result<Self, ClientError> {
        Ok(Self { public: Client::new(AddressRule::Public)?, loopback: Client::new(AddressRule::LoopbackOnly)?, hosts })
    }

    /// Posts a message.
    ///
    /// # Errors
    ///
    /// [`ResponseUrlError`]; a redirect is a refusal.
    pub async fn post(&self, url: &str, message: &Value) -> Result<(), ResponseUrlError> {
        let (client, uri) = self.check(url)?;
        let mut request = Request::new(Full::new(Bytes::from(message.to_string())));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = uri;
        request
            .headers_mut()
            .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json; charset=utf-8"));
        let response =
            tokio::time::timeout(TIMEOUT, client.send(request)).await.map_err(|_| ResponseUrlError::Timeout)??;
        if response.status().is_success() { Ok(()) } else { Err(ResponseUrlError::Refused(response.status().as_u16())) }
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
