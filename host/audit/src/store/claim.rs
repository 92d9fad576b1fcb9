//! Claims: each key is accepted once, by one host, also after a restart.
//!
//! A chat platform can deliver a request twice, and an attacker can repeat one. The key of a request is claimed before
//! anything else is done. Claims are deleted after some time, since every request has a time outside of which it is not
//! accepted. The store remembers up to when it deleted claims, by the latest time that it has seen: a clock that is set back
//! makes no old request new again.

use super::StoreError;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

/// How long a claim is stored at least, in milliseconds: twice the time for which a signature is valid.
pub const CLAIM_MS: i64 = 600_000;

/// A key that is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The key.
    pub key: String,
    /// What a later claim of the same key gets to know.
    pub value: String,
    /// The time now, in milliseconds since 1970.
    pub time_ms: i64,
    /// The earliest time at which the request can have been received, in milliseconds since 1970; none for a request that
    /// is valid at any time.
    pub earliest_ms: Option<i64>,
}

/// The result of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The key was not claimed before, and is now.
    First,
    /// The key was claimed before, with this value.
    Before(String),
    /// The request is so old that a claim of its key can have been deleted. It is not claimed.
    Forgotten,
}

/// Claims a key.
pub(super) fn claim(connection: &mut Connection, claim: &Claim) -> Result<Claimed, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let before = transaction
        .prepare_cached("SELECT value FROM claim WHERE key = ?1")?
        .query_row([&claim.key], |row| row.get(0))
        .optional()?;
    if let Some(before) = before {
        return Ok(Claimed::Before(before));
    }
    let forgotten: Option<i64> =
        transaction.prepare_cached("SELECT time_ms FROM forgotten")?.query_row([], |row| row.get(0)).optional()?;
    if claim.earliest_ms.zip(forgotten).is_some_and(|(earliest, forgotten)| earliest <= forgotten) {
        return Ok(Claimed::Forgotten);
    }
    let latest: Option<i64> =
        transaction.prepare_cached("SELECT max(time_ms) FROM claim")?.query_row([], |row| row.get(0))?;
    let now = claim.time_ms.max(latest.unwrap_or(i64::MIN)).max(forgotten.unwrap_or(i64::MIN));
    transaction.prepare_cached("INSERT INTO claim VALUES (?1, ?2, ?3)")?.execute(params![
        claim.key,
        claim.value,
        now
    ])?;
    let old: Option<i64> = transaction
        .prepare_cached("SELECT max(time_ms) FROM claim WHERE time_ms < ?1")?
        .query_row([now.saturating_sub(CLAIM_MS)], |row| row.get(0))?;
    if let Some(old) = old {
        transaction.prepare_cached("DELETE FROM claim WHERE time_ms <= ?1")?.execute([old])?;
        transaction
            .prepare_cached(
                "INSERT INTO forgotten VALUES (1, ?1) ON CONFLICT DO UPDATE SET time_ms = excluded.time_ms",
            )?
            .execute([old])?;
    }
    transaction.commit()?;
    Ok(Claimed::First)
}

#[cfg(test)]
mod tests {
    use super::super::{Log, Settings, SqliteLog};
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn of(key: &str, time_ms: i64) -> Claim {
        Claim { key: key.to_owned(), value: format!("at {time_ms}"), time_ms, earliest_ms: Some(time_ms - 1) }
    }

    #[test]
    fn key_is_claimed_once_by_any_connection_and_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let open = || SqliteLog::open(&path, Settings::default()).unwrap();
        let (one, other) = (open(), open());
        assert_eq!(one.claim(&of("a", 1000)).unwrap(), Claimed::First);
        assert_eq!(other.claim(&of("a", 1001)).unwrap(), Claimed::Before("at 1000".to_owned()));
        drop((one, other));
        assert_eq!(open().claim(&of("a", 1002)).unwrap(), Claimed::Before("at 1000".to_owned()));
    }

    #[test]
    fn key_is_claimed_by_one_of_many_threads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store");
        let first = std::thread::scope(|scope| {
            let hosts: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let log = SqliteLog::open(&path, Settings::default()).unwrap();
                        (0..50).filter(|key| log.claim(&of(&key.to_string(), 7)).unwrap() == Claimed::First).count()
                    })
                })
                .collect();
            hosts.into_iter().map(|host| host.join().unwrap()).sum::<usize>()
        });
        assert_eq!(first, 50);
    }

    proptest! {
        /// Whatever the clock does, a request whose claim was deleted is not accepted again, and a request that is newer than
        /// every deleted one is accepted.
        #[test]
        fn clock_that_moves_accepts_no_key_twice(steps in proptest::collection::vec((0_i64..4_000_000, 0_u8..12), 1..60)) {
            let log = SqliteLog::in_memory().unwrap();
            let (mut accepted, mut signed) = (HashMap::new(), HashMap::new());
            let mut latest = i64::MIN;
            for (now, key) in steps {
                // The time of a request is part of it: it stays the same when it is repeated.
                let earliest = *signed.entry(key).or_insert(now - 1);
                let claim = Claim { earliest_ms: Some(earliest), ..of(&key.to_string(), now) };
                match log.claim(&claim).unwrap() {
                    Claimed::First => {
                        prop_assert!(accepted.insert(key, now).is_none(), "{} at {}", key, now);
                        latest = latest.max(now);
                    }
                    Claimed::Before(_) => prop_assert!(accepted.contains_key(&key)),
                    Claimed::Forgotten => prop_assert!(earliest < latest),
                }
            }
        }
    }
}
