//! Which configuration a command follows: one rule for all of them.

use super::setup_error::SetupError;
use crate::config::Config;
use clap::Args;
use std::path::{Path, PathBuf};

/// The name of a configuration that is found in the current folder.
const NAME: &str = "claude-admin.toml";
/// The variable that names a configuration; if it is empty, none is looked for.
const VARIABLE: &str = "CLAUDE_ADMIN_CONFIG";

#[derive(Debug, Default, Args)]
pub(super) struct ConfigArgs {
    /// The configuration file; else the one in CLAUDE_ADMIN_CONFIG, else ./claude-admin.toml
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

/// A configuration, and where it is.
pub(super) struct Found {
    pub(super) path: PathBuf,
    pub(super) config: Config,
}

impl ConfigArgs {
    /// Reads the configuration: the file that is named, else the one that `CLAUDE_ADMIN_CONFIG` names, else
    /// `claude-admin.toml` in the current folder; `None` where there is none.
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

    /// Reads the configuration of a command that cannot do without one.
    pub(super) fn required(&self) -> anyhow::Result<Found> {
        let problem = format!(
            "there is no configuration: name one with --config FILE or {VARIABLE}, or write one here with `claude-admin init`"
        );
        self.find()?.ok_or_else(|| SetupError(problem).into())
    }
}

/// A configuration that nobody named may have come with a folder of somebody else: it must not decide where credentials go.
fn here() -> anyhow::Result<Found> {
    let path = PathBuf::from(NAME);
    let config = Config::read(&path)?;
    match config.redirects() {
        None => Ok(Found { path, config }),
        Some(key) => Err(SetupError(format!(
            "{NAME} in this folder sets `{key}`, which decides where credentials are sent: name the file with --config to use it"
        ))
        .into()),
    }
}
