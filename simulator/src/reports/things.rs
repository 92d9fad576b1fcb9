//! The objects that members use in products: connectors, skills, plugins, projects and kinds of artifacts.

use super::doings::{self, Product};
use super::people::Person;
use super::random::{below, count_below, salt};
use crate::rules::{Plugins as PluginFamily, text};
use crate::store::Store;

/// A kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    Connector,
    Skill,
    Plugin,
    Project,
    Artifact,
}

impl Kind {
    pub(crate) const ALL: [Self; 5] = [Self::Connector, Self::Skill, Self::Plugin, Self::Project, Self::Artifact];

    /// The products in which the kind is used.
    fn products(self) -> &'static [Product] {
        match self {
            Self::Connector | Self::Skill => &[Product::Chat, Product::Cowork, Product::ClaudeCode, Product::Office],
            Self::Plugin => &[Product::Cowork, Product::ClaudeCode],
            Self::Project => &[Product::Chat],
            Self::Artifact => &[Product::Chat, Product::Cowork, Product::ClaudeCode],
        }
    }
}

/// An object that is used.
#[derive(Debug, Clone)]
pub(crate) struct Thing {
    pub(crate) kind: Kind,
    /// Its ID, if it has one.
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    /// Additional information: the way in which it is shared, or its audience.
    pub(crate) note: &'static str,
    /// The probability that an active member uses it, in percent.
    popularity: u64,
    salt: u64,
}

const CONNECTORS: [(&str, &str, u64); 8] = [
    ("github", "GitHub", 30),
    ("google_drive", "Google Drive", 24),
    ("slack", "Slack", 22),
    ("jira", "Jira", 16),
    ("notion", "Notion", 10),
    ("gmail", "Gmail", 9),
    ("sentry", "Sentry", 6),
    ("salesforce", "Salesforce", 3),
];
/// Skills, and the audience of each.
const SKILLS: [(&str, &str, u64); 8] = [
    ("docx", "public", 14),
    ("xlsx", "public", 13),
    ("pptx", "public", 10),
    ("pdf", "public", 9),
    ("weekly-status", "organization", 8),
    ("incident-report", "organization", 5),
    ("brand-guidelines", "organization", 4),
    ("sql-helper", "private", 2),
];
/// The default plugins, if the organization has none.
const PLUGINS: [&str; 3] = ["code-review", "release-notes", "data-explorer"];
const ARTIFACTS: [(&str, u64); 5] = [
    ("text/markdown", 16),
    ("text/html", 12),
    ("application/vnd.ant.react", 9),
    ("application/vnd.ant.code", 7),
    ("image/svg+xml", 4),
];

/// The path of the projects.
pub(crate) const PROJECTS_PATH: &str = path_of!("compliance-projects.list");

impl Thing {
    fn new(kind: Kind, id: Option<&str>, name: &str, note: &'static str, popularity: u64) -> Self {
        Self {
            kind,
            id: id.map(str::to_owned),
            name: name.to_owned(),
            note,
            popularity,
            salt: salt(id.unwrap_or(name)),
        }
    }

    /// All objects of a kind.
    pub(crate) fn of(kind: Kind, store: &Store) -> Vec<Self> {
        match kind {
            Kind::Connector => CONNECTORS.map(|(name, shown, part)| Self::new(kind, None, name, shown, part)).into(),
            Kind::Skill => SKILLS.map(|(name, shared, part)| Self::new(kind, None, name, shared, part)).into(),
            Kind::Artifact => ARTIFACTS.map(|(name, part)| Self::new(kind, None, name, "", part)).into(),
            Kind::Project => {
                let projects = store.items(PROJECTS_PATH);
                projects
                    .map(|project| Self::new(kind, Some(text(project, "id")), text(project, "name"), "", 14))
                    .collect()
            }
            Kind::Plugin => {
                let plugins = store.items(PluginFamily::PATH);
                let plugins: Vec<Self> = plugins
                    .map(|plugin| Self::new(kind, Some(text(plugin, "id")), text(plugin, "name"), "", 12))
                    .collect();
                if plugins.is_empty() {
                    PLUGINS.map(|name| Self::new(kind, None, name, "", 12)).into()
                } else {
                    plugins
                }
            }
        }
    }

    /// The number of uses by a member in a product on a day.
    pub(crate) fn uses(&self, seed: u64, person: &Person<'_>, product: Product, day: i64) -> i64 {
        if !self.kind.products().contains(&product) {
            return 0;
        }
        let messages = doings::messages(seed, person, product, day);
        let at = |what: u64| [seed, self.salt, person.salt, product as u64, day.cast_unsigned(), what];
        // The use of an object differs by person, and some never use it.
        let liking = below(200, &[seed, self.salt, person.salt]);
        if messages == 0 || below(10_000, &at(1)) >= self.popularity * liking {
            return 0;
        }
        1 + count_below(1 + messages / 4, &at(2))
    }

    /// The number of conversations or sessions for a number of uses.
    pub(crate) fn sessions(uses: i64) -> i64 {
        (uses + 2) / 3
    }

    /// Whether an object that a member creates on a day is shared, and whether it is published.
    pub(crate) fn sharing(&self, seed: u64, person: &Person<'_>, day: i64) -> (bool, bool) {
        let roll = below(100, &[seed, self.salt, person.salt, day.cast_unsigned(), 9]);
        (roll < 30, roll < 12)
    }
}
