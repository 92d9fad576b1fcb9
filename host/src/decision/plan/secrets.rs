//! Arguments that are secrets, between a request and its run: in memory and nowhere else.

use crate::command::Arguments;
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The arguments of pending operations that have secrets among them. They end with this process: nothing of them is
/// stored.
#[derive(Default)]
pub struct SecretArguments(Mutex<HashMap<String, Kept>>);

struct Kept {
    arguments: Arguments,
    expires_ms: i64,
}

impl fmt::Debug for SecretArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretArguments")
    }
}

impl SecretArguments {
    /// Keeps the arguments of an operation until it expires, and forgets those that did.
    pub(in crate::decision) fn keep(&self, operation: &str, arguments: Arguments, expires_ms: i64, now_ms: i64) {
        let mut kept = self.lock();
        kept.retain(|_, kept| kept.expires_ms > now_ms);
        kept.insert(operation.to_owned(), Kept { arguments, expires_ms });
    }

    /// The arguments of an operation, where this process has them.
    pub(in crate::decision) fn of(&self, operation: &str) -> Option<Arguments> {
        self.lock().get(operation).map(|kept| kept.arguments.clone())
    }

    /// Forgets the arguments of an operation.
    pub(in crate::decision) fn forget(&self, operation: &str) {
        self.lock().remove(operation);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A digest of arguments under a key that ends with this process: 64 hexadecimal digits.
pub(super) fn digest(arguments: &Arguments) -> String {
    static KEY: OnceLock<[u8; 32]> = OnceLock::new();
    let key = KEY.get_or_init(|| {
        let mut key = [0; 32];
        if getrandom::fill(&mut key).is_err() {
            // Without randomness of the system no TLS connection can be made either.
            fastrand::fill(&mut key);
        }
        key
    });
    let mut json: Value = arguments.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
    json.sort_all_objects();
    // HMAC takes keys of any length.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()));
    mac.update(json.to_string().as_bytes());
    format!("{:x}", mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn arguments(value: &str) -> Arguments {
        Arguments::from([("headers".to_owned(), json!({ "authorization": value, "b": 1 }))])
    }

    #[test]
    fn digest_is_of_the_value_and_not_of_its_order() {
        let reordered = Arguments::from([("headers".to_owned(), json!({ "b": 1, "authorization": "x" }))]);
        assert_eq!(digest(&arguments("x")), digest(&reordered));
        assert_ne!(digest(&arguments("x")), digest(&arguments("y")));
    }

    #[test]
    fn arguments_are_forgotten_when_their_operation_expires() {
        let secrets = SecretArguments::default();
        secrets.keep("a", arguments("x"), 10, 0);
        assert_eq!(secrets.of("a"), Some(arguments("x")));
        secrets.keep("b", arguments("y"), 20, 10);
        assert_eq!((secrets.of("a"), secrets.of("b").is_some()), (None, true));
        secrets.forget("b");
        assert_eq!(secrets.of("b"), None);
    }
}
