//! `claude-admin plugin`: inspects a component, or writes the embedded component to a file.

use super::assemble::{load, read_component};
use super::{print, print_lines};
use anyhow::Context;
use clap::Subcommand;
use claude_admin::egress::{Credentials, Egress, Upstream};
use claude_admin::embedded::{COMPONENT, DIGEST};
use claude_admin::sandbox::{Limits, Sandbox};
use std::fmt::Write;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// Show imports, exports, digest, size and the request of every action
    Inspect {
        /// The component file. Default: the embedded component
        path: Option<PathBuf>,
    },
    /// Write the embedded component to a file
    Export {
        /// The target file
        file: PathBuf,
    },
}

pub(super) fn plugin(command: PluginCommand) -> anyhow::Result<u8> {
    match command {
        PluginCommand::Export { file } => {
            std::fs::write(&file, COMPONENT).with_context(|| format!("cannot write {}", file.display()))?;
            print(&format!("{} bytes written to {}\nsha256:{}\n", COMPONENT.len(), file.display(), DIGEST))?;
        }
        PluginCommand::Inspect { path } => {
            // The component is only compiled and checked. It has no credential and is not called.
            let egress = Arc::new(Egress::new(Upstream::default(), Credentials::default(), None)?);
            let sandbox = Sandbox::new(
                Limits { concurrency: 1, ..Limits::default() },
                egress,
                super::cache::folder().as_deref(),
            )?;
            let bytes = path.as_deref().map(read_component).transpose()?;
            let plugin = load(&sandbox, path.as_deref().zip(bytes.as_deref()))?;
            let mut text = String::new();
            // Writing to a string does not fail.
            let _ = writeln!(text, "package  {}", plugin.catalog().package);
            let _ = writeln!(text, "sha256   {}", plugin.digest());
            let _ = writeln!(text, "size     {} bytes", plugin.size());
            let _ = writeln!(text, "\nimports (the component can use nothing else)");
            plugin.imports().iter().for_each(|name| {
                let _ = writeln!(text, "  {name}");
            });
            let _ = writeln!(text, "\nexports");
            for export in plugin.exports() {
                let _ = writeln!(text, "  {}: {}", export.name, export.functions.join(", "));
            }
            let _ = writeln!(text, "\nrequests (an action can send only its own request)");
            let actions = &plugin.catalog().actions;
            let width = actions.iter().map(|action| action.id.len()).max().unwrap_or_default();
            for action in actions {
                let _ = writeln!(text, "  {:<width$} {:<13} {}", action.id, action.risk.as_str(), action.http);
            }
            print_lines(&text)?;
        }
    }
    Ok(0)
}
