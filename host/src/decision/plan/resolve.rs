//! Addresses and mentions become ids, before anything is decided.

use crate::command::{Draft, Invocation, Lookup, Reference, lookup};
use crate::decision::Reader;
use crate::decision::directory::Directory;
use crate::identity::{Platform, Principal};
use crate::sandbox::CallError;
use claude_admin_catalog::{Catalog, Paging};
use claude_admin_chat::cap::cap_text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// An id that was looked up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The input that it is for.
    pub input: String,
    /// What was written.
    pub written: String,
    /// The id.
    pub id: String,
    /// The address that it has in the organization.
    pub email: String,
}

/// `user_01ABC (ada@example.com)`: the id, and what was written in its place.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.id, self.written)
    }
}

/// Why an id was not found. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// Whoever asks may not run the list that would show it.
    #[error("`{written}` must be looked up, and you may not run `{list}` here")]
    NotAllowed {
        /// What was written.
        written: String,
        /// The command of the list.
        list: String,
    },
    /// Nothing has that address.
    #[error("`{list}` shows nothing that `{written}` stands for")]
    NotFound {
        /// What was written.
        written: String,
        /// The command of the list.
        list: String,
    },
    /// Several things have that address.
    #[error("`{written}` may mean any of {} things", candidates.len())]
    Ambiguous {
        /// What was written.
        written: String,
        /// Their ids, each with what tells them apart.
        candidates: Vec<String>,
    },
    /// The chat platform does not tell the address of whom it mentions.
    #[error("who is meant by the mention of {user} is not known: {problem}")]
    Unmentionable {
        /// The id at the platform.
        user: String,
        /// Why.
        problem: String,
    },
    /// The list is longer than what is read of it, so that nobody knows whether there is only one.
    #[error("`{list}` is too long to look up `{written}` in it")]
    TooLong {
        /// What was written.
        written: String,
        /// The command of the list.
        list: String,
    },
    /// The list could not be read.
    #[error("it could not be looked up: {0}")]
    Unread(Box<CallError>, String),
}

/// The most pages of a list that has no filter.
const MAX_PAGES: usize = 50;

/// Looks up everything that stands for an id.
///
/// # Errors
///
/// [`ResolveError`] at the first that does not stand for exactly one.
pub async fn resolve(
    catalog: &Catalog,
    draft: Draft,
    reader: &Reader<'_>,
    directory: Option<&dyn Directory>,
) -> Result<(Invocation, Vec<Target>), ResolveError> {
    let Draft { mut invocation, references } = draft;
    let mut targets = Vec::new();
    for (name, reference) in references {
        let input = catalog.action(&invocation.action).and_then(|action| action.input(&name));
        let Some(lookup) = input.and_then(|input| lookup(catalog, input)) else { continue };
        let written = reference.written().to_owned();
        let email = match reference {
            Reference::Email(email) => email,
            Reference::Mention(user) => address_of(directory, reader.principal(), &user).await?,
        };
        let target = find(&lookup, &written, &email, reader).await?;
        invocation.arguments.insert(name.clone(), Value::from(target.id.as_str()));
        targets.push(Target { input: name, ..target });
    }
    Ok((invocation, targets))
}

async fn address_of(directory: Option<&dyn Directory>, asker: &Principal, user: &str) -> Result<String, ResolveError> {
    let failed = |problem: String| ResolveError::Unmentionable { user: user.to_owned(), problem };
    let Some(directory) = directory.filter(|_| asker.platform == Platform::Slack) else {
        return Err(failed("this host has no token for the chat platform".to_owned()));
    };
    let mentioned = Principal { user: user.to_owned(), ..asker.clone() };
    directory.email_of(&mentioned).await.map_err(|error| failed(error.to_string()))
}

async fn find(lookup: &Lookup<'_>, written: &str, email: &str, reader: &Reader<'_>) -> Result<Target, ResolveError> {
    let list = lookup.list;
    let not_allowed = || ResolveError::NotAllowed { written: written.to_owned(), list: list.command() };
    let mut invocation = Invocation { action: list.id.clone(), arguments: Default::default() };
    if let Some(filter) = lookup.filter {
        invocation.arguments.insert(filter.name.clone(), Value::from(email));
    } else if let Some(most) = list.input("limit").and_then(|limit| limit.range?.max) {
        invocation.arguments.insert("limit".to_owned(), Value::from(most));
    }
    let mut found = Vec::new();
    let mut pages = 0;
    loop {
        pages += 1;
        let answer = reader.read(list, invocation.clone()).await.ok_or_else(not_allowed)?;
        let page = answer.map_err(|error| ResolveError::Unread(Box::new(error), list.id.clone()))?;
        let items = page.get("data").and_then(Value::as_array).into_iter().flatten();
        // A filter may be generous, with case or plus tags: only the address itself will do.
        found.extend(items.filter(|item| text(item, lookup.email).eq_ignore_ascii_case(email)).cloned());
        let Some((input, cursor)) = list.paging.as_ref().and_then(|paging| next(paging, &page)) else { break };
        if pages == MAX_PAGES {
            return Err(ResolveError::TooLong { written: written.to_owned(), list: list.command() });
        }
        invocation.arguments.insert(input, cursor);
    }
    match found.as_slice() {
        [] => Err(ResolveError::NotFound { written: written.to_owned(), list: list.command() }),
        [one] => Ok(Target {
            input: String::new(),
            written: written.to_owned(),
            id: text(one, lookup.id).to_owned(),
            email: text(one, lookup.email).to_owned(),
        }),
        several => Err(ResolveError::Ambiguous {
            written: written.to_owned(),
            candidates: several.iter().take(MOST_CANDIDATES).map(|item| candidate(item, lookup.id)).collect(),
        }),
    }
}

fn text<'v>(item: &'v Value, field: &str) -> &'v str {
    item.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// The candidates that are named.
const MOST_CANDIDATES: usize = 10;

/// The id and the short texts beside it, which tell candidates apart.
fn candidate(item: &Value, id: &str) -> String {
    let others = item.as_object().into_iter().flatten().filter(|(name, _)| *name != id && *name != "type");
    let others: Vec<&str> = others.filter_map(|(_, value)| value.as_str()).filter(|text| !text.is_empty()).collect();
    let mut candidate = format!("{} ({})", text(item, id), others.join(", "));
    cap_text(&mut candidate);
    candidate
}

/// The input and the cursor that lead to the next page.
fn next(paging: &Paging, page: &Value) -> Option<(String, Value)> {
    Some((paging.input().to_owned(), Value::from(paging.next(page)?)))
}
