//! The audit log: events in entries that cannot be changed unnoticed.
//!
//! An [`Entry`] describes an event. Its stored form, the record, is an event of the Open Cybersecurity Schema Framework
//! (OCSF, version 1.9.0, which is the first with the profile `record_integrity`). It is written as canonical JSON and
//! chained to the previous record by SHA-256. The text in the store *is* this canonical form. So every changed byte is
//! found, and a security team receives exactly the stored text.
//!
//! A chain cannot show that its end was truncated, or that it was rewritten completely from some point on. For both,
//! publish its [`Head`] regularly where users with write access to the store cannot write, and pass it to [`verify`] or
//! [`verify_file`].

#[cfg(test)]
mod append;
mod attestation;
mod canonical;
mod cause;
mod chain;
mod effect;
mod event;
pub mod export;
mod head;
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
pub use chain::seal;
pub use effect::Effect;
pub use event::{Audience, Entry, Event, MessageId};
pub use head::{Head, HeadError};
pub use query::{Answer, Filter, Recorded, search, tail};
pub use record::RecordError;
pub use redact::{redact, redact_json};
#[cfg(feature = "sqlite")]
pub use verify::verify_file;
pub use verify::{Problem, Report, verify};
