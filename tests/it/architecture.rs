//! The dependencies of the crates: a crate can use only what it depends on.

use crate::support::workspace;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crates of this project that each of them depends on, in the order in which they build on each other. Crates that
/// only build, test or show other crates are not listed.
const CRATES: [(&str, &[&str]); 14] = [
    ("claude-admin-catalog", &[]),
    ("claude-admin-wire", &[]),
    ("claude-admin-bindgen", &["claude-admin-catalog"]),
    ("claude-admin-plugin", &["claude-admin-wire"]),
    ("claude-admin-playbooks", &[]),
    ("claude-admin-chat", &["claude-admin-catalog", "claude-admin-wire"]),
    ("claude-admin-gateway", &["claude-admin-catalog", "claude-admin-chat", "claude-admin-wire"]),
    ("claude-admin-simulator", &["claude-admin-catalog"]),
    ("claude-admin-policy", &["claude-admin-catalog", "claude-admin-chat"]),
    ("claude-admin-audit", &["claude-admin-catalog", "claude-admin-chat", "claude-admin-wire"]),
    (
        "claude-admin-authority",
        &["claude-admin-audit", "claude-admin-catalog", "claude-admin-chat", "claude-admin-policy"],
    ),
    (
        "claude-admin-runtime",
        &[
            "claude-admin-audit",
            "claude-admin-authority",
            "claude-admin-catalog",
            "claude-admin-chat",
            "claude-admin-wire",
        ],
    ),
    (
        "claude-admin",
        &[
            "claude-admin-audit",
            "claude-admin-authority",
            "claude-admin-catalog",
            "claude-admin-chat",
            "claude-admin-runtime",
        ],
    ),
    ("claude-admin-cli", &["claude-admin", "claude-admin-catalog", "claude-admin-chat", "claude-admin-simulator"]),
];

/// The dependencies that a crate must not have, because it must not be able to run a program, use a network or a store,
/// or read a command line.
const CLOSED: [(&str, &[&str]); 4] = [
    ("claude-admin-policy", &["hyper", "rusqlite", "rustix", "tokio", "wasmtime"]),
    ("claude-admin-authority", &["hyper", "hyper-util", "wasmtime", "wasmtime-wasi-http"]),
    ("claude-admin-runtime", &["cedar-policy", "rusqlite"]),
    ("claude-admin", &["cedar-policy", "clap", "rusqlite", "toml", "wasmtime"]),
];

/// A crate: its folder, and the names of its dependencies.
struct Package {
    folder: PathBuf,
    dependencies: BTreeSet<String>,
}

fn packages() -> BTreeMap<String, Package> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
        .current_dir(workspace())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let package = |package: &Value| {
        let normal = package["dependencies"].as_array().unwrap().iter().filter(|found| found["kind"].is_null());
        let dependencies = normal.map(|found| found["name"].as_str().unwrap().to_owned()).collect();
        let folder = Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned();
        (package["name"].as_str().unwrap().to_owned(), Package { folder, dependencies })
    };
    metadata["packages"].as_array().unwrap().iter().map(package).collect()
}

#[test]
fn no_crate_depends_on_one_that_builds_on_it() {
    let packages = packages();
    for (index, (name, allowed)) in CRATES.iter().enumerate() {
        let own = |found: &&String| packages.contains_key(*found);
        let found: BTreeSet<&str> = packages[*name].dependencies.iter().filter(own).map(String::as_str).collect();
        assert_eq!(found, allowed.iter().copied().collect(), "{name}");
        let is_below = |dependency: &str| CRATES[..index].iter().any(|(earlier, _)| *earlier == dependency);
        assert!(allowed.iter().all(|dependency| is_below(dependency)), "{name}");
    }
}

#[test]
fn no_crate_has_a_forbidden_dependency() {
    let packages = packages();
    for (name, closed) in CLOSED {
        let found: Vec<&&str> = closed.iter().filter(|closed| packages[name].dependencies.contains(**closed)).collect();
        assert!(found.is_empty(), "{name} depends on {found:?}");
    }
}

#[test]
fn policy_does_no_input_and_output() {
    let folder = packages().remove("claude-admin-policy").unwrap().folder.join("src");
    for (path, text) in sources(&folder) {
        let code = text.split("#[cfg(test)]").next().unwrap();
        for door in ["std::fs", "std::net", "std::process", "std::env", "File::"] {
            let is_test =
                path.ends_with("testing.rs") || path.ends_with("properties.rs") || path.ends_with("refusals.rs");
            assert!(is_test || !code.contains(door), "{}: {door}", path.display());
        }
    }
}

/// The modules of a crate that a file imports, by the first name of each path. Imports of tests are ignored.
fn imported(code: &str, is_at_the_top: bool) -> BTreeSet<String> {
    let code = code.split("#[cfg(test)]").next().unwrap();
    let paths = code.split("use crate::").skip(1).chain(code.split("use super::").skip(1).filter(|_| is_at_the_top));
    let of_path = |path: &str| {
        let path = path.split(';').next().unwrap_or_default().to_owned();
        // `{one, other::{Type}}` names several.
        let names: Vec<String> = match path.strip_prefix('{') {
            Some(inside) => inside.split([',', '{', '}']).map(str::to_owned).collect(),
            None => vec![path],
        };
        names.into_iter().map(|name| name.trim().split("::").next().unwrap_or_default().to_owned())
    };
    paths.flat_map(of_path).collect()
}

#[test]
fn no_import_between_the_modules_of_a_crate_runs_back() {
    let packages = packages();
    let mut circles = BTreeSet::new();
    for (name, _) in CRATES {
        let folder = packages[name].folder.join("src");
        let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (path, text) in sources(&folder) {
            let place: Vec<_> = path.strip_prefix(&folder).unwrap().components().collect();
            let top = place[0].as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned();
            let is_at_the_top = place.len() == 1 || place.len() == 2 && path.ends_with("mod.rs");
            if top != "lib" && top != "main" {
                imports.entry(top).or_default().extend(imported(&text, is_at_the_top));
            }
        }
        for (one, others) in &imports {
            let back = |other: &&String| *other > one && imports.get(*other).is_some_and(|back| back.contains(one));
            circles.extend(others.iter().filter(back).map(|other| format!("{name}: {one} <-> {other}")));
        }
    }
    assert_eq!(circles, BTreeSet::new());
}

/// The Rust files below a folder.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            found.push((path, text));
        }
    }
    found
}
