//! Prints a Slack message as text, in the layout of its blocks.

use serde_json::Value;

/// Returns the lines that a person sees.
pub(super) fn paint(message: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for block in message["blocks"].as_array().into_iter().flatten() {
        match block["type"].as_str().unwrap_or_default() {
            "header" => lines.push(format!("# {}", text(&block["text"]))),
            "data_table" => {
                lines.push(block["caption"].as_str().unwrap_or_default().to_owned());
                lines.extend(table(&block["rows"]));
            }
            "table" => lines.extend(table(&block["rows"])),
            "actions" => {
                let buttons = block["elements"].as_array().into_iter().flatten();
                let labels: Vec<String> = buttons.map(|button| format!("[{}]", text(&button["text"]))).collect();
                lines.push(labels.join(" "));
            }
            "context" => {
                let elements: Vec<String> = block["elements"].as_array().into_iter().flatten().map(text).collect();
                lines.push(format!("({})", elements.join(" · ")));
            }
            _ => lines.extend(rich(block)),
        }
    }
    if lines.is_empty() {
        lines.push(message["text"].as_str().unwrap_or_default().to_owned());
    }
    lines
}

fn text(element: &Value) -> String {
    match element["type"].as_str() {
        Some("user") => format!("@{}", element["user_id"].as_str().unwrap_or_default()),
        _ => element["text"].as_str().unwrap_or_default().to_owned(),
    }
}

fn rich(block: &Value) -> Vec<String> {
    let sections = block["elements"].as_array().into_iter().flatten();
    let all: String =
        sections.flat_map(|section| section["elements"].as_array().into_iter().flatten()).map(text).collect();
    all.lines().map(str::to_owned).collect()
}

fn table(rows: &Value) -> Vec<String> {
    let rows: Vec<Vec<String>> = rows
        .as_array()
        .into_iter()
        .flatten()
        .map(|row| row.as_array().into_iter().flatten().map(text).collect())
        .collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or_default()
        })
        .collect();
    rows.iter()
        .map(|row| {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            format!("| {} |", cells.join(" | "))
        })
        .collect()
}
