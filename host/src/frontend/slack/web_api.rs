//! The part of Slack's Web API that the host uses: user groups, accounts, messages, and files.

use super::account::Account;
use super::retry;
use crate::audit::MessageId;
use crate::egress::{AddressRule, Client, ClientError};
use bytes::Bytes;
use claude_admin_chat::retry_after;
use http::{HeaderValue, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::Duration;

/// The base URL of Slack's Web API.
pub const DEFAULT_API: &str = "https://slack.com/api";
/// The hosts to which files are uploaded.
const FILE_HOSTS: [&str; 2] = ["files.slack.com", "files.slack-gov.com"];
/// The upload of a file, which is not a method of the API.
const UPLOAD: &str = "the upload of a file";
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json; charset=utf-8";
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(60);
const TIMEOUT: Duration = Duration::from_secs(5);
const MAX_ANSWER_BYTES: usize = 4 << 20;
/// The maximum total pause between the attempts of a read, because a user waits for its result.
const READ_PATIENCE: Duration = Duration::from_secs(3);

/// Calls Slack's Web API with a token.
#[derive(Debug)]
pub struct WebApi {
    client: Client,
    base: String,
    authorization: HeaderValue,
}

/// Why a call of Slack's Web API failed. The token is not part of it.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum WebApiError {
    #[error("`{0}` is not an address of Slack's Web API; write https://HOST/PATH")]
    Address(String),
    #[error("the token has characters that are not allowed in a header")]
    Token,
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error("Slack did not respond to `{method}`: {error}")]
    Transport { method: &'static str, error: ClientError },
    #[error("Slack did not respond to `{method}` within {} s", after.as_secs())]
    Timeout { method: &'static str, after: Duration },
    #[error("Slack's rate limit for `{method}` is reached{}", after(*wait))]
    RateLimited { method: &'static str, wait: Option<Duration> },
    #[error("Slack responded to `{method}` with status {status}")]
    Status { method: &'static str, status: u16 },
    #[error(
        "the response to `{method}` is not from Slack's Web API: status {status}, {content}. A proxy between this host \
         and Slack might have sent it"
    )]
    NotSlack { method: &'static str, status: u16, content: String },
    #[error("Slack named an address for the upload of a file that is not a host of Slack for files")]
    UploadAddress,
    #[error("Slack's response to `{method}` has no `{field}`")]
    Missing { method: &'static str, field: &'static str },
    #[error(
        "Slack shows no e-mail address for this user: the profile has none, or the bot token lacks the scope \
         `users:read.email`"
    )]
    NoEmail,
    #[error("that user belongs to another workspace")]
    Stranger,
    #[error("Slack returned `{error}` for `{method}`{}", needed.as_ref().map(|scope| format!(" (required scope: {scope})")).unwrap_or_default())]
    Refused { method: &'static str, error: String, needed: Option<String> },
}

fn after(wait: Option<Duration>) -> String {
    wait.map(|wait| format!("; try again in {} s", retry_after::whole_seconds(wait))).unwrap_or_default()
}

impl WebApiError {
    /// The time to wait before the same call can succeed; none if it would fail again. `attempt` counts from 1.
    #[must_use]
    pub fn retry_in(&self, attempt: u32) -> Option<Duration> {
        match self {
            Self::RateLimited { wait, .. } => Some(wait.unwrap_or_else(|| retry::backoff(attempt))),
            Self::Transport { .. } | Self::Timeout { .. } => Some(retry::backoff(attempt)),
            Self::Status { status, .. } | Self::NotSlack { status, .. } if *status >= 500 => {
                Some(retry::backoff(attempt))
            }
            // Slack's codes for a failure of its servers.
            Self::Refused { error, .. } => {
                let passes = ["internal_error", "fatal_error", "service_unavailable", "request_timeout", "ratelimited"];
                passes.contains(&error.as_str()).then(|| retry::backoff(attempt))
            }
            _ => None,
        }
    }

    /// The failure as a code for the audit log.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Address(_) | Self::Token | Self::Client(_) => "not_configured".to_owned(),
            Self::Transport { .. } => "no_connection".to_owned(),
            Self::Timeout { .. } => "timeout".to_owned(),
            Self::RateLimited { .. } => "ratelimited".to_owned(),
            Self::Status { status, .. } => format!("status_{status}"),
            Self::NotSlack { .. } => "not_slack".to_owned(),
            Self::Missing { .. } | Self::NoEmail | Self::UploadAddress => "incomplete_response".to_owned(),
            Self::Stranger => "other_workspace".to_owned(),
            Self::Refused { error, .. } => error.clone(),
        }
    }
}

impl WebApi {
    /// Calls the API at a base URL: https, or loopback for tests.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] for another address, or a token that cannot be sent.
    pub fn new(base: &str, token: &SecretString) -> Result<Self, WebApiError> {
        let rule = Self::rule(base).ok_or_else(|| WebApiError::Address(base.to_owned()))?;
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())).map_err(|_| WebApiError::Token)?;
        authorization.set_sensitive(true);
        Ok(Self { client: Client::new(rule)?, base: base.trim_end_matches('/').to_owned(), authorization })
    }

    /// The allowed addresses for a base URL: those of Slack, or in tests this machine; none for another URL.
    pub(super) fn rule(base: &str) -> Option<AddressRule> {
        let uri: Uri = base.parse().ok()?;
        let loopback = uri.host().is_some_and(|host| host.parse::<IpAddr>().is_ok_and(|it| it.is_loopback()));
        match uri.scheme_str() {
            Some("https") if !loopback => Some(AddressRule::Public),
            Some("http") if loopback => Some(AddressRule::LoopbackOnly),
            _ => None,
        }
    }

    /// Whether another value calls the same API with the same token.
    pub(super) fn is_same_access(&self, other: &Self) -> bool {
        (&self.base, &self.authorization) == (&other.base, &other.authorization)
    }

    /// Calls a method without fields. It is called once.
    pub(super) async fn call_without_fields(&self, method: &'static str) -> Result<Value, WebApiError> {
        self.call(method, FORM, String::new()).await
    }

    /// Posts a message to a channel, or to a user as a direct message. It is sent once.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] if Slack did not accept it. Without a response, it is not known whether the message was posted.
    pub async fn post_message(&self, channel: &str, message: &Value) -> Result<MessageId, WebApiError> {
        let method = "chat.postMessage";
        let answer = self.send(method, message, &[("channel", channel)]).await?;
        let text = |field| answer.get(field).and_then(Value::as_str).map(str::to_owned);
        let ts = text("ts").ok_or(WebApiError::Missing { method, field: "ts" })?;
        // The channel of a direct message is not the user that it was sent to.
        Ok(MessageId { channel: text("channel").unwrap_or_else(|| channel.to_owned()), ts })
    }

    /// Posts a message to the thread of another one, and if `in_channel` is true, to the channel too. It is sent once.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] as for [`Self::post_message`].
    pub async fn reply_to(&self, id: &MessageId, message: &Value, in_channel: bool) -> Result<(), WebApiError> {
        let mut message = message.clone();
        message["reply_broadcast"] = json!(in_channel);
        let fields = [("channel", id.channel.as_str()), ("thread_ts", &id.ts)];
        self.send("chat.postMessage", &message, &fields).await.map(|_| ())
    }

    /// Opens a modal. The request is sent once: a trigger can be used once, within 3 seconds.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] if Slack did not accept it.
    pub async fn open_view(&self, trigger: &str, view: &Value) -> Result<(), WebApiError> {
        let body = json!({ "trigger_id": trigger, "view": view }).to_string();
        self.call("views.open", JSON, body).await.map(|_| ())
    }

    /// Changes a message. The request is sent once; it is safe to send it again.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] if Slack did not change it.
    pub async fn update_message(&self, id: &MessageId, message: &Value) -> Result<(), WebApiError> {
        self.send("chat.update", message, &[("channel", &id.channel), ("ts", &id.ts)]).await.map(|_| ())
    }

    /// Uploads a file. No user can see it until it is shared. Returns its ID.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] if Slack did not accept it.
    pub async fn upload(&self, name: &str, content: &str) -> Result<String, WebApiError> {
        let method = "files.getUploadURLExternal";
        let length = content.len().to_string();
        let answer = self.read(method, &[("filename", name), ("length", &length)]).await?;
        let text = |field: &'static str| {
            let text = answer.get(field).and_then(Value::as_str).map(str::to_owned);
            text.ok_or(WebApiError::Missing { method, field })
        };
        let (url, id) = (text("upload_url")?, text("file_id")?);
        let uri = url.parse().ok().filter(|uri| self.is_for_files(uri)).ok_or(WebApiError::UploadAddress)?;
        // The address is the permission, so the token is not sent.
        let mut request = Request::new(Full::new(Bytes::from(content.to_owned())));
        *request.method_mut() = http::Method::POST;
        *request.uri_mut() = uri;
        let content_type = HeaderValue::from_static("application/octet-stream");
        request.headers_mut().insert(header::CONTENT_TYPE, content_type);
        let method = UPLOAD;
        let sent = tokio::time::timeout(UPLOAD_TIMEOUT, self.client.send(request)).await;
        let response = sent.map_err(|_| WebApiError::Timeout { method, after: UPLOAD_TIMEOUT })?;
        let status = response.map_err(|error| WebApiError::Transport { method, error })?.status();
        if status.is_success() { Ok(id) } else { Err(WebApiError::Status { method, status: status.as_u16() }) }
    }

    /// Shares an uploaded file in the thread of a message.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] if Slack did not share it.
    pub async fn share_file(&self, id: &str, title: &str, message: &MessageId) -> Result<(), WebApiError> {
        let files = json!([{ "id": id, "title": title }]).to_string();
        let place = [("channel_id", message.channel.as_str()), ("thread_ts", &message.ts), ("files", &files)];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(place).finish();
        self.call("files.completeUploadExternal", FORM, body).await.map(|_| ())
    }

    /// Whether files are uploaded to an address: to a host of Slack, or in tests to the host of the API.
    fn is_for_files(&self, uri: &Uri) -> bool {
        let base: Option<Uri> = self.base.parse().ok();
        let is_base = base.is_some_and(|base| (base.scheme(), base.authority()) == (uri.scheme(), uri.authority()));
        let authority = uri.authority().map(http::uri::Authority::as_str);
        is_base || uri.scheme_str() == Some("https") && authority.is_some_and(|host| FILE_HOSTS.contains(&host))
    }

    /// The IDs of the members of a user group.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] if Slack does not list them.
    pub async fn user_group(&self, team: &str, group: &str) -> Result<Vec<String>, WebApiError> {
        let method = "usergroups.users.list";
        let answer = self.read(method, &[("usergroup", group), ("team_id", team)]).await?;
        let users =
            answer.get("users").and_then(Value::as_array).ok_or(WebApiError::Missing { method, field: "users" })?;
        Ok(users.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    }

    /// The account of a user.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] if Slack does not return it.
    pub async fn account(&self, user: &str) -> Result<Account, WebApiError> {
        let method = "users.info";
        let answer = self.read(method, &[("user", user)]).await?;
        let account = answer.get("user").filter(|user| user.is_object());
        Ok(Account::of(account.ok_or(WebApiError::Missing { method, field: "user" })?))
    }

    /// The e-mail address of a member of a workspace. The workspace of a user from another organization sets the
    /// address of that user, so this address is not evidence.
    ///
    /// # Errors
    ///
    /// [`WebApiError`] if Slack does not return it.
    pub async fn email(&self, team: &str, user: &str) -> Result<String, WebApiError> {
        let account = self.account(user).await?;
        if !account.belongs_to(team) {
            return Err(WebApiError::Stranger);
        }
        account.email.ok_or(WebApiError::NoEmail)
    }

    async fn send(&self, method: &'static str, message: &Value, fields: &[(&str, &str)]) -> Result<Value, WebApiError> {
        let mut body = message.clone();
        if let Some(body) = body.as_object_mut() {
            // Only replies to commands and clicks have these.
            body.retain(|name, _| !matches!(name.as_str(), "response_type" | "replace_original"));
            body.extend(fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        }
        self.call(method, JSON, body.to_string()).await
    }

    /// Calls a method that only reads. After a temporary failure it tries again, within [`READ_PATIENCE`].
    async fn read(&self, method: &'static str, form: &[(&str, &str)]) -> Result<Value, WebApiError> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut left = READ_PATIENCE;
        let mut attempt = 1;
        loop {
            let error = match self.call(method, FORM, body.clone()).await {
                Ok(answer) => return Ok(answer),
                // After a timeout, the user has waited long enough.
                Err(error @ WebApiError::Timeout { .. }) => return Err(error),
                Err(error) => error,
            };
            let Some(wait) = error.retry_in(attempt).filter(|wait| *wait <= left) else { return Err(error) };
            tokio::time::sleep(wait).await;
            left -= wait;
            attempt += 1;
        }
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
            let response = self.client.send(request).await.map_err(|error| WebApiError::Transport { method, error })?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await.map(http_body_util::Collected::to_bytes);
            read_answer(method, &Response::from_parts(head, body.ok()))
        };
        tokio::time::timeout(TIMEOUT, answer).await.map_err(|_| WebApiError::Timeout { method, after: TIMEOUT })?
    }
}

/// Reads a response, and checks that it is from Slack: a proxy between host and Slack can also send one.
fn read_answer(method: &'static str, response: &Response<Option<Bytes>>) -> Result<Value, WebApiError> {
    let status = response.status().as_u16();
    if status == 429 {
        let wait = retry_after::of_response(response.headers());
        return Err(WebApiError::RateLimited { method, wait });
    }
    let answer = response.body().as_ref().and_then(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    let Some(answer) = answer.filter(|answer| answer.get("ok").is_some_and(Value::is_boolean)) else {
        if (500..600).contains(&status) {
            return Err(WebApiError::Status { method, status });
        }
        let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let kind = word(kind.and_then(|kind| kind.split(';').next()).unwrap_or_default());
        let content = match kind.as_str() {
            _ if response.body().is_none() => "incomplete or too large".to_owned(),
            "" => "no content type".to_owned(),
            kind => format!("content type {kind}"),
        };
        return Err(WebApiError::NotSlack { method, status, content });
    };
    if answer["ok"] == true {
        return Ok(answer);
    }
    let text = |field| answer.get(field).and_then(Value::as_str).map(word).filter(|word| !word.is_empty());
    let error = text("error").unwrap_or_else(|| "unknown_error".to_owned());
    Err(WebApiError::Refused { method, error, needed: text("needed") })
}

/// Slack's errors, scopes and content types are words. Other characters are removed.
fn word(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || "_.:/,+-".contains(*c)).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(status: u16, content: &str, body: &str) -> String {
        let response = Response::builder().status(status).header("content-type", content).header("retry-after", "6.2");
        let response = response.body(Some(Bytes::from(body.to_owned()))).unwrap();
        read_answer("users.info", &response).map_or_else(|error| error.to_string(), |_| "ok".to_owned())
    }

    #[test]
    fn failed_call_names_who_responded_and_what_is_missing() {
        let json = "application/json; charset=utf-8";
        for (status, content, body, words) in [
            (200, json, r#"{"ok":true}"#, "ok"),
            (200, json, r#"{"ok":false,"error":"user_not_found"}"#, "Slack returned `user_not_found` for `users.info`"),
            (200, json, r#"{"ok":false,"error":"missing_scope","needed":"users:read"}"#, "required scope: users:read"),
            (200, json, r#"{"ok":false}"#, "unknown_error"),
            (
                429,
                json,
                r#"{"ok":false,"error":"ratelimited"}"#,
                "rate limit for `users.info` is reached; try again in 7 s",
            ),
            (429, "text/html", "<html>", "rate limit"),
            (500, "text/html", "<html>", "Slack responded to `users.info` with status 500"),
            (
                403,
                "text/html; charset=utf-8",
                "<html>",
                "not from Slack's Web API: status 403, content type text/html.",
            ),
            (200, "text/html", "<html>", "A proxy between this host and Slack"),
            (200, json, "[]", "not from Slack's Web API"),
            (404, "", "", "no content type"),
        ] {
            let said = said(status, content, body);
            assert!(said.contains(words), "{status} {content} {body}: {said}");
            assert!(!said.contains('<'), "foreign text is not repeated: {said}");
        }
    }

    #[test]
    fn only_failures_that_pass_are_tried_again() {
        let method = "chat.postMessage";
        let refused = |error: &str| WebApiError::Refused { method, error: error.to_owned(), needed: None };
        assert_eq!(
            WebApiError::RateLimited { method, wait: Some(Duration::from_secs(9)) }.retry_in(1),
            Some(Duration::from_secs(9))
        );
        assert!(WebApiError::RateLimited { method, wait: None }.retry_in(1).is_some());
        assert!(WebApiError::Timeout { method, after: TIMEOUT }.retry_in(1).is_some());
        assert!(WebApiError::Status { method, status: 503 }.retry_in(1).is_some());
        assert!(refused("internal_error").retry_in(1).is_some());
        for error in ["channel_not_found", "not_in_channel", "invalid_auth", "invalid_blocks"] {
            assert_eq!(refused(error).retry_in(1), None, "{error}");
        }
        assert_eq!(WebApiError::NoEmail.retry_in(1), None);
    }
}
