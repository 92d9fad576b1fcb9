//! Buttons that run a command: the next page of a list, and the whole list as a file.

use super::{Writer, limits, plain};
use crate::document::Table;
use serde_json::{Value, json};

/// The prefix of the action IDs.
const PREFIX: &str = "claude-admin:run:";

/// Writes the buttons below a table of which `shown` rows are shown.
pub(super) fn write(writer: &mut Writer<'_>, table: &Table, shown: usize) {
    let Some(app) = writer.app else { return };
    let next = table.command_after(shown);
    let is_part = next.is_some() || shown < table.rows.len();
    let whole = app.whole_list.filter(|_| app.files && is_part).map(|command| format!("{command} --output csv"));
    let button = |(name, label, command): (&str, &str, Option<String>)| {
        let value = (app.run)(&command?);
        let button = json!({
            "type": "button", "action_id": format!("{PREFIX}{name}"), "value": value, "text": plain(label),
        });
        (value.chars().count() <= limits::BUTTON_VALUE).then_some(button)
    };
    let offers = [("next", "Next Page", next), ("csv", "Get CSV", whole)];
    let elements: Vec<Value> = offers.into_iter().filter_map(button).collect();
    if !elements.is_empty() && writer.has_space(1) {
        writer.blocks.push(json!({"type": "actions", "elements": elements}));
    }
}

/// Whether an action ID is that of a button that runs a command.
#[must_use]
pub fn runs_command(action_id: &str) -> bool {
    action_id.starts_with(PREFIX)
}
