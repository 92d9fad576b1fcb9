//! The gate: the implementation of `wasi:http` for one call.

use super::budget::Budget;
use super::client::{Client, ClientError};
use super::health::{Health, Trouble};
use super::reply::{self, BodyError};
use super::workload::Workload;
use super::{
    API_AUTHORITY, CredentialError, CredentialHeader, Credentials, ExpectedRequest, Record, Upstream, Violation,
    headers, retry, scrub,
};
use bytes::Bytes;
use claude_admin_catalog::Action;
use claude_admin_chat::command::Arguments;
use claude_admin_chat::retry_after;
use claude_admin_wire::Body;
use http::request::Parts;
use http::uri::Scheme;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Full, Limited};
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

/// The maximum request body: archives of plugins, of which the API accepts up to 32 MB, and the form around them.
const MAX_REQUEST_BYTES: usize = 33 << 20;
const ACCEPT: HeaderValue = HeaderValue::from_static("application/json, */*;q=0.8");

/// The data that all gates of a host share.
#[derive(Debug)]
pub struct Egress {
    client: Client,
    upstream: Upstream,
    credentials: Credentials,
    anthropic_version: Option<HeaderValue>,
    health: Health,
    budget: Budget,
}

impl Egress {
    /// Creates the egress to an upstream.
    ///
    /// `anthropic_version` replaces the version that the component sends.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if no client can be created.
    pub fn new(
        upstream: Upstream,
        credentials: Credentials,
        anthropic_version: Option<HeaderValue>,
    ) -> Result<Self, ClientError> {
        let rule = upstream.address_rule();
        let client = if upstream.is_secure() { Client::new(rule)? } else { Client::plain(rule)? };
        Ok(Self {
            client,
            upstream,
            credentials,
            anthropic_version,
            health: Health::default(),
            budget: Budget::default(),
        })
    }

    /// The same egress with another client. Addresses are checked by the rule of that client.
    #[must_use]
    pub fn through(self, client: Client) -> Self {
        Self { client, ..self }
    }

    /// The credentials.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The credential for a call of an action: a configured one, otherwise an access token of the workload.
    ///
    /// # Errors
    ///
    /// [`CredentialError`] with the required credential or the problem. No request was sent except the exchange.
    pub async fn credential(
        &self,
        action: &Action,
        arguments: &Arguments,
    ) -> Result<CredentialHeader, CredentialError> {
        match (self.credentials.choose(action, arguments), self.credentials.workload(action, arguments)) {
            (Err(CredentialError::Missing { .. }), Some(workload)) => {
                let token = workload.token(&self.client, &self.upstream).await;
                let credential = token.and_then(Credentials::issued);
                if credential.is_err() {
                    self.health.note(Some(Trouble::NoToken));
                }
                Ok(credential?)
            }
            (chosen, _) => chosen,
        }
    }

    /// A new access token that replaces one which the API rejected; `None` for other credentials.
    async fn renewed(&self, workload: &Workload, refused: &CredentialHeader) -> Option<CredentialHeader> {
        workload.forget(refused.issued()?).await;
        match workload.token(&self.client, &self.upstream).await.and_then(Credentials::issued) {
            Ok(credential) => Some(credential),
            Err(error) => {
                tracing::warn!(%error, "the API rejected an access token, and there is no other token");
                None
            }
        }
    }

    /// The reason why the API cannot be used, from its last response within the last minute.
    #[must_use]
    pub fn trouble(&self) -> Option<Trouble> {
        self.health.trouble()
    }

    /// The target of requests.
    #[must_use]
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }
}

/// The limits for reading a response.
#[derive(Debug, Clone, Copy)]
pub struct ReplyLimits {
    /// The maximum number of bytes of the body.
    pub bytes: usize,
    /// The end of the call.
    pub deadline: Instant,
}

/// The gate of one call: it sends one request, and only the expected one.
#[derive(Debug, Clone)]
pub struct Gate {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    egress: Arc<Egress>,
    workload: Option<Arc<Workload>>,
    expected: ExpectedRequest,
    credential: CredentialHeader,
    user_agent: HeaderValue,
    limits: ReplyLimits,
    used: AtomicBool,
    record: Arc<Record>,
}

impl Gate {
    /// Creates a gate that sends `expected` and receives a response within `limits`.
    ///
    /// The `User-Agent` contains the operation ID, so entries in the logs of the API can be matched with the audit log.
    #[must_use]
    pub fn new(
        egress: Arc<Egress>,
        expected: ExpectedRequest,
        credential: CredentialHeader,
        operation: &str,
        limits: ReplyLimits,
        record: Arc<Record>,
    ) -> Self {
        let used = AtomicBool::new(false);
        let user_agent = user_agent(operation);
        let workload = egress.credentials.issuer(&credential).cloned();
        let inner = Inner { egress, workload, expected, credential, user_agent, limits, used, record };
        Self { inner: Arc::new(inner) }
    }

    /// Sends the expected request for the host itself, without a component, and returns the response unchanged. The
    /// rules and retries for components apply. Only a `GET` is sent.
    ///
    /// # Errors
    ///
    /// The error that a component would receive.
    pub async fn fetch(&self) -> Result<Response<Bytes>, Error> {
        let expected = &self.inner.expected;
        if !expected.is_get() {
            return Err(Error::HttpRequestDenied);
        }
        let uri = Uri::builder().scheme(Scheme::HTTPS).authority(API_AUTHORITY).path_and_query(expected.target());
        let mut request = Request::new(Full::default().map_err(|never| match never {}).boxed_unsync());
        *request.uri_mut() = uri.build().map_err(|_| Error::HttpRequestUriInvalid)?;
        *request.headers_mut() = expected.headers().clone();
        let first = !self.inner.used.swap(true, Ordering::AcqRel);
        let (parts, body) = self.inner.forward(request, first).await?.into_parts();
        Ok(Response::from_parts(parts, body.collect().await?.to_bytes()))
    }
}

/// `claude-admin/0.1.0 (operation 7qk2…)`.
fn user_agent(operation: &str) -> HeaderValue {
    const NAME: HeaderValue = HeaderValue::from_static(concat!("claude-admin/", env!("CARGO_PKG_VERSION")));
    let text = format!("claude-admin/{} (operation {operation})", env!("CARGO_PKG_VERSION"));
    HeaderValue::from_str(&text).unwrap_or(NAME)
}

/// The body of a component's request, which has no trailers.
async fn collected(body: WasiBody, limit: usize) -> Result<Bytes, Violation> {
    let body = Limited::new(body, limit.min(MAX_REQUEST_BYTES)).collect().await.map_err(|_| Violation::Body)?;
    match body.trailers().and_then(|trailers| trailers.keys().next()) {
        Some(name) => Err(Violation::Header(name.to_string())),
        None => Ok(body.to_bytes()),
    }
}

async fn drained(mut body: WasiBody) -> Result<Bytes, Violation> {
    while let Some(Ok(_)) = body.frame().await {}
    Ok(Bytes::new())
}

type Forwarded = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Gate {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        let inner = Arc::clone(&self.inner);
        Arc::new(move |name: &HeaderName| {
            // After the request was sent, the same filter runs on the headers of the response. These are not a
            // violation of the component.
            if headers::is_smuggled(name) && !inner.used.load(Ordering::Acquire) {
                inner.record.violated(Violation::Header(name.to_string()));
            }
            headers::is_forbidden(name)
        })
    }

    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Forwarded), Error>> + Send> {
        let inner = Arc::clone(&self.inner);
        let first = !inner.used.swap(true, Ordering::AcqRel);
        Box::new(async move {
            let response = inner.forward(request, first).await?;
            let done: Forwarded = Box::new(async { Ok(()) });
            Ok((response, done))
        })
    }
}

impl Inner {
    async fn forward(&self, request: Request<WasiBody>, first: bool) -> Result<Response<WasiBody>, Error> {
        let (parts, body) = request.into_parts();
        let headers = self.check(&parts, body, first).await.map_err(|violation| {
            self.record.violated(violation);
            Error::HttpRequestDenied
        })?;
        let body = self.expected.body();
        let target = self.expected.target();
        let mut credential = self.credential.clone();
        let in_time = |wait: &Duration| Instant::now().checked_add(*wait).is_some_and(|at| at < self.limits.deadline);
        let mut attempt = 1;
        loop {
            // If the wait is too long for this call, the API decides. A write never waits: it must not begin shortly before
            // the deadline.
            let wait = self.expected.is_get().then(|| self.egress.budget.wait(&target)).flatten();
            if let Some(wait) = wait.filter(in_time) {
                tracing::info!(wait_ms = wait.as_millis(), "waiting for a new budget of requests");
                tokio::time::sleep(wait).await;
            }
            let response = self.attempt(&parts, &target, &headers, body.as_ref(), &credential).await?;
            let status = response.status();
            if status == StatusCode::UNAUTHORIZED
                && attempt == 1
                && let Some(workload) = &self.workload
            {
                let refused = self.receive(response, &credential).await?;
                // The API did not run the request, so it is safe to send it again with a new token, even a write. A
                // proxy can return 401 after it forwarded the request, so only an error in the format of the API
                // counts.
                if self.record.is_error_of_the_api()
                    && let Some(renewed) = self.egress.renewed(workload, &credential).await
                {
                    credential = renewed;
                    attempt += 1;
                    continue;
                }
                return Ok(refused);
            }
            if status.is_redirection() {
                self.record.violated(Violation::Redirect(status.as_u16()));
                return Err(Error::HttpRequestDenied);
            }
            let asked = retry_after::of_response(response.headers());
            let wait = if self.expected.is_get() {
                retry::delay(status, response.headers(), asked, attempt, fastrand::f64())
            } else {
                None
            };
            match wait.filter(in_time) {
                Some(wait) => {
                    tracing::info!(status = status.as_u16(), attempt, wait_ms = wait.as_millis(), "retrying the read");
                    tokio::time::sleep(wait).await;
                    attempt += 1;
                }
                None => return self.receive(response, &credential).await,
            }
        }
    }

    /// Checks the request before a byte is sent. Returns the headers to send.
    async fn check(&self, parts: &Parts, body: WasiBody, first: bool) -> Result<HeaderMap, Violation> {
        // The body is read even if the request is blocked. Otherwise a component that is still writing would see a
        // broken stream instead of the error. The body of a second request is not stored.
        let body = if first { collected(body, self.expected.longest_body()).await } else { drained(body).await };
        if !first {
            return Err(Violation::SecondRequest);
        }
        // After a component tried to set a forbidden header, it cannot send any request, not even the declared one.
        if let Some(violation) = self.record.violation() {
            return Err(violation);
        }
        self.expected.check_head(parts)?;
        let version = self.egress.anthropic_version.as_ref();
        let headers = headers::outgoing(&parts.headers, self.expected.headers(), version)?;
        self.expected.check_body(&body?)?;
        Ok(headers)
    }

    async fn attempt(
        &self,
        parts: &Parts,
        target: &str,
        headers: &HeaderMap,
        body: Option<&Bytes>,
        credential: &CredentialHeader,
    ) -> Result<Response<hyper::body::Incoming>, Error> {
        let uri = self.egress.upstream.uri(target).map_err(|_| Error::HttpRequestUriInvalid)?;
        let mut request = Request::new(Full::new(body.cloned().unwrap_or_default()));
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = headers.clone();
        request.headers_mut().insert(header::USER_AGENT, self.user_agent.clone());
        request.headers_mut().insert(header::ACCEPT, ACCEPT);
        credential.add_to(request.headers_mut());
        self.record.leaving(parts.method.as_str(), &scrub::scrub_text(target.to_owned(), self.expected.secrets()));
        let response = self.egress.client.send(request).await.map_err(|error| self.failed(error))?;
        self.egress.health.answered(response.status());
        self.egress.budget.note(target, response.headers());
        let request_id = response.headers().get("request-id");
        let request_id = request_id.map(|id| self.clean(Bytes::copy_from_slice(id.as_bytes()), credential));
        let request_id = request_id.as_ref().and_then(|id| std::str::from_utf8(id).ok());
        self.record.answered(response.status().as_u16(), request_id);
        Ok(response)
    }

    async fn receive(
        &self,
        response: Response<hyper::body::Incoming>,
        credential: &CredentialHeader,
    ) -> Result<Response<WasiBody>, Error> {
        let status = response.status();
        let mut headers = headers::incoming(response.headers(), |value| self.clean(value, credential));
        // The component has no clock, and all parts of the host must use the same value.
        match retry_after::of_response(response.headers()) {
            Some(wait) => drop(headers.insert(header::RETRY_AFTER, retry_after::whole_seconds(wait).into())),
            None => drop(headers.remove(header::RETRY_AFTER)),
        }
        let body = reply::read(response, self.limits.bytes).await.map_err(|error| match error {
            BodyError::TooLarge => Error::HttpResponseBodySize(u64::try_from(self.limits.bytes).ok()),
            // The request was sent and a response arrived, even if its body cannot be read.
            BodyError::Transport(error) => self.failed(ClientError::Incomplete(error.to_string())),
        })?;
        // The response to a command can contain the same secret for its requester, for example a refresh token. The
        // host removes it field by field.
        let body =
            if status.is_success() { self.without_credentials(body, credential) } else { self.clean(body, credential) };
        // The body of a successful read can be long, and its kind is not needed.
        let glance = self.expected.is_get() && status.is_success();
        self.record.received(if glance { Body::at_a_glance(&body) } else { Body::of(&body) });
        let mut response = Response::new(Full::new(body).map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    fn without_credentials(&self, bytes: Bytes, credential: &CredentialHeader) -> Bytes {
        let credentials = self.egress.credentials.secrets().chain(credential.issued());
        scrub::scrub_all(bytes, credentials.map(ExposeSecret::expose_secret))
    }

    /// A text from a server, without the credentials and without the secret arguments of the request.
    fn clean(&self, bytes: Bytes, credential: &CredentialHeader) -> Bytes {
        let credentials = self.egress.credentials.secrets().chain(credential.issued());
        let credentials = credentials.map(ExposeSecret::expose_secret);
        scrub::scrub_all(bytes, credentials.chain(self.expected.secrets().iter().map(String::as_str)))
    }

    /// The error that the component receives. The log has the details.
    fn failed(&self, error: ClientError) -> Error {
        tracing::warn!(upstream = self.egress.upstream.authority(), %error, "no response from the upstream");
        self.egress.health.note(Some(Trouble::NoAnswer));
        if error.is_before_sending() {
            self.record.unreached();
        }
        match error {
            ClientError::Address(forbidden) => {
                self.record.violated(Violation::Address(forbidden.0.to_string()));
                Error::DestinationIpProhibited
            }
            ClientError::Dns(reason) => Error::DnsError { rcode: Some(reason), info_code: None },
            ClientError::Refused(_) => Error::ConnectionRefused,
            ClientError::TlsSettings(_) | ClientError::Tls(_) => Error::TlsProtocolError,
            ClientError::Timeout(_) => Error::ConnectionTimeout,
            ClientError::Incomplete(_) => Error::HttpResponseIncomplete,
            ClientError::Protocol(_) => Error::HttpProtocolError,
        }
    }
}
