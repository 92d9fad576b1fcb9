//! Plain text for a terminal or a file: aligned, without color.

mod fit;

use super::Medium;
use super::medium::Style;
use super::visible::visible;
use crate::document::{Block, Cell, Chart, Document, Level, Reader, Table};
use fit::{aligned, widths, wrapped};

pub use fit::TextRows;

/// Writes a document as plain text.
#[must_use]
pub fn text(document: &Document) -> String {
    text_on(document, Medium::Stream)
}

/// The same as [`text`], for a medium.
#[must_use]
pub fn text_on(document: &Document, medium: Medium) -> String {
    let mut parts: Vec<String> = Vec::new();
    if !document.title.is_empty() {
        parts.push(medium.styled(wrapped(&visible(&document.title), medium), Style::Strong));
    }
    parts.extend(document.blocks.iter().map(|block| self::block(block, document.reader, medium)));
    let mut text = parts.join("\n\n");
    if !document.footer.is_empty() {
        let footer: Vec<_> = document.footer.iter().map(|line| visible(line)).collect();
        text.push_str("\n\n");
        text.push_str(&medium.styled(wrapped(&footer.join(" · "), medium), Style::Quiet));
    }
    text.trim().to_owned() + "\n"
}

fn block(block: &Block, reader: Reader, medium: Medium) -> String {
    let lines = |text: &str| wrapped(&text.lines().map(visible).collect::<Vec<_>>().join("\n"), medium);
    let pairs = |pairs: &mut dyn Iterator<Item = (String, String)>| {
        aligned(None, pairs.map(|(one, other)| vec![one, other]).collect(), medium)
    };
    match block {
        Block::Text(text) => lines(text),
        Block::Notice(notice) => {
            let text = wrapped(&visible(&notice.text), medium);
            let text = match notice.level {
                Level::Error => medium.styled(text, Style::Error),
                Level::Attention => medium.styled(text, Style::Attention),
                _ => text,
            };
            let hint = notice.hint.as_ref().map(|hint| wrapped(&visible(hint), medium));
            std::iter::once(text).chain(hint).collect::<Vec<_>>().join("\n")
        }
        Block::Facts(facts) => {
            pairs(&mut facts.iter().map(|fact| (visible(&fact.label).into_owned(), shown(&fact.cell))))
        }
        Block::Commands(commands) => pairs(
            &mut commands.iter().map(|(command, what)| (visible(command).into_owned(), visible(what).into_owned())),
        ),
        Block::Choices(choices) => pairs(
            &mut choices
                .choices
                .iter()
                .map(|(choice, label)| (visible(&choices.command(*choice)).into_owned(), visible(label).into_owned())),
        ),
        Block::Table(table) => self::table(table, reader, medium),
        Block::Chart(chart) => chart_on(chart, medium),
    }
}

/// The bytes of the tables of a document as text: in every column except the last one, each cell has the width of the
/// widest cell.
#[must_use]
pub fn text_size(document: &Document) -> usize {
    let tables = document.blocks.iter().filter_map(|block| match block {
        Block::Table(table) => Some(table),
        _ => None,
    });
    let row = |table: &Table| -> usize {
        let longest = |column: usize| table.rows.iter().map(|row| row[column].text().len()).max().unwrap_or_default();
        let columns = table.shown();
        columns.iter().rev().skip(1).map(|column| longest(*column).min(usize::from(u16::MAX))).sum()
    };
    tables.map(|table| row(table).saturating_mul(table.rows.len())).fold(0, usize::saturating_add)
}

/// A chart for a medium without a maximum line length.
pub(super) fn chart(chart: &Chart) -> String {
    chart_on(chart, Medium::Stream)
}

/// Bars of block characters, to an eighth of a character.
fn chart_on(chart: &Chart, medium: Medium) -> String {
    const WIDTH: u16 = 40;
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let texts: Vec<Vec<String>> = chart
        .points
        .iter()
        .map(|point| vec![visible(&point.label).into_owned(), visible(&point.text).into_owned()])
        .collect();
    // Next to the bars are labels, values and the space between them.
    let beside = widths(&texts).iter().fold(3_u16, |sum, width| sum.saturating_add(*width));
    let width = medium.columns().map_or(WIDTH, |columns| columns.saturating_sub(beside).min(WIDTH));
    let most = chart.points.iter().map(|point| point.value).fold(0.0, f64::max);
    let bar = |value: f64| {
        let length = if most > 0.0 { (value.max(0.0) / most * f64::from(width) * 8.0).round() } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 320")]
        let eighths = length as usize;
        format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
    };
    let rows = chart.points.iter().zip(texts).map(|(point, texts)| {
        let [label, text]: [String; 2] = texts.try_into().unwrap_or_default();
        vec![label, format!("{} {text}", bar(point.value)).trim_start().to_owned()]
    });
    format!("{}\n{}", wrapped(&visible(&chart.title), medium), aligned(None, rows.collect(), medium))
}

fn table(table: &Table, reader: Reader, medium: Medium) -> String {
    let mut parts = vec![wrapped(&format!("{}.", visible(&table.caption)), medium)];
    let columns = fit::columns(table, medium);
    if !table.rows.is_empty() {
        parts.push(aligned(Some(head(table, &columns)), cells(table, &columns).collect(), medium));
    }
    parts.extend(more(table, table.rows.len(), &columns, reader).map(|more| wrapped(&more, medium)));
    parts.join("\n\n")
}

fn head(table: &Table, columns: &[usize]) -> Vec<String> {
    columns.iter().map(|index| visible(&table.columns[*index].label).to_uppercase()).collect()
}

fn cells<'t>(table: &'t Table, columns: &'t [usize]) -> impl Iterator<Item = Vec<String>> + 't {
    table.rows.iter().map(move |row| columns.iter().map(|index| shown(&row[*index])).collect())
}

/// The advice to show the rows after the first `rows`, and the columns that are not in `shown` and have a value.
pub(super) fn more(table: &Table, rows: usize, shown: &[usize], reader: Reader) -> Option<String> {
    let is_read = |index: usize| table.rows.is_empty() || table.rows.iter().any(|row| row[index] != Cell::Missing);
    let hidden = (0..table.columns.len()).filter(|index| !shown.contains(index) && is_read(*index));
    let hidden: Vec<&str> = hidden.map(|index| table.columns[index].field.as_str()).collect();
    let columns = (!hidden.is_empty() && !table.fixed && table.earlier + table.rows.len() > 0)
        .then(|| format!("Not shown: {} ({}).", visible(&hidden.join(", ")), reader.other_columns()));
    let all = if table.all { String::new() } else { format!(" (or {})", reader.all_rows()) };
    let rows = table.command_after(rows).map(|command| format!("Next: {}{all}.", visible(&command)));
    let lines: Vec<String> = [rows, columns].into_iter().flatten().collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn shown(cell: &Cell) -> String {
    match cell {
        cell if cell.text().is_empty() => "–".to_owned(),
        cell => visible(cell.text()).into_owned(),
    }
}
