//! Whether the Compliance API is on.

use crate::Object;
use crate::rules::{Rules, View};
use serde_json::{Value, json};

/// The setting: on, until somebody turns it off.
pub(crate) struct ComplianceSettings;

impl ComplianceSettings {
    pub(crate) const PATH: &'static str = "/v1/organizations/compliance_settings";
}

impl Rules for ComplianceSettings {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    /// A bare word is taken for the state; replies always have the form of an object.
    fn derived(&self, field: &str, item: &Object, _view: View<'_>) -> Option<Value> {
        (field == "state").then(|| json!({ "type": word(item) }))
    }
}

/// The word for the state.
pub(super) fn word(settings: &Object) -> &str {
    let state = settings.get("state");
    let named = state.and_then(Value::as_str).or_else(|| state?.get("type")?.as_str());
    named.unwrap_or("enabled")
}
