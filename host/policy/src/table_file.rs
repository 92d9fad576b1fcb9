//! Tests of a policy, written as a table.
//!
//! ```toml
//! [groups]                      # optional: who is in which group while the table is tested
//! admins = ["slack:T1/UADMIN"]
//!
//! [[case]]
//! who = "slack:T1/U1"
//! where = "slack:T1/C1"         # optional: the tenant of the person, "http" or "local"
//! command = "users remove user_01ABC"
//! reason = "left the company"   # optional
//! at = "2026-11-21T17:20:00Z"   # optional: now
//! expect = "deny"
//! ```
//!
//! `expect` is `deny`, `allow` (the command runs immediately), or the requirements, joined by `+`: `confirm`, `reason`,
//! `approve:2`, `approve:2:admins`. With `approve`, the others can be omitted.

use super::names::check_group;
use super::problem::Source;
use super::{ApprovalRule, Decision, DenialKind, GroupNames, PolicyErrors, PolicyProblem, Requirements};
use claude_admin_chat::identity::{Place, Principal};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::str::FromStr;
use toml::Spanned;

/// Tests of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// The members of the groups; if `None`, the configuration and the chat platform decide.
    pub groups: Option<BTreeMap<String, BTreeSet<Principal>>>,
    /// The cases, in order.
    pub cases: Vec<Case>,
}

/// One test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// Its line, from 1.
    pub line: usize,
    /// The requester.
    pub who: Principal,
    /// The place of the command.
    pub place: Place,
    /// The command.
    pub command: String,
    /// The reason that is given.
    pub reason: Option<String>,
    /// The time of the command; `None` means now.
    pub at: Option<jiff::Timestamp>,
    /// The expected decision.
    pub expect: Expectation,
}

/// The expected decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// Denied.
    Deny,
    /// Permitted without requirements.
    Allow,
    /// Permitted with these requirements.
    Needs {
        /// A confirmation.
        confirm: bool,
        /// A reason.
        reason: bool,
        /// Approvals. A rule without a group is the highest number in any rule.
        approvals: Vec<ApprovalRule>,
    },
}

impl Expectation {
    /// Whether a decision is as expected. A policy that cannot decide is never as expected.
    #[must_use]
    pub fn is_met_by(&self, decision: &Decision) -> bool {
        match (self, decision) {
            (Self::Deny, Decision::Deny(denial)) => denial.kind != DenialKind::Broken,
            (Self::Allow, Decision::Allow(requirements)) => requirements.is_empty(),
            (Self::Needs { confirm, reason, approvals }, Decision::Allow(found)) if approvals.is_empty() => {
                (*confirm, *reason) == (found.confirm, found.reason) && found.approvals.is_empty()
            }
            (Self::Needs { confirm, reason, approvals }, Decision::Allow(found)) => {
                let highest = found.approvals.iter().map(|rule| rule.count).max();
                let asked = |rule: &ApprovalRule| match rule.from {
                    Some(_) => found.approvals.contains(rule),
                    None => highest == Some(rule.count),
                };
                (found.confirm || !confirm) && (found.reason || !reason) && approvals.iter().all(asked)
            }
            _ => false,
        }
    }
}

impl FromStr for Expectation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "deny" => return Ok(Self::Deny),
            "allow" => return Ok(Self::Allow),
            _ => {}
        }
        let (mut confirm, mut reason, mut approvals) = (false, false, Vec::new());
        for word in text.split('+').map(str::trim) {
            match (word, word.strip_prefix("approve:")) {
                ("confirm", _) => confirm = true,
                ("reason", _) => reason = true,
                (_, Some(rule)) => {
                    let (count, from) = rule.split_once(':').map_or((rule, None), |(count, from)| (count, Some(from)));
                    let count = count.parse().map_err(|_| format!("`{word}` is not approve:N or approve:N:GROUP"))?;
                    approvals.push(ApprovalRule { count, from: from.map(str::to_owned) });
                }
                _ => {
                    return Err(format!(
                        "`{word}` is not one of deny, allow, confirm, reason, approve:N, approve:N:GROUP"
                    ));
                }
            }
        }
        Ok(Self::Needs { confirm, reason, approvals })
    }
}

/// The form in a table.
impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deny => f.write_str("deny"),
            Self::Allow => f.write_str("allow"),
            Self::Needs { confirm, reason, approvals } => {
                let approvals = approvals.iter().map(|rule| match &rule.from {
                    Some(from) => format!("approve:{}:{from}", rule.count),
                    None => format!("approve:{}", rule.count),
                });
                let words = [confirm.then_some("confirm"), reason.then_some("reason")];
                let words = words.into_iter().flatten().map(str::to_owned);
                f.write_str(&words.chain(approvals).collect::<Vec<_>>().join("+"))
            }
        }
    }
}

impl From<&Requirements> for Expectation {
    fn from(requirements: &Requirements) -> Self {
        if requirements.is_empty() {
            return Self::Allow;
        }
        let Requirements { confirm, reason, .. } = *requirements;
        Self::Needs { confirm, reason, approvals: requirements.approvals.clone() }
    }
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableText {
    groups: Option<BTreeMap<Spanned<String>, Vec<Spanned<String>>>>,
    #[serde(default, rename = "case")]
    cases: Vec<Spanned<CaseText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseText {
    who: Spanned<String>,
    #[serde(rename = "where")]
    place: Option<Spanned<String>>,
    command: String,
    reason: Option<String>,
    at: Option<Spanned<String>>,
    expect: Spanned<String>,
}

impl Table {
    /// Reads a table. `groups` are the names of the configured groups. Another group name in the table is an error.
    ///
    /// # Errors
    ///
    /// All problems, each with its line. Unknown keys are problems.
    pub fn parse(file_name: &str, text: &str, groups: &GroupNames) -> Result<Self, PolicyErrors> {
        let source = Source { file: file_name, text };
        let read: TableText = toml::from_str(text).map_err(|error| {
            PolicyErrors(vec![source.problem(error.span().map(|span| span.start), error.message())])
        })?;
        let mut reader = Reader { source: &source, problems: Vec::new() };
        let members = read.groups.map(|read| reader.members(read, groups));
        let cases = read.cases.into_iter().filter_map(|case| reader.case(case)).collect();
        if reader.problems.is_empty() {
            Ok(Self { groups: members, cases })
        } else {
            Err(PolicyErrors(reader.problems))
        }
    }
}

struct Reader<'a> {
    source: &'a Source<'a>,
    problems: Vec<PolicyProblem>,
}

impl Reader<'_> {
    fn members(
        &mut self,
        read: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
        known: &GroupNames,
    ) -> BTreeMap<String, BTreeSet<Principal>> {
        let mut groups = BTreeMap::new();
        for (name, people) in read {
            if let Err(bad) = check_group(name.as_ref(), known) {
                self.problem(name.span(), bad.message, Some(bad.remedy));
            }
            let people = people.iter().filter_map(|person| self.read(person)).collect();
            groups.insert(name.into_inner(), people);
        }
        groups
    }

    fn case(&mut self, case: Spanned<CaseText>) -> Option<Case> {
        let (line, _) = self.source.position(case.span().start);
        let case = case.into_inner();
        let who: Option<Principal> = self.read(&case.who);
        let place = match &case.place {
            Some(place) => self.read(place),
            None => who.as_ref().map(Principal::place),
        };
        let at = match &case.at {
            Some(at) => Some(self.read(at)?),
            None => None,
        };
        let expect = self.read(&case.expect);
        Some(Case { line, who: who?, place: place?, command: case.command, reason: case.reason, at, expect: expect? })
    }

    fn read<T: FromStr<Err: fmt::Display>>(&mut self, text: &Spanned<String>) -> Option<T> {
        match text.as_ref().parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.problem(text.span(), error.to_string(), None);
                None
            }
        }
    }

    fn problem(&mut self, span: Range<usize>, message: String, remedy: Option<String>) {
        let problem = self.source.problem(Some(span.start), message);
        self.problems.push(PolicyProblem { remedy, ..problem });
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::group_names;
    use super::*;

    fn problems(text: &str) -> String {
        Table::parse("tests.toml", text, &group_names()).unwrap_err().to_string()
    }

    #[test]
    fn invalid_test_table_is_reported_with_line_and_column() {
        let good = "[[case]]\nwho = 'slack:T1/U1'\ncommand = 'users list'\nexpect = 'deny'\n";
        Table::parse("tests.toml", good, &group_names()).unwrap();
        for (text, place, words) in [
            (format!("{good}expects = 'deny'\n"), "tests.toml:5:1: ", "expects"),
            (format!("{good}[[cases]]\n"), "tests.toml:5:3: ", "cases"),
            (good.replace("expect = 'deny'", ""), "tests.toml:1:1: ", "expect"),
            (good.replace("slack:T1/U1", "U1"), "tests.toml:2:7: ", "is not a principal"),
            (good.replace("'deny'", "'maybe'"), "tests.toml:4:10: ", "`maybe` is not one of deny"),
            (good.replace("'deny'", "'approve:many'"), "tests.toml:4:10: ", "approve:N"),
            (format!("{good}where = 'mars'\n"), "tests.toml:5:9: ", "is not a place"),
            (format!("{good}at = 'noon'\n"), "tests.toml:5:6: ", ""),
            (format!("[groups]\nadmin = []\n{good}"), "tests.toml:2:1: ", "did you mean `admins`?"),
            (format!("[groups]\nadmins = ['ada']\n{good}"), "tests.toml:2:11: ", "is not a principal"),
            ("case = ".to_owned(), "tests.toml:1:", ""),
        ] {
            let found = problems(&text);
            assert!(found.starts_with(place) && found.contains(words), "{text}\n{place} {words}\n{found}");
        }
        assert_eq!(problems(&good.replace("slack:T1/U1", "U1").replace("deny", "maybe")).lines().count(), 2);
    }

    #[test]
    fn expectations_are_read_as_they_are_written() {
        for text in
            ["deny", "allow", "confirm", "confirm+reason", "reason+approve:1", "approve:2:slack:T1/S1+approve:3"]
        {
            assert_eq!(text.parse::<Expectation>().unwrap().to_string(), text);
        }
        for text in ["", "Deny", "deny+confirm", "approve", "approve:", "approve:-1", "confirm,reason"] {
            assert!(text.parse::<Expectation>().is_err(), "{text}");
        }
    }
}
