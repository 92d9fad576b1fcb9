//! One neutral result, which every frontend renders in its own way.
//!
//! All text in a document may come from outside (names, messages): a renderer must show it as it is and let none of it
//! ping, link or format.

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
pub(crate) use money::grouped;
pub use names::{Names, Unnamed, lists_of_names, names_of, unnamed, unnamed_arguments};
pub use question::Asked;
pub use report::is_report;
pub use secret::without_secrets;
pub use unit::money_at;

use crate::Choice;
use crate::identity::Principal;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Something that did not work: what happened and whether anything changed, and what to do next.
#[must_use]
pub fn error(text: impl Into<String>, hint: Option<impl Into<String>>) -> Document {
    let notice = Notice { level: Level::Error, text: text.into(), hint: hint.map(Into::into) };
    Document::default().with(Block::Notice(notice))
}

/// What is shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// What this is, in a few words.
    pub title: String,
    /// The parts, in order.
    pub blocks: Vec<Block>,
    /// Small print: the command, ids, where the data comes from.
    pub footer: Vec<String>,
    /// In whose words its advice is.
    pub reader: Reader,
}

/// A part of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Text(String),
    /// Something to notice: what happened, whether anything changed, what to do next.
    Notice(Notice),
    /// Names and values of one thing.
    Facts(Vec<Fact>),
    /// Many things of one kind.
    Table(Table),
    /// Values to compare at a glance.
    Chart(Chart),
    /// Commands to type, each with what it does.
    Commands(Vec<(String, String)>),
    /// Ways to decide about what waits.
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

/// How a notice is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It worked.
    Done,
    /// Something is needed.
    Attention,
    /// It did not work.
    Error,
}

/// Something to notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// How it is meant.
    pub level: Level,
    /// What happened, and whether anything changed.
    pub text: String,
    /// What to do next.
    pub hint: Option<String>,
}

/// Ways to decide about what waits: buttons where a platform has them, commands to type elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choices {
    /// The operation.
    pub operation: String,
    /// The version of its plan that is shown.
    pub version: u32,
    /// Whether doing it harms: it is asked about once more.
    pub harmful: bool,
    /// What is decided on, in a sentence or two.
    pub text: String,
    /// What may be decided, each with its label.
    pub choices: Vec<(Choice, String)>,
}

impl Choices {
    /// The command that decides the same.
    #[must_use]
    pub fn command(&self, choice: Choice) -> String {
        let Self { operation, version, .. } = self;
        match choice {
            Choice::Confirm => format!("confirm {operation}.{version}"),
            Choice::Approve => format!("approve {operation}.{version}"),
            Choice::Reject => format!("deny {operation}.{version} --reason …"),
            // Whoever takes a request back takes all of it back.
            Choice::Cancel => format!("cancel {operation}"),
        }
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
    /// A fact that is no field of an answer.
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

    /// Somebody.
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
    /// Somebody whom a platform vouches for. It is the one thing in a document that a renderer may make a mention of.
    Person {
        /// For people.
        text: String,
        /// Who.
        principal: Principal,
    },
    /// Something with parts: as people read it, and as JSON.
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
    /// Whether it is shown unless all columns are wanted.
    pub shown: bool,
}

/// Many things of one kind. Nothing is left out silently: what is not shown is counted or can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// What the rows are and how many.
    pub caption: String,
    /// The columns.
    pub columns: Vec<Column>,
    /// The rows, each with a cell for every column.
    pub rows: Vec<Vec<Cell>>,
    /// How many rows were shown before these, as parts of the same list.
    pub earlier: usize,
    /// Whether every page of the list was asked for: there is no asking for more than that.
    pub all: bool,
    /// How the list goes on.
    pub next: Next,
}

/// How a list goes on after a row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Next {
    /// It does not.
    #[default]
    End,
    /// After the last row, this command shows the rest; the cursor cannot begin within the page.
    Page {
        /// The command.
        command: String,
    },
    /// After any row: this text, then the cursor of that row.
    After {
        /// The command, up to the cursor.
        command: String,
        /// The cursor of each row.
        cursors: Vec<String>,
        /// Whether more follow the last row.
        more: bool,
    },
}

impl Table {
    /// The command that shows what follows the first `rows` rows; `None` when nothing does.
    #[must_use]
    pub fn command_after(&self, rows: usize) -> Option<String> {
        match &self.next {
            Next::End => None,
            Next::Page { command } => (rows >= self.rows.len()).then(|| command.clone()),
            Next::After { command, cursors, more } => {
                let follows = *more || rows < cursors.len();
                let cursor = rows.checked_sub(1).and_then(|last| cursors.get(last))?;
                follows.then(|| format!("{command} {cursor}"))
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

    /// What the notices say, in one paragraph.
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

    /// Shows people instants in a time zone, with its offset. Programs still get them as they are.
    #[must_use]
    pub fn in_time_zone(mut self, zone: &TimeZone) -> Self {
        let local = |cell: &mut Cell| {
            if let Cell::Time { text, utc } = cell
                && let Ok(instant) = utc.parse::<Timestamp>()
            {
                *text = instant.display_with_offset(zone.to_offset(instant)).to_string();
            }
        };
        // As they come, instants are in UTC.
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

    /// Adds small print.
    #[must_use]
    pub fn footer(mut self, line: impl Into<String>) -> Self {
        self.footer.push(line.into());
        self
    }
}
