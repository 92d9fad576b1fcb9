//! The bindings of the world, as wit-bindgen writes them.

use std::error::Error;
use std::path::Path;
use wit_bindgen_core::{Files, WorldGenerator, wit_parser::Resolve};
use wit_bindgen_rust::Opts;

/// Returns the text of the bindings for a world of the package in a folder.
pub(crate) fn write(wit: &Path, world: &str) -> Result<String, Box<dyn Error>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(wit)?;
    let world = resolve.select_world(&[package], Some(world))?;
    let options = Opts {
        generate_all: true,
        pub_export_macro: true,
        runtime_path: Some("wit_bindgen::rt".to_owned()),
        ..Opts::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;
    let (_, text) = files.iter().next().ok_or("wit-bindgen wrote no file")?;
    // Each lowering is nested in the one around it, so that most of the text is indentation.
    Ok(std::str::from_utf8(text)?.lines().map(str::trim_start).collect::<Vec<_>>().join("\n"))
}
