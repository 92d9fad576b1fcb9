//! The configuration of a command: all commands use the same rule.

use super::setup_error::SetupError;
use crate::config::Config;
use clap::Args;
use std::path::{Path, PathBuf};

/// The name of the configuration file in the current folder.
const NAME: &str = "claude-admin.toml";
/// The variable that names a configuration. If it is empty, no configuration is used.
const VARIABLE: &str = "CLAUDE_ADMIN_CONFIG";

#[derive(Debug, Default, Args)]
pub(super) struct ConfigArgs {
    /// The configuration file. Default: the file in CLAUDE_ADMIN_CONFIG, otherwise ./claude-admin.toml
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

/// A configuration and the path of its file.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) config: Config,
}

impl ConfigArgs {
    /// Reads the configuration: the named file, otherwise the file in `CLAUDE_ADMIN_CONFIG`, otherwise
    /// `claude-admin.toml` in the current folder. `None` if there is none.
    pub(super) fn find(&self) -> anyhow::Result<Option<Found>> {
        let named = self.config.clone().or_else(|| std::env::var_os(VARIABLE).map(PathBuf::from));
        let path = match named {
            Some(path) if path.as_os_str().is_empty() => return Ok(None),
            Some(path) => path,
            None if Path::new(NAME).exists() => return here().map(Some),
            None => return Ok(None),
        };
        Ok(Some(Found { config: Config::read(&path)?, path }))
    }

    /// Reads the configuration of a command that requires one.
    pub(super) fn required(&self) -> anyhow::Result<Found> {
        let problem = format!(
            "there is no configuration: name a file with --config FILE or {VARIABLE}, or create one with \
             `claude-admin init`"
        );
        self.find()?.ok_or_else(|| SetupError(problem).into())
    }
}

/// A configuration that was only found in the current folder can belong to another person. It must not decide where
/// credentials are sent.
fn here() -> anyhow::Result<Found> {
    let path = PathBuf::from(NAME);
    let config = Config::read(&path)?;
    match config.redirects() {
        None => Ok(Found { path, config }),
        Some(key) => Err(SetupError(format!(
            "{NAME} in this folder sets `{key}`, which decides where credentials are sent: to use the file, name it with \
             --config"
        ))
        .into()),
    }
}
