//! How far the pages of a list are followed.

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
        };
        format!("{what}: it was cut off after {pages} pages.")
    }

    /// What to make of it.
    #[must_use]
    pub fn hint(self) -> &'static str {
        match self {
            Self::Circle => "Some items may be missing, and some be there twice.",
            Self::TooLong => "Go on from its end with another command, or ask for less.",
        }
    }
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
