//! A long list, written while it is read: its beginning, the rows of each part, its end.
//!
//! What comes out says the same as a reply that holds the whole list. Only what is known at the end, such as how many
//! there are, stands there.

use super::{Medium, TextRows, csv_on, csv_rows, json_escaped, markdown, markdown_rows, text_on};
use crate::command::Format;
use crate::document::{Block, Document, Table};
use crate::service::{Part, Reply};
use serde_json::{Map, Value};

/// Writes a list part by part.
#[derive(Debug)]
pub struct Parts {
    format: Format,
    medium: Medium,
    begun: bool,
    /// Whether any item was written.
    any: bool,
    text: TextRows,
}

impl Parts {
    /// Begins a list.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self::on(format, Medium::Stream)
    }

    /// Begins a list for a medium.
    #[must_use]
    pub fn on(format: Format, medium: Medium) -> Self {
        Self { format, medium, begun: false, any: false, text: TextRows::new(medium) }
    }

    /// The next part; whole lines, but for JSON.
    #[must_use]
    pub fn part(&mut self, part: &Part<'_>) -> String {
        let first = !std::mem::replace(&mut self.begun, true);
        if self.format == Format::Json {
            return self.json_items(part.page, first);
        }
        let Some(table) = table(&part.document) else { return String::new() };
        let title = Document::titled(part.document.title.clone());
        match self.format {
            Format::Csv if first => csv_on(&part.document, self.medium),
            Format::Csv => csv_rows(table, self.medium),
            Format::Markdown if first => format!("{}\n{}", markdown(&title), markdown_rows(table, true)),
            Format::Markdown => markdown_rows(table, false),
            Format::Text | Format::Json if first => {
                format!("{}\n{}", text_on(&title, self.medium), self.text.rows(table))
            }
            Format::Text | Format::Json => self.text.rows(table),
        }
    }

    /// The items of a page within a list that is open. The first item may come on a later page than the first.
    fn json_items(&mut self, page: &Value, first: bool) -> String {
        let mut written = if first { "{\n  \"data\": [".to_owned() } else { String::new() };
        for item in page.get("data").and_then(Value::as_array).into_iter().flatten() {
            let separator = if std::mem::replace(&mut self.any, true) { "," } else { "" };
            written.push_str(&format!("{separator}\n    {}", indented(item, "    ")));
        }
        written
    }

    /// What stands after the last part.
    #[must_use]
    pub fn end(&self, reply: &Reply) -> String {
        let mut document = Document { title: String::new(), ..reply.document.clone() };
        self.text.agree(&mut document);
        match self.format {
            Format::Json => json_end(&reply.to_json_with_secrets()),
            Format::Csv => csv_on(&document, self.medium),
            Format::Markdown => format!("\n{}", markdown(&document)),
            Format::Text => format!("\n{}", text_on(&document, self.medium)),
        }
    }
}

impl Parts {
    /// What closes a list that was broken off, so that it can be read: an object with the key `error`.
    #[must_use]
    pub fn broken_off(&self, error: &Value) -> String {
        if self.format == Format::Json { json_end(error) } else { String::new() }
    }
}

fn table(document: &Document) -> Option<&Table> {
    document.blocks.iter().find_map(|block| match block {
        Block::Table(table) => Some(table),
        _ => None,
    })
}

/// Closes the list, and writes what else the answer holds.
fn json_end(answer: &Value) -> String {
    let none = Map::new();
    let others = answer.as_object().unwrap_or(&none).iter().filter(|(name, _)| *name != "data");
    let others: String = others
        .map(|(name, value)| {
            format!(",\n  {}: {}", json_escaped(&Value::from(name.as_str()).to_string()), indented(value, "  "))
        })
        .collect();
    format!("\n  ]{others}\n}}\n")
}

/// A value over several lines. No text in it holds a line break of its own, since JSON escapes them.
fn indented(value: &Value, indent: &str) -> String {
    json_escaped(&format!("{value:#}")).replace('\n', &format!("\n{indent}"))
}
