//! One neutral result, which every frontend renders in its own way.
//!
//! All text in a document can come from outside (names, messages). A renderer must show it unchanged and must not let
//! any of it ping, link or format.

mod advice;
mod chart;
mod content;
mod flat;
mod from_failure;
mod from_result;
mod label;
mod money;
mod names;
mod question;
mod report;
#[cfg(test)]
mod sample;
mod secret;
mod unit;

pub use advice::Reader;
pub use chart::{Chart, Point};
pub use content::content_owners;
pub use from_failure::{TELL_THE_ADMINISTRATOR, command_error, failure, look_first, notice, request_less};
#[cfg(test)]
pub(crate) use from_result::column_names;
pub use from_result::{Listing, record_facts, result, selected, wrong_column};
pub use label::label;
pub use names::{Names, Unnamed, lists_of_names, names_of, unnamed, unnamed_arguments};
pub use question::Asked;
pub use report::is_report;
pub use secret::without_secrets;
pub use unit::money_at;

use crate::Choice;
use crate::command::quoted;
use crate::identity::Principal;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A failure: the cause and whether anything was changed, and the next step.
#[must_use]
pub fn error(text: impl Into<String>, hint: Option<impl Into<String>>) -> Document {
    let notice = Notice { level: Level::Error, text: text.into(), hint: hint.map(Into::into) };
    Document::default().with(Block::Notice(notice))
}

/// The content of a result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// A title of a few words.
    pub title: String,
    /// The parts, in order.
    pub blocks: Vec<Block>,
    /// Additional information: the command, IDs, the source of the data.
    pub footer: Vec<String>,
    /// The terms of its advice.
    pub reader: Reader,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// A notice: the event, whether anything was changed, the next step.
    Notice(Notice),
    /// Names and values of one object.
    Facts(Vec<Fact>),
    /// Several objects of one kind.
    Table(Table),
    /// Values to compare at a glance.
    Chart(Chart),
    /// Commands to type, each with what it does.
    Commands(Vec<(String, String)>),
    /// Ways to decide about a pending request.
    Choices(Choices),
}

impl Block {
    /// The facts in it, if it has any.
    #[must_use]
    pub fn facts(&self) -> Option<&[Fact]> {
        match self {
            Self::Facts(facts) => Some(facts),
            _ => None,
        }
    }
}

/// The severity of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Success.
    Done,
    /// An action of the reader is required.
    Attention,
    /// Failure.
    Error,
}

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The severity.
    pub level: Level,
    /// The event, and whether anything was changed.
    pub text: String,
    /// The next step.
    pub hint: Option<String>,
}

/// Ways to decide about a pending request: buttons if a platform has them, otherwise commands to type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// The operation.
    pub operation: String,
    /// The version of its plan that is shown.
    pub version: u32,
    /// Whether the risk of the request is not `reversible`. Then a dialog asks for confirmation.
    pub harmful: bool,
    /// The subject of the decision, in one or two sentences.
    pub text: String,
    /// The possible decisions, each with its label.
    pub choices: Vec<(Choice, String)>,
    /// The optional steps of the request, which can be selected before the decision.
    pub options: Vec<OptionalStep>,
}

/// An optional step of a pending request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionalStep {
    /// The number of the step.
    pub number: u32,
    /// The change that it makes.
    pub change: String,
    /// Whether it is selected.
    pub selected: bool,
}

impl Choices {
    /// The equivalent command.
    #[must_use]
    pub fn command(&self, choice: Choice) -> String {
        choice.command(&self.operation, self.version)
    }
}

/// A name and a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// The name for programs: the field, by its wire name.
    pub field: String,
    /// The name.
    pub label: String,
    /// The unit of the value that programs get, such as `cents`.
    pub unit: Option<String>,
    /// The value.
    pub cell: Cell,
}

impl Fact {
    /// A fact that is not a field of a result.
    #[must_use]
    pub fn new(label: impl Into<String>, text: impl Into<String>) -> Self {
        let label = label.into();
        Self { field: label.to_lowercase().replace(' ', "_"), label, unit: None, cell: Cell::Text(text.into()) }
    }
}

impl Fact {
    /// An instant, given in milliseconds since 1970.
    #[must_use]
    pub fn time(label: &str, time_ms: i64) -> Self {
        Self { cell: Cell::time(instant(time_ms)), ..Self::new(label, "") }
    }

    /// A person.
    #[must_use]
    pub fn person(label: &str, principal: &Principal) -> Self {
        Self {
            cell: Cell::Person { text: principal.to_string(), principal: principal.clone() },
            ..Self::new(label, "")
        }
    }
}

/// An instant as RFC 3339, to the second.
#[must_use]
pub fn instant(time_ms: i64) -> String {
    Timestamp::from_second(time_ms.div_euclid(1000)).map(|time| time.to_string()).unwrap_or_default()
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// None.
    Missing,
    /// Text.
    Text(String),
    /// A sentence of this program, in which IDs can have names.
    Sentence(String),
    /// True or false: `yes` and `no` for people, `true` and `false` for programs.
    Bool(bool),
    /// A number, in its own spelling.
    Number(String),
    /// An amount of money.
    Money {
        /// For people: with its currency.
        text: String,
        /// For programs: in cents, to the last digit.
        cents: String,
    },
    /// An instant, RFC 3339.
    Time {
        /// For people: in their time zone, with its offset.
        text: String,
        /// For programs: as it came, which is in UTC.
        utc: String,
    },
    /// A person that a platform authenticated. A renderer can create a mention only for this cell.
    Person {
        /// For people.
        text: String,
        /// The principal.
        principal: Principal,
    },
    /// A value with parts: as text for people, and as JSON.
    Nested {
        /// For people.
        text: String,
        /// For programs.
        json: String,
    },
}

impl Cell {
    /// An instant, as RFC 3339.
    #[must_use]
    pub fn time(utc: String) -> Self {
        Self::Time { text: utc.clone(), utc }
    }

    /// The value for people; empty for none.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Missing => "",
            Self::Bool(true) => "yes",
            Self::Bool(false) => "no",
            Self::Text(text)
            | Self::Sentence(text)
            | Self::Number(text)
            | Self::Time { text, .. }
            | Self::Money { text, .. }
            | Self::Nested { text, .. }
            | Self::Person { text, .. } => text,
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Column {
    /// The field, by its wire name.
    pub field: String,
    /// The heading.
    pub label: String,
    /// The unit of the values that programs get, such as `cents`.
    pub unit: Option<String>,
    /// Whether it is shown by default.
    pub shown: bool,
}

/// Several objects of one kind. No omission is silent: rows and columns that are not shown are counted or can be
/// requested.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// The kind and the number of the rows.
    pub caption: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
    /// The number of rows that were shown earlier, as parts of the same list.
    pub earlier: usize,
    /// Whether every page of the list was requested: then the reader cannot request more.
    pub all: bool,
    /// Whether its columns cannot be selected. Then no advice names those that are not shown.
    pub fixed: bool,
    /// The continuation of the list.
    pub next: Next,
    /// Whether it was read with the permissions of the requester, and other readers of a channel must not see it.
    pub private: bool,
}

/// The continuation of a list after a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Next {
    /// The list ends.
    #[default]
    End,
    /// After the last row, this command shows the rest. The cursor cannot start within the page.
    Page {
        /// The command.
        command: String,
    },
    /// After any row: this text, followed by the cursor of that row.
    After {
        /// The command, up to the cursor.
        command: String,
        /// The cursor of each row.
        cursors: Vec<String>,
        /// Whether more rows follow the last row.
        more: bool,
    },
}

impl Table {
    /// The command that shows the rows after the first `rows` rows; `None` if there are none.
    #[must_use]
    pub fn command_after(&self, rows: usize) -> Option<String> {
        match &self.next {
            Next::End => None,
            Next::Page { command } => (rows >= self.rows.len()).then(|| command.clone()),
            Next::After { command, cursors, more } => {
                let follows = *more || rows < cursors.len();
                let cursor = rows.checked_sub(1).and_then(|last| cursors.get(last))?;
                follows.then(|| format!("{command} {}", quoted(cursor)))
            }
        }
    }

    /// The columns that are shown by default, by index.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        (0..self.columns.len()).filter(|index| self.columns[*index].shown).collect()
    }
}

impl Document {
    /// A document with a title.
    #[must_use]
    pub fn titled(title: impl Into<String>) -> Self {
        Self { title: title.into(), ..Self::default() }
    }

    /// The text of the notices, in one paragraph.
    #[must_use]
    pub fn notices(&self) -> String {
        let notices = self.blocks.iter().filter_map(|block| match block {
            Block::Notice(notice) => Some(match &notice.hint {
                Some(hint) => format!("{} {hint}", notice.text),
                None => notice.text.clone(),
            }),
            _ => None,
        });
        notices.collect::<Vec<_>>().join(" ")
    }

    /// The document for readers who cannot read what the requester can read.
    #[must_use]
    pub fn without_private_tables(mut self) -> Self {
        let count = self.blocks.len();
        self.blocks.retain(|block| !matches!(block, Block::Table(table) if table.private));
        if self.blocks.len() < count {
            let text = "The tables of the playbook are not shown here, because others can see this message. To see them, \
                        repeat the command with `--dry-run`.";
            self.blocks.push(Block::Text(text.to_owned()));
        }
        self
    }

    /// Removes the decisions of a request, for readers who do not decide. Its optional steps remain.
    pub fn drop_choices(&mut self) {
        self.blocks.retain_mut(|block| match block {
            Block::Choices(choices) => {
                choices.choices.clear();
                !choices.options.is_empty()
            }
            _ => true,
        });
    }

    /// Shows instants to people in a time zone, with its offset. Programs still receive them unchanged.
    #[must_use]
    pub fn in_time_zone(mut self, zone: &TimeZone) -> Self {
        let local = |cell: &mut Cell| {
            if let Cell::Time { text, utc } = cell
                && let Ok(instant) = utc.parse::<Timestamp>()
            {
                *text = instant.display_with_offset(zone.to_offset(instant)).to_string();
            }
        };
        // Without a time zone, instants are in UTC.
        if *zone == TimeZone::UTC {
            return self;
        }
        for block in &mut self.blocks {
            match block {
                Block::Facts(facts) => facts.iter_mut().for_each(|fact| local(&mut fact.cell)),
                Block::Table(table) => table.rows.iter_mut().flatten().for_each(local),
                _ => {}
            }
        }
        self
    }

    /// Adds a part.
    #[must_use]
    pub fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// Adds blocks.
    #[must_use]
    pub fn with_all(mut self, blocks: impl IntoIterator<Item = Block>) -> Self {
        self.blocks.extend(blocks);
        self
    }

    /// Adds small print.
    #[must_use]
    pub fn footer(mut self, line: impl Into<String>) -> Self {
        self.footer.push(line.into());
        self
    }
}
