//! `claude-admin man`: the manual page.

use super::Cli;
use clap::CommandFactory;
use clap_mangen::Man;

/// The page, in the format of `man`.
pub(super) fn page() -> anyhow::Result<String> {
    let mut page = Vec::new();
    Man::new(Cli::command()).render(&mut page)?;
    Ok(String::from_utf8(page)?)
}
