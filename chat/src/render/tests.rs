//! For every document, each renderer follows its rules.

mod documents;
mod slack_limits;

use super::{
    Medium, SlackApp, SlackTables, TextRows, csv_on, csv_values, json, markdown, slack, slack_verbatim, svg, text_on,
    visible,
};
use crate::document::{Block, Cell, Chart, Choices, Column, Document, Fact, Level, Notice, Point, Table};
use crate::hidden::is_hidden;
use documents::{columns, document, foreign, table};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json};
use slack_limits::check_slack;

/// A hidden character of a text, without line breaks, allowed characters, and those that are valid in words and emoji:
/// a wrapped line can end with one.
fn steering<'t>(text: &'t str, allowed: &'t [char]) -> impl Iterator<Item = char> + 't {
    let has_a_place = |c: char| {
        matches!(c, '\u{180B}'..='\u{180D}' | '\u{180F}' | '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}'
            | '\u{E0020}'..='\u{E007F}' | '\u{E0100}'..='\u{E01EF}')
    };
    text.chars().filter(move |c| *c != '\n' && !allowed.contains(c) && is_hidden(*c) && !has_a_place(*c))
}

/// The width of a line on a terminal.
fn width(line: &str) -> u16 {
    let mut table = comfy_table::Table::new();
    table.add_row([line]);
    table.column_max_content_widths()[0]
}

fn check_lines(text: &str, columns: u16) -> Result<(), TestCaseError> {
    for line in text.lines().filter(|line| !line.is_empty()) {
        // A character that is counted as three columns, such as U+17D8, does not fit in the narrowest column of two.
        let beyond = |line: &str| line.chars().map(|c| width(&c.to_string()).saturating_sub(2)).sum::<u16>();
        let fits = width(line) <= columns || width(line) <= columns + beyond(line);
        prop_assert!(fits, "{} characters on {columns}: {line}", width(line));
    }
    Ok(())
}

/// Whether a spreadsheet with any separator would read a part of a cell as a formula.
fn is_formula(cell: &str) -> bool {
    let begins = |part: &str| {
        part.trim_start_matches(|c: char| c.is_whitespace() || c == '"' || is_hidden(c))
            .starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠'])
    };
    cell.split([';', '|', '\t', '\n', '\r']).any(begins) || cell.starts_with(['\t', '\r', '\n'])
}

fn is_number(text: &str) -> bool {
    text.trim() == text && serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_number())
        || ["1e400", "-1e400"].contains(&text)
}

/// The text of a cell in CSV, without the guard characters.
fn expected(cell: &str) -> String {
    visible(&cell.replace(['\n', '\t'], "")).replace('\'', "")
}

fn read_csv(written: &str) -> Vec<::csv::StringRecord> {
    let reader = ::csv::ReaderBuilder::new().has_headers(true).from_reader(written.as_bytes());
    reader.into_records().collect::<Result<_, _>>().unwrap()
}

#[test]
fn rows_after_an_empty_first_page_fit_the_terminal() {
    let column = |field: &str| Column { field: field.to_owned(), label: field.to_owned(), unit: None, shown: true };
    let table = Table { columns: ["a", "b", "c", "d", "e"].map(column).to_vec(), ..Table::default() };
    let rows = vec![vec![Cell::Text("a long text".to_owned()); 5]];
    let mut written = TextRows::new(Medium::Terminal { columns: 8, has_color: false });
    check_lines(&written.rows(&table), 8).unwrap();
    check_lines(&written.rows(&Table { rows, ..table }), 8).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn slack_message_keeps_every_limit_and_interprets_nothing(document in document(), share: bool) {
        for tables in [SlackTables::DataTable, SlackTables::Table, SlackTables::Text] {
            check_slack(&slack(&document, tables, share, None));
            let button = |choices: &Choices| format!("{}.{}", choices.operation, choices.version);
            let run = |command: &str| format!("{command}.mac");
            check_slack(&slack(&document, tables, share, Some(SlackApp { button: &button, files: share, run: &run, whole_list: Some("users list --all") })));
        }
    }

    #[test]
    fn slack_message_for_programs_keeps_every_limit(document in document(), command in prop::option::of(foreign())) {
        for text in [csv_on(&document, Medium::Stream), markdown(&document)] {
            check_slack(&slack_verbatim(&text, &document, command.as_deref(), false, text.len() % 2 == 0));
        }
    }

    #[test]
    fn rows_that_do_not_fit_are_counted_and_can_be_asked_for(table in table()) {
        let rows = table.rows.len();
        for (tables, kind) in [(SlackTables::DataTable, "data_table"), (SlackTables::Table, "table")] {
            let message = slack(&Document::titled("x").with(Block::Table(table.clone())), tables, false, None);
            let block = message["blocks"].as_array().unwrap().iter().find(|block| block["type"] == kind).cloned();
            let shown = block.as_ref().map_or(0, |block| block["rows"].as_array().unwrap().len() - 1);
            if shown < rows && shown > 0 {
                let text = message["blocks"].to_string();
                let counted = format!("Showing {} of {} that were read", shown, rows);
                let next = format!("things list --after-id id_{}", shown - 1);
                prop_assert!(text.contains(&counted), "{}", text);
                prop_assert!(text.contains(&next), "{}", text);
            }
        }
    }

    #[test]
    fn text_steers_nothing_and_fits_the_terminal(document in document(), columns in columns()) {
        prop_assert_eq!(steering(&text_on(&document, Medium::Stream), &[]).next(), None);
        let text = text_on(&document, Medium::Terminal { columns, has_color: false });
        prop_assert_eq!(steering(&text, &[]).next(), None);
        check_lines(&text, columns)?;
    }

    #[test]
    fn parts_of_a_list_fit_the_terminal_and_align(tables in vec(table(), 1..3), columns in columns()) {
        let mut rows = TextRows::new(Medium::Terminal { columns, has_color: false });
        let mut first = tables[0].clone();
        for table in &tables {
            // Every part of a list has the same columns.
            first.rows = table.rows.iter().map(|row| first.columns.iter().enumerate()
                .map(|(index, _)| row.get(index).cloned().unwrap_or(Cell::Missing)).collect()).collect();
            let text = rows.rows(&first);
            prop_assert_eq!(steering(&text, &[]).next(), None);
            check_lines(&text, columns)?;
        }
    }

    #[test]
    fn csv_keeps_numbers_and_guards_text(table in table(), columns in columns()) {
        let document = Document::titled("x").with(Block::Table(table.clone()));
        for medium in [Medium::Stream, Medium::Terminal { columns, has_color: false }] {
            let written = csv_on(&document, medium);
            let read = read_csv(&written);
            prop_assert_eq!(read.len(), table.rows.len());
            let allowed: &[char] = if medium == Medium::Stream { &['\t'] } else { &[] };
            prop_assert_eq!(steering(&written, allowed).next(), None);
            for (field, cell) in read.iter().zip(&table.rows).flat_map(|(record, row)| record.iter().zip(row)) {
                match cell {
                    Cell::Missing => prop_assert_eq!(field, ""),
                    Cell::Bool(value) => prop_assert_eq!(field, value.to_string()),
                    Cell::Number(number) | Cell::Money { cents: number, .. } if is_number(number) => prop_assert_eq!(field, number),
                    Cell::Nested { json, .. } => {
                        prop_assert!(!is_formula(field), "{}", field);
                        prop_assert_eq!(serde_json::from_str::<Value>(field).unwrap(), serde_json::from_str::<Value>(json).unwrap());
                    }
                    Cell::Number(text) | Cell::Money { cents: text, .. } | Cell::Text(text) | Cell::Sentence(text) | Cell::Time { utc: text, .. }
                    | Cell::Person { text, .. } => {
                        prop_assert!(!is_formula(field), "{}", field);
                        if medium == Medium::Stream {
                            prop_assert_eq!(expected(field), expected(text));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn csv_of_an_empty_list_has_the_head_of_a_full_one(table in table()) {
        let head = |table: Table| csv_on(&Document::default().with(Block::Table(table)), Medium::Stream);
        let empty = head(Table { rows: Vec::new(), ..table.clone() });
        prop_assert!(!empty.is_empty() && head(table).starts_with(&empty));
    }

    #[test]
    fn csv_has_no_row_of_prose(texts in vec(foreign(), 1..4)) {
        let blocks = texts.iter().flat_map(|text| {
            let notice = Notice { level: Level::Error, text: text.clone(), hint: Some(text.clone()) };
            [Block::Text(text.clone()), Block::Notice(notice)]
        });
        let document = Document { blocks: blocks.collect(), ..Document::titled("x") };
        prop_assert_eq!(csv_on(&document, Medium::Stream), "");
        let facts = Document { blocks: [document.blocks, vec![Block::Facts(vec![Fact::new("A b", "c")])]].concat(), ..Document::default() };
        prop_assert_eq!(csv_on(&facts, Medium::Stream), "a_b\nc\n");
    }

    #[test]
    fn data_as_csv_has_the_names_as_head(texts in vec((foreign(), foreign()), 1..6)) {
        let object = |(name, text): &(String, String)| json!({ "name": name, "text": text, "count": -3, "nothing": null, "parts": [text] });
        let written = csv_values(&texts.iter().map(object).collect(), Medium::Stream);
        prop_assert!(written.starts_with("name,text,count,nothing,parts\n"), "{}", written);
        prop_assert_eq!(steering(&written, &['\t']).next(), None);
        let read = read_csv(&written);
        prop_assert_eq!(read.len(), texts.len());
        for record in &read {
            prop_assert!(!is_formula(&record[0]) && !is_formula(&record[1]) && !is_formula(&record[4]), "{:?}", record);
            prop_assert_eq!((&record[2], &record[3]), ("-3", ""));
        }
    }

    #[test]
    fn json_steers_nothing_and_means_the_same(name in foreign(), text in foreign()) {
        let value = json!({ name: [text, -1] });
        let written = json(&value);
        prop_assert_eq!(steering(&written, &[]).next(), None);
        prop_assert_eq!(serde_json::from_str::<Value>(&written).unwrap(), value);
    }

    #[test]
    fn svg_steers_nothing_and_has_no_markup_from_outside(label in foreign(), text in foreign(), value: f64) {
        let point = Point { label: label.clone(), value, text };
        let svg = svg(&Chart { title: label.clone(), x_label: label.clone(), y_label: label, points: vec![point] });
        prop_assert_eq!(steering(&svg, &[]).next(), None);
        // One for the picture, two for the title and the label, one for the bar and one for the value, and their ends.
        prop_assert_eq!(svg.matches('<').count(), 9, "{}", svg);
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf"), "{}", svg);
    }

    #[test]
    fn markdown_steers_nothing(document in document()) {
        prop_assert_eq!(steering(&markdown(&document), &[]).next(), None);
    }

    #[test]
    fn markdown_links_pings_and_formats_nothing(text in foreign()) {
        let written = markdown(&Document::default().with(Block::Facts(vec![Fact::new("Name", text)])));
        let row = written.lines().nth(2).unwrap();
        let value = row.trim_start_matches("| Name | ").trim_end_matches(" |");
        prop_assert!(!value.contains("://") && !value.to_lowercase().contains("www."), "{}", value);
        let mut escaped = false;
        for c in value.chars() {
            prop_assert!(escaped || !"<>@*_~`[]|!".contains(c), "{c} in {value}");
            escaped = c == '\\' && !escaped;
        }
    }
}

#[test]
fn slack_notification_text_is_one_line_of_the_document() {
    let document = Document::default().with(Block::Text("first\nsecond".to_owned()));
    assert_eq!(slack(&document, SlackTables::DataTable, false, None)["text"], "first second");
    let document = Document::titled("You").with(Block::Facts(vec![Fact::new("Principal", "local:ada")]));
    for message in
        [slack(&document, SlackTables::Text, false, None), slack_verbatim("{}", &document, None, false, false)]
    {
        assert_eq!(message["text"], "You – Principal: local:ada");
    }
}

#[test]
fn tables_of_slack_stop_at_the_border_of_their_limit() {
    let table = |rows: i32| Table {
        caption: "Things".to_owned(),
        columns: vec![Column { field: "n".to_owned(), label: "N".to_owned(), unit: None, shown: true }],
        rows: (0..rows).map(|row| vec![Cell::Number(row.to_string())]).collect(),
        ..Table::default()
    };
    for (tables, kind, most) in [(SlackTables::DataTable, "data_table", 101), (SlackTables::Table, "table", 100)] {
        for rows in [98, 99, 100, 101, 102] {
            let message = slack(&Document::default().with(Block::Table(table(rows))), tables, false, None);
            check_slack(&message);
            let block = message["blocks"].as_array().unwrap().iter().find(|block| block["type"] == kind).unwrap();
            assert_eq!(block["rows"].as_array().unwrap().len(), most.min(rows as usize + 1), "{rows} rows as {kind}");
        }
    }
    let message = slack(&Document::default().with(Block::Table(table(2))), SlackTables::DataTable, false, None);
    assert_eq!(message["blocks"][0]["rows"][2][0], json!({ "type": "raw_number", "value": 1.0, "text": "1" }));
}

#[test]
fn chart_with_labels_wider_than_any_line_is_no_panic() {
    let point = |label: &str| Point { label: label.repeat(70_000), value: 1.0, text: label.repeat(70_000) };
    let chart = Chart {
        title: "Tokens".to_owned(),
        x_label: "day".to_owned(),
        y_label: "tokens".to_owned(),
        points: vec![point("a"), point("b")],
    };
    let document = Document::default().with(Block::Chart(chart));
    for medium in [Medium::Stream, Medium::Terminal { columns: 80, has_color: false }] {
        assert!(text_on(&document, medium).contains('a'));
    }
}
