//! Compares the WIT package with the reference description: every operation, parameter, field, word, credential and
//! beta.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod description;
mod explained;
mod replies;
mod requests;

use claude_admin_catalog::{Action, Availability, Catalog, CodeEffect, Credential, PackageText, Segment};
use description::{Description, Operation};
use std::collections::BTreeSet;
use std::path::Path;

fn catalog() -> Catalog {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    let text = PackageText::from_folder(&folder).unwrap();
    Catalog::from_text(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// `GET /v1/x/{}`: the reference uses other names for parameters of paths.
fn route(action: &Action) -> String {
    let path: String = action
        .http
        .path
        .segments()
        .iter()
        .map(|segment| match segment {
            Segment::Literal(text) => format!("/{text}"),
            Segment::Param(_) => "/{}".to_owned(),
        })
        .collect();
    format!("{} {path}", action.http.method)
}

#[test]
fn actions_are_exactly_the_operations_of_the_reference() {
    let (catalog, description) = (catalog(), Description::read());
    let here: BTreeSet<String> = catalog.actions.iter().map(|action| route(action)).collect();
    let there: BTreeSet<String> = description.operations().map(|operation| operation.route.clone()).collect();
    assert_eq!(here.len(), catalog.actions.len(), "two actions make one request");
    let uncovered: Vec<_> = there.difference(&here).collect();
    let unknown: Vec<_> = here.difference(&there).collect();
    assert!(uncovered.is_empty() && unknown.is_empty(), "uncovered: {uncovered:#?}\nunknown: {unknown:#?}");
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/README.md");
    let stated = format!("{} operations", there.len());
    assert!(std::fs::read_to_string(readme).unwrap().contains(&stated), "its README does not say: {stated}");
}

/// The organizations and platforms in which the operation exists. The reference names them in words.
fn availability(action: &Action, operation: &Operation<'_>, found: &mut Vec<String>) {
    let text = operation.availability();
    let on_aws = text.contains("on Claude Platform on AWS") && !text.contains("not available on");
    let enterprise = text.contains("Enterprise") || text.contains("also on Claude Platform on AWS");
    let console = !text.contains("Enterprise") || text.contains("Console");
    let stated =
        [(console, Availability::Console), (enterprise, Availability::Enterprise), (on_aws, Availability::Aws)];
    let there: Vec<Availability> = stated.into_iter().filter_map(|(is, place)| is.then_some(place)).collect();
    if there != action.available {
        found.push(format!("available {:?} here, {there:?} there", action.available));
    }
}

/// A conflict or a server error with a code carries specific information about whether a write took effect. The same
/// applies to a code that names a step which succeeded.
#[test]
fn code_that_can_follow_a_change_is_declared() {
    let (catalog, description) = (catalog(), Description::read());
    let mut undeclared = Vec::new();
    for operation in description.operations() {
        let Some(action) = catalog.actions.iter().find(|action| route(action) == operation.route) else { continue };
        let codes =
            operation.codes().filter(|(status, code)| *status == 409 || *status >= 500 || code.contains("_set_up_"));
        let missing = codes.filter(|(_, code)| action.writes() && action.code(code).is_none());
        undeclared.extend(missing.map(|(status, code)| format!("{} {status} {code}", action.id)));
    }
    assert!(undeclared.is_empty(), "add `@code CODE changed|unchanged|unknown ADVICE`: {undeclared:#?}");
}

#[test]
fn no_action_differs_from_the_reference_without_a_reason() {
    let (catalog, description) = (catalog(), Description::read());
    let mut differences = Vec::new();
    for operation in description.operations() {
        let Some(action) = catalog.actions.iter().find(|action| route(action) == operation.route) else { continue };
        let mut found = Vec::new();
        access(action, &operation, &mut found);
        availability(action, &operation, &mut found);
        requests::compare(&catalog, action, &description, &operation, &mut found);
        replies::compare(&catalog, action, &description, &operation, &mut found);
        differences.extend(found.into_iter().map(|difference| format!("{} {difference}", action.id)));
    }
    let unexplained: Vec<&String> =
        differences.iter().filter(|difference| explained::why(difference).is_none()).collect();
    assert!(unexplained.is_empty(), "{} unexplained: {unexplained:#?}", unexplained.len());
    let stale: Vec<_> = explained::ALL
        .iter()
        .filter(|(pattern, _)| !differences.iter().any(|difference| explained::fits(pattern, difference)))
        .collect();
    assert!(stale.is_empty(), "explained, and not there any more: {stale:#?}");
}

/// Credentials, betas, and whether the operation is deprecated.
fn access(action: &Action, operation: &Operation<'_>, found: &mut Vec<String>) {
    let here: BTreeSet<String> = action
        .auth
        .iter()
        .map(|credential| match credential {
            Credential::AdminKey => "adminKey".to_owned(),
            Credential::OauthToken => "oauth:org:admin".to_owned(),
            other => other.to_string(),
        })
        .collect();
    let there = operation.credentials();
    if here != there {
        found.push(format!("credentials: {here:?} here, {there:?} there"));
    }
    let here: BTreeSet<&str> = action.betas.iter().map(String::as_str).collect();
    let there = operation.betas();
    if here != there {
        found.push(format!("betas: {here:?} here, {there:?} there"));
    }
    let here: BTreeSet<(&str, &str)> = action
        .codes
        .iter()
        .filter_map(|code| match code.effect {
            CodeEffect::Changed => Some((code.code.as_str(), "yes")),
            CodeEffect::Unknown => Some((code.code.as_str(), "maybe")),
            CodeEffect::Unchanged => None,
        })
        .collect();
    let there = operation.codes_of_changes();
    if here != there {
        found.push(format!("codes with which something was changed: {here:?} here, {there:?} there"));
    }
    if action.deprecated.is_some() != operation.is_deprecated() {
        found.push(format!("deprecated: {} there", operation.is_deprecated()));
    }
}
