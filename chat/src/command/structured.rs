//! A command that arrives as JSON instead of text.

use super::arguments::bad_value;
use super::check::check_complete;
use super::normalize::plain_letters;
use super::period::{self, TimeKind};
use super::reference::references;
use super::suggest::nearest;
use super::value::read_value;
use super::{Arguments, CommandError, CommandErrorKind, Draft, Invocation, secrets};
use crate::strict_json::check_depth;
use claude_admin_catalog::Catalog;
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Reads `{"op": "users.list", "args": {"limit": 5}}`: the ID of an action and its arguments by input name, in kebab or
/// snake case.
///
/// # Errors
///
/// [`CommandError`] as for a typed command.
pub fn from_json(
    catalog: &Catalog,
    id: &str,
    arguments: &Map<String, Value>,
    now: Timestamp,
) -> Result<Draft, CommandError> {
    secrets::refuse(id)?;
    secrets::refuse_in(arguments)?;
    let Some(action) = catalog.action(id) else {
        let error = CommandError::new(
            CommandErrorKind::UnknownVerb,
            format!("There is no action `{}`.", super::value::shown(id)),
        );
        return Err(match nearest(id, catalog.actions.iter().map(|action| action.id.as_str())) {
            Some(near) => error.hint(format!("Did you mean `{near}`?")),
            None => error.hint("`claude-admin actions` lists all actions."),
        });
    };
    let mut checked = Arguments::new();
    for (key, value) in arguments {
        check_depth(value).map_err(|problem| {
            CommandError::new(CommandErrorKind::BadValue, format!("{}: {problem}", super::value::shown(key)))
        })?;
        let name = key.replace('_', "-");
        // Both bounds of a period can be given as one value, as people write it.
        let period = period::find(action, &name).filter(|period| period.name == name);
        let name = period.map_or(name, |period| period.start.clone());
        let Some(input) = action.input(&name) else {
            let error = CommandError::new(
                CommandErrorKind::UnknownFlag,
                format!("`{id}` has no argument `{}`.", super::value::shown(key)),
            );
            return Err(match nearest(&name, action.inputs.iter().map(|input| input.name.as_str())) {
                Some(near) => error.hint(format!("Did you mean `{near}`?")),
                None => error,
            });
        };
        if let (Some(kind), Some(text)) = (TimeKind::of(&catalog.types, &input.ty), value.as_str()) {
            let period = period.or_else(|| period::find(action, &name));
            let end = period.map(|period| period.end.clone());
            let (from, until) = kind
                .read(&plain_letters(text), now, period)
                .map_err(|problem| CommandError::new(CommandErrorKind::BadValue, format!("{name}: {problem}.")))?;
            if checked.insert(name.clone(), from).is_some() {
                return Err(CommandError::new(CommandErrorKind::RepeatedArgument, format!("{name} is given twice.")));
            }
            let given = |end: &String| arguments.keys().any(|key| key.replace('_', "-") == *end);
            if let (Some(end), Some(until)) = (end.filter(|end| !given(end)), until) {
                checked.insert(end, until);
            }
            continue;
        }
        let value = match value {
            Value::Null if input.is_nullable() => Value::Null,
            value => read_value(&catalog.types, input, value).map_err(|problem| bad_value(input, problem))?,
        };
        // An empty list is not sent, so it counts as not given.
        if value.as_array().is_some_and(Vec::is_empty) && input.repeats(&catalog.types) {
            continue;
        }
        if checked.insert(name.clone(), value).is_some() {
            return Err(CommandError::new(CommandErrorKind::RepeatedArgument, format!("{name} is given twice.")));
        }
    }
    period::align(action, &mut checked, now);
    let references = references(catalog, action, &checked)?;
    let invocation = Invocation { action: Arc::clone(action), arguments: checked };
    check_complete(catalog, &invocation)?;
    Ok(Draft { invocation, references })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Command, Markup, parse};
    use claude_admin_catalog::testing::catalog;
    use serde_json::json;

    fn given(id: &str, arguments: Value) -> Result<Arguments, CommandError> {
        let arguments = arguments.as_object().cloned().unwrap_or_default();
        from_json(catalog(), id, &arguments, Timestamp::UNIX_EPOCH).map(|draft| draft.invocation.arguments)
    }

    fn typed(line: &str) -> Result<Arguments, CommandError> {
        match parse(catalog(), line, Markup::None, Timestamp::UNIX_EPOCH)? {
            Command::Run(draft, _) => Ok(draft.invocation.arguments),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn json_value_is_read_like_the_typed_value() {
        for (amount, cents) in [
            ("75000", Some("75000")),
            ("00075000", Some("75000")),
            ("000", Some("0")),
            ("$750", Some("75000")),
            ("$0,750.00", Some("75000")),
            ("750.00", None),
            ("-1", None),
        ] {
            let json = given("spend-limits.set", json!({ "amount": amount, "scope": { "type": "organization" } }));
            let typed = typed(&format!("spend-limits set organization --amount '{amount}'"));
            let amount_of = |read: &Result<Arguments, CommandError>| Some(read.as_ref().ok()?["amount"].clone());
            assert_eq!(amount_of(&json), cents.map(Value::from), "{amount}");
            assert_eq!(amount_of(&typed), cents.map(Value::from), "{amount}");
        }
        for (email, plain) in [
            ("x@evil.example", Some("x@evil.example")),
            ("mailto:Ada@EVIL.Example.", Some("Ada@evil.example")),
            ("x@evil.example..", None),
        ] {
            let json = given("invites.create", json!({ "email": email, "role": "developer" }));
            let typed = typed(&format!("invites create {email} developer"));
            let email_of = |read: &Result<Arguments, CommandError>| Some(read.as_ref().ok()?["email"].clone());
            assert_eq!(email_of(&json), plain.map(Value::from), "{email}");
            assert_eq!(email_of(&typed), plain.map(Value::from), "{email}");
        }
    }

    #[test]
    fn letters_and_spaces_have_one_form_at_any_depth() {
        let text = "Cafe\u{301}\u{a0}x";
        let read = given("workspaces.create", json!({ "name": text, "tags": { "team": text } })).unwrap();
        assert_eq!((&read["name"], &read["tags"]["team"]), (&json!("Café x"), &json!("Café x")));
    }

    #[test]
    fn address_instead_of_an_id_has_one_spelling() {
        for read in [
            from_json(
                catalog(),
                "users.get",
                json!({ "user-id": "mailto:Ada@EXAMPLE.com." }).as_object().unwrap(),
                Timestamp::UNIX_EPOCH,
            ),
            parse(catalog(), "users get mailto:Ada@EXAMPLE.com.", Markup::None, Timestamp::UNIX_EPOCH).map(|command| {
                match command {
                    Command::Run(draft, _) => draft,
                    other => panic!("{other:?}"),
                }
            }),
        ] {
            let references = read.unwrap().references;
            assert_eq!(references.iter().map(|reference| &*reference.text).collect::<Vec<_>>(), ["Ada@example.com"]);
        }
    }

    #[test]
    fn invalid_value_in_json_has_the_hint_of_the_typed_command() {
        let (json, typed) = (
            given("invites.create", json!({ "email": "a@b.example", "role": "developr" })).unwrap_err(),
            typed("invites create a@b.example developr").unwrap_err(),
        );
        assert_eq!(json.hint, typed.hint);
        assert!(json.hint.is_some_and(|hint| hint.contains("developer")));
    }
}
