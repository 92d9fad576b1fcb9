//! The playbooks to start from, one for each language.

use super::wit;
use crate::assemble::library;
use crate::config::Config;
use crate::print;
use crate::setup_error::SetupError;
use anyhow::Context;
use claude_admin::embedded;
use claude_admin_catalog::PlaybookForm;
use claude_admin_chat::command::playbook_problem;
use std::fs;
use std::path::PathBuf;

/// A language of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Language {
    /// A small component; needs Rust and wasm-tools
    Rust,
    /// Needs Node
    #[value(name = "javascript", alias = "js")]
    JavaScript,
    /// Needs Python
    Python,
}

/// The name of the playbook in the templates.
const NAME: &str = "my-playbook";

/// The case of the templates: they all propose the same.
const CASE: &str = include_str!("../../../../examples/playbooks/cases/billing-to-user.txt");

/// The files of a template, with their paths.
macro_rules! files {
    ($folder:literal: $($path:literal),*) => {
        &[$(($path, include_str!(concat!("../../../../examples/playbooks/", $folder, "/", $path)))),*]
    };
}

impl Language {
    fn files(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Rust => files!("rust": "Cargo.toml", "src/lib.rs", "build.sh"),
            Self::JavaScript => files!("javascript": "package.json", "playbook.js", "build.mjs", "build.sh"),
            Self::Python => files!("python": "app.py", "requirements.txt", "build.sh"),
        }
    }
}

/// Writes a template, with the name of the playbook.
pub(super) fn new(name: &str, folder: Option<PathBuf>, language: Language) -> anyhow::Result<()> {
    let form =
        PlaybookForm { name: name.to_owned(), summary: NAME.to_owned(), parameters: Vec::new(), digest: String::new() };
    let catalog = embedded::catalog()?;
    let problem = match playbook_problem(&catalog, &form) {
        None if name.contains(' ') => Some("the name of a template is one word".to_owned()),
        None if library(&Config::default(), &catalog)?.forms().iter().any(|form| form.name == name) => {
            Some("a built-in playbook has this name".to_owned())
        }
        problem => problem,
    };
    if let Some(problem) = problem {
        let text = format!("a playbook cannot have the name `{name}`: {problem}; no file was written");
        return Err(SetupError(text).into());
    }
    let folder = folder.unwrap_or_else(|| PathBuf::from(name));
    let is_empty = fs::read_dir(&folder).map_or(true, |mut files| files.next().is_none());
    if !is_empty {
        return Err(SetupError(format!("{} is not empty; no file was written", folder.display())).into());
    }
    for (path, text) in language.files() {
        // Names of libraries have underscores.
        let text = text.replace(NAME, name).replace(&NAME.replace('-', "_"), &name.replace('-', "_"));
        write(&folder.join(path), &text)?;
    }
    write(&folder.join("cases/billing-to-user.txt"), &CASE.replace(NAME, name))?;
    wit::write(&folder.join("wit"), &["users".to_owned()])?;
    let shown = folder.display();
    print(&format!(
        "The playbook `{name}` was written to {shown}.\nBuild it: {shown}/build.sh\nTest it:  claude-admin playbook test \
         {shown}/playbook.wasm {shown}/cases\nAdd it:   claude-admin playbook add {shown}/playbook.wasm\n"
    ))?;
    Ok(())
}

fn write(path: &std::path::Path, text: &str) -> anyhow::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    #[cfg(unix)]
    if path.extension().is_some_and(|extension| extension == "sh") {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))
            .with_context(|| format!("cannot make {} executable", path.display()))?;
    }
    Ok(())
}
