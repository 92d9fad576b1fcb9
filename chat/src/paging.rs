//! Limits for reading the pages of a list.

use crate::command::{Arguments, Invocation, greatest};
use crate::document::{Cell, is_report};
use claude_admin_catalog::{Action, Catalog, Onward, Paging};
use serde_json::Value;
use std::collections::HashSet;

/// The maximum number of pages that one command reads: at 1,000 items per page, more than any organization has.
pub const MAX_PAGES: usize = 1000;

/// Whether all pages are read without `--all`. A report covers a period, whatever the number of pages. A requester who
/// requests a page, or less than a full page, gets only that.
#[must_use]
pub fn is_followed(catalog: &Catalog, invocation: &Invocation) -> bool {
    let action = &invocation.action;
    if !is_report(catalog, action) {
        return false;
    }
    let Some(paging) = &action.paging else { return false };
    let arguments = &invocation.arguments;
    let limit = arguments.get(Paging::LIMIT).and_then(Value::as_i64);
    !arguments.contains_key(paging.input())
        && limit.is_none_or(|limit| greatest(action, arguments, Paging::LIMIT).is_some_and(|most| limit >= most))
}

/// Requests large pages if no size is given, because the API counts requests.
#[must_use]
pub fn in_large_pages(action: &Action, mut arguments: Arguments) -> Arguments {
    if action.paging.is_some()
        && let Some(most) = greatest(action, &arguments, Paging::LIMIT)
    {
        arguments.entry(Paging::LIMIT.to_owned()).or_insert_with(|| most.into());
    }
    arguments
}

/// Whether an error of the WIT package reports that the body of a response was larger than the limit.
#[must_use]
pub fn is_too_large(error: &Value) -> bool {
    error.pointer("/transport/problem").and_then(Value::as_str) == Some("too_large")
}

/// Halves the size of a page. Returns false if the size is already the minimum, or if there is no size.
pub fn smaller_pages(arguments: &mut Arguments) -> bool {
    match arguments.get_mut(Paging::LIMIT).and_then(|limit| Some((limit.as_u64().filter(|size| *size > 1)?, limit))) {
        Some((size, limit)) => {
            *limit = (size / 2).into();
            true
        }
        None => false,
    }
}

/// The progress through a list, page by page.
#[derive(Debug)]
pub struct Following {
    pages: usize,
    asked: HashSet<String>,
}

/// The cause why a list is not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutOff {
    /// The next cursor was already requested: the list would never end.
    Circle,
    /// The command has read the maximum number of pages.
    TooLong,
    /// The next page does not fit in the memory for the result of one command.
    TooLarge,
    /// The next page does not fit in the share that a principal has of the memory for the results of all commands.
    HostFull,
    /// A page reports that more items follow, but not where.
    NoCursor,
}

impl Following {
    /// Begins at a cursor of the list, or at its beginning.
    #[must_use]
    pub fn beginning_at(cursor: Option<&str>) -> Self {
        Self { pages: 0, asked: cursor.map(str::to_owned).into_iter().collect() }
    }

    /// Counts a page and returns the cursor of the next one; `None` at the end of the list. A list that is not
    /// `followed` has only one page.
    ///
    /// # Errors
    ///
    /// The cause why the next page cannot be read although more items follow.
    pub fn take<'p>(&mut self, onward: Onward<'p>, followed: bool) -> Result<Option<&'p str>, CutOff> {
        self.pages += 1;
        match onward {
            Onward::End => Ok(None),
            Onward::Lost => Err(CutOff::NoCursor),
            Onward::Next(_) if !followed => Ok(None),
            Onward::Next(cursor) if !self.asked.insert(cursor.to_owned()) => Err(CutOff::Circle),
            Onward::Next(_) if self.pages == MAX_PAGES => Err(CutOff::TooLong),
            Onward::Next(cursor) => Ok(Some(cursor)),
        }
    }
}

impl CutOff {
    /// The message after some pages.
    #[must_use]
    pub fn text(self, pages: usize) -> String {
        let pages = if pages == 1 { "1 page".to_owned() } else { format!("{pages} pages") };
        match self {
            Self::Circle => {
                format!("The API returned the same place in the list twice, so the list was read for {pages} only.")
            }
            Self::TooLong => format!("The list is longer than one command reads: {pages} were read."),
            Self::TooLarge => format!(
                "The list needs more memory than the result of one command can use (`limits.answer_mib`): {pages} were read."
            ),
            Self::HostFull => format!(
                "The results of your commands use your share of the memory for results (`limits.answers_mib`): {pages} \
                 were read."
            ),
            Self::NoCursor => format!(
                "The list is incomplete: after {pages} the API reported that more items follow, but not where they begin."
            ),
        }
    }

    /// The consequence and the next step.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Circle => "Some items might be missing, and some might be listed twice.",
            Self::TooLong | Self::TooLarge => "Continue from its end with another command, or request less.",
            Self::HostFull => "Continue from its end with another command, after the others have ended.",
            Self::NoCursor => "The other items cannot be requested. A narrower filter might return all of its items.",
        }
    }
}

/// An estimate of the memory in bytes that a value needs: the text of a list is a few times smaller.
#[must_use]
pub fn memory_of(value: &Value) -> usize {
    const ALLOCATION: usize = 16;
    const PLACE: usize = size_of::<Value>();
    /// A name, its hash and its index entry in an object.
    const NAME: usize = size_of::<String>() + 3 * size_of::<usize>();
    let inside = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len() + ALLOCATION,
        Value::Array(items) => items.iter().map(memory_of).sum::<usize>() + ALLOCATION,
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| name.len() + NAME + ALLOCATION + memory_of(value);
            members.iter().map(member).sum::<usize>() + 2 * ALLOCATION
        }
    };
    PLACE + inside
}

/// The memory in bytes that a result needs until it is sent: that of the value and that of its document. The document
/// has a cell for each value, with a text for people and one for programs. The output is not larger than either of
/// them.
#[must_use]
pub fn cost_of(value: &Value) -> usize {
    memory_of(value).saturating_add(shown_memory_of(value))
}

fn shown_memory_of(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => size_of::<Cell>(),
        Value::String(text) => size_of::<Cell>() + 2 * written(text),
        Value::Array(items) => items.iter().map(shown_memory_of).sum::<usize>() + size_of::<Cell>(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| 2 * written(name) + shown_memory_of(value);
            members.iter().map(member).sum::<usize>() + size_of::<Cell>()
        }
    }
}

/// The length in bytes of a text as JSON, in which a control character takes six bytes.
fn written(text: &str) -> usize {
    let escaped = text.bytes().filter(|byte| byte.is_ascii_control() || matches!(byte, b'"' | b'\\')).count();
    text.len() + 5 * escaped
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn pages_become_smaller_down_to_one_item() {
        let mut arguments = Arguments::from_iter([(Paging::LIMIT.to_owned(), Value::from(1000))]);
        let mut sizes = Vec::new();
        while smaller_pages(&mut arguments) {
            sizes.push(arguments[Paging::LIMIT].as_u64().unwrap());
        }
        assert_eq!(sizes, [500, 250, 125, 62, 31, 15, 7, 3, 1]);
        for size in [json!(0), json!(-5), json!("1000"), Value::Null] {
            assert!(!smaller_pages(&mut Arguments::from_iter([(Paging::LIMIT.to_owned(), size)])));
        }
        assert!(!smaller_pages(&mut Arguments::new()));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            Just(json!("\u{1}".repeat(1000))),
        ];
        leaf.prop_recursive(3, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn text_of_a_result_is_not_larger_than_what_is_counted(value in any_value()) {
            prop_assert!(value.to_string().len() <= shown_memory_of(&value));
        }
    }

    #[test]
    fn repeated_place_ends_the_list() {
        let mut following = Following::beginning_at(Some("a"));
        assert_eq!(following.take(Onward::Next("b"), true), Ok(Some("b")));
        assert_eq!(following.take(Onward::Next("a"), true), Err(CutOff::Circle));
    }

    #[test]
    fn list_is_followed_for_so_many_pages_and_no_more() {
        let mut following = Following::beginning_at(None);
        assert!((1..MAX_PAGES).all(|page| following.take(Onward::Next(&page.to_string()), true).is_ok()));
        assert_eq!(following.take(Onward::Next("last"), true), Err(CutOff::TooLong));
    }

    #[test]
    fn one_page_is_whole_unless_the_rest_is_lost() {
        for followed in [false, true] {
            assert_eq!(Following::beginning_at(None).take(Onward::End, followed), Ok(None));
            assert_eq!(Following::beginning_at(None).take(Onward::Lost, followed), Err(CutOff::NoCursor));
        }
        assert_eq!(Following::beginning_at(Some("a")).take(Onward::Next("a"), false), Ok(None));
    }
}
