//! Builds a component from a guest crate.
//!
//! Build scripts use it: [`compile`] runs cargo for `wasm32-unknown-unknown` in a separate target folder. [`encode`]
//! converts the core module to a component and stores the text of its WIT package in a custom section, because the doc
//! comments would be lost otherwise. With the feature `compose`, the program of this package also composes the gateway
//! and the component.

#[cfg(feature = "compose")]
mod compose;

#[cfg(feature = "compose")]
pub use compose::compose;

use claude_admin_catalog::{COMPRESSED_SECTION_NAME, PackageText};
use std::borrow::Cow;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The target of guests. It has no operating system, so a guest cannot have unintended imports of one.
pub const TARGET: &str = "wasm32-unknown-unknown";
/// The cargo profile that guests are compiled with.
pub const PROFILE: &str = "plugin";

/// Variables of the cargo that runs the build script. The cargo that compiles the guest must not get them.
const OUTER_VARIABLES: [&str; 8] = [
    "CARGO_BUILD_RUSTFLAGS",
    "CARGO_BUILD_TARGET",
    "CARGO_TARGET_DIR",
    "CLIPPY_ARGS",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    "RUSTDOCFLAGS",
];

/// The reason why a guest could not be packed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The target for WebAssembly is not installed, and rustup could not install it.
    #[error(
        "the Rust target {TARGET} is not installed, and `rustup target add {TARGET}` failed: {0}\n\
         Run `rustup target add {TARGET}` with access to the network (without rustup: install the package of your \
         distribution with the Rust standard library for {TARGET}), or set CLAUDE_ADMIN_PLUGIN to the path of a \
         compiled component"
    )]
    NoTarget(String),
    /// A program could not be started.
    #[error("cannot run `{program}`: {source}")]
    Start {
        /// The program.
        program: String,
        /// The cause.
        source: std::io::Error,
    },
    /// The guest does not compile.
    #[error("the guest `{package}` does not compile:\n{log}")]
    Compile {
        /// The package.
        package: String,
        /// The output of cargo.
        log: String,
    },
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The core module cannot be converted to a component.
    #[error("the module cannot be converted to a component: {0}")]
    Encode(String),
    /// Two components cannot be composed.
    #[error("the components cannot be composed: {0}")]
    Compose(String),
}

/// Compiles a package of a workspace and returns its core module.
///
/// `target_folder` should not be the target folder of the outer cargo, which holds a lock on it.
///
/// # Errors
///
/// [`PackError`], with what to do next.
pub fn compile(workspace: &Path, package: &str, target_folder: &Path) -> Result<Vec<u8>, PackError> {
    ensure_target()?;
    let cargo = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let mut command = Command::new(&cargo);
    command
        .current_dir(workspace)
        .args([
            "build",
            "--quiet",
            "--locked",
            "--package",
            package,
            "--profile",
            PROFILE,
            "--target",
            TARGET,
            "--target-dir",
        ])
        .arg(target_folder)
        .env("CARGO_ENCODED_RUSTFLAGS", remap_paths(workspace));
    for name in OUTER_VARIABLES {
        command.env_remove(name);
    }
    let output = command.output().map_err(|source| PackError::Start { program: cargo, source })?;
    if !output.status.success() {
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        return Err(PackError::Compile { package: package.to_owned(), log });
    }
    let file = format!("{}.wasm", package.replace('-', "_"));
    let path = target_folder.join(TARGET).join(PROFILE).join(file);
    std::fs::read(&path).map_err(|source| PackError::Read { path, source })
}

/// Converts a core module to a component and adds the text of its WIT package.
///
/// # Errors
///
/// [`PackError::Encode`] when the module lacks the types that wit-bindgen leaves in it.
pub fn encode(core: &[u8], text: &PackageText) -> Result<Vec<u8>, PackError> {
    let mut component = componentize(core)?;
    add_section(&mut component, text);
    Ok(component)
}

/// Compiles the plugin of this workspace and converts it to a component with the text of its WIT package.
///
/// # Errors
///
/// [`PackError`], with what to do next.
pub fn plugin(workspace: &Path, target_folder: &Path) -> Result<Vec<u8>, PackError> {
    let core = compile(workspace, "claude-admin-plugin", target_folder)?;
    let text =
        PackageText::from_folder(&workspace.join("wit")).map_err(|error| PackError::Encode(error.to_string()))?;
    encode(&core, &text)
}

/// Converts a core module to a component, without the text.
///
/// # Errors
///
/// [`PackError::Encode`] when the module lacks the types that wit-bindgen leaves in it.
pub fn componentize(core: &[u8]) -> Result<Vec<u8>, PackError> {
    let failed = |error| PackError::Encode(format!("{error:#}"));
    wit_component::ComponentEncoder::default()
        .module(core)
        .map_err(failed)?
        .validate(true)
        .debug_names(false)
        .encode()
        .map_err(failed)
}

/// Appends the text of a WIT package to a component.
pub fn add_section(component: &mut Vec<u8>, text: &PackageText) {
    use wasm_encoder::{ComponentSection, CustomSection};
    let text = text.without_worlds().without_indentation().to_compressed_section();
    let section = CustomSection { name: Cow::Borrowed(COMPRESSED_SECTION_NAME), data: Cow::Borrowed(&text) };
    section.append_to_component(component);
}

fn ensure_target() -> Result<(), PackError> {
    let rustc = env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let sysroot = Command::new(&rustc)
        .args(["--print", "sysroot"])
        .output()
        .map_err(|source| PackError::Start { program: rustc, source })?;
    let sysroot = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
    if sysroot.join("lib/rustlib").join(TARGET).join("lib").is_dir() {
        return Ok(());
    }
    let output = Command::new("rustup")
        .args(["target", "add", TARGET])
        .output()
        .map_err(|error| PackError::NoTarget(format!("rustup cannot be started ({error})")))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(PackError::NoTarget(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
    }
}

/// Compiler flags that remove the folders of this machine from the component, so its digest is the same everywhere.
fn remap_paths(workspace: &Path) -> String {
    let cargo_home = env::var_os("CARGO_HOME").map(PathBuf::from).or_else(|| {
        let home = env::var_os("HOME").or_else(|| env::var_os("USERPROFILE"))?;
        Some(PathBuf::from(home).join(".cargo"))
    });
    let workspace = std::fs::canonicalize(workspace).unwrap_or_else(|_| workspace.to_owned());
    let mut flags = vec![format!("--remap-path-prefix={}=claude-admin", workspace.display())];
    if let Some(cargo_home) = cargo_home {
        flags.push(format!("--remap-path-prefix={}=cargo", cargo_home.display()));
    }
    // The separator that cargo defines for this variable.
    flags.join("\u{1f}")
}
