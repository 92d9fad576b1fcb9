//! Writes the guest from the catalog: the bindings, the codec and the functions.

mod bindings;
mod codec;
mod functions;
mod rust_names;

use claude_admin_catalog::{Catalog, PackageText};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    println!("cargo::rerun-if-changed={}", wit.display());
    let out = PathBuf::from(env::var("OUT_DIR")?);

    if let Err(error) = generate(&wit, &out) {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
    }
    Ok(())
}

fn generate(wit: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let catalog = Catalog::from_text(&PackageText::from_folder(wit)?)?;
    let interfaces: Vec<&str> = catalog.interfaces.iter().map(|interface| interface.name.as_str()).collect();
    fs::write(out.join("bindings.rs"), bindings::write(wit, "plugin", &interfaces)?)?;
    let names = rust_names::RustNames::new(&catalog)?;
    fs::write(out.join("codec.rs"), codec::write(&catalog, &names)?)?;
    fs::write(out.join("functions.rs"), functions::write(&catalog, &names)?)?;
    Ok(())
}
