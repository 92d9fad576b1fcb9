//! Reads the words of commands of the host.

use super::{AuditCommand, AuditSearch, AuditVerb, Choice, HostCommand, HostCommandInfo, HostCommandKey, Reason};
use crate::command::parse::{self, Command, Markup};
use crate::command::suggest::nearest;
use crate::command::token::Token;
use crate::command::value::shown;
use crate::command::{CommandError, CommandErrorKind};
use crate::operation_id;
use claude_admin_catalog::Catalog;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// The maximum number of entries that `audit tail` and `audit search` show.
const MAX_ENTRIES: usize = 200;
const DEFAULT_ENTRIES: usize = 20;
/// The largest number of a step that can be selected.
const MAX_STEP: u32 = 10_000;

impl HostCommand {
    /// A command of the host with the value of its argument, for a program that calls it by name.
    ///
    /// # Errors
    ///
    /// [`CommandError`] when the command does not accept the argument.
    pub fn with_argument(
        catalog: &Catalog,
        info: &HostCommandInfo,
        argument: Option<&str>,
        now: Timestamp,
    ) -> Result<Self, CommandError> {
        read(catalog, info, parse::tokens_of(argument.unwrap_or_default(), Markup::None)?, now)
    }
}

/// Reads the words after the name of a command.
pub(in crate::command) fn read(
    catalog: &Catalog,
    info: &HostCommandInfo,
    tokens: Vec<Token>,
    now: Timestamp,
) -> Result<HostCommand, CommandError> {
    match info.key {
        HostCommandKey::WhoAmI => alone(info, tokens, HostCommand::WhoAmI),
        HostCommandKey::Pending => alone(info, tokens, HostCommand::Pending),
        HostCommandKey::Policy => alone(info, tokens, HostCommand::Policy),
        HostCommandKey::Status => status(info, tokens),
        HostCommandKey::Decide(choice) => decide(info, choice, tokens),
        HostCommandKey::Select => select(info, tokens),
        HostCommandKey::Resume => resume(info, tokens),
        HostCommandKey::CanI => can_i(catalog, tokens, now),
        HostCommandKey::Audit => audit(info, tokens).map(HostCommand::Audit),
    }
}

/// A command without arguments.
fn alone(info: &HostCommandInfo, tokens: Vec<Token>, command: HostCommand) -> Result<HostCommand, CommandError> {
    Words::read(info.name, tokens, &info.flags(None))?.end(info.name)?;
    Ok(command)
}

fn status(info: &HostCommandInfo, tokens: Vec<Token>) -> Result<HostCommand, CommandError> {
    let mut words = Words::read(info.name, tokens, &info.flags(None))?;
    let operation = words.plain.pop_front().map(|id| plan(&id)).transpose()?;
    words.end(info.name)?;
    Ok(HostCommand::Status(operation.map(|(id, _)| id)))
}

fn resume(info: &HostCommandInfo, tokens: Vec<Token>) -> Result<HostCommand, CommandError> {
    let mut words = Words::read(info.name, tokens, &info.flags(None))?;
    let operation = words.plain.pop_front().ok_or_else(|| no_operation(info.name))?;
    words.end(info.name)?;
    Ok(HostCommand::Resume(plan(&operation)?.0))
}

fn select(info: &HostCommandInfo, tokens: Vec<Token>) -> Result<HostCommand, CommandError> {
    let mut words = Words::read(info.name, tokens, &info.flags(None))?;
    let operation = words.plain.pop_front().ok_or_else(|| no_operation(info.name))?;
    let (operation, _) = plan(&operation)?;
    let reason = words.flag("reason").map(|reason| Reason::new(&reason)).transpose()?;
    let given: Vec<String> = words.plain.drain(..).collect();
    if given.is_empty() {
        let text = "`select` needs the numbers of steps, such as `1,3-5`, or `all`, or `none`.";
        return Err(CommandError::new(CommandErrorKind::MissingArgument, text));
    }
    let steps = match given.join(",").to_lowercase().as_str() {
        "all" => None,
        "none" => Some(BTreeSet::new()),
        numbers => Some(step_numbers(numbers)?),
    };
    Ok(HostCommand::Select { operation, steps, reason })
}

/// The numbers in `1,3-5`.
fn step_numbers(text: &str) -> Result<BTreeSet<u32>, CommandError> {
    let mut numbers = BTreeSet::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let range = first.parse::<u32>().ok().zip(last.parse::<u32>().ok());
        let range = range.filter(|(first, last)| (1..=*last).contains(first) && *last <= MAX_STEP);
        let Some((first, last)) = range else {
            let text = format!("`{}` is not the number of a step, and not a range such as `3-5`.", shown(part));
            return Err(CommandError::new(CommandErrorKind::BadValue, text));
        };
        numbers.extend(first..=last);
    }
    Ok(numbers)
}

fn no_operation(word: &str) -> CommandError {
    CommandError::new(CommandErrorKind::MissingArgument, format!("`{word}` needs the ID of an operation."))
        .hint("`pending` lists the pending requests.")
}

fn decide(info: &HostCommandInfo, choice: Choice, tokens: Vec<Token>) -> Result<HostCommand, CommandError> {
    let word = info.name;
    let mut words = Words::read(word, tokens, &info.flags(None))?;
    let operation = words.plain.pop_front().ok_or_else(|| no_operation(word))?;
    let (operation, version) = plan(&operation)?;
    let version = one_version(version, words.flag("version"))?;
    let given = words.flag("reason");
    let needed = choice == Choice::Reject || given.is_some();
    let reason = needed.then(|| Reason::new(&given.unwrap_or_default())).transpose()?;
    words.end(word)?;
    Ok(HostCommand::Decide { operation, version, choice, reason })
}

fn can_i(catalog: &Catalog, mut tokens: Vec<Token>, now: Timestamp) -> Result<HostCommand, CommandError> {
    let mut explain = false;
    let mut principal = None;
    // `--explain` and `--as` can be before or after the command. All other words belong to the command.
    while let Some(index) = tokens.iter().position(|token| !token.quoted && token.text == "--explain") {
        tokens.remove(index);
        explain = true;
    }
    if let Some(index) = tokens.iter().position(|token| !token.quoted && token.text.split('=').next() == Some("--as")) {
        let flag = tokens.remove(index).text;
        let who = match flag.split_once('=') {
            Some((_, who)) => who.to_owned(),
            None if index < tokens.len() => tokens.remove(index).text,
            None => String::new(),
        };
        let bad = |error: crate::identity::PrincipalError| {
            CommandError::new(CommandErrorKind::BadValue, format!("--as: {error}."))
        };
        principal = Some(who.parse().map_err(bad)?);
    }
    if tokens.is_empty() {
        return Err(CommandError::new(CommandErrorKind::MissingArgument, "`can-i` needs a command.")
            .hint("Write for example `can-i users remove user_01ABC --explain`."));
    }
    match parse::read_incomplete(catalog, &mut tokens, now, None)? {
        Command::Run(draft, options) => Ok(HostCommand::CanI { draft, options, explain, principal }),
        _ => Err(CommandError::new(CommandErrorKind::BadValue, "`can-i` checks actions, and this is not an action.")
            .hint("`help` shows the actions.")),
    }
}

fn audit(info: &HostCommandInfo, mut tokens: Vec<Token>) -> Result<AuditCommand, CommandError> {
    let verbs: Vec<&str> = info.verbs().collect();
    let hint = || format!("Its verbs: {}. To write all entries, run `claude-admin audit export`.", verbs.join(", "));
    let Some(verb) = parse::take(&mut tokens) else {
        return Err(CommandError::new(CommandErrorKind::MissingArgument, "`audit` needs a verb.").hint(hint()));
    };
    let Some(known) = info.forms.iter().filter_map(|form| form.verb).find(|known| known.as_str() == verb) else {
        let error = CommandError::new(CommandErrorKind::UnknownVerb, format!("`audit` has no `{}`.", shown(&verb)));
        return Err(match nearest(&verb, verbs.iter().copied()) {
            Some(near) => error.hint(format!("Did you mean `audit {near}`?")),
            None => error.hint(hint()),
        });
    };
    let mut words = Words::read(&format!("audit {verb}"), tokens, &info.flags(Some(known)))?;
    let command = match known {
        AuditVerb::Tail => AuditCommand::Tail(match words.plain.pop_front() {
            Some(count) => entries(&count)?,
            None => DEFAULT_ENTRIES,
        }),
        AuditVerb::Search => AuditCommand::Search(AuditSearch {
            since: words.flag("since"),
            until: words.flag("until"),
            operation: words.flag("operation"),
            principal: words.flag("principal"),
            action: words.flag("action"),
            kind: words.flag("kind"),
            text: words.flag("text").or_else(|| words.plain.pop_front()),
            limit: words.flag("limit").map(|count| entries(&count)).transpose()?,
        }),
        // The head has several words, which need no quotes.
        AuditVerb::Verify => AuditCommand::Verify(words.flag("head").map(|first| {
            let rest = words.plain.drain(..).collect::<Vec<_>>();
            [vec![first], rest].concat().join(" ")
        })),
        AuditVerb::Head => AuditCommand::Head,
    };
    words.end(&format!("audit {verb}"))?;
    Ok(command)
}

/// The version of the plan, which can be after the ID or in a flag.
fn one_version(behind_the_id: Option<u32>, flag: Option<String>) -> Result<Option<u32>, CommandError> {
    let Some(flag) = flag else { return Ok(behind_the_id) };
    if behind_the_id.is_some() {
        let message = "The version of the plan is given twice: after the ID and with --version.";
        return Err(CommandError::new(CommandErrorKind::RepeatedArgument, message).hint("Omit --version."));
    }
    flag.parse().ok().filter(|version| *version > 0).map(Some).ok_or_else(|| {
        CommandError::new(
            CommandErrorKind::BadValue,
            format!("--version: `{}` is not a whole number, 1 or more.", shown(&flag)),
        )
    })
}

/// An ID of an operation, or a sufficient prefix of it, and the version of its plan if it is given.
fn plan(text: &str) -> Result<(String, Option<u32>), CommandError> {
    operation_id::read_plan(text).ok_or_else(|| {
        let message = format!("`{}` is not the ID of an operation.", shown(text));
        let least = operation_id::MIN_PREFIX;
        CommandError::new(CommandErrorKind::BadValue, message).hint(format!(
            "Write the ID, or at least its first {least} characters, then a dot and the version of the plan. \
                 `pending` lists the pending requests."
        ))
    })
}

fn entries(text: &str) -> Result<usize, CommandError> {
    text.parse().ok().filter(|count| (1..=MAX_ENTRIES).contains(count)).ok_or_else(|| {
        CommandError::new(
            CommandErrorKind::BadValue,
            format!("`{}` is not a number from 1 to {MAX_ENTRIES}.", shown(text)),
        )
    })
}

/// The words of a command of the host: flags with a value, and plain ones.
struct Words {
    plain: std::collections::VecDeque<String>,
    flags: Vec<(String, String)>,
}

impl Words {
    fn read(command: &str, tokens: Vec<Token>, known: &[&str]) -> Result<Self, CommandError> {
        let mut words = Self { plain: Default::default(), flags: Vec::new() };
        let mut tokens = tokens.into_iter();
        while let Some(token) = tokens.next() {
            let Some(flag) = token.text.strip_prefix("--").filter(|_| !token.quoted) else {
                words.plain.push_back(token.text);
                continue;
            };
            let (name, value) = flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value)));
            if !known.contains(&name) {
                let error = CommandError::new(
                    CommandErrorKind::UnknownFlag,
                    format!("`{command}` has no flag --{}.", shown(name)),
                );
                return Err(match nearest(name, known.iter().copied()) {
                    Some(near) => error.hint(format!("Did you mean --{near}?")),
                    None if known.is_empty() => error.hint("This command has no flags."),
                    None => error.hint(format!("Its flags: --{}.", known.join(", --"))),
                });
            }
            let value =
                value.map(str::to_owned).or_else(|| tokens.next().map(|token| token.text)).ok_or_else(|| {
                    CommandError::new(CommandErrorKind::MissingArgument, format!("--{name} needs a value."))
                })?;
            if words.flags.iter().any(|(known, _)| known == name) {
                return Err(CommandError::new(CommandErrorKind::RepeatedArgument, format!("--{name} is given twice.")));
            }
            words.flags.push((name.to_owned(), value));
        }
        Ok(words)
    }

    fn flag(&mut self, name: &str) -> Option<String> {
        let index = self.flags.iter().position(|(known, _)| known == name)?;
        Some(self.flags.remove(index).1)
    }

    fn end(self, command: &str) -> Result<(), CommandError> {
        match self.plain.front() {
            None => Ok(()),
            Some(extra) => Err(CommandError::new(
                CommandErrorKind::ExtraArgument,
                format!("`{}` is one word too many for `{command}`.", shown(extra)),
            )),
        }
    }
}
