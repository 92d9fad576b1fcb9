//! Arguments whose values are in the result of an earlier step of the same plan.

use super::Step;
use claude_admin_catalog::Catalog;
use claude_admin_chat::command::{Invocation, from_json};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The results of the steps of a plan that were done, by number.
pub type Results = BTreeMap<u32, Value>;

/// An argument that is a field of the result of an earlier step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fill {
    /// The input.
    pub input: String,
    /// The number of the earlier step.
    pub step: u32,
    /// The field of its result, by its JSON name.
    pub field: String,
}

impl Fill {
    /// The argument as a plan shows it, until the earlier step is done: `{step 1: id}`.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{{step {}: {}}}", self.step, self.field)
    }

    /// The ID of a step and the name of a field in a text such as `{create.id}`.
    #[must_use]
    pub fn parse(text: &str) -> Option<(&str, &str)> {
        let inner = text.strip_prefix('{')?.strip_suffix('}')?;
        let (step, field) = inner.rsplit_once('.')?;
        let is_name =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
        (is_name(step) && is_name(field)).then_some((step, field))
    }
}

impl Step {
    /// The invocation of the step, with the values from earlier results. They are checked like typed ones.
    ///
    /// # Errors
    ///
    /// The input whose value is missing or not valid.
    pub(crate) fn filled(&self, catalog: &Catalog, results: &Results) -> Result<Invocation, String> {
        let mut arguments: Map<String, Value> =
            self.arguments.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        for fill in &self.fills {
            let value = results.get(&fill.step).and_then(|result| result.get(&fill.field));
            let text = value.and_then(Value::as_str).filter(|text| !text.is_empty());
            let text = text.ok_or_else(|| fill.input.clone())?;
            arguments.insert(fill.input.clone(), text.into());
        }
        let first = || self.fills.first().map(|fill| fill.input.clone()).unwrap_or_default();
        match from_json(catalog, &self.action, &arguments, Timestamp::now()) {
            Ok(draft) if draft.references.is_empty() => Ok(draft.invocation),
            _ => Err(first()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_text_with_a_step_and_a_field_is_a_reference() {
        assert_eq!(Fill::parse("{create-1.id}"), Some(("create-1", "id")));
        for text in ["{id}", "create.id", "{.id}", "{create.}", "{create.id} ", "{a.b{c}", "{}", "{create id.x}"] {
            assert_eq!(Fill::parse(text), None, "{text}");
        }
    }
}
