//! What numbers of the API mean: amounts of money, by the annotations of the WIT package.

use claude_admin_catalog::{Currency, Field, Unit};
use serde_json::Value;

/// The unit of an amount: cents of a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cents<'t>(&'t Currency);

impl<'t> Cents<'t> {
    /// The unit of a field that holds money.
    pub(super) fn of(field: &'t Field) -> Option<Self> {
        match field.unit.as_ref()? {
            Unit::Cents(currency) => Some(Self(currency)),
            Unit::Of(_) => None,
        }
    }

    /// The unit as the head of a column of data says it.
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

#[cfg(test)]
mod tests {
    use crate::document::column_names;
    use crate::document::sample::{CATALOG, CENTS, document, sample};
    use crate::render::{SlackTables, csv, markdown, slack, text};
    use serde_json::Value;

    /// How people read the amount of the samples.
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
