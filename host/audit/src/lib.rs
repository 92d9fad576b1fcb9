//! The audit trail: what happened, in records that cannot be changed unnoticed.
//!
//! An [`Entry`] says what happened. As a record it is an event of the Open Cybersecurity Schema Framework (OCSF,
//! version 1.9.0, which is the first with the profile `record_integrity`), written as canonical JSON and chained to
//! the record before it by SHA-256. The text in the store *is* that canonical form, so any byte that changes is
//! found, and what a security team receives is the very thing that was stored.
//!
//! A chain cannot show that its end was cut off, nor that all of it was written anew from some point on. For both,
//! publish its [`Head`] from time to time where whoever can write to the store cannot write, and give it to
//! [`verify`] or [`verify_file`].

#[cfg(test)]
mod append;
mod attestation;
mod canonical;
mod cause;
mod chain;
mod effect;
mod event;
pub mod export;
mod ocsf;
pub mod private_folder;
mod query;
#[cfg(test)]
mod readable;
mod record;
mod redact;
pub mod store;
#[cfg(test)]
mod testing;
mod verify;

#[cfg(test)]
pub(crate) use append::append;
pub use canonical::CanonicalError;
pub use cause::{Cause, Code, Difference};
pub use chain::{Head, HeadError, seal};
pub use effect::Effect;
pub use event::{Audience, Entry, Event, MessageId};
pub use query::{Answer, Filter, Recorded, search, tail};
pub use record::RecordError;
pub use redact::{redact, redact_json};
pub use verify::{Problem, Report, verify, verify_file};
