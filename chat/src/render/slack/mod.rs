//! Slack messages in Block Kit.
//!
//! Text from outside is only in elements that Slack does not interpret: `raw_text` cells, `plain_text` without emoji,
//! and text of `rich_text`. By construction, no message exceeds the limits of Slack. Omitted rows are
//! counted, and the message names the command that shows them.

mod budget;
mod chart;
mod choices;
mod form;
mod limits;
mod offers;
mod table;

pub use choices::{action_id, boxes_of, choice_of};
pub use form::{slack_form, slack_form_errors, slack_form_values};
pub use offers::runs_command;
pub use table::SlackTables;

use super::visible::{shortened, visible};
use crate::document::{Block, Cell, Choices, Document};
use crate::identity::Platform;
use budget::Budget;
use serde_json::{Value, json};
use std::collections::VecDeque;

/// The maximum number of characters of a text that is shown unchanged.
const MAX_VERBATIM: usize = 9_000;
/// The maximum number of characters of the command below such a text.
const MAX_NOTE: usize = 1_000;
/// The text for notifications and screen readers. Escaping makes it at most five times as long.
const MAX_FALLBACK: usize = 600;

/// The additions of the app of a host to messages.
#[derive(Clone, Copy)]
pub struct SlackApp<'a> {
    /// Creates the value of the buttons of a choice.
    pub button: &'a dyn Fn(&Choices) -> String,
    /// Whether it sends long results as files.
    pub files: bool,
    /// Creates the value of a button that runs a command.
    pub run: &'a dyn Fn(&str) -> String,
    /// The command that reads the whole list of which a part is shown, if there is one.
    pub whole_list: Option<&'a str>,
}

impl std::fmt::Debug for SlackApp<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SlackApp").field("files", &self.files).finish_non_exhaustive()
    }
}

/// Writes a document as a Slack message: the reply to a slash command, or the body for a `response_url`.
///
/// Without an app, choices are commands to type.
#[must_use]
pub fn slack(document: &Document, tables: SlackTables, share: bool, app: Option<SlackApp<'_>>) -> Value {
    let mut writer = Writer {
        budget: Budget::default(),
        blocks: Vec::new(),
        decisions: VecDeque::new(),
        reserved: 0,
        tables,
        app,
        cut: false,
    };
    writer.decisions(document);
    if !document.title.is_empty() {
        let title = writer.budget.take(&visible(&document.title), limits::HEADER, &mut writer.cut);
        writer.blocks.push(json!({"type": "header", "text": plain(&title)}));
    }
    for block in &document.blocks {
        writer.block(block);
    }
    writer.footer(&document.footer);
    let message = json!({"response_type": response_type(share), "mrkdwn": false, "text": fallback(document)});
    with_list(message, "blocks", writer.blocks)
}

/// Puts a list into an object without a copy. The macro would copy all of its content.
fn with_list(mut object: Value, name: &str, list: Vec<Value>) -> Value {
    object[name] = Value::Array(list);
    object
}

/// Whether text for programs fits into a message.
#[must_use]
pub fn fits_slack(text: &str) -> bool {
    text.chars().count() <= MAX_VERBATIM
}

/// Writes text for programs as a Slack message: unchanged, in one block. `document` has the same content for people,
/// and `command` is the command that produced it. `file`: a file with all of it follows if it does not fit.
#[must_use]
pub fn slack_verbatim(text: &str, document: &Document, command: Option<&str>, share: bool, file: bool) -> Value {
    let shown: String = text.chars().take(MAX_VERBATIM).collect();
    let mut note =
        shortened(&visible(command.filter(|command| !command.is_empty()).unwrap_or("claude-admin")), MAX_NOTE).0;
    if !fits_slack(text) {
        note.push_str(match file {
            true => " · shortened to fit into a message; a file with the full text follows as a direct message",
            false => " · shortened to fit into a message; run the command on the command line for the full text",
        });
    }
    let shown = if shown.is_empty() { "(nothing)" } else { &shown };
    json!({
        "response_type": response_type(share),
        "mrkdwn": false,
        "text": fallback(document),
        "blocks": [
            {"type": "rich_text", "elements": [{"type": "rich_text_preformatted", "elements": [{"type": "text", "text": shown}]}]},
            {"type": "context", "elements": [plain(&note)]},
        ],
    })
}

/// A sentence of this program as a Slack message, visible only to the requester.
#[must_use]
pub fn slack_note(text: &str) -> Value {
    json!({"response_type": response_type(false), "text": text})
}

fn response_type(share: bool) -> &'static str {
    if share { "in_channel" } else { "ephemeral" }
}

struct Writer<'w> {
    budget: Budget,
    blocks: Vec<Value>,
    /// The blocks of each choice, until its place in the message.
    decisions: VecDeque<Vec<Value>>,
    /// The number of blocks that are reserved for them.
    reserved: usize,
    tables: SlackTables,
    app: Option<SlackApp<'w>>,
    /// Whether any text was shortened.
    cut: bool,
}

impl Writer<'_> {
    /// Writes the choices before everything else. They are at the end of a message, and tables in front of them can use
    /// up its space.
    fn decisions(&mut self, document: &Document) {
        for block in &document.blocks {
            if let Block::Choices(choices) = block {
                choices::write(self, choices);
                let written = std::mem::take(&mut self.blocks);
                self.reserved += written.len();
                self.decisions.push_back(written);
            }
        }
    }

    /// Whether so many more blocks fit. Two are reserved for the footer and the note about shortened text.
    fn has_space(&self, blocks: usize) -> bool {
        self.blocks.len() + self.reserved + blocks + 2 <= limits::BLOCKS
    }

    fn block(&mut self, block: &Block) {
        if let Block::Choices(_) = block {
            let written = self.decisions.pop_front().unwrap_or_default();
            self.reserved -= written.len();
            self.blocks.extend(written);
            return;
        }
        if !self.has_space(1) {
            self.cut = true;
            return;
        }
        match block {
            Block::Text(text) => self.rich(vec![vec![(text.clone(), Style::Plain)]]),
            Block::Notice(notice) => {
                let mut lines = vec![vec![(notice.text.clone(), Style::Bold)]];
                lines.extend(notice.hint.iter().map(|hint| vec![(hint.clone(), Style::Plain)]));
                self.rich(lines);
            }
            Block::Facts(facts) => self.rich(
                facts
                    .iter()
                    .map(|fact| {
                        vec![
                            (format!("{}: ", fact.label), Style::Bold),
                            (shown(&fact.cell).to_owned(), style(&fact.cell)),
                        ]
                    })
                    .collect(),
            ),
            Block::Commands(commands) => self.rich(
                commands
                    .iter()
                    .map(|(command, what)| {
                        let what = if what.is_empty() { String::new() } else { format!("  {what}") };
                        vec![(command.clone(), Style::Code), (what, Style::Plain)]
                    })
                    .collect(),
            ),
            // They are written already.
            Block::Choices(_) => {}
            Block::Table(table) => table::write(self, table),
            Block::Chart(chart) => chart::write(self, chart),
        }
    }

    /// Lines of styled text in one block.
    fn rich(&mut self, lines: Vec<Vec<(String, Style)>>) {
        let mut elements = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            for (text, style) in line {
                let text = text.lines().map(visible).collect::<Vec<_>>().join("\n");
                let text = self.budget.take(&text, limits::TEXT, &mut self.cut);
                if !text.is_empty() {
                    elements.push(style.element(&text));
                }
            }
            if index + 1 < lines.len() && !elements.is_empty() && self.budget.try_take(1) {
                elements.push(json!({"type": "text", "text": "\n"}));
            }
        }
        if !elements.is_empty() {
            let section = with_list(json!({"type": "rich_text_section"}), "elements", elements);
            self.blocks.push(with_list(json!({"type": "rich_text"}), "elements", vec![section]));
        }
    }

    fn footer(&mut self, lines: &[String]) {
        let cut = std::mem::take(&mut self.cut);
        let mut elements: Vec<Value> = lines
            .iter()
            .take(limits::CONTEXT_ELEMENTS - 1)
            .map(|line| self.budget.take_reserved(&visible(line)))
            .filter(|line| !line.is_empty())
            .map(|line| plain(&line))
            .collect();
        if cut || self.cut {
            let full = match self.app {
                Some(SlackApp { files: true, .. }) => {
                    "A command that reads can be repeated with -o csv: the full result follows as a file."
                }
                _ => "For the full result, run the command on the command line with -o json.",
            };
            elements.push(plain(&format!("Shortened to fit into a message. {full}")));
        }
        if !elements.is_empty() {
            self.blocks.push(with_list(json!({"type": "context"}), "elements", elements));
        }
    }
}

#[derive(Clone)]
enum Style {
    Plain,
    Bold,
    Code,
    /// A Slack user, by ID: Slack shows the name.
    Person(String),
}

/// Only users that Slack authenticated are mentioned.
fn style(cell: &Cell) -> Style {
    match cell {
        Cell::Person { principal, .. } if principal.platform == Platform::Slack => {
            Style::Person(principal.user.clone())
        }
        _ => Style::Plain,
    }
}

impl Style {
    fn element(&self, text: &str) -> Value {
        match self {
            Self::Plain => json!({"type": "text", "text": text}),
            Self::Bold => json!({"type": "text", "text": text, "style": {"bold": true}}),
            Self::Code => json!({"type": "text", "text": text, "style": {"code": true}}),
            Self::Person(user) => json!({"type": "user", "user_id": user}),
        }
    }
}

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text, "emoji": false})
}

fn shown(cell: &Cell) -> &str {
    match cell {
        Cell::Missing => "–",
        cell if cell.text().is_empty() => "–",
        cell => cell.text(),
    }
}

/// The main content in one text. Slack interprets entities in it, so they are escaped.
fn fallback(document: &Document) -> String {
    let mut parts = vec![document.title.clone()];
    for block in &document.blocks {
        match block {
            Block::Notice(notice) => {
                parts.push(notice.text.clone());
                parts.extend(notice.hint.clone());
            }
            Block::Table(table) => parts.push(table.caption.clone()),
            Block::Facts(facts) => {
                let said = facts.iter().filter(|fact| fact.cell != Cell::Missing);
                parts.extend(said.map(|fact| format!("{}: {}", fact.label, fact.cell.text())));
            }
            Block::Commands(commands) => parts.extend(commands.iter().map(|(command, _)| command.clone())),
            Block::Text(text) => parts.push(text.clone()),
            Block::Choices(choices) => {
                parts.extend(choices.choices.iter().map(|(choice, _)| choices.command(*choice)));
            }
            Block::Chart(chart) => parts.push(chart.title.clone()),
        }
    }
    parts.retain(|part| !part.is_empty());
    // A notification has only one line.
    let line = parts.join(" – ").lines().collect::<Vec<_>>().join(" ");
    let text: String = visible(&line).chars().take(MAX_FALLBACK).collect();
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    if text.is_empty() { "claude-admin".to_owned() } else { text }
}
