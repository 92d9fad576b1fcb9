//! The documented limits of Slack for a message.

use serde_json::Value;

/// Slack rejects a message above this limit, whatever its blocks.
const MOST_CHARS: usize = 12_000;

/// A limit of the text of an object, by where the object is.
const TEXT_LIMITS: [(&str, usize); 6] = [
    ("/header/text", 150),
    ("/button/text", 75),
    ("/confirm/title", 100),
    ("/confirm/text", 300),
    ("/confirm/confirm", 30),
    ("/confirm/deny", 30),
];

/// Panics at the first limit that a message exceeds, and at text that Slack would interpret.
pub(super) fn check_slack(message: &Value) {
    let blocks = message["blocks"].as_array().expect("blocks");
    assert!((1..=50).contains(&blocks.len()) || blocks.is_empty(), "{} blocks", blocks.len());
    let count = |kinds: &[&str]| blocks.iter().filter(|block| kinds.contains(&kind(block))).count();
    assert!(count(&["table", "data_table"]) <= 1, "more than one table");
    assert!(count(&["data_visualization"]) <= 2, "more than two charts");
    let chars: usize = blocks.iter().map(|block| check_texts("", block)).sum();
    assert!(chars <= MOST_CHARS, "{chars} characters");
    blocks.iter().for_each(check_block);
    let fallback = message["text"].as_str().expect("a fallback");
    assert!((1..=4_000).contains(&fallback.chars().count()), "a fallback of {} characters", fallback.chars().count());
    assert!(!fallback.contains(['<', '>', '\n']), "Slack reads markup in it: {fallback}");
    assert_eq!(message["mrkdwn"], false);
}

fn kind(block: &Value) -> &str {
    block["type"].as_str().expect("a type")
}

fn list<'v>(value: &'v Value, name: &str) -> &'v Vec<Value> {
    value[name].as_array().unwrap_or_else(|| panic!("no {name} in {value}"))
}

fn check_block(block: &Value) {
    match kind(block) {
        "header" | "rich_text" => {}
        "context" => {
            assert!((1..=10).contains(&list(block, "elements").len()), "{} elements", list(block, "elements").len());
        }
        "actions" => {
            let elements = list(block, "elements");
            assert!((1..=25).contains(&elements.len()), "{} elements", elements.len());
            let (boxes, buttons): (Vec<_>, Vec<_>) = elements.iter().partition(|one| kind(one) == "checkboxes");
            boxes.into_iter().for_each(check_boxes);
            for button in buttons {
                let length = |name: &str| button[name].as_str().expect("a text").chars().count();
                assert!((1..=255).contains(&length("action_id")) && length("value") <= 2_000, "{button}");
            }
        }
        "table" => check_table(block, 100, 10_000, &["raw_text", "rich_text"]),
        "data_table" => {
            // One row for the head. Older pages of the documentation state 100, newer ones 200.
            check_table(block, 101, 20_000, &["raw_text", "raw_number", "rich_text"]);
            assert!(!block["caption"].as_str().expect("a caption").is_empty());
            assert!((1..=100).contains(&block["page_size"].as_u64().unwrap()));
            assert_eq!(block["rows"][0].as_array().unwrap().iter().filter(|cell| kind(cell) != "raw_text").count(), 0);
        }
        "data_visualization" => check_chart(block),
        other => panic!("a block `{other}`, whose limits are not checked"),
    }
}

fn check_boxes(element: &Value) {
    let options = list(element, "options");
    assert!((1..=10).contains(&options.len()), "{} options", options.len());
    for option in options {
        let length = |text: &Value| text.as_str().expect("a text").chars().count();
        assert!((1..=75).contains(&length(&option["text"]["text"])), "{option}");
        assert!((1..=150).contains(&length(&option["value"])), "{option}");
    }
    if let Some(selected) = element.get("initial_options") {
        let selected = selected.as_array().expect("a list");
        assert!(!selected.is_empty() && selected.iter().all(|one| options.contains(one)), "{element}");
    }
}

fn check_table(block: &Value, most_rows: usize, most_chars: usize, kinds: &[&str]) {
    let rows: Vec<&Vec<Value>> = list(block, "rows").iter().map(|row| row.as_array().expect("cells")).collect();
    assert!((1..=most_rows).contains(&rows.len()), "{} rows", rows.len());
    let width = rows[0].len();
    assert!((1..=20).contains(&width), "{width} columns");
    let mut chars = 0;
    for cell in rows.iter().flat_map(|row| row.iter()) {
        assert!(kinds.contains(&kind(cell)), "{cell}");
        assert!(kind(cell) != "raw_number" || cell["value"].is_number(), "{cell}");
        chars += cell["text"].as_str().expect("text").chars().count();
    }
    assert!(rows.iter().all(|row| row.len() == width) && chars <= most_chars, "{chars} characters of cells");
}

fn check_chart(block: &Value) {
    let within = |value: &Value, most: usize| {
        let length = value.as_str().expect("text").chars().count();
        assert!((1..=most).contains(&length), "{value} has {length} characters");
    };
    let (chart, axes) = (&block["chart"], &block["chart"]["axis_config"]);
    [&block["title"], &axes["x_label"], &axes["y_label"]].into_iter().for_each(|label| within(label, 50));
    let categories = list(axes, "categories");
    assert!((1..=20).contains(&categories.len()), "{} points", categories.len());
    for (index, category) in categories.iter().enumerate() {
        within(category, 20);
        assert!(!categories[..index].contains(category), "{category} is there twice");
    }
    assert!((1..=6).contains(&list(chart, "series").len()));
    for series in list(chart, "series") {
        within(&series["name"], 20);
        let labels: Vec<&Value> = list(series, "data").iter().map(|point| &point["label"]).collect();
        assert!(labels.iter().copied().eq(categories), "every series covers every category");
        assert!(list(series, "data").iter().all(|point| point["value"].is_number()), "{series}");
    }
}

/// Checks every text in a value, and counts the characters of all texts. `path` is the path from the kind of the block
/// to the value.
fn check_texts(path: &str, value: &Value) -> usize {
    match value {
        Value::Object(fields) => {
            let kind = fields.get("type").and_then(Value::as_str).unwrap_or_default();
            let path = if matches!(kind, "header" | "button") { format!("/{kind}") } else { path.to_owned() };
            let fields = fields.iter();
            fields
                .map(|(name, value)| match value {
                    Value::String(text) if matches!(name.as_str(), "text" | "caption") => check_text(&path, kind, text),
                    _ => check_texts(&format!("{path}/{name}"), value),
                })
                .sum()
        }
        Value::Array(items) => items.iter().map(|item| check_texts(path, item)).sum(),
        _ => 0,
    }
}

fn check_text(path: &str, kind: &str, text: &str) -> usize {
    let chars = text.chars().count();
    assert!(
        ["text", "plain_text", "raw_text", "raw_number", "data_table"].contains(&kind),
        "text in a `{kind}`, which may be interpreted: {text}"
    );
    let most = TEXT_LIMITS.iter().find(|(place, _)| path.ends_with(place)).map_or(9_000, |(_, most)| *most);
    assert!((1..=most).contains(&chars), "{chars} characters at {path}, of which {most} are allowed");
    chars
}
