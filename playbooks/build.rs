//! Writes the bindings of the playbooks: the reads of the WIT package that they import, and their own interface.

use claude_admin_bindgen::World;
use claude_admin_catalog::{Catalog, PackageText};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for input in ["../wit", "wit"] {
        println!("cargo::rerun-if-changed={}", folder.join(input).display());
    }
    if let Err(error) = generate(folder, &out) {
        for line in error.to_string().lines() {
            println!("cargo::error={line}");
        }
    }
    Ok(())
}

fn generate(folder: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let text = PackageText::from_folder(&folder.join("../wit"))?;
    let part = Catalog::from_text(&text)?.read_only_text(&text, None);
    // A folder with both packages, as tools of components expect it.
    let wit = out.join("wit");
    let admin = wit.join("deps/claude-admin");
    fs::create_dir_all(&admin)?;
    for (name, text) in part.files() {
        fs::write(admin.join(name), text)?;
    }
    let host = "deps/claude-host";
    fs::create_dir_all(wit.join(host))?;
    for own in [".", host] {
        for file in fs::read_dir(folder.join("wit").join(own))? {
            let file = file?;
            if file.file_type()?.is_file() {
                fs::copy(file.path(), wit.join(own).join(file.file_name()))?;
            }
        }
    }
    fs::write(out.join("bindings.rs"), World::read(&wit, "built-in")?.bindings()?)?;
    Ok(())
}
