//! Buttons for decisions, with the equivalent commands, and check boxes for optional steps.

use super::{Style, Writer, limits, plain};
use crate::Choice;
use crate::document::{Choices, OptionalStep};
use crate::render::visible::{shortened, visible};
use serde_json::{Value, json};
use std::ops::Range;

/// More optional steps than fit into so many elements are selected only with the command.
const MAX_GROUPS: usize = 5;
/// The prefix of the action IDs of the buttons.
const ACTION_PREFIX: &str = "claude-admin:";
/// The action ID of the check boxes.
const SELECT: &str = "claude-admin:select";

/// Writes buttons. If there is no function to seal their value, only the commands are written.
pub(super) fn write(writer: &mut Writer<'_>, choices: &Choices) {
    if !writer.has_space(1) {
        writer.cut = true;
        return;
    }
    let Some(app) = writer.app else {
        let lines = choices.choices.iter().map(|(choice, _)| vec![(choices.command(*choice), Style::Code)]);
        writer.rich(lines.collect());
        return;
    };
    let value = (app.button)(choices);
    write_boxes(writer, &choices.options, &value);
    if choices.choices.is_empty() {
        return;
    }
    let text = writer.budget.take(&visible(&choices.text), limits::CONFIRM_TEXT, &mut writer.cut);
    let elements: Vec<Value> =
        choices.choices.iter().map(|(choice, label)| button(choices, *choice, label, &text, &value)).collect();
    writer.blocks.push(json!({"type": "actions", "elements": elements}));
}

/// Only buttons that run or approve the request have a style. Only a request with a risk other than `reversible` needs another confirmation.
fn button(choices: &Choices, choice: Choice, label: &str, text: &str, value: &str) -> Value {
    let (label, _) = shortened(&visible(label), limits::BUTTON_LABEL);
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

/// Writes check boxes for the optional steps, all or none: the command selects them, too.
fn write_boxes(writer: &mut Writer<'_>, options: &[OptionalStep], value: &str) {
    // The buttons need one block.
    let groups = options.len().div_ceil(limits::CHECK_BOXES);
    if groups > MAX_GROUPS || !writer.has_space(groups + 1) {
        return;
    }
    // A selected option is in the message twice.
    let chars: usize =
        options.iter().map(|option| text(option).chars().count() * (1 + usize::from(option.selected))).sum();
    if !writer.budget.try_take(chars) {
        return;
    }
    for (group, options) in options.chunks(limits::CHECK_BOXES).enumerate() {
        // Each version of a card has other IDs of blocks, as Slack requires.
        let id = format!("{group}:{value}");
        writer.blocks.push(json!({"type": "actions", "block_id": id, "elements": [boxes(options)]}));
    }
}

fn text(option: &OptionalStep) -> String {
    shortened(&visible(&format!("{}: {}", option.number, option.change)), limits::OPTION_TEXT).0
}

fn boxes(options: &[OptionalStep]) -> Value {
    let shown = |option: &OptionalStep| json!({"text": plain(&text(option)), "value": option.number.to_string()});
    let all: Vec<Value> = options.iter().map(shown).collect();
    let selected: Vec<Value> = options.iter().filter(|option| option.selected).map(shown).collect();
    let mut element = json!({"type": "checkboxes", "action_id": SELECT, "options": all});
    // Slack does not accept an empty list of selected options.
    if !selected.is_empty() {
        element["initial_options"] = Value::Array(selected);
    }
    element
}

/// The check boxes that a user changed: their places among the optional steps, and the sealed value of the card. `None`
/// for another element.
#[must_use]
pub fn boxes_of<'b>(action_id: &str, block_id: &'b str) -> Option<(Range<usize>, &'b str)> {
    let (group, value) = block_id.split_once(':').filter(|_| action_id == SELECT)?;
    let group: usize = group.parse().ok().filter(|group| *group < MAX_GROUPS)?;
    Some((group * limits::CHECK_BOXES..(group + 1) * limits::CHECK_BOXES, value))
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
    fn check_boxes_name_their_places_and_other_elements_do_not() {
        assert_eq!(boxes_of(SELECT, "0:value.1.mac"), Some((0..10, "value.1.mac")));
        assert_eq!(boxes_of(SELECT, "4:v"), Some((40..50, "v")));
        for (action, block) in
            [(SELECT, "5:v"), (SELECT, "v"), (SELECT, "-1:v"), (SELECT, ""), ("claude-admin:approve", "0:v")]
        {
            assert_eq!(boxes_of(action, block), None, "{action} {block}");
        }
    }

    #[test]
    fn every_choice_has_an_action_id_of_its_own() {
        for choice in [Choice::Confirm, Choice::Approve, Choice::Reject, Choice::Cancel] {
            assert_eq!(choice_of(&action_id(choice)), Some(choice));
        }
        assert_eq!(choice_of("approve"), None);
    }
}
