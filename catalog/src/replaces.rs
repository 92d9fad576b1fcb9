//! The item of a list that a write replaces (`@replaces`).

use crate::annotation::Docs;
use crate::check::{Checker, Item};
use crate::{Action, Catalog, Method, Risk, Type};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;

/// The item of a list that a write replaces: a write to the path of the list, which names no item.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaces {
    /// The noun and the verb of the list.
    pub list: (String, String),
    /// The fields that an item has in common with the arguments of the same name.
    pub fields: Vec<String>,
}

impl Replaces {
    /// Whether a write with these arguments replaces an item. An object of the arguments can have fewer fields than
    /// that of the item.
    #[must_use]
    pub fn is_replaced(&self, action: &Action, given: impl Fn(&str) -> Option<Value>, item: &Value) -> bool {
        self.fields.iter().all(|field| {
            let input = action.input(field);
            let default = || Some(Value::from(input?.default.as_deref()?));
            let wanted = given(field).or_else(default);
            let wire = field.replace('-', "_");
            wanted.is_some_and(|wanted| item.get(&wire).is_some_and(|found| contains(found, &wanted)))
        })
    }
}

fn contains(found: &Value, wanted: &Value) -> bool {
    let all = |found: &Map<String, Value>, wanted: &Map<String, Value>| {
        wanted.iter().all(|(name, wanted)| found.get(name).is_some_and(|found| contains(found, wanted)))
    };
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => all(found, wanted),
        (found, wanted) => found == wanted,
    }
}

impl Catalog {
    /// The list with the item that a write replaces.
    #[must_use]
    pub fn replaced_list<'c>(&'c self, action: &'c Action) -> Option<&'c Arc<Action>> {
        let (noun, verb) = &action.replaces.as_ref()?.list;
        self.verb(noun, verb)
    }

    /// The action that reads the target of a write: the target itself, or the list with the item that the write
    /// replaces.
    #[must_use]
    pub fn state_action<'c>(&'c self, action: &'c Action) -> Option<&'c Arc<Action>> {
        self.before_action(action).or_else(|| self.replaced_list(action))
    }

    /// The type of the value that is read before a write; for a list, the type of an item.
    #[must_use]
    pub fn state_type<'c>(&'c self, read: &'c Action) -> Option<&'c Type> {
        if read.paging.is_some() { self.types.item(read) } else { read.result.as_ref() }
    }

    /// The problem of the `@replaces` of an action, if there is one.
    pub(crate) fn wrong_replaces(&self, action: &Action) -> Option<String> {
        let Replaces { list: (noun, verb), fields } = action.replaces.as_ref()?;
        let reads = |list: &&Arc<Action>| {
            list.http.method == Method::Get && list.risk == Risk::Read && !list.sensitive && list.paging.is_some()
        };
        let Some(list) = self.verb(noun, verb).filter(reads) else {
            return Some(format!("`@replaces {noun} {verb}` is not a list of risk `read` with pages"));
        };
        let items = self.types.items(list).unwrap_or_default();
        let lacks = |field: &&String| action.input(field).is_none() || !items.iter().any(|item| item.name == **field);
        let lacking = fields.iter().find(lacks)?;
        Some(format!("`@replaces`: `{lacking}` is not both an input and a field of the items"))
    }
}

impl Checker<'_> {
    /// `NOUN VERB: FIELD …`.
    pub(crate) fn replaces(&mut self, docs: &Docs, item: &Item) -> Option<Replaces> {
        let value = docs.values("replaces").next()?;
        let read = read(value);
        if read.is_none() {
            let message = format!("`@replaces {value}` is incomplete");
            self.problem(item, message, "write `@replaces NOUN VERB: FIELD …`");
        }
        read
    }
}

fn read(value: &str) -> Option<Replaces> {
    let (list, fields) = value.split_once(':')?;
    let (noun, verb) = list.trim().split_once(' ')?;
    let fields: Vec<String> = fields.split_whitespace().map(str::to_owned).collect();
    (!fields.is_empty()).then(|| Replaces { list: (noun.to_owned(), verb.to_owned()), fields })
}

#[cfg(test)]
mod tests {
    use crate::testing::catalog;
    use serde_json::{Value, json};

    #[test]
    fn item_with_the_same_scope_and_period_is_replaced() {
        let action = catalog().action("spend-limits.set").unwrap();
        let replaces = action.replaces.as_ref().unwrap();
        let user = json!({ "type": "user", "user_id": "user_01A" });
        let given = |period: Option<&'static str>| {
            let user = user.clone();
            move |name: &str| match name {
                "scope" => Some(user.clone()),
                _ => period.map(Value::from),
            }
        };
        let item = |id: &str, period: &str| json!({ "scope": { "type": "user", "user_id": id, "email": "a@example.com" }, "period": period });
        // The default period is a month.
        assert!(replaces.is_replaced(action, given(None), &item("user_01A", "monthly")));
        assert!(!replaces.is_replaced(action, given(Some("weekly")), &item("user_01A", "monthly")));
        assert!(!replaces.is_replaced(action, given(None), &item("user_01B", "monthly")));
        assert!(!replaces.is_replaced(action, given(None), &json!({})));
    }
}
