//! Removes the credentials of this gateway from the results of the component: the upstream server might return a
//! credential that it received, in an error or anywhere in the data.

use crate::convert::Called;
use serde_json::Value;

const REDACTED: &str = "[redacted]";
/// The minimum number of bytes that count as the beginning of a secret. Fewer bytes often begin another text.
const BEGINNING: usize = 8;

/// The result of a call, without any of these secrets.
pub(crate) fn scrub(mut called: Called, secrets: &[&str]) -> Called {
    match &mut called {
        Called::Returned(value) | Called::Failed(value) => clean(value, secrets),
        Called::Misfit(_) => {}
    }
    called
}

fn clean(value: &mut Value, secrets: &[&str]) {
    match value {
        Value::String(text) => clean_text(text, secrets),
        Value::Array(items) => items.iter_mut().for_each(|item| clean(item, secrets)),
        Value::Object(fields) => {
            fields.values_mut().for_each(|field| clean(field, secrets));
            // The field names of some objects are data, such as the names of labels.
            if fields.keys().any(|name| secrets.iter().any(|secret| name.contains(*secret))) {
                let cleaned = std::mem::take(fields).into_iter().map(|(mut name, field)| {
                    clean_text(&mut name, secrets);
                    (name, field)
                });
                *fields = cleaned.collect();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn clean_text(text: &mut String, secrets: &[&str]) {
    for secret in secrets {
        if text.contains(*secret) {
            *text = text.replace(*secret, REDACTED);
        }
        if let Some(without) = without_beginning(text, secret) {
            *text = without;
        }
    }
}

/// A quotation that is truncated, such as the page of a proxy, can end in the middle of a secret.
fn without_beginning(text: &str, secret: &str) -> Option<String> {
    let quoted = text.strip_suffix('…')?;
    let mut lengths = (BEGINNING..secret.len()).rev();
    let length = lengths.find(|length| secret.get(..*length).is_some_and(|begin| quoted.ends_with(begin)))?;
    Some(format!("{}{REDACTED}…", quoted.get(..quoted.len() - length)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const KEY: &str = "sk-ant-admin01-of-a-test-0000";

    fn redacted(value: Value) -> Value {
        match scrub(Called::Returned(value), &[KEY, "token-of-a-test"]) {
            Called::Returned(value) => value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn secret_is_redacted_anywhere_in_the_value() {
        let value = json!({
            "data": [{ "name": format!("{KEY}, and {KEY} again"), "tags": { "a": [null, 1, "x token-of-a-test"] } }],
            "last_id": "user_1",
        });
        let clean = json!({
            "data": [{ "name": "[redacted], and [redacted] again", "tags": { "a": [null, 1, "x [redacted]"] } }],
            "last_id": "user_1",
        });
        assert_eq!(redacted(value), clean);
    }

    #[test]
    fn a_secret_that_is_a_name_is_taken_out_and_the_order_stays() {
        let value = json!({ "b": 1, (format!("x-{KEY}")): 2, "a": 3 });
        assert_eq!(redacted(value).to_string(), r#"{"b":1,"x-[redacted]":2,"a":3}"#);
    }

    #[test]
    fn a_secret_in_an_error_is_taken_out() {
        let error = json!({ "api": { "status": 400, "message": format!("bad key {KEY}"), "details": { "key": KEY } } });
        let clean =
            json!({ "api": { "status": 400, "message": "bad key [redacted]", "details": { "key": "[redacted]" } } });
        assert_eq!(scrub(Called::Failed(error), &[KEY]), Called::Failed(clean));
    }

    #[test]
    fn truncated_secret_before_an_ellipsis_is_redacted() {
        assert_eq!(redacted(json!("<p>x-api-key: sk-ant-admin01-of…")), "<p>x-api-key: [redacted]…");
        for text in ["nothing of it…", "sk-ant…", "sk-ant-admin01-of", "…"] {
            assert_eq!(redacted(json!(text)), text);
        }
    }
}
