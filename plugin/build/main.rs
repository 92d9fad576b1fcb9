//! Writes the guest from the catalog: the bindings, the codec and the functions.

mod codec;
mod functions;

use claude_admin_bindgen::{RustNames, Side, World};
use claude_admin_catalog::{Catalog, PackageText};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The initial memory of an instance, in bytes: the stack, the data, and a heap for most responses.
/// For more memory, the host must change the protection of pages on every processor, in each call.
const INITIAL_MEMORY: u32 = 2 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    if env::var("CARGO_CFG_TARGET_ARCH")? == "wasm32" {
        println!("cargo::rustc-link-arg-cdylib=--initial-memory={INITIAL_MEMORY}");
    }
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
    let world = World::read(wit, "plugin")?;
    // If an interface with functions is not exported, no caller can use it.
    let exports = world.exports();
    if let Some(missing) = catalog.interfaces.iter().find(|interface| !exports.contains(&interface.name.as_str())) {
        let name = &missing.name;
        return Err(format!("world `plugin`: the interface `{name}` is not exported; add `export {name};`").into());
    }
    fs::write(out.join("bindings.rs"), world.bindings()?)?;
    let names = RustNames::new(&catalog, Side::Exports)?;
    fs::write(out.join("codec.rs"), codec::write(&catalog, &names)?)?;
    fs::write(out.join("functions.rs"), functions::write(&catalog, &names)?)?;
    Ok(())
}
