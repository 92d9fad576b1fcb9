//! The names and texts of the package read well where they are shown: as commands, in help and in plans.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what it expects by failing")]

use claude_admin_catalog::{Action, Catalog, PackageText};
use std::path::Path;

/// What every list and help can show without a break.
const MOST_CHARS_OF_A_NAME: usize = 28;
const MOST_CHARS_OF_A_SUMMARY: usize = 90;

fn catalog() -> Catalog {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    Catalog::from_text(&PackageText::from_folder(&folder).unwrap()).unwrap_or_else(|error| panic!("{error}"))
}

/// Tells of every action that breaks a rule.
fn every_action(rule: impl Fn(&Catalog, &Action) -> Option<String>) {
    let catalog = catalog();
    let broken: Vec<String> = catalog
        .actions
        .iter()
        .filter_map(|action| rule(&catalog, action).map(|why| format!("{}: {why}", action.command())))
        .collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn a_verb_says_something_that_its_noun_does_not() {
    every_action(|_, action| {
        let verb = action.command().split_once(' ').unwrap().1.to_owned();
        let noun = action.interface.trim_end_matches('s').to_owned();
        let too_long = verb.len() > MOST_CHARS_OF_A_NAME || action.interface.len() > MOST_CHARS_OF_A_NAME;
        (verb.contains(&noun) || too_long).then(|| "the name is long, or says the same twice".to_owned())
    });
}

#[test]
fn a_summary_is_one_short_order() {
    every_action(|_, action| {
        let summary = action.summary();
        let verb = summary.split(' ').next().unwrap();
        let is_order = verb.starts_with(char::is_uppercase) && !verb.ends_with('s') && !verb.ends_with("ing");
        let is_short = summary.chars().count() <= MOST_CHARS_OF_A_SUMMARY && !summary.contains(". ");
        (!is_order || !is_short).then(|| format!("`{summary}` should be a short order, such as `List members`"))
    });
}

#[test]
fn what_takes_a_thing_away_for_good_says_so_before_it_is_done() {
    every_action(|_, action| {
        let takes_away = ["delete", "remove", "archive"].iter().any(|word| action.function.starts_with(word));
        (takes_away && action.effects.is_empty()).then(|| "it says nothing of its effect".to_owned())
    });
}

#[test]
fn every_input_and_every_noun_is_explained() {
    every_action(|catalog, action| {
        let input = action.inputs.iter().find(|input| input.docs.is_empty());
        let noun = catalog.interface(&action.interface).unwrap();
        input
            .map(|input| format!("`{}` is not explained", input.name))
            .or_else(|| noun.docs.prose.is_empty().then(|| "its noun is not explained".to_owned()))
    });
}

#[test]
fn short_spellings_lead_to_one_noun_each() {
    let catalog = catalog();
    for (short, noun) in [
        ("keys", "api-keys"),
        ("sa", "service-accounts"),
        ("rules:workspaces", "federation-rule-workspaces"),
        ("members", "users"),
    ] {
        assert_eq!(catalog.interface(short).unwrap().name, noun);
    }
    let mut names: Vec<&str> = Vec::new();
    for noun in &catalog.interfaces {
        names.push(&noun.name);
        names.extend(noun.aliases.iter().map(String::as_str));
    }
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "two nouns share a spelling");
}
