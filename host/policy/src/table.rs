//! Runs a table of tests against a policy.

use super::table_file::{Case, Expectation, Table};
use super::{Asker, Decision, DenialKind, Policies, Question};
use claude_admin_chat::command::Invocation;
use claude_admin_chat::identity::Principal;
use serde::Serialize;
use std::collections::BTreeSet;

/// The result of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Every case, in order.
    pub cases: Vec<CaseReport>,
}

/// The result of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseReport {
    /// Its line in the table, from 1.
    pub line: usize,
    /// The requester.
    pub who: String,
    /// The place.
    pub place: String,
    /// The command.
    pub command: String,
    /// The expected decision.
    pub expected: String,
    /// The actual decision, in the same form; `broken` if the policy cannot decide, `not understood` for an invalid
    /// command.
    pub came: String,
    /// Whether that is the same.
    pub passed: bool,
    /// The policies that decided.
    pub policies: Vec<String>,
    /// The message for the requester if the action is denied, or the reason why the command was not understood.
    pub message: Option<String>,
}

impl Report {
    /// Whether all decisions are as expected.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.cases.iter().all(|case| case.passed)
    }

    /// The cases with an unexpected decision.
    pub fn failures(&self) -> impl Iterator<Item = &CaseReport> {
        self.cases.iter().filter(|case| !case.passed)
    }
}

/// Evaluates the policy for every case of a table.
///
/// `parse` reads a command. `groups` returns the groups of a principal if the table has no groups. `now` is the time of
/// cases without one.
#[must_use]
pub fn run(
    policies: &Policies,
    table: &Table,
    parse: &dyn Fn(&str) -> Result<Invocation, String>,
    groups: &dyn Fn(&Principal) -> BTreeSet<String>,
    now: jiff::Timestamp,
) -> Report {
    let cases = table.cases.iter().map(|case| {
        let groups = match &table.groups {
            Some(members) => {
                let of_person = members.iter().filter(|(_, people)| people.contains(&case.who));
                of_person.map(|(name, _)| name.clone()).collect()
            }
            None => groups(&case.who),
        };
        match parse(&case.command) {
            Ok(Invocation { action, arguments }) => {
                let asker = Asker { principal: &case.who, groups: &groups, place: &case.place };
                let (reason, now) = (case.reason.as_deref(), case.at.unwrap_or(now));
                decided(
                    case,
                    policies.decide(&Question {
                        asker,
                        action: &action,
                        arguments: &arguments,
                        reason,
                        playbook: None,
                        now,
                    }),
                )
            }
            Err(problem) => report(case, "not understood".to_owned(), false, Vec::new(), Some(problem)),
        }
    });
    Report { cases: cases.collect() }
}

fn decided(case: &Case, decision: Decision) -> CaseReport {
    let passed = case.expect.is_met_by(&decision);
    match decision {
        Decision::Allow(requirements) => {
            let came = Expectation::from(&requirements).to_string();
            report(case, came, passed, requirements.policies, None)
        }
        Decision::Deny(denial) => {
            let (came, policies) = match denial.kind {
                DenialKind::NothingPermits => ("deny", Vec::new()),
                DenialKind::Forbidden { policies } => ("deny", policies),
                DenialKind::Broken => ("broken", Vec::new()),
            };
            report(case, came.to_owned(), passed, policies, Some(denial.message))
        }
    }
}

fn report(case: &Case, came: String, passed: bool, policies: Vec<String>, message: Option<String>) -> CaseReport {
    CaseReport {
        line: case.line,
        who: case.who.to_string(),
        place: case.place.to_string(),
        command: case.command.clone(),
        expected: case.expect.to_string(),
        came,
        passed,
        policies,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{CATALOG, command, group_names, policies, someone};
    use super::*;
    use std::sync::Arc;

    const POLICY: &str = "@id(\"read\") permit(principal in Group::\"viewers\", action in Action::\"read\", resource);\n\
                          @id(\"all\") @approvals(\"2\") @from(\"admins\") permit(principal in Group::\"admins\", action, resource);\n\
                          @id(\"closed\") forbid(principal, action, resource) when { context.time > datetime(\"2027-01-01\") };\n\
                          permit(principal == User::\"http:ci\", action == Action::\"users.list\", resource == Place::\"http\") when \
                          { context.arguments has limit && context.arguments.limit * 9223372036854775807 > 0 };";

    fn case(case: &str) -> CaseReport {
        let text = format!(
            "[groups]\nviewers = [\"slack:T1/V\", \"http:ci\"]\nadmins = [\"slack:T1/A\"]\n\n[[case]]\n{}",
            case.replace("; ", "\n")
        );
        let table =
            Table::parse("tests.toml", &text, &group_names()).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
        let parse = |line: &str| match line {
            "overflow" => Ok(Invocation {
                action: Arc::clone(CATALOG.action("users.list").unwrap()),
                arguments: [("limit".to_owned(), 2.into())].into_iter().collect(),
            }),
            line => command(line),
        };
        run(&policies(POLICY), &table, &parse, &|_| panic!("the table says it"), someone(&[]).now).cases.remove(0)
    }

    #[test]
    fn decision_is_compared_with_the_expectation_of_the_case() {
        for (text, came, passed) in [
            ("who = 'slack:T1/V'; command = 'users list'; expect = 'allow'", "allow", true),
            ("who = 'slack:T1/V'; command = 'users list'; expect = 'deny'", "allow", false),
            ("who = 'slack:T1/V'; command = 'users list'; expect = 'confirm'", "allow", false),
            ("who = 'slack:T1/V'; command = 'users remove u'; expect = 'deny'", "deny", true),
            ("who = 'slack:T2/V'; command = 'users list'; expect = 'deny'", "deny", true),
            ("who = 'slack:T1/A'; command = 'users list'; expect = 'approve:2'", "approve:2:admins", true),
            ("who = 'slack:T1/A'; command = 'users list'; expect = 'approve:1'", "approve:2:admins", false),
            ("who = 'slack:T1/A'; command = 'users list'; expect = 'reason+approve:2'", "approve:2:admins", false),
            ("who = 'slack:T1/A'; command = 'users list'; expect = 'allow'", "approve:2:admins", false),
            (
                "who = 'slack:T1/A'; command = 'users remove u'; expect = 'approve:2:admins + reason'",
                "reason+approve:2:admins",
                true,
            ),
            (
                "who = 'slack:T1/A'; command = 'users remove u'; expect = 'approve:2:viewers'",
                "reason+approve:2:admins",
                false,
            ),
            ("who = 'slack:T1/A'; command = 'users remove u'; expect = 'reason'", "reason+approve:2:admins", false),
            ("who = 'slack:T1/V'; command = 'users list'; at = '2027-06-01T00:00:00Z'; expect = 'deny'", "deny", true),
            ("who = 'http:ci'; command = 'overflow'; where = 'http'; expect = 'deny'", "broken", false),
            ("who = 'slack:T1/V'; command = 'users fly'; expect = 'deny'", "not understood", false),
        ] {
            let report = case(text);
            assert_eq!((report.came.as_str(), report.passed), (came, passed), "{text} {:?}", report.message);
            assert_eq!(report.line, 5);
        }
    }

    #[test]
    fn a_report_tells_who_decided_and_why() {
        let report = case("who = 'slack:T1/A'; command = 'users list'; expect = 'allow'");
        assert_eq!((report.policies, report.place), (vec!["all".to_owned()], "slack:T1".to_owned()));
        let report = case("who = 'http:ci'; command = 'users list'; at = '2028-01-01T00:00:00Z'; expect = 'deny'");
        assert_eq!((report.policies, report.place), (vec!["closed".to_owned()], "http".to_owned()));
        assert!(report.message.unwrap().contains("is forbidden in http by `closed`"));
    }

    #[test]
    fn groups_come_from_outside_where_the_table_has_none() {
        let table = "[[case]]\nwho = 'slack:T1/X'\ncommand = 'users list'\nexpect = 'allow'\n[[case]]\nwho = 'local:ada'\n\
                     command = 'users list'\nexpect = 'deny'\n";
        let table = Table::parse("tests.toml", table, &group_names()).unwrap();
        let groups = |who: &Principal| match who.user.as_str() {
            "X" => BTreeSet::from(["viewers".to_owned()]),
            _ => BTreeSet::new(),
        };
        let report = run(&policies(POLICY), &table, &command, &groups, someone(&[]).now);
        assert!(report.passed() && report.failures().count() == 0, "{report:#?}");
        assert_eq!(report.cases[1].line, 5);
        let unknown = |_: &str| Err("there is no action `users.fly`".to_owned());
        assert!(!run(&policies(POLICY), &table, &unknown, &groups, someone(&[]).now).passed());
    }
}
