//! `docs/reference.md` is written from the WIT package. `BLESS=1 cargo test --release` writes it anew.

use super::support;
use std::process::Command;

#[test]
fn the_reference_page_is_what_the_component_declares() {
    let written =
        Command::new(env!("CARGO_BIN_EXE_claude-admin")).args(["actions", "-o", "markdown"]).output().unwrap();
    assert!(written.status.success(), "{}", String::from_utf8_lossy(&written.stderr));
    let page = String::from_utf8(written.stdout).unwrap();
    let path = support::workspace().join("docs/reference.md");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, page).unwrap();
    } else {
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == page, "docs/reference.md differs from `claude-admin actions -o markdown`: run with BLESS=1");
    }
}
