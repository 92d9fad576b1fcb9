//! Changes to a reply.

use crate::fault::PatchEffect;
use serde_json::Value;

impl PatchEffect {
    /// Changes a value.
    ///
    /// # Errors
    ///
    /// The pointer if it matches no place. A fault without an effect would make a test pass for the wrong reason.
    pub(crate) fn apply(&self, value: &mut Value) -> Result<(), String> {
        for (pointer, new) in &self.set {
            set(value, pointer, new.clone()).ok_or(pointer)?;
        }
        for pointer in &self.remove {
            remove(value, pointer).ok_or(pointer)?;
        }
        Ok(())
    }
}

fn set(value: &mut Value, pointer: &str, new: Value) -> Option<()> {
    if let Some(place) = value.pointer_mut(pointer) {
        *place = new;
        return Some(());
    }
    let (parent, key) = split(pointer)?;
    value.pointer_mut(parent)?.as_object_mut()?.insert(key, new);
    Some(())
}

fn remove(value: &mut Value, pointer: &str) -> Option<()> {
    let (parent, key) = split(pointer)?;
    match value.pointer_mut(parent)? {
        Value::Object(fields) => fields.shift_remove(&key).map(|_| ()),
        Value::Array(items) => {
            let index = key.parse::<usize>().ok().filter(|index| *index < items.len())?;
            items.remove(index);
            Some(())
        }
        _ => None,
    }
}

/// The pointer to the parent object of a place, and the key of the place in it.
fn split(pointer: &str) -> Option<(&str, String)> {
    let (parent, key) = pointer.rsplit_once('/')?;
    Some((parent, key.replace("~1", "/").replace("~0", "~")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn patch(set: Value, remove: &[&str]) -> PatchEffect {
        let set = set.as_object().cloned().unwrap_or_default();
        PatchEffect { set, remove: remove.iter().map(|pointer| (*pointer).to_owned()).collect() }
    }

    #[test]
    fn values_are_replaced_added_and_taken_out() {
        let mut value = json!({ "data": [{ "role": "user", "email": "a@example.com" }, {}], "a/b": 1 });
        patch(json!({ "/data/0/role": "galactic_emperor", "/data/1/new": 1 }), &["/data/0/email", "/a~1b"])
            .apply(&mut value)
            .unwrap();
        assert_eq!(value, json!({ "data": [{ "role": "galactic_emperor" }, { "new": 1 }] }));
        patch(json!({ "": [] }), &[]).apply(&mut value).unwrap();
        assert_eq!(value, json!([]));
    }

    #[test]
    fn a_pointer_that_leads_nowhere_is_an_error() {
        let mut value = json!({ "data": [] });
        assert_eq!(patch(json!({ "/data/0/role": 1 }), &[]).apply(&mut value), Err("/data/0/role".to_owned()));
        assert_eq!(patch(json!({}), &["/date"]).apply(&mut value), Err("/date".to_owned()));
        assert_eq!(patch(json!({}), &["/data/0"]).apply(&mut value), Err("/data/0".to_owned()));
    }
}
