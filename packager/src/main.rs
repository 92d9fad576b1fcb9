//! Compiles the gateway and the component of this workspace, and writes them as one file.

use claude_admin_packager::{PackError, compile, componentize, compose, plugin};
use std::env;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let (Some(output), None) = (arguments.next().map(PathBuf::from), arguments.next()) else {
        eprintln!("Usage: claude-admin-packager FILE\n\nWrites the gateway, composed with the component, to FILE.");
        return ExitCode::from(2);
    };
    let written = gateway().map_err(|error| error.to_string()).and_then(|component| {
        std::fs::write(&output, &component)
            .map(|()| component.len())
            .map_err(|error| format!("cannot write {}: {error}", output.display()))
    });
    match written {
        Ok(bytes) => {
            println!("{}: {bytes} bytes", output.display());
            ExitCode::SUCCESS
        }
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn gateway() -> Result<Vec<u8>, PackError> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace.join("target"), PathBuf::from).join("guest");
    let gateway = componentize(&compile(&workspace, "claude-admin-gateway", &target)?)?;
    compose(&gateway, &plugin(&workspace, &target)?)
}
