//! The schema of the policies in Cedar's human-readable syntax. [`super::schema_json`] is the JSON form.

use super::HostAction;
use super::argument_type::ArgumentType;
use super::declared::{Argument, WRITE, groups_of};
use claude_admin_catalog::{Action, Catalog, Input, PlaybookForm, Risk, describe};
use std::fmt::Write as _;

/// Words that Cedar reserves. An attribute with such a name is written in quotes.
const RESERVED: [&str; 10] = ["true", "false", "if", "then", "else", "in", "like", "has", "is", "__cedar"];

/// The entities at the beginning of the schema.
const ENTITIES: &str = r#"// A group of people: one of the configuration, such as "admins", or a user group of Slack, such as
// "slack:T0123/S0456".
entity Group;

// A workspace of a chat platform, such as "slack:T0123".
entity Tenant;

// The requester, such as "slack:T0123/U0456", "http:ci" or "local:ada". The tenant is "" if the platform has none.
entity User in [Group, Tenant] = { platform: String, tenant: String, id: String };

// The place of the command, such as "slack:T0123/C0789", "slack:T0123", "http" or "local".
entity Place in [Tenant] = { platform: String, tenant: String, channel?: String };
"#;

/// The schema of the policies for a catalog, in Cedar's human-readable syntax.
#[must_use]
pub fn schema_text(catalog: &Catalog) -> String {
    let mut text = format!(
        "// The names that policies for {} can use. This schema is derived from the catalog.\n\n",
        catalog.package
    );
    text.push_str(ENTITIES);
    write_groups(&mut text, catalog);
    for interface in &catalog.interfaces {
        for action in catalog.actions_of(&interface.name) {
            write_action(&mut text, catalog, action);
        }
    }
    for action in HostAction::ALL {
        write_bare_action(&mut text, action.summary(), action.as_str(), HostAction::GROUP);
    }
    for form in &catalog.playbooks {
        write_bare_action(&mut text, &form.summary, &form.id(), PlaybookForm::GROUP);
    }
    text
}

/// The scope of an action without arguments.
const BARE: &str = "appliesTo {\n  principal: User,\n  resource: Place,\n  context: { time: datetime }\n}";

/// An action without arguments.
fn write_bare_action(text: &mut String, summary: &str, id: &str, group: &str) {
    let _ = write!(text, "\n// {summary}.\naction {} in [{}] {BARE};\n", quoted(id), quoted(group));
}

fn write_groups(text: &mut String, catalog: &Catalog) {
    for risk in Risk::ALL {
        let _ = write!(text, "\n// Every action whose risk is {risk}.\naction {};\n", quoted(risk.as_str()));
    }
    let _ = write!(text, "\n// Every action that writes.\naction {};\n", quoted(WRITE));
    let _ = write!(text, "\n// Every action of the host itself.\naction {};\n", quoted(HostAction::GROUP));
    // A policy about this group is possible on a host without playbooks too.
    let _ = write!(text, "\n// Every playbook.\naction {} {BARE};\n", quoted(PlaybookForm::GROUP));
    for interface in catalog.interfaces.iter().filter(|interface| catalog.actions_of(&interface.name).next().is_some())
    {
        text.push('\n');
        write_comment(text, "", interface.docs.summary());
        let _ = writeln!(text, "action {};", quoted(&interface.name));
    }
}

fn write_action(text: &mut String, catalog: &Catalog, action: &Action) {
    text.push('\n');
    write_comment(text, "", action.summary());
    let groups: Vec<String> = groups_of(action).into_iter().map(quoted).collect();
    let _ = writeln!(text, "action {} in [{}] appliesTo {{", quoted(&action.id), groups.join(", "));
    text.push_str("  principal: User,\n  resource: Place,\n  context: {\n");
    let arguments = Argument::all_of(&catalog.types, action);
    if arguments.is_empty() {
        text.push_str("    arguments: {},\n");
    } else {
        text.push_str("    arguments: {\n");
        for (argument, input) in arguments.iter().zip(&action.inputs) {
            write_comment(text, "      ", &input.docs);
            write_comment(text, "      ", &spelling(catalog, input, &argument.ty));
            let optional = if argument.required { "" } else { "?" };
            let _ = writeln!(text, "      {}{optional}: {},", attribute(&argument.attribute), argument.ty);
        }
        text.push_str("    },\n");
    }
    text.push_str("    cleared: Set<String>,\n    playbook?: { name: String, digest: String, steps: Long },\n    reason?: String,\n    time: datetime\n  }\n};\n");
}

/// The form of a text, if the type does not show it.
fn spelling(catalog: &Catalog, input: &Input, ty: &ArgumentType) -> String {
    match ty {
        ArgumentType::Json => "Its JSON text, with sorted keys and without spaces.".to_owned(),
        ArgumentType::WordOrJson => {
            format!("{}; a value that is not a word is JSON text.", describe(&catalog.types, &input.ty))
        }
        _ => {
            let ty = catalog.types.list_item(&input.ty).unwrap_or(&input.ty);
            let words = catalog.types.words(ty).map(|words| words.join(", "));
            words.map(|words| format!("Known values: {words}.")).unwrap_or_default()
        }
    }
}

/// Documentation can have several lines. Each line must be a comment.
fn write_comment(text: &mut String, indent: &str, comment: &str) {
    for line in comment.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let _ = writeln!(text, "{indent}// {line}");
    }
}

/// An attribute as the schema writes it.
fn attribute(name: &str) -> String {
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let plain = starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && !RESERVED.contains(&name) { name.to_owned() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::super::testing::SHAPES;
    use super::*;

    #[test]
    fn every_shape_of_argument_has_its_type() {
        let text = schema_text(&SHAPES);
        for line in [
            "      id: String,",
            "      flag?: Bool,",
            "      big?: Long,",
            "      \"in\"?: Long,",
            "      ratio?: String,",
            "      size?: String,",
            "      reach?: String,",
            "      target?: String,",
            "      free?: String,",
            "      many: Set<Long>,",
            "      ratios?: Set<String>,",
            "      tags?: { keys: Set<String>, entries: Set<{ key: String, value: String }>, removed: Set<String> },",
            "      labels?: { keys: Set<String>, entries: Set<{ key: String, value: Long }>, removed: Set<String> },",
            "      extra?: String,",
            "      note?: String,",
            "// Make",
            "      // Known values: small, extra_large.",
            "      // Its JSON text, with sorted keys and without spaces.",
            "      // everywhere, or a list, each item text; a value that is not a word is JSON text.",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}\n{text}");
        }
    }

    #[test]
    fn words_that_cedar_reserves_are_quoted() {
        for word in RESERVED {
            assert_eq!(attribute(word), format!("\"{word}\""));
        }
        assert_eq!(attribute("workspace_id"), "workspace_id");
        assert_eq!(attribute("0_200k"), "\"0_200k\"");
    }
}
