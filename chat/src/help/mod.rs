//! Help, derived from the catalog.

mod data;
mod host;
mod playbook;

pub use data::{action_data, noun_data, overview_data};
pub use host::{host_help, host_help_data};
pub use playbook::{playbook_data, playbook_help};

use crate::command::{HostCommandInfo, alternatives, placeholder, short_usage, usage};
use crate::document::{Block, Document, Fact, Level, Notice};
use claude_admin_catalog::{Action, Catalog, Input, Interface, Presence, Types, describe};
use indexmap::IndexMap;
use std::collections::HashSet;

/// Explains the nouns with an action for which `may_run` returns true, and the commands of the host for which `may_use`
/// returns true.
#[must_use]
pub fn overview(catalog: &Catalog, may_run: &dyn Fn(&Action) -> bool, may_use: &dyn Fn(&str) -> bool) -> Document {
    let mut nouns = catalog.nouns();
    nouns.retain(|noun| catalog.actions_of(&noun.name).any(|action| may_run(action)));
    let document = Document::titled("Available commands");
    if nouns.is_empty() {
        let text =
            "No actions yet: no policy allows you any action. `whoami` shows the ID that an administrator needs.";
        return document.with(Block::Text(text.to_owned()));
    }
    // One example of each family, so the examples differ.
    let mut families = HashSet::new();
    let examples: Vec<(String, String)> = nouns
        .iter()
        .filter_map(|noun| {
            let mut actions = catalog.actions_of(&noun.name);
            let action = actions.find(|action| may_run(action) && action.deprecated.is_none())?;
            let example = action.examples.first().filter(|_| families.insert(noun.family.as_str()))?;
            Some((example.clone(), action.summary().to_owned()))
        })
        .take(3)
        .collect();
    let old: Vec<&str> = nouns.iter().filter(|noun| noun.deprecated.is_some()).map(|noun| noun.name.as_str()).collect();
    let mut document = document.with(noun_list(&nouns));
    if !old.is_empty() {
        document = document.with(Block::Text(format!("Deprecated: {}.", old.join(", "))));
    }
    document = document.with(Block::Text("For example:".to_owned())).with(Block::Commands(examples));
    let how = "A command is a noun and a verb. `help NOUN` lists its verbs, `help NOUN VERB` explains one";
    // A gateway has no commands of the host.
    let of_the_host = HostCommandInfo::list(may_use);
    if of_the_host.is_empty() {
        return document.footer(format!("{how}."));
    }
    let playbooks = catalog.playbooks.iter().filter(|form| may_use(&form.name));
    let playbooks: Vec<_> = playbooks.map(|form| (form.name.clone(), form.summary.clone())).collect();
    if !playbooks.is_empty() {
        document = document
            .with(Block::Text("Playbooks, which plan a whole job:".to_owned()))
            .with(Block::Commands(playbooks));
    }
    document
        .with(Block::Text("Commands for pending requests, permissions and the audit log:".to_owned()))
        .with(Block::Commands(of_the_host))
        .footer(format!("{how}, and `help audit` explains a command of the host."))
}

/// The maximum number of nouns in a list with summaries. Longer lists show the nouns by family.
const MOST_NOUNS: usize = 12;

/// The nouns, without those that are deprecated.
fn noun_list(nouns: &[&Interface]) -> Block {
    let current = || nouns.iter().filter(|noun| noun.deprecated.is_none());
    if current().count() <= MOST_NOUNS {
        let lines = current().map(|noun| (format!("help {}", noun.name), noun.docs.summary().to_owned()));
        return Block::Commands(lines.collect());
    }
    let mut families: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for noun in current() {
        families.entry(&noun.family).or_default().push(&noun.name);
    }
    Block::Facts(families.into_iter().map(|(family, nouns)| Fact::new(family, nouns.join(", "))).collect())
}

/// Explains the verbs of a noun.
#[must_use]
pub fn noun_help(catalog: &Catalog, noun: &str, may_run: &dyn Fn(&Action) -> bool) -> Document {
    let Some(interface) = catalog.interface(noun) else { return Document::default() };
    let verbs = catalog
        .actions_of(&interface.name)
        .filter(|action| may_run(action))
        .map(|action| (short_usage(action, &catalog.types), described(action)))
        .collect::<Vec<_>>();
    if verbs.is_empty() {
        return not_here(&format!("any of `{}`", interface.name));
    }
    let mut document =
        Document::titled(interface.docs.prose.lines().next().unwrap_or_default()).with(Block::Commands(verbs));
    if !interface.aliases.is_empty() {
        document = document.footer(format!("Also spelled: {}", interface.aliases.join(", ")));
    }
    document
}

/// Adds the playbooks that are verbs of a noun.
#[must_use]
pub fn with_playbooks_of(help: Document, catalog: &Catalog, noun: &str, may_use: &dyn Fn(&str) -> bool) -> Document {
    let Some(interface) = catalog.interface(noun) else { return help };
    let is_verb = |name: &str| name.split_once(' ').is_some_and(|(first, _)| first == interface.name);
    let found = catalog.playbooks.iter().filter(|form| is_verb(&form.name) && may_use(&form.name));
    let found: Vec<_> = found.map(|form| (form.usage(), form.summary.clone())).collect();
    if found.is_empty() {
        return help;
    }
    help.with(Block::Text("Playbooks, which plan a whole job:".to_owned())).with(Block::Commands(found))
}

/// The summary of an action, and whether the action is deprecated.
fn described(action: &Action) -> String {
    let old = if action.deprecated.is_some() { " (deprecated)" } else { "" };
    format!("{}{old}", action.summary())
}

/// The organizations and platforms in which an action exists.
#[must_use]
pub fn available(action: &Action) -> String {
    let places: Vec<&str> = action.available.iter().map(|place| place.label()).collect();
    if places.is_empty() { "Available: not stated".to_owned() } else { format!("Available: {}", places.join(", ")) }
}

/// An action is not explained to a user who cannot run it.
#[must_use]
pub fn not_here(what: &str) -> Document {
    let text = format!("You cannot run {what} here.");
    let hint = Some("`help` shows the commands that you can run; `can-i … --explain` shows the reason.".to_owned());
    Document::default().with(Block::Notice(Notice { level: Level::Attention, text, hint }))
}

/// Explains one action: examples first.
#[must_use]
pub fn action_help(catalog: &Catalog, action: &Action) -> Document {
    let types = &catalog.types;
    let examples = action.examples.iter().map(|example| (example.clone(), String::new())).collect();
    let mut document = Document::titled(action.command())
        .with(Block::Text(action.docs.prose.clone()))
        .with(Block::Commands(examples))
        .with(Block::Text(format!("Usage: {}", usage(action, types))));
    let inputs: Vec<Fact> = action
        .inputs
        .iter()
        .map(|input| {
            let (label, meaning) = input_help(catalog, action, input);
            Fact { field: input.name.clone(), ..Fact::new(label, meaning) }
        })
        .collect();
    if !inputs.is_empty() {
        document = document.with(Block::Facts(inputs));
    }
    if let Some(reason) = &action.deprecated {
        document = document.with(Block::Text(format!("Deprecated. {reason}")));
    }
    let periods: Vec<String> = action
        .periods
        .iter()
        .map(|period| format!("--{} 7d sets --{} and --{}", period.name, period.start, period.end))
        .collect();
    if !periods.is_empty() {
        document = document.with(Block::Text(format!("{}.", periods.join("; "))));
    }
    for conflict in &action.conflicts {
        document = document.with(Block::Text(conflict.to_string()));
    }
    if let Some(effect) = action.effect() {
        document = document.with(Block::Text(format!("Effect: {effect}")));
    }
    if !action.aliases.is_empty() {
        document = document.footer(format!("Also spelled: {}", action.aliases.join(", ")));
    }
    let auth: Vec<String> = action.auth.iter().map(ToString::to_string).collect();
    document = document
        .footer(format!("Risk: {}", action.risk))
        .footer(available(action))
        .footer(format!("Request: {}", action.http))
        .footer(format!("Credential: any of {}", auth.join(", ")));
    for auth in &action.conditional_auth {
        document = document.footer(format!(
            "Credential with --{}: {}",
            auth.when.to_string().replace('=', " "),
            auth.credential
        ));
    }
    document
}

/// The spelling of an input, such as `--limit N`, and its description.
#[must_use]
pub fn input_help(catalog: &Catalog, action: &Action, input: &Input) -> (String, String) {
    let types = &catalog.types;
    let value = placeholder(input, types).map(|value| format!(" {value}")).unwrap_or_default();
    let name = &input.name;
    let label = match input.presence {
        Presence::Required => format!("<{name}>"),
        Presence::RequiredOrNull => format!("--{name}{value} | --no-{name}"),
        _ => format!("--{name}{value}"),
    };
    let alternatives = alternatives(catalog, action, input);
    let space = if alternatives.is_empty() { "" } else { " " };
    (label, format!("{}{space}{alternatives}", explain(input, types)))
}

fn explain(input: &Input, types: &Types) -> String {
    let mut text = input.docs.replace('\n', " ");
    if !text.is_empty() && !text.ends_with('.') {
        text.push('.');
    }
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(&capitalized(&describe(types, &input.ty)));
    if let Some(bounds) = input.range {
        text.push_str(&format!(", {bounds}"));
    }
    if let Some(default) = &input.default {
        text.push_str(&format!("; default: {default}"));
    }
    text.push('.');
    text
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
