//! The names and texts of the package are readable in commands, in help and in plans.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what it expects by failing")]

use claude_admin_catalog::{Action, Catalog, Currency, Kind, Method, PackageText, Type, Unit};
use std::path::Path;

/// The maximum length that every list and help can show without a line break.
const MOST_CHARS_OF_A_NAME: usize = 28;
const MOST_CHARS_OF_A_SUMMARY: usize = 90;

fn catalog() -> Catalog {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    Catalog::from_text(&PackageText::from_folder(&folder).unwrap()).unwrap_or_else(|error| panic!("{error}"))
}

/// Fails with a list of every action that breaks a rule.
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
fn verb_does_not_repeat_its_noun_and_names_are_short() {
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
fn delete_remove_and_archive_actions_state_their_effect() {
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

#[test]
fn order_that_a_summary_states_names_its_field() {
    let times = ["newest first", "oldest first", "recent first", "recently added first", "joined first"];
    every_action(|_, action| {
        let is_list = action.paging.is_some();
        let says = times.iter().any(|time| action.summary().contains(time));
        let missing = is_list && says && action.ordered_by().is_none();
        missing.then(|| "the summary states an order, and there is no `@order`".to_owned())
    });
}

#[test]
fn every_amount_of_money_states_its_currency() {
    let catalog = catalog();
    let types = &catalog.types;
    let is_money = |ty: &Type, name: &str| {
        let ty = types.optional(ty).unwrap_or(ty);
        let is_number = matches!(types.underlying(ty), Type::F64);
        matches!(types.format(ty), Some("cents" | "whole-cents")) || (is_number && name.ends_with("amount"))
    };
    let mut amounts = 0;
    let mut check = |unit: &Option<Unit>, place: String, beside: &[&str]| {
        amounts += 1;
        match unit {
            Some(Unit::Cents(Currency::Code(_))) => {}
            Some(Unit::Cents(Currency::Field(field))) => {
                assert!(beside.contains(&field.as_str()), "{place}: no `{field}`")
            }
            other => panic!("{place}: {other:?} is no unit of money"),
        }
    };
    for (_, def) in types.iter() {
        let Kind::Record(fields) = &def.kind else { continue };
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        for field in fields.iter().filter(|field| is_money(&field.ty, &field.name)) {
            check(&field.unit, format!("{}.{}", def.name, field.name), &names);
        }
    }
    for action in &catalog.actions {
        let names: Vec<&str> = action.inputs.iter().map(|input| input.name.as_str()).collect();
        for input in action.inputs.iter().filter(|input| is_money(&input.ty, &input.name)) {
            check(&input.unit, format!("{} --{}", action.id, input.name), &names);
        }
    }
    assert!(amounts >= 15, "{amounts} amounts");
}

#[test]
fn every_write_asks_a_question_that_ends_in_a_question_mark() {
    every_action(|_, action| {
        let without_condition = action.questions.last().is_some_and(|question| question.when.is_none());
        let is_question = |text: &str| text.ends_with('?') && text.starts_with(char::is_uppercase);
        match action.questions.iter().find(|question| !is_question(&question.text)) {
            _ if !action.writes() => None,
            Some(broken) => Some(format!("`{}` is no question", broken.text)),
            None => (!without_condition).then(|| "it needs an `@ask` that always applies".to_owned()),
        }
    });
}

#[test]
fn question_names_every_object_that_the_path_of_the_write_names() {
    every_action(|catalog, action| {
        let names_target = |text: &str| {
            text.contains('{') || action.http.path.params().next().is_none() || catalog.before_action(action).is_none()
        };
        let vague = action.questions.iter().find(|question| !names_target(&question.text));
        vague.map(|question| format!("`{}` names no object", question.text))
    });
}

#[test]
fn futile_rules_are_full_sentences() {
    every_action(|_, action| {
        let is_sentence = |text: &str| text.ends_with('.') && text.starts_with(char::is_uppercase);
        let broken = action.futile.iter().find(|rule| !is_sentence(&rule.text));
        broken.map(|rule| format!("`{}` is no sentence", rule.text))
    });
}

#[test]
fn archiving_what_is_archived_is_known_to_be_futile() {
    every_action(|catalog, action| {
        let target = catalog.before_action(action).and_then(|read| read.result.as_ref());
        let shows = target.is_some_and(|ty| catalog.types.has_path(ty, "archived_at"));
        let is_archive = action.function == "archive" && shows;
        (is_archive && action.futile.is_empty()).then(|| "it has no `@futile`".to_owned())
    });
}

#[test]
fn only_these_requests_other_than_get_change_nothing() {
    let catalog = catalog();
    let reads = catalog.actions.iter().filter(|action| !action.writes() && action.http.method != Method::Get);
    let reads: Vec<&str> = reads.map(|action| action.id.as_str()).collect();
    assert_eq!(reads, ["external-keys.validate", "marketplaces.validate-archive", "marketplaces.validate-repository"]);
}
