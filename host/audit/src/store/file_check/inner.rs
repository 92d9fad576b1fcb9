//! Pages with other pages below them.
//!
//! A cell is: a page below, and the number of the last record there. The page on the right has no cell. As long as
//! there is one such page, it is appended to like any other; when it splits, SQLite moves its cells around.

use super::bytes::{be16, be32, varint};
use super::table::{INNER, Walker};
use super::view::Page;
use std::ops::Range;

/// The part of a page before the pointers to its cells.
const HEADER: usize = 12;

/// A cell, taken apart.
struct Cell {
    child: u32,
    last: u64,
    range: Range<usize>,
}

impl Walker<'_> {
    /// Checks an inner page and all below it. Returns the number behind its last record.
    pub(super) fn inner(&mut self, page: &Page, levels: usize) -> Option<u64> {
        if !self.is_type(page, INNER) {
            return None;
        }
        let cells = self.cells(page)?;
        if self.several_inner_levels {
            self.tidy(page, &cells);
        } else {
            self.packed(page, &cells);
        }
        for Cell { child, last, range } in cells {
            let spot = page.spot.plus(range.start);
            if self.subtree(child, Some(spot), levels - 1).is_some_and(|found| found != last) {
                self.findings.add(Some(spot), None, "an inner page does not name the last record below it");
            }
        }
        self.subtree(be32(&page.bytes, 8)?, Some(page.spot.plus(8)), levels - 1);
        self.next
    }

    fn cells(&mut self, page: &Page) -> Option<Vec<Cell>> {
        let bytes = &page.bytes;
        let count = usize::from(be16(bytes, 3)?);
        let mut cells = Vec::with_capacity(count);
        for index in 0..count {
            let pointer = HEADER + 2 * index;
            let start = usize::from(be16(bytes, pointer)?);
            let cell = be32(bytes, start).zip(varint(bytes, start + 4));
            let Some((child, (last, length))) = cell.filter(|_| start >= HEADER + 2 * count) else {
                return self.give_up(page, pointer, "a pointer does not point to a cell").and(None);
            };
            cells.push(Cell { child, last, range: start..start + 4 + length });
        }
        Some(cells)
    }

    /// Cells without gaps, each in front of the one before, and nothing else.
    fn packed(&mut self, page: &Page, cells: &[Cell]) {
        let bytes = &page.bytes;
        if be16(bytes, 1) != Some(0) || bytes.get(7) != Some(&0) {
            self.give_up(page, 1, "the page has space that was given up");
        }
        let mut end = bytes.len();
        for (index, cell) in cells.iter().enumerate() {
            if cell.range.end != end {
                self.give_up(page, HEADER + 2 * index, "a cell does not end where the one before begins");
            }
            end = cell.range.start;
        }
        if be16(bytes, 5).map(usize::from) != Some(end % 65536) {
            self.give_up(page, 5, "the page does not say where its cells begin");
        }
        self.empty(page, HEADER + 2 * cells.len(), end);
    }

    /// Cells in any order, which together with the space that was given up fill the page exactly.
    fn tidy(&mut self, page: &Page, cells: &[Cell]) {
        let bytes = &page.bytes;
        let begin = match be16(bytes, 5) {
            Some(0) => 65536,
            begin => begin.map_or(0, usize::from),
        };
        let mut used: Vec<Range<usize>> = cells.iter().map(|cell| cell.range.clone()).collect();
        let mut at = be16(bytes, 1).map_or(0, usize::from);
        while at != 0 {
            let (Some(next), Some(size)) = (be16(bytes, at), be16(bytes, at + 2)) else {
                self.give_up(page, 1, "the space that was given up is not listed as it has to be");
                return;
            };
            let (next, size) = (usize::from(next), usize::from(size));
            // At least three bytes lie between two such spaces, or they would be one.
            if size < 4 || next != 0 && next < at + size + 4 {
                self.give_up(page, at, "the space that was given up is not listed as it has to be");
                return;
            }
            used.push(at..at + size);
            at = next;
        }
        used.sort_by_key(|range| range.start);
        let mut end = begin;
        let mut fragments = 0;
        for range in &used {
            if range.start < end || range.start - end > 3 {
                self.give_up(page, range.start, "the cells and the space that was given up do not fill the page");
                return;
            }
            fragments += range.start - end;
            end = range.end;
        }
        if begin < HEADER + 2 * cells.len()
            || end > bytes.len()
            || fragments + (bytes.len() - end) != bytes.get(7).map_or(0, |count| usize::from(*count))
        {
            self.give_up(page, 5, "the cells and the space that was given up do not fill the page");
        }
    }
}
