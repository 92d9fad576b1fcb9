//! One page of a list, or all of them: each page is what was decided on, but for the place in the list.
//!
//! Pages are put together, or handed on one by one as they come: then nothing here keeps them.

use super::Authorized;
use crate::command::Invocation;
use crate::egress::SentRequest;
use crate::sandbox::{CallError, Plugin};
use claude_admin_catalog::{Action, joined_pages};
use serde_json::Value;
use std::collections::HashSet;
use std::ops::ControlFlow;

/// The most pages that one command follows: at 1,000 items a page, more than any organization has.
const MAX_PAGES: usize = 1000;

/// More would follow at a place in the list that was asked for before: it would never end.
const CIRCLE: (&str, &str) =
    ("The API sends the list in a circle: it was cut off.", "Some items may be missing, and some be there twice.");
/// More would follow, and these are as many pages as one command follows.
const TOO_LONG: (&str, &str) = (
    "The list is longer than one command follows: it was cut off.",
    "Go on from its end with another command, or ask for less.",
);

/// What was read.
#[derive(Debug)]
pub(crate) struct Read {
    /// The answer; of several pages, the last one with the items of all that were not handed on.
    pub(crate) value: Option<Value>,
    /// Why it is not complete.
    pub(crate) error: Option<CallError>,
    /// Why more was not even asked for, although all was wanted: what to say, and what to do.
    pub(crate) cut_off: Option<(&'static str, &'static str)>,
    /// How many pages were read.
    pub(crate) pages: usize,
    /// How many items were handed on.
    pub(crate) handed_on: usize,
    /// What left.
    pub(crate) sent: Vec<SentRequest>,
}

/// Takes pages as they come. A break ends the reading.
pub(crate) type Each<'e> = &'e mut (dyn FnMut(&Value) -> ControlFlow<()> + Send);

/// How far a list is followed.
pub(crate) enum Follow<'e> {
    /// One page.
    One,
    /// Every page.
    All,
    /// Every page. A list that has several is handed on page by page.
    Each(Each<'e>),
}

/// Runs an invocation, and follows its pages as far as they are wanted.
pub(crate) async fn read(
    plugin: &Plugin,
    action: &Action,
    authorized: &Authorized<Invocation>,
    mut follow: Follow<'_>,
) -> Read {
    let mut read = Read { value: None, error: None, cut_off: None, pages: 0, handed_on: 0, sent: Vec::new() };
    let mut next: Option<Authorized<Invocation>> = None;
    let mut asked = HashSet::new();
    loop {
        let answer = plugin.call(next.as_ref().unwrap_or(authorized)).await;
        read.sent.extend(answer.sent);
        let page = match answer.result {
            Ok(page) => page,
            Err(error) => {
                read.error = Some(error);
                return read;
            }
        };
        read.pages += 1;
        let wanted = action.paging.as_ref().filter(|_| !matches!(follow, Follow::One));
        let cursor = wanted.and_then(|paging| paging.next(&page).map(str::to_owned));
        let (page, flow) = match &mut follow {
            Follow::Each(each) if cursor.is_some() || read.handed_on > 0 => {
                let flow = each(&page);
                let (page, items) = without_items(page);
                read.handed_on += items;
                (page, flow)
            }
            _ => (page, ControlFlow::Continue(())),
        };
        read.value = Some(match read.value.take() {
            Some(earlier) => joined_pages(earlier, page),
            None => page,
        });
        if flow.is_break() {
            return read;
        }
        let Some(cursor) = cursor else { return read };
        next = authorized.continued(action, &cursor);
        read.cut_off = if !asked.insert(cursor) {
            Some(CIRCLE)
        } else if read.pages == MAX_PAGES {
            Some(TOO_LONG)
        } else {
            None
        };
        if read.cut_off.is_some() {
            return read;
        }
        if next.is_none() {
            return read;
        }
    }
}

/// A page whose items are elsewhere, and how many these are.
fn without_items(mut page: Value) -> (Value, usize) {
    let items = page.get_mut("data").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    (page, items.len())
}
