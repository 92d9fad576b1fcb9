//! Tokens of workloads, as the simulator knows them.
//!
//! The tokens look like signed JSON Web Tokens, but the signature is a constant text, so tests need no keys. All other
//! checks are those for real tokens.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

/// The constant text that replaces a signature.
const SIGNATURE: &[u8] = b"simulator";
/// The algorithms that are accepted.
const ALGORITHMS: [&str; 9] = ["RS256", "RS384", "RS512", "ES256", "ES384", "ES512", "PS256", "PS384", "PS512"];

/// Makes a token with these claims. The simulator accepts it as signed by the issuer in `iss`.
///
/// ```
/// use claude_admin_simulator::workload_token;
///
/// let token = workload_token(&serde_json::json!({
///     "iss": "https://token.actions.example.com", "sub": "repo:acme/app:main",
///     "iat": 1_795_281_600, "exp": 1_795_282_200, "jti": "once",
/// }));
/// assert_eq!(token.split('.').count(), 3);
/// ```
#[must_use]
pub fn workload_token(claims: &Value) -> String {
    let header = json!({ "alg": "RS256", "kid": "simulator", "typ": "JWT" });
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    format!("{}.{}.{}", part(header.to_string().as_bytes()), part(claims.to_string().as_bytes()), part(SIGNATURE))
}

/// The claims of a token. `None` if its format or its signature is invalid.
pub(crate) fn claims(token: &str) -> Option<Map<String, Value>> {
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let (header, claims, signature) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || signature != SIGNATURE {
        return None;
    }
    let header: Value = serde_json::from_slice(&header).ok()?;
    let is_known = header.get("alg").and_then(Value::as_str).is_some_and(|alg| ALGORITHMS.contains(&alg));
    let names_key = header.get("kid").and_then(Value::as_str).is_some_and(|kid| !kid.is_empty());
    if !is_known || !names_key {
        return None;
    }
    serde_json::from_slice(&claims).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(header: &Value, signature: &[u8]) -> String {
        let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        format!("{}.{}.{}", part(header.to_string().as_bytes()), part(b"{}"), part(signature))
    }

    #[test]
    fn a_token_gives_back_its_claims() {
        assert_eq!(claims(&workload_token(&json!({ "sub": "a" }))).unwrap()["sub"], "a");
    }

    #[test]
    fn token_with_wrong_algorithm_key_or_signature_is_invalid() {
        let good = json!({ "alg": "ES256", "kid": "k" });
        assert!(claims(&token(&good, SIGNATURE)).is_some());
        assert!(claims(&token(&good, b"forged")).is_none());
        for header in
            [json!({ "alg": "none", "kid": "k" }), json!({ "alg": "HS256", "kid": "k" }), json!({ "alg": "RS256" })]
        {
            assert!(claims(&token(&header, SIGNATURE)).is_none(), "{header}");
        }
        for text in ["", "a.b", "a.b.c", "....", &format!("{}.x", token(&good, SIGNATURE))] {
            assert!(claims(text).is_none(), "{text}");
        }
    }
}
