//! Commands for the items of a list.

use super::lookup::read_items;
use super::{ResolveError, Unlisted, resolve};
use crate::Reader;
use crate::directory::Directory;
use claude_admin_catalog::{Catalog, Paging};
use claude_admin_chat::command::{CommandError, Draft, Several};
use claude_admin_chat::paging::in_large_pages;
use serde_json::Value;
use std::sync::Arc;

/// The maximum number of pages that are read of the list.
const MAX_PAGES: usize = 50;

/// The reason why a list does not give commands. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// A name in the command of the list does not match an ID.
    #[error("{0}")]
    Resolve(ResolveError),
    /// The list was not read to its end.
    #[error("the list was not read")]
    Unlisted(Unlisted),
    /// An item does not have the arguments of the command.
    #[error("{0}")]
    Item(CommandError),
}

/// Reads a list with the permissions of the requester, and makes a command for each of its items.
///
/// # Errors
///
/// [`ListError`] if the list cannot be read to its end, or if its items are not targets of the command.
pub async fn of_list(
    catalog: &Catalog,
    reader: &Reader<'_>,
    list: Draft,
    common: &Draft,
    directory: Option<&dyn Directory>,
) -> Result<Vec<Draft>, ListError> {
    let (mut list, _) = resolve(catalog, list, reader, directory).await.map_err(ListError::Resolve)?;
    let action = Arc::clone(&list.action);
    let mut items = Vec::new();
    if list.arguments.contains_key(Paging::LIMIT) {
        // The requester wants so many items, and not all.
        let page = reader.read(list.clone()).await.ok_or(ListError::Unlisted(Unlisted::NotAllowed))?;
        let page = page.map_err(|error| ListError::Unlisted(Unlisted::Failed(Box::new(error))))?;
        items.extend(page.get("data").and_then(Value::as_array).into_iter().flatten().cloned());
    } else {
        list.arguments = in_large_pages(&action, list.arguments);
        read_items(reader, &action, list.clone(), MAX_PAGES, &mut items).await.map_err(ListError::Unlisted)?;
    }
    let drafts = items.iter().map(|item| Several::of_item(catalog, &list, common, item));
    drafts.collect::<Result<_, _>>().map_err(ListError::Item)
}
