//! One page of a list, or all of them: each page is what was decided on, but for the place in the list.

use super::Authorized;
use crate::command::Invocation;
use crate::egress::SentRequest;
use crate::sandbox::{CallError, Plugin};
use claude_admin_catalog::Action;
use serde_json::Value;

/// The most pages that one command follows: at 1,000 items a page, more than any organization has.
const MAX_PAGES: usize = 1000;

/// What was read.
#[derive(Debug)]
pub struct Read {
    /// The answer; of several pages, the last one with the items of all.
    pub value: Option<Value>,
    /// Why it is not complete.
    pub error: Option<CallError>,
    /// How many pages were read.
    pub pages: usize,
    /// What left.
    pub sent: Vec<SentRequest>,
}

/// Runs an invocation, and follows its pages when all are wanted.
pub async fn read(plugin: &Plugin, action: &Action, authorized: &Authorized<Invocation>, all: bool) -> Read {
    let mut read = Read { value: None, error: None, pages: 0, sent: Vec::new() };
    let mut next: Option<Authorized<Invocation>> = None;
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
        let cursor = action.paging.as_ref().filter(|_| all).and_then(|paging| paging.next(&page).map(str::to_owned));
        read.value = Some(match read.value.take() {
            Some(earlier) => joined(earlier, page),
            None => page,
        });
        next = cursor.filter(|_| read.pages < MAX_PAGES).and_then(|cursor| authorized.continued(action, &cursor));
        if next.is_none() {
            return read;
        }
    }
}

/// Puts the items of earlier pages in front of a page. The first page says where the whole begins.
fn joined(earlier: Value, mut page: Value) -> Value {
    let (Value::Object(mut earlier), Some(fields)) = (earlier, page.as_object_mut()) else { return page };
    if let Some(first) = earlier.get("first_id") {
        fields.insert("first_id".to_owned(), first.clone());
    }
    if let (Some(Value::Array(items)), Some(Value::Array(more))) = (earlier.get_mut("data"), fields.get_mut("data")) {
        items.append(more);
        std::mem::swap(items, more);
    }
    page
}
