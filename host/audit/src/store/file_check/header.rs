//! The first hundred bytes of the file.

use super::super::migration::{APPLICATION_ID, FORMAT, STEPS};
use super::bytes::be32;
use super::damage::Findings;
use super::view::View;

/// A field that always has the same value.
struct Constant {
    at: usize,
    bytes: Vec<u8>,
    what: &'static str,
}

fn constant(at: usize, bytes: impl Into<Vec<u8>>, what: &'static str) -> Constant {
    Constant { at, bytes: bytes.into(), what }
}

fn number(at: usize, value: u32, what: &'static str) -> Constant {
    constant(at, value.to_be_bytes(), what)
}

/// The fields that do not depend on the content. The others are the size of a page (16), the change counter (24), the
/// number of pages (28), what the change counter was for (92), and the version of SQLite (96).
fn constants() -> [Constant; 18] {
    // Each statement of the schema counts the cookie up.
    let cookie = STEPS.iter().map(|step| step.len() as u32).sum();
    [
        constant(0, *b"SQLite format 3\0", "the name of the format"),
        constant(18, [2], "the version for writing"),
        constant(19, [2], "the version for reading"),
        constant(20, [0], "the reserved space of a page"),
        constant(21, [64], "the largest share of a page"),
        constant(22, [32], "the smallest share of a page"),
        constant(23, [32], "the share of a leaf"),
        number(32, 0, "the first free page"),
        number(36, 0, "the number of free pages"),
        number(40, cookie, "the cookie of the schema"),
        number(44, 4, "the format of the schema"),
        number(48, 0, "the size of the cache"),
        number(52, 0, "the largest root"),
        number(56, 1, "the encoding of texts"),
        number(60, FORMAT, "the format of the store"),
        number(64, 0, "the vacuum mode"),
        number(68, APPLICATION_ID, "the application"),
        constant(72, [0; 20], "the space for later versions"),
    ]
}

/// Checks the header; returns the version of SQLite that wrote it last.
pub(super) fn check(view: &View, findings: &mut Findings) -> Option<u32> {
    if !view.ends_with_a_page() {
        findings.add(None, None, "the file does not end where its last page does");
    }
    let page = match view.page(1) {
        Ok(page) => page,
        Err(error) => {
            findings.add(None, None, format!("the first page cannot be read: {error}"));
            return None;
        }
    };
    for Constant { at, bytes, what } in constants() {
        if page.bytes.get(at..at + bytes.len()) != Some(&bytes) {
            findings.add(Some(page.spot.plus(at)), None, format!("header: {what} is not what it has to be"));
        }
    }
    // The size in the file decided how it was read; the same page in the write-ahead log has to agree.
    let size = if view.page_size == 65536 { 1 } else { view.page_size as u16 };
    if page.bytes.get(16..18) != Some(&size.to_be_bytes()) {
        findings.add(Some(page.spot.plus(16)), None, "header: the size of a page is not what it has to be");
    }
    if be32(&page.bytes, 28) != Some(view.pages()) {
        findings.add(Some(page.spot.plus(28)), None, "header: the number of pages is not that of the file");
    }
    if be32(&page.bytes, 24) != be32(&page.bytes, 92) {
        findings.add(Some(page.spot.plus(24)), None, "header: the two change counters differ");
    }
    be32(&page.bytes, 96)
}
