//! Whether the Compliance API is on.

use crate::Object;
use crate::rules::{Rules, View};
use serde_json::{Value, json};

/// The beta feature that adds a field.
const BETA: &str = "efs-2026-10-01";
const ACCESS_TRANSPARENCY: &str = "access_transparency";

/// The setting. Default: on.
pub(crate) struct ComplianceSettings;

impl ComplianceSettings {
    pub(crate) const PATH: &'static str = path_of!("compliance-settings.get");
}

impl Rules for ComplianceSettings {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn opens_fields(&self) -> Option<&'static str> {
        Some(BETA)
    }

    fn hides(&self, field: &str, view: View<'_>) -> bool {
        field == ACCESS_TRANSPARENCY && !view.caller.has_beta(BETA)
    }

    /// A bare enum value is handled as the state. Replies always contain an object.
    fn derived(&self, field: &str, item: &Object, _view: View<'_>) -> Option<Value> {
        match field {
            "state" => Some(json!({ "type": word(item) })),
            // The feature is available here, and it is not turned on.
            ACCESS_TRANSPARENCY => Some(json!({ "type": "disabled" })),
            _ => None,
        }
    }
}

/// The enum value of the state.
pub(super) fn word(settings: &Object) -> &str {
    let state = settings.get("state");
    let named = state.and_then(Value::as_str).or_else(|| state?.get("type")?.as_str());
    named.unwrap_or("enabled")
}
