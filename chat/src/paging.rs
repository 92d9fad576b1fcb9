//! How far the pages of a list are followed.

use serde_json::Value;
use std::collections::HashSet;

/// The most pages that one command follows: at 1,000 items a page, more than any organization has.
pub const MAX_PAGES: usize = 1000;

/// The way through a list, from page to page.
#[derive(Debug)]
pub struct Following {
    pages: usize,
    asked: HashSet<String>,
}

/// Why a list is not followed any further, although more would come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutOff {
    /// It leads to a place that was asked for before: it would never end.
    Circle,
    /// These are as many pages as one command follows.
    TooLong,
    /// The next page does not fit in the memory for the result of one command.
    TooLarge,
    /// The next page does not fit in the memory for the results of all commands.
    HostFull,
}

impl Following {
    /// Begins at a place in the list, or at its beginning.
    #[must_use]
    pub fn beginning_at(cursor: Option<&str>) -> Self {
        Self { pages: 0, asked: cursor.map(str::to_owned).into_iter().collect() }
    }

    /// Takes in a page that leads on to a place in the list.
    ///
    /// # Errors
    ///
    /// Why it is not followed there.
    pub fn go_on(&mut self, cursor: &str) -> Result<(), CutOff> {
        self.pages += 1;
        if !self.asked.insert(cursor.to_owned()) {
            Err(CutOff::Circle)
        } else if self.pages == MAX_PAGES {
            Err(CutOff::TooLong)
        } else {
            Ok(())
        }
    }
}

impl CutOff {
    /// What there is to say after some pages.
    #[must_use]
    pub fn text(self, pages: usize) -> String {
        let what = match self {
            Self::Circle => "The API sends the list in a circle",
            Self::TooLong => "The list is longer than one command follows",
            Self::TooLarge => "The list needs more memory than the result of one command can use (`limits.answer_mib`)",
            Self::HostFull => {
                "The results of the commands that run now use all the memory for results (`limits.answers_mib`)"
            }
        };
        format!("{what}: it was cut off after {pages} pages.")
    }

    /// What to make of it.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Circle => "Some items may be missing, and some be there twice.",
            Self::TooLong | Self::TooLarge => "Go on from its end with another command, or ask for less.",
            Self::HostFull => "Go on from its end with another command in a moment.",
        }
    }
}

/// The bytes of memory that a value needs, as far as they can be estimated: the text of a list is a few times smaller.
#[must_use]
pub fn memory_of(value: &Value) -> usize {
    const ALLOCATION: usize = 16;
    const PLACE: usize = size_of::<Value>();
    /// A name, its hash and its place in the index of an object.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_was_asked_for_before_is_the_end() {
        let mut following = Following::beginning_at(Some("a"));
        assert_eq!(following.go_on("b"), Ok(()));
        assert_eq!(following.go_on("a"), Err(CutOff::Circle));
    }

    #[test]
    fn a_list_is_followed_for_so_many_pages_and_no_more() {
        let mut following = Following::beginning_at(None);
        assert!((1..MAX_PAGES).all(|page| following.go_on(&page.to_string()).is_ok()));
        assert_eq!(following.go_on("last"), Err(CutOff::TooLong));
    }
}
