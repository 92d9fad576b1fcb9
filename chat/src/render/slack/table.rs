//! Tables in Slack messages.

use super::{Style, Writer, limits, offers, shown, with_list};
use crate::document::{Cell, Reader, Table};
use crate::render::text::more;
use crate::render::visible::{shortened, visible};
use serde_json::{Map, Value, json};

const MAX_TABLE_CHARS: usize = 9_000;
const MAX_CELL: usize = 200;
const MAX_HEADING: usize = 75;
const MAX_CAPTION: usize = 300;
/// The maximum column width of a table that is written as text.
const MAX_PADDED: usize = 40;
const PAGE_SIZE: usize = 10;
/// Characters reserved for the line about the rest of the list.
const MORE_CHARS: usize = 600;

/// The block for a table. Workspaces differ in the blocks that their clients show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SlackTables {
    /// `data_table`: sortable, in pages of ten.
    #[default]
    DataTable,
    /// `table`: the older block.
    Table,
    /// Text: for clients that support neither block.
    Text,
}

/// Writes a table. A message can contain only one table block: a second table becomes text.
pub(super) fn write(writer: &mut Writer<'_>, table: &Table) {
    let columns: Vec<usize> = table.shown().into_iter().take(limits::TABLE_COLUMNS).collect();
    let head: Vec<String> = columns.iter().map(|index| heading(&table.columns[*index].label)).collect();
    let has_table = writer.blocks.iter().any(|block| block["type"] == "data_table" || block["type"] == "table");
    // Text is padded to the width of its columns, at most this number, and has a line break after each row.
    let least = if writer.tables == SlackTables::Text || has_table { MAX_PADDED + 3 } else { 0 };
    let size = |cells: &[String]| cells.iter().map(|cell| cell.chars().count().max(least)).sum::<usize>();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let most = if writer.tables == SlackTables::Table { limits::TABLE_ROWS - 1 } else { limits::TABLE_ROWS };
    let mut chars = size(&head);
    let fits_head = writer.budget.try_take(chars + MORE_CHARS + MAX_CAPTION);
    writer.cut |= !fits_head;
    for row in table.rows.iter().take(most) {
        let mut cut = false;
        let cells: Vec<String> = columns
            .iter()
            .map(|index| {
                let (text, shorter) = shortened(&visible(shown(&row[*index])), MAX_CELL);
                cut |= shorter;
                text
            })
            .collect();
        let size = size(&cells);
        if !fits_head || chars + size > MAX_TABLE_CHARS || !writer.budget.try_take(size) {
            break;
        }
        writer.cut |= cut;
        chars += size;
        rows.push(cells);
    }
    let count = rows.len();
    writer.cut |= count < table.rows.len();
    let (caption, cut) = shortened(&caption(table, count), if fits_head { MAX_CAPTION } else { 0 });
    writer.cut |= cut;
    if !fits_head {
        // There is no space for any part of the table.
        return;
    }
    if rows.is_empty() {
        writer.blocks.push(paragraph(&caption));
    } else {
        let kind = if has_table { SlackTables::Text } else { writer.tables };
        if kind != SlackTables::DataTable {
            writer.blocks.push(paragraph(&caption));
        }
        let block = match kind {
            SlackTables::DataTable => {
                let block = json!({
                    "type": "data_table", "caption": caption, "page_size": PAGE_SIZE, "row_header_column_index": 0,
                });
                let measured = |row: usize, column: usize| number(&table.rows[row][columns[column]]);
                with_list(block, "rows", cells(head, rows, measured))
            }
            // Not every client supports numbers in it.
            SlackTables::Table => with_list(json!({"type": "table"}), "rows", cells(head, rows, |_, _| None)),
            SlackTables::Text => preformatted(&head, &rows),
        };
        writer.blocks.push(block);
    }
    if let Some(more) = more(table, count, &columns, Reader::Person).filter(|_| fits_head) {
        let (more, cut) = shortened(&more, MORE_CHARS);
        writer.cut |= cut;
        writer.blocks.push(paragraph(&more));
    }
    offers::write(writer, table, count);
}

/// A heading. Slack does not accept an empty cell.
fn heading(label: &str) -> String {
    let (label, _) = shortened(&visible(label), MAX_HEADING);
    if label.is_empty() { "–".to_owned() } else { label }
}

fn paragraph(text: &str) -> Value {
    json!({
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [Style::Plain.element(text)]}],
    })
}

fn caption(table: &Table, rows: usize) -> String {
    if rows < table.rows.len() {
        format!("Showing {rows} of {} that were read. {}.", table.rows.len(), visible(&table.caption))
    } else {
        format!("{}.", visible(&table.caption))
    }
}

/// The rows with their head; `measured` is the number in a cell, by which Slack sorts.
fn cells(head: Vec<String>, rows: Vec<Vec<String>>, measured: impl Fn(usize, usize) -> Option<f64>) -> Vec<Value> {
    let cell = |text: String, number: Option<Value>| {
        let mut cell = Map::with_capacity(3);
        cell.insert("type".to_owned(), if number.is_some() { "raw_number" } else { "raw_text" }.into());
        cell.extend(number.map(|number| ("value".to_owned(), number)));
        cell.insert("text".to_owned(), text.into());
        Value::Object(cell)
    };
    let head = head.into_iter().map(|text| cell(text, None)).collect();
    let rows = rows.into_iter().enumerate().map(|(row, cells)| {
        let cells = cells.into_iter().enumerate();
        cells.map(|(column, text)| cell(text, measured(row, column).map(Value::from))).collect()
    });
    std::iter::once(head).chain(rows).collect()
}

/// The number in a cell, as exact as a client can show it.
fn number(cell: &Cell) -> Option<f64> {
    let number: f64 = match cell {
        Cell::Number(number) => number.parse().ok()?,
        Cell::Money { cents, .. } => cents.parse::<f64>().ok()? / 100.0,
        _ => return None,
    };
    number.is_finite().then_some(number)
}

fn preformatted(head: &[String], rows: &[Vec<String>]) -> Value {
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or_default()
    };
    let line = |cells: &[String]| {
        let padded: Vec<String> = cells
            .iter()
            .enumerate()
            .map(|(column, text)| format!("{text:<0$}", width(column).min(MAX_PADDED)))
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let lines: Vec<String> = std::iter::once(head).chain(rows.iter().map(Vec::as_slice)).map(line).collect();
    json!({
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": lines.join("\n")}]}],
    })
}
