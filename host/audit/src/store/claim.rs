//! Claims: each key is accepted once, by one host, also after a restart.
//!
//! A chat platform can deliver a request twice, and an attacker can repeat one. The key of a request is claimed before
//! anything else is done. Claims are deleted after a time ([`CLAIM_MS`]), and only after a number of later claims
//! ([`CLAIMS`]): a clock that was wrong for a while must not delete recent claims. The store records the time up to
//! which it deleted claims, by the latest time that it has seen. A request that can be older is not accepted.

/// The minimum time for which a claim is stored, in milliseconds: twice the time for which a signature is valid.
pub const CLAIM_MS: i64 = 600_000;
/// The minimum number of claims that are stored, regardless of their age.
pub const CLAIMS: i64 = 10_000;

/// A key that is claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// The key.
    pub key: String,
    /// The value that a later claim of the same key gets.
    pub value: String,
    /// The time now, in milliseconds since 1970.
    pub time_ms: i64,
    /// The earliest time at which the request can have been received, in milliseconds since 1970; none for a request
    /// that is valid at any time.
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
