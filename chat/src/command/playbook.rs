//! The command of a playbook: its name, its arguments and the flags of an action.

use super::arguments::{looks_like_a_flag, set_flag};
use super::normalize::normalize;
use super::rows::{Row, in_line, name_of, rows};
use super::suggest::nearest;
use super::token::Token;
use super::value::shown;
use super::{CommandError, CommandErrorKind, Flag, HostCommandInfo, Options, ReadFile};
use crate::hidden::is_hidden;
use claude_admin_catalog::{Catalog, PlaybookForm, PlaybookParameter};
use serde_json::{Map, Value};
use std::collections::VecDeque;
use std::sync::Arc;

/// The name of the parameter that gets the rows of a file.
const ROW: &str = "row";
/// The maximum number of characters of a name, and of a description.
const MAX_NAME: usize = 40;
const MAX_SUMMARY: usize = 300;
/// The maximum number of parameters, and of values of one parameter.
const MAX_PARAMETERS: usize = 20;

/// A playbook with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaybookCall {
    /// The playbook.
    pub form: Arc<PlaybookForm>,
    /// The arguments, as pairs of a name and a value. A name can be repeated.
    pub arguments: Vec<(String, String)>,
}

impl PlaybookCall {
    /// The command in its canonical form.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut line = self.form.name.clone();
        for (name, value) in &self.arguments {
            let is_plain = !value.is_empty() && value.chars().all(|c| c.is_alphanumeric() || "@._-+:".contains(c));
            let value = if is_plain { value.clone() } else { format!("{value:?}") };
            let is_positional = self.form.parameters.iter().any(|known| known.required && known.name == *name);
            line.push_str(&match is_positional && !value.starts_with('-') {
                true => format!(" {value}"),
                false => format!(" --{name} {value}"),
            });
        }
        line
    }
}

/// The playbook that the first words of a command name, and the number of these words.
pub(super) fn named<'c>(
    catalog: &'c Catalog,
    first: &str,
    second: Option<&str>,
) -> Option<(&'c Arc<PlaybookForm>, usize)> {
    let one = catalog.playbooks.iter().find(|form| form.name == first).map(|form| (form, 1));
    one.or_else(|| {
        let (noun, verb) = (catalog.interface(first), second?);
        let is_first = |word: &str| match noun {
            Some(noun) => catalog.interface(word).is_some_and(|of| of.name == noun.name),
            None => word == first,
        };
        let is_it =
            |form: &&Arc<PlaybookForm>| form.name.split_once(' ').is_some_and(|(of, own)| own == verb && is_first(of));
        catalog.playbooks.iter().find(is_it).map(|form| (form, 2))
    })
}

/// Reads the words after the name of a playbook. Returns none if help is requested.
pub(super) fn read(
    form: &Arc<PlaybookForm>,
    tokens: Vec<Token>,
    file: Option<ReadFile<'_>>,
) -> Result<Option<(PlaybookCall, Options)>, CommandError> {
    let (mut tokens, mut options) = (VecDeque::from(tokens), Options::default());
    let (mut arguments, mut positional) = (Vec::new(), Vec::new());
    while let Some(token) = tokens.pop_front() {
        if token.quoted || !looks_like_a_flag(&token.text) {
            positional.push(token);
            continue;
        }
        let bare = token.text.trim_start_matches('-').to_owned();
        let (name, value) = bare.split_once('=').map_or((bare.as_str(), None), |(name, value)| (name, Some(value)));
        let name = name.to_ascii_lowercase().replace('_', "-");
        if name == "help" || name == "h" {
            return Ok(None);
        }
        if let Some(parameter) = form.parameters.iter().find(|parameter| parameter.name == name) {
            let missing = || {
                let text = format!("--{name} needs a value: {}", parameter.summary);
                CommandError::new(CommandErrorKind::MissingArgument, text)
            };
            let value = match value {
                Some(value) => value.to_owned(),
                None => tokens.pop_front().map(|token| token.text).ok_or_else(missing)?,
            };
            put(form, parameter, value, &mut arguments)?;
            continue;
        }
        if name == "from" {
            let path = match value {
                Some(path) => path.to_owned(),
                None => tokens.pop_front().map(|token| token.text).unwrap_or_default(),
            };
            from_file(form, &path, file, &mut arguments)?;
            continue;
        }
        let value = value.map(|text| Token { text: text.to_owned(), ..token.clone() });
        if !set_flag(&name, value.as_ref(), &mut tokens, &mut options)? {
            return Err(unknown(form, &name));
        }
    }
    place(form, positional, &mut arguments)?;
    let missing = form.parameters.iter().filter(|parameter| {
        parameter.required && !arguments.iter().any(|(name, _): &(String, String)| *name == parameter.name)
    });
    let missing: Vec<_> = missing.map(|parameter| (parameter.name.clone(), parameter.summary.clone())).collect();
    if let Some((name, summary)) = missing.first() {
        let text = format!("`{}` needs <{name}>: {summary}", form.name);
        return Err(CommandError::new(CommandErrorKind::MissingArgument, text).hint(usage(form)).missing(missing));
    }
    Ok(Some((PlaybookCall { form: Arc::clone(form), arguments }, options)))
}

/// Reads arguments that arrive as JSON, from a program: each is a text, or a list of texts.
///
/// # Errors
///
/// [`CommandError`] as for a typed command.
pub fn playbook_call(form: &Arc<PlaybookForm>, given: &Map<String, Value>) -> Result<PlaybookCall, CommandError> {
    super::secrets::refuse_in(given)?;
    let mut arguments = Vec::new();
    for (name, value) in given {
        let name = name.replace('_', "-");
        let Some(parameter) = form.parameters.iter().find(|parameter| parameter.name == name) else {
            let text = format!("`{}` has no argument `{}`.", form.name, shown(&name));
            return Err(CommandError::new(CommandErrorKind::UnknownFlag, text));
        };
        let texts: Option<Vec<&str>> = match value {
            Value::String(text) => Some(vec![text]),
            Value::Array(values) => values.iter().map(Value::as_str).collect(),
            _ => None,
        };
        let bad = || {
            let kind = if parameter.repeats { "a text or a list of texts" } else { "a text" };
            CommandError::new(CommandErrorKind::BadValue, format!("{name}: it must be {kind}."))
        };
        for text in texts.ok_or_else(bad)? {
            put(form, parameter, normalize(text)?, &mut arguments)?;
        }
    }
    let missing = form.parameters.iter().filter(|parameter| parameter.required);
    for parameter in missing {
        if !arguments.iter().any(|(name, _): &(String, String)| *name == parameter.name) {
            let text = format!("`{}` needs `{}`: {}", form.name, parameter.name, parameter.summary);
            return Err(CommandError::new(CommandErrorKind::MissingArgument, text));
        }
    }
    Ok(PlaybookCall { form: Arc::clone(form), arguments })
}

/// Reads the rows of a file: each is a value of the parameter `row`, as a JSON object. In a list without a header, each
/// line is a value of the first parameter that repeats.
fn from_file(
    form: &PlaybookForm,
    path: &str,
    file: Option<ReadFile<'_>>,
    arguments: &mut Vec<(String, String)>,
) -> Result<(), CommandError> {
    let bad = |text: String| CommandError::new(CommandErrorKind::BadValue, text);
    let repeats = |parameter: &&PlaybookParameter| parameter.repeats;
    let row = form.parameters.iter().filter(repeats).find(|parameter| parameter.name == ROW);
    let Some(first) = form.parameters.iter().find(repeats) else {
        return Err(bad(format!("`{}` takes no file.", form.name)));
    };
    let Some(file) = file else { return Err(super::several::only_on_a_terminal()) };
    let text = file(path).map_err(|problem| bad(format!("--from: {problem}.")))?;
    for (line, content) in rows(&text)? {
        let object = match content {
            Row::Object(object) => Ok(object),
            Row::Cells(cells) => {
                let texts = cells.into_iter().map(|(header, cell)| Ok((header, normalize(&cell)?)));
                let texts = texts.collect::<Result<Vec<_>, CommandError>>().map_err(|error| in_line(line, error))?;
                match texts.as_slice() {
                    [(None, value)] => Err(value.clone()),
                    _ => Ok(texts
                        .into_iter()
                        .map(|(header, cell)| (name_of(&header.unwrap_or_default()), cell.into()))
                        .collect()),
                }
            }
        };
        let (parameter, value) = match (object, row) {
            (Err(value), _) => (first, value),
            (Ok(object), Some(row)) => (row, Value::Object(object).to_string()),
            (Ok(_), None) => return Err(bad(format!("`{}` takes a list without a header.", form.name))),
        };
        super::secrets::refuse(&value).map_err(|error| in_line(line, error))?;
        put(form, parameter, value, arguments)?;
    }
    Ok(())
}

/// Required parameters are filled in order. The rest are values of the last of them that repeats, else of the first
/// parameter that repeats. Without one, the next value is that of the first optional parameter.
fn place(
    form: &PlaybookForm,
    positional: Vec<Token>,
    arguments: &mut Vec<(String, String)>,
) -> Result<(), CommandError> {
    for token in positional {
        let is_free = |parameter: &&PlaybookParameter| {
            parameter.required && !arguments.iter().any(|(name, _)| *name == parameter.name)
        };
        let repeated = || {
            let repeats = || form.parameters.iter().filter(|parameter| parameter.repeats);
            repeats().rfind(|parameter| parameter.required).or_else(|| repeats().next())
        };
        let optional = || {
            let first = form.parameters.iter().find(|parameter| !parameter.required);
            first.filter(|first| !arguments.iter().any(|(name, _)| *name == first.name))
        };
        let Some(parameter) = form.parameters.iter().find(is_free).or_else(repeated).or_else(optional) else {
            let text = format!("`{}` is one argument too many for `{}`.", shown(&token.text), form.name);
            return Err(CommandError::new(CommandErrorKind::ExtraArgument, text).hint(usage(form)));
        };
        // Values that are pasted from a list of recipients.
        let values: Vec<&str> = match parameter.repeats && !token.quoted {
            true => token.text.split([',', ';']).filter(|value| !value.is_empty()).collect(),
            false => vec![token.text.as_str()],
        };
        for value in values {
            put(form, parameter, value.to_owned(), arguments)?;
        }
    }
    Ok(())
}

fn put(
    form: &PlaybookForm,
    parameter: &PlaybookParameter,
    value: String,
    arguments: &mut Vec<(String, String)>,
) -> Result<(), CommandError> {
    if !parameter.repeats && arguments.iter().any(|(name, _)| *name == parameter.name) {
        let text = format!("{} is given twice.", parameter.name);
        return Err(CommandError::new(CommandErrorKind::RepeatedArgument, text).hint(usage(form)));
    }
    // As in commands, a word of a fixed set can have dashes or underscores.
    let spelling = |text: &str| text.replace('_', "-").to_ascii_lowercase();
    let known = parameter.values.iter().find(|known| spelling(known) == spelling(&value)).cloned();
    let value = known.unwrap_or(value);
    if !parameter.values.is_empty() && !parameter.values.contains(&value) {
        let text = format!("{}: `{}` is not one of {}.", parameter.name, shown(&value), parameter.values.join(", "));
        let error = CommandError::new(CommandErrorKind::BadValue, text);
        return Err(match nearest(&value, parameter.values.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("Did you mean `{near}`?")),
            None => error,
        });
    }
    arguments.push((parameter.name.clone(), value));
    Ok(())
}

fn unknown(form: &PlaybookForm, name: &str) -> CommandError {
    let error =
        CommandError::new(CommandErrorKind::UnknownFlag, format!("`{}` has no flag --{}.", form.name, shown(name)));
    match nearest(name, form.parameters.iter().map(|parameter| parameter.name.as_str())) {
        Some(near) => error.hint(format!("Did you mean --{near}?")),
        None => error.hint(usage(form)),
    }
}

fn usage(form: &PlaybookForm) -> String {
    format!("Usage: `{}`.", form.usage())
}

/// The problem with the description of a playbook; none if users can call it.
///
/// A command of the host takes precedence over a noun of the package, and a noun over a playbook. So a playbook cannot have
/// one of their names. A playbook can add a verb to a noun.
#[must_use]
pub fn playbook_problem(catalog: &Catalog, form: &PlaybookForm) -> Option<String> {
    let is_word = |word: &str| {
        let begins = word.starts_with(|c: char| c.is_ascii_lowercase());
        let rest = word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        begins && rest && !word.ends_with('-') && word.len() <= MAX_NAME
    };
    let is_shown = |text: &str| {
        !text.trim().is_empty()
            && text.chars().count() <= MAX_SUMMARY
            && !text.chars().any(|c| c.is_control() || is_hidden(c))
    };
    let words: Vec<&str> = form.name.split(' ').collect();
    if !words.iter().all(|word| is_word(word)) {
        return Some("its name is not one or two words of lower-case letters, digits and dashes".to_owned());
    }
    let of_host = |word: &str| word == "help" || HostCommandInfo::find(word).is_some();
    match words.as_slice() {
        [word] if of_host(word) => return Some(format!("`{word}` is a command of the host")),
        [word] if catalog.interface(word).is_some() => return Some(format!("`{word}` is a noun of the package")),
        [_] => {}
        [noun, verb] => {
            if of_host(noun) {
                return Some(format!("`{noun}` is a command of the host"));
            }
            let interface = catalog.interface(noun);
            if interface.is_some_and(|interface| catalog.verb(&interface.name, verb).is_some()) {
                return Some(format!("`{noun} {verb}` is an action of the package"));
            }
        }
        _ => return Some("its name has more than two words".to_owned()),
    }
    // An alias of a noun is the noun.
    let words_of = |name: &str| {
        let (first, rest) = name.split_once(' ').unwrap_or((name, ""));
        let first = catalog.interface(first).map_or(first, |noun| noun.name.as_str());
        (first.to_owned(), rest.to_owned())
    };
    let own = words_of(&form.name);
    // `digest` would hide `digest cost`.
    let is_taken = |known: &Arc<PlaybookForm>| {
        let known = words_of(&known.name);
        known.0 == own.0 && (known.1 == own.1 || known.1.is_empty() || own.1.is_empty())
    };
    if let Some(known) = catalog.playbooks.iter().find(|known| is_taken(known)) {
        return Some(format!("its name collides with that of the playbook `{}`", known.name));
    }
    if !is_shown(&form.summary) {
        return Some(format!("its summary is empty, has hidden characters, or has more than {MAX_SUMMARY} characters"));
    }
    if form.parameters.len() > MAX_PARAMETERS {
        return Some(format!("it has more than {MAX_PARAMETERS} parameters"));
    }
    for (index, parameter) in form.parameters.iter().enumerate() {
        let name = &parameter.name;
        if !is_word(name) {
            return Some("the name of a parameter is not a word of lower-case letters, digits and dashes".to_owned());
        }
        if Flag::find(name).is_some() || form.parameters[..index].iter().any(|other| other.name == *name) {
            return Some(format!("the parameter `{name}` has the name of a flag or of another parameter"));
        }
        let values = &parameter.values;
        if !is_shown(&parameter.summary) || values.len() > MAX_PARAMETERS || !values.iter().all(|value| is_word(value))
        {
            return Some(format!("the summary or a value of the parameter `{name}` cannot be shown"));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::{Command, HelpTopic, Markup, parse};
    use super::*;
    use claude_admin_catalog::testing::catalog;
    use jiff::Timestamp;

    fn parameter(name: &str, required: bool, repeats: bool, values: &[&str]) -> PlaybookParameter {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        PlaybookParameter { name: name.to_owned(), summary: "A value.".to_owned(), required, repeats, values }
    }

    fn form(name: &str, parameters: Vec<PlaybookParameter>) -> PlaybookForm {
        let (name, summary) = (name.to_owned(), "Do a job".to_owned());
        PlaybookForm { name, summary, parameters, digest: "0".repeat(64) }
    }

    fn with_playbooks() -> Catalog {
        let offboard = form(
            "offboard",
            vec![parameter("who", true, true, &[]), parameter("keys", false, false, &["keep", "archive"])],
        );
        let stale = form("api-keys stale", vec![parameter("days", false, false, &[])]);
        Catalog { playbooks: vec![Arc::new(offboard), Arc::new(stale)], ..catalog().clone() }
    }

    fn arguments(line: &str) -> Result<(String, Vec<(String, String)>), CommandError> {
        match parse(&with_playbooks(), line, Markup::None, Timestamp::UNIX_EPOCH)? {
            Command::Playbook(call, _) => Ok((call.form.name.clone(), call.arguments)),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn playbook_is_typed_like_an_action() {
        let who =
            |values: &[&str]| values.iter().map(|value| ("who".to_owned(), (*value).to_owned())).collect::<Vec<_>>();
        let expected = [who(&["a@x.example", "b@x.example"]), vec![("keys".to_owned(), "keep".to_owned())]].concat();
        for line in ["offboard a@x.example b@x.example --keys keep", "offboard a@x.example,b@x.example --keys=keep"] {
            let (_, mut given) = arguments(line).unwrap();
            given.sort_by_key(|(name, _)| name != "who");
            assert_eq!(given, expected, "{line}");
        }
        // An alias of the noun works as well.
        for line in ["api-keys stale --days 90", "keys stale --days 90", "keys stale 90"] {
            assert_eq!(
                arguments(line).unwrap(),
                ("api-keys stale".to_owned(), vec![("days".to_owned(), "90".to_owned())])
            );
        }
        for (line, kind) in [
            ("offboard", CommandErrorKind::MissingArgument),
            ("offboard a --keys kep", CommandErrorKind::BadValue),
            ("offboard a --keys keep --keys keep", CommandErrorKind::RepeatedArgument),
            ("offboard a --kys keep", CommandErrorKind::UnknownFlag),
            ("keys stale 90 91", CommandErrorKind::ExtraArgument),
            ("keys stael", CommandErrorKind::UnknownVerb),
        ] {
            assert_eq!(arguments(line).unwrap_err().kind, kind, "{line}");
        }
        let help = parse(&with_playbooks(), "offboard --help", Markup::None, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(help, Command::Help(HelpTopic::Playbook("offboard".to_owned())));
    }

    #[test]
    fn canonical_form_reads_back() {
        let catalog = with_playbooks();
        for line in ["offboard a@x.example \"x y\" --keys archive", "offboard --who -x", "keys stale --days \"\""] {
            let read = |line: &str| match parse(&catalog, line, Markup::None, Timestamp::UNIX_EPOCH) {
                Ok(Command::Playbook(call, _)) => call,
                other => panic!("{line}: {other:?}"),
            };
            let mut first = read(line);
            let mut again = read(&first.canonical());
            first.arguments.sort();
            again.arguments.sort();
            assert_eq!(first, again, "{line}");
        }
    }

    #[test]
    fn name_of_a_playbook_collides_with_nothing() {
        let catalog = with_playbooks();
        let named = |name: &str| playbook_problem(&catalog, &form(name, Vec::new()));
        assert_eq!(named("onboard"), None);
        assert_eq!(named("keys tidy"), None);
        assert_eq!(named("review access"), None);
        let of_host = HostCommandInfo::names().chain(["help"]);
        let of_host = of_host.flat_map(|word| [word.to_owned(), format!("{word} more")]);
        let nouns = catalog.interfaces.iter().flat_map(|noun| [&noun.name].into_iter().chain(&noun.aliases)).cloned();
        let actions = catalog.actions.iter().flat_map(|action| {
            [&action.function]
                .into_iter()
                .chain(&action.aliases)
                .map(|verb| format!("{} {verb}", action.interface))
                .collect::<Vec<_>>()
        });
        let others =
            ["offboard", "offboard more", "api-keys stale", "keys stale", "", "Off", "a b c", "off\u{202e}", "-x"]
                .map(str::to_owned);
        for name in of_host.chain(nouns).chain(actions).chain(others) {
            assert!(named(&name).is_some(), "{name}");
        }
        let with = |parameters| playbook_problem(&catalog, &form("onboard", parameters));
        for name in Flag::names() {
            assert!(with(vec![parameter(&name, false, false, &[])]).is_some(), "{name}");
        }
        assert!(with(vec![parameter("a", false, false, &[]), parameter("a", false, false, &[])]).is_some());
        assert!(with(vec![parameter("a", false, false, &["b c"])]).is_some());
    }
}
