//! Limits the length of texts from outside.

use crate::paging::memory_of;
use serde_json::{Value, json};

/// The maximum length of the text of an error that is shown and recorded, in bytes.
const LONGEST: usize = 2_000;
/// The maximum memory for the state of a target that a plan shows and records. Targets need a few kilobytes.
const LARGEST: usize = 1 << 20;
/// The number of items that remain of a longer list.
const ITEMS: usize = 100;

/// Shortens a text and adds a note with the number of removed bytes.
pub fn cap_text(text: &mut String) {
    cap_text_to(text, LONGEST);
}

/// Shortens a text to a number of bytes and adds a note.
pub fn cap_text_to(text: &mut String, longest: usize) {
    if text.len() <= longest {
        return;
    }
    let mut end = longest;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let note = format!("… ({} bytes more)", text.len() - end);
    text.truncate(end);
    text.push_str(&note);
    text.shrink_to_fit();
}

/// Shortens every text in a value.
pub fn cap_texts(value: &mut Value) {
    match value {
        Value::String(text) => cap_text(text),
        Value::Array(items) => items.iter_mut().for_each(cap_texts),
        Value::Object(members) => members.values_mut().for_each(cap_texts),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Shortens texts, lists and objects of a value that is too large to be recorded.
pub fn cap_large(value: &mut Value) {
    if memory_of(value) > LARGEST {
        cap_texts(value);
        cap_lists(value);
    }
    if memory_of(value) > LARGEST {
        *value = json!(format!("… (larger than {LARGEST} bytes)"));
    }
}

fn cap_lists(value: &mut Value) {
    let note = |left_out: usize| Value::from(format!("… ({left_out} more)"));
    match value {
        Value::Array(items) => {
            let left_out = items.len().saturating_sub(ITEMS);
            items.truncate(ITEMS);
            items.iter_mut().for_each(cap_lists);
            items.extend((left_out > 0).then(|| note(left_out)));
        }
        Value::Object(members) => {
            let left_out = members.len().saturating_sub(ITEMS);
            *members = std::mem::take(members).into_iter().take(ITEMS).collect();
            members.values_mut().for_each(cap_lists);
            if left_out > 0 {
                members.insert("…".to_owned(), note(left_out));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn long_texts_are_shortened_at_every_depth() {
        let long = "ä".repeat(4_000_000);
        let mut value = json!({"api": {"status": 400, "message": long, "list": [long, "short"]}});
        cap_texts(&mut value);
        let text = value.to_string();
        assert!(text.len() < 3 * LONGEST, "{} bytes", text.len());
        assert!(text.contains("(7998000 bytes more)") && text.contains("\"short\"") && text.contains("400"), "{text}");
    }

    #[test]
    fn large_value_is_shortened_and_a_usual_one_stays() {
        let usual = json!({"name": "x".repeat(10_000), "list": vec![1; 1_000]});
        let mut value = usual.clone();
        cap_large(&mut value);
        assert_eq!(value, usual);
        let mut wide = json!({"list": vec!["x"; 100_000], "deep": {"text": "y".repeat(1_000_000)}});
        cap_large(&mut wide);
        assert!(memory_of(&wide) < 20_000 && wide.to_string().contains("99900 more"), "{wide}");
        let mut bushy = json!(vec![vec![vec!["x"; 200]; 200]; 200]);
        cap_large(&mut bushy);
        assert!(memory_of(&bushy) < LARGEST);
    }

    #[test]
    fn text_of_the_longest_size_stays() {
        let mut text = "x".repeat(LONGEST);
        cap_text(&mut text);
        assert_eq!(text, "x".repeat(LONGEST));
        text.push('y');
        cap_text(&mut text);
        assert!(text.ends_with("x… (1 bytes more)"), "{text}");
    }
}
