//! The differences between two JSON values.

use claude_admin_audit::{Code, Difference};
use serde_json::Value;

/// The maximum number of differences that are listed.
const MOST: usize = 20;
const MAX_CHARS: usize = 80;

/// Lists the places at which two values differ, each with both values.
pub(super) fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", old, new, &mut found);
    if found.len() > MOST {
        let more = found.len() - MOST;
        found.truncate(MOST);
        found.push(Difference::Other(Code::new("more-differences").number("count", more as u64).into()));
    }
    found
}

fn compare(path: &str, old: &Value, new: &Value, found: &mut Vec<Difference>) {
    match (old, new) {
        (Value::Object(a), Value::Object(b)) => {
            let added = b.keys().filter(|key| !a.contains_key(*key));
            for key in a.keys().chain(added) {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                compare(&path, a.get(key).unwrap_or(&Value::Null), b.get(key).unwrap_or(&Value::Null), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{path}[{index}]"), a, b, found);
            }
        }
        (old, new) if old == new => {}
        (old, new) => {
            // Users know the fields of the target by these names.
            let path = path.strip_prefix("before.value.").unwrap_or(path);
            found.push(Difference::Field { field: path.to_owned(), before: shown(old), after: shown(new) });
        }
    }
}

fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.chars().count() <= MAX_CHARS { text } else { text.chars().take(MAX_CHARS).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn difference_names_the_field_with_old_and_new_value() {
        let old = json!({"before": {"value": {"role": "user", "tags": ["a"], "name": "x"}}, "risk": "reversible"});
        let new = json!({"before": {"value": {"role": "billing", "tags": ["b"], "note": 1}}, "risk": "reversible"});
        assert_eq!(
            differences(&old, &new).iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["role: user → billing", "tags[0]: a → b", "name: x → none", "note: none → 1"]
        );
        assert!(differences(&old, &old).is_empty());
    }
}
