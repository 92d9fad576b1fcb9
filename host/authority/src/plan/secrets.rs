//! Arguments that are secrets, between a request and its run: only in memory.

use claude_admin_chat::command::Arguments;
use claude_admin_chat::identity::Principal;
use claude_admin_chat::paging::memory_of;
use hmac::{Hmac, Mac};
use serde_json::Value;
use sha2::Sha256;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The maximum number of bytes of memory for the arguments of one requester: the same as for their pending requests.
const MAX_BYTES: usize = 16 << 20;

/// The arguments of pending operations that contain secrets. They exist only in this process and are not stored.
#[derive(Default)]
pub struct SecretArguments(Mutex<HashMap<String, Kept>>);

struct Kept {
    arguments: Arguments,
    requester: Principal,
    bytes: usize,
    expires_ms: i64,
}

impl fmt::Debug for SecretArguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretArguments")
    }
}

impl SecretArguments {
    /// Stores the arguments of an operation in memory until it is decided or expires. Returns false if they exceed the
    /// limit of the requester.
    pub(crate) fn keep(&self, operation: &str, requester: &Principal, arguments: Arguments, expires_ms: i64) -> bool {
        let bytes = arguments.values().map(memory_of).fold(0, usize::saturating_add);
        let mut all = self.lock();
        let own = all.values().filter(|kept| kept.requester == *requester).map(|kept| kept.bytes);
        if own.fold(bytes, usize::saturating_add) > MAX_BYTES {
            return false;
        }
        all.insert(operation.to_owned(), Kept { arguments, requester: requester.clone(), bytes, expires_ms });
        true
    }

    /// Changes the time at which the arguments of an operation expire.
    pub(crate) fn keep_until(&self, operation: &str, expires_ms: i64) {
        if let Some(kept) = self.lock().get_mut(operation) {
            kept.expires_ms = expires_ms;
        }
    }

    /// Forgets the arguments of operations that expired.
    pub(crate) fn forget_expired(&self, now_ms: i64) {
        self.lock().retain(|_, kept| kept.expires_ms > now_ms);
    }

    /// The arguments of an operation, if this process has them.
    pub(crate) fn of(&self, operation: &str) -> Option<Arguments> {
        self.lock().get(operation).map(|kept| kept.arguments.clone())
    }

    /// Forgets the arguments of an operation.
    pub(crate) fn forget(&self, operation: &str) {
        self.lock().remove(operation);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A digest of arguments, with a key that exists only in this process: 64 hexadecimal digits.
pub(super) fn digest(arguments: &Arguments) -> String {
    static KEY: OnceLock<[u8; 32]> = OnceLock::new();
    let key = KEY.get_or_init(|| {
        let mut key = [0; 32];
        if getrandom::fill(&mut key).is_err() {
            // Without random numbers from the operating system, no TLS connection is possible either.
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
        let ada = Principal::local("ada").unwrap();
        assert!(secrets.keep("a", &ada, arguments("x"), 10));
        assert_eq!(secrets.of("a"), Some(arguments("x")));
        assert!(secrets.keep("b", &ada, arguments("y"), 20));
        secrets.forget_expired(10);
        assert_eq!((secrets.of("a"), secrets.of("b").is_some()), (None, true));
        secrets.forget("b");
        assert_eq!(secrets.of("b"), None);
    }

    #[test]
    fn arguments_of_one_requester_have_a_limit_and_others_their_own() {
        let secrets = SecretArguments::default();
        let large = arguments(&"x".repeat(1 << 20));
        let keep = |number: usize, name: &str| {
            secrets.keep(&format!("{name}{number}"), &Principal::local(name).unwrap(), large.clone(), 10)
        };
        let kept = (0..100).take_while(|number| keep(*number, "ada")).count();
        assert_eq!(kept, 15, "16 MiB, with some bytes for the names of arguments");
        assert!(keep(0, "bob"));
    }
}
