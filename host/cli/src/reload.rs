//! Reloads the configuration while the host serves.

use super::assemble::{Host, host_again, target_again};
use super::frontends::frontends;
use crate::config::Config;
use claude_admin::frontend::LiveFrontends;
use claude_admin_simulator::RunningSimulator;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// The active configuration, and the state that depends on it.
pub(super) struct Reload {
    pub(super) path: PathBuf,
    /// The configuration at the start of the host.
    pub(super) started: Config,
    pub(super) stamps: Stamps,
    pub(super) simulator: Arc<Option<RunningSimulator>>,
    pub(super) live: LiveFrontends,
}

/// The modification times and sizes by which a change of the files is detected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamps(Vec<(PathBuf, Option<(SystemTime, u64)>)>);

impl Stamps {
    /// Reads the stamps of a configuration file and of the files that it names.
    pub(super) fn of(path: &Path) -> Self {
        let named = Config::read(path).map(|config| config.files()).unwrap_or_default();
        let stamp = |path: PathBuf| {
            let metadata = std::fs::metadata(&path).ok();
            let stamp = metadata.and_then(|metadata| Some((metadata.modified().ok()?, metadata.len())));
            (path, stamp)
        };
        Self(std::iter::once(path.to_owned()).chain(named).map(stamp).collect())
    }
}

impl Reload {
    /// Reloads the configuration if one of its files changed, or if `asked`. An invalid configuration is reported, and
    /// the last valid one stays active.
    pub(super) fn look(&mut self, asked: bool) {
        let stamps = Stamps::of(&self.path);
        if stamps == self.stamps && !asked {
            return;
        }
        self.stamps = stamps;
        match self.again() {
            Ok(()) => tracing::info!(path = %self.path.display(), "the configuration was reloaded"),
            Err(error) => tracing::error!(
                error = format!("{error:#}"),
                "the configuration is invalid; the last valid configuration stays active"
            ),
        }
    }

    fn again(&mut self) -> anyhow::Result<()> {
        let config = Config::read(&self.path)?;
        let unusable = self.started.unusable_changes(&config);
        if !unusable.is_empty() {
            tracing::warn!(keys = unusable.join(", "), "changes of these keys have no effect until the host restarts");
        }
        let before = self.live.get();
        let target = target_again(&config, self.simulator.as_ref().as_ref())?;
        let Host { service, web_api, .. } = host_again(&config, target, before.service.ledger().clone())?;
        let before = self.live.replace(frontends(&self.path, &config, service, web_api, Some(&before))?);
        // The operations of the previous service are finished and recorded before the host stops.
        let service = before.service;
        before.background.spawn(async move { service.finish().await });
        Ok(())
    }
}
