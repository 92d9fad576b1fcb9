//! Claims in SQLite.

use super::StoreError;
use super::claim::{CLAIM_MS, CLAIMS, Claim, Claimed};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

/// Claims a key in a separate transaction.
pub(super) fn claim(connection: &mut Connection, claim: &Claim) -> Result<Claimed, StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let claimed = claim_in(&transaction, claim)?;
    transaction.commit()?;
    Ok(claimed)
}

/// Claims a key as a part of a transaction.
pub(super) fn claim_in(transaction: &Transaction<'_>, claim: &Claim) -> Result<Claimed, StoreError> {
    claim_among(transaction, claim, CLAIMS)
}

fn claim_among(transaction: &Transaction<'_>, claim: &Claim, most: i64) -> Result<Claimed, StoreError> {
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
    // Claims are in the order of their times.
    let latest: Option<i64> = transaction
        .prepare_cached("SELECT time_ms FROM claim ORDER BY id DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let now = claim.time_ms.max(latest.unwrap_or(i64::MIN)).max(forgotten.unwrap_or(i64::MIN));
    transaction.prepare_cached("INSERT INTO claim (key, value, time_ms) VALUES (?1, ?2, ?3)")?.execute(params![
        claim.key,
        claim.value,
        now
    ])?;
    let last = transaction.last_insert_rowid();
    let old: Option<(i64, i64)> = transaction
        .prepare_cached(
            "SELECT id, time_ms FROM claim WHERE id <= ?1 AND time_ms < ?2 ORDER BY time_ms DESC, id DESC LIMIT 1",
        )?
        .query_row([last - most, now.saturating_sub(CLAIM_MS)], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    if let Some((id, time_ms)) = old {
        transaction.prepare_cached("DELETE FROM claim WHERE id <= ?1")?.execute([id])?;
        transaction
            .prepare_cached(
                "INSERT INTO forgotten VALUES (1, ?1) ON CONFLICT DO UPDATE SET time_ms = excluded.time_ms",
            )?
            .execute([time_ms])?;
    }
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
        /// No key is claimed twice, for any change of the clock: with few stored claims, and with many.
        #[test]
        fn clock_that_moves_accepts_no_key_twice(
            most in prop_oneof![Just(1_i64), Just(3), Just(CLAIMS)],
            steps in proptest::collection::vec((0_i64..4_000_000, 0_u8..12), 1..60),
        ) {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("store");
            drop(SqliteLog::open(&path, Settings::default()).unwrap());
            let mut connection = Connection::open(&path).unwrap();
            connection.execute_batch("PRAGMA synchronous = OFF").unwrap();
            let (mut accepted, mut signed) = (HashMap::new(), HashMap::new());
            for (now, key) in steps {
                // The time of a request is part of it: a repeated request has the same time.
                let earliest = *signed.entry(key).or_insert(now - 1);
                let claim = Claim { earliest_ms: Some(earliest), ..of(&key.to_string(), now) };
                let latest = accepted.values().copied().max();
                let transaction = connection.transaction().unwrap();
                let claimed = claim_among(&transaction, &claim, most).unwrap();
                transaction.commit().unwrap();
                match claimed {
                    Claimed::First => prop_assert!(accepted.insert(key, now).is_none(), "{} at {}", key, now),
                    Claimed::Before(_) => prop_assert!(accepted.contains_key(&key)),
                    Claimed::Forgotten => {
                        prop_assert!(most < CLAIMS && latest.is_some_and(|latest| earliest < latest), "{} at {}", key, now);
                    }
                }
            }
        }
    }
}
