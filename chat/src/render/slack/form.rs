//! Forms as Slack modals.

use super::{limits, plain};
use crate::command::{Field, FieldKind, Form};
use crate::render::visible::{shortened, visible};
use serde_json::{Map, Value, json};

/// Limits of this program, which are lower than those of Slack.
const MAX_LABEL: usize = 150;
const MAX_HINT: usize = 1_000;
const MAX_SUMMARY: usize = 1_000;
/// The ID of the modals, and of the element in each of their blocks.
const CALLBACK: &str = "claude-admin:form";
const ELEMENT: &str = "value";

/// Writes a form as a modal; none if the metadata, which Slack returns with the values, is too long.
#[must_use]
pub fn slack_form(form: &Form, metadata: &str) -> Option<Value> {
    if metadata.chars().count() > limits::MODAL_METADATA {
        return None;
    }
    let text = |text: &str, most: usize| plain(&shortened(&visible(text), most).0);
    let summary = json!({"type": "section", "text": text(&form.summary, MAX_SUMMARY)});
    let input = |field: &Field| {
        let label = format!("{}: {}", field.name, field.docs);
        json!({
            "type": "input", "block_id": field.name, "optional": !field.is_required,
            "label": text(label.trim_end_matches([':', ' ']), MAX_LABEL), "hint": text(&field.hint, MAX_HINT),
            "element": element(&field.kind),
        })
    };
    let blocks: Vec<Value> = std::iter::once(summary).chain(form.fields.iter().map(input)).collect();
    Some(json!({
        "type": "modal", "callback_id": CALLBACK, "private_metadata": metadata,
        "title": text(&form.command, limits::MODAL_TITLE), "submit": plain("Continue"), "close": plain("Cancel"), "blocks": blocks,
    }))
}

fn element(kind: &FieldKind) -> Value {
    let fits = |words: &[String]| {
        words.len() <= limits::OPTIONS && words.iter().all(|word| word.chars().count() <= limits::OPTION_TEXT)
    };
    let options = |words: &[String]| {
        words.iter().map(|word| json!({"text": plain(&visible(word)), "value": word})).collect::<Vec<Value>>()
    };
    let mut element = match kind {
        FieldKind::Choice(words) if fits(words) => json!({"type": "static_select", "options": options(words)}),
        FieldKind::Choices(words) if fits(words) => json!({"type": "multi_static_select", "options": options(words)}),
        FieldKind::Number { least, most } => {
            let mut element = json!({"type": "number_input", "is_decimal_allowed": false});
            for (name, bound) in [("min_value", least), ("max_value", most)] {
                if let Some(bound) = bound {
                    element[name] = json!(bound.to_string());
                }
            }
            element
        }
        FieldKind::Date => json!({"type": "datepicker"}),
        FieldKind::Lines => json!({"type": "plain_text_input", "multiline": true}),
        FieldKind::Choice(_) | FieldKind::Choices(_) | FieldKind::Text => json!({"type": "plain_text_input"}),
    };
    element["action_id"] = json!(ELEMENT);
    element
}

/// The values of a submitted modal, by field, with fields that have none; none if it is not such a modal.
#[must_use]
pub fn slack_form_values(callback: &str, state: &Map<String, Value>) -> Option<Vec<(String, String)>> {
    if callback != CALLBACK {
        return None;
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let value = |element: &Value| match element["type"].as_str() {
        Some("static_select") => text(&element["selected_option"]["value"]),
        Some("multi_static_select") => {
            let options = element["selected_options"].as_array().into_iter().flatten();
            options.map(|option| text(&option["value"])).collect::<Vec<_>>().join(",")
        }
        Some("datepicker") => text(&element["selected_date"]),
        _ => text(&element["value"]),
    };
    Some(state.iter().map(|(name, block)| (name.clone(), value(&block[ELEMENT]))).collect())
}

/// The response to a modal that shows problems below its fields.
#[must_use]
pub fn slack_form_errors(problems: &[(String, String)]) -> Value {
    let errors: Map<String, Value> =
        problems.iter().map(|(name, text)| (name.clone(), shortened(&visible(text), MAX_HINT).0.into())).collect();
    json!({"response_action": "errors", "errors": errors})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Markup;
    use claude_admin_catalog::testing::catalog;

    #[test]
    fn form_of_every_action_is_within_the_limits_of_slack() {
        let mut kinds = std::collections::BTreeSet::new();
        for action in &catalog().actions {
            let Some(form) = Form::of(catalog(), &action.command(), Markup::Slack, jiff::Timestamp::UNIX_EPOCH) else {
                continue;
            };
            let view = slack_form(&form, "metadata").unwrap();
            let length = |value: &Value| value.as_str().unwrap().chars().count();
            assert!((1..=limits::MODAL_TITLE).contains(&length(&view["title"]["text"])), "{}", action.id);
            let blocks = view["blocks"].as_array().unwrap();
            assert!(blocks.len() <= 100);
            for block in &blocks[1..] {
                assert!(
                    (1..=255).contains(&length(&block["block_id"])) && length(&block["label"]["text"]) <= 2_000,
                    "{block}"
                );
                assert!(length(&block["hint"]["text"]) <= 2_000 && length(&block["hint"]["text"]) > 0, "{block}");
                let options = block["element"]["options"].as_array().cloned().unwrap_or_default();
                assert!(options.len() <= 100 && options.iter().all(|option| length(&option["value"]) <= 75), "{block}");
                kinds.insert(block["element"]["type"].as_str().unwrap().to_owned());
            }
        }
        assert!(kinds.len() >= 4, "{kinds:?}");
        assert_eq!(
            slack_form(
                &Form::of(catalog(), "users remove", Markup::None, jiff::Timestamp::UNIX_EPOCH).unwrap(),
                &"x".repeat(3_001)
            ),
            None
        );
    }

    #[test]
    fn values_of_every_element_are_read_and_other_modals_are_not() {
        let state = json!({
            "a": {"value": {"type": "plain_text_input", "value": "x"}},
            "b": {"value": {"type": "static_select", "selected_option": {"value": "user"}}},
            "c": {"value": {"type": "multi_static_select", "selected_options": [{"value": "1"}, {"value": "2"}]}},
            "d": {"value": {"type": "datepicker", "selected_date": "2026-11-21"}},
            "e": {"value": {"type": "plain_text_input", "value": null}},
            "f": {"other": 7},
        });
        let values = slack_form_values(CALLBACK, state.as_object().unwrap()).unwrap();
        let values: Vec<(&str, &str)> = values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(values, [("a", "x"), ("b", "user"), ("c", "1,2"), ("d", "2026-11-21"), ("e", ""), ("f", "")]);
        assert_eq!(slack_form_values("other", state.as_object().unwrap()), None);
    }
}
