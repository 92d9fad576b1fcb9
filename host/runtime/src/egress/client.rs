//! One pooled HTTP client with the trust store of the operating system and with checked addresses.

use super::{AddressRule, Forbidden};
use bytes::Bytes;
use http::uri::Scheme;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, ConfigBuilder, WantsVerifier};
use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tower_service::Service;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// One pooled HTTP client.
#[derive(Debug, Clone)]
pub struct Client {
    inner: hyper_util::client::legacy::Client<HttpsConnector<HttpConnector<CheckedResolver>>, Full<Bytes>>,
}

/// The reason why a request has no response.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ClientError {
    #[error("the TLS settings of this machine cannot be used: {0}")]
    TlsSettings(String),
    #[error("the host name cannot be resolved: {0}")]
    Dns(String),
    #[error(transparent)]
    Address(Forbidden),
    #[error("the connection failed: {0}")]
    Refused(String),
    #[error("the TLS connection failed: {0}")]
    Tls(String),
    #[error("the connection timed out: {0}")]
    Timeout(String),
    #[error("the connection ended before the response was complete: {0}")]
    Incomplete(String),
    #[error("the response is not valid HTTP: {0}")]
    Protocol(String),
}

impl Client {
    /// Creates a client that connects only to addresses which a rule allows.
    ///
    /// # Errors
    ///
    /// [`ClientError::TlsSettings`] when the trust store of the operating system cannot be used.
    pub fn new(rule: AddressRule) -> Result<Self, ClientError> {
        Ok(Self::with(rule, platform_settings()?, Versions::All))
    }

    /// Creates such a client that uses only HTTP/1.1, in which a connection can switch to another protocol.
    ///
    /// # Errors
    ///
    /// [`ClientError::TlsSettings`] when the trust store of the operating system cannot be used.
    pub fn http1(rule: AddressRule) -> Result<Self, ClientError> {
        Ok(Self::with(rule, platform_settings()?, Versions::Http1))
    }

    /// Creates such a client that trusts these roots instead of the trust store of the operating system.
    ///
    /// # Errors
    ///
    /// [`ClientError::TlsSettings`] if TLS cannot be set up.
    pub fn trusting(rule: AddressRule, roots: rustls::RootCertStore) -> Result<Self, ClientError> {
        let settings = tls_settings()?.with_root_certificates(roots).with_no_client_auth();
        Ok(Self::with(rule, settings, Versions::All))
    }

    /// Creates such a client for plain connections only. It trusts no certificate and does not read the trust store,
    /// which takes longer than many requests.
    ///
    /// # Errors
    ///
    /// [`ClientError::TlsSettings`] if TLS cannot be set up.
    pub fn plain(rule: AddressRule) -> Result<Self, ClientError> {
        Self::trusting(rule, rustls::RootCertStore::empty())
    }

    fn with(rule: AddressRule, settings: ClientConfig, versions: Versions) -> Self {
        let mut http = HttpConnector::new_with_resolver(CheckedResolver { rule });
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let https = HttpsConnectorBuilder::new().with_tls_config(settings).https_or_http();
        let https = match versions {
            Versions::All => https.enable_all_versions().wrap_connector(http),
            Versions::Http1 => https.enable_http1().wrap_connector(http),
        };
        let inner = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .build(https);
        Self { inner }
    }

    /// Sends a request and waits for the head of its response.
    ///
    /// # Errors
    ///
    /// [`ClientError`] if no response arrives.
    pub async fn send(&self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, ClientError> {
        let https = request.uri().scheme() == Some(&Scheme::HTTPS);
        self.inner.request(request).await.map_err(|error| match (classify(&error), error.is_connect()) {
            (error @ (ClientError::Address(_) | ClientError::Dns(_)), _) => error,
            // If a connection breaks during the TLS handshake, it was opened but is not secure.
            (ClientError::Incomplete(reason), true) if https => ClientError::Tls(reason),
            (error @ (ClientError::Refused(_) | ClientError::Tls(_)), true) => error,
            (error, true) => ClientError::Refused(error.to_string()),
            // A network error or a TLS alert on an open connection: the request might have arrived.
            (ClientError::Refused(reason) | ClientError::Tls(reason), false) => ClientError::Incomplete(reason),
            (error, false) => error,
        })
    }
}

impl ClientError {
    /// Whether no connection was opened, so no byte of the request was sent.
    #[must_use]
    pub fn is_before_sending(&self) -> bool {
        match self {
            Self::TlsSettings(_) | Self::Dns(_) | Self::Address(_) | Self::Refused(_) | Self::Tls(_) => true,
            Self::Timeout(_) | Self::Incomplete(_) | Self::Protocol(_) => false,
        }
    }
}

/// The versions of HTTP that a client uses.
#[derive(Debug, Clone, Copy)]
enum Versions {
    All,
    Http1,
}

fn platform_settings() -> Result<ClientConfig, ClientError> {
    Ok(tls_settings()?.try_with_platform_verifier().map_err(tls_error)?.with_no_client_auth())
}

fn tls_settings() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, ClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().map_err(tls_error)
}

fn tls_error(error: rustls::Error) -> ClientError {
    ClientError::TlsSettings(error.to_string())
}

/// Finds the innermost cause of an error.
pub(super) fn classify(error: &(dyn Error + 'static)) -> ClientError {
    let mut next = Some(error);
    let mut deepest = error.to_string();
    while let Some(current) = next {
        deepest = current.to_string();
        if let Some(forbidden) = current.downcast_ref::<Forbidden>() {
            return ClientError::Address(*forbidden);
        }
        if let Some(tls) = current.downcast_ref::<rustls::Error>() {
            return ClientError::Tls(tls.to_string());
        }
        if let Some(hyper) = current.downcast_ref::<hyper::Error>() {
            if hyper.is_parse() {
                return ClientError::Protocol(hyper.to_string());
            }
            if hyper.is_incomplete_message() || hyper.is_body_write_aborted() || hyper.is_closed() {
                return ClientError::Incomplete(hyper.to_string());
            }
        }
        if let Some(io) = current.downcast_ref::<io::Error>() {
            // An `io::Error` that wraps another error returns that error's source as its own source, not the error
            // itself.
            if let Some(inner) = io.get_ref() {
                if let Some(forbidden) = inner.downcast_ref::<Forbidden>() {
                    return ClientError::Address(*forbidden);
                }
                if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
                    return ClientError::Tls(tls.to_string());
                }
                if let Some(unresolved) = inner.downcast_ref::<Unresolved>() {
                    return ClientError::Dns(unresolved.to_string());
                }
            }
            match io.kind() {
                io::ErrorKind::ConnectionRefused
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::NetworkUnreachable
                | io::ErrorKind::AddrNotAvailable => return ClientError::Refused(io.to_string()),
                io::ErrorKind::TimedOut => return ClientError::Timeout(io.to_string()),
                io::ErrorKind::ConnectionReset
                | io::ErrorKind::ConnectionAborted
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::UnexpectedEof => return ClientError::Incomplete(io.to_string()),
                _ => {}
            }
        }
        next = current.source();
    }
    ClientError::Incomplete(deepest)
}

#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Unresolved(String);

/// Resolves names with the operating system and returns only allowed addresses.
#[derive(Debug, Clone)]
struct CheckedResolver {
    rule: AddressRule,
}

impl Service<Name> for CheckedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let rule = self.rule;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(|error| io::Error::other(Unresolved(format!("{}: {error}", name.as_str()))))?;
            let mut allowed = Vec::new();
            let mut refused = None;
            for address in found {
                match rule.check(address.ip()) {
                    Ok(()) => allowed.push(address),
                    Err(forbidden) => refused = Some(forbidden),
                }
            }
            match (allowed.is_empty(), refused) {
                (false, _) => Ok(allowed.into_iter()),
                (true, Some(forbidden)) => Err(io::Error::other(forbidden)),
                (true, None) => Err(io::Error::other(Unresolved(format!("{}: no address", name.as_str())))),
            }
        })
    }
}
