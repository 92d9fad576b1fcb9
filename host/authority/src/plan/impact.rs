//! The objects that depend on the target of a write, as far as the requester can read them (`@impact`).
//!
//! They are read for one person and shown only to that person. They are not part of the plan or its hash. A key that is
//! created between a request and its approval does not change the effect on the target. A hash over every dependent
//! object would also make it impossible to approve changes of busy targets. The objects are read again each time they
//! are shown.

use super::Step;
use crate::Reader;
use claude_admin_catalog::{Action, Catalog, ID, Impact, Placeholder, at_path};
use claude_admin_chat::command::{self, Command};
use claude_admin_chat::paging::{Following, in_large_pages};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use std::sync::Arc;
use std::time::Duration;

/// The maximum number of pages that are read of a list.
const MAX_PAGES: usize = 3;
/// The maximum number of items that are named.
const MAX_NAMED: usize = 10;
/// The maximum time for all reads of one write.
const MAX_WAIT: Duration = Duration::from_secs(5);

/// The objects that depend on a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependents {
    /// Their description, in a few words.
    pub what: String,
    /// The command that lists them.
    pub command: String,
    /// The objects that were read.
    #[serde(flatten)]
    pub found: DependentsFound,
    /// The ID of the list, and the first objects as it returned them: for the lookup of names.
    #[serde(skip)]
    pub listed: (String, Vec<Value>),
}

/// The result of reading the objects that depend on a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DependentsFound {
    /// The objects were read.
    Read {
        /// The number of objects.
        count: usize,
        /// Whether more objects are possible, in pages that were not read.
        more: bool,
        /// The first objects.
        first: Vec<Dependent>,
    },
    /// The objects were not read: the reason, as the end of a sentence.
    NotRead(String),
}

impl Dependents {
    /// Whether one of them is shown by its ID only.
    #[must_use]
    pub fn has_unnamed(&self) -> bool {
        matches!(&self.found, DependentsFound::Read { first, .. } if first.iter().any(|one| one.name.is_none()))
    }
}

/// One object that depends on a target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Dependent {
    /// Its ID, or what identifies it in its list.
    pub id: String,
    /// Its name or e-mail address, if it has one.
    pub name: Option<String>,
}

/// Reads the objects that depend on the target of a step.
pub async fn dependents(
    reader: &Reader<'_>,
    catalog: &Catalog,
    action: &Action,
    step: &Step,
    now: Timestamp,
) -> Vec<Dependents> {
    let mut all = Vec::new();
    let end = tokio::time::Instant::now() + MAX_WAIT;
    for impact in &action.impacts {
        let fill = |text: &str| filled(catalog, action, step, text);
        let words: Option<Vec<String>> = impact.command.iter().map(|word| fill(word)).collect();
        let command = words.as_ref().unwrap_or(&impact.command).join(" ");
        let only = impact.only.as_ref().map_or_else(|| Some(String::new()), |(_, value)| fill(value));
        let (found, listed) = match words.zip(only) {
            None => (DependentsFound::NotRead("the target was not read".to_owned()), Default::default()),
            Some((words, only)) => {
                let read = tokio::time::timeout_at(end, one(reader, catalog, impact, &words, &only, now));
                read.await
                    .unwrap_or_else(|_| not_read(format!("it was not complete after {} seconds", MAX_WAIT.as_secs())))
            }
        };
        all.push(Dependents { what: impact.what.clone(), command, found, listed });
    }
    all
}

async fn one(
    reader: &Reader<'_>,
    catalog: &Catalog,
    impact: &Impact,
    words: &[String],
    only: &str,
    now: Timestamp,
) -> (DependentsFound, (String, Vec<Value>)) {
    let draft = match command::parse_words(catalog, words, now) {
        Ok(Command::Run(draft, _)) if draft.references.is_empty() => draft,
        _ => return not_read("its command does not accept the ID of the target".to_owned()),
    };
    let mut invocation = draft.invocation;
    let list = Arc::clone(&invocation.action);
    invocation.arguments = in_large_pages(&list, invocation.arguments);
    let mut following = Following::beginning_at(None);
    let (mut count, mut more, mut listed) = (0, false, Vec::new());
    for page in 1..=MAX_PAGES {
        let answer = match reader.read(invocation.clone()).await {
            None => return not_read(format!("you cannot run `{}` here without further approval", list.command())),
            Some(Err(error)) if page == 1 => return not_read(error.in_a_sentence()),
            // The objects that were read before the error count.
            Some(Err(_)) => {
                more = true;
                break;
            }
            Some(Ok(answer)) => answer,
        };
        let items = answer.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for item in items.iter().filter(|item| impact.counts(item, only)) {
            count += 1;
            if listed.len() < MAX_NAMED {
                listed.push(item.clone());
            }
        }
        let Some(paging) = list.paging.as_ref() else { break };
        let onward = following.take(paging.onward(&answer), true);
        more = !matches!(onward, Ok(None));
        let Ok(Some(cursor)) = onward else { break };
        invocation.arguments.insert(paging.input().to_owned(), cursor.into());
    }
    let first = listed.iter().filter_map(|item| dependent(catalog, &list, item, words)).collect();
    (DependentsFound::Read { count, more, first }, (list.id.clone(), listed))
}

fn not_read(why: String) -> (DependentsFound, (String, Vec<Value>)) {
    (DependentsFound::NotRead(why), Default::default())
}

/// The identity of an item of a list: its own ID, or the ID in it that the command of the list does not name.
fn dependent(catalog: &Catalog, list: &Action, item: &Value, words: &[String]) -> Option<Dependent> {
    let text = |field: &str| item.get(field).and_then(Value::as_str).filter(|text| !text.is_empty());
    let fields = catalog.types.items(list)?;
    let is_other = |id: &&str| !words.iter().any(|word| word == id);
    let ids = fields.iter().filter(|field| catalog.types.is_id(catalog.types.optional(&field.ty).unwrap_or(&field.ty)));
    let id = text(ID).or_else(|| ids.filter_map(|field| text(&field.wire)).find(is_other))?;
    let declared = catalog.interface(&list.interface).map(|interface| interface.names.as_slice()).unwrap_or_default();
    let declared = fields.iter().filter(|field| declared.contains(&field.name)).find_map(|field| text(&field.wire));
    let name = declared.or_else(|| ["name", "email", "workspace_name"].into_iter().find_map(text));
    Some(Dependent { id: id.to_owned(), name: name.map(str::to_owned) })
}

/// A word with values instead of the names between braces. The values are from the arguments and the target.
fn filled(catalog: &Catalog, action: &Action, step: &Step, text: &str) -> Option<String> {
    let mut parts = text.split('{');
    let mut filled = parts.next()?.to_owned();
    for part in parts {
        let (name, rest) = part.split_once('}')?;
        let value = match catalog.placeholder(action, name)? {
            Placeholder::Argument(input) => step.arguments.get(&input.name)?,
            Placeholder::Field(path) => at_path(step.before.value()?, path)?,
        };
        filled.push_str(value.as_str()?);
        filled.push_str(rest);
    }
    Some(filled)
}
