//! Whatever a document holds, each renderer keeps to its rules.

use super::{SlackTables, csv, markdown, slack, text};
use crate::Choice;
use crate::document::{Block, Cell, Choices, Column, Document, Fact, Level, Next, Notice, Table};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::Value;

/// Text as it may come from outside: markup, formulas, control characters, long and short.
fn foreign() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "\\PC{0,40}",
        1 => "\\PC{0,4000}",
        1 => "[\\x00-\\x1f\\u{200e}-\\u{202e}]{1,5}[a-z]{0,5}",
        2 => prop::sample::select(vec![
            "<!channel>", "<@U1>", "<https://evil.example|good>", "*bold* _it_ ~no~ `code`", "@here", "=HYPERLINK(\"x\")",
            "+1", "-1", "@SUM(A1)", "\u{1b}[31mred", "\u{202e}gnp.exe", "| a | b |", "[x](https://evil.example)", "![i](x)",
            "# head", "- item", "www.evil.example", "https://evil.example", "a@example.com", "</td>", "&lt;!channel&gt;",
        ]).prop_map(str::to_owned),
    ]
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        Just(Cell::Missing),
        foreign().prop_map(Cell::Text),
        any::<i64>().prop_map(|number| Cell::Number(number.to_string())),
        foreign().prop_map(Cell::time),
        (foreign(), foreign()).prop_map(|(text, json)| Cell::Nested { text, json }),
    ]
}

fn table() -> impl Strategy<Value = Table> {
    (1_usize..25, 0_usize..150).prop_flat_map(|(columns, rows)| {
        let names = vec((foreign(), foreign(), any::<bool>()), columns);
        (names, vec(vec(cell(), columns), rows), foreign(), any::<bool>()).prop_map(|(names, rows, caption, more)| {
            let mut columns: Vec<Column> =
                names.into_iter().map(|(field, label, shown)| Column { field, label, unit: None, shown }).collect();
            columns[0].shown = true;
            let cursors = (0..rows.len()).map(|row| format!("id_{row}")).collect();
            let next = Next::After { command: "things list --after-id".to_owned(), cursors, more };
            Table { caption, columns, rows, earlier: 0, all: false, next }
        })
    })
}

fn block() -> impl Strategy<Value = Block> {
    prop_oneof![
        foreign().prop_map(Block::Text),
        (foreign(), prop::option::of(foreign())).prop_map(|(text, hint)| Block::Notice(Notice {
            level: Level::Error,
            text,
            hint
        })),
        vec(
            (foreign(), cell()).prop_map(|(label, cell)| Fact { field: label.clone(), label, unit: None, cell }),
            0..40
        )
        .prop_map(Block::Facts),
        vec((foreign(), foreign()), 0..40).prop_map(Block::Commands),
        table().prop_map(Block::Table),
        foreign().prop_map(|text| Block::Choices(Choices {
            operation: "7qk2abcd".to_owned(),
            version: 1,
            harmful: text.len() % 2 == 0,
            choices: vec![(Choice::Approve, text.clone()), (Choice::Reject, "Reject".to_owned())],
            text,
        })),
    ]
}

fn document() -> impl Strategy<Value = Document> {
    (foreign(), vec(block(), 0..8), vec(foreign(), 0..15)).prop_map(|(title, blocks, footer)| Document {
        title,
        blocks,
        footer,
    })
}

/// Every text in a message, with the kind of object that it stands in.
fn texts(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("text" | "caption", Value::String(text)) => found.push((kind.to_owned(), text.clone())),
                    _ => texts(value, found),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        _ => {}
    }
}

fn check_slack(message: &Value) {
    let blocks = message["blocks"].as_array().expect("blocks");
    assert!(blocks.len() <= 50, "{} blocks", blocks.len());
    let tables = blocks.iter().filter(|block| block["type"] == "data_table" || block["type"] == "table").count();
    assert!(tables <= 1, "{tables} tables");
    let mut found = Vec::new();
    blocks.iter().for_each(|block| texts(block, &mut found));
    let chars: usize = found.iter().map(|(_, text)| text.chars().count()).sum();
    assert!(chars <= 12_000, "{chars} characters");
    for (kind, text) in &found {
        assert!(
            ["text", "plain_text", "raw_text", "data_table"].contains(&kind.as_str()),
            "text in a `{kind}`, which may be interpreted: {text}"
        );
        assert!(!text.is_empty() && text.chars().count() <= 9_000, "{} characters in one text", text.chars().count());
    }
    for block in blocks {
        match block["type"].as_str().expect("a type") {
            "header" => assert!(block["text"]["text"].as_str().expect("text").chars().count() <= 150),
            "context" => assert!(block["elements"].as_array().expect("elements").len() <= 10),
            "data_table" | "table" => {
                let rows = block["rows"].as_array().expect("rows");
                assert!(rows.len() <= 101, "{} rows", rows.len());
                let width = rows[0].as_array().expect("cells").len();
                assert!((1..=20).contains(&width), "{width} columns");
                assert!(rows.iter().all(|row| row.as_array().expect("cells").len() == width));
            }
            _ => {}
        }
    }
    let fallback = message["text"].as_str().expect("a fallback");
    assert!(!fallback.is_empty() && fallback.chars().count() <= 4_000);
    assert!(!fallback.contains('<') && !fallback.contains('>'), "Slack reads markup in it: {fallback}");
    assert_eq!(message["mrkdwn"], false);
}

fn invisible(text: &str) -> Option<char> {
    text.chars().find(|c| {
        *c != '\n' && (c.is_control() || ('\u{202A}'..='\u{202E}').contains(c) || ('\u{2066}'..='\u{2069}').contains(c))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_slack_message_keeps_every_limit_and_interprets_nothing(document in document(), share: bool) {
        for tables in [SlackTables::DataTable, SlackTables::Table, SlackTables::Text] {
            check_slack(&slack(&document, tables, share, None));
            check_slack(&slack(&document, tables, share, Some(&|choices| format!("{}.{}", choices.operation, choices.version))));
        }
    }

    #[test]
    fn rows_that_do_not_fit_are_counted_and_can_be_asked_for(table in table()) {
        let rows = table.rows.len();
        let message = slack(&Document::titled("x").with(Block::Table(table)), SlackTables::DataTable, false, None);
        let block = message["blocks"].as_array().unwrap().iter().find(|block| block["type"] == "data_table").cloned();
        let shown = block.as_ref().map_or(0, |block| block["rows"].as_array().unwrap().len() - 1);
        if shown < rows && shown > 0 {
            let text = message["blocks"].to_string();
            let counted = format!("Showing {} of {} that were read", shown, rows);
            let next = format!("things list --after-id id_{}", shown - 1);
            prop_assert!(text.contains(&counted), "{}", text);
            prop_assert!(text.contains(&next), "{}", text);
        }
    }

    #[test]
    fn text_for_a_terminal_steers_nothing(document in document()) {
        let text = text(&document);
        prop_assert_eq!(invisible(&text), None);
    }

    #[test]
    fn csv_reads_back_and_begins_no_formula(table in table()) {
        let expected: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(|cell| match cell {
            Cell::Nested { json, .. } => json.clone(),
            cell => cell.text().to_owned(),
        }).collect()).collect();
        let numbers: Vec<Vec<bool>> = table.rows.iter().map(|row| row.iter().map(|cell| matches!(cell, Cell::Number(_))).collect()).collect();
        let written = csv(&Document::titled("x").with(Block::Table(table)));
        let mut reader = ::csv::ReaderBuilder::new().has_headers(true).from_reader(written.as_bytes());
        let read: Vec<::csv::StringRecord> = reader.records().collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(read.len(), expected.len());
        for ((record, cells), numbers) in read.iter().zip(&expected).zip(&numbers) {
            for ((field, cell), number) in record.iter().zip(cells).zip(numbers) {
                prop_assert!(*number || !field.starts_with(['=', '+', '-', '@', '\t', '\r']), "{}", field);
                prop_assert_eq!(field.strip_prefix('\'').filter(|rest| *rest == cell).unwrap_or(field), cell);
            }
        }
    }

    #[test]
    fn markdown_links_pings_and_formats_nothing(text in foreign()) {
        let written = markdown(&Document::default().with(Block::Facts(vec![Fact::new("Name", text)])));
        let row = written.lines().nth(2).unwrap();
        let value = row.trim_start_matches("| Name | ").trim_end_matches(" |");
        prop_assert!(!value.contains("://") && !value.contains("www."), "{}", value);
        let mut escaped = false;
        for c in value.chars() {
            prop_assert!(escaped || !"<>@*_~`[]|!".contains(c), "{c} in {value}");
            escaped = c == '\\' && !escaped;
        }
    }
}

#[test]
fn a_notification_of_slack_has_one_line() {
    let document = Document::default().with(Block::Text("first\nsecond".to_owned()));
    assert_eq!(slack(&document, SlackTables::DataTable, false, None)["text"], "first second");
}
