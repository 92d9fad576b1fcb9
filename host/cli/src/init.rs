//! `claude-admin init`: writes a configuration, a policy and its tests.

use super::operator::operator;
use super::print_lines;
use super::setup_error::SetupError;
use claude_admin::decision::policy::{STARTER_POLICY, STARTER_TESTS};
use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

const CONFIG: &str = "claude-admin.toml";
const TESTS: &str = "policy-tests.toml";
/// The token of the one client of the HTTP API. `serve` does not start without a client that can send commands.
const TOKEN: &str = "automation.token";
const TOKEN_BYTES: usize = 32;

/// Writes the files. An existing file is not overwritten.
pub(super) fn init(folder: &Path) -> anyhow::Result<u8> {
    let config = include_str!("init/claude-admin.toml").replace("local:OPERATOR", &operator()?.to_string());
    let token = token()?;
    let files =
        [(CONFIG, config.as_str()), ("policy.cedar", STARTER_POLICY), (TESTS, STARTER_TESTS), (TOKEN, token.as_str())];
    std::fs::create_dir_all(folder)
        .map_err(|error| SetupError(format!("cannot create {}: {error}", folder.display())))?;
    if let Some((name, _)) = files.iter().find(|(name, _)| folder.join(name).exists()) {
        let problem = format!("{} already exists; no file was written", folder.join(name).display());
        return Err(SetupError(problem).into());
    }
    for (name, text) in files {
        let path = folder.join(name);
        let written = create(&path, name == TOKEN).and_then(|mut file| file.write_all(text.as_bytes()));
        written.map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => SetupError(format!("{} already exists", path.display())),
            _ => SetupError(format!("cannot write {}: {error}", path.display())),
        })?;
        print_lines(&format!("wrote {}\n", path.display()))?;
    }
    let typed = |name: &str| typed(&folder.join(name));
    let config = typed(CONFIG);
    print_lines(&format!(
        "\nNext: add users to [groups] in {config}, then run\n\
         \x20 claude-admin policy check --config {config}\n\
         \x20 claude-admin policy test --config {config} {}\n\
         \x20 claude-admin run --config {config} -- users list\n\
         \x20 claude-admin serve --config {config}\n",
        typed(TESTS)
    ))?;
    Ok(0)
}

fn token() -> anyhow::Result<String> {
    let mut bytes = [0; TOKEN_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n")
}

/// Creates a file. A secret file is readable only by its owner, if the system has file owners.
fn create(path: &Path, secret: bool) -> std::io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if secret {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = secret;
    options.open(path)
}

/// A path in shell syntax, without the current folder.
fn typed(path: &Path) -> String {
    let text = path.strip_prefix(".").unwrap_or(path).display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,@%:\\".contains(c);
    match text.starts_with('-') {
        false if text.chars().all(is_plain) => text,
        false => format!("'{}'", text.replace('\'', "'\\''")),
        true => format!("'./{}'", text.replace('\'', "'\\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_is_typed_as_a_shell_reads_it() {
        for (path, typed_as) in [
            ("./claude-admin.toml", "claude-admin.toml"),
            ("admin/claude-admin.toml", "admin/claude-admin.toml"),
            ("my admin/it's.toml", "'my admin/it'\\''s.toml'"),
            ("-x/a.toml", "'./-x/a.toml'"),
        ] {
            assert_eq!(typed(Path::new(path)), typed_as);
        }
    }
}
