//! Stores the text of the WIT package in the crate. The crate needs no source tree at run time.

use claude_admin_catalog::PackageText;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    println!("cargo::rerun-if-changed={}", folder.display());
    let text = PackageText::from_folder(&folder)?.without_worlds();
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("package.wit.txt"), text.to_section())?;
    Ok(())
}
