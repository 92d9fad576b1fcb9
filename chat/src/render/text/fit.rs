//! Fits text into the available width.

use super::{cells, head};
use crate::document::{Block, Cell, Document, Table};
use crate::render::Medium;
use crate::render::medium::Style;
use comfy_table::{ColumnConstraint, ContentArrangement, Table as Aligned, Width, presets};

/// The space between two columns.
const GAP: u16 = 2;
/// The narrowest column: some characters occupy two columns.
const NARROWEST: u16 = 2;

/// The rows of a long list in parts. Each part has the columns of the first one.
#[derive(Debug, Default)]
pub struct TextRows {
    medium: Medium,
    begun: Option<Layout>,
}

/// The columns that are shown, and their widths.
#[derive(Debug, Clone)]
struct Layout {
    columns: Vec<usize>,
    widths: Vec<u16>,
}

impl TextRows {
    /// Begins a list.
    #[must_use]
    pub fn new(medium: Medium) -> Self {
        Self { medium, begun: None }
    }

    /// The rows of a part, under the head if it is the first part.
    #[must_use]
    pub fn rows(&mut self, table: &Table) -> String {
        let first = self.begun.is_none();
        // An empty page in the middle of a list has no line.
        if table.rows.is_empty() && !first {
            return String::new();
        }
        let columns = self.begun.as_ref().map_or_else(|| columns(table, self.medium), |layout| layout.columns.clone());
        let head = first.then(|| head(table, &columns));
        let rows: Vec<Vec<String>> = cells(table, &columns).collect();
        let mut widths = widths(&head.iter().chain(&rows).cloned().collect::<Vec<_>>());
        match (&self.begun, self.medium.columns()) {
            // The line width is fixed: cells that are longer than those of the first part are wrapped.
            (Some(layout), Some(_)) => widths.clone_from(&layout.widths),
            (Some(layout), None) => {
                widths.resize(layout.widths.len(), 0);
                widths.iter_mut().zip(&layout.widths).for_each(|(width, before)| *width = (*width).max(*before));
            }
            (None, Some(room)) => widths = within(room, &head, &rows),
            (None, None) => {}
        }
        let written = under_head(head, rows, Some(&widths), self.medium);
        self.begun = Some(Layout { columns, widths });
        written + "\n"
    }

    /// Marks the columns that were shown for the rows, so the text after the rows names the same columns.
    pub fn agree(&self, document: &mut Document) {
        let Some(layout) = &self.begun else { return };
        for block in &mut document.blocks {
            if let Block::Table(table) = block {
                let columns = table.columns.iter_mut().enumerate();
                columns.for_each(|(index, column)| column.shown = layout.columns.contains(&index));
            }
        }
    }
}

/// The columns that are shown. If a terminal is too narrow for the words in the default columns, the last ones that
/// neither name nor measure nor date a row are omitted. If a terminal is wide enough, further columns are shown.
/// Requested columns are all shown, if each has space for at least two characters.
pub(super) fn columns(table: &Table, medium: Medium) -> Vec<usize> {
    let mut chosen = table.shown();
    let Some(room) = medium.columns() else { return chosen };
    let written =
        |columns: &[usize]| std::iter::once(head(table, columns)).chain(cells(table, columns)).collect::<Vec<_>>();
    if chosen.len() < table.columns.len() && !table.rows.is_empty() {
        let identifies = |index: usize| {
            table.rows.iter().any(|row| matches!(row[index], Cell::Number(_) | Cell::Money { .. } | Cell::Time { .. }))
        };
        let all = chosen.len();
        while size(&words(&written(&chosen))) > room
            && let Some(last) = (1..chosen.len()).rev().find(|place| !identifies(chosen[*place]))
        {
            chosen.remove(last);
        }
        let says_something = |index: &usize| table.rows.iter().any(|row| !matches!(row[*index].text(), "" | "0"));
        let more = (0..table.columns.len()).filter(|index| !table.columns[*index].shown).filter(says_something);
        let is_whole = chosen.len() == all;
        for index in more.filter(|_| is_whole) {
            chosen.push(index);
            if size(&widths(&written(&chosen))) > room {
                chosen.pop();
                break;
            }
        }
    }
    while chosen.len() > 1 && size(&vec![NARROWEST; chosen.len()]) > room {
        chosen.pop();
    }
    chosen
}

/// The length of a line with columns of these widths.
fn size(widths: &[u16]) -> u16 {
    let gaps = u16::try_from(widths.len().saturating_sub(1)).unwrap_or(u16::MAX).saturating_mul(GAP);
    widths.iter().fold(gaps, |size, width| size.saturating_add(*width))
}

/// Rows with their columns aligned.
pub(super) fn aligned(head: Option<Vec<String>>, rows: Vec<Vec<String>>, medium: Medium) -> String {
    let widths = medium.columns().map(|room| within(room, &head, &rows));
    under_head(head, rows, widths.as_deref(), medium)
}

/// A text with one or several lines, wrapped to the available width.
pub(super) fn wrapped(text: &str, medium: Medium) -> String {
    match medium.columns() {
        None => text.to_owned(),
        Some(room) => {
            let wrap = |line: &str| match line.len() <= usize::from(room) {
                true => line.to_owned(),
                false => lines(vec![vec![line.to_owned()]], Some(&[room])),
            };
            text.lines().map(wrap).collect::<Vec<_>>().join("\n")
        }
    }
}

/// The widths of columns: each gets space for its words if possible, and the rest is shared.
fn within(room: u16, head: &Option<Vec<String>>, rows: &[Vec<String>]) -> Vec<u16> {
    let all: Vec<Vec<String>> = head.iter().chain(rows).cloned().collect();
    let (words, natural) = (words(&all), widths(&all));
    let mut given = vec![NARROWEST; natural.len()];
    for wanted in [&words, &natural] {
        share(room, &mut given, wanted);
    }
    given
}

/// Distributes the remaining space evenly among the columns that need more.
fn share(room: u16, given: &mut [u16], wanted: &[u16]) {
    loop {
        let mut left = room.saturating_sub(size(given));
        let want = given.iter().zip(wanted).filter(|(given, wanted)| given < wanted).count();
        let Some(each) = left.checked_div(u16::try_from(want).unwrap_or(u16::MAX)).filter(|_| left > 0) else { return };
        for (given, wanted) in given.iter_mut().zip(wanted).filter(|(given, wanted)| **given < **wanted) {
            let more = (wanted - *given).min(each.max(1)).min(left);
            *given += more;
            left -= more;
        }
    }
}

/// The width of each column.
pub(super) fn widths(rows: &[Vec<String>]) -> Vec<u16> {
    let mut table = Aligned::new();
    table.add_rows(rows);
    table.column_max_content_widths()
}

/// The width of the longest word of each column.
fn words(rows: &[Vec<String>]) -> Vec<u16> {
    let words = |row: &Vec<String>| row.iter().map(|cell| cell.replace(' ', "\n")).collect();
    widths(&rows.iter().map(words).collect::<Vec<_>>())
}

/// Rows as lines below a head. `widths` is the width of each column, if it differs from the width of its content.
fn under_head(head: Option<Vec<String>>, rows: Vec<Vec<String>>, widths: Option<&[u16]>, medium: Medium) -> String {
    let Some(head) = head else { return lines(rows, widths) };
    match widths {
        Some(_) => {
            let head = medium.styled(lines(vec![head], widths), Style::Strong);
            if rows.is_empty() { head } else { format!("{head}\n{}", lines(rows, widths)) }
        }
        None => lines(std::iter::once(head).chain(rows).collect(), None),
    }
}

/// Rows as lines.
fn lines(rows: Vec<Vec<String>>, widths: Option<&[u16]>) -> String {
    let mut table = Aligned::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.add_rows(rows);
    for (index, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, GAP));
        if let Some(width) = widths.and_then(|widths| widths.get(index)) {
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(GAP))));
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}
