//! Several commands of one action in one request: for pasted addresses, for the rows of a file, or for the items of a
//! list.

use super::arguments::{Given, read_arguments};
use super::check::{check_complete, needs};
use super::normalize::normalize;
use super::rows::{Row, in_line, in_row, name_of, rows, unknown_column};
use super::token::{Token, TokenKind};
use super::{
    Arguments, Command, CommandError, CommandErrorKind, Draft, Invocation, Markup, ReadFile, from_json, is_address,
    parse, references, secrets,
};
use crate::strict_json::Object;
use claude_admin_catalog::{Action, Catalog, Input, Place};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::sync::Arc;

/// The name of an input, and of a column, with e-mail addresses.
const EMAIL: &str = "email";

/// Several commands of one action.
#[derive(Debug, Clone, PartialEq)]
pub enum Several {
    /// The commands, of which there is at least one.
    Given(Vec<Draft>),
    /// One command for each item of a list.
    OfList {
        /// The list.
        list: Draft,
        /// The arguments that all commands have. The other ones are in the items.
        common: Draft,
    },
}

impl Several {
    /// The action; none if there is no command.
    #[must_use]
    pub fn action(&self) -> Option<&Arc<Action>> {
        match self {
            Self::Given(drafts) => drafts.first().map(|draft| &draft.invocation.action),
            Self::OfList { common, .. } => Some(&common.invocation.action),
        }
    }

    /// Checks commands that are given one by one. A name that is not an address could be a part of a longer one, so it is
    /// not allowed among `pasted` values.
    pub(super) fn given(catalog: &Catalog, drafts: Vec<Draft>, pasted: bool) -> Result<Self, CommandError> {
        for draft in &drafts {
            check_complete(catalog, &draft.invocation)?;
            secrets::refuse_in(&draft.invocation.arguments)?;
            let named = draft.references.iter().find(|named| named.mentioned().is_none() && !is_address(&named.text));
            if let Some(named) = named.filter(|_| pasted) {
                let text = format!("`{}` is neither an ID nor an address.", super::value::shown(&named.text));
                return Err(CommandError::new(CommandErrorKind::ExtraArgument, text).hint(
                    "Put quotes around a name with spaces. Several targets are given by ID or by e-mail address.",
                ));
            }
        }
        Ok(Self::Given(drafts))
    }

    /// Commands that arrive as JSON: an action, the arguments that all of them have, and the other arguments of each.
    ///
    /// # Errors
    ///
    /// [`CommandError`] that names the row.
    pub fn from_json(
        catalog: &Catalog,
        id: &str,
        common: &Map<String, Value>,
        rows: Vec<Object>,
        now: Timestamp,
    ) -> Result<Self, CommandError> {
        let mut drafts = Vec::new();
        for (number, Object(row)) in (1..).zip(rows) {
            let arguments: Map<String, Value> = common.clone().into_iter().chain(row).collect();
            drafts.push(from_json(catalog, id, &arguments, now).map_err(|error| in_row(number, error))?);
        }
        match drafts.first().map(|draft| &draft.invocation.action) {
            None => Err(CommandError::new(CommandErrorKind::MissingArgument, "`rows` is empty.")),
            Some(action) if !action.writes() => Err(reads_once(action)),
            Some(_) => Self::given(catalog, drafts, false),
        }
    }

    /// The command for one item of a list.
    ///
    /// # Errors
    ///
    /// [`CommandError`] if the item does not have a required argument.
    pub fn of_item(catalog: &Catalog, list: &Invocation, common: &Draft, item: &Value) -> Result<Draft, CommandError> {
        let mut draft = common.clone();
        let missing: Vec<Input> = draft.invocation.missing().into_iter().cloned().collect();
        for input in missing {
            let value = catalog.item_argument(&input, &list.action, list.arguments.get(&input.name), item);
            draft.invocation.arguments.extend(value.map(|value| (input.name, value)));
        }
        check_complete(catalog, &draft.invocation)?;
        Ok(draft)
    }
}

/// The commands of one request, if there can be several.
pub(super) fn several(
    catalog: &Catalog,
    action: &Arc<Action>,
    tokens: &[Token],
    given: &Given,
    now: Timestamp,
    file: Option<ReadFile<'_>>,
) -> Result<Option<Several>, CommandError> {
    let bad = |text: String| CommandError::new(CommandErrorKind::BadValue, text);
    let sources = [given.from.is_some(), given.list.is_some(), !given.more.is_empty()];
    match sources.into_iter().filter(|given| *given).count() {
        0 => return Ok(None),
        1 => {}
        _ => return Err(given_twice()),
    }
    if !action.writes() {
        return Err(reads_once(action));
    }
    if let Some(list) = &given.list {
        let list = list_of(catalog, list, now)?;
        let common = draft(catalog, action, given.arguments.clone())?;
        let missing = common.invocation.missing();
        // The list gives the targets, and no other argument: a value of an item is not what the user wants to set.
        let (targets, others): (Vec<&Input>, Vec<&Input>) =
            missing.into_iter().partition(|input| is_target(catalog, input));
        if !others.is_empty() {
            return Err(needs(catalog, action, &others));
        }
        if targets.is_empty() {
            let is_given = |input: &&Input| is_target(catalog, input) && given.arguments.contains_key(&input.name);
            return Err(match action.inputs.iter().any(|input| is_given(&input)) {
                true => given_twice(),
                false => bad(format!("`{}` has no target that a list could give.", action.command())),
            });
        }
        return Ok(Some(Several::OfList { list, common }));
    }
    let Some(path) = &given.from else {
        let rows = std::iter::once(&given.arguments).chain(&given.more).cloned();
        let drafts = rows.map(|arguments| draft(catalog, action, arguments)).collect::<Result<_, _>>()?;
        return Several::given(catalog, drafts, true).map(Some);
    };
    let Some(file) = file else { return Err(only_on_a_terminal()) };
    let text = file(path).map_err(|problem| bad(format!("--from: {problem}.")))?;
    let mut drafts = Vec::new();
    for (line, row) in rows(&text)? {
        let arguments = match row {
            Row::Cells(cells) => of_cells(catalog, action, tokens, cells, now),
            Row::Object(object) => {
                let common = given.arguments.iter().map(|(name, value)| (name.clone(), value.clone()));
                let arguments: Map<String, Value> = common.chain(object).collect();
                from_json(catalog, &action.id, &arguments, now).map(|draft| draft.invocation.arguments)
            }
        };
        let draft = arguments.and_then(|arguments| draft(catalog, action, arguments));
        let checked = draft.and_then(|draft| Several::given(catalog, vec![draft.clone()], false).map(|_| draft));
        drafts.push(checked.map_err(|error| in_line(line, error))?);
    }
    Several::given(catalog, drafts, false).map(Some)
}

/// A path in a command that did not come from a terminal would be a path on the host.
pub(super) fn only_on_a_terminal() -> CommandError {
    CommandError::new(CommandErrorKind::BadValue, "`--from` reads a file only on a terminal.")
        .hint("Write the IDs or e-mail addresses in the command.")
}

fn reads_once(action: &Action) -> CommandError {
    let text = format!("`{}` changes nothing, so it runs for one target.", action.command());
    CommandError::new(CommandErrorKind::BadValue, text)
}

fn given_twice() -> CommandError {
    CommandError::new(CommandErrorKind::BadValue, "The targets are given twice.")
        .hint("Use one of: values, `--from`, `--where`.")
}

/// Whether an input names an object, or a person by address.
fn is_target(catalog: &Catalog, input: &Input) -> bool {
    input.place == Place::Path || input.name == EMAIL || catalog.types.prefix(&input.ty).is_some()
}

/// The list of `--where`.
fn list_of(catalog: &Catalog, text: &str, now: Timestamp) -> Result<Draft, CommandError> {
    let command = parse::read_incomplete(catalog, &mut parse::tokens_of(text, Markup::None)?, now, None)?;
    match command {
        Command::Run(draft, _) if draft.invocation.action.paging.is_some() && !draft.invocation.action.writes() => {
            check_complete(catalog, &draft.invocation)?;
            Ok(draft)
        }
        _ => Err(CommandError::new(CommandErrorKind::BadValue, "--where: the value is not the command of a list.")
            .hint("Write for example `--where \"users list --role user\"`.")),
    }
}

/// The arguments of a row, together with those of the command line.
fn of_cells(
    catalog: &Catalog,
    action: &Action,
    tokens: &[Token],
    cells: Vec<(Option<String>, String)>,
    now: Timestamp,
) -> Result<Arguments, CommandError> {
    let mut tokens = tokens.to_vec();
    let names: Vec<&str> = action.inputs.iter().map(|input| input.name.as_str()).collect();
    for (header, cell) in cells {
        secrets::refuse(&cell)?;
        let word = |text: &str| Token { text: text.to_owned(), quoted: true, kind: TokenKind::Plain };
        let Some(header) = header else {
            tokens.push(word(&normalize(&cell)?));
            continue;
        };
        let name = name_of(&header);
        let has_name = |input: &&Input| input.name == name || input.name.strip_suffix('s') == Some(&name);
        // A member can be given by address, so a column with addresses names the members.
        let by_address = |input: &&Input| {
            name.replace('-', "") == EMAIL
                && catalog.name_list(action, &input.ty).is_some_and(|list| list.email.is_some())
        };
        let input = action.inputs.iter().find(has_name).or_else(|| action.inputs.iter().find(by_address));
        let Some(input) = input else { return Err(unknown_column(&action.command(), &header, &names)) };
        // A cell contains the items of a list together.
        let items: Vec<&str> = match input.repeats(&catalog.types) {
            true => cell.split([',', ';', '\n']).map(str::trim).filter(|item| !item.is_empty()).collect(),
            false => vec![cell.as_str()],
        };
        for item in items {
            tokens.push(word(&format!("--{}={}", input.name, normalize(item)?)));
        }
    }
    Ok(read_arguments(catalog, action, tokens, now)?.arguments)
}

fn draft(catalog: &Catalog, action: &Arc<Action>, arguments: Arguments) -> Result<Draft, CommandError> {
    let references = references(catalog, action, &arguments)?;
    Ok(Draft { invocation: Invocation { action: Arc::clone(action), arguments }, references })
}

#[cfg(test)]
mod tests {
    use super::super::parse_words_with;
    use super::*;
    use claude_admin_catalog::testing::catalog;
    use serde_json::json;

    fn read(words: &[&str], file: &str) -> Result<Several, CommandError> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let file = |_: &str| Ok(file.to_owned());
        match parse_words_with(catalog(), &words, Timestamp::UNIX_EPOCH, &[], Some(&file))? {
            Command::RunSeveral(several, _) => Ok(several),
            other => panic!("{other:?}"),
        }
    }

    fn arguments(several: Several) -> Vec<Value> {
        let Several::Given(drafts) = several else { panic!("{several:?}") };
        drafts.into_iter().map(|draft| json!(draft.invocation.arguments)).collect()
    }

    #[test]
    fn pasted_values_are_one_command_each() {
        for words in [
            vec!["users", "remove", "user_1", "user_2", "ada@example.com"],
            vec!["users", "remove", "user_1,", "user_2;ada@example.com"],
            vec!["users", "remove", "user_1,user_2,", "ada@example.com"],
        ] {
            let expected = ["user_1", "user_2", "ada@example.com"].map(|id| json!({ "user-id": id }));
            assert_eq!(arguments(read(&words, "").unwrap()), expected, "{words:?}");
        }
        let invites = read(&["invites", "create", "a@x.example", "--role", "user", "b@x.example"], "").unwrap();
        assert_eq!(arguments(invites)[1], json!({ "email": "b@x.example", "role": "user" }));
    }

    #[test]
    fn words_of_one_name_are_no_list_of_targets() {
        for words in [vec!["users", "remove", "Ada", "Lovelace"], vec!["workspaces", "create", "My", "Team"]] {
            let error = read(&words, "").unwrap_err();
            assert!(error.hint.unwrap().contains("Put quotes"), "{words:?}");
        }
        assert_eq!(read(&["users", "get", "user_1", "user_2"], "").unwrap_err().kind, CommandErrorKind::ExtraArgument);
    }

    #[test]
    fn row_is_read_like_a_typed_command() {
        let table = "Email;Role\nada@example.com;developer\nmailto:Bob@EXAMPLE.com;user\n";
        let json =
            r#"[{"email": "ada@example.com", "role": "developer"}, {"email": "Bob@example.com", "role": "user"}]"#;
        let expected = [("ada@example.com", "developer"), ("Bob@example.com", "user")];
        let expected = expected.map(|(email, role)| json!({ "email": email, "role": role }));
        for file in [table, json] {
            assert_eq!(arguments(read(&["invites", "create", "--from", "x"], file).unwrap()), expected, "{file}");
        }
        let common = read(&["invites", "create", "--role", "user", "--from", "x"], "email\nada@example.com\n").unwrap();
        assert_eq!(arguments(common), [json!({ "email": "ada@example.com", "role": "user" })]);
        let moved = read(&["users", "update", "--from", "x"], "E-Mail,role\nada@example.com,user\n").unwrap();
        assert_eq!(arguments(moved), [json!({ "user-id": "ada@example.com", "role": "user" })]);
        let list = read(&["users", "remove", "--from", "x"], "ada@example.com\nuser_1\n").unwrap();
        assert_eq!(arguments(list), [json!({ "user-id": "ada@example.com" }), json!({ "user-id": "user_1" })]);
    }

    #[test]
    fn mistake_in_a_row_names_its_line() {
        for (file, line, problem) in [
            ("email,role\na@x.example,user\nb@x.example,usr\n", "line 3", "role"),
            ("email,rolle\na@x.example,user\n", "line 2", "rolle"),
            ("email\na@x.example\n", "line 2", "role"),
            ("{\"email\": \"a@x.example\"}\n", "line 1", "role"),
            ("email,role\nsk-ant-admin01-simulator-0123456789abcdef,user\n", "line 2", "secret"),
        ] {
            let error = read(&["invites", "create", "--from", "x"], file).unwrap_err();
            assert!(error.message.contains(line) && error.to_string().contains(problem), "{file}: {error}");
        }
    }

    #[test]
    fn targets_come_from_one_source() {
        let of_list = read(&["users", "remove", "--where", "users list --role user"], "").unwrap();
        let Several::OfList { list, common } = of_list else { panic!("{of_list:?}") };
        let item = json!({ "id": "user_9", "email": "x@example.com" });
        let draft = Several::of_item(catalog(), &list.invocation, &common, &item).unwrap();
        assert_eq!(json!(draft.invocation.arguments), json!({ "user-id": "user_9" }));
        for words in [
            vec!["users", "remove", "--where", "users get user_1"],
            vec!["users", "remove", "--where", "users remove user_1"],
            vec!["users", "remove", "--where", "whoami"],
            vec!["users", "list", "--where", "users list"],
            vec!["users", "remove", "user_1", "user_2", "--where", "users list"],
            vec!["users", "remove", "user_1", "--where", "users list"],
            vec!["users", "update", "user_1", "--role", "user", "--where", "users list"],
        ] {
            assert_eq!(read(&words, "").unwrap_err().kind, CommandErrorKind::BadValue, "{words:?}");
        }
        let again = ["invites", "create", "--role", "user", "--where", "invites list --status expired"];
        assert!(matches!(read(&again, "").unwrap(), Several::OfList { .. }));
        let error = read(&["workspaces", "create", "--name", "X", "--where", "users list"], "").unwrap_err();
        assert!(error.message.contains("has no target that a list could give"), "{error}");
        // The role of each member is no role to set.
        let error = read(&["users", "update", "--where", "users list --role user"], "").unwrap_err();
        assert!(error.kind == CommandErrorKind::MissingArgument && error.message.contains("needs <role>"), "{error}");
    }
}
