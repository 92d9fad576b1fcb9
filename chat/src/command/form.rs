//! The form for a command whose required arguments are missing.
//!
//! The values of a form are added to the command as arguments. So a form is another way to type the same command: it is parsed,
//! decided and confirmed like any other.

use super::parse::{read_incomplete, take, tokens_of};
use super::reference::described;
use super::{Command, Draft, FLAGS, FlagKey, Markup, MissingArgument, Options, playbook};
use claude_admin_catalog::{Catalog, Input, Type, Types};
use jiff::Timestamp;

/// The maximum number of fields. Optional arguments beyond them are typed.
const MAX_FIELDS: usize = 20;

/// The form for a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The command as it was typed. The values of the fields are added to it.
    pub line: String,
    /// The noun and the verb.
    pub command: String,
    /// What the command does, in one sentence.
    pub summary: String,
    /// The fields: first the required ones.
    pub fields: Vec<Field>,
}

/// One argument that is not given yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The name: `--NAME` gives it.
    pub name: String,
    /// The description of the argument.
    pub docs: String,
    /// The values that it can have.
    pub hint: String,
    /// The kind of the field.
    pub kind: FieldKind,
    /// Whether a value must be given.
    pub is_required: bool,
}

/// The kind of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// One of several words.
    Choice(Vec<String>),
    /// Some of several words.
    Choices(Vec<String>),
    /// A whole number with bounds.
    Number {
        /// The least number.
        least: Option<i64>,
        /// The greatest number.
        most: Option<i64>,
    },
    /// A day.
    Date,
    /// Text in one line.
    Text,
    /// Text in several lines.
    Lines,
}

impl Form {
    /// The form for a line of text; none if no required argument is missing, if the line has another error, or if an
    /// argument is a secret.
    #[must_use]
    pub fn of(catalog: &Catalog, line: &str, markup: Markup, now: Timestamp) -> Option<Self> {
        let tokens = tokens_of(line, markup).ok()?;
        let form = |command: String, summary: String, fields: Vec<Field>| Self {
            line: line.trim().to_owned(),
            command,
            summary,
            fields,
        };
        match read_incomplete(catalog, &mut tokens.clone(), now, None) {
            Ok(Command::Run(draft, options)) if !draft.invocation.missing().is_empty() => {
                let action = &draft.invocation.action;
                let has_secret = action.inputs.iter().any(|input| input.has_secret(&catalog.types));
                let fields = (!has_secret).then(|| fields(catalog, &draft, &options))?;
                Some(form(action.command(), action.summary().to_owned(), fields))
            }
            Err(error) if !error.missing.is_empty() => {
                let mut words = tokens;
                let first = take(&mut words)?;
                let second = words.first().map(|token| token.text.to_lowercase());
                let (playbook, _) = playbook::named(catalog, &first, second.as_deref())?;
                let text = |missing: MissingArgument| Field {
                    name: missing.name,
                    docs: missing.description,
                    hint: format!("Usage: {}", playbook.usage()),
                    kind: FieldKind::Text,
                    is_required: true,
                };
                let fields = error.missing.into_iter().map(text).collect();
                Some(form(playbook.name.clone(), playbook.summary.clone(), fields))
            }
            _ => None,
        }
    }

    /// The arguments of values, by field. Fields without a value are left out, and line breaks are spaces.
    #[must_use]
    pub fn arguments(values: &[(String, String)]) -> Vec<(String, String)> {
        let one_line = |value: &str| value.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned();
        let given = values.iter().map(|(name, value)| (name.clone(), one_line(value)));
        given.filter(|(_, value)| !value.is_empty()).collect()
    }
}

fn fields(catalog: &Catalog, draft: &Draft, options: &Options) -> Vec<Field> {
    let invocation = &draft.invocation;
    let action = &invocation.action;
    let is_given = |input: &&Input| invocation.arguments.contains_key(&input.name);
    let field = |input: &Input| Field {
        name: input.name.clone(),
        docs: input.docs.replace('\n', " "),
        hint: described(catalog, action, &input.ty),
        kind: kind(&catalog.types, input),
        is_required: input.is_required(),
    };
    let required = invocation.missing().into_iter().map(field);
    let reason = FLAGS.iter().find(|flag| flag.key == FlagKey::Reason);
    let reason = reason.filter(|_| action.risk.needs_reason() && options.reason.is_none()).map(|flag| Field {
        name: flag.name.to_owned(),
        docs: flag.summary.to_owned(),
        hint: flag.details.to_owned(),
        kind: FieldKind::Lines,
        is_required: true,
    });
    let optional = action.inputs.iter().filter(|input| !input.is_required()).filter(|input| !is_given(input));
    // A part of a record and the record as a whole exclude each other.
    let is_whole = |input: &&Input| {
        action.inputs.iter().any(|other| other.param == input.param && other.fields.len() > input.fields.len())
    };
    let optional = optional.filter(|input| !is_whole(input)).map(field);
    required.chain(reason).chain(optional).take(MAX_FIELDS).collect()
}

fn kind(types: &Types, input: &Input) -> FieldKind {
    let words = |ty: &Type| types.words(ty).map(|words| words.into_iter().map(str::to_owned).collect::<Vec<_>>());
    if let Some(item) = types.list_item(&input.ty) {
        return words(item).map_or(FieldKind::Text, FieldKind::Choices);
    }
    if let Some(words) = words(&input.ty) {
        return FieldKind::Choice(words);
    }
    if types.format(&input.ty) == Some("date") {
        return FieldKind::Date;
    }
    match types.underlying(&input.ty) {
        Type::Bool => FieldKind::Choice(vec!["true".to_owned(), "false".to_owned()]),
        // Money can be written in dollars.
        _ if input.unit.is_some() => FieldKind::Text,
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::S8 | Type::S16 | Type::S32 | Type::S64 => {
            FieldKind::Number {
                least: input.range.map(|range| range.min),
                most: input.range.and_then(|range| range.max),
            }
        }
        Type::Named(_) => FieldKind::Lines,
        _ => FieldKind::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Arguments, CommandError, parse, parse_with};
    use super::*;
    use claude_admin_catalog::testing::catalog;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-11-21T17:20:00Z".parse().unwrap()
    }

    #[test]
    fn every_action_with_a_required_argument_has_a_form_that_its_example_fills() {
        let mut forms = 0;
        for action in &catalog().actions {
            let has_secret = action.inputs.iter().any(|input| input.has_secret(&catalog().types));
            let form = Form::of(catalog(), &action.command(), Markup::None, now());
            assert_eq!(form.is_some(), !has_secret && action.inputs.iter().any(Input::is_required), "{}", action.id);
            let Some(form) = form else { continue };
            forms += 1;
            assert!(form.fields.len() <= MAX_FIELDS && !form.summary.is_empty(), "{}", action.id);
            let Ok(Command::Run(draft, _)) = parse(catalog(), &action.examples[0], Markup::None, now()) else {
                panic!("{}", action.id)
            };
            // The values of the example, as the form would send them.
            for input in draft.invocation.action.inputs.iter().filter(|input| input.is_required()) {
                assert!(form.fields.iter().any(|field| field.name == input.name && field.is_required), "{}", action.id);
            }
        }
        assert!(forms > 100, "{forms}");
    }

    #[test]
    fn form_has_the_arguments_that_are_missing_and_the_kinds_of_their_types() {
        let form = Form::of(catalog(), "users update user_1", Markup::None, now()).unwrap();
        let role = &form.fields[0];
        assert!(matches!(&role.kind, FieldKind::Choice(words) if words.contains(&"billing".to_owned())), "{role:?}");
        assert_eq!((form.command.as_str(), form.fields.len()), ("users update", 1));
        assert_eq!(filled("users update user_1", Markup::None, "role", "billing").unwrap()["role"], "billing");
        assert_eq!(
            filled("users list --", Markup::None, "roles", "admin,user").unwrap()["roles"],
            serde_json::json!(["admin", "user"])
        );
        let remove = Form::of(catalog(), "users remove", Markup::None, now()).unwrap();
        assert_eq!(remove.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["user-id", "reason"]);
        for other in ["users list", "users remove user_1", "uesrs", "users update user_1 king", "help", ""] {
            assert_eq!(Form::of(catalog(), other, Markup::None, now()), None, "{other}");
        }
    }

    fn filled(line: &str, markup: Markup, name: &str, value: &str) -> Result<Arguments, CommandError> {
        let values = Form::arguments(&[(name.to_owned(), value.to_owned())]);
        match parse_with(catalog(), line, markup, now(), &values, None)? {
            Command::Run(draft, _) => Ok(draft.invocation.arguments),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn value_of_a_field_is_never_another_flag_or_argument() {
        for value in ["Offboard” --yes --share “", "x\" --yes", "a --yes", "--yes", "’; --share", "„x” « y »"]
        {
            let given = filled("workspaces create", Markup::Slack, "name", value).unwrap();
            assert_eq!((given.len(), given["name"].as_str()), (1, Some(value)), "{value}");
        }
        let lines = filled("workspaces create", Markup::None, "name", "one\r\n two\n").unwrap();
        assert_eq!(lines["name"], "one two");
        let error = filled("workspaces create", Markup::None, "name", "a\u{7}b").unwrap_err();
        assert_eq!(error.argument.as_deref(), Some("name"));
    }

    proptest! {
        #[test]
        fn any_value_of_a_field_reaches_the_command_unchanged(name in "[a-zA-Z0-9<>&\"'“”„«»‘’\\\\`*_~=|.:;, -]{1,40}", slack: bool) {
            let markup = if slack { Markup::Slack } else { Markup::None };
            prop_assume!(!name.trim().is_empty());
            match filled("workspaces create", markup, "name", &name) {
                Ok(given) => prop_assert_eq!(&given["name"], name.trim()),
                other => prop_assert!(false, "{}: {:?}", name, other),
            }
        }
    }
}
