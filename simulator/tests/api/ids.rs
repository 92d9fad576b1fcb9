//! The source of the simulator names actions by their IDs. Paths come from the WIT package.

use crate::support::Api;
use std::path::{Path, PathBuf};

/// The minimum number of IDs in the source. It excludes a search that finds nothing.
const LEAST_IDS: usize = 100;

/// The source files in a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// The texts of the source, each with its file: no comments and no unit tests.
fn texts() -> Vec<(String, String)> {
    let mut texts = Vec::new();
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        if path.extension().is_some_and(|extension| extension == "rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            let code = source.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                let quoted = line.split('"').skip(1).step_by(2);
                texts.extend(quoted.map(|text| (path.display().to_string(), text.to_owned())));
            }
        }
    }
    texts
}

#[test]
fn every_action_that_the_source_names_is_in_the_catalog() {
    let api = Api::new();
    let catalog = api.simulation.catalog();
    let mut count = 0;
    for (path, text) in texts() {
        let Some((interface, function)) = text.split_once('.') else { continue };
        let is_word = function.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if is_word && catalog.actions_of(interface).next().is_some() {
            assert!(catalog.action(&text).is_some(), "{path}: {text}");
            count += 1;
        }
    }
    assert!(count >= LEAST_IDS, "{count}");
}

#[test]
fn no_path_of_the_api_is_in_the_source() {
    for (path, text) in texts() {
        assert!(!text.starts_with("/v1/"), "{path}: {text}");
    }
}
