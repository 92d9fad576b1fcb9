//! Reads the state of the target of a write, before the decision.

use super::Before;
use crate::Reader;
use crate::execute::CallError;
use claude_admin_catalog::{Catalog, Place};
use claude_admin_chat::command::{Arguments, Invocation};
use claude_admin_chat::paging::{Following, in_large_pages};
use serde_json::Value;
use std::sync::Arc;

/// The maximum number of pages that are read of a list with an item that a write replaces.
const MAX_PAGES: usize = 10;

/// Reads the target of a write, if the requester can read it.
pub(crate) async fn before(reader: &Reader<'_>, invocation: &Invocation) -> Result<Before, CallError> {
    let action = &invocation.action;
    let catalog = reader.runtime.catalog();
    // A read changes nothing, so there is no state before it to compare.
    if !action.writes() {
        return Ok(Before::Nothing);
    }
    let Some(read) = read_of(catalog, invocation) else {
        return replaced(reader, invocation).await;
    };
    let read_action = Arc::clone(&read.action);
    if let Some(listed) = reader.listed(&read).filter(|_| reader.may(&read)) {
        return Ok(Before::listed(&catalog.types, &read_action, &listed.list, &listed.item));
    }
    match reader.read(read).await {
        None => Ok(Before::NotAllowed { action: read_action.id.clone() }),
        Some(Ok(value)) => Ok(Before::read(&catalog.types, &read_action, &value)),
        Some(Err(error)) => Err(error),
    }
}

/// Reads the item of a list that a write replaces (`@replaces`).
async fn replaced(reader: &Reader<'_>, write: &Invocation) -> Result<Before, CallError> {
    let action = &write.action;
    let catalog = reader.runtime.catalog();
    let (Some(replaces), Some(list)) = (&action.replaces, catalog.replaced_list(action)) else {
        return Ok(Before::Nothing);
    };
    let mut read = Invocation { action: Arc::clone(list), arguments: in_large_pages(list, Arguments::new()) };
    let mut following = Following::beginning_at(None);
    for _ in 0..MAX_PAGES {
        let Some(page) = reader.read(read.clone()).await else {
            return Ok(Before::NotAllowed { action: list.id.clone() });
        };
        let page = page?;
        let items = page.get("data").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let is_replaced = |item: &&Value| replaces.is_replaced(action, |name| write.arguments.get(name).cloned(), item);
        if let Some(item) = items.iter().find(is_replaced) {
            return Ok(Before::read(&catalog.types, list, item));
        }
        let Some(paging) = &list.paging else { break };
        match following.take(paging.onward(&page), true) {
            Ok(Some(cursor)) => _ = read.arguments.insert(paging.input().to_owned(), cursor.into()),
            Ok(None) => return Ok(Before::read(&catalog.types, list, &Value::Null)),
            Err(_) => break,
        }
    }
    // It is not known whether the list has such an item.
    Ok(Before::Nothing)
}

/// The invocation that reads the target of a write.
fn read_of(catalog: &Catalog, write: &Invocation) -> Option<Invocation> {
    let read = catalog.before_action(&write.action)?;
    let mut arguments = Arguments::new();
    for input in read.inputs.iter().filter(|input| input.place == Place::Path) {
        arguments.insert(input.name.clone(), write.arguments.get(&input.name)?.clone());
    }
    Some(Invocation { action: Arc::clone(read), arguments })
}
