//! The real target of requests.

use super::AddressRule;
use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use std::net::IpAddr;
use std::str::FromStr;

/// The host name that the component uses. The host maps it to the upstream.
pub const API_AUTHORITY: &str = "api.anthropic.com";

/// The real target of requests: the API, or a server that replaces it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    scheme: Scheme,
    authority: Authority,
    prefix: String,
    rule: AddressRule,
}

/// The reason why a base URL cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{url}` cannot be the base URL: {problem}")]
pub struct UpstreamError {
    url: String,
    problem: &'static str,
}

impl Default for Upstream {
    fn default() -> Self {
        Self {
            scheme: Scheme::HTTPS,
            authority: Authority::from_static(API_AUTHORITY),
            prefix: String::new(),
            rule: AddressRule::Public,
        }
    }
}

impl FromStr for Upstream {
    type Err = UpstreamError;

    /// Reads a base URL: `https://host[:port][/prefix]`, or `http://` for this machine.
    fn from_str(url: &str) -> Result<Self, UpstreamError> {
        // A URL with a user name can contain a password, so the error does not repeat it.
        let shown = if url.contains('@') { "the URL" } else { url };
        let failed = |problem| UpstreamError { url: shown.to_owned(), problem };
        let uri: Uri = url.parse().map_err(|_| failed("it is not a URL; write https://HOST"))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(failed("it is not a complete URL; write https://HOST"));
        };
        if authority.as_str().contains('@') {
            return Err(failed("it contains a user name; remove the user name"));
        }
        let path = parts.path_and_query.unwrap_or_else(|| PathAndQuery::from_static("/"));
        if path.query().is_some() {
            return Err(failed("it contains a query; remove the query"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']');
        let literal = host.parse::<IpAddr>().ok();
        let loopback = host == "localhost" || literal.is_some_and(|address| address.is_loopback());
        if literal.is_some() && !loopback {
            return Err(failed("it contains an IP address; write a host name"));
        }
        if scheme == Scheme::HTTP && !loopback {
            return Err(failed("plain http is only for this machine (127.0.0.1, [::1], localhost); write https"));
        }
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(failed("it is neither https nor http"));
        }
        Ok(Self {
            scheme,
            authority,
            prefix: path.path().trim_end_matches('/').to_owned(),
            rule: if loopback { AddressRule::LoopbackOnly } else { AddressRule::Public },
        })
    }
}

impl Upstream {
    /// Whether connections use TLS.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// The rule for the addresses that the host name resolves to.
    #[must_use]
    pub fn address_rule(&self) -> AddressRule {
        self.rule
    }

    /// Host and port, for messages.
    #[must_use]
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// The URL of a path and query.
    ///
    /// # Errors
    ///
    /// An error if the path and query are invalid.
    pub fn uri(&self, path_and_query: &str) -> Result<Uri, http::Error> {
        Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(format!("{}{path_and_query}", self.prefix))
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_anywhere_and_http_on_this_machine() {
        for url in [
            "https://api.anthropic.com",
            "https://gateway.example:8443/anthropic/",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
            "http://localhost:9",
        ] {
            url.parse::<Upstream>().unwrap_or_else(|error| panic!("{error}"));
        }
        let upstream: Upstream = "https://gateway.example:8443/anthropic/".parse().unwrap();
        assert_eq!(upstream.uri("/v1/x?y=1").unwrap(), "https://gateway.example:8443/anthropic/v1/x?y=1");
    }

    #[test]
    fn anything_else_is_refused_with_the_reason() {
        for (url, reason) in [
            ("http://example.com", "write https"),
            ("http://127.0.0.1.example.com", "write https"),
            ("https://10.0.0.1", "host name"),
            ("https://169.254.169.254", "host name"),
            ("https://u:p@example.com", "user name"),
            ("https://example.com/?x=1", "query"),
            ("ftp://localhost", "neither"),
            ("api.anthropic.com", "complete URL"),
            ("", "not a URL"),
        ] {
            let error = url.parse::<Upstream>().unwrap_err().to_string();
            assert!(error.contains(reason), "{url}: {error}");
        }
    }
}
