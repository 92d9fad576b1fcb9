//! The lookup of one text in a list: as an e-mail address or as a name.

use super::resolve::{ResolveError, Target};
use crate::Reader;
use crate::execute::CallError;
use claude_admin_catalog::{Action, ID, NameList, Type};
use claude_admin_chat::cap::cap_text;
use claude_admin_chat::command::{Arguments, Invocation, folded, greatest};
use claude_admin_chat::identity::Principal;
use claude_admin_chat::paging::{CutOff, Following, smaller_pages};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// The maximum number of pages that are read of a list.
const MAX_PAGES: usize = 50;
/// More addresses than this are looked up in the whole list and not one by one.
const FEW: usize = 5;
/// The maximum number of candidates that an error lists.
const MAX_CANDIDATES: usize = 10;
/// The maximum number of similar names that an error lists.
const MAX_SIMILAR: usize = 3;
/// The maximum length of an ID, in bytes. IDs of the API have about 40.
const LONGEST_ID: usize = 256;
/// The maximum length of an e-mail address, in bytes (RFC 5321, section 4.5.3.1).
const LONGEST_EMAIL: usize = 320;

/// The lookups of one command, or of several in one request. Each list is read once.
pub(crate) struct Lookups<'r> {
    reader: &'r Reader<'r>,
    /// The number of texts that are looked up.
    wanted: usize,
    read: HashMap<String, Arc<Vec<Value>>>,
}

impl<'r> Lookups<'r> {
    pub(crate) fn new(reader: &'r Reader<'r>, wanted: usize) -> Self {
        Self { reader, wanted, read: HashMap::new() }
    }

    /// The person on whose behalf the lists are read.
    pub(super) fn requester(&self) -> &Principal {
        &self.reader.person().principal
    }

    /// Finds the one object that a text matches. `written` is the text in messages.
    pub(super) async fn find(
        &mut self,
        list: &NameList<'_>,
        invocation: &Invocation,
        written: &str,
        sought: &str,
        as_address: bool,
    ) -> Result<Target, ResolveError> {
        let filter = list.email_filter.filter(|_| as_address && self.wanted <= FEW);
        let filter = filter.map(|filter| (filter.name.clone(), Value::from(sought)));
        let items = self.items(list, invocation, filter, written).await?;
        let mut found: Vec<&Value> = Vec::new();
        for item in items.iter().filter(|item| matches(list, item, sought, as_address)) {
            // A list that changes while it is read can show an object twice.
            if !found.iter().any(|known| text(known, ID) == text(item, ID)) {
                found.push(item);
            }
        }
        match found.as_slice() {
            [] => Err(ResolveError::NotFound {
                written: written.to_owned(),
                list: list.list.command(),
                sought: match (as_address, list.email) {
                    (true, _) => "e-mail address",
                    (false, _) => "name",
                },
                similar: if as_address { Vec::new() } else { similar(list, &items, sought) },
            }),
            [one] => {
                let (id, email) = (text(one, ID), list.email.map(|email| text(one, email)).unwrap_or_default());
                if id.len() > LONGEST_ID || email.len() > LONGEST_EMAIL {
                    return Err(ResolveError::NotUnderstood { written: written.to_owned(), list: list.list.command() });
                }
                let (id, email) = (id.to_owned(), email.to_owned());
                Ok(Target { id, email, archived: is_archived(one), ..Target::default() })
            }
            several => Err(ResolveError::Ambiguous {
                written: written.to_owned(),
                count: several.len(),
                candidates: several.iter().take(MAX_CANDIDATES).map(|item| candidate(list, item, several)).collect(),
            }),
        }
    }

    /// The items of a list, archived ones included.
    async fn items(
        &mut self,
        list: &NameList<'_>,
        invocation: &Invocation,
        filter: Option<(String, Value)>,
        written: &str,
    ) -> Result<Arc<Vec<Value>>, ResolveError> {
        let command = || list.list.command();
        let mut first = list_invocation(list, &invocation.arguments);
        first.arguments.extend(filter);
        let key = format!("{first:?}");
        if let Some(items) = self.read.get(&key) {
            return Ok(Arc::clone(items));
        }
        let mut items = Vec::new();
        let read = read_items(self.reader, list.list, first, MAX_PAGES, &mut items).await;
        let items = match read {
            Ok(()) => Arc::new(items),
            Err(Unlisted::NotAllowed) => {
                return Err(ResolveError::NotAllowed { written: written.to_owned(), list: command() });
            }
            Err(Unlisted::TooLong) => {
                return Err(ResolveError::TooLong { written: written.to_owned(), list: command() });
            }
            Err(Unlisted::Incomplete) => {
                return Err(ResolveError::Incomplete { written: written.to_owned(), list: command() });
            }
            Err(Unlisted::Failed(error)) => return Err(ResolveError::Unread(error, list.list.id.clone())),
        };
        self.read.insert(key, Arc::clone(&items));
        Ok(items)
    }
}

/// The reason why the items of a list were not read.
#[derive(Debug)]
pub enum Unlisted {
    /// The person cannot read it.
    NotAllowed,
    /// It has more pages than are read.
    TooLong,
    /// More items follow, and no request leads to them: a page has no cursor, or a cursor that occurred before.
    Incomplete,
    /// A call failed.
    Failed(Box<CallError>),
}

/// The invocation that reads a list from its beginning: large pages, and everything that it can include.
#[must_use]
pub fn list_invocation(list: &NameList<'_>, given: &Arguments) -> Invocation {
    let mut invocation = Invocation { action: Arc::clone(list.list), arguments: Default::default() };
    let arguments = &mut invocation.arguments;
    for input in &list.list.inputs {
        if list.scope.iter().any(|scope| scope.name == input.name) {
            arguments.extend(given.get(&input.name).map(|value| (input.name.clone(), value.clone())));
        } else if input.ty == Type::Bool && input.name.starts_with("include-") {
            arguments.insert(input.name.clone(), Value::Bool(true));
        } else if input.name == "limit" {
            let most = greatest(list.list, arguments, &input.name);
            arguments.extend(most.map(|most| (input.name.clone(), Value::from(most))));
        }
    }
    invocation
}

/// Reads a list to its end. The items that were read are in `items`, also after an error.
pub async fn read_items(
    reader: &Reader<'_>,
    list: &Action,
    mut invocation: Invocation,
    max_pages: usize,
    items: &mut Vec<Value>,
) -> Result<(), Unlisted> {
    let mut following = Following::beginning_at(None);
    for _ in 0..max_pages {
        let mut page = loop {
            match reader.read(invocation.clone()).await.ok_or(Unlisted::NotAllowed)? {
                Ok(page) => break page,
                // The requester did not choose the page size.
                Err(error) if error.is_too_large() && smaller_pages(&mut invocation.arguments) => {}
                Err(error) => return Err(Unlisted::Failed(Box::new(error))),
            }
        };
        let next = match &list.paging {
            None => Ok(None),
            Some(paging) => {
                let cursor = following.take(paging.onward(&page), true);
                cursor.map(|cursor| cursor.map(|cursor| (paging.input().to_owned(), Value::from(cursor))))
            }
        };
        if let Some(Value::Array(found)) = page.get_mut("data").map(Value::take) {
            items.extend(found);
        }
        match next {
            Ok(None) => return Ok(()),
            Ok(Some((input, cursor))) => invocation.arguments.insert(input, cursor),
            Err(CutOff::Circle | CutOff::NoCursor) => return Err(Unlisted::Incomplete),
            Err(CutOff::TooLong | CutOff::TooLarge | CutOff::HostFull) => return Err(Unlisted::TooLong),
        };
    }
    Err(Unlisted::TooLong)
}

/// Whether an item matches a text. A filter of the API can be imprecise, with case or plus tags, so every item is
/// compared.
fn matches(list: &NameList<'_>, item: &Value, sought: &str, as_address: bool) -> bool {
    let email = list.email.map(|email| text(item, email)).unwrap_or_default();
    if text(item, ID).is_empty() {
        return false;
    }
    if as_address {
        return email.eq_ignore_ascii_case(sought);
    }
    let named = |sought: &str| {
        let sought = folded(sought);
        !sought.is_empty() && list.names.iter().any(|name| folded(text(item, name)) == sought)
    };
    // IDs whose prefix is not documented can only be distinguished from names in the list.
    let is_id = text(item, ID) == sought;
    let is_handle = |handle: &str| {
        named(handle) || email.split_once('@').is_some_and(|(local, _)| local.eq_ignore_ascii_case(handle))
    };
    is_id || named(sought) || sought.strip_prefix('@').is_some_and(is_handle)
}

/// IDs whose names contain a text.
fn similar(list: &NameList<'_>, items: &[Value], sought: &str) -> Vec<String> {
    let sought = folded(sought.trim_start_matches('@'));
    let contains = |item: &&Value| {
        !sought.is_empty()
            && list
                .names
                .iter()
                .map(|name| folded(text(item, name)))
                .any(|name| name.contains(&sought) || (sought.contains(&name) && name.chars().count() > 2))
    };
    items.iter().filter(contains).take(MAX_SIMILAR).map(|item| candidate(list, item, &[])).collect()
}

fn text<'v>(item: &'v Value, field: &str) -> &'v str {
    item.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Whether an object is archived: it has the time of its archiving, or that status.
fn is_archived(item: &Value) -> bool {
    item.get("archived_at").is_some_and(Value::is_string) || text(item, "status") == "archived"
}

/// The maximum number of differing fields that a candidate shows.
const MAX_DIFFERENCES: usize = 3;

/// An ID with its name and address, and the texts that distinguish it from the other candidates.
fn candidate(list: &NameList<'_>, item: &Value, others: &[&Value]) -> String {
    let mut known: Vec<String> = Vec::new();
    for field in list.names.iter().copied().chain(list.email) {
        let value = text(item, field);
        if !value.is_empty() && !known.iter().any(|known| known == value) {
            known.push(value.to_owned());
        }
    }
    if is_archived(item) {
        known.push("archived".to_owned());
    }
    let shown = |field: &str| field == ID || list.email == Some(field) || list.names.contains(&field);
    let differs = |field: &String| others.iter().any(|other| other.get(field) != item.get(field));
    let fields = item
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(field, value)| !shown(field) && value.is_string() && *field != "type" && differs(field));
    known.extend(
        fields.take(MAX_DIFFERENCES).map(|(field, _)| format!("{} {}", field.replace('_', " "), text(item, field))),
    );
    let mut candidate = format!("{} ({})", text(item, ID), known.join(", "));
    cap_text(&mut candidate);
    candidate
}
