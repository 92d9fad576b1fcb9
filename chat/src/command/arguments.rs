//! From words to checked arguments.

use super::period::{self, TimeKind};
use super::reference::{alternatives, described, takes_mention};
use super::suggest::nearest;
use super::token::Token;
use super::token::TokenKind;
use super::usage::{example, placeholder, usage};
use super::value::{BadValue, can_be_null, read, removes_entries, shown};
use super::{Arguments, CommandError, CommandErrorKind, Flag, FlagKey, Options, Reason};
use claude_admin_catalog::{Action, Catalog, Input, Period, Presence, Type, Types};
use jiff::Timestamp;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::VecDeque;

/// The arguments and options after the noun and the verb.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) arguments: Arguments,
    pub(super) options: Options,
    pub(super) help: bool,
    /// The arguments of further commands of the same action: one for each pasted value after the first one.
    pub(super) more: Vec<Arguments>,
    /// The file with the arguments of several commands.
    pub(super) from: Option<String>,
    /// The list whose items are the targets.
    pub(super) list: Option<String>,
}

/// Reads the words after noun and verb.
pub(super) fn read_arguments(
    catalog: &Catalog,
    action: &Action,
    tokens: Vec<Token>,
    now: Timestamp,
) -> Result<Given, CommandError> {
    let mut reader = Reader {
        catalog,
        types: &catalog.types,
        action,
        given: Given::default(),
        tokens: tokens.into(),
        positional: Vec::new(),
        now,
        implied: None,
    };
    reader.run()?;
    let Given { arguments, more, .. } = &mut reader.given;
    more.iter_mut().chain([arguments]).for_each(|arguments| period::align(action, arguments, now));
    Ok(reader.given)
}

struct Reader<'c> {
    catalog: &'c Catalog,
    types: &'c Types,
    action: &'c Action,
    given: Given,
    tokens: VecDeque<Token>,
    positional: Vec<Token>,
    /// The time from which relative times are counted.
    now: Timestamp,
    /// The end of a period that was derived from the value of its beginning. The end can still be given.
    implied: Option<String>,
}

impl Reader<'_> {
    fn run(&mut self) -> Result<(), CommandError> {
        let mut flags = true;
        while let Some(token) = self.tokens.pop_front() {
            let text = token.text.as_str();
            let starts_quoted = token.quoted && !text.starts_with("--");
            if !flags || starts_quoted || !looks_like_a_flag(text) {
                self.pair_or_positional(token)?;
            } else if text == "--" {
                flags = false;
            } else {
                self.flag(&token)?;
            }
        }
        self.place_positional()
    }

    /// `name:value` is another spelling of `--name value`, where `name` is a flag.
    fn pair_or_positional(&mut self, token: Token) -> Result<(), CommandError> {
        let pair = token.text.split_once(':').filter(|_| !token.quoted).and_then(|(name, value)| {
            let input = self.find(name).filter(|input| input.presence != Presence::Required)?;
            Some((input.clone(), Token { text: value.to_owned(), ..token.clone() }))
        });
        match pair {
            Some((input, value)) => self.put(&input, &value),
            None => {
                self.positional.push(token);
                Ok(())
            }
        }
    }

    fn flag(&mut self, token: &Token) -> Result<(), CommandError> {
        let bare = token.text.trim_start_matches('-');
        let (name, value) = bare.split_once('=').map_or((bare, None), |(name, value)| (name, Some(value)));
        let name = name.to_ascii_lowercase().replace('_', "-");
        let value = value.map(|text| Token { text: text.to_owned(), ..token.clone() });
        if self.option(&name, value.as_ref())? {
            return Ok(());
        }
        if let Some(period) = self.action.periods.iter().find(|period| period.name == name) {
            let value = match value {
                Some(value) => value,
                None => self.next_value(&format!("--{name}"), "a time", "7d")?,
            };
            return self.put_period(period, &value);
        }
        if let Some(input) = self.find(&name).cloned() {
            let value = match value {
                Some(value) => value,
                None if *self.types.underlying(&input.ty) == Type::Bool => self.switch_value(),
                None => self.value_of(&input)?,
            };
            return self.put(&input, &value);
        }
        if let Some(input) = name.strip_prefix("no-").and_then(|name| self.find(name)).cloned() {
            return self.remove(&input, value);
        }
        Err(self.unknown_flag(&name))
    }

    /// Reads a flag that every action accepts; returns whether it is one.
    fn option(&mut self, name: &str, value: Option<&Token>) -> Result<bool, CommandError> {
        match Flag::find(name).map(|(flag, _)| flag.key) {
            Some(FlagKey::Help) => self.given.help = true,
            Some(FlagKey::From) => self.given.from = Some(self.flag_text(value)),
            Some(FlagKey::Where) => self.given.list = Some(self.flag_text(value)),
            _ => return set_flag(name, value, &mut self.tokens, &mut self.given.options),
        }
        Ok(true)
    }

    fn flag_text(&mut self, value: Option<&Token>) -> String {
        text_of(value, &mut self.tokens)
    }

    fn find(&self, name: &str) -> Option<&Input> {
        let name = name.to_ascii_lowercase().replace('_', "-");
        self.action.inputs.iter().find(|input| {
            input.name == name
                || (input.repeats(self.types) && singular(&input.name).is_some_and(|singular| singular == name))
        })
    }

    /// `--flag` without a value means true; a boolean word can follow.
    fn switch_value(&mut self) -> Token {
        let plain = |text: &str| Token { text: text.to_owned(), quoted: false, kind: TokenKind::Plain };
        match self.tokens.front() {
            Some(next) if matches!(next.text.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no") => {
                self.tokens.pop_front().unwrap_or_else(|| plain("true"))
            }
            _ => plain("true"),
        }
    }

    fn value_of(&mut self, input: &Input) -> Result<Token, CommandError> {
        let example = placeholder(input, self.types).unwrap_or_default();
        self.next_value(&format!("--{}", input.name), &described(self.catalog, self.action, &input.ty), &example)
    }

    fn next_value(&mut self, flag: &str, what: &str, example: &str) -> Result<Token, CommandError> {
        let is_flag = |token: &Token| !token.quoted && token.text.starts_with("--") && looks_like_a_flag(&token.text);
        match self.tokens.front() {
            Some(next) if !is_flag(next) => {}
            _ => {
                return Err(CommandError::new(
                    CommandErrorKind::MissingArgument,
                    format!("{flag} needs a value: {what}."),
                )
                .hint(format!("Write `{flag} {example}`.")));
            }
        }
        self.tokens
            .pop_front()
            .ok_or_else(|| CommandError::new(CommandErrorKind::MissingArgument, "A value is missing."))
    }

    /// Puts both bounds of a period.
    fn put_period(&mut self, period: &Period, token: &Token) -> Result<(), CommandError> {
        match self.action.input(&period.start).cloned() {
            Some(start) => self.put(&start, token),
            None => Ok(()),
        }
    }

    /// Puts a time and the end of the period that it begins, unless the end is also given.
    fn put_time(&mut self, kind: TimeKind, input: &Input, token: &Token) -> Result<(), CommandError> {
        let period = period::find(self.action, &input.name);
        let end = period.map(|period| period.end.clone());
        let (from, until) = kind.read(&token.text, self.now, period).map_err(|problem| {
            CommandError::new(CommandErrorKind::BadValue, format!("{}: {problem}.", input.name)).about(&input.name)
        })?;
        if self.implied.as_ref() == Some(&input.name) {
            self.implied = None;
            self.given.arguments.shift_remove(&input.name);
        }
        if self.given.arguments.insert(input.name.clone(), from).is_some() {
            return Err(given_twice(input));
        }
        if let (Some(end), Some(until)) = (end, until)
            && !self.given.arguments.contains_key(&end)
        {
            self.given.arguments.insert(end.clone(), until);
            self.implied = Some(end);
        }
        Ok(())
    }

    fn put(&mut self, input: &Input, token: &Token) -> Result<(), CommandError> {
        if let Some(kind) = TimeKind::of(self.types, &input.ty) {
            return self.put_time(kind, input, token);
        }
        if token.kind == TokenKind::Mention && !takes_mention(self.catalog, self.action, input) {
            return Err(bad_value(input, BadValue::mention()));
        }
        let value = read(self.types, input, token).map_err(|problem| bad_value(input, problem))?;
        match (self.given.arguments.get_mut(&input.name), value) {
            (None, value) => {
                self.given.arguments.insert(input.name.clone(), value);
            }
            (Some(Value::Array(known)), Value::Array(more)) => known.extend(more),
            (Some(Value::Object(known)), Value::Object(more))
                if self.types.map_value(&input.ty).is_some() && !more.keys().any(|key| known.contains_key(key)) =>
            {
                known.extend(more);
            }
            _ => return Err(given_twice(input)),
        }
        self.check_count(input)
    }

    /// The number of values that are given one by one must also be within the bounds.
    fn check_count(&self, input: &Input) -> Result<(), CommandError> {
        let (Some(bounds), Some(value)) = (input.range, self.given.arguments.get(&input.name)) else { return Ok(()) };
        Types::check_bounds(bounds, value).map_err(|_| {
            CommandError::new(CommandErrorKind::BadValue, format!("--{}: it must be within {bounds}.", input.name))
                .about(&input.name)
        })
    }

    fn remove(&mut self, input: &Input, value: Option<Token>) -> Result<(), CommandError> {
        if removes_entries(self.types, input) {
            let key = match value {
                Some(key) => key,
                None => self.value_of(input)?,
            };
            let entries =
                self.given.arguments.entry(input.name.clone()).or_insert_with(|| Value::Object(Default::default()));
            if entries.get(key.text.as_str()).is_some() {
                return Err(given_twice(input));
            }
            entries[key.text.as_str()] = Value::Null;
            return Ok(());
        }
        let value = if can_be_null(input) {
            Value::Null
        } else if *self.types.underlying(&input.ty) == Type::Bool {
            Value::Bool(false)
        } else {
            return Err(CommandError::new(
                CommandErrorKind::UnknownFlag,
                format!("--no-{} is not possible: {} cannot be removed.", input.name, input.name),
            )
            .hint(format!("Omit --{} to leave it unchanged.", input.name)));
        };
        match self.given.arguments.insert(input.name.clone(), value) {
            None => Ok(()),
            Some(_) => Err(given_twice(input)),
        }
    }

    /// Values that are separated by commas or semicolons, as in a pasted list of recipients.
    fn pasted(&self, input: &Input, token: Token) -> Vec<Token> {
        if token.quoted || !self.is_a_target(input) {
            return vec![token];
        }
        let values = token.text.split([',', ';']).filter(|value| !value.is_empty());
        let values: Vec<Token> = values.map(|value| Token { text: value.to_owned(), ..token.clone() }).collect();
        if values.is_empty() { vec![token] } else { values }
    }

    /// Whether a write can have several values of an input, one for each of several commands.
    fn is_a_target(&self, input: &Input) -> bool {
        self.action.writes() && (self.types.is_id(&input.ty) || self.types.format(&input.ty) == Some("email"))
    }

    fn place_positional(&mut self) -> Result<(), CommandError> {
        let mut tokens: VecDeque<Token> = std::mem::take(&mut self.positional).into();
        let mut last: Option<Input> = None;
        while let Some(token) = tokens.pop_front() {
            let free =
                self.action.inputs.iter().find(|input| {
                    input.presence == Presence::Required && !self.given.arguments.contains_key(&input.name)
                });
            match free {
                Some(input) => {
                    let input = input.clone();
                    let mut values = self.pasted(&input, token);
                    self.put(&input, &values.remove(0))?;
                    values.into_iter().rev().for_each(|value| tokens.push_front(value));
                    last = Some(input);
                }
                None if last.as_ref().is_some_and(|input| self.is_a_target(input)) => {
                    let Some(input) = &last else { continue };
                    for value in self.pasted(input, token) {
                        let first = self.given.arguments.clone();
                        self.given.arguments.shift_remove(&input.name);
                        self.put(input, &value)?;
                        self.given.more.push(std::mem::replace(&mut self.given.arguments, first));
                    }
                }
                None => {
                    let takes_names = self
                        .action
                        .inputs
                        .iter()
                        .any(|input| !alternatives(self.catalog, self.action, input).is_empty());
                    let quotes = if takes_names { "Put quotes around a name with spaces. " } else { "" };
                    return Err(CommandError::new(
                        CommandErrorKind::ExtraArgument,
                        format!("`{}` is one argument too many for `{}`.", shown(&token.text), self.action.command()),
                    )
                    .hint(format!("{quotes}{}", example(self.action, self.types))));
                }
            }
        }
        Ok(())
    }

    fn unknown_flag(&self, name: &str) -> CommandError {
        let periods = self.action.periods.iter().map(|period| period.name.as_str());
        let flags: Vec<String> = Flag::names().collect();
        let inputs = self.action.inputs.iter().map(|input| input.name.as_str());
        let known = inputs.chain(periods).chain(flags.iter().map(String::as_str));
        let error = CommandError::new(
            CommandErrorKind::UnknownFlag,
            format!("`{}` has no flag --{}.", self.action.command(), shown(name)),
        );
        match nearest(name, known) {
            Some(near) => error.hint(format!("Did you mean --{near}?")),
            None => error.hint(format!("Usage: `{}`.", usage(self.action, self.types))),
        }
    }
}

/// The value of a flag: after `=`, or the next word.
fn text_of(value: Option<&Token>, tokens: &mut VecDeque<Token>) -> String {
    match value {
        Some(token) => token.text.clone(),
        None => tokens.pop_front().map(|token| token.text).unwrap_or_default(),
    }
}

/// Reads a flag that sets an option; returns whether it is one.
pub(super) fn set_flag(
    name: &str,
    value: Option<&Token>,
    tokens: &mut VecDeque<Token>,
    options: &mut Options,
) -> Result<bool, CommandError> {
    let Some((flag, is_opposite)) = Flag::find(name) else { return Ok(false) };
    if flag.value.is_none() && value.is_some() {
        return Err(CommandError::new(CommandErrorKind::BadValue, format!("--{name} takes no value.")));
    }
    let mut text = || text_of(value, tokens);
    match flag.key {
        FlagKey::Yes => options.yes = true,
        FlagKey::All => options.all = true,
        FlagKey::Share => options.share = true,
        FlagKey::Ids => options.ids = true,
        FlagKey::Compare => options.compare = Some(!is_opposite),
        FlagKey::DryRun => options.dry_run = true,
        FlagKey::Reason => options.reason = Some(Reason::new(&text())?),
        FlagKey::Columns => {
            options.columns.extend(text().split(',').map(|name| name.trim().replace('-', "_")));
        }
        FlagKey::Output => {
            let text = text();
            let bad = || {
                CommandError::new(
                    CommandErrorKind::BadValue,
                    format!("--output: `{}` is not one of {}.", shown(&text), flag.values().join(", ")),
                )
            };
            options.format = Some(text.parse().map_err(|()| bad())?);
        }
        FlagKey::Help | FlagKey::From | FlagKey::Where => return Ok(false),
    }
    Ok(true)
}

/// One or two dashes, and a name. A certificate begins with five dashes, a number with one.
pub(super) fn looks_like_a_flag(text: &str) -> bool {
    let dashes = text.len() - text.trim_start_matches('-').len();
    matches!(dashes, 1 | 2) && text != "-" && text.parse::<f64>().is_err()
}

pub(super) fn bad_value(input: &Input, problem: BadValue) -> CommandError {
    let error = CommandError::new(CommandErrorKind::BadValue, format!("{}: {}.", input.name, problem.message))
        .about(&input.name);
    match problem.hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

fn given_twice(input: &Input) -> CommandError {
    CommandError::new(CommandErrorKind::RepeatedArgument, format!("{} is given twice.", input.name))
        .hint("Omit one of the two.")
}

/// `roles` can be written `--role`, once for each value; `categories` as `--category`.
fn singular(name: &str) -> Option<Cow<'_, str>> {
    if let Some(stem) = name.strip_suffix("ies") {
        return Some(Cow::Owned(format!("{stem}y")));
    }
    let stem = name.strip_suffix("ses").map(|_| &name[..name.len() - 2]).or_else(|| name.strip_suffix('s'));
    stem.map(Cow::Borrowed)
}
