//! The folder of the audit log of this account if no configuration names a file.

use super::setup_error::SetupError;
use std::path::PathBuf;

/// The path of the file. Its folder exists.
pub(super) fn audit_trail() -> anyhow::Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = variable("HOME").map(|home| home.join(".local/state"));
    let folder = variable("XDG_STATE_HOME").or(home).or_else(|| variable("LOCALAPPDATA"));
    let folder = folder.ok_or_else(|| {
        SetupError("there is no folder for the audit log: set XDG_STATE_HOME, or use --config FILE".to_owned())
    })?;
    let folder = folder.join("claude-admin");
    std::fs::create_dir_all(&folder)
        .map_err(|error| SetupError(format!("cannot create {} for the audit log: {error}", folder.display())))?;
    Ok(folder.join("claude-admin.db"))
}
