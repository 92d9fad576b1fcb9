//! The flags that every action accepts: the one table of them, for the parser, help, completion, tools, the HTTP API and
//! the reference page.

use super::Format;
use claude_admin_catalog::Action;
use serde_json::{Map, Value, json};

/// A flag that every action accepts.
#[derive(Debug)]
pub struct Flag {
    /// The flag.
    pub key: FlagKey,
    /// The name, without dashes.
    pub name: &'static str,
    /// Other spellings, without dashes.
    pub aliases: &'static [&'static str],
    /// The placeholder of the value; none for a switch.
    pub value: Option<&'static str>,
    /// Whether `--no-NAME` is its opposite.
    pub has_opposite: bool,
    /// Its effect, as a phrase in the imperative.
    pub summary: &'static str,
    /// Details, in full sentences.
    pub details: &'static str,
    /// The actions on which it has an effect.
    pub effect: FlagEffect,
    /// The programs that can send it as a field of a request.
    pub field_of: &'static [Sender],
}

/// Identifies a flag.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the table describes each flag")]
pub enum FlagKey {
    Yes,
    DryRun,
    Reason,
    From,
    Where,
    All,
    Output,
    Columns,
    Ids,
    Compare,
    Share,
    Help,
}

/// The actions on which a flag has an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlagEffect {
    /// Every action.
    Every,
    /// Actions that change something.
    Writes,
    /// Lists with several pages.
    Lists,
}

/// A program that sends typed requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sender {
    /// A client of the HTTP API.
    Http,
    /// A model: it can propose, but not confirm.
    Model,
}

/// Every flag, in the order in which the reference page shows them.
pub const FLAGS: [Flag; 12] = [
    Flag {
        key: FlagKey::Yes,
        name: "yes",
        aliases: &["y"],
        value: None,
        has_opposite: false,
        summary: "Confirm the command",
        details: "Without it, a command that needs a confirmation is pending.",
        effect: FlagEffect::Every,
        field_of: &[Sender::Http],
    },
    Flag {
        key: FlagKey::DryRun,
        name: "dry-run",
        aliases: &[],
        value: None,
        has_opposite: false,
        summary: "Show only the plan of a write",
        details: "Nothing is changed.",
        effect: FlagEffect::Writes,
        field_of: &[Sender::Http, Sender::Model],
    },
    Flag {
        key: FlagKey::Reason,
        name: "reason",
        aliases: &[],
        value: Some("TEXT"),
        has_opposite: false,
        summary: "Give the reason for a write or a confidential read, in at most 500 characters",
        details: "The people who decide see it, and the audit log stores it.",
        effect: FlagEffect::Every,
        field_of: &[Sender::Http, Sender::Model],
    },
    Flag {
        key: FlagKey::From,
        name: "from",
        aliases: &[],
        value: Some("FILE"),
        has_opposite: false,
        summary: "Run a write for each row of a file, as one request",
        details: "Only on the terminal. The file is CSV with the names of the inputs as its header, or has one JSON object \
                  in each line; `-` is the standard input.",
        effect: FlagEffect::Writes,
        field_of: &[],
    },
    Flag {
        key: FlagKey::Where,
        name: "where",
        aliases: &[],
        value: Some("LIST"),
        has_opposite: false,
        summary: "Run a write for each item of a list, as one request",
        details: "The value is the command of the list, such as `\"users list --role user\"`.",
        effect: FlagEffect::Writes,
        field_of: &[],
    },
    Flag {
        key: FlagKey::All,
        name: "all",
        aliases: &[],
        value: None,
        has_opposite: false,
        summary: "Read every page of a list",
        details: "The pages have the maximum size unless `--limit` is given. On the terminal, each page is written when it \
                  arrives, and the total is at the end. If a later page fails, JSON has the key `error` next to the pages \
                  that were read.",
        effect: FlagEffect::Lists,
        field_of: &[Sender::Http, Sender::Model],
    },
    Flag {
        key: FlagKey::Output,
        name: "output",
        aliases: &["o"],
        value: Some("FORMAT"),
        has_opposite: false,
        summary: "Set the format: `text`, `json`, `csv` or `markdown`",
        details: "",
        effect: FlagEffect::Every,
        field_of: &[Sender::Http],
    },
    Flag {
        key: FlagKey::Columns,
        name: "columns",
        aliases: &[],
        value: Some("A,B"),
        has_opposite: false,
        summary: "Select the columns of a list by field name",
        details: "It applies to text, JSON, CSV and Markdown. If the result is not a list, the command fails.",
        effect: FlagEffect::Every,
        field_of: &[],
    },
    Flag {
        key: FlagKey::Ids,
        name: "ids",
        aliases: &[],
        value: None,
        has_opposite: false,
        summary: "Show IDs without names",
        details: "",
        effect: FlagEffect::Every,
        field_of: &[],
    },
    Flag {
        key: FlagKey::Compare,
        name: "compare",
        aliases: &[],
        value: None,
        has_opposite: true,
        summary: "Compare a report with the previous period, or not",
        details: "",
        effect: FlagEffect::Every,
        field_of: &[],
    },
    Flag {
        key: FlagKey::Share,
        name: "share",
        aliases: &[],
        value: None,
        has_opposite: false,
        summary: "Show the response to the channel, in Slack",
        details: "",
        effect: FlagEffect::Every,
        field_of: &[],
    },
    Flag {
        key: FlagKey::Help,
        name: "help",
        aliases: &["h"],
        value: None,
        has_opposite: false,
        summary: "Explain the command",
        details: "",
        effect: FlagEffect::Every,
        field_of: &[],
    },
];

impl Flag {
    /// The flag with a name, which has no dashes, and whether the name is its opposite.
    #[must_use]
    pub fn find(name: &str) -> Option<(&'static Self, bool)> {
        let named = |flag: &&Self| flag.name == name || flag.aliases.contains(&name);
        let flag = FLAGS.iter().find(named).map(|flag| (flag, false));
        flag.or_else(|| {
            let opposite = name.strip_prefix("no-")?;
            FLAGS.iter().find(|flag| flag.has_opposite && flag.name == opposite).map(|flag| (flag, true))
        })
    }

    /// Every name of every flag, without dashes: spellings and opposites too. No input of an action can have one of them.
    pub fn names() -> impl Iterator<Item = String> {
        FLAGS.iter().flat_map(|flag| {
            let opposite = flag.has_opposite.then(|| format!("no-{}", flag.name));
            [flag.name].into_iter().chain(flag.aliases.iter().copied()).map(str::to_owned).chain(opposite)
        })
    }

    /// Whether it has no value and no opposite.
    #[must_use]
    pub fn is_switch(&self) -> bool {
        self.value.is_none() && !self.has_opposite
    }

    /// The allowed values; empty where any text is allowed.
    #[must_use]
    pub fn values(&self) -> &'static [&'static str] {
        if self.key == FlagKey::Output { &Format::NAMES } else { &[] }
    }

    /// Whether it has an effect on an action.
    #[must_use]
    pub fn works_on(&self, action: &Action) -> bool {
        match self.effect {
            FlagEffect::Every => true,
            FlagEffect::Writes => action.writes(),
            FlagEffect::Lists => action.paging.is_some(),
        }
    }

    /// The name of its field in a request of a program.
    #[must_use]
    pub fn field(&self) -> String {
        self.name.replace('-', "_")
    }

    /// The JSON Schema of its field.
    #[must_use]
    pub fn schema(&self) -> Value {
        // What a list is written to is a matter of the terminal.
        let details = if self.key == FlagKey::All { "" } else { self.details };
        let space = if details.is_empty() { "" } else { " " };
        let ty = if self.value.is_some() { "string" } else { "boolean" };
        let mut schema = json!({ "type": ty, "description": format!("{}.{space}{details}", self.summary) });
        if !self.values().is_empty() {
            schema["enum"] = self.values().into();
        }
        schema
    }

    /// The JSON Schemas of the fields that a program can send, by name: for one action, or for any.
    #[must_use]
    pub fn schemas(sender: Sender, action: Option<&Action>) -> Map<String, Value> {
        let fields = FLAGS.iter().filter(|flag| flag.field_of.contains(&sender));
        let fields = fields.filter(|flag| action.is_none_or(|action| flag.works_on(action)));
        fields.map(|flag| (flag.field(), flag.schema())).collect()
    }

    /// As a user types it: `--output FORMAT`.
    #[must_use]
    pub fn usage(&self) -> String {
        let mut usage = format!("--{}", self.name);
        if self.has_opposite {
            usage.push_str(&format!(", --no-{}", self.name));
        }
        for alias in self.aliases {
            usage.push_str(&format!(", -{alias}"));
        }
        self.value.map_or(usage.clone(), |value| format!("{usage} {value}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_admin_catalog::testing::catalog;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_flags_share_a_name_and_no_input_has_one() {
        let names: Vec<String> = Flag::names().collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
        for (key, flag) in FLAGS.iter().map(|flag| (flag.key, flag)) {
            assert_eq!(Flag::find(flag.name).map(|(found, opposite)| (found.key, opposite)), Some((key, false)));
            assert!(!flag.summary.ends_with('.') && (flag.details.is_empty() || flag.details.ends_with('.')));
        }
        for action in &catalog().actions {
            let periods = action.periods.iter().map(|period| &period.name);
            for name in action.inputs.iter().map(|input| &input.name).chain(periods) {
                assert!(!names.contains(name), "{}: --{name}", action.id);
            }
        }
    }

    #[test]
    fn model_cannot_confirm() {
        assert!(!Flag::schemas(Sender::Model, None).contains_key("yes"));
        assert!(Flag::schemas(Sender::Http, None).contains_key("yes"));
    }
}
