//! `claude-admin init`: a configuration, a policy and tests for it.

use super::operator::operator;
use super::print;
use super::setup_error::SetupError;
use claude_admin::decision::policy::{STARTER_POLICY, STARTER_TESTS};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Writes the files; none that is there is overwritten.
pub(super) fn init(folder: &Path) -> anyhow::Result<u8> {
    let config = include_str!("init/claude-admin.toml").replace("local:OPERATOR", &operator()?.to_string());
    let files = [
        ("claude-admin.toml", config.as_str()),
        ("policy.cedar", STARTER_POLICY),
        ("policy-tests.toml", STARTER_TESTS),
    ];
    std::fs::create_dir_all(folder)
        .map_err(|error| SetupError(format!("cannot make {}: {error}", folder.display())))?;
    if let Some((name, _)) = files.iter().find(|(name, _)| folder.join(name).exists()) {
        let problem = format!("{} is there already; nothing was written", folder.join(name).display());
        return Err(SetupError(problem).into());
    }
    for (name, text) in files {
        let path = folder.join(name);
        let written = OpenOptions::new().write(true).create_new(true).open(&path);
        let written = written.and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => SetupError(format!("{} is there already", path.display())),
            _ => SetupError(format!("cannot write {}: {error}", path.display())),
        })?;
        print(&format!("wrote {}\n", path.display()))?;
    }
    print(
        "\nNext: put people into [groups] of claude-admin.toml, then\n\
         \x20 claude-admin policy check --config claude-admin.toml\n\
         \x20 claude-admin policy test --config claude-admin.toml policy-tests.toml\n\
         \x20 claude-admin run --config claude-admin.toml -- users list\n",
    )?;
    Ok(0)
}
