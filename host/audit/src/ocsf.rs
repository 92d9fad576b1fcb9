//! The constants of OCSF that entries use, with the names of its schema.
//!
//! From version 1.9.0 of the schema, in a state before its release: the first version with the profile
//! `record_integrity`.
//!
//! | class | attributes |
//! | --- | --- |
//! | all | `activity_id`, `activity_name`, `category_uid`, `class_name`, `class_uid`, `message`, `metadata`, `severity`, `severity_id`, `status`, `status_id`, `status_code`, `status_detail`, `time`, `type_uid`, `count`, `attestation_list`, `unmapped` |
//! | API Activity (6003) | `actor`, `api`, `src_endpoint`, `http_response` |
//! | Entity Management (3004) | `actor`, `entity`, `src_endpoint` |
//! | Application Lifecycle (6002) | `actor`, `app` |
//!
//! `metadata` has `version`, `product`, `profiles`, `uid`, `sequence`, `correlation_uid`, `event_code` and `log_name`;
//! an item of `attestation_list` has `chain_uid`, `fingerprint` and `prev_event`. All attributes that the schema
//! requires are present. These recommended attributes are left out: `authority_uid` and `signatures` (nothing is
//! signed), `prev_event.type_uid` (the whole chain is in one place), and `start_time` and `end_time` of counted denials
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

/// Calls of an API, and all steps that lead to a call.
pub(super) const API_ACTIVITY: Class = Class { uid: 6003, name: "API Activity" };
/// Start and stop of a program.
pub(super) const APPLICATION_LIFECYCLE: Class = Class { uid: 6002, name: "Application Lifecycle" };
/// Changes of a managed object: here, of the policy.
pub(super) const ENTITY_MANAGEMENT: Class = Class { uid: 3004, name: "Entity Management" };

/// An activity within a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Activity {
    /// `activity_id`.
    pub(super) id: u64,
    /// `activity_name`: the caption of the ID, or a word of this program if the ID is [`OTHER`].
    pub(super) name: &'static str,
}

/// The ID of an activity that OCSF does not name.
pub(super) const OTHER: u64 = 99;

/// API Activity: an object was created.
pub(super) const CREATE: Activity = Activity { id: 1, name: "Create" };
/// API Activity: an object was read.
pub(super) const READ: Activity = Activity { id: 2, name: "Read" };
/// API Activity and Entity Management: an object was changed.
pub(super) const UPDATE: Activity = Activity { id: 3, name: "Update" };
/// API Activity: an object was deleted.
pub(super) const DELETE: Activity = Activity { id: 4, name: "Delete" };
/// Application Lifecycle: the program was started.
pub(super) const START: Activity = Activity { id: 3, name: "Start" };

/// `status_id` and `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Status {
    /// The result cannot be known, or is not known yet.
    Unknown = 0,
    /// The step was done.
    Success = 1,
    /// The step was not done.
    Failure = 2,
}

impl Status {
    /// The caption of the ID.
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
    /// No action is needed.
    Informational = 1,
    /// A person might want to check it.
    Low = 2,
    /// A person must check it.
    Medium = 3,
    /// A person must check it immediately.
    High = 4,
}

impl Severity {
    /// The caption of the ID.
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

/// An object of existing values. The `json!` macro would copy each value.
pub(super) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(members.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}
