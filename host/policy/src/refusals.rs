//! Valid and invalid policy files, and the messages about invalid ones.

use super::names::GroupNames;
use super::testing::{CATALOG, group_names, parse, policies};
use super::validate::MOST_AT_ONE_PLACE;
use super::{Policies, PolicyProblem};

const ALL: &str = "permit(principal, action, resource);";

/// The problems of a text, as they are shown.
fn problems(text: &str) -> Vec<String> {
    parse(text).map_or_else(|errors| errors.0.iter().map(PolicyProblem::to_string).collect(), |_| Vec::new())
}

/// Expects exactly one problem, which begins with a position and contains some words.
fn refused(text: &str, place: &str, words: &[&str]) {
    let found = problems(text);
    let fits = found.len() == 1
        && found[0].starts_with(&format!("policy.cedar:{place}: "))
        && words.iter().all(|word| found[0].contains(word));
    assert!(fits, "{text}\n{place} {words:?}\n{found:#?}");
}

#[test]
fn an_action_that_does_not_exist_is_refused_with_its_place() {
    refused(
        "\n\npermit(principal,\n  action == Action::\"users.remov\", resource);",
        "4:13",
        &["there is no action `users.remov`; did you mean `users.remove`?"],
    );
    refused(
        "permit(principal, action == Action::\"users.delete\", resource);",
        "1:29",
        &["there are users.get, users.list, users.remove, users.sign-out, users.update"],
    );
    refused("permit(principal, action == Action::\"bananas\", resource);", "1:29", &["policy schema"]);
    refused("permit(principal, action in [Action::\"read\", Action::\"wrte\"], resource);", "1:46", &["`write`"]);
    refused("permit(principal, action, resource) when { action == Action::\"user.list\" };", "1:54", &["`users.list`"]);
}

#[test]
fn an_argument_that_does_not_exist_is_refused_with_its_place() {
    refused(
        "@id(\"a\")\npermit(principal, action == Action::\"users.update\", resource)\nwhen { context.arguments.rol == \"user\" };",
        "3:8",
        &["policy `a`", "`arguments.rol`", "did you mean `role`"],
    );
    // One of the actions has the argument, another does not.
    let found =
        problems("permit(principal, action in Action::\"read\", resource) when { context.arguments.email == \"x\" };");
    assert!(found.iter().all(|problem| problem.starts_with("policy.cedar:1:62: ")), "{found:#?}");
    assert!(found.len() == MOST_AT_ONE_PLACE && found[2].contains("more like this"), "{found:#?}");
    refused(
        "permit(principal, action == Action::\"users.list\", resource) when { context.arguments.email == \"x\" };",
        "1:68",
        &["optional", "has"],
    );
    refused("permit(principal, action, resource) when { principal.name == \"x\" };", "1:44", &["`name`"]);
    refused(
        "permit(principal, action == Action::\"users.list\", resource) when { context.arguments has limit && context.arguments.limit == \"5\" };",
        "1:99",
        &["Long", "String"],
    );
    refused("permit(principal == Robot::\"x\", action, resource);", "1:21", &["Robot"]);
}

#[test]
fn names_that_mean_nothing_are_refused_with_their_places() {
    for (name, words) in [
        ("Group::\"admin\"", "did you mean `admins`?"),
        ("Group::\"bananas\"", "declare it in the configuration"),
        ("Group::\"slack:T1/U1\"", "no group"),
        ("Group::\"slack:S1\"", "no group"),
        ("User::\"U1\"", "slack:TEAM/USER"),
        ("User::\"slack:T1\"", "slack:TEAM/USER"),
        ("Tenant::\"T1\"", "write slack:TEAM"),
        ("Tenant::\"http\"", "write slack:TEAM"),
        ("Tenant::\"slack:T1/C1\"", "write slack:TEAM"),
    ] {
        refused(&format!("{ALL}\nforbid(principal in {name}, action, resource);"), "2:21", &[words]);
    }
    for name in ["Place::\"C1\"", "Place::\"slack:T1/*\"", "Place::\"http:x\""] {
        refused(&format!("forbid(principal, action, resource) unless {{ resource == {name} }};"), "1:58", &["TEAM"]);
    }
    refused("forbid(principal == User::\"\\u{68}ttp:ci\", action, resource);", "1:21", &["without escapes"]);
}

#[test]
fn names_of_principals_groups_and_places_are_valid() {
    for name in [
        "Group::\"admins\"",
        "Group::\"slack:T1/S1\"",
        "User::\"http:ci\"",
        "User::\"local:ada\"",
        "Tenant::\"slack:T1\"",
    ] {
        policies(&format!("permit(principal in {name}, action, resource);"));
    }
    for name in
        ["Place::\"slack:T1/C1\"", "Place::\"slack:T1\"", "Place::\"http\"", "Place::\"local\"", "Tenant::\"slack:T1\""]
    {
        policies(&format!("permit(principal, action, resource in {name});"));
    }
}

#[test]
fn annotations_are_refused_where_they_say_nothing() {
    for (annotation, words) in [
        ("@confrm", "there is no annotation @confrm; did you mean @confirm?"),
        ("@risk(\"read\")", "there are @id, @description, @confirm"),
        ("@confirm(\"yes\")", "takes no value"),
        ("@reason", "@reason(\"required\")"),
        ("@reason(\"optional\")", "@reason(\"required\")"),
        ("@approvals(\"0\")", "from 1 to 10"),
        ("@approvals(\"11\")", "from 1 to 10"),
        ("@approvals(\"+1\")", "from 1 to 10"),
        ("@approvals", "from 1 to 10"),
        ("@from(\"admins\")", "add @approvals(\"1\")"),
        ("@expires(\"59s\")", "from 1 minute to 7 days"),
        ("@expires(\"8d\")", "from 1 minute to 7 days"),
        ("@expires(\"30\")", "from 1 minute to 7 days"),
        ("@expires(\"m\")", "from 1 minute to 7 days"),
        ("@expires(\"99999999999999999999d\")", "from 1 minute to 7 days"),
        ("@expires(\"18446744073709551615d\")", "from 1 minute to 7 days"),
        ("@expires(\"1ü\")", "from 1 minute to 7 days"),
        ("@expires", "from 1 minute to 7 days"),
        ("@id(\"\")", "@id is empty"),
        ("@id(\"a\\nb\")", "control characters"),
    ] {
        refused(&format!("{ALL}\n  {annotation} {ALL}"), "2:3", &[words]);
    }
    refused(
        &format!("@approvals(\"1\")\n @from(\"admin\")\n{ALL}"),
        "2:2",
        &["@from: there is no group `admin`; did you mean `admins`?"],
    );
    for annotation in ["confirm", "reason(\"required\")", "approvals(\"1\")", "expires(\"1h\")", "from(\"admins\")"] {
        refused(
            &format!("@id(\"no\") @{annotation} forbid(principal, action, resource);"),
            "1:11",
            &["policy `no`", "on a forbid"],
        );
    }
}

#[test]
fn annotations_are_taken_within_their_bounds() {
    let read = policies(
        "@id(\"a\") @description(\"d\") @confirm @reason(\"required\") @approvals(\"10\") @from(\"slack:T1/S1\") @expires(\"7d\")\n\
         permit(principal, action, resource);\n@expires(\"1m\") permit(principal, action, resource);\n\
         @id(\"b\") @description(\"d\") forbid(principal, action, resource);",
    );
    let demands = &read.policies[0].demands;
    assert!(demands.confirm && demands.reason);
    assert_eq!(
        demands.approval.as_ref().map(|rule| (rule.count, rule.from.as_deref())),
        Some((10, Some("slack:T1/S1")))
    );
    assert_eq!(demands.expires_seconds, Some(7 * 24 * 60 * 60));
    assert_eq!(read.policies[1].demands.expires_seconds, Some(60));
    assert_eq!(read.groups_named(), &GroupNames::from(["slack:T1/S1".to_owned()]));
}

#[test]
fn policies_have_names() {
    let read =
        policies(&format!("// first\n{ALL} {ALL}\n@id(\"named\")\n{ALL}\n@id(\"policy at line 6\") {ALL}\n{ALL}"));
    let names: Vec<_> = read.policies.iter().map(|policy| (policy.id.as_str(), policy.line)).collect();
    assert_eq!(
        names,
        [
            ("policy at line 2", 2),
            ("policy at line 2:38", 2),
            ("named", 3),
            ("policy at line 6", 5),
            ("policy at line 6:1", 6)
        ]
    );
    refused(&format!("@id(\"a\") {ALL}\n @id(\"a\") {ALL}"), "2:2", &["policy `a`: another policy has this id too"]);
}

#[test]
fn cedar_syntax_error_is_reported_with_its_position() {
    refused("permit(principal, action, resource)\n", "1:36", &["unexpected"]);
    let found = problems("permit(principle, action, resource);\nallow(principal, action, resource);");
    assert!(found.iter().any(|problem| problem.starts_with("policy.cedar:1:8: ")), "{found:#?}");
    assert!(found.iter().any(|problem| problem.starts_with("policy.cedar:2:1: ")), "{found:#?}");
}

#[test]
fn templates_are_refused() {
    refused(&format!("{ALL}\npermit(principal == ?principal, action, resource);"), "2:21", &["template"]);
    let found = problems(&format!("{ALL}\npermit(principal, action, resource in ?resource);"));
    assert!(found[0].contains(":2:39: ") && found.len() == 1, "{found:#?}");
}

#[test]
fn expression_that_always_fails_is_invalid() {
    refused(
        "permit(principal, action, resource) when { User::\"http:ci\".platform == \"http\" };",
        "1:44",
        &["entity literals cannot be dereferenced"],
    );
    refused("permit(principal, action, resource) when { context.time > datetime(\"noon\") };", "1:59", &["noon"]);
}

#[test]
fn every_problem_is_listed_in_the_order_of_the_lines() {
    let found = problems(
        "permit(principal in Group::\"admin\", action == Action::\"users.lst\", resource);\n@bad @approvals(\"x\")\n\
         permit(principal, action, resource)\nwhen { principal.name == \"x\" };",
    );
    let places: Vec<&str> = found.iter().map(|problem| problem.split(": ").next().unwrap()).collect();
    let expected =
        ["policy.cedar:1:21", "policy.cedar:1:47", "policy.cedar:2:1", "policy.cedar:2:6", "policy.cedar:4:8"];
    assert_eq!(places, expected, "{found:#?}");
}

#[test]
fn policy_that_can_never_match_is_a_warning_with_its_line() {
    let read = policies(&format!("{ALL}\n@id(\"odd\") permit(principal, action, resource) when {{ false }};"));
    let warnings: Vec<String> = read.warnings().iter().map(PolicyProblem::to_string).collect();
    assert!(warnings.len() == 1 && warnings[0].starts_with("policy.cedar:2:"), "{warnings:#?}");
    assert!(warnings[0].contains("`odd`") && warnings[0].contains("impossible"), "{warnings:#?}");
    let read = policies("permit(principal, action == Action::\"read\", resource);");
    assert!(read.warnings().iter().all(|warning| warning.to_string().contains("write `action in Action::\"read\"`")));
    assert_eq!(read.warnings().len(), 1);
}

#[test]
fn a_forbid_that_can_never_match_is_refused() {
    for forbid in [
        "forbid(principal, action == Action::\"write\", resource);",
        "forbid(principal, action, resource == Tenant::\"slack:T1\");",
        "forbid(principal is Group, action, resource);",
        "forbid(principal, action in Action::\"host\", resource) when { context has arguments };",
    ] {
        let found = problems(&format!("{ALL}\n{forbid}"));
        assert!(!found.is_empty() && found.iter().all(|problem| problem.starts_with("policy.cedar:2:")), "{found:#?}");
    }
}

#[test]
fn an_empty_file_is_a_policy_that_permits_nothing() {
    let read = Policies::parse(&CATALOG, &group_names(), "policy.cedar", "// nothing\n").unwrap();
    assert!(read.is_empty() && read.warnings().is_empty());
    assert_eq!(read.hash().len(), 64);
}

#[test]
fn requirement_annotation_on_only_host_actions_is_invalid() {
    for action in
        ["== Action::\"audit.read\"", "in Action::\"host\"", "in [Action::\"policy.read\", Action::\"audit.read\"]"]
    {
        for annotation in ["@approvals(\"2\")", "@confirm", "@reason(\"required\")", "@expires(\"5m\")"] {
            let name = annotation.split('(').next().unwrap();
            let text = format!("@id(\"look\")\n{annotation}\npermit(principal, action {action}, resource);");
            refused(&text, "2:1", &["`look`", name, "no meaning for actions of the host", "remove it"]);
        }
        policies(&format!("@id(\"a\") @description(\"b\") permit(principal, action {action}, resource);"));
    }
    // In combination with actions of the catalog, the annotation has a meaning.
    policies("@approvals(\"2\") permit(principal, action, resource);");
    policies("@approvals(\"2\") permit(principal, action in [Action::\"host\", Action::\"users\"], resource);");
}
