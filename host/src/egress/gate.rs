//! The gate: what `wasi:http` of one call leads to.

use super::client::{Client, ClientError};
use super::reply::{self, BodyError};
use super::workload::Workload;
use super::{
    CredentialError, CredentialHeader, Credentials, ExpectedRequest, Record, Upstream, Violation, headers, retry,
};
use bytes::Bytes;
use claude_admin_catalog::Action;
use claude_admin_wire::Body;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use secrecy::ExposeSecret;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use wasmtime_wasi_http::{Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks};

/// The largest request body: the archives of plugins, which the API takes up to 32 MB, and what stands around them.
const MAX_REQUEST_BYTES: usize = 33 << 20;
const ACCEPT: HeaderValue = HeaderValue::from_static("application/json, */*;q=0.8");

/// What every gate of a host shares.
#[derive(Debug)]
pub struct Egress {
    client: Client,
    upstream: Upstream,
    credentials: Credentials,
    anthropic_version: Option<HeaderValue>,
}

impl Egress {
    /// Makes the way out to an upstream.
    ///
    /// `anthropic_version` takes the place of the version that the component asks for.
    ///
    /// # Errors
    ///
    /// [`ClientError`] when no client can be made.
    pub fn new(
        upstream: Upstream,
        credentials: Credentials,
        anthropic_version: Option<HeaderValue>,
    ) -> Result<Self, ClientError> {
        let rule = upstream.address_rule();
        let client = if upstream.is_secure() { Client::new(rule)? } else { Client::plain(rule)? };
        Ok(Self { client, upstream, credentials, anthropic_version })
    }

    /// The same way out through another client. Its addresses are checked by the rule that it was made with.
    #[must_use]
    pub fn through(self, client: Client) -> Self {
        Self { client, ..self }
    }

    /// The credentials.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// The credential for an action: one that is there, else an access token of the workload.
    ///
    /// # Errors
    ///
    /// [`CredentialError`], which says what is needed or what went wrong. Nothing but the exchange was sent.
    pub async fn credential(&self, action: &Action) -> Result<CredentialHeader, CredentialError> {
        match (self.credentials.choose(action), self.credentials.workload(action)) {
            (Err(CredentialError::Missing { .. }), Some(workload)) => {
                let token = workload.token(&self.client, &self.upstream).await?;
                Ok(Credentials::issued(token)?)
            }
            (chosen, _) => chosen,
        }
    }

    /// A new access token in place of one that the API did not take; none where it is no such token.
    async fn renewed(&self, workload: &Workload, refused: &CredentialHeader) -> Option<CredentialHeader> {
        workload.forget(refused.issued()?).await;
        match workload.token(&self.client, &self.upstream).await.and_then(Credentials::issued) {
            Ok(credential) => Some(credential),
            Err(error) => {
                tracing::warn!(%error, "an access token was refused, and there is no other");
                None
            }
        }
    }

    /// Where requests go.
    #[must_use]
    pub fn upstream(&self) -> &Upstream {
        &self.upstream
    }
}

/// How much of an answer is taken, and until when.
#[derive(Debug, Clone, Copy)]
pub struct ReplyLimits {
    /// The most bytes of the body.
    pub bytes: usize,
    /// When the call ends.
    pub deadline: Instant,
}

/// The gate of one call: it lets one request through, and only the expected one.
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
    /// Makes a gate that lets `expected` through, and the fitting answer within `limits`.
    ///
    /// The id of the operation goes along in the `User-Agent`, so that what the API logs can be put beside what the host
    /// recorded.
    #[must_use]
    pub fn new(
        egress: Arc<Egress>,
        action: &Action,
        expected: ExpectedRequest,
        credential: CredentialHeader,
        operation: &str,
        limits: ReplyLimits,
        record: Arc<Record>,
    ) -> Self {
        let used = AtomicBool::new(false);
        let user_agent = user_agent(operation);
        let workload = egress.credentials.workload(action).cloned();
        let inner = Inner { egress, workload, expected, credential, user_agent, limits, used, record };
        Self { inner: Arc::new(inner) }
    }
}

/// `claude-admin/0.1.0 (operation 7qk2…)`.
fn user_agent(operation: &str) -> HeaderValue {
    const NAME: HeaderValue = HeaderValue::from_static(concat!("claude-admin/", env!("CARGO_PKG_VERSION")));
    let text = format!("claude-admin/{} (operation {operation})", env!("CARGO_PKG_VERSION"));
    HeaderValue::from_str(&text).unwrap_or(NAME)
}

type Forwarded = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for Gate {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        let inner = Arc::clone(&self.inner);
        Arc::new(move |name: &HeaderName| {
            // Once the request has left, the same filter runs over the headers of the answer, which blames nobody.
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
        // The body is read even when the request is refused: a component that is still writing would see a broken
        // stream in place of the refusal.
        let body = Limited::new(body, MAX_REQUEST_BYTES).collect().await;
        let body = body.map(http_body_util::Collected::to_bytes).map_err(|_| Error::HttpRequestBodySize(None));
        let headers = self.check(&parts, body.as_ref().ok(), first).map_err(|violation| {
            self.record.violated(violation);
            Error::HttpRequestDenied
        })?;
        body?;
        let body = self.expected.body();
        let target = self.expected.target();
        let mut credential = self.credential.clone();
        let mut attempt = 1;
        loop {
            let response = self.attempt(&parts, &target, &headers, body.as_ref(), &credential).await?;
            let status = response.status();
            // Who is not known has done nothing: with a new token the same may be sent again, a write too.
            if status == StatusCode::UNAUTHORIZED
                && attempt == 1
                && let Some(workload) = &self.workload
                && let Some(renewed) = self.egress.renewed(workload, &credential).await
            {
                credential = renewed;
                attempt += 1;
                continue;
            }
            if status.is_redirection() {
                self.record.violated(Violation::Redirect(status.as_u16()));
                return Err(Error::HttpRequestDenied);
            }
            let wait = if self.expected.is_get() {
                retry::delay(status, response.headers(), attempt, fastrand::f64())
            } else {
                None
            };
            match wait.filter(|wait| Instant::now() + *wait < self.limits.deadline) {
                Some(wait) => {
                    tracing::info!(
                        status = status.as_u16(),
                        attempt,
                        wait_ms = wait.as_millis(),
                        "trying the read again"
                    );
                    tokio::time::sleep(wait).await;
                    attempt += 1;
                }
                None => return self.receive(response, &credential).await,
            }
        }
    }

    /// Everything that must hold before a byte leaves. Returns the headers to send.
    fn check(&self, parts: &Parts, body: Option<&Bytes>, first: bool) -> Result<HeaderMap, Violation> {
        if !first {
            return Err(Violation::SecondRequest);
        }
        // Whoever tried to smuggle a header sends nothing any more, not even what is declared.
        if let Some(violation) = self.record.violation() {
            return Err(violation);
        }
        self.expected.check_head(parts)?;
        let headers = headers::outgoing(&parts.headers)?;
        self.expected.check_body(body.ok_or(Violation::Body)?)?;
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
        if let Some(content_type) = self.expected.content_type() {
            request.headers_mut().insert(header::CONTENT_TYPE, content_type);
        }
        if let Some(version) = &self.egress.anthropic_version {
            request.headers_mut().insert("anthropic-version", version.clone());
        }
        if let Some((name, value)) = credential.header() {
            request.headers_mut().insert(name.clone(), value.clone());
        }
        self.record.leaving(parts.method.as_str(), target, body.map_or(&[][..], |body| body));
        let response = self.egress.client.send(request).await.map_err(|error| self.failed(error))?;
        let request_id = response.headers().get("request-id").and_then(|id| id.to_str().ok());
        self.record.answered(response.status().as_u16(), request_id);
        Ok(response)
    }

    async fn receive(
        &self,
        response: Response<hyper::body::Incoming>,
        credential: &CredentialHeader,
    ) -> Result<Response<WasiBody>, Error> {
        let status = response.status();
        let headers = headers::incoming(response.headers());
        let body = reply::read(response, self.limits.bytes).await.map_err(|error| match error {
            BodyError::TooLarge => Error::HttpResponseBodySize(u64::try_from(self.limits.bytes).ok()),
            // The request was sent and answered, whatever breaks now.
            BodyError::Transport(error) => self.failed(ClientError::Incomplete(error.to_string())),
        })?;
        let secrets = self.egress.credentials.secrets().chain(credential.issued());
        let body = secrets.fold(body, |body, secret| reply::scrub(body, secret.expose_secret().as_bytes()));
        // The body of a read that succeeded can be long, and nothing depends on it.
        let glance = self.expected.is_get() && status.is_success();
        self.record.received(if glance { Body::at_a_glance(&body) } else { Body::of(&body) });
        let mut response = Response::new(Full::new(body).map_err(|never| match never {}).boxed_unsync());
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    /// What a component is told of a failure; the log has the rest.
    fn failed(&self, error: ClientError) -> Error {
        tracing::warn!(upstream = self.egress.upstream.authority(), %error, "no answer from the upstream");
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
