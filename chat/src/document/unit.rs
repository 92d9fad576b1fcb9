//! The meaning of numbers of the API: amounts of money, by the annotations of the WIT package.

use super::money;
use claude_admin_catalog::{Currency, Field, Type, Types, Unit};
use serde_json::Value;

/// The unit of an amount: cents of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cents<'t>(&'t Currency);

impl<'t> Cents<'t> {
    /// The unit of a field with an amount of money.
    pub(super) fn of(field: &'t Field) -> Option<Self> {
        match field.unit.as_ref()? {
            Unit::Cents(currency) => Some(Self(currency)),
            Unit::Of(_) => None,
        }
    }

    /// The unit for the heading of a data column.
    pub(super) fn name(self) -> String {
        match self.0 {
            Currency::Code(code) => format!("cents_{}", code.to_lowercase()),
            Currency::Field(_) => "cents".to_owned(),
        }
    }

    /// The currency of an amount that is a field of a value.
    pub(super) fn currency<'v>(self, beside: &'v Value) -> Option<&'v str>
    where
        't: 'v,
    {
        match self.0 {
            Currency::Code(code) => Some(code),
            Currency::Field(name) => beside.get(name.replace('-', "_"))?.as_str(),
        }
    }
}

/// An amount for people, at a path of a value, such as `limits[0].amount`; `None` if there is no amount of money.
#[must_use]
pub fn money_at(types: &Types, ty: &Type, value: &Value, path: &str, amount: &str) -> Option<String> {
    let ty = types.optional(ty).unwrap_or(ty);
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let (name, index) = match name.split_once('[') {
        Some((name, index)) => (name, Some(index.trim_end_matches(']').parse::<usize>().ok()?)),
        None => (name, None),
    };
    let field = types.fields_of(ty, value)?.iter().find(|field| field.wire == name)?;
    let Some(rest) = rest else {
        let currency = Cents::of(field)?.currency(value);
        return Some(money::cell(&Value::from(amount), currency).text().to_owned());
    };
    let (mut ty, mut inner) = (&field.ty, value.get(name)?);
    if let Some(index) = index {
        (ty, inner) = (types.list_item(types.optional(ty).unwrap_or(ty))?, inner.get(index)?);
    }
    money_at(types, ty, inner, rest, amount)
}

#[cfg(test)]
mod tests {
    use super::money_at;
    use crate::document::column_names;
    use crate::document::sample::{CATALOG, CENTS, document, sample};
    use crate::render::{SlackTables, csv, markdown, slack, text};
    use serde_json::Value;

    /// The amount of the samples, as it is shown to people.
    const DOLLARS: &str = "$1,234.57";

    #[test]
    fn every_amount_of_every_answer_is_shown_as_currency() {
        let mut found = 0;
        for action in &CATALOG.actions {
            let mut amounts = 0;
            let Some(result) = &action.result else { continue };
            let value = sample(&CATALOG.types, result, &mut amounts);
            if amounts == 0 {
                continue;
            }
            found += 1;
            let columns = column_names(&CATALOG, action).unwrap_or_default();
            let shown = document(action, &value, &columns);
            let message = slack(&shown, SlackTables::DataTable, false, None).to_string();
            for text in [text(&shown), markdown(&shown).replace('\\', ""), message] {
                assert!(!text.contains("123456"), "{}: {text}", action.id);
                assert!(text.matches(DOLLARS).count() >= amounts, "{}: {amounts} in {text}", action.id);
            }
            let data = csv(&shown);
            assert!(data.contains(CENTS) && !data.contains('$'), "{}: {data}", action.id);
            let foreign: Value = serde_json::from_str(&value.to_string().replace("USD", "EUR")).unwrap();
            let text = text(&document(action, &foreign, &columns));
            assert!(text.contains("1,234.57 EUR") && !text.contains('$'), "{}: {text}", action.id);
        }
        assert!(found >= 12, "{found} actions with amounts");
    }

    /// The paths of the amounts in a sample, each with its fields.
    fn amounts(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                    amounts(value, &path, found);
                }
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| amounts(item, &format!("{path}[{index}]"), found))
            }
            Value::String(text) if text == CENTS => found.push(path.to_owned()),
            _ => {}
        }
    }

    #[test]
    fn every_amount_in_a_difference_is_shown_as_currency() {
        let mut seen = 0;
        for action in &CATALOG.actions {
            let Some(result) = &action.result else { continue };
            let value = sample(&CATALOG.types, result, &mut 0);
            let mut paths = Vec::new();
            amounts(&value, "", &mut paths);
            for path in paths {
                let shown = money_at(&CATALOG.types, result, &value, &path, CENTS);
                assert_eq!(shown.as_deref(), Some(DOLLARS), "{} {path}", action.id);
                let none = money_at(&CATALOG.types, result, &value, &path, "none");
                assert_eq!(none.as_deref(), Some("none"), "{} {path}", action.id);
                seen += 1;
            }
        }
        assert!(seen >= 12, "{seen} amounts");
        let member = CATALOG.action("users.get").unwrap();
        let value = sample(&CATALOG.types, member.result.as_ref().unwrap(), &mut 0);
        assert_eq!(money_at(&CATALOG.types, member.result.as_ref().unwrap(), &value, "name", "5"), None);
    }

    #[test]
    fn csv_states_the_unit_of_a_column_in_its_name() {
        for id in ["cost.report", "spend-limits.list", "spend-limits.get"] {
            let action = CATALOG.action(id).unwrap();
            let value = sample(&CATALOG.types, action.result.as_ref().unwrap(), &mut 0);
            let data = csv(&document(action, &value, &[]));
            assert!(data.lines().next().unwrap().split(',').any(|name| name == "amount_cents"), "{id}: {data}");
        }
    }
}
