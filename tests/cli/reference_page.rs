//! `docs/reference.md` is written from the WIT package. `BLESS=1 cargo test --release` writes it again.

use crate::support;
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

/// The numbers of actions that texts state. A text about a measurement or a decision at a time states the number of
/// that time.
#[test]
fn prose_states_the_number_of_operations_that_there_are() {
    let actions = Command::new(env!("CARGO_BIN_EXE_claude-admin")).args(["actions", "-o", "json"]).output().unwrap();
    let actions: Vec<serde_json::Value> = serde_json::from_slice(&actions.stdout).unwrap();
    let mut stated = 0;
    for page in [
        "README.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "docs/embedding.md",
        "docs/install.md",
        "docs/reference.md",
        "docs/terminal.md",
    ] {
        let text = std::fs::read_to_string(support::workspace().join(page)).unwrap();
        let words: Vec<&str> =
            text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_alphanumeric())).collect();
        for pair in words.windows(2) {
            let (Ok(number), "operations" | "actions") = (pair[0].parse::<usize>(), pair[1]) else { continue };
            if number > 100 {
                assert_eq!(number, actions.len(), "{page}: {} {}", pair[0], pair[1]);
                stated += 1;
            }
        }
    }
    assert!(stated > 0, "the README states it");
}
