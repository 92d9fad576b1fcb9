//! Where the audit trail of this account is kept when no configuration names a place.

use super::setup_error::SetupError;
use std::path::PathBuf;

/// The file, in a folder that exists.
pub(super) fn audit_trail() -> anyhow::Result<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = variable("HOME").map(|home| home.join(".local/state"));
    let folder = variable("XDG_STATE_HOME").or(home).or_else(|| variable("LOCALAPPDATA"));
    let folder = folder.ok_or_else(|| {
        SetupError("there is no place for the audit trail: set XDG_STATE_HOME, or give --config FILE".to_owned())
    })?;
    let folder = folder.join("claude-admin");
    std::fs::create_dir_all(&folder)
        .map_err(|error| SetupError(format!("cannot make {} for the audit trail: {error}", folder.display())))?;
    Ok(folder.join("claude-admin.db"))
}
