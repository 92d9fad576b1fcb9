//! From the result of an action to a document, by the shape of its type.

mod cells;

pub(super) use cells::{cell, value_cell};

use super::flat::{self, FlatColumn, Rows};
use super::label::words;
use super::report::{Report, is_report};
use super::unit::Cents;
use super::{Block, Cell, Column, Document, Fact, Level, Next, Notice, Table, label, without_secrets};
use crate::Verdict;
use crate::command::{Invocation, quoted};
use claude_admin_catalog::{Action, Catalog, Field, Onward, Paging, Type, Types};
use jiff::Timestamp;
use serde_json::Value;
use std::borrow::Cow;

/// The maximum number of columns that a list shows by default.
const SHOWN_COLUMNS: usize = 5;

/// The part of a list that was read.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Listing<'l> {
    /// The pages that were read.
    pub pages: usize,
    /// Whether every page was requested.
    pub all: bool,
    /// Whether reading ended too early.
    pub broken_off: bool,
    /// The time of reading, if an incomplete period matters.
    pub now: Option<Timestamp>,
    /// The number of items that were already written while the list was read.
    pub handed_on: usize,
    /// The same report for the previous period, if it was requested.
    pub before: Option<&'l Value>,
}

/// Returns the document of a result.
///
/// `columns` names the requested fields of a list, in that order. Without any, the document contains all fields and
/// shows the useful ones.
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

/// The fields of an object of a union type: its case, and the fields of the case.
fn union_facts(types: &Types, action: &Action, value: &Value) -> Option<Vec<Fact>> {
    let union = types.union(action.result.as_ref()?)?;
    let tag = union.tag;
    let word = value.get(tag).and_then(Value::as_str)?;
    let mut facts = vec![Fact { field: tag.to_owned(), ..Fact::new(label(tag), word) }];
    match union.case_of(value).and_then(|case| types.record(case.payload.as_ref()?)) {
        Some(fields) => facts.extend(record_facts(types, fields, value)),
        // A case that is newer than the component is shown unchanged.
        None => {
            let others = value.as_object()?.iter().filter(|(name, _)| *name != tag);
            facts.extend(others.map(|(name, value)| Fact {
                field: name.clone(),
                label: label(name),
                unit: None,
                cell: value_cell(types, &Type::String, value),
            }));
        }
    }
    Some(facts)
}

/// The document of a report, if the result is one.
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
    let begins = action.paging.as_ref().is_none_or(|paging| !invocation.arguments.contains_key(paging.input()));
    let report = Report {
        catalog,
        action,
        invocation,
        items: &rows,
        before: before.as_deref(),
        refreshed: value.get("data_refreshed_at").and_then(Value::as_str),
        whole: begins && !listing.broken_off && onward(action, value) == Onward::End,
        all: listing.all,
        now: listing.now,
    };
    report.document(item, columns, next)
}

/// The type of the items of the list of an action; `None` if its result is not a list.
fn item_of<'c>(catalog: &'c Catalog, action: &'c Action) -> Option<&'c Type> {
    let data = catalog.types.record(action.result.as_ref()?)?.iter().find(|field| field.wire == "data")?;
    catalog.types.list_item(&data.ty)
}

/// The problem of the requested columns. A column that the result does not have would be omitted silently, and a
/// repeated column would be shown twice. A result that is not a list has no columns.
#[must_use]
pub fn wrong_column(catalog: &Catalog, action: &Action, wanted: &[String]) -> Option<Document> {
    if wanted.is_empty() {
        return None;
    }
    let wrong = |text: String, hint: String| {
        Some(super::error(format!("--columns: {text}. {}", Verdict::NotSent.sentence()), Some(hint)))
    };
    let Some(known) = column_names(catalog, action) else {
        let text = format!("the result of `{}` is not a list", action.command());
        return wrong(text, "Run the command without --columns.".to_owned());
    };
    let is_repeated = |(index, name): &(usize, &String)| wanted[..*index].contains(name);
    if let Some((_, twice)) = wanted.iter().enumerate().find(is_repeated) {
        return wrong(format!("`{twice}` is named twice"), "Name each column once.".to_owned());
    }
    let unknown = wanted.iter().find(|name| !known.contains(name))?;
    wrong(format!("there is no column `{unknown}`"), format!("Available columns: {}.", known.join(", ")))
}

/// The columns that the list of an action can show; `None` if its result is not a list of records.
#[must_use]
pub(crate) fn column_names(catalog: &Catalog, action: &Action) -> Option<Vec<String>> {
    let item = item_of(catalog, action)?;
    if let Some(rows) = report_rows(catalog, action) {
        return Some(rows.columns.iter().map(FlatColumn::name).collect());
    }
    Some(catalog.types.record(item)?.iter().map(|field| field.wire.clone()).collect())
}

/// The rows of a report, if the result of an action is one.
fn report_rows<'c>(catalog: &'c Catalog, action: &'c Action) -> Option<Rows<'c>> {
    Rows::of(&catalog.types, item_of(catalog, action)?).filter(|_| is_report(catalog, action))
}

/// The result of an action with only the requested columns of its list, in their order. Without requested columns, it
/// is the complete result.
#[must_use]
pub fn selected<'v>(catalog: &Catalog, action: &Action, value: &'v Value, wanted: &[String]) -> Cow<'v, Value> {
    if wanted.is_empty() || !value.get("data").is_some_and(Value::is_array) {
        return Cow::Borrowed(value);
    }
    let report = report_rows(catalog, action);
    let paths: Vec<Vec<&str>> = match &report {
        Some(rows) => {
            let column = |name: &String| rows.columns.iter().find(|column| column.name() == *name);
            wanted.iter().filter_map(column).map(|column| column.path.clone()).collect()
        }
        None => wanted.iter().map(|name| vec![name.as_str()]).collect(),
    };
    let results = report.as_ref().and_then(Rows::results);
    let mut value = value.clone();
    for item in value["data"].as_array_mut().into_iter().flatten() {
        *item = flat::select(item, &paths, results);
    }
    Cow::Owned(value)
}

/// Whether a field only repeats the kind of the object that contains it.
fn is_constant(field: &Field) -> bool {
    field.constant.is_some()
}

/// The fields of one object.
#[must_use]
pub fn record_facts(types: &Types, fields: &[Field], value: &Value) -> Vec<Fact> {
    fields
        .iter()
        .filter(|field| !is_constant(field))
        .map(|field| Fact {
            field: field.wire.clone(),
            label: label(&field.wire),
            unit: Cents::of(field).map(Cents::name),
            cell: cell(types, field, value),
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
    let all = types.record(item).unwrap_or_default();
    // Requested columns are shown without other columns, in the order of the request.
    let fields: Vec<&Field> = match wanted {
        [] => all.iter().filter(|field| !is_constant(field)).collect(),
        wanted => wanted.iter().filter_map(|name| all.iter().find(|field| field.wire == *name)).collect(),
    };
    let names: Vec<String> = fields.iter().map(|field| field.wire.clone()).collect();
    let ordered = order(action, invocation);
    let shown = shown(&names, wanted, SHOWN_COLUMNS, |name| ordered == Some(name.as_str()));
    let columns: Vec<Column> = fields
        .iter()
        .zip(shown)
        .map(|(field, shown)| Column {
            field: field.wire.clone(),
            label: label(&field.wire),
            unit: Cents::of(field).map(Cents::name),
            shown,
        })
        .collect();
    let rows: Vec<Vec<Cell>> =
        items.iter().map(|item| fields.iter().map(|field| cell(types, field, item)).collect()).collect();
    let next = next(catalog, action, invocation, items, page, wanted);
    let more = onward(action, page) != Onward::End;
    let caption = caption(action, listing.handed_on + rows.len(), more, listing);
    Table { caption, columns, rows, earlier: listing.handed_on, all: listing.all, next, ..Table::default() }
}

/// The field by which the items are ordered: the requested one, or the default of the API.
pub(super) fn order<'o>(action: &'o Action, invocation: &'o Invocation) -> Option<&'o str> {
    const INPUT: &str = "order-by";
    let asked = invocation.arguments.get(INPUT).and_then(Value::as_str);
    asked.or_else(|| action.input(INPUT)?.default.as_deref()).or_else(|| action.ordered_by())
}

/// Whether each column is shown: the requested columns, otherwise the required columns and the first ones.
pub(super) fn shown(
    names: &[String],
    wanted: &[String],
    most: usize,
    is_needed: impl Fn(&String) -> bool,
) -> Vec<bool> {
    if !wanted.is_empty() {
        return names.iter().map(|name| wanted.contains(name)).collect();
    }
    let mut free = most.saturating_sub(names.iter().filter(|name| is_needed(name)).count());
    let mut is_free = || {
        let is_free = free > 0;
        free = free.saturating_sub(1);
        is_free
    };
    names.iter().map(|name| is_needed(name) || is_free()).collect()
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

/// The singular of the name of an interface. These names are regular plurals or have no plural.
fn singular(noun: &str) -> String {
    match (noun.strip_suffix("ies"), noun.strip_suffix("ss"), noun.strip_suffix('s')) {
        (Some(stem), ..) => format!("{stem}y"),
        (None, None, Some(stem)) => stem.to_owned(),
        _ => noun.to_owned(),
    }
}

/// The continuation of a list after a page.
fn onward<'p>(action: &Action, page: &'p Value) -> Onward<'p> {
    action.paging.as_ref().map_or(Onward::End, |paging| paging.onward(page))
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
    rest.arguments.retain(|name, _| !paging.positions().contains(&name.as_str()));
    let columns = if columns.is_empty() { String::new() } else { format!(" --columns {}", columns.join(",")) };
    let command = format!("{}{columns} --{}", rest.canonical(&catalog.types), paging.input());
    let onward = paging.onward(page).cursor();
    if let Paging::Id { .. } = paging {
        let last = page.get("last_id").and_then(Value::as_str);
        let cursors: Vec<String> = items.iter().filter_map(|item| cursor(item, last?, items.last())).collect();
        if cursors.len() == items.len() && !items.is_empty() {
            return Next::After { command, cursors, more: onward.is_some() };
        }
    }
    onward.map_or(Next::End, |cursor| Next::Page { command: format!("{command} {}", quoted(cursor)) })
}

/// The cursor of an item is the field that contains `last_id` in the last item.
fn cursor(item: &Value, last: &str, last_item: Option<&Value>) -> Option<String> {
    let last_item = last_item?.as_object()?;
    let is_last = |field: &&str| last_item.get(*field).and_then(Value::as_str) == Some(last);
    let field = ["id", "user_id"].into_iter().find(is_last)?;
    item.get(field).and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests;
