//! The allowed headers of requests and responses.

use super::Violation;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use wasmtime_wasi_http::DEFAULT_FORBIDDEN_HEADERS;

/// The version of the API for which components are written.
const VERSION: HeaderValue = HeaderValue::from_static("2023-06-01");
/// Headers that the host always writes itself. The values of a component are not sent.
const OF_THE_HOST: [&str; 4] = ["accept", "content-length", "host", "user-agent"];
/// A header that a component can omit, because the host writes it from the declaration.
const OPTIONAL: HeaderName = header::CONTENT_TYPE;
/// The headers of a response that the component receives.
const TO_COMPONENT: [&str; 10] = [
    "anthropic-organization-id",
    "anthropic-ratelimit-requests-limit",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-requests-reset",
    "content-disposition",
    "content-type",
    "date",
    "request-id",
    "retry-after",
    "x-should-retry",
];
/// Headers with a credential or the target host. Setting one is an attack, not a mistake.
const SMUGGLED: [&str; 5] = ["authorization", "cookie", "host", "proxy-authorization", "x-api-key"];

/// Whether wasi-http must prevent a component from setting a header.
pub(super) fn is_forbidden(name: &HeaderName) -> bool {
    DEFAULT_FORBIDDEN_HEADERS.contains(name) || is_smuggled(name)
}

/// Whether a header cannot be a parameter of an action.
pub(super) fn is_reserved(name: &HeaderName) -> bool {
    let written = ["anthropic-beta", "anthropic-version", "content-type"];
    is_forbidden(name) || OF_THE_HOST.contains(&name.as_str()) || written.contains(&name.as_str())
}

/// Whether a header contains a credential or the target host.
pub(super) fn is_smuggled(name: &HeaderName) -> bool {
    SMUGGLED.contains(&name.as_str())
}

/// The headers to send: those of the declaration, written by the host, and the version of the API. No header of the
/// component is sent, not even a permitted one.
///
/// # Errors
///
/// [`Violation::Header`] for a header of the component that is not in the declaration, for a missing header, and for
/// another value, number or order of values.
pub(super) fn outgoing(
    found: &HeaderMap,
    declared: &HeaderMap,
    version: Option<&HeaderValue>,
) -> Result<HeaderMap, Violation> {
    let violation = |name: &HeaderName| Err(Violation::Header(name.to_string()));
    for name in found.keys().filter(|name| !OF_THE_HOST.contains(&name.as_str())) {
        let is_declared = if name == "anthropic-version" {
            let mut versions = found.get_all(name).iter();
            let is_known = |found| found == VERSION || Some(found) == version;
            versions.next().is_some_and(is_known) && versions.next().is_none()
        } else {
            found.get_all(name) == declared.get_all(name)
        };
        if !is_declared {
            return violation(name);
        }
    }
    if let Some(name) = declared.keys().find(|name| **name != OPTIONAL && !found.contains_key(*name)) {
        return violation(name);
    }
    let mut headers = declared.clone();
    headers.insert("anthropic-version", version.cloned().unwrap_or(VERSION));
    Ok(headers)
}

/// Returns the headers of a response that a component receives, with their values cleaned. The component has no clock:
/// it compares a date in `retry-after` with `date`.
pub(super) fn incoming(headers: &HeaderMap, clean: impl Fn(Bytes) -> Bytes) -> HeaderMap {
    let passed = headers.iter().filter(|(name, _)| TO_COMPONENT.contains(&name.as_str()));
    let cleaned = |value: &HeaderValue| HeaderValue::from_maybe_shared(clean(Bytes::copy_from_slice(value.as_bytes())));
    passed.filter_map(|(name, value)| Some((name.clone(), cleaned(value).ok()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Pairs = Vec<(String, String)>;

    fn map(pairs: &[(String, String)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| (name.parse::<HeaderName>().unwrap(), value.parse().unwrap()));
        let mut map = HeaderMap::new();
        pairs.for_each(|(name, value): (_, HeaderValue)| _ = map.append(name, value));
        map
    }

    /// Names with a meaning for proxies and servers, and other names; similar values.
    fn headers(names: &'static str, most: usize) -> impl Strategy<Value = Pairs> {
        let value =
            prop_oneof![Just("a".to_owned()), Just("a,b".to_owned()), Just("2023-06-01".to_owned()), "[ab, ]{0,3}"];
        proptest::collection::vec((names, value), 0..most)
    }

    const DECLARED: &str = "anthropic-beta|content-type|x-declared";
    const ANY: &str = "anthropic-beta|content-type|x-declared|anthropic-version|accept|content-length|host|user-agent|\
        authorization|x-api-key|cookie|connection|te|expect|transfer-encoding|[a-z]{1,8}";

    proptest! {
        /// For any headers of the component, the API receives the headers of the declaration, or no request.
        #[test]
        fn only_declared_headers_are_sent(
            declared in headers(DECLARED, 4),
            found in headers(ANY, 6),
            take in proptest::collection::vec(any::<bool>(), 4),
            version in proptest::option::of("2023-06-01|2099-01-01"),
        ) {
            // Includes declared headers, so some of the generated requests pass.
            let mut found = found;
            found.extend(declared.iter().zip(take).filter(|(_, take)| *take).map(|(pair, _)| pair.clone()));
            let version: Option<HeaderValue> = version.map(|version| version.parse().unwrap());
            let (found, declared) = (map(&found), map(&declared));
            let values = |map: &HeaderMap, name: &HeaderName| map.get_all(name).iter().cloned().collect::<Vec<_>>();
            match outgoing(&found, &declared, version.as_ref()) {
                Ok(mut sent) => {
                    prop_assert_eq!(sent.remove("anthropic-version"), Some(version.unwrap_or(VERSION)));
                    prop_assert_eq!(&sent, &declared);
                    for name in found.keys().chain(declared.keys()) {
                        let host_writes = OF_THE_HOST.contains(&name.as_str()) || name == "anthropic-version";
                        let left_out = *name == OPTIONAL && !found.contains_key(name);
                        prop_assert!(host_writes || left_out || values(&found, name) == values(&declared, name), "{}", name);
                    }
                }
                Err(Violation::Header(name)) => {
                    let name: HeaderName = name.parse().unwrap();
                    prop_assert!(!OF_THE_HOST.contains(&name.as_str()));
                    prop_assert!(name == "anthropic-version" || values(&found, &name) != values(&declared, &name));
                }
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }

    #[test]
    fn response_headers_are_cleaned_before_they_pass() {
        let found = map(&[
            ("request-id".to_owned(), "req_sk-1".to_owned()),
            ("content-type".to_owned(), "text/plain".to_owned()),
            ("x-other".to_owned(), "sk-1".to_owned()),
        ]);
        let clean = |value: Bytes| if value.ends_with(b"sk-1") { Bytes::from_static(b"req_[redacted]") } else { value };
        let passed = incoming(&found, clean);
        assert_eq!(passed.len(), 2);
        assert_eq!(
            (&passed["request-id"], &passed["content-type"]),
            (&"req_[redacted]".parse().unwrap(), &"text/plain".parse().unwrap())
        );
    }

    #[test]
    fn second_value_of_any_header_is_a_violation() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let good =
            [pair("anthropic-beta", "a,b"), pair("anthropic-version", "2023-06-01"), pair("content-type", "x/y")];
        let declared = map(&[good[0].clone(), good[2].clone()]);
        assert!(outgoing(&map(&good), &declared, None).is_ok());
        for (name, value) in &good {
            for more in [value.as_str(), "smuggled", ""] {
                let found = map(&[&good[..], &[pair(name, more)]].concat());
                assert_eq!(outgoing(&found, &declared, None), Err(Violation::Header(name.clone())), "{name}: {more}");
            }
        }
        for found in [
            vec![],
            vec![pair("anthropic-beta", "b,a")],
            vec![pair("anthropic-beta", "a"), pair("anthropic-beta", "b")],
        ] {
            let violation = Err(Violation::Header("anthropic-beta".to_owned()));
            assert_eq!(outgoing(&map(&found), &declared, None), violation, "{found:?}");
        }
    }
}
