//! Builds the component, which the host embeds.

use claude_admin_catalog::{Catalog, PackageText};
use sha2::{Digest, Sha256};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

const READY_COMPONENT: &str = "CLAUDE_ADMIN_PLUGIN";

fn main() -> Result<(), Box<dyn Error>> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rerun-if-env-changed={READY_COMPONENT}");
    for input in ["Cargo.lock", "Cargo.toml", "bindgen", "catalog", "packager", "playbooks", "plugin", "wire", "wit"] {
        println!("cargo::rerun-if-changed={}", workspace.join(input).display());
    }
    let built = component(&workspace, &out).and_then(|component| write(&out, &component));
    match built.and_then(|()| playbooks(&workspace, &out)) {
        Ok(()) => {}
        Err(error) => {
            for line in error.to_string().lines() {
                println!("cargo::error={line}");
            }
        }
    }
    Ok(())
}

/// Writes a component with its catalog and digest. The host then need not compute them at each start.
fn write(out: &Path, component: &[u8]) -> Result<(), Box<dyn Error>> {
    let text = PackageText::from_component(component)?.ok_or("the component does not carry its WIT text")?;
    fs::write(out.join("claude-admin.catalog"), Catalog::from_text(&text)?.to_prepared()?)?;
    fs::write(out.join("claude-admin.sha256"), format!("{:x}", Sha256::digest(component)))?;
    Ok(fs::write(out.join("claude-admin.wasm"), component)?)
}

/// Builds the playbooks. They have no text: the host compares their imports with the text of the component.
fn playbooks(workspace: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let core = claude_admin_packager::compile(workspace, "claude-admin-playbooks", &guest_folder(out)?)?;
    Ok(fs::write(out.join("claude-admin-playbooks.wasm"), claude_admin_packager::componentize(&core)?)?)
}

/// The target folder of guests. `out` is `TARGET/PROFILE/build/PACKAGE/out`.
fn guest_folder(out: &Path) -> Result<PathBuf, Box<dyn Error>> {
    Ok(out.ancestors().nth(4).ok_or("the build folder has no target folder above it")?.join("guest"))
}

fn component(workspace: &Path, out: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    if let Some(path) = env::var_os(READY_COMPONENT).map(PathBuf::from) {
        println!("cargo::rerun-if-changed={}", path.display());
        return fs::read(&path).map_err(|error| {
            format!("{READY_COMPONENT} names {}, which cannot be read: {error}", path.display()).into()
        });
    }
    Ok(claude_admin_packager::plugin(workspace, &guest_folder(out)?)?)
}
