//! Profiles of streams: models and terms, items per request, and times of use.

use super::prices::{HAIKU, Item, Model, OLD_OPUS, OPUS, SONNET, Terms};
use super::rhythm::Rhythm;

/// The number of items for 1,000 requests.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mixture(pub(super) [i64; Item::COUNT]);

pub(super) const MESSAGES: Mixture = Mixture([2_500_000, 400_000, 200_000, 1_500_000, 600_000, 40, 0, 0]);
pub(super) const BATCH: Mixture = Mixture([4_000_000, 0, 0, 0, 1_200_000, 0, 0, 0]);
pub(super) const LONG: Mixture = Mixture([240_000_000, 8_000_000, 0, 30_000_000, 2_000_000, 0, 0, 0]);
pub(super) const CODING: Mixture = Mixture([300_000, 3_500_000, 500_000, 60_000_000, 900_000, 15, 0, 0]);
pub(super) const TALKING: Mixture = Mixture([1_200_000, 800_000, 0, 6_000_000, 450_000, 60, 0, 0]);
pub(super) const AGENTS: Mixture = Mixture([1_800_000, 2_000_000, 900_000, 22_000_000, 1_100_000, 120, 20, 30]);

/// Claude Code in pipelines, which does no searches.
pub(super) const PIPELINE: Mixture = Mixture([300_000, 3_500_000, 500_000, 60_000_000, 900_000, 0, 0, 0]);

/// Terms, times of use, items per request, and the number of requests on a working day at the end of 2026.
pub(super) type Profile = (Terms, Rhythm, Mixture, i64);

/// The usage of keys. Each key has two of these profiles.
pub(super) const PROFILES: [Profile; 8] = [
    (terms(SONNET), Rhythm::Service, MESSAGES, 900),
    (terms(HAIKU), Rhythm::Service, MESSAGES, 2400),
    (Terms { tier: "batch", ..terms(SONNET) }, Rhythm::Evening, BATCH, 1500),
    (Terms { speed: "fast", ..terms(OPUS) }, Rhythm::Office, MESSAGES, 60),
    (Terms { window: "200k-1M", ..terms(SONNET) }, Rhythm::Office, LONG, 25),
    (Terms { tier: "priority", ..terms(SONNET) }, Rhythm::Service, MESSAGES, 500),
    (Terms { geo: "not_available", ..terms(OLD_OPUS) }, Rhythm::Office, MESSAGES, 40),
    (Terms { geo: "us", ..terms(SONNET) }, Rhythm::Service, MESSAGES, 700),
];

/// The usual terms of a model.
pub(super) const fn terms(model: &'static Model) -> Terms {
    Terms { model, tier: "standard", window: "0-200k", geo: "global", speed: "standard" }
}
