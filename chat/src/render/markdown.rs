//! Markdown: tables and lists.

use super::text::{self, more};
use super::visible::visible;
use crate::document::{Block, Cell, Document, Reader, Table};

/// Writes a document as Markdown (GitHub flavour).
#[must_use]
pub fn markdown(document: &Document) -> String {
    let mut parts = Vec::new();
    if !document.title.is_empty() {
        parts.push(format!("## {}", escaped(&document.title)));
    }
    for block in &document.blocks {
        parts.push(match block {
            Block::Text(text) => text.lines().map(escaped).collect::<Vec<_>>().join("\n"),
            Block::Notice(notice) => {
                let hint = notice.hint.as_deref().map(|hint| format!(" {}", escaped(hint))).unwrap_or_default();
                format!("**{}**{hint}", escaped(&notice.text))
            }
            Block::Facts(facts) => {
                let rows = facts.iter().map(|fact| vec![escaped(&fact.label), escaped(shown(&fact.cell))]);
                grid(vec!["Field".to_owned(), "Value".to_owned()], rows)
            }
            Block::Commands(commands) => commands
                .iter()
                .map(|(command, what)| format!("- {}: {}", escaped(command), escaped(what)))
                .collect::<Vec<_>>()
                .join("\n"),
            Block::Choices(choices) => choices
                .choices
                .iter()
                .map(|(choice, label)| format!("- {}: {}", escaped(&choices.command(*choice)), escaped(label)))
                .collect::<Vec<_>>()
                .join("\n"),
            Block::Table(table) => self::table(table, document.reader),
            // Block characters are aligned only in a monospaced font.
            Block::Chart(chart) => format!("```text\n{}\n```", text::chart(chart).replace('`', "'")),
        });
    }
    if !document.footer.is_empty() {
        parts.push(document.footer.iter().map(|line| escaped(line)).collect::<Vec<_>>().join(" · "));
    }
    parts.join("\n\n") + "\n"
}

fn table(table: &Table, reader: Reader) -> String {
    let mut parts = vec![format!("{}.", escaped(&table.caption))];
    if !table.rows.is_empty() {
        parts.push(grid(head(table), shown_rows(table)));
    }
    parts.extend(
        more(table, table.rows.len(), &table.shown(), reader)
            .map(|more| more.lines().map(escaped).collect::<Vec<_>>().join("\n")),
    );
    parts.join("\n\n")
}

fn head(table: &Table) -> Vec<String> {
    table.shown().iter().map(|index| escaped(&table.columns[*index].label)).collect()
}

fn shown_rows(table: &Table) -> impl Iterator<Item = Vec<String>> {
    let columns = table.shown();
    table.rows.iter().map(move |row| columns.iter().map(|index| escaped(shown(&row[*index]))).collect())
}

/// The rows of a part of a list, under the head if it is the first part.
#[must_use]
pub fn rows(table: &Table, first: bool) -> String {
    if first {
        return grid(head(table), shown_rows(table)) + "\n";
    }
    shown_rows(table).map(|row| line(&row) + "\n").collect()
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

fn grid(head: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let mut lines = vec![line(&head), line(&vec!["---".to_owned(); head.len()])];
    lines.extend(rows.map(|row| line(&row)));
    lines.join("\n")
}

fn shown(cell: &Cell) -> &str {
    match cell {
        Cell::Missing => "–",
        cell => cell.text(),
    }
}

/// Prevents text from formatting, linking and mentioning: special characters get a backslash, and the beginning of a
/// link becomes an entity.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let text = visible(text);
    for (index, c) in text.char_indices() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '@' => out.push_str("&#64;"),
            // A scheme makes a link.
            ':' if text[index..].starts_with("://") => out.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '~' | '[' | ']' | '!' | '|' | '$' => {
                out.push('\\');
                out.push(c);
            }
            // These characters begin headings, lists and rules only at the beginning of a line.
            '#' | '+' | '-' | '=' if out.is_empty() => {
                out.push('\\');
                out.push(c);
            }
            // `www.` and `1.` begin a link and a list.
            '.' if ends_with_www(&out) || out.chars().all(|c| c.is_ascii_digit()) => out.push_str("&#46;"),
            c => out.push(c),
        }
    }
    out
}

fn ends_with_www(text: &str) -> bool {
    text.len().checked_sub(3).and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case("www"))
}
