//! The requests and their responses, without the credentials.

use crate::credentials::PresentedCredential;
use crate::message::Request;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};

/// The headers that are stored. None of them contains a credential.
const HEADERS: [&str; 6] = ["accept", "anthropic-beta", "anthropic-version", "content-type", "host", "user-agent"];
/// The fields of bodies that contain secrets: those of the token exchange, and headers for other receivers.
const SECRETS: [&str; 3] = ["assertion", "refresh_token", "headers"];
/// The maximum stored size of a body, in bytes.
const MAX_BODY: usize = 16 * 1024;

/// A received request and its response.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LoggedRequest {
    /// Counts from 1 since the start or the last reset.
    pub number: u64,
    /// The time of the request, by the clock of the simulation.
    pub at: Timestamp,
    /// The method.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// The query, as it was sent.
    pub query: Option<String>,
    /// Some of the headers. Headers with credentials are never included.
    pub headers: BTreeMap<String, String>,
    /// The authentication of the request, without the secret.
    pub credential: Option<PresentedCredential>,
    /// The body without secrets: its JSON, or its first 16 KiB as text if it is not JSON or is longer. Null if it is
    /// empty.
    pub body: Value,
    /// The operation, such as `users.list`, if there is one.
    pub action: Option<String>,
    /// The fault that matched the request: the name of its effect, or `delay`.
    pub fault: Option<String>,
    /// The status of the response. Absent if the connection was closed instead.
    pub status: Option<u16>,
    /// The `request-id` of the response, if it has one.
    pub request_id: Option<String>,
}

impl LoggedRequest {
    /// The data that is known before the response.
    pub(crate) fn of(request: &Request, at: Timestamp) -> Self {
        let headers = request.headers();
        let text = |name: &str| Some((name.to_owned(), headers.get(name)?.to_str().ok()?.to_owned()));
        Self {
            number: 0,
            at,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: request.uri().query().map(str::to_owned),
            headers: HEADERS.into_iter().filter_map(text).collect(),
            credential: None,
            body: body(request.body()),
            action: None,
            fault: None,
            status: None,
            request_id: None,
        }
    }
}

fn body(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    let kept = &bytes[..bytes.len().min(MAX_BODY)];
    let json = if kept.len() == bytes.len() { serde_json::from_slice(bytes).ok() } else { None };
    let mut body: Value = json.unwrap_or_else(|| String::from_utf8_lossy(kept).into());
    for name in SECRETS {
        if let Some(secret) = body.get_mut(name) {
            *secret = "…".into();
        }
    }
    body
}

/// The latest requests.
#[derive(Debug)]
pub(crate) struct RequestLog {
    entries: VecDeque<LoggedRequest>,
    capacity: usize,
    count: u64,
}

impl RequestLog {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { entries: VecDeque::new(), capacity, count: 0 }
    }

    pub(crate) fn push(&mut self, mut entry: LoggedRequest) {
        self.count += 1;
        entry.number = self.count;
        self.entries.push_back(entry);
        while self.entries.len() > self.capacity {
            self.entries.pop_front();
        }
    }

    /// Deletes the requests. The count continues.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }

    /// The requests, oldest first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &LoggedRequest> {
        self.entries.iter()
    }

    /// The number of received requests, including deleted ones.
    pub(crate) fn count(&self) -> u64 {
        self.count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn logged(body: impl Into<Bytes>) -> LoggedRequest {
        let request = http::Request::post("/v1/x?a=1")
            .header("x-api-key", "sk-ant-secret")
            .header("authorization", "Bearer sk-ant-secret")
            .header("user-agent", "test")
            .body(body.into())
            .unwrap();
        LoggedRequest::of(&request, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn no_secret_enters_the_log() {
        let text = serde_json::to_string(&logged("")).unwrap();
        assert!(!text.contains("sk-ant-secret"), "{text}");
        assert!(text.contains("\"user-agent\":\"test\""), "{text}");
        assert!(text.contains("\"at\":\"1970-01-01T00:00:00Z\""), "{text}");
    }

    #[test]
    fn logged_body_is_json_or_text_of_limited_length() {
        assert_eq!(logged("").body, Value::Null);
        assert_eq!(logged("{\"a\":1}").body["a"], 1);
        assert_eq!(logged("{broken").body, "{broken");
        assert_eq!(logged(vec![b'x'; MAX_BODY + 5]).body.as_str().map(str::len), Some(MAX_BODY));
    }

    #[test]
    fn the_log_forgets_the_oldest_and_keeps_counting() {
        let mut log = RequestLog::new(2);
        for _ in 0..3 {
            log.push(logged(""));
        }
        assert_eq!(log.iter().map(|entry| entry.number).collect::<Vec<_>>(), [2, 3]);
        log.clear();
        log.push(logged(""));
        assert_eq!(log.iter().map(|entry| entry.number).collect::<Vec<_>>(), [4]);
    }

    #[test]
    fn secrets_in_bodies_are_not_kept() {
        let body = r#"{"grant_type": "refresh_token", "refresh_token": "simulator-secret"}"#;
        let kept = logged(body.as_bytes().to_vec()).body;
        assert_eq!(kept["grant_type"], "refresh_token");
        assert!(!kept.to_string().contains("simulator-secret"), "{kept}");
    }
}
