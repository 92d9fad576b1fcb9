//! A long list that is written while it is read: its start, the rows of each part, its end.
//!
//! The output has the same content as a reply with the whole list. Facts that are known only at the end, such as the
//! number of items, are written at the end.

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
    /// Starts a list.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self::on(format, Medium::Stream)
    }

    /// Starts a list for a medium.
    #[must_use]
    pub fn on(format: Format, medium: Medium) -> Self {
        Self { format, medium, begun: false, any: false, text: TextRows::new(medium) }
    }

    /// Writes the next part. Except in JSON, it consists of complete lines.
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

    /// The items of a page within an open list. The first page can be empty, so the first item can be on a later page.
    fn json_items(&mut self, page: &Value, first: bool) -> String {
        let mut written = if first { "{\n  \"data\": [".to_owned() } else { String::new() };
        for item in page.get("data").and_then(Value::as_array).into_iter().flatten() {
            let separator = if std::mem::replace(&mut self.any, true) { "," } else { "" };
            written.push_str(&format!("{separator}\n    {}", indented(item, "    ")));
        }
        written
    }

    /// The text after the last part.
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
    /// The text that closes an interrupted list, so the JSON is valid: it adds the key `error`.
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

/// Closes the list, and writes the other fields of the result.
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

/// A value over several lines. Its texts contain no line breaks, because JSON escapes them.
fn indented(value: &Value, indent: &str) -> String {
    json_escaped(&format!("{value:#}")).replace('\n', &format!("\n{indent}"))
}
