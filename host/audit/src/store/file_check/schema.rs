//! The first page behind the header: the schema. Its content is known, so it is compared byte for byte.

use super::super::migration::{STEPS, SchemaObject, TABLE};
use super::bytes::put_varint;
use super::damage::Findings;
use super::table::ROOT;
use super::view::View;

/// Where the header ends.
const START: usize = 100;

/// Compares the page of the schema with what it has to be.
pub(super) fn check(view: &View, findings: &mut Findings) {
    // What cannot be read was reported with the header.
    let Ok(page) = view.page(1) else { return };
    let expected = expected(view.page_size);
    let actual = page.bytes.get(START..).unwrap_or_default();
    if let Some(at) = expected.iter().zip(actual).position(|(expected, actual)| expected != actual) {
        findings.add(Some(page.spot.plus(START + at)), None, "the schema is not what it has to be");
    }
}

/// The page behind the header.
fn expected(page_size: usize) -> Vec<u8> {
    let cells: Vec<Vec<u8>> = STEPS.iter().copied().flatten().zip(1..).map(|(object, row)| cell(object, row)).collect();
    let mut page = vec![0; page_size - START];
    let mut end = page.len();
    let mut pointers = Vec::new();
    for cell in &cells {
        // Pages that are too small were refused when the view was opened.
        let start = end.saturating_sub(cell.len());
        if let Some(space) = page.get_mut(start..end) {
            space.copy_from_slice(cell);
        }
        pointers.extend_from_slice(&((START + start) as u16).to_be_bytes());
        end = start;
    }
    let mut head = vec![13, 0, 0];
    head.extend_from_slice(&(cells.len() as u16).to_be_bytes());
    head.extend_from_slice(&((START + end) as u16).to_be_bytes());
    head.push(0);
    head.append(&mut pointers);
    if let Some(space) = page.get_mut(..head.len()) {
        space.copy_from_slice(&head);
    }
    page
}

/// A row of `sqlite_schema`: type, name, table, root page, statement.
fn cell(object: &SchemaObject, row: u64) -> Vec<u8> {
    let is_table = object.kind == "table";
    let mut header = Vec::new();
    for text in [object.kind, object.name, TABLE] {
        put_varint(13 + 2 * text.len() as u64, &mut header);
    }
    // A small number, or the constant 0 for what has no pages.
    header.push(if is_table { 1 } else { 8 });
    put_varint(13 + 2 * object.sql.len() as u64, &mut header);
    let mut record = Vec::new();
    put_varint(header.len() as u64 + 1, &mut record);
    record.append(&mut header);
    for text in [object.kind, object.name, TABLE] {
        record.extend_from_slice(text.as_bytes());
    }
    if is_table {
        record.push(ROOT as u8);
    }
    record.extend_from_slice(object.sql.as_bytes());
    let mut cell = Vec::new();
    put_varint(record.len() as u64, &mut cell);
    put_varint(row, &mut cell);
    cell.append(&mut record);
    cell
}
