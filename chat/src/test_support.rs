//! What unit tests share.
#![allow(clippy::unwrap_used, reason = "a test says what it expects by failing")]

use claude_admin_catalog::{Catalog, PackageText};
use std::path::Path;
use std::sync::OnceLock;

/// The catalog of the project.
pub(crate) fn catalog() -> &'static Catalog {
    static CATALOG: OnceLock<Catalog> = OnceLock::new();
    CATALOG.get_or_init(|| {
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
        Catalog::from_text(&PackageText::from_folder(&wit).unwrap()).unwrap()
    })
}

/// Hidden characters of every kind: each one a way to hide a secret or to steer a reader.
pub(crate) const HIDDEN: &[char] = &[
    '\u{0}',
    '\u{7}',
    '\u{8}',
    '\t',
    '\n',
    '\r',
    '\u{1B}',
    '\u{7F}',
    '\u{85}',
    '\u{AD}',
    '\u{34F}',
    '\u{61C}',
    '\u{115F}',
    '\u{1160}',
    '\u{17B4}',
    '\u{180B}',
    '\u{180E}',
    '\u{200B}',
    '\u{200C}',
    '\u{200D}',
    '\u{200E}',
    '\u{200F}',
    '\u{2028}',
    '\u{2029}',
    '\u{202A}',
    '\u{202E}',
    '\u{2060}',
    '\u{2063}',
    '\u{2066}',
    '\u{2069}',
    '\u{206A}',
    '\u{206F}',
    '\u{2800}',
    '\u{3164}',
    '\u{FE00}',
    '\u{FE0E}',
    '\u{FE0F}',
    '\u{FEFF}',
    '\u{FFA0}',
    '\u{FFF9}',
    '\u{13430}',
    '\u{1BCA0}',
    '\u{1D159}',
    '\u{1D173}',
    '\u{E0001}',
    '\u{E0020}',
    '\u{E0041}',
    '\u{E007F}',
    '\u{E0100}',
    '\u{E01EF}',
];
