//! Parses a line of text into a command.

use super::arguments::read_arguments;
use super::check::check_complete;
use super::reference::references;
use super::suggest::nearest;
use super::token::{Token, TokenKind, tokens};
use super::value::shown;
use super::{
    CommandError, CommandErrorKind, Draft, Flag, FlagKey, HostCommand, HostCommandInfo, Invocation, Options,
    PlaybookCall, Several, host_command, normalize, playbook, secrets, several,
};
use claude_admin_catalog::{Action, Catalog, PlaybookForm};
use jiff::Timestamp;
use std::sync::Arc;

/// The markup that a line can contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Markup {
    /// None: the text is used unchanged.
    None,
    /// Slack's mentions, links and entities.
    Slack,
}

/// The topic of help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HelpTopic {
    /// Overview: the nouns.
    Overview,
    /// One noun: its verbs.
    Noun(String),
    /// One action, by ID.
    Action(String),
    /// A command of the host itself, by its word.
    Host(String),
    /// A playbook, by name.
    Playbook(String),
}

/// A parsed command.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Explain.
    Help(HelpTopic),
    /// A command of the host.
    Host(HostCommand),
    /// Run an action.
    Run(Draft, Options),
    /// Run an action several times, as one request.
    RunSeveral(Several, Options),
    /// Run a playbook.
    Playbook(PlaybookCall, Options),
}

/// Reads a file that the requester names, on the machine of the requester.
pub type ReadFile<'f> = &'f dyn Fn(&str) -> Result<String, String>;

impl Command {
    /// Whether to show only IDs, without names.
    #[must_use]
    pub fn shows_ids_only(&self) -> bool {
        matches!(self, Self::Run(_, options) | Self::RunSeveral(_, options) | Self::Playbook(_, options) if options.ids)
    }
}

/// Reads a command from a line of text. Times such as `7d` are counted back from `now`.
///
/// # Errors
///
/// [`CommandError`] with what to type instead; nothing was sent.
pub fn parse(catalog: &Catalog, text: &str, markup: Markup, now: Timestamp) -> Result<Command, CommandError> {
    parse_with(catalog, text, markup, now, &[], None)
}

/// Reads a command from a line of text, with the values of further arguments by name. `--from` reads a file.
///
/// # Errors
///
/// [`CommandError`] with what to type instead; nothing was sent.
pub fn parse_with(
    catalog: &Catalog,
    text: &str,
    markup: Markup,
    now: Timestamp,
    added: &[(String, String)],
    file: Option<ReadFile<'_>>,
) -> Result<Command, CommandError> {
    let tokens = tokens_of(text, markup)?;
    read(catalog, &mut with_added(tokens, added)?, now, file)
}

/// Adds the values of further arguments. They are not text of a command: quotes and dashes in them stay as they are.
fn with_added(mut tokens: Vec<Token>, added: &[(String, String)]) -> Result<Vec<Token>, CommandError> {
    // After `--`, nothing is a flag.
    let end = tokens.iter().position(|token| token.text == "--" && !token.quoted).unwrap_or(tokens.len());
    let rest = tokens.split_off(end);
    for (name, value) in added {
        secrets::refuse(value).map_err(|error| error.about(name))?;
        normalize::check_visible(value)
            .map_err(|problem| CommandError::new(CommandErrorKind::Hidden, problem).about(name))?;
        tokens.push(Token { text: format!("--{name}={value}"), quoted: false, kind: TokenKind::Plain });
    }
    tokens.extend(rest);
    Ok(tokens)
}

/// The words of a line.
pub(super) fn tokens_of(text: &str, markup: Markup) -> Result<Vec<Token>, CommandError> {
    secrets::refuse(text)?;
    let line = normalize::normalize(text)?;
    // Text that is copied from an output can include backquotes and the name of the command.
    let line = line.trim_matches('`');
    let line =
        line.strip_prefix("/claude-admin").filter(|rest| rest.is_empty() || rest.starts_with(' ')).unwrap_or(line);
    let tokens = tokens(line, markup == Markup::Slack)?;
    // Markup can hide a secret in parts that are joined only after decoding.
    tokens.iter().try_for_each(|token| secrets::refuse(&token.text))?;
    Ok(tokens)
}

/// Reads a command from words that a shell has already split.
///
/// # Errors
///
/// [`CommandError`] with what to type instead; nothing was sent.
pub fn parse_words(catalog: &Catalog, words: &[String], now: Timestamp) -> Result<Command, CommandError> {
    parse_words_with(catalog, words, now, &[], None)
}

/// Reads a command from words that a shell has already split, with the values of further arguments by name. `--from` reads
/// a file.
///
/// # Errors
///
/// [`CommandError`] with what to type instead; nothing was sent.
pub fn parse_words_with(
    catalog: &Catalog,
    words: &[String],
    now: Timestamp,
    added: &[(String, String)],
    file: Option<ReadFile<'_>>,
) -> Result<Command, CommandError> {
    let mut tokens = Vec::new();
    for word in words {
        secrets::refuse(word)?;
        tokens.push(Token::word(word, &normalize::normalize(word)?));
    }
    read(catalog, &mut with_added(tokens, added)?, now, file)
}

fn read(
    catalog: &Catalog,
    tokens: &mut Vec<Token>,
    now: Timestamp,
    file: Option<ReadFile<'_>>,
) -> Result<Command, CommandError> {
    let command = read_incomplete(catalog, tokens, now, file)?;
    if let Command::Run(Draft { invocation, .. }, _) = &command {
        check_complete(catalog, invocation)?;
        // An argument can be JSON, whose texts are known only after parsing.
        secrets::refuse_in(&invocation.arguments)?;
    }
    Ok(command)
}

/// Reads a command in which required arguments can be missing.
pub(super) fn read_incomplete(
    catalog: &Catalog,
    tokens: &mut Vec<Token>,
    now: Timestamp,
    file: Option<ReadFile<'_>>,
) -> Result<Command, CommandError> {
    let is_help = |word: &str| matches!(word, "help" | "-h" | "--help" | "?");
    // Flags that every command accepts can be before the command.
    let leading = tokens
        .iter()
        .take_while(|token| {
            let name = token.text.strip_prefix('-').map(|name| name.trim_start_matches('-'));
            name.and_then(Flag::find).is_some_and(|(flag, _)| flag.is_switch() && flag.key != FlagKey::Help)
        })
        .count();
    tokens.rotate_left(leading);
    let Some(first) = take(tokens) else { return Ok(Command::Help(HelpTopic::Overview)) };
    if is_help(&first) {
        return help(catalog, tokens);
    }
    if let Some(info) = HostCommandInfo::find(&first) {
        if let [only] = tokens.as_slice()
            && is_help(&only.text)
        {
            return Ok(Command::Help(HelpTopic::Host(info.name.to_owned())));
        }
        return host_command::read(catalog, info, std::mem::take(tokens), now).map(Command::Host);
    }
    let second = tokens.first().map(|token| token.text.to_lowercase());
    if let Some((form, words)) = playbook::named(catalog, &first, second.as_deref()) {
        let rest = std::mem::take(tokens).into_iter().skip(words - 1).collect();
        return Ok(match playbook::read(form, rest, file)? {
            Some((call, options)) => Command::Playbook(call, options),
            None => Command::Help(HelpTopic::Playbook(form.name.clone())),
        });
    }
    if let Some(action) = catalog.action(&first) {
        return run(catalog, action, tokens, now, file);
    }
    let second = take(tokens);
    // `list users` is a common error for `users list`. It is accepted, and the output shows the canonical form.
    let (noun, verb) = match (catalog.interface(&first), &second) {
        (Some(noun), _) => (noun, second),
        (None, Some(second))
            if catalog.interface(second).is_some_and(|noun| catalog.verb(&noun.name, &first).is_some()) =>
        {
            (catalog.interface(second).ok_or_else(|| unknown_noun(catalog, &first))?, Some(first))
        }
        _ => return Err(unknown_noun(catalog, &first)),
    };
    if noun.embedder {
        return Err(unknown_noun(catalog, &noun.name));
    }
    let Some(verb) = verb.filter(|verb| !is_help(verb)) else {
        return Ok(Command::Help(HelpTopic::Noun(noun.name.clone())));
    };
    let Some(action) = catalog.verb(&noun.name, &verb) else {
        return Err(unknown_verb(catalog, &noun.name, &verb));
    };
    run(catalog, action, tokens, now, file)
}

fn run(
    catalog: &Catalog,
    action: &Arc<Action>,
    tokens: &mut Vec<Token>,
    now: Timestamp,
    file: Option<ReadFile<'_>>,
) -> Result<Command, CommandError> {
    let tokens = std::mem::take(tokens);
    let given = read_arguments(catalog, action, tokens.clone(), now)?;
    if given.help {
        return Ok(Command::Help(HelpTopic::Action(action.id.clone())));
    }
    if let Some(several) = several::several(catalog, action, &tokens, &given, now, file)? {
        return Ok(Command::RunSeveral(several, given.options));
    }
    let references = references(catalog, action, &given.arguments)?;
    let invocation = Invocation { action: Arc::clone(action), arguments: given.arguments };
    Ok(Command::Run(Draft { invocation, references }, given.options))
}

fn help(catalog: &Catalog, tokens: &mut Vec<Token>) -> Result<Command, CommandError> {
    let Some(noun) = take(tokens) else { return Ok(Command::Help(HelpTopic::Overview)) };
    if let Some(info) = HostCommandInfo::find(&noun) {
        return Ok(Command::Help(HelpTopic::Host(info.name.to_owned())));
    }
    let second = tokens.first().map(|token| token.text.to_lowercase());
    if let Some((form, _)) = playbook::named(catalog, &noun, second.as_deref()) {
        return Ok(Command::Help(HelpTopic::Playbook(form.name.clone())));
    }
    let interface = catalog.interface(&noun).filter(|interface| !interface.embedder);
    let interface = interface.ok_or_else(|| unknown_noun(catalog, &noun))?;
    match take(tokens) {
        None => Ok(Command::Help(HelpTopic::Noun(interface.name.clone()))),
        Some(verb) => match catalog.verb(&interface.name, &verb) {
            Some(action) => Ok(Command::Help(HelpTopic::Action(action.id.clone()))),
            None => Err(unknown_verb(catalog, &interface.name, &verb)),
        },
    }
}

/// Takes the first word, in lower case: phones begin a line with a capital letter.
pub(super) fn take(tokens: &mut Vec<Token>) -> Option<String> {
    (!tokens.is_empty()).then(|| tokens.remove(0).text.to_lowercase())
}

fn unknown_noun(catalog: &Catalog, typed: &str) -> CommandError {
    let nouns = || catalog.interfaces.iter().filter(|interface| !interface.embedder);
    let error = CommandError::new(CommandErrorKind::UnknownNoun, format!("There is no `{}`.", shown(typed)));
    let playbooks = catalog.playbooks.iter().map(|form| form.name.as_str());
    let of_host = HostCommandInfo::names().chain(["help"]);
    let own: Vec<&str> = playbooks.chain(of_host.map(|name| -> &str { name })).collect();
    let spellings = nouns().flat_map(|noun| std::iter::once(&noun.name).chain(&noun.aliases)).map(String::as_str);
    if let Some(near) = nearest(typed, spellings.chain(own)).filter(|near| *near != typed) {
        return error.hint(format!("Did you mean `{near}`?"));
    }
    let verbs = catalog.actions.iter().filter(|action| action.function == typed).map(|action| action.command());
    let mut verbs: Vec<String> = verbs.collect();
    // The shortest names are those of the main objects, not of their parts.
    verbs.sort_by_key(String::len);
    let commands: Vec<String> = verbs.iter().take(4).map(|command| format!("`{command}`")).collect();
    if commands.is_empty() {
        error.hint(format!("Try one of: {}.", nouns().map(|noun| noun.name.as_str()).collect::<Vec<_>>().join(", ")))
    } else {
        error.hint(format!("The noun comes first: {}.", commands.join(", ")))
    }
}

fn unknown_verb(catalog: &Catalog, noun: &str, typed: &str) -> CommandError {
    let error = CommandError::new(CommandErrorKind::UnknownVerb, format!("`{noun}` has no `{}`.", shown(typed)));
    let of_playbook =
        |form: &'_ Arc<PlaybookForm>| Some(form.name.split_once(' ').filter(|(of, _)| *of == noun)?.1.to_owned());
    let own = catalog.playbooks.iter().filter_map(of_playbook);
    let verbs: Vec<String> = catalog.actions_of(noun).map(|action| action.function.clone()).chain(own).collect();
    match nearest(typed, verbs.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("Did you mean `{noun} {near}`?")),
        None => error.hint(format!("It has: {}.", verbs.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use claude_admin_catalog::testing::catalog;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-11-21T17:20:00Z".parse().unwrap()
    }

    fn arguments(line: &str) -> Result<serde_json::Value, CommandError> {
        match parse(catalog(), line, Markup::None, now())? {
            Command::Run(draft, _) => Ok(serde_json::json!(draft.invocation.arguments)),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn arguments_that_exclude_each_other_are_refused_with_a_remedy() {
        for action in &catalog().actions {
            for conflict in &action.conflicts {
                assert!(conflict.remedy.ends_with('.'), "{}: {}", action.id, conflict.remedy);
            }
        }
        let chats = "compliance-chats list --user-id user_1";
        for other in ["--updated 7d", "--updated-after 2026-11-01T00:00:00Z", "--order-by updated_at"] {
            let error = arguments(&format!("{chats} {other}")).unwrap_err();
            assert!(error.hint.unwrap_or_default().contains("--created"), "{other}: {}", error.message);
        }
        arguments(&format!("{chats} --created 7d --order-by created_at")).unwrap();
        arguments("compliance-chats list --updated 7d --order-by updated_at").unwrap();
        arguments("activities list --activity-type a --exclude-activity-type b").unwrap_err();
    }

    #[test]
    fn list_bounds_that_depend_on_a_word_count_a_list_left_out() {
        let respond = |rest: &str| arguments(&format!("compliance-review-cases respond rvc_1 {rest}"));
        respond("no_violation").unwrap();
        respond("violation --policy-category fraud,bio").unwrap();
        for rest in
            ["violation", "no_violation --policy-category bio", "violation --policy-category io,bio,chem,cgw,mgw"]
        {
            respond(rest).unwrap_err();
        }
    }

    #[test]
    fn empty_list_item_is_valid_only_where_it_has_a_meaning() {
        let line = "external-storage list --user-profile-id \"\" --user-profile-id uprof_1";
        assert_eq!(arguments(line).unwrap(), serde_json::json!({ "user-profile-ids": ["", "uprof_1"] }));
        arguments("activities list --activity-type \"\"").unwrap_err();
    }

    #[test]
    fn entries_of_a_map_are_set_and_removed_by_key() {
        let update = "google-data-controls update 123456789012";
        let keys = arguments(&format!("{update} --cmek enabled:us=ekey_1,sg=null")).unwrap();
        let expected = serde_json::json!({ "type": "enabled", "external_key_ids": { "us": "ekey_1", "sg": null } });
        assert_eq!(keys["cmek"], expected);
        let buckets = arguments(&format!("{update} --storage enabled:eu=42=acme-eu")).unwrap();
        assert_eq!(buckets["storage"]["buckets"]["eu"]["bucket_name"], "acme-eu");
        arguments(update).unwrap_err();
        // For free text, `null` is a value like any other.
        let tags = arguments("workspaces update wrkspc_1 --tag team=null").unwrap();
        assert_eq!(tags["tags"]["team"], "null");
    }

    #[test]
    fn arn_is_an_id_where_the_type_says_so() {
        arguments("external-storage get arn:aws:s3:::acme-claude").unwrap();
        arguments("external-keys get arn:aws:kms:us-east-1:111122223333:key/example").unwrap();
        arguments("workspaces update wrkspc_1 --safeguards-storage external:arn:aws:s3:::acme-claude").unwrap();
        arguments("external-storage get ekey_1").unwrap_err();
    }

    /// Words of commands, in any order.
    fn line() -> impl Strategy<Value = String> {
        let words = catalog().actions.iter().flat_map(|action| {
            let inputs =
                action.inputs.iter().flat_map(|input| [format!("--{}", input.name), format!("--no-{}=", input.name)]);
            inputs.chain([action.interface.clone(), action.function.clone()]).chain(action.examples.clone())
        });
        let words: Vec<String> =
            words.chain(["--yes", "--", "\"", "'", "a=b", "5", "<@U1|x>", "help"].map(str::to_owned)).collect();
        let word = prop_oneof![6 => prop::sample::select(words), 1 => "\\PC{0,12}"];
        prop::collection::vec(word, 0..8).prop_map(|words| words.join(" "))
    }

    #[test]
    fn amount_of_a_command_is_spelled_as_money_and_reads_back() {
        let mut amounts = 0;
        for action in &catalog().actions {
            for input in action.inputs.iter().filter(|input| input.unit.is_some()) {
                let example = action.examples.first().unwrap();
                let Ok(Command::Run(draft, _)) = parse(catalog(), example, Markup::None, now()) else {
                    panic!("{example}")
                };
                let mut invocation = draft.invocation;
                for (cents, shown) in [("75000", "'$750.00'"), ("5", "'$0.05'"), ("123456789", "'$1,234,567.89'")] {
                    invocation.arguments.insert(input.name.clone(), cents.into());
                    let canonical = invocation.canonical(&catalog().types);
                    assert!(canonical.contains(shown), "{canonical}");
                    let Ok(Command::Run(again, _)) = parse(catalog(), &canonical, Markup::None, now()) else {
                        panic!("{canonical}")
                    };
                    assert_eq!(again.invocation.arguments[&input.name], cents, "{canonical}");
                }
                amounts += 1;
            }
        }
        assert!(amounts >= 2, "{amounts} inputs with amounts");
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_fails_with_a_message(text in "\\PC{0,200}", slack: bool) {
            let markup = if slack { Markup::Slack } else { Markup::None };
            if let Err(error) = parse(catalog(), &text, markup, now()) {
                prop_assert!(error.message.len() > 10);
            }
        }

        #[test]
        fn canonical_form_parses_to_the_same_command(line in line()) {
            if let Ok(Command::Run(Draft { invocation, references }, _)) = parse(catalog(), &line, Markup::None, now()) {
                                let canonical = invocation.canonical(&catalog().types);
                match parse(catalog(), &canonical, Markup::None, now()) {
                    Ok(Command::Run(again, _)) => {
                        // Secrets are not in the command line.
                        let types = &catalog().types;
                        prop_assert_eq!(again.invocation.shown(types), invocation.shown(types), "{}", canonical);
                        prop_assert_eq!(again.references, references, "{}", canonical)
                    }
                    other => prop_assert!(false, "{}: {:?}", canonical, other),
                }
            }
        }
    }
}
