//! Random documents with hostile texts, for the tests of all renderers.

use crate::Choice;
use crate::document::{
    Block, Cell, Chart, Choices, Column, Document, Fact, Level, Next, Notice, OptionalStep, Point, Table,
};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Texts with special meanings: markup, mentions, links, formulas, escape sequences of terminals, characters that
/// reverse or hide text.
const HOSTILE: [&str; 58] = [
    "<!channel>",
    "<!here|x>",
    "<@U1>",
    "<#C1>",
    "<!subteam^S1>",
    "<https://evil.example|good>",
    "*bold* _it_ ~no~ `code`",
    "@here",
    ":skull:",
    "&lt;!channel&gt;",
    "=HYPERLINK(\"x\")",
    "+1",
    "-1",
    "@SUM(A1)",
    "＝1+1",
    "＋1",
    "－1",
    "＠x",
    "x;=1+1",
    "x;＝1+1",
    "x|@y",
    "x\t=1",
    "x\n=1",
    "x\r\n-1",
    ";",
    "\t",
    ",",
    "|",
    "\r",
    "\"",
    "'",
    "\"=1",
    " =1",
    "\u{200b}=1",
    "\u{feff}=1",
    "\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{9b}31m",
    "\u{9d}0;x\u{9c}",
    "\u{8}\u{8}",
    "\u{7f}",
    "\0",
    "\u{202e}gnp.exe",
    "\u{2067}x",
    "\u{200f}",
    "\u{61c}",
    "\u{2028}",
    "\u{e0041}\u{e0042}",
    "\u{2060}\u{ad}",
    "| a | b |",
    "[x](https://evil.example)",
    "![i](x)",
    "# head",
    "- item",
    "Www.evil.example",
    "https://evil.example",
    "a@example.com",
    "</td><script>",
];

/// Texts that can come from outside: dangerous texts separately and combined, any other text, short and very long.
pub(super) fn foreign() -> impl Strategy<Value = String> {
    let hostile = || prop::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned);
    prop_oneof![
        3 => "\\PC{0,40}",
        1 => "\\PC{0,4000}",
        1 => any::<String>(),
        1 => "[\\x00-\\x1f\\x7f-\\u{9f}\\u{200b}-\\u{202e}]{1,5}[a-z]{0,5}",
        4 => hostile(),
        2 => vec(prop_oneof![hostile(), "[a-z ]{0,6}".boxed()], 1..6).prop_map(|parts| parts.concat()),
        1 => (hostile(), 1_usize..600).prop_map(|(text, times)| text.repeat(times)),
    ]
}

/// Numbers that an API can send, at the limits of their types and beyond, and texts that only resemble numbers.
fn number() -> impl Strategy<Value = String> {
    let borders =
        ["0", "-0", "-500.25", "1e400", "-1e400", "9223372036854775807", "18446744073709551615", "0.1", "1E-7"];
    prop_oneof![
        2 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_filter("a number", |number| number.is_finite()).prop_map(|number| number.to_string()),
        2 => prop::sample::select(borders.to_vec()).prop_map(str::to_owned),
        1 => foreign(),
    ]
}

fn cell() -> impl Strategy<Value = Cell> {
    prop_oneof![
        Just(Cell::Missing),
        foreign().prop_map(Cell::Text),
        number().prop_map(Cell::Number),
        (foreign(), number()).prop_map(|(text, cents)| Cell::Money { text, cents }),
        foreign().prop_map(Cell::time),
        (foreign(), vec((foreign(), foreign()), 0..4)).prop_map(|(text, values)| {
            let values = values.into_iter().map(|(name, value)| json!({ name: [value, -1] }));
            Cell::Nested { text, json: values.collect::<Value>().to_string() }
        }),
    ]
}

pub(super) fn table() -> impl Strategy<Value = Table> {
    (1_usize..25, 0_usize..150).prop_flat_map(|(columns, rows)| {
        let names = vec((foreign(), foreign(), any::<bool>()), columns);
        (names, vec(vec(cell(), columns), rows), foreign(), any::<bool>()).prop_map(|(names, rows, caption, more)| {
            let mut columns: Vec<Column> =
                names.into_iter().map(|(field, label, shown)| Column { field, label, unit: None, shown }).collect();
            columns[0].shown = true;
            let cursors = (0..rows.len()).map(|row| format!("id_{row}")).collect();
            let next = Next::After { command: "things list --after-id".to_owned(), cursors, more };
            Table { caption, columns, rows, next, ..Table::default() }
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
        (foreign(), vec((foreign(), any::<f64>(), foreign()), 0..25)).prop_map(|(title, points)| Block::Chart(Chart {
            x_label: title.clone(),
            y_label: title.chars().rev().collect(),
            title,
            points: points.into_iter().map(|(label, value, text)| Point { label, value, text }).collect(),
        })),
        foreign().prop_map(|text| Block::Choices(Choices {
            operation: "7qk2abcd".to_owned(),
            version: 1,
            harmful: text.len() % 2 == 0,
            choices: vec![(Choice::Approve, text.clone()), (Choice::Reject, "Reject".to_owned())],
            options: (1..=text.len() as u32)
                .map(|number| OptionalStep { number, change: text.clone(), selected: number % 2 == 0 })
                .collect(),
            text,
        })),
    ]
}

pub(super) fn document() -> impl Strategy<Value = Document> {
    (foreign(), vec(block(), 0..8), vec(foreign(), 0..15)).prop_map(|(title, blocks, footer)| Document {
        title,
        blocks,
        footer,
        ..Document::default()
    })
}

/// The possible widths of a terminal.
pub(super) fn columns() -> impl Strategy<Value = u16> {
    prop_oneof![3 => 20_u16..260, 1 => Just(80_u16), 1 => 8_u16..20]
}
