//! Opens connections to Slack, with the token of the app.

use super::SocketError;
use crate::egress::{AddressRule, Client};
use crate::frontend::slack::{WebApi, WebApiError};
use http::{Request, StatusCode, Uri, header};
use http_body_util::Full;
use hyper::upgrade::Upgraded;
use secrecy::SecretString;
use serde_json::Value;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

/// The domains to whose hosts the connections go.
const HOSTS: [&str; 2] = ["slack.com", "slack-gov.com"];

/// Opens connections to Slack.
#[derive(Debug)]
pub struct SocketApi {
    api: WebApi,
    token: SecretString,
    /// HTTP/2 cannot switch to another protocol.
    http1: Client,
    is_loopback: bool,
}

impl SocketApi {
    /// Calls Slack's Web API at a base URL with the token of an app.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] for another address, or a token that cannot be sent.
    pub fn new(base: &str, token: &SecretString) -> Result<Self, WebApiError> {
        let api = WebApi::new(base, token)?;
        let rule = WebApi::rule(base).ok_or_else(|| WebApiError::Address(base.to_owned()))?;
        Ok(Self {
            api,
            token: token.clone(),
            http1: Client::http1(rule)?,
            is_loopback: rule == AddressRule::LoopbackOnly,
        })
    }

    /// The token of the app.
    pub(in super::super) fn token(&self) -> &SecretString {
        &self.token
    }

    /// Opens a connection: a stream for the protocol of WebSockets.
    pub(super) async fn open(&self) -> Result<Upgraded, SocketError> {
        let method = "apps.connections.open";
        let answer = self.api.call_without_fields(method).await?;
        let url = answer.get("url").and_then(Value::as_str).ok_or(WebApiError::Missing { method, field: "url" })?;
        let uri = self.address(url).ok_or(SocketError::Address)?;
        let key = generate_key();
        let request = Request::builder()
            .uri(uri)
            .header(header::CONNECTION, "Upgrade")
            .header(header::UPGRADE, "websocket")
            .header(header::SEC_WEBSOCKET_VERSION, "13")
            .header(header::SEC_WEBSOCKET_KEY, &key)
            .body(Full::default())
            .map_err(|_| SocketError::Address)?;
        let response = self.http1.send(request).await?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            return Err(SocketError::Status(response.status().as_u16()));
        }
        let accepted = response.headers().get(header::SEC_WEBSOCKET_ACCEPT);
        if accepted.is_none_or(|accepted| accepted.as_bytes() != derive_accept_key(key.as_bytes()).as_bytes()) {
            return Err(SocketError::Handshake("it does not match the key of the request"));
        }
        hyper::upgrade::on(response).await.map_err(|_| SocketError::Handshake("the connection is not switched"))
    }

    /// The address of a connection, for the HTTP client. Only hosts of Slack are connected to, or in tests this machine.
    fn address(&self, url: &str) -> Option<Uri> {
        let (scheme, rest) = url.split_once("://")?;
        let scheme = match scheme {
            "wss" if !self.is_loopback => "https",
            "ws" if self.is_loopback => "http",
            _ => return None,
        };
        let uri: Uri = format!("{scheme}://{rest}").parse().ok()?;
        let authority = uri.authority()?.as_str();
        let is_slack = HOSTS.iter().any(|host| authority.strip_suffix(host).is_some_and(|rest| rest.ends_with('.')));
        (self.is_loopback || is_slack && !authority.contains('@')).then_some(uri)
    }

    /// Whether another value opens connections of the same app.
    pub(super) fn is_same_access(&self, other: &Self) -> bool {
        self.api.is_same_access(&other.api)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_slack_are_connected_to() {
        let api = SocketApi::new("https://slack.com/api", &SecretString::from("x")).unwrap();
        assert_eq!(
            api.address("wss://wss-primary.slack.com/link/?ticket=1").unwrap().to_string(),
            "https://wss-primary.slack.com/link/?ticket=1"
        );
        for url in [
            "ws://wss-primary.slack.com/link",
            "wss://evil.example/link",
            "wss://evilslack.com/link",
            "wss://slack.com.evil.example/link",
            "wss://user@a.slack.com/link",
            "wss://a.slack.com:8443/link",
            "wss://127.0.0.1/link",
            "https://a.slack.com/link",
            "a.slack.com",
            "",
        ] {
            assert_eq!(api.address(url), None, "{url}");
        }
    }
}
