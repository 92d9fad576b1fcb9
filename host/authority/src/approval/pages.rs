//! One page of a list, or all of them: each page is what was decided on, but for the place in the list.
//!
//! Pages are put together, or handed on one by one as they come: then nothing here keeps them.

use super::Authorized;
use crate::execute::SentRequest;
use crate::execute::{CallError, Execute, Held, LimitKind};
use claude_admin_catalog::{Action, Onward, joined_pages};
use claude_admin_chat::Verdict;
use claude_admin_chat::command::Invocation;
use claude_admin_chat::paging::{CutOff, Following, cost_of};
use serde_json::Value;
use std::ops::ControlFlow;

/// What was read.
#[derive(Debug)]
pub struct Read {
    /// The answer; of several pages, the last one with the items of all that were not handed on.
    pub value: Option<Value>,
    /// Why it is not complete.
    pub error: Option<CallError>,
    /// Why more was not even asked for, although all was wanted.
    pub cut_off: Option<CutOff>,
    /// How many pages were read.
    pub pages: usize,
    /// How many items were handed on.
    pub handed_on: usize,
    /// What left.
    pub sent: Vec<SentRequest>,
    /// The memory of the answer.
    pub held: Held,
    /// Whether anything was changed.
    pub verdict: Verdict,
}

/// Takes pages as they come. A break ends the reading.
pub type Each<'e> = &'e mut (dyn FnMut(&Value) -> ControlFlow<()> + Send);

/// How far a list is followed.
#[expect(missing_debug_implementations, reason = "a function has none")]
pub enum Follow<'e> {
    /// One page.
    One,
    /// Every page.
    All,
    /// Every page. A list that has several is handed on page by page.
    Each(Each<'e>),
}

/// Runs an invocation, and follows its pages as far as they are wanted.
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
                // Whoever wants all of a list did not ask for a size of its pages.
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
            // What a write returns is small, and there is no other way to get it.
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

/// A page whose items are elsewhere, and how many these are.
fn without_items(mut page: Value) -> (Value, usize) {
    let items = page.get_mut("data").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    (page, items.len())
}
