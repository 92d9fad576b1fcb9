//! The policy of a new host.

/// The starter policy for four groups: `viewers`, `helpdesk`, `admins` and `compliance`.
pub const STARTER_POLICY: &str = include_str!("starter.cedar");

/// Tests of [`STARTER_POLICY`], as `claude-admin policy test` runs them.
pub const STARTER_TESTS: &str = include_str!("starter-tests.toml");

#[cfg(test)]
mod tests {
    use super::super::testing::{CATALOG, command, group_names, parse, policies, sample, someone};
    use super::super::{HostAction, Policies, Requirements, Table, run};
    use super::*;
    use claude_admin_catalog::{Action, Risk};
    use std::collections::BTreeSet;
    use std::fmt::Write;
    use std::path::Path;

    fn report_of(policies: &Policies, tests: &str) -> super::super::Report {
        let table = Table::parse("starter-tests.toml", tests, &group_names()).unwrap();
        run(policies, &table, &command, &|_| BTreeSet::new(), someone(&[]).now)
    }

    #[test]
    fn the_starter_policy_is_right_and_passes_its_tests() {
        let starter = policies(STARTER_POLICY);
        assert_eq!(starter.warnings(), []);
        let report = report_of(&starter, STARTER_TESTS);
        assert!(report.passed(), "{:#?}", report.failures().collect::<Vec<_>>());
        assert!(report.cases.len() > 10);
    }

    #[test]
    fn every_starter_policy_except_reads_and_playbooks_is_used_by_a_decision() {
        let starter = policies(STARTER_POLICY);
        let asked = report_of(&starter, STARTER_TESTS).cases.into_iter().flat_map(|case| case.policies);
        let mut used: BTreeSet<String> = asked.collect();
        let asker = someone(&["admins"]);
        for action in HostAction::ALL {
            let decision = starter.decide_host(&asker.asker(), action, asker.now);
            used.extend(decision.requirements().unwrap().policies.clone());
        }
        let reads = starter
            .policies
            .iter()
            .filter(|policy| policy.id.ends_with("-read") || policy.id.ends_with("-playbooks"))
            .map(|policy| policy.id.clone());
        used.extend(reads);
        for policy in &starter.policies {
            assert!(used.contains(&policy.id), "{} (line {})", policy.id, policy.line);
        }
    }

    #[test]
    fn each_group_of_the_starter_may_do_what_its_name_says() {
        let starter = policies(STARTER_POLICY);
        for action in &CATALOG.actions {
            let given = sample(&CATALOG.types, action, false);
            let ask = |group: &str| {
                let asker = someone(&[group]);
                starter.decide(&asker.asks(action, &given)).requirements().cloned()
            };
            assert_eq!(ask("viewers").is_some(), action.risk == Risk::Read, "{}", action.id);
            assert_eq!(ask("compliance").is_some(), action.is_confidential(), "{}", action.id);
            assert_eq!(ask("admins").is_some(), !action.is_confidential(), "{}", action.id);
            if action.risk == Risk::Irreversible {
                assert_eq!(ask("admins").unwrap().approvals[0].from.as_deref(), Some("admins"), "{}", action.id);
            }
            assert!(starter.decide(&someone(&[]).asks(action, &given)).requirements().is_none(), "{}", action.id);
        }
    }

    /// The decision for a user in a group, in words.
    fn verdict(starter: &Policies, group: &str, action: &Action) -> String {
        let asker = someone(&[group]);
        let decide = |all: bool| starter.decide(&asker.asks(action, &sample(&CATALOG.types, action, all)));
        let needs = |requirements: &Requirements| {
            let mut needs = Vec::new();
            needs.extend(requirements.confirm.then(|| "confirmation".to_owned()));
            needs.extend(requirements.reason.then(|| "reason".to_owned()));
            needs.extend(requirements.approvals.iter().map(|rule| match &rule.from {
                Some(group) => format!("{} approval ({group})", rule.count),
                None => format!("{} approval", rule.count),
            }));
            if needs.is_empty() { "runs".to_owned() } else { needs.join(" + ") }
        };
        match decide(false).requirements() {
            Some(requirements) => needs(requirements),
            None if starter.may_ever(&asker.asker(), action) => "depends on the arguments".to_owned(),
            None => "denied".to_owned(),
        }
    }

    /// A table of all actions and groups.
    fn table() -> String {
        const GROUPS: [&str; 5] = ["", "viewers", "helpdesk", "admins", "compliance"];
        let starter = policies(STARTER_POLICY);
        let mut table = "# What the starter policy permits\n\nAfter this chapter, you know the decision of the starter \
            policy on each action, for each group: the action runs, requires the listed decisions, or is denied. A \
            person in no group can run `help`, `whoami`, `status`, `pending` and `can-i`, but no action. A test of the \
            policy writes this page.\n\n\
            | action | risk | in no group | viewers | helpdesk | admins | compliance |\n| --- | --- | --- | --- | --- | --- | --- |\n"
            .to_owned();
        for action in &CATALOG.actions {
            let verdicts = GROUPS.map(|group| verdict(&starter, group, action)).join(" | ");
            writeln!(table, "| `{}` | {} | {verdicts} |", action.command(), action.risk).unwrap();
        }
        table
    }

    #[test]
    fn starter_table_shows_every_action_against_every_group() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/starter-policy.md");
        let table = table();
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &table).unwrap();
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            table == written,
            "docs/starter-policy.md is not up to date: run this test with BLESS=1 and read the change"
        );
    }

    #[test]
    fn commented_starter_policies_are_valid_without_warnings() {
        let suggested: String = STARTER_POLICY
            .lines()
            .filter_map(|line| {
                line.strip_prefix("//").filter(|code| code.starts_with(|c: char| c == '@' || c.is_alphabetic()))
            })
            .flat_map(|line| [line, "\n"])
            .collect();
        let all = policies(&format!("{STARTER_POLICY}\n{suggested}"));
        assert_eq!(all.warnings(), []);
        assert!(all.len() >= policies(STARTER_POLICY).len() + 5, "{suggested}");
    }

    #[test]
    fn the_starter_needs_its_groups() {
        let none = Policies::parse(&CATALOG, &BTreeSet::new(), "policy.cedar", STARTER_POLICY).unwrap_err();
        assert!(none.to_string().contains("there is no group `viewers`"));
        assert!(parse(STARTER_POLICY).is_ok());
    }
}
