//! Reads one page of a list, or all pages: each page is the request that was decided, at another position in the list.
//!
//! Pages are joined, or passed on one by one as they arrive; in that case they are not stored here.

use super::Authorized;
use crate::execute::SentRequest;
use crate::execute::{CallError, Execute, Held, LimitKind};
use claude_admin_catalog::{Action, Onward, joined_pages};
use claude_admin_chat::Verdict;
use claude_admin_chat::command::Invocation;
use claude_admin_chat::paging::{CutOff, Following, cost_of};
use serde_json::Value;
use std::ops::ControlFlow;

/// The result of a read.
#[derive(Debug)]
pub struct Read {
    /// The response. For several pages: the last one, with the items of all pages that were not passed on.
    pub value: Option<Value>,
    /// The reason why the response is not complete.
    pub error: Option<CallError>,
    /// The reason why further pages were not requested, although all pages were wanted.
    pub cut_off: Option<CutOff>,
    /// The number of pages that were read.
    pub pages: usize,
    /// The number of items that were passed on.
    pub handed_on: usize,
    /// The requests that were sent.
    pub sent: Vec<SentRequest>,
    /// The memory of the response.
    pub held: Held,
    /// Whether anything was changed.
    pub verdict: Verdict,
}

/// Receives pages as they arrive. A break ends the reading.
pub type Each<'e> = &'e mut (dyn FnMut(&Value) -> ControlFlow<()> + Send);

/// The pages of a list that are read.
#[expect(missing_debug_implementations, reason = "a function has none")]
pub enum Follow<'e> {
    /// One page.
    One,
    /// Every page.
    All,
    /// Every page. A list with several pages is passed on page by page.
    Each(Each<'e>),
}

/// Runs an invocation, and reads its further pages as far as requested.
pub async fn read(
    runtime: &dyn Execute,
    action: &Action,
    authorized: &Authorized<Invocation>,
    mut follow: Follow<'_>,
) -> Read {
    let mut read = Read {
        value: None,
        error: None,
        cut_off: None,
        pages: 0,
        handed_on: 0,
        sent: Vec::new(),
        held: runtime.room(authorized.principal()),
        verdict: Verdict::NotSent,
    };
    let mut next: Option<Authorized<Invocation>> = None;
    let begin = action.paging.as_ref().and_then(|paging| authorized.get().arguments.get(paging.input())?.as_str());
    let mut following = Following::beginning_at(begin);
    loop {
        let answer = runtime.execute(next.as_ref().unwrap_or(authorized)).await;
        read.sent.extend(answer.sent);
        read.verdict = read.verdict.and(answer.verdict);
        let page = match answer.result {
            Ok(page) => page,
            Err(error) => {
                // A requester who wants the whole list did not choose the page size.
                let smaller = (!matches!(follow, Follow::One) && error.is_too_large() && !action.writes())
                    .then(|| next.as_ref().unwrap_or(authorized).in_smaller_pages())
                    .flatten();
                if smaller.is_some() {
                    next = smaller;
                    continue;
                }
                read.error = Some(error);
                return read;
            }
        };
        let bytes = cost_of(&page);
        if let Err(limit) = read.held.take(bytes)
            // The response to a write is small, and there is no other way to get it.
            && !action.writes()
        {
            match (&read.value, limit) {
                (None, kind) => read.error = Some(CallError::Limit { kind }),
                (Some(_), LimitKind::Answers) => read.cut_off = Some(CutOff::HostFull),
                (Some(_), _) => read.cut_off = Some(CutOff::TooLarge),
            }
            return read;
        }
        read.pages += 1;
        let onward = action.paging.as_ref().map_or(Onward::End, |paging| paging.onward(&page));
        let next_cursor =
            following.take(onward, !matches!(follow, Follow::One)).map(|cursor| cursor.map(str::to_owned));
        let (page, flow) = match &mut follow {
            Follow::Each(each) if matches!(next_cursor, Ok(Some(_))) || read.handed_on > 0 => {
                let flow = each(&page);
                let (page, items) = without_items(page);
                read.handed_on += items;
                read.held.give_back(bytes.saturating_sub(cost_of(&page)));
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
        let cursor = match next_cursor {
            Ok(Some(cursor)) => cursor,
            Ok(None) => return read,
            Err(cut_off) => {
                read.cut_off = Some(cut_off);
                return read;
            }
        };
        next = next.as_ref().unwrap_or(authorized).continued(action, &cursor);
        if next.is_none() {
            return read;
        }
    }
}

/// A page without its items, and the number of these items.
fn without_items(mut page: Value) -> (Value, usize) {
    let items = page.get_mut("data").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    (page, items.len())
}
