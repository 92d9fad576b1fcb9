//! The folder of compiled code.

use std::env;
use std::path::PathBuf;

/// The folder for compiled code: `CLAUDE_ADMIN_CACHE`, otherwise a folder in the cache of the user. If the variable is
/// empty, compiled code is not stored.
pub(super) fn folder() -> Option<PathBuf> {
    if let Some(folder) = env::var_os("CLAUDE_ADMIN_CACHE") {
        return (!folder.is_empty()).then(|| PathBuf::from(folder));
    }
    let given = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = given("XDG_CACHE_HOME").or_else(|| given("LOCALAPPDATA")).or_else(|| {
        let home = given("HOME")?;
        Some(if cfg!(target_os = "macos") { home.join("Library/Caches") } else { home.join(".cache") })
    })?;
    Some(base.join("claude-admin"))
}
