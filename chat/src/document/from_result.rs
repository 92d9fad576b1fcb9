//! From the answer of an action to a document, by the shape of its type.

use super::flat::{FlatColumn, Rows};
use super::label::words;
use super::report::{Report, is_report};
use super::{Block, Cell, Column, Document, Fact, Level, Next, Notice, Table, label, money, without_secrets};
use crate::command::Invocation;
use claude_admin_catalog::{Action, Catalog, Field, Kind, Paging, Type, Types, VariantForm};
use serde_json::Value;

/// The most columns that a table shows unless more are asked for.
const SHOWN_COLUMNS: usize = 5;

/// How much of a list is there.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Listing<'l> {
    /// The pages that were read.
    pub pages: usize,
    /// The items that were handed on while the list was read.
    pub handed_on: usize,
    /// The same report for the period before, where it was asked for.
    pub before: Option<&'l Value>,
}

/// Returns the document of an answer.
///
/// `columns` names the fields to show, in that order; empty shows the first ones.
#[must_use]
pub fn result(
    catalog: &Catalog,
    action: &Action,
    invocation: &Invocation,
    value: &Value,
    columns: &[String],
    listing: Listing<'_>,
) -> Document {
    let types = &catalog.types;
    let value = &*without_secrets(types, action, value);
    if let Some(document) = report(catalog, action, invocation, value, columns, listing) {
        return document;
    }
    let title = action.summary().to_owned();
    let mut document = Document::titled(title);
    if action.writes() {
        document = document.with(Block::Notice(Notice { level: Level::Done, text: "Done.".to_owned(), hint: None }));
    }
    match action.result.as_ref().and_then(|ty| Some((ty, types.record(ty)?))) {
        None => match union_facts(types, action, value) {
            Some(facts) => document.with(Block::Facts(facts)),
            None => document,
        },
        Some((_, fields)) => match fields.iter().find(|field| field.wire == "data") {
            Some(data) => {
                let item = types.list_item(&data.ty).unwrap_or(&data.ty);
                let table = table(catalog, action, invocation, item, value, columns, listing);
                document.with(Block::Table(table))
            }
            None => document.with(Block::Facts(record_facts(types, fields, value))),
        },
    }
}

/// The fields of a thing that is one of several kinds: its kind, and what that carries.
fn union_facts(types: &Types, action: &Action, value: &Value) -> Option<Vec<Fact>> {
    let Kind::Variant { cases, form: VariantForm::Tagged(tag) } = types.kind(action.result.as_ref()?)? else {
        return None;
    };
    let word = value.get(tag).and_then(Value::as_str)?;
    let mut facts = vec![Fact { field: tag.clone(), ..Fact::new(label(tag), word) }];
    let case = cases.iter().find(|case| case.wire == word && case.name != "other");
    match case.and_then(|case| types.record(case.payload.as_ref()?)) {
        Some(fields) => facts.extend(record_facts(types, fields, value)),
        // A kind that is newer than the component is shown as it came.
        None => {
            let others = value.as_object()?.iter().filter(|(name, _)| *name != tag);
            facts.extend(others.map(|(name, value)| Fact {
                field: name.clone(),
                label: label(name),
                cell: value_cell(types, &Type::String, value),
            }));
        }
    }
    Some(facts)
}

/// The document of a report, where the answer is one.
fn report(
    catalog: &Catalog,
    action: &Action,
    invocation: &Invocation,
    value: &Value,
    columns: &[String],
    listing: Listing<'_>,
) -> Option<Document> {
    if !is_report(catalog, action) {
        return None;
    }
    let item = item_of(catalog, action)?;
    let items = |page: &'static str, value: &'_ Value| value.get(page).and_then(Value::as_array).cloned();
    let (rows, before) = (items("data", value)?, listing.before.and_then(|before| items("data", before)));
    let next = next(catalog, action, invocation, &rows, value, columns);
    let report = Report {
        catalog,
        action,
        invocation,
        items: &rows,
        before: before.as_deref(),
        refreshed: value.get("data_refreshed_at").and_then(Value::as_str),
        more: continues(value),
    };
    report.document(item, columns, next)
}

/// What the list of an action holds; `None` where its answer is no list.
fn item_of<'c>(catalog: &'c Catalog, action: &'c Action) -> Option<&'c Type> {
    let data = catalog.types.record(action.result.as_ref()?)?.iter().find(|field| field.wire == "data")?;
    catalog.types.list_item(&data.ty)
}

/// What is wrong with the columns that are wanted: one that the answer does not have would be left out silently, and one that
/// is named twice would stand there twice.
#[must_use]
pub fn wrong_column(catalog: &Catalog, action: &Action, wanted: &[String]) -> Option<Document> {
    if wanted.is_empty() {
        return None;
    }
    if let Some(twice) =
        wanted.iter().enumerate().find_map(|(index, name)| wanted[..index].contains(name).then_some(name))
    {
        let text = format!("--columns: `{twice}` is named twice. Nothing was sent.");
        return Some(super::error(text, Some("Name each column once.")));
    }
    let known = column_names(catalog, action)?;
    let unknown = wanted.iter().find(|name| !known.contains(name))?;
    let text = format!("--columns: there is no column `{unknown}`. Nothing was sent.");
    Some(super::error(text, Some(format!("Use some of: {}.", known.join(", ")))))
}

/// The columns that the list of an action can show; `None` where its answer is no list of records.
#[must_use]
fn column_names(catalog: &Catalog, action: &Action) -> Option<Vec<String>> {
    let item = item_of(catalog, action)?;
    if is_report(catalog, action)
        && let Some(rows) = Rows::of(&catalog.types, item)
    {
        return Some(rows.columns.iter().map(FlatColumn::name).collect());
    }
    Some(catalog.types.record(item)?.iter().map(|field| field.wire.clone()).collect())
}

/// Whether a field only repeats the kind of thing that it stands in.
fn is_constant(field: &Field) -> bool {
    field.constant.is_some()
}

/// The fields of one thing.
#[must_use]
pub fn record_facts(types: &Types, fields: &[Field], value: &Value) -> Vec<Fact> {
    fields
        .iter()
        .filter(|field| !is_constant(field))
        .map(|field| Fact {
            field: field.wire.clone(),
            label: label(&field.wire),
            cell: cell(types, field, value.get(&field.wire), currency(value)),
        })
        .collect()
}

fn table(
    catalog: &Catalog,
    action: &Action,
    invocation: &Invocation,
    item: &Type,
    page: &Value,
    wanted: &[String],
    listing: Listing<'_>,
) -> Table {
    let types = &catalog.types;
    let items: &[Value] = page.get("data").and_then(Value::as_array).map_or(&[], Vec::as_slice);
    let fields = types.record(item).unwrap_or_default().iter();
    let all: Vec<&Field> = fields.filter(|field| !is_constant(field) || wanted.contains(&field.wire)).collect();
    let known: Vec<&String> = wanted.iter().filter(|name| all.iter().any(|field| field.wire == **name)).collect();
    // Wanted columns come first, in the order in which they were named.
    let mut fields: Vec<&Field> =
        known.iter().filter_map(|name| all.iter().find(|field| field.wire == ***name).copied()).collect();
    fields.extend(all.iter().filter(|field| !known.contains(&&field.wire)));
    let shown = if known.is_empty() { SHOWN_COLUMNS } else { known.len() };
    let columns: Vec<Column> = fields
        .iter()
        .enumerate()
        .map(|(index, field)| Column { field: field.wire.clone(), label: label(&field.wire), shown: index < shown })
        .collect();
    let rows: Vec<Vec<Cell>> = items
        .iter()
        .map(|item| fields.iter().map(|field| cell(types, field, item.get(&field.wire), currency(item))).collect())
        .collect();
    let next = next(catalog, action, invocation, items, page, wanted);
    let more = !matches!(next, Next::End) && continues(page);
    let caption = caption(action, listing.handed_on + rows.len(), more, listing);
    Table { caption, columns, rows, earlier: listing.handed_on, next }
}

fn caption(action: &Action, rows: usize, more: bool, listing: Listing<'_>) -> String {
    let noun = words(&action.interface);
    let pages = if listing.pages > 1 { format!(", from {} pages", listing.pages) } else { String::new() };
    let more = if more { "; more follow" } else { "" };
    match rows {
        0 => format!("No {noun} found"),
        1 => format!("1 {}{pages}{more}", singular(&noun)),
        rows => format!("{rows} {noun}{pages}{more}"),
    }
}

/// One of what an interface holds: the names of interfaces are regular plurals, if anything.
fn singular(noun: &str) -> String {
    match (noun.strip_suffix("ies"), noun.strip_suffix("ss"), noun.strip_suffix('s')) {
        (Some(stem), ..) => format!("{stem}y"),
        (None, None, Some(stem)) => stem.to_owned(),
        _ => noun.to_owned(),
    }
}

fn continues(page: &Value) -> bool {
    page.get("has_more").and_then(Value::as_bool).unwrap_or(false)
        || page.get("next_page").is_some_and(Value::is_string)
}

fn next(
    catalog: &Catalog,
    action: &Action,
    invocation: &Invocation,
    items: &[Value],
    page: &Value,
    columns: &[String],
) -> Next {
    let Some(paging) = &action.paging else { return Next::End };
    let mut rest = invocation.clone();
    rest.arguments.shift_remove(paging.input());
    rest.arguments.shift_remove("before-id");
    let columns = if columns.is_empty() { String::new() } else { format!(" --columns {}", columns.join(",")) };
    let command = format!("{}{columns} --{}", rest.canonical(action, &catalog.types), paging.input());
    match paging {
        Paging::Cursor { .. } => match page.get("next_page").and_then(Value::as_str) {
            Some(cursor) => Next::Page { command: format!("{command} {cursor}") },
            None => Next::End,
        },
        Paging::Id { .. } => {
            let last = page.get("last_id").and_then(Value::as_str);
            let cursors: Vec<String> = items.iter().filter_map(|item| cursor(item, last, items.last())).collect();
            if cursors.len() == items.len() && !items.is_empty() {
                Next::After { command, cursors, more: continues(page) }
            } else {
                match last.filter(|_| continues(page)) {
                    Some(last) => Next::Page { command: format!("{command} {last}") },
                    None => Next::End,
                }
            }
        }
    }
}

/// The cursor of an item is the field that holds `last_id` in the last item.
fn cursor(item: &Value, last: Option<&str>, last_item: Option<&Value>) -> Option<String> {
    let last_item = last_item?.as_object()?;
    let field = ["id", "user_id"].into_iter().find(|field| last_item.get(*field).and_then(Value::as_str) == last)?;
    item.get(field).and_then(Value::as_str).map(str::to_owned)
}

fn cell(types: &Types, field: &Field, value: Option<&Value>, currency: Option<&str>) -> Cell {
    let inner = types.optional(&field.ty).unwrap_or(&field.ty);
    match value {
        None | Some(Value::Null) => Cell::Missing,
        Some(Value::String(text)) if matches!(types.format(inner), Some("cents" | "whole-cents")) => {
            match text.parse() {
                Ok(cents) => Cell::Money { text: money::shown(cents, currency), cents: text.clone() },
                Err(_) => Cell::Text(text.clone()),
            }
        }
        Some(value) => value_cell(types, inner, value),
    }
}

/// A value that is there, by its type.
pub(super) fn value_cell(types: &Types, ty: &Type, value: &Value) -> Cell {
    match value {
        Value::String(text) if types.format(ty) == Some("timestamp") => Cell::Time(text.clone()),
        Value::String(text) => Cell::Text(text.clone()),
        Value::Number(number) => Cell::Number(number.to_string()),
        Value::Bool(value) => Cell::Text(if *value { "yes" } else { "no" }.to_owned()),
        Value::Null => Cell::Missing,
        value => Cell::Nested { text: readable(value), json: value.to_string() },
    }
}

/// The currency of the amounts in a thing.
fn currency(value: &Value) -> Option<&str> {
    value.get("currency").and_then(Value::as_str)
}

/// Parts in one line: `a, b` for a list, `name: value` for an object.
fn readable(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(readable).collect::<Vec<_>>().join(", "),
        Value::Object(entries) => entries
            .iter()
            .map(|(name, value)| match (name.as_str(), value) {
                // The kind of a union reads best as a bare word.
                ("type", Value::String(kind)) => kind.clone(),
                _ => format!("{}: {}", name.replace('_', " "), readable(value)),
            })
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::singular;

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
}
