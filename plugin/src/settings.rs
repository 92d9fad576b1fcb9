//! The base URL and the headers of requests, for embedders without their own gateway.

use crate::Component;
use crate::world::exports::claude::admin::settings::{Credential, Guest};
use std::cell::RefCell;

const DEFAULT_HOST: &str = "api.anthropic.com";
const DEFAULT_VERSION: &str = "2023-06-01";

/// The settings of this instance.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) base: BaseUrl,
    pub(crate) credential: Option<(&'static str, String)>,
    pub(crate) anthropic_version: String,
}

/// The base URL of requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl {
    pub(crate) https: bool,
    pub(crate) authority: String,
    /// A prefix for the path of every request, without a slash at its end.
    pub(crate) prefix: String,
}

thread_local! {
    static SETTINGS: RefCell<Settings> = RefCell::new(Settings {
        base: BaseUrl { https: true, authority: DEFAULT_HOST.to_owned(), prefix: String::new() },
        credential: None,
        anthropic_version: DEFAULT_VERSION.to_owned(),
    });
}

/// The current settings.
pub(crate) fn current() -> Settings {
    SETTINGS.with_borrow(Clone::clone)
}

impl Guest for Component {
    fn configure(
        base_url: Option<String>,
        credential: Option<Credential>,
        anthropic_version: Option<String>,
    ) -> Result<(), String> {
        let base = base_url.as_deref().map(parse).transpose()?;
        SETTINGS.with_borrow_mut(|settings| {
            if let Some(base) = base {
                settings.base = base;
            }
            if let Some(version) = anthropic_version {
                settings.anthropic_version = version;
            }
            settings.credential = credential.map(|credential| match credential {
                Credential::AdminKey(key) => ("x-api-key", key),
                Credential::OauthToken(token) => ("authorization", format!("Bearer {token}")),
            });
        });
        Ok(())
    }
}

/// Reads a base URL. Plain http is for loopback addresses only: a credential must be encrypted on a network.
///
/// The error does not quote the URL: a user name, a query or a value that was set by mistake can be a secret.
fn parse(url: &str) -> Result<BaseUrl, String> {
    let (https, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
        (Some(rest), _) => (true, rest),
        (_, Some(rest)) => (false, rest),
        _ => return Err("the base URL does not begin with https://; write https://HOST".to_owned()),
    };
    let (authority, prefix) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
    if authority.contains(['@', '?', '#', ' ']) || prefix.contains(['?', '#', ' ']) {
        return Err(
            "the base URL has more than host and path; write https://HOST without user, query or fragment".to_owned()
        );
    }
    let Some(host) = host(authority) else {
        return Err("the base URL has no host, or an invalid port; write https://HOST or https://HOST:PORT".to_owned());
    };
    if !https && !matches!(host, "localhost" | "127.0.0.1" | "[::1]") {
        return Err("the base URL is not https; plain http is only for 127.0.0.1, [::1] and localhost".to_owned());
    }
    Ok(BaseUrl { https, authority: authority.to_owned(), prefix: prefix.trim_end_matches('/').to_owned() })
}

/// The host of an authority; `None` if it has no host or if the port is invalid.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = match authority.rsplit_once(':') {
        // The last colon of a bare IPv6 address is a part of it.
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    (!host.is_empty() && port.is_none_or(is_port)).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_urls_are_https_or_loopback() {
        let base = parse("https://proxy.example:8443/anthropic/").unwrap();
        assert_eq!(
            (base.https, base.authority.as_str(), base.prefix.as_str()),
            (true, "proxy.example:8443", "/anthropic")
        );
        assert!(!parse("http://127.0.0.1:8080").unwrap().https);
        assert!(!parse("http://[::1]:8080").unwrap().https);
        for url in ["http://[::1]", "http://localhost", "https://[2001:db8::1]", "https://h:1", "https://h:65535/a"] {
            assert!(parse(url).is_ok(), "{url}");
        }
    }

    #[test]
    fn other_urls_are_refused() {
        for url in [
            "",
            "api.anthropic.com",
            "http://example.com",
            "http://127.0.0.1.evil.example",
            "https://u@h",
            "ftp://h",
            "https://h?x",
            "https://",
            "https://:443",
            "https://h:",
            "https://h:99999",
            "https://h:65536/v1",
            "https://h:+80",
            "https://h:port",
            "https://[::1]:",
            "http://127.0.0.1:99999",
        ] {
            assert!(parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn base_url_error_shows_no_secret_of_the_url() {
        for url in [
            "https://user:misplaced@proxy.example",
            "https://proxy.example?key=misplaced",
            "https://proxy.example/v1?key=misplaced",
            "http://proxy.example/misplaced",
            "https://proxy.example:misplaced",
            "sk-ant-admin01-misplaced",
        ] {
            let problem = parse(url).unwrap_err();
            assert!(problem.contains("the base URL") && !problem.contains("misplaced"), "{problem}");
        }
    }
}
