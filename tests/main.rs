//! End-to-end tests: the real component in the real host, the real binary, real HTTP on loopback.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod cli;
mod it;
mod support;
