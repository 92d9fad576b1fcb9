//! The usage line of a command, derived from its inputs.

use claude_admin_catalog::{Action, Input, Presence, Type, Types};

/// Returns the usage line of an action: `users get <user-id>`, `users list [--email EMAIL] [--limit N] …`.
#[must_use]
pub fn usage(action: &Action, types: &Types) -> String {
    let mut words = vec![action.command()];
    for input in action.inputs.iter().filter(|input| input.presence == Presence::Required) {
        words.push(format!("<{}>", input.name));
    }
    for input in action.inputs.iter().filter(|input| input.presence != Presence::Required) {
        let value = placeholder(input, types).map(|value| format!(" {value}")).unwrap_or_default();
        words.push(match input.presence {
            Presence::RequiredOrNull => format!("--{}{value}|--no-{}", input.name, input.name),
            _ => format!("[--{}{value}]", input.name),
        });
    }
    words.join(" ")
}

/// The usage line and an example, for the hint of an error.
pub(super) fn example(action: &Action, types: &Types) -> String {
    let example = action.examples.first().map(|example| format!(", for example `{example}`")).unwrap_or_default();
    format!("Usage: `{}`{example}.", usage(action, types))
}

/// The maximum number of flags of each command in a list of commands.
const MOST_FLAGS: usize = 4;

/// A usage line for a list of commands. `help NOUN VERB` shows the other flags.
pub(crate) fn short_usage(action: &Action, types: &Types) -> String {
    let optional = |input: &&Input| !input.is_required();
    if action.inputs.iter().filter(optional).count() <= MOST_FLAGS {
        return usage(action, types);
    }
    let whole = usage(action, types);
    let required = whole.split(" [--").next().unwrap_or(&whole);
    format!("{required} [flags]")
}

/// The placeholder for the value of a flag; `None` for a switch.
pub(crate) fn placeholder(input: &Input, types: &Types) -> Option<String> {
    if types.map_value(&input.ty).is_some() {
        return Some("KEY=VALUE".to_owned());
    }
    Some(match types.underlying(&input.ty) {
        Type::Bool => return None,
        Type::List(item) => format!("{},…", kind(item, types)),
        _ => kind(&input.ty, types),
    })
}

fn kind(ty: &Type, types: &Types) -> String {
    if let Some(format) = types.format(ty) {
        return format.to_uppercase();
    }
    match types.underlying(ty) {
        Type::String | Type::Char => "TEXT".to_owned(),
        Type::Named(id) if types.open_record(ty).is_none() => types.get(*id).name.to_uppercase(),
        Type::Named(_) => "JSON".to_owned(),
        _ => "N".to_owned(),
    }
}
