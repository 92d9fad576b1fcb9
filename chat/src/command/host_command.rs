//! Commands of the host itself: identity, pending requests, permissions and the audit log.

use super::parse::{self, Command, Markup};
use super::suggest::nearest;
use super::token::Token;
use super::value::shown;
use super::{CommandError, CommandErrorKind, Draft, HostCommandInfo, Options, Reason};
use crate::Choice;
use crate::identity::Principal;
use crate::operation_id;
use claude_admin_catalog::Catalog;
use jiff::Timestamp;
use std::fmt;

/// A command of the host itself.
#[derive(Debug, Clone, PartialEq)]
pub enum HostCommand {
    /// Show the requester.
    WhoAmI,
    /// Show the status of the host, or of an operation.
    Status(Option<String>),
    /// List the pending requests.
    Pending,
    /// Decide about a pending request.
    Decide {
        /// The operation: its ID or a prefix of it.
        operation: String,
        /// The version of its plan, if it is given.
        version: Option<u32>,
        /// The decision.
        choice: Choice,
        /// The reason.
        reason: Option<Reason>,
    },
    /// Report whether a command would be allowed, without running it.
    CanI {
        /// The command. Required arguments can be missing.
        draft: Draft,
        /// Its options: the reason can affect the result.
        options: Options,
        /// Whether to show the policies.
        explain: bool,
        /// The principal of the question. Default: the requester.
        principal: Option<Principal>,
    },
    /// Read the audit log.
    Audit(AuditCommand),
    /// Show the active policy.
    Policy,
}

impl HostCommand {
    /// The first word of the command.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::WhoAmI => "whoami",
            Self::Status(_) => "status",
            Self::Pending => "pending",
            Self::Decide { choice: Choice::Confirm, .. } => "confirm",
            Self::Decide { choice: Choice::Approve, .. } => "approve",
            Self::Decide { choice: Choice::Reject, .. } => "deny",
            Self::Decide { choice: Choice::Cancel, .. } => "cancel",
            Self::CanI { .. } => "can-i",
            Self::Audit(_) => "audit",
            Self::Policy => "policy",
        }
    }
}

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

/// A way to read the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditCommand {
    /// The last entries.
    Tail(usize),
    /// The entries that match.
    Search(AuditSearch),
    /// Check every entry. If a published head is given, also compare with it.
    Verify(Option<String>),
    /// The head of the hash chain, for publication.
    Head,
}

/// As a user types it, for the audit log.
impl fmt::Display for AuditCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tail(count) => write!(f, "audit tail {count}"),
            Self::Search(wanted) => {
                let AuditSearch { since, until, operation, principal, action, kind, text, limit } = wanted;
                let limit = limit.map(|limit| limit.to_string());
                f.write_str("audit search")?;
                let flags = [
                    ("since", since),
                    ("until", until),
                    ("operation", operation),
                    ("principal", principal),
                    ("action", action),
                    ("kind", kind),
                    ("text", text),
                    ("limit", &limit),
                ];
                let given = flags.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
                given.into_iter().try_for_each(|(name, value)| write!(f, " --{name} {value:?}"))
            }
            Self::Verify(None) => f.write_str("audit verify"),
            Self::Verify(Some(head)) => write!(f, "audit verify --head {head}"),
            Self::Head => f.write_str("audit head"),
        }
    }
}

/// The values that entries must have. An absent value matches every entry.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of the columns")]
pub struct AuditSearch {
    pub since: Option<String>,
    pub until: Option<String>,
    pub operation: Option<String>,
    pub principal: Option<String>,
    pub action: Option<String>,
    pub kind: Option<String>,
    pub text: Option<String>,
    pub limit: Option<usize>,
}

/// The maximum number of entries that `audit tail` and `audit search` show.
const MAX_ENTRIES: usize = 200;
const DEFAULT_ENTRIES: usize = 20;

/// Reads the words after the name of a command.
pub(super) fn read(
    catalog: &Catalog,
    info: &HostCommandInfo,
    tokens: Vec<Token>,
    now: Timestamp,
) -> Result<HostCommand, CommandError> {
    let word = info.name;
    match word {
        "can-i" => return can_i(catalog, tokens, now),
        "audit" => return audit(info, tokens).map(HostCommand::Audit),
        _ => {}
    }
    let mut words = Words::read(word, tokens, &info.flags(None))?;
    let command = match word {
        "whoami" => HostCommand::WhoAmI,
        "pending" => HostCommand::Pending,
        "policy" => HostCommand::Policy,
        "status" => HostCommand::Status(words.plain.pop_front().map(|id| plan(&id)).transpose()?.map(|(id, _)| id)),
        _ => {
            let operation = words.plain.pop_front().ok_or_else(|| {
                CommandError::new(CommandErrorKind::MissingArgument, format!("`{word}` needs the ID of an operation."))
                    .hint("`pending` lists the pending requests.")
            })?;
            let (operation, version) = plan(&operation)?;
            let version = one_version(version, words.flag("version"))?;
            let choice = match word {
                "confirm" => Choice::Confirm,
                "approve" => Choice::Approve,
                "deny" => Choice::Reject,
                _ => Choice::Cancel,
            };
            let given = words.flag("reason");
            let needed = word == "deny" || given.is_some();
            let why = needed.then(|| Reason::new(&given.unwrap_or_default())).transpose()?;
            HostCommand::Decide { operation, version, choice, reason: why }
        }
    };
    words.end(word)?;
    Ok(command)
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
    match parse::read_incomplete(catalog, &mut tokens, now)? {
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
    if !verbs.contains(&verb.as_str()) {
        let error = CommandError::new(CommandErrorKind::UnknownVerb, format!("`audit` has no `{}`.", shown(&verb)));
        return Err(match nearest(&verb, verbs.iter().copied()) {
            Some(near) => error.hint(format!("Did you mean `audit {near}`?")),
            None => error.hint(hint()),
        });
    }
    let mut words = Words::read(&format!("audit {verb}"), tokens, &info.flags(Some(&verb)))?;
    let command = match verb.as_str() {
        "tail" => AuditCommand::Tail(match words.plain.pop_front() {
            Some(count) => entries(&count)?,
            None => DEFAULT_ENTRIES,
        }),
        "search" => AuditCommand::Search(AuditSearch {
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
        "verify" => AuditCommand::Verify(words.flag("head").map(|first| {
            let rest = words.plain.drain(..).collect::<Vec<_>>();
            [vec![first], rest].concat().join(" ")
        })),
        _ => AuditCommand::Head,
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
