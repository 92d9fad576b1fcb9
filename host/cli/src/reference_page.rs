//! The reference page: every command, as declared in the WIT package.

use claude_admin::command::{FLAGS, HOST_COMMANDS, usage};
use claude_admin::help::{available, input_help};
use claude_admin_catalog::{Action, Catalog, Interface};
use std::fmt::Write;

/// Writes the page as Markdown.
pub(super) fn page(catalog: &Catalog) -> String {
    let mut families: Vec<(&str, Vec<&Interface>)> = Vec::new();
    for interface in catalog.nouns() {
        match families.iter_mut().find(|(family, _)| *family == interface.family) {
            Some((_, interfaces)) => interfaces.push(interface),
            None => families.push((&interface.family, vec![interface])),
        }
    }
    let mut out = format!(
        "# Commands\n\nAfter this chapter, you know how to type every command of `{}` and what it does. It has {} \
         actions. `claude-admin actions -o markdown` writes this page from the WIT package, and a test compares the \
         two. The flags of every action and the commands of the host are at the end.\n\n",
        catalog.package,
        catalog.actions.len()
    );
    for (family, interfaces) in &families {
        let nouns: Vec<String> = interfaces.iter().map(|noun| format!("[`{}`](#{})", noun.name, noun.name)).collect();
        let _ = writeln!(out, "* {family}: {}", nouns.join(", "));
    }
    let _ = writeln!(
        out,
        "* Own: [flags of every action](#flags-of-every-action), [commands of the host](#commands-of-the-host)"
    );
    for interface in families.iter().flat_map(|(_, interfaces)| interfaces) {
        noun(&mut out, catalog, interface);
    }
    flags(&mut out);
    host_commands(&mut out);
    out
}

fn flags(out: &mut String) {
    out.push_str("\n## flags of every action\n\n| flag | meaning |\n| --- | --- |\n");
    for flag in &FLAGS {
        let space = if flag.details.is_empty() { "" } else { " " };
        let _ = writeln!(out, "| `{}` | {}.{space}{} |", flag.usage(), flag.summary, flag.details);
    }
}

fn host_commands(out: &mut String) {
    out.push_str("\n## commands of the host\n");
    for command in &HOST_COMMANDS {
        let _ = writeln!(out, "\n### {}\n\n{}.\n\n| command | result |\n| --- | --- |", command.name, command.summary);
        for (usage, summary) in command.usages() {
            let _ = writeln!(out, "| `{}` | {summary} |", usage.replace('|', "\\|"));
        }
        let _ = writeln!(out, "\n{}", command.details);
        if !command.aliases.is_empty() {
            let aliases: Vec<String> = command.aliases.iter().map(|alias| format!("`{alias}`")).collect();
            let _ = writeln!(out, "\nAlso spelled {}.", aliases.join(", "));
        }
    }
}

fn noun(out: &mut String, catalog: &Catalog, interface: &Interface) {
    let _ = writeln!(out, "\n## {}\n\n{}", interface.name, interface.docs.prose);
    if !interface.aliases.is_empty() {
        let aliases: Vec<String> = interface.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let _ = writeln!(out, "\nAlso spelled {}.", aliases.join(", "));
    }
    if let Some(reason) = &interface.deprecated {
        let _ = writeln!(out, "\n**Deprecated.** {reason}");
    }
    for action in catalog.actions_of(&interface.name) {
        verb(out, catalog, interface, action);
    }
}

fn verb(out: &mut String, catalog: &Catalog, interface: &Interface, action: &Action) {
    let _ = writeln!(out, "\n### {}\n\n{}", action.command(), action.docs.prose);
    if let Some(reason) = action.deprecated.as_ref().filter(|_| interface.deprecated.is_none()) {
        let _ = writeln!(out, "\n**Deprecated.** {reason}");
    }
    let _ = writeln!(out, "\n```text\n{}\n```", usage(action, &catalog.types));
    if !action.inputs.is_empty() {
        let _ = writeln!(out, "\n| input | meaning |\n| --- | --- |");
        for input in &action.inputs {
            let (label, meaning) = input_help(catalog, action, input);
            let _ = writeln!(out, "| `{}` | {} |", label.replace('|', "\\|"), meaning.replace('|', "\\|"));
        }
    }
    for period in &action.periods {
        let _ = writeln!(out, "\n`--{} 7d` sets `--{}` and `--{}`.", period.name, period.start, period.end);
    }
    for conflict in &action.conflicts {
        let _ = writeln!(out, "\n{conflict}");
    }
    let examples: Vec<String> = action.examples.iter().map(|example| format!("`{example}`")).collect();
    let credentials: Vec<String> = action.auth.iter().map(|credential| format!("`{credential}`")).collect();
    let _ = writeln!(out, "\n* For example: {}", examples.join(", "));
    if !action.aliases.is_empty() {
        let aliases: Vec<String> = action.aliases.iter().map(|alias| format!("`{alias}`")).collect();
        let _ = writeln!(out, "* Also spelled: {}", aliases.join(", "));
    }
    let _ = writeln!(out, "* Request: `{}`", action.http);
    let _ = writeln!(out, "* Risk: {}", action.risk);
    let _ = writeln!(out, "* {}", available(action));
    if let Some(question) = action.asks() {
        let _ = writeln!(out, "* Question: {question}");
    }
    if let Some(effect) = action.effect() {
        let _ = writeln!(out, "* Effect: {effect}");
    }
    if !action.impacts.is_empty() {
        let dependents: Vec<&str> = action.impacts.iter().map(|impact| impact.what.as_str()).collect();
        let _ = writeln!(out, "* The plan lists: {}", dependents.join("; "));
    }
    if let Some(replaces) = &action.replaces {
        let ((noun, verb), fields) = (&replaces.list, replaces.fields.join(" and "));
        let _ = writeln!(out, "* The plan shows the item of `{noun} {verb}` that it replaces: with the same {fields}");
    }
    for rule in &action.futile {
        let _ = writeln!(out, "* Not sent if: {}", rule.text);
    }
    let _ = writeln!(out, "* Credential, any of: {}", credentials.join(", "));
    for auth in &action.conditional_auth {
        let _ =
            writeln!(out, "* Credential, with `--{}`: `{}`", auth.when.to_string().replace('=', " "), auth.credential);
    }
    if !action.betas.is_empty() {
        let betas: Vec<String> = action.betas.iter().map(|beta| format!("`{beta}`")).collect();
        let _ = writeln!(out, "* Beta: {}", betas.join(", "));
    }
    for beta in &action.conditional_betas {
        let _ = writeln!(out, "* Beta, with `--{}`: `{}`", beta.when.to_string().replace('=', " "), beta.name);
    }
    let _ = writeln!(out, "* Signature: `{}`", catalog.signature(action));
}
