//! The component: its imports, and its description of itself.

use claude_admin::embedded::COMPONENT;
use claude_admin_catalog::{Catalog, PackageText};
use std::path::Path;

/// The imports of a component, read with the decoder of the WebAssembly tools.
fn imports(component: &[u8]) -> Vec<String> {
    let mut imports = Vec::new();
    let mut depth = 0;
    for payload in wasmparser::Parser::new(0).parse_all(component) {
        match payload.unwrap() {
            wasmparser::Payload::ModuleSection { .. } | wasmparser::Payload::ComponentSection { .. } => depth += 1,
            wasmparser::Payload::End(_) => depth -= i32::from(depth > 0),
            wasmparser::Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(section.into_iter().map(|import| import.unwrap().name.name.to_owned()));
            }
            _ => {}
        }
    }
    imports
}

#[test]
fn the_imports_are_exactly_the_five_that_it_needs() {
    assert_eq!(
        imports(COMPONENT),
        [
            "wasi:io/error@0.2.6",
            "wasi:io/poll@0.2.6",
            "wasi:io/streams@0.2.6",
            "wasi:http/types@0.2.6",
            "wasi:http/outgoing-handler@0.2.6",
        ]
    );
}

#[test]
fn it_carries_the_wit_text_that_it_was_made_from() {
    let inside = PackageText::from_component(COMPONENT).unwrap().unwrap();
    let source = PackageText::from_folder(&crate::support::workspace().join("wit")).unwrap();
    assert_eq!(inside, source.without_worlds().without_indentation());
    assert!(Catalog::from_text(&inside).unwrap().action("users.list").is_some());
}

#[test]
fn component_is_small_and_contains_no_build_paths_or_keys() {
    assert!(COMPONENT.len() < 2_400_000, "{} bytes", COMPONENT.len());
    let holds = |needle: &str| COMPONENT.windows(needle.len()).any(|window| window == needle.as_bytes());
    let home = std::env::var("HOME").unwrap_or_else(|_| "/home/".to_owned());
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    assert!(!holds(&format!("{home}/")), "it names the home folder");
    assert!(!holds(workspace.to_str().unwrap()), "it names the workspace");
    assert!(!holds("sk-ant-"), "it holds what looks like a key");
}
