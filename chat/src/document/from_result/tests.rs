//! Tests of the documents of results.

use super::*;
use crate::document::sample::{CATALOG, document, sample};

/// The columns that are shown of a generated result.
fn shown_columns(action: &Action) -> Option<Vec<String>> {
    let value = sample(&CATALOG.types, action.result.as_ref()?, &mut 0);
    let document = document(action, &value, &[]);
    let table = document.blocks.into_iter().find_map(|block| match block {
        Block::Table(table) => Some(table),
        _ => None,
    })?;
    Some(table.columns.into_iter().filter(|column| column.shown).map(|column| column.field).collect())
}

#[test]
fn order_of_a_list_and_measure_of_a_report_are_always_shown() {
    let (mut lists, mut reports) = (0, 0);
    for action in &CATALOG.actions {
        let Some(shown) = shown_columns(action) else { continue };
        let is_shown = |name: &str| shown.iter().any(|column| column.rsplit('.').next() == Some(name));
        if let Some(field) = action.ordered_by() {
            assert!(is_shown(field), "{}: {field} is not in {shown:?}", action.id);
            lists += 1;
        }
        if !is_report(&CATALOG, action) {
            continue;
        }
        let Some(rows) = item_of(&CATALOG, action).and_then(|item| Rows::of(&CATALOG.types, item)) else {
            continue;
        };
        let measures = rows.columns.iter().filter(|column| column.measure.is_some());
        assert!(measures.map(FlatColumn::name).any(|name| shown.contains(&name)), "{}: {shown:?}", action.id);
        // Columns for the order of the API, or for its default order.
        if let Some(field) = action.input("order-by").and_then(|input| input.default.as_deref()) {
            assert!(is_shown(field), "{}: {field} is not in {shown:?}", action.id);
        }
        reports += 1;
    }
    assert!(lists >= 15 && reports >= 12, "{lists} lists, {reports} reports");
}

#[test]
fn truth_is_a_word_for_people_and_a_value_for_programs() {
    for (value, word, written) in [(true, "yes", "x\ntrue\n"), (false, "no", "x\nfalse\n")] {
        let cell = value_cell(&CATALOG.types, &Type::Bool, &value.into());
        assert_eq!(cell.text(), word);
        let fact = Fact { field: "x".to_owned(), label: "X".to_owned(), unit: None, cell };
        let document = Document::default().with(Block::Facts(vec![fact]));
        assert_eq!(crate::render::csv(&document), written);
        assert!(crate::render::text(&document).contains(word));
    }
}

#[test]
fn amounts_are_shown_whatever_tells_rows_apart() {
    let action = CATALOG.action("cost.report").unwrap();
    let shown = shown_columns(action).unwrap();
    assert!(shown.len() == 6 && shown.contains(&"amount".to_owned()), "{shown:?}");
}

#[test]
fn one_of_many_is_named_in_the_singular() {
    for (many, one) in [
        ("users", "user"),
        ("activities", "activity"),
        ("api keys", "api key"),
        ("access", "access"),
        ("usage", "usage"),
    ] {
        assert_eq!(singular(many), one);
    }
}
