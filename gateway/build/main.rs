//! Writes the gateway from the catalog: the bindings, the values and the calls.

mod calls;
mod values;

use claude_admin_bindgen::{RustNames, Side, World};
use claude_admin_catalog::{Catalog, PackageText};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let gateway = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (admin, own) = (gateway.join("../wit"), gateway.join("wit"));
    for folder in [&admin, &own] {
        println!("cargo::rerun-if-changed={}", folder.display());
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    if let Err(error) = generate(&admin, &own, &out) {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
    }
    Ok(())
}

fn generate(admin: &Path, own: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let catalog = Catalog::from_text(&PackageText::from_folder(admin)?)?;
    let world = World::read(admin, "plugin")?.caller(own, "gateway")?;
    fs::write(out.join("bindings.rs"), world.bindings()?)?;
    let names = RustNames::new(&catalog, Side::Imports)?;
    fs::write(out.join("values.rs"), values::write(&catalog, &names)?)?;
    fs::write(out.join("calls.rs"), calls::write(&catalog, &names)?)?;
    fs::write(out.join("claude-admin.catalog"), catalog.to_prepared()?)?;
    Ok(())
}
