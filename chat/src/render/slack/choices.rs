//! Buttons for decisions, with the equivalent commands.

use super::{Style, Writer, plain};
use crate::Choice;
use crate::document::Choices;
use crate::render::visible::{shortened, visible};
use serde_json::{Value, json};

/// Slack's limits for buttons and their confirmation.
const MAX_LABEL: usize = 30;
const MAX_CONFIRM: usize = 300;
/// The prefix of the action IDs of the buttons.
const ACTION_PREFIX: &str = "claude-admin:";

/// Writes buttons. If there is no function to seal their value, only the commands are written.
pub(super) fn write(writer: &mut Writer<'_>, choices: &Choices) {
    let Some(seal) = writer.button else {
        let lines = choices.choices.iter().map(|(choice, _)| vec![(choices.command(*choice), Style::Code)]);
        writer.rich(lines.collect());
        return;
    };
    let value = seal(choices);
    let text = writer.budget.take(&visible(&choices.text), MAX_CONFIRM, &mut writer.cut);
    let elements: Vec<Value> =
        choices.choices.iter().map(|(choice, label)| button(choices, *choice, label, &text, &value)).collect();
    writer.blocks.push(json!({"type": "actions", "elements": elements}));
}

/// Only buttons that run or approve the request have a style. Only a request with a risk other than `reversible` needs another confirmation.
fn button(choices: &Choices, choice: Choice, label: &str, text: &str, value: &str) -> Value {
    let (label, _) = shortened(&visible(label), MAX_LABEL);
    // Slack does not accept empty text.
    let label = if label.is_empty() { choice.as_str().to_owned() } else { label };
    let text = if text.is_empty() { &label } else { text };
    let mut button = json!({
        "type": "button", "action_id": action_id(choice), "value": value, "text": plain(&label),
    });
    let does_it = matches!(choice, Choice::Confirm | Choice::Approve);
    if does_it {
        button["style"] = json!(if choices.harmful { "danger" } else { "primary" });
    }
    if does_it && choices.harmful {
        button["confirm"] = json!({
            "title": plain("Continue with this request?"), "text": plain(text), "confirm": plain(&label), "deny": plain("Back"),
            "style": "danger",
        });
    }
    button
}

/// The action ID of the button for a choice.
#[must_use]
pub fn action_id(choice: Choice) -> String {
    format!("{ACTION_PREFIX}{}", choice.as_str())
}

/// The choice of a button, by its action ID.
#[must_use]
pub fn choice_of(id: &str) -> Option<Choice> {
    [Choice::Confirm, Choice::Approve, Choice::Reject, Choice::Cancel]
        .into_iter()
        .find(|choice| action_id(*choice) == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_choice_has_an_action_id_of_its_own() {
        for choice in [Choice::Confirm, Choice::Approve, Choice::Reject, Choice::Cancel] {
            assert_eq!(choice_of(&action_id(choice)), Some(choice));
        }
        assert_eq!(choice_of("approve"), None);
    }
}
