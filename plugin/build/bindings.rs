//! The bindings of the world, as wit-bindgen writes them.

use std::error::Error;
use std::path::Path;
use wit_bindgen_core::wit_parser::{Resolve, WorldKey};
use wit_bindgen_core::{Files, WorldGenerator};
use wit_bindgen_rust::Opts;

/// Returns the text of the bindings for a world of the package in a folder.
///
/// Every interface with functions must be exported, or nobody could call it.
pub(crate) fn write(wit: &Path, world: &str, interfaces: &[&str]) -> Result<String, Box<dyn Error>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let id = resolve.select_world(&[package], Some(world))?;
    let exported: Vec<&str> = resolve.worlds[id]
        .exports
        .keys()
        .filter_map(|key| match key {
            WorldKey::Interface(id) => resolve.interfaces[*id].name.as_deref(),
            WorldKey::Name(name) => Some(name),
        })
        .collect();
    if let Some(missing) = interfaces.iter().find(|name| !exported.contains(name)) {
        return Err(
            format!("world `{world}`: the interface `{missing}` is not exported; add `export {missing};`").into()
        );
    }
    let options = Opts {
        generate_all: true,
        pub_export_macro: true,
        runtime_path: Some("wit_bindgen::rt".to_owned()),
        ..Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, id, &mut files)?;
    let (_, text) = files.iter().next().ok_or("wit-bindgen wrote no file")?;
    // Each lowering is nested in the one around it, so that most of the text is indentation.
    Ok(std::str::from_utf8(text)?.lines().map(str::trim_start).collect::<Vec<_>>().join("\n"))
}
