//! The report as a document for people, and as JSON.

use super::{Difference, Finding, Report};
use crate::document::{Block, Cell, Column, Document, Fact, Table};
use claude_admin_catalog::DifferenceKind;
use indexmap::IndexMap;
use serde_json::{Value, json};

/// The context of a report. The report has no other data about the organization.
#[derive(Debug, Clone)]
pub struct About {
    /// The package and its version.
    pub package: String,
    /// The target of the requests, without the name of a private host.
    pub upstream: &'static str,
    /// The platform.
    pub platform: String,
    /// The kinds of credentials.
    pub credentials: String,
}

impl Report {
    /// The report for people.
    #[must_use]
    pub fn document(&self, about: &About) -> Document {
        let (new_words, differences): (Vec<&Finding>, Vec<&Finding>) =
            self.findings.iter().partition(|finding| finding.difference.is_provided_for());
        let mut document = Document::titled("Conformance of the API with the WIT").with(Block::Facts(vec![
            Fact::new("Version", env!("CARGO_PKG_VERSION")),
            Fact::new("Package", about.package.clone()),
            Fact::new("Upstream", about.upstream),
            Fact::new("Platform", about.platform.clone()),
            Fact::new("Credentials", about.credentials.clone()),
            Fact::new("Checked", self.checked.len().to_string()),
            Fact::new("Differences", differences.len().to_string()),
            Fact::new("New words", new_words.len().to_string()),
            Fact::new("Not checked", self.not_checked.len().to_string()),
        ]));
        if !differences.is_empty() {
            document = document.with(Block::Table(findings("Differences", &differences)));
        }
        if !new_words.is_empty() {
            let caption = "New words, which are not errors: the API can add words";
            document = document.with(Block::Table(findings(caption, &new_words)));
        }
        if !self.not_checked.is_empty() {
            document = document.with(Block::Table(self.not_checked_table()));
        }
        document.footer("This report contains no value of a reply.")
    }

    fn not_checked_table(&self) -> Table {
        let mut reasons: IndexMap<&str, Vec<&str>> = IndexMap::new();
        for not in &self.not_checked {
            reasons.entry(&not.reason).or_default().push(&not.action);
        }
        let row =
            |(reason, actions): (&str, Vec<&str>)| vec![Cell::Text(reason.to_owned()), Cell::Text(actions.join(", "))];
        Table {
            caption: format!("Not checked: {} reads", self.not_checked.len()),
            columns: ["Reason", "Actions"].map(column).to_vec(),
            rows: reasons.into_iter().map(row).collect(),
            ..Table::default()
        }
    }

    /// The report for programs.
    #[must_use]
    pub fn to_json(&self, about: &About) -> Value {
        let finding = |finding: &Finding| {
            let (expected, found, word) = match &finding.difference {
                Difference::Shape(kind) => match kind {
                    DifferenceKind::UnknownField { found } => (None, Some(*found), None),
                    DifferenceKind::MissingField { expected } | DifferenceKind::OutOfRange { expected } => {
                        (Some(expected), None, None)
                    }
                    DifferenceKind::Null { expected } => (Some(expected), Some("null"), None),
                    DifferenceKind::WrongType { expected, found } => (Some(expected), Some(*found), None),
                    DifferenceKind::UnknownWord { word } | DifferenceKind::NewWord { word } => {
                        (None, None, word.as_ref())
                    }
                },
                Difference::Status(_, kind) => (None, None, kind.as_ref()),
                _ => (None, None, None),
            };
            let status = match finding.difference {
                Difference::Status(status, _) => Some(status),
                _ => None,
            };
            json!({
                "action": finding.action, "path": finding.path, "difference": finding.difference.as_str(),
                "expected": expected, "found": found, "word": word, "status": status, "count": finding.count,
                "provided_for": finding.difference.is_provided_for(),
            })
        };
        let checked = self.checked.iter().map(|(action, status)| json!({ "action": action, "status": status }));
        let not = self.not_checked.iter().map(|not| json!({ "action": not.action, "reason": not.reason }));
        json!({
            "version": env!("CARGO_PKG_VERSION"), "package": about.package, "upstream": about.upstream,
            "platform": about.platform, "credentials": about.credentials, "differs": self.differs(),
            "differences": self.findings.iter().map(finding).collect::<Vec<_>>(),
            "checked": checked.collect::<Vec<_>>(), "not_checked": not.collect::<Vec<_>>(),
        })
    }
}

fn findings(caption: &str, findings: &[&Finding]) -> Table {
    let row = |finding: &&Finding| {
        vec![
            Cell::Text(finding.action.clone()),
            if finding.path.is_empty() { Cell::Missing } else { Cell::Text(finding.path.clone()) },
            Cell::Text(finding.difference.to_string()),
            Cell::Number(finding.count.to_string()),
        ]
    };
    Table {
        caption: format!("{caption}: {}", findings.len()),
        columns: ["Action", "Path", "Difference", "Count"].map(column).to_vec(),
        rows: findings.iter().map(row).collect(),
        ..Table::default()
    }
}

fn column(label: &str) -> Column {
    Column { field: label.to_lowercase(), label: label.to_owned(), unit: None, shown: true }
}
