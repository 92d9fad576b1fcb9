//! The constants of OCSF that records use, by the names of its schema.
//!
//! From version 1.9.0 of the schema, as it stood before its release: the first with the profile `record_integrity`.
//!
//! | class | attributes |
//! | --- | --- |
//! | all | `activity_id`, `activity_name`, `category_uid`, `class_name`, `class_uid`, `message`, `metadata`, `severity`, `severity_id`, `status`, `status_id`, `status_code`, `status_detail`, `time`, `type_uid`, `count`, `attestation_list`, `unmapped` |
//! | API Activity (6003) | `actor`, `api`, `src_endpoint`, `http_response` |
//! | Entity Management (3004) | `actor`, `entity`, `src_endpoint` |
//! | Application Lifecycle (6002) | `actor`, `app` |
//!
//! `metadata` has `version`, `product`, `profiles`, `uid`, `sequence`, `correlation_uid`, `event_code` and `log_name`;
//! an entry of `attestation_list` has `chain_uid`, `fingerprint` and `prev_event`. Every attribute that the schema
//! requires is there. Left out are, among what it recommends: `authority_uid` and `signatures` (nothing is signed),
//! `prev_event.type_uid` (the whole chain stands in one place), and `start_time` and `end_time` of counted refusals
//! (`count`), which an entry does not have.

use serde_json::{Value, json};

/// The version of the schema.
pub(super) const VERSION: &str = "1.9.0-dev";
/// The profile that brings `attestation_list`.
pub(super) const PROFILE: &str = "record_integrity";

/// A class of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class {
    /// `class_uid`. Its thousands are the `category_uid`.
    pub(super) uid: u64,
    /// `class_name`.
    pub(super) name: &'static str,
}

/// Calls of an API, and all that leads to one.
pub(super) const API_ACTIVITY: Class = Class { uid: 6003, name: "API Activity" };
/// Start and stop of a program.
pub(super) const APPLICATION_LIFECYCLE: Class = Class { uid: 6002, name: "Application Lifecycle" };
/// Changes of something that is managed: here, of the policy.
pub(super) const ENTITY_MANAGEMENT: Class = Class { uid: 3004, name: "Entity Management" };

/// An activity within a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Activity {
    /// `activity_id`.
    pub(super) id: u64,
    /// `activity_name`: the caption of the id, or a word of ours where the id is [`OTHER`].
    pub(super) name: &'static str,
}

/// The id for what OCSF has no word for.
pub(super) const OTHER: u64 = 99;

/// API Activity: something was made.
pub(super) const CREATE: Activity = Activity { id: 1, name: "Create" };
/// API Activity: something was read.
pub(super) const READ: Activity = Activity { id: 2, name: "Read" };
/// API Activity and Entity Management: something was changed.
pub(super) const UPDATE: Activity = Activity { id: 3, name: "Update" };
/// API Activity: something was removed.
pub(super) const DELETE: Activity = Activity { id: 4, name: "Delete" };
/// Application Lifecycle: the program was started.
pub(super) const START: Activity = Activity { id: 3, name: "Start" };

/// `status_id` and `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// It cannot be known, or not yet.
    Unknown = 0,
    /// It was done.
    Success = 1,
    /// It was not done.
    Failure = 2,
}

impl Status {
    /// The caption of the id.
    pub(super) fn caption(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Success => "Success",
            Self::Failure => "Failure",
        }
    }
}

/// `severity_id` and `severity`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Severity {
    /// Nothing has to be done.
    Informational = 1,
    /// Somebody may want to look.
    Low = 2,
    /// Somebody has to look.
    Medium = 3,
    /// Somebody has to look at once.
    High = 4,
}

impl Severity {
    /// The caption of the id.
    pub(super) fn caption(self) -> &'static str {
        match self {
            Self::Informational => "Informational",
            Self::Low => "Low",
            Self::Medium => "Medium",
            Self::High => "High",
        }
    }
}

/// A `fingerprint` object: SHA-256 over the canonical form, in hexadecimal.
pub(super) fn fingerprint(value: &str) -> Value {
    json!({
        "algorithm": "SHA-256",
        "algorithm_id": 3,
        "encoding": "Hex",
        "encoding_id": 1,
        "serialization": "JCS",
        "serialization_id": 2,
        "value": value,
    })
}

/// A `product` object for this program.
pub(super) fn product() -> Value {
    json!({ "name": "claude-admin", "vendor_name": "claude-admin", "version": env!("CARGO_PKG_VERSION") })
}

/// An object of values that are there already: the macro would write a copy of each.
pub(super) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}
