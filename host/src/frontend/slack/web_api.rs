//! Slack's Web API, as far as the host needs it: user groups, addresses, and messages of its own.

use crate::egress::{AddressRule, Client, ClientError};
use bytes::Bytes;
use http::{HeaderValue, Request, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use std::net::IpAddr;
use std::time::Duration;

/// Where Slack's Web API is.
pub const DEFAULT_API: &str = "https://slack.com/api";
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_ANSWER_BYTES: usize = 4 << 20;

/// Calls Slack's Web API with the token of a bot.
#[derive(Debug)]
pub struct WebApi {
    client: Client,
    base: String,
    authorization: HeaderValue,
}

/// Why Slack did not do it. The token is not part of it.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum WebApiError {
    #[error("`{0}` is not an address of Slack's Web API; write https://HOST/PATH")]
    Address(String),
    #[error("the bot token holds characters that no header may hold")]
    Token,
    #[error("no answer of Slack: {0}")]
    Transport(#[from] ClientError),
    #[error("no answer of Slack in time")]
    Timeout,
    #[error("the answer of Slack cannot be read")]
    Unreadable,
    #[error("that person belongs to another workspace")]
    Stranger,
    #[error("Slack refuses `{method}`: {error}")]
    Refused { method: &'static str, error: String },
}

impl WebApi {
    /// Calls the API at a base URL: https, or loopback for tests.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] for another address, or a token that cannot be sent.
    pub fn new(base: &str, token: &SecretString) -> Result<Self, WebApiError> {
        let wrong = || WebApiError::Address(base.to_owned());
        let uri: Uri = base.parse().map_err(|_| wrong())?;
        let loopback = uri.host().is_some_and(|host| host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback()));
        let rule = match uri.scheme_str() {
            Some("https") if !loopback => AddressRule::Public,
            Some("http") if loopback => AddressRule::LoopbackOnly,
            _ => return Err(wrong()),
        };
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).map_err(|_| WebApiError::Token)?;
        authorization.set_sensitive(true);
        Ok(Self { client: Client::new(rule)?, base: base.trim_end_matches('/').to_owned(), authorization })
    }

    /// Posts a message to a channel or to a person.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] when it is not there.
    pub async fn post_message(&self, channel: &str, message: &Value) -> Result<(), WebApiError> {
        let mut body = message.clone();
        if let Some(fields) = body.as_object_mut() {
            fields.remove("response_type");
            fields.insert("channel".to_owned(), channel.into());
        }
        let body = body.to_string();
        self.call("chat.postMessage", "application/json; charset=utf-8", body).await.map(|_| ())
    }

    /// The ids of the members of a user group.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] when Slack does not tell.
    pub async fn user_group(&self, team: &str, group: &str) -> Result<Vec<String>, WebApiError> {
        let answer = self.read("usergroups.users.list", &[("usergroup", group), ("team_id", team)]).await?;
        let users = answer.get("users").and_then(Value::as_array).ok_or(WebApiError::Unreadable)?;
        Ok(users.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The address of a person of a workspace. That of a stranger is chosen by their own workspace, and tells nothing.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] when Slack does not tell.
    pub async fn email(&self, team: &str, user: &str) -> Result<String, WebApiError> {
        let answer = self.read("users.info", &[("user", user)]).await?;
        let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
        if text("/user/team_id") != Some(team) {
            return Err(WebApiError::Stranger);
        }
        text("/user/profile/email").map(str::to_owned).ok_or(WebApiError::Unreadable)
    }

    async fn read(&self, method: &'static str, form: &[(&str, &str)]) -> Result<Value, WebApiError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.call(method, "application/x-www-form-urlencoded", body).await
    }

    async fn call(&self, method: &'static str, content: &'static str, body: String) -> Result<Value, WebApiError> {
        let uri: Uri =
            format!("{}/{method}", self.base).parse().map_err(|_| WebApiError::Address(self.base.clone()))?;
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = uri;
        request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content));
        request.headers_mut().insert(header::AUTHORIZATION, self.authorization.clone());
        let answer = async {
            let response = self.client.send(request).await?;
            let body = Limited::new(response.into_body(), MAX_ANSWER_BYTES).collect().await;
            let bytes = body.map_err(|_| WebApiError::Unreadable)?.to_bytes();
            serde_json::from_slice::<Value>(&bytes).map_err(|_| WebApiError::Unreadable)
        };
        let answer = tokio::time::timeout(TIMEOUT, answer).await.map_err(|_| WebApiError::Timeout)??;
        if answer.get("ok") == Some(&Value::Bool(true)) {
            return Ok(answer);
        }
        // Slack's errors are words; anything else is not repeated.
        let error = answer.get("error").and_then(Value::as_str).unwrap_or("unknown_error");
        let error = error.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(60).collect();
        Err(WebApiError::Refused { method, error })
    }
}
