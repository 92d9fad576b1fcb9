//! Pages with records, and the overflow pages of the long ones.
//!
//! A cell is: the length of the content, the number of the record, and the content; of a long one only a first part,
//! and then the first overflow page. The content is: the length of its header, the type of the number (none: it stands
//! in front), the type of the text (which gives its length), and the text.

use super::Found;
use super::bytes::{be16, be32, first_nonzero, varint, varint_length};
use super::damage::Spot;
use super::table::{LEAF, Walker};
use super::view::Page;

/// The part of a page before the pointers to its cells.
const HEADER: usize = 8;

/// A cell, taken apart.
struct Cell {
    seq: u64,
    /// How many bytes it has on this page.
    size: usize,
    text: Vec<u8>,
    /// How many bytes of the text are on overflow pages, and the first of these.
    rest: usize,
    overflow: Option<u32>,
}

impl Walker<'_> {
    /// Checks a page with records. Returns the number behind its last one.
    pub(super) fn leaf(&mut self, page: &Page) -> Option<u64> {
        let bytes = &page.bytes;
        if !self.is_type(page, LEAF) {
            return None;
        }
        if be16(bytes, 1) != Some(0) || bytes.get(7) != Some(&0) {
            self.give_up(page, 1, "the page has space that was given up");
        }
        let cells = usize::from(be16(bytes, 3)?);
        // Only a table without records has a page without records.
        if cells == 0 && !(page.spot.page == Some(super::table::ROOT) && self.next == Some(1)) {
            return self.give_up(page, 3, "the page holds no records");
        }
        let pointers_end = HEADER + 2 * cells;
        let mut end = bytes.len();
        for index in 0..cells {
            let pointer = HEADER + 2 * index;
            let start = usize::from(be16(bytes, pointer)?);
            if start < pointers_end || start >= end {
                return self.give_up(page, pointer, "a pointer does not point to the next record");
            }
            let Some(cell) = self.cell(bytes, start, end) else {
                return self.give_up(page, start, "a record does not have the form of one");
            };
            if start + cell.size != end {
                return self.give_up(page, pointer, "a record does not end where the one before begins");
            }
            end = start;
            if self.next.is_some_and(|next| next != cell.seq) {
                self.findings.add(
                    Some(page.spot.plus(start)),
                    Some(cell.seq),
                    format!("record {} stands where another one has to be", cell.seq),
                );
            }
            self.next = cell.seq.checked_add(1);
            self.text(cell, page.spot.plus(start));
        }
        if be16(bytes, 5).map(usize::from) != Some(end % 65536) {
            self.give_up(page, 5, "the page does not say where its records begin");
        }
        self.empty(page, pointers_end, end);
        self.next
    }

    /// Takes a cell apart. None when it is not exactly as SQLite writes it.
    fn cell(&self, bytes: &[u8], start: usize, end: usize) -> Option<Cell> {
        let (payload, payload_length) = varint(bytes, start)?;
        let (seq, seq_length) = varint(bytes, start + payload_length)?;
        let content = start + payload_length + seq_length;
        let payload = usize::try_from(payload).ok()?;
        // The last pages of the longest record would be found missing, but only after a lot of memory.
        if payload > self.view.page_size.checked_mul(self.view.pages() as usize)? {
            return None;
        }
        let local = local(payload, self.view.page_size);
        let size = payload_length + seq_length + local + if local < payload { 4 } else { 0 };
        if start + size > end {
            return None;
        }
        let (header, header_length) = varint(bytes, content)?;
        let (seq_type, seq_type_length) = varint(bytes, content + header_length)?;
        let (text_type, text_type_length) = varint(bytes, content + header_length + seq_type_length)?;
        let header = usize::try_from(header).ok()?;
        let text_length = usize::try_from(text_type.checked_sub(13)? / 2).ok()?;
        let well_formed = header == header_length + seq_type_length + text_type_length
            && header_length == varint_length(header as u64)
            && seq_type == 0
            && text_type % 2 == 1
            && header.checked_add(text_length)? == payload
            && header <= local;
        if !well_formed {
            return None;
        }
        let text = bytes.get(content + header..content + local)?.to_vec();
        let overflow = if local < payload { Some(be32(bytes, content + local)?) } else { None };
        Some(Cell { seq, size, text, rest: payload - local, overflow })
    }

    /// Completes the text of a record from its overflow pages, and hands it out.
    fn text(&mut self, cell: Cell, spot: Spot) {
        let Cell { seq, mut text, mut rest, overflow, .. } = cell;
        let mut from = spot;
        let mut next = overflow;
        while let Some(number) = next {
            let Some(page) = self.page(number, Some(from)) else { return };
            let Some(follow) = be32(&page.bytes, 0) else { return };
            let here = rest.min(page.bytes.len() - 4);
            text.extend_from_slice(page.bytes.get(4..4 + here).unwrap_or_default());
            rest -= here;
            if let Some(at) = page.bytes.get(4 + here..).and_then(first_nonzero) {
                self.findings.add(
                    Some(page.spot.plus(4 + here + at)),
                    Some(seq),
                    "the space behind the end of a record is not empty",
                );
            }
            if (rest == 0) != (follow == 0) {
                self.findings.add(
                    Some(page.spot),
                    Some(seq),
                    "a record goes on where it ends, or ends where it goes on",
                );
                return;
            }
            from = page.spot;
            next = Some(follow).filter(|follow| *follow != 0);
        }
        match std::str::from_utf8(&text) {
            Ok(text) => (self.visit)(Found { seq, text, spot }),
            Err(_) => self.findings.add(Some(spot), Some(seq), "the text of the record is no text"),
        }
    }
}

/// How much of a content stands on the page itself; the formula of the file format.
fn local(payload: usize, page_size: usize) -> usize {
    let most = page_size - 35;
    if payload <= most {
        return payload;
    }
    let least = (page_size - 12) * 32 / 255 - 23;
    let local = least + (payload - least) % (page_size - 4);
    if local <= most { local } else { least }
}
