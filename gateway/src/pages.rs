//! Reads one page of a list, or all pages as one result.

use crate::admin::Admin;
use crate::convert::Called;
use crate::scrub::scrub;
use claude_admin_catalog::{Action, Onward, joined_pages};
use claude_admin_chat::command::Invocation;
use claude_admin_chat::paging::{CutOff, Following, memory_of};
use serde_json::Value;

/// The maximum memory for the result of one command: 256 MiB. A component can have at most 4 GiB in total.
const MOST_BYTES: usize = 256 << 20;

/// The pages that were read.
#[derive(Debug)]
pub(crate) struct Read {
    /// The response. After several pages, it is the last page with the items of all pages.
    pub(crate) value: Option<Value>,
    /// The number of pages that were read.
    pub(crate) pages: usize,
    pub(crate) end: End,
}

/// The reason why no more pages were read.
#[derive(Debug, PartialEq)]
pub(crate) enum End {
    /// All requested pages were read.
    Whole,
    /// The error of the component.
    Failed(Value),
    /// The parameter with this name is not of its type.
    Misfit(&'static str),
    /// The list has more pages.
    CutOff(CutOff),
}

/// Runs an invocation, and reads all its pages if `all` is true. The result does not contain any of the secrets.
pub(crate) fn read(
    admin: &mut dyn Admin,
    action: &Action,
    mut invocation: Invocation,
    all: bool,
    secrets: &[&str],
) -> Read {
    let paging = action.paging.as_ref();
    let begin = paging.and_then(|paging| invocation.arguments.get(paging.input())?.as_str());
    let mut following = Following::beginning_at(begin);
    let mut read = Read { value: None, pages: 0, end: End::Whole };
    let mut bytes = 0_usize;
    loop {
        let page = match scrub(admin.call(&action.id, &invocation.parameters()), secrets) {
            Called::Returned(page) => page,
            Called::Failed(error) => return Read { end: End::Failed(error), ..read },
            Called::Misfit(name) => return Read { end: End::Misfit(name), ..read },
        };
        bytes = bytes.saturating_add(memory_of(&page));
        if bytes > MOST_BYTES && read.value.is_some() {
            return Read { end: End::CutOff(CutOff::TooLarge), ..read };
        }
        read.pages += 1;
        let onward = paging.map_or(Onward::End, |paging| paging.onward(&page));
        let next = following.take(onward, all).map(|cursor| cursor.map(str::to_owned));
        read.value = Some(match read.value.take() {
            Some(earlier) => joined_pages(earlier, page),
            None => page,
        });
        match (next, paging) {
            (Ok(Some(cursor)), Some(paging)) => {
                invocation.arguments.insert(paging.input().to_owned(), Value::from(cursor));
            }
            (Err(cut_off), _) => return Read { end: End::CutOff(cut_off), ..read },
            _ => return read,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{Upstream, catalog};
    use claude_admin_chat::paging::MAX_PAGES;
    use serde_json::json;
    use std::sync::Arc;

    fn page(item: usize, next: Option<&str>) -> Called {
        Called::Returned(json!({ "data": [{ "id": item }], "has_more": next.is_some(), "last_id": next }))
    }

    /// Reads the members from an upstream. Also returns the parameters of each call.
    fn read_members(all: bool, answer: impl FnMut(usize) -> Called) -> (Read, Vec<String>) {
        let action = catalog().action("users.list").unwrap();
        let invocation = Invocation { action: Arc::clone(action), arguments: Default::default() };
        let mut upstream = Upstream::new(answer);
        (read(&mut upstream, action, invocation, all, &["of-a-test"]), upstream.asked)
    }

    fn items(read: &Read) -> usize {
        read.value.as_ref().and_then(|value| value["data"].as_array()).map_or(0, Vec::len)
    }

    #[test]
    fn pages_are_followed_to_the_end_where_all_are_wanted() {
        let answer = |call: usize| page(call, ["a", "b"].get(call - 1).copied());
        let (read, asked) = read_members(true, answer);
        assert_eq!((read.pages, items(&read), &read.end), (3, 3, &End::Whole));
        assert!(asked[0].is_empty() && asked[1].contains("\"a\"") && asked[2].contains("\"b\""), "{asked:?}");
        let (read, _) = read_members(false, answer);
        assert_eq!((read.pages, items(&read), &read.end), (1, 1, &End::Whole));
    }

    #[test]
    fn a_place_that_was_asked_for_before_ends_it() {
        let (read, _) = read_members(true, |call: usize| page(call, Some("a")));
        assert_eq!((read.pages, items(&read), &read.end), (2, 2, &End::CutOff(CutOff::Circle)));
        let (read, _) = read_members(true, |call: usize| page(call, Some(["a", "b"][call % 2])));
        assert_eq!((read.pages, items(&read), &read.end), (3, 3, &End::CutOff(CutOff::Circle)));
    }

    #[test]
    fn a_list_that_goes_on_and_on_is_cut_off() {
        let (read, _) = read_members(true, |call: usize| page(call, Some(&call.to_string())));
        assert_eq!((read.pages, items(&read), &read.end), (MAX_PAGES, MAX_PAGES, &End::CutOff(CutOff::TooLong)));
    }

    #[test]
    fn pages_read_before_an_error_are_returned() {
        let error = json!({ "denied": "said of-a-test" });
        let answer = |call: usize| if call == 1 { page(call, Some("a")) } else { Called::Failed(error.clone()) };
        let (read, _) = read_members(true, answer);
        assert_eq!((read.pages, items(&read)), (1, 1));
        assert_eq!(read.end, End::Failed(json!({ "denied": "said [redacted]" })));
    }
}
