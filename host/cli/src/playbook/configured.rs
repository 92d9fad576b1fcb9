//! The playbooks of a configuration. Its comments and its layout remain.

use crate::assemble::{catalog_without_playbooks, library, pinned, read_component};
use crate::config::{Config, PlaybookConfig};
use crate::config_args::{ConfigArgs, Found};
use crate::print;
use crate::setup_error::SetupError;
use anyhow::Context;
use claude_admin::playbook::{Library, PlaybookLimits};
use claude_admin::sandbox::digest;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

/// The key of the list.
const KEY: &str = "playbooks";

/// Adds a component after it was checked with the others. This also compiles it.
pub(super) fn add(file: &Path, config: &ConfigArgs) -> anyhow::Result<()> {
    let Found { path, config } = config.required()?;
    let bytes = read_component(file)?;
    let file = file.canonicalize().with_context(|| format!("cannot find {}", file.display()))?;
    let sha256 = digest(&bytes);
    let mut together = config.playbooks.clone();
    let is_same = |known: &PlaybookConfig| known.file.canonicalize().is_ok_and(|known| known == file);
    together.retain(|known| !is_same(known));
    together.push(PlaybookConfig { file: file.clone(), sha256: sha256.clone() });
    let with_it = Config { playbooks: together, ..config.clone() };
    let library = library(&with_it, &catalog_without_playbooks(&with_it)?)?;
    let forms: Vec<_> = library.forms().iter().filter(|form| form.digest == sha256).collect();
    let shown = file.display().to_string();
    edit(&path, |tables| {
        tables.retain(|table| !is_file(table, &path, &file));
        let mut table = Table::new();
        table["file"] = value(&shown);
        table["sha256"] = value(&sha256);
        tables.push(table);
    })?;
    let names: Vec<String> = forms.iter().map(|form| format!("`{}`", form.name)).collect();
    print(&format!("Added {} to {}, sha256:{sha256}.\n", names.join(", "), path.display()))?;
    print("A host that runs loads it after a restart.\n")?;
    Ok(())
}

/// Removes the component that has a playbook. An entry whose component cannot be loaded is removed by its file.
pub(super) fn remove(name: &str, config: &ConfigArgs) -> anyhow::Result<()> {
    let Found { path, config } = config.required()?;
    let named = Path::new(name);
    let is_named = |known: &&PlaybookConfig| {
        known.file == named || named.canonicalize().is_ok_and(|named| known.file.canonicalize().ok() == Some(named))
    };
    let file = match config.playbooks.iter().find(is_named) {
        Some(known) => known.file.clone(),
        None => file_with(name, &path, &config)?,
    };
    edit(&path, |tables| tables.retain(|table| !is_file(table, &path, &file)))?;
    print(&format!("Removed {} from {}. The file itself is unchanged.\n", file.display(), path.display()))?;
    print("A host that runs uses it until a restart.\n")?;
    Ok(())
}

/// The file of the component that has a playbook.
fn file_with(name: &str, path: &Path, config: &Config) -> anyhow::Result<PathBuf> {
    let catalog = catalog_without_playbooks(config)?;
    let mut unusable = Vec::new();
    for known in &config.playbooks {
        let mut library = Library::new(&catalog, PlaybookLimits::default(), crate::cache::folder().as_deref())?;
        let forms = pinned(known).ok().and_then(|bytes| library.add(&bytes).ok());
        match forms {
            Some(forms) if forms.iter().any(|form| form.name == name) => return Ok(known.file.clone()),
            Some(_) => {}
            None => unusable.push(known.file.display().to_string()),
        }
    }
    let mut problem = format!("no component in {} has the playbook `{name}`; nothing was changed", path.display());
    if !unusable.is_empty() {
        let files = unusable.join(", ");
        problem = format!("{problem}. These files cannot be loaded; to remove one, name the file: {files}");
    }
    Err(SetupError(problem).into())
}

/// Whether an entry of the list names a file. Its path is relative to the folder of the configuration.
fn is_file(table: &Table, config: &Path, file: &Path) -> bool {
    let folder = config.parent().unwrap_or(Path::new("."));
    let named = table.get("file").and_then(Item::as_str).map(|named| folder.join(named));
    named.is_some_and(|named| named == file || named.canonicalize().ok() == file.canonicalize().ok())
}

/// Changes the list in the file of the configuration, if the result can be read as a configuration.
fn edit(path: &Path, change: impl FnOnce(&mut ArrayOfTables)) -> anyhow::Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut document: DocumentMut = text.parse().with_context(|| format!("{} cannot be read", path.display()))?;
    let list = document.entry(KEY).or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    let tables = list.as_array_of_tables_mut().ok_or_else(|| {
        SetupError(format!("{}: `{KEY}` is not written as [[{KEY}]]; nothing was changed", path.display()))
    })?;
    change(tables);
    // A file that is written in one step is never half of a configuration. A link remains a link.
    let target = path.canonicalize().with_context(|| format!("cannot find {}", path.display()))?;
    let draft = target.with_extension(format!("toml.{:08x}", fastrand::u32(..)));
    let written = write_like(&target, &draft, &document.to_string())
        .and_then(|()| Config::read(&draft).map(|_| ()).map_err(anyhow::Error::from))
        .and_then(|()| fs::rename(&draft, &target).with_context(|| format!("cannot replace {}", target.display())));
    if written.is_err() {
        fs::remove_file(&draft).ok();
    }
    written
}

/// Writes a new file with the owner and the permissions of another one.
fn write_like(model: &Path, file: &Path, text: &str) -> anyhow::Result<()> {
    let problem = || format!("cannot write {}", file.display());
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut created = options.open(file).with_context(problem)?;
    created.write_all(text.as_bytes()).with_context(problem)?;
    let found = fs::metadata(model).with_context(problem)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let own = created.metadata().with_context(problem)?;
        if (own.uid(), own.gid()) != (found.uid(), found.gid()) {
            fchown(&created, Some(found.uid()), Some(found.gid())).with_context(problem)?;
        }
    }
    created.set_permissions(found.permissions()).with_context(problem)?;
    created.sync_all().with_context(problem)
}
