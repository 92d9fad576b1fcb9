//! Stores the text of the WIT package in the crate, and the paths of its actions. The crate needs no source tree at run
//! time.

use claude_admin_catalog::{Action, Catalog, PackageText, Segment};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    println!("cargo::rerun-if-changed={}", folder.display());
    let text = PackageText::from_folder(&folder)?.without_worlds();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("package.wit.txt"), text.to_section())?;
    fs::write(out.join("path_of.rs"), path_of(&Catalog::from_text(&text)?))?;
    Ok(())
}

/// The macro `path_of!`, with the path of each action of the package.
fn path_of(catalog: &Catalog) -> String {
    let arms: String = catalog.actions.iter().map(|action| arm(action)).collect();
    format!("macro_rules! path_of {{\n{arms}}}\n")
}

fn arm(action: &Action) -> String {
    let words = action.http.path.segments().iter().map(|segment| match segment {
        Segment::Literal(word) => format!("/{word}"),
        Segment::Param(_) => "/{}".to_owned(),
    });
    let path: String = words.collect();
    format!("    ({:?}) => {{ {:?} }};\n", action.id, path.strip_suffix("/{}").unwrap_or(&path))
}
