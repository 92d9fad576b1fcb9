//! The tree of pages that holds the records.

use super::Found;
use super::bytes::{be16, be32, first_nonzero};
use super::damage::{Findings, Spot};
use super::view::{Page, View};

/// The page that the table begins on.
pub(super) const ROOT: u32 = 2;
/// The type of a page with other pages below it.
pub(super) const INNER: u8 = 5;
/// The type of a page with records.
pub(super) const LEAF: u8 = 13;
/// More levels than any file can have.
const MAX_LEVELS: usize = 20;
/// SQLite locks the byte at this place, and never uses the page that it is on.
const LOCK_BYTE: u64 = 0x4000_0000;

/// Goes through the pages in the order of the records.
pub(super) struct Walker<'a> {
    pub(super) view: &'a View,
    pub(super) findings: &'a mut Findings,
    pub(super) visit: &'a mut dyn FnMut(Found<'_>),
    /// The number of the next record; none behind something that could not be read.
    pub(super) next: Option<u64>,
    /// Whether inner pages may have bytes left over from splits.
    pub(super) several_inner_levels: bool,
    reached: Vec<bool>,
}

/// Checks the pages of the table, and hands out the records.
pub(super) fn check(view: &View, findings: &mut Findings, visit: &mut dyn FnMut(Found<'_>)) {
    let inner_levels = inner_levels(view);
    let mut walker = Walker {
        view,
        findings,
        visit,
        next: Some(1),
        several_inner_levels: inner_levels > 1,
        reached: vec![false; view.pages() as usize],
    };
    walker.reach(1, None);
    walker.subtree(ROOT, None, inner_levels);
    walker.unreached();
}

/// How many levels of inner pages there are, along the left edge.
fn inner_levels(view: &View) -> usize {
    let mut number = ROOT;
    for level in 0..MAX_LEVELS {
        let Ok(page) = view.page(number) else { return level };
        if page.bytes.first() != Some(&INNER) {
            return level;
        }
        // The first cell says where the first page below is; without one, there is only the page on the right.
        let child = match be16(&page.bytes, 3) {
            Some(0) => be32(&page.bytes, 8),
            _ => be16(&page.bytes, 12).and_then(|cell| be32(&page.bytes, usize::from(cell))),
        };
        let Some(child) = child else { return level };
        number = child;
    }
    MAX_LEVELS
}

impl Walker<'_> {
    /// Notes that a page is used; false when it is used already, or not there.
    pub(super) fn reach(&mut self, number: u32, from: Option<Spot>) -> bool {
        match (number as usize).checked_sub(1).and_then(|index| self.reached.get_mut(index)) {
            Some(reached) if !*reached && !is_lock_page(number, self.view.page_size) => {
                *reached = true;
                true
            }
            Some(_) => {
                self.findings.add(from, None, format!("page {number} is used twice, or must not be used"));
                false
            }
            None => {
                self.findings.add(from, None, format!("page {number} is beyond the end of the file"));
                false
            }
        }
    }

    /// Reads a page that is used for the first time.
    pub(super) fn page(&mut self, number: u32, from: Option<Spot>) -> Option<Page> {
        if !self.reach(number, from) {
            return None;
        }
        let page = self.view.page(number);
        page.map_err(|error| self.findings.add(from, None, format!("page {number} cannot be read: {error}"))).ok()
    }

    /// Checks a page and all below it. Returns the number of its last record, if that is known.
    pub(super) fn subtree(&mut self, number: u32, from: Option<Spot>, inner_levels: usize) -> Option<u64> {
        self.next = match self.page(number, from) {
            None => None,
            Some(page) if inner_levels > 0 => self.inner(&page, inner_levels),
            Some(page) => self.leaf(&page),
        };
        self.next.and_then(|next| next.checked_sub(1))
    }

    /// Checks the one byte that says what a page is.
    pub(super) fn is_type(&mut self, page: &Page, expected: u8) -> bool {
        let is = page.bytes.first() == Some(&expected);
        if !is {
            self.findings.add(Some(page.spot), None, "the page is not of the type that it has to be");
        }
        is
    }

    /// Reports a page that is not as it has to be, and that nothing more can be read from.
    pub(super) fn give_up(&mut self, page: &Page, at: usize, what: &str) -> Option<u64> {
        self.findings.add(Some(page.spot.plus(at)), self.next, what);
        None
    }

    /// Checks that nothing is where nothing belongs.
    pub(super) fn empty(&mut self, page: &Page, from: usize, to: usize) {
        if let Some(at) = page.bytes.get(from..to).and_then(first_nonzero) {
            self.findings.add(Some(page.spot.plus(from + at)), None, "unused space is not empty");
        }
    }

    /// Every page is used, but for the one that SQLite never uses; that one is empty.
    fn unreached(&mut self) {
        let unused: Vec<u32> =
            (1..).zip(&self.reached).filter(|(_, reached)| !**reached).map(|(number, _)| number).collect();
        let (locked, lost): (Vec<u32>, Vec<u32>) =
            unused.into_iter().partition(|number| is_lock_page(*number, self.view.page_size));
        for page in locked.into_iter().filter_map(|number| self.view.page(number).ok()) {
            self.empty(&page, 0, page.bytes.len());
        }
        // One finding for all: below a page that cannot be read, everything is lost.
        if let Some(page) = lost.first().and_then(|first| self.view.page(*first).ok()) {
            let more = lost.len() - 1;
            self.findings.add(
                Some(page.spot),
                None,
                match more {
                    0 => "nothing refers to the page".to_owned(),
                    more => format!("nothing refers to the page, nor to {more} later ones"),
                },
            );
        }
    }
}

fn is_lock_page(number: u32, page_size: usize) -> bool {
    u64::from(number) == LOCK_BYTE / page_size as u64 + 1
}
