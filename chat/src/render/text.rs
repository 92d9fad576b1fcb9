//! Plain text for a terminal: aligned, without colour.

use super::visible::visible;
use crate::document::{Block, Cell, Chart, Document, Table};
use comfy_table::{ContentArrangement, Table as Aligned, presets};

/// Writes a document as plain text.
#[must_use]
pub fn text(document: &Document) -> String {
    let mut parts: Vec<String> = Vec::new();
    if !document.title.is_empty() {
        parts.push(visible(&document.title).into_owned());
    }
    parts.extend(document.blocks.iter().map(block));
    let mut text = parts.join("\n\n");
    if !document.footer.is_empty() {
        let footer: Vec<_> = document.footer.iter().map(|line| visible(line)).collect();
        text.push_str("\n\n");
        text.push_str(&footer.join(" · "));
    }
    text.trim().to_owned() + "\n"
}

fn block(block: &Block) -> String {
    match block {
        Block::Text(text) => text.lines().map(visible).collect::<Vec<_>>().join("\n"),
        Block::Notice(notice) => match &notice.hint {
            Some(hint) => format!("{}\n{}", visible(&notice.text), visible(hint)),
            None => visible(&notice.text).into_owned(),
        },
        Block::Facts(facts) => {
            aligned(None, facts.iter().map(|fact| vec![visible(&fact.label).into_owned(), shown(&fact.cell)]))
        }
        Block::Commands(commands) => aligned(
            None,
            commands.iter().map(|(command, what)| vec![visible(command).into_owned(), visible(what).into_owned()]),
        ),
        Block::Choices(choices) => aligned(
            None,
            choices.choices.iter().map(|(choice, label)| {
                vec![visible(&choices.command(*choice)).into_owned(), visible(label).into_owned()]
            }),
        ),
        Block::Table(table) => self::table(table),
        Block::Chart(chart) => self::chart(chart),
    }
}

/// Bars of block characters, to an eighth of a character.
pub(super) fn chart(chart: &Chart) -> String {
    const WIDTH: f64 = 40.0;
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let most = chart.points.iter().map(|point| point.value).fold(0.0, f64::max);
    let bar = |value: f64| {
        let length = if most > 0.0 { (value.max(0.0) / most * WIDTH * 8.0).round() } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 320")]
        let eighths = length as usize;
        format!("{}{}", "█".repeat(eighths / 8), EIGHTHS[eighths % 8])
    };
    let rows = chart.points.iter().map(|point| {
        vec![visible(&point.label).into_owned(), format!("{} {}", bar(point.value), visible(&point.text))]
    });
    format!("{}\n{}", visible(&chart.title), aligned(None, rows))
}

fn table(table: &Table) -> String {
    let mut parts = vec![format!("{}.", visible(&table.caption))];
    if !table.rows.is_empty() {
        parts.push(aligned(Some(head(table)), shown_rows(table)));
    }
    parts.extend(more(table, table.rows.len()));
    parts.join("\n\n")
}

fn head(table: &Table) -> Vec<String> {
    table.shown().iter().map(|index| visible(&table.columns[*index].label).to_uppercase()).collect()
}

fn shown_rows(table: &Table) -> impl Iterator<Item = Vec<String>> {
    let columns = table.shown();
    table.rows.iter().map(move |row| columns.iter().map(|index| shown(&row[*index])).collect())
}

/// The rows of a part of a list, under the head where it is the first one. `widths` says how wide the columns of earlier
/// parts were, so that those of this one are no narrower.
#[must_use]
pub fn rows(table: &Table, widths: &mut Vec<u16>) -> String {
    let first = widths.is_empty();
    let ruler = widths.iter().map(|width| "x".repeat(usize::from(*width))).collect();
    // An empty page in the middle of a list has no line.
    if table.rows.is_empty() && !first {
        return String::new();
    }
    let aligned = grid(Some(if first { head(table) } else { ruler }), shown_rows(table));
    *widths = aligned.column_max_content_widths();
    let lines: Vec<String> = lines(&aligned).skip(usize::from(!first)).collect();
    lines.join("\n") + "\n"
}

/// Says how to see the columns and rows that are not shown.
pub(super) fn more(table: &Table, rows: usize) -> Option<String> {
    let hidden: Vec<&str> =
        table.columns.iter().filter(|column| !column.shown).map(|column| column.field.as_str()).collect();
    let columns = (!hidden.is_empty() && table.earlier + table.rows.len() > 0)
        .then(|| format!("Not shown: {} (--columns a,b or -o json).", visible(&hidden.join(", "))));
    let all = if table.all { "" } else { " (or --all)" };
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

fn aligned(head: Option<Vec<String>>, rows: impl Iterator<Item = Vec<String>>) -> String {
    lines(&grid(head, rows)).collect::<Vec<_>>().join("\n")
}

fn lines(table: &Aligned) -> impl Iterator<Item = String> {
    table.lines().map(|line| line.trim_end().to_owned())
}

fn grid(head: Option<Vec<String>>, rows: impl Iterator<Item = Vec<String>>) -> Aligned {
    let mut table = Aligned::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    if let Some(head) = head {
        table.set_header(head);
    }
    table.add_rows(rows);
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}
