//! Names, e-mail addresses and mentions become IDs, before anything is decided.

use super::lookup::Lookups;
use crate::Reader;
use crate::directory::Directory;
use crate::execute::CallError;
use claude_admin_catalog::{Action, Catalog};
use claude_admin_chat::command::{Draft, Invocation, Reference, is_address};
use claude_admin_chat::identity::{Platform, Principal};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// An ID that was looked up.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Target {
    /// The input that it is for.
    pub input: String,
    /// The JSON pointer to its place inside the value of the input: empty for the whole value.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pointer: String,
    /// The text that was written.
    pub written: String,
    /// The ID.
    pub id: String,
    /// The e-mail address that it has in the organization; empty if it has none.
    pub email: String,
    /// Whether the object is archived.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
}

impl Target {
    /// The ID with what is known about it: `user_01ABC (ada@example.com)`.
    #[must_use]
    pub fn shown(&self) -> String {
        let known = [Some(self.email.as_str()), self.archived.then_some("archived")];
        let known: Vec<&str> = known.into_iter().flatten().filter(|text| !text.is_empty()).collect();
        if known.is_empty() { self.id.clone() } else { format!("{} ({})", self.id, known.join(", ")) }
    }

    /// The text that finds the same object again.
    #[must_use]
    pub fn sought(&self) -> &str {
        if self.email.is_empty() { &self.written } else { &self.email }
    }
}

/// `user_01ABC (Ada Lovelace)`: the ID, and the text that was written instead of it.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.id, self.written)
    }
}

/// The reason why an ID was not found. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ResolveError {
    /// The requester cannot run the list that would show it.
    #[error("`{written}` must be looked up, and you cannot run `{list}` here")]
    NotAllowed {
        /// The text that was written.
        written: String,
        /// The command of the list.
        list: String,
    },
    /// No object has that name or address.
    #[error("`{list}` has no entry with the {sought} `{written}`")]
    NotFound {
        /// The text that was written.
        written: String,
        /// The command of the list.
        list: String,
        /// The kind of text that was looked for, such as `name`.
        sought: &'static str,
        /// IDs with similar names, each with what distinguishes it.
        similar: Vec<String>,
    },
    /// Several objects have that name or address.
    #[error("`{written}` matches {count} objects")]
    Ambiguous {
        /// The text that was written.
        written: String,
        /// The number of objects.
        count: usize,
        /// The IDs of the first ones, each with what distinguishes it.
        candidates: Vec<String>,
    },
    /// The chat platform does not report the address of a mentioned person.
    #[error("the person mentioned as {user} could not be looked up: {problem}")]
    Unmentionable {
        /// The ID at the platform.
        user: String,
        /// The reason.
        problem: String,
    },
    /// The list is longer than the part that is read of it, so the name might occur again.
    #[error("`{list}` is too long to look up `{written}` in it")]
    TooLong {
        /// The text that was written.
        written: String,
        /// The command of the list.
        list: String,
    },
    /// The API did not return all of the list, so the name might occur again in the rest, or only there.
    #[error("the API did not return all of `{list}`; `{written}` cannot be looked up in it")]
    Incomplete {
        /// The text that was written.
        written: String,
        /// The command of the list.
        list: String,
    },
    /// The ID or the address of the object in the list is too long.
    #[error(
        "`{list}` returned an entry for `{written}` that the host does not understand: its ID or e-mail address is \
         too long"
    )]
    NotUnderstood {
        /// The text that was written.
        written: String,
        /// The command of the list.
        list: String,
    },
    /// More texts must be looked up than one command can have.
    #[error("{count} names or addresses must be looked up; the maximum is {MAX_REFERENCES}")]
    TooMany {
        /// The number of texts.
        count: usize,
    },
    /// The list could not be read.
    #[error("the name or address could not be looked up: {0}")]
    Unread(Box<CallError>, String),
}

/// The maximum number of texts in one command that are looked up.
pub const MAX_REFERENCES: usize = 200;

/// Looks up every text that is written instead of an ID.
///
/// # Errors
///
/// [`ResolveError`] at the first text that does not match exactly one object.
pub async fn resolve(
    catalog: &Catalog,
    draft: Draft,
    reader: &Reader<'_>,
    directory: Option<&dyn Directory>,
) -> Result<(Invocation, Vec<Target>), ResolveError> {
    let mut lookups = Lookups::new(reader, draft.references.len());
    resolve_with(catalog, draft, &mut lookups, directory).await
}

/// Looks up every text of one of several commands, which share the lists that were read.
pub(crate) async fn resolve_with(
    catalog: &Catalog,
    draft: Draft,
    lookups: &mut Lookups<'_>,
    directory: Option<&dyn Directory>,
) -> Result<(Invocation, Vec<Target>), ResolveError> {
    let Draft { mut invocation, references } = draft;
    let mut targets = Vec::new();
    let action = Arc::clone(&invocation.action);
    if references.len() > MAX_REFERENCES {
        return Err(ResolveError::TooMany { count: references.len() });
    }
    for reference in &references {
        let target = target(catalog, &action, &invocation, reference, lookups, directory).await?;
        let argument = invocation.arguments.get_mut(&target.input);
        if let Some(slot) = argument.and_then(|argument| argument.pointer_mut(&target.pointer)) {
            *slot = Value::from(target.id.as_str());
        }
        targets.push(target);
    }
    Ok((invocation, targets))
}

async fn target(
    catalog: &Catalog,
    action: &Action,
    invocation: &Invocation,
    reference: &Reference,
    lookups: &mut Lookups<'_>,
    directory: Option<&dyn Directory>,
) -> Result<Target, ResolveError> {
    let written = reference.written();
    let Some(list) = catalog.name_list(action, &reference.ty) else {
        let (list, similar) = (action.command(), Vec::new());
        return Err(ResolveError::NotFound { written: written.to_owned(), list, sought: "ID", similar });
    };
    let sought = match reference.mentioned() {
        Some(user) => address_of(directory, lookups.requester(), user).await?,
        None => reference.text.clone(),
    };
    let as_address = list.email.is_some() && is_address(&sought);
    let found = lookups.find(&list, invocation, written, &sought, as_address).await?;
    Ok(Target {
        input: reference.input.clone(),
        pointer: reference.pointer.clone(),
        written: written.to_owned(),
        ..found
    })
}

async fn address_of(directory: Option<&dyn Directory>, asker: &Principal, user: &str) -> Result<String, ResolveError> {
    let failed = |problem: String| ResolveError::Unmentionable { user: user.to_owned(), problem };
    let Some(directory) = directory.filter(|_| asker.platform == Platform::Slack) else {
        return Err(failed("this host has no token for the chat platform".to_owned()));
    };
    let mentioned = asker.colleague(user).map_err(|error| failed(error.to_string()))?;
    directory.email_of(&mentioned).await.map_err(|error| failed(error.to_string()))
}
