//! Comma-separated values (RFC 4180), safe to open in a spreadsheet.

use crate::document::{Block, Cell, Document, Table};

/// Writes the tables and facts of a document: a line of field names, then a line for each thing. Tables have all their
/// columns; parts of a value are JSON. Beside rows stands nothing: a program would take what is said for one of them.
#[must_use]
pub fn csv(document: &Document) -> String {
    let mut writer = writer();
    let has_table = document.blocks.iter().any(|block| matches!(block, Block::Table(_)));
    let has_facts = document.blocks.iter().any(|block| matches!(block, Block::Facts(_)));
    let written = |block: &&Block| match block {
        Block::Table(_) => true,
        Block::Notice(_) | Block::Choices(_) => !has_table && !has_facts,
        _ => !has_table,
    };
    for block in document.blocks.iter().filter(written) {
        // Writing to memory does not fail.
        let _ = match block {
            // The rows before these stand under the line of field names.
            Block::Table(table) if table.earlier > 0 => write_rows(&mut writer, table),
            Block::Table(table) => writer
                .write_record(table.columns.iter().map(|column| head(&column.field, column.unit.as_deref())))
                .and_then(|()| write_rows(&mut writer, table)),
            Block::Facts(facts) => writer
                .write_record(facts.iter().map(|fact| guarded(&head(&fact.field, fact.unit.as_deref()))))
                .and_then(|()| writer.write_record(facts.iter().map(|fact| field(&fact.cell)))),
            Block::Commands(commands) => {
                commands.iter().try_for_each(|(command, what)| writer.write_record([guarded(command), guarded(what)]))
            }
            Block::Choices(choices) => choices.choices.iter().try_for_each(|(choice, label)| {
                writer.write_record([guarded(&choices.command(*choice)), guarded(label)])
            }),
            Block::Notice(notice) => {
                writer.write_record([guarded(&notice.text), guarded(notice.hint.as_deref().unwrap_or_default())])
            }
            Block::Text(text) => writer.write_record([guarded(text)]),
            // Its values are those of the table.
            Block::Chart(_) => Ok(()),
        };
    }
    written_text(writer)
}

/// A line for each row of a table, and nothing else.
#[must_use]
pub fn rows(table: &Table) -> String {
    let mut writer = writer();
    let _ = write_rows(&mut writer, table);
    written_text(writer)
}

type Writer = ::csv::Writer<Vec<u8>>;

fn writer() -> Writer {
    ::csv::WriterBuilder::new().flexible(true).from_writer(Vec::new())
}

fn write_rows(writer: &mut Writer, table: &Table) -> ::csv::Result<()> {
    table.rows.iter().try_for_each(|row| writer.write_record(row.iter().map(field)))
}

fn written_text(writer: Writer) -> String {
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// The name of a column, with the unit of its values: `amount_cents`.
fn head(field: &str, unit: Option<&str>) -> String {
    unit.map_or_else(|| field.to_owned(), |unit| format!("{field}_{unit}"))
}

fn field(cell: &Cell) -> String {
    match cell {
        Cell::Missing => String::new(),
        Cell::Number(number) => number.clone(),
        Cell::Money { cents, .. } => guarded(cents),
        Cell::Nested { json, .. } => guarded(json),
        Cell::Text(text) | Cell::Time { utc: text, .. } | Cell::Person { text, .. } => guarded(text),
    }
}

/// A spreadsheet takes text that begins like a formula for one: an apostrophe in front keeps it text.
fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text.to_owned() }
}
