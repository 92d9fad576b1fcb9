//! `claude-admin playbook`: lists and checks playbooks, and writes the WIT that they are built with.

use super::assemble::{catalog_without_playbooks, library, read_component};
use super::config_args::ConfigArgs;
use super::{print, print_lines};
use crate::config::Config;
use anyhow::Context;
use clap::Subcommand;
use claude_admin::embedded;
use claude_admin::playbook::{Library, PlaybookLimits};
use claude_admin_catalog::{PackageText, PlaybookForm};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The WIT package of playbooks.
const PLAYBOOK_WIT: &str = include_str!("../../../playbooks/wit/playbook.wit");

#[derive(Debug, Subcommand)]
pub(super) enum PlaybookCommand {
    /// List the playbooks of a host: the built-in ones, and those of the configuration
    List(ConfigArgs),
    /// Check a component, and show its playbooks, its imports, and the lines for the configuration
    Check {
        /// The component file
        file: PathBuf,
    },
    /// Write the WIT packages that a playbook is built with: the reads that it can import, and its own interface
    Wit {
        /// The target folder
        folder: PathBuf,
        /// An interface with the reads that the playbook needs; can be repeated. Default: all
        #[arg(long = "interface", value_name = "NAME")]
        interfaces: Vec<String>,
    },
}

pub(super) fn playbook(command: PlaybookCommand) -> anyhow::Result<u8> {
    match command {
        PlaybookCommand::List(config) => {
            let config = config.find()?.map(|found| found.config).unwrap_or_default();
            let library = library(&config, &catalog_without_playbooks(&config)?)?;
            print_lines(&listed(library.forms()))?;
        }
        PlaybookCommand::Check { file } => check(&file)?,
        PlaybookCommand::Wit { folder, interfaces } => write_wit(&folder, &interfaces)?,
    }
    Ok(0)
}

fn listed(forms: &[Arc<PlaybookForm>]) -> String {
    let mut text = String::new();
    for form in forms {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{}\n  {}\n  sha256:{}", form.usage(), form.summary, form.digest);
    }
    text
}

fn check(file: &Path) -> anyhow::Result<()> {
    let bytes = read_component(file)?;
    let catalog = catalog_without_playbooks(&Config::default())?;
    let mut library = Library::built_in(&catalog, PlaybookLimits::default(), super::cache::folder().as_deref())?;
    let forms = library.add(&bytes).with_context(|| format!("{} is not a playbook", file.display()))?;
    let mut text = listed(&forms);
    let component = forms.first().and_then(|form| library.component(form));
    let (imports, digest) = component.map(|one| (one.imports().to_vec(), one.digest().to_owned())).unwrap_or_default();
    let _ = writeln!(text, "\nreads (the playbook can use nothing else)");
    for id in imports {
        let _ = writeln!(text, "  {id}");
    }
    let _ = writeln!(
        text,
        "\nadd it to claude-admin.toml\n  [[playbooks]]\n  file = {:?}\n  sha256 = \"{digest}\"",
        file.display().to_string()
    );
    print_lines(&text)?;
    Ok(())
}

fn write_wit(folder: &Path, interfaces: &[String]) -> anyhow::Result<()> {
    let catalog = embedded::catalog()?;
    if let Some(unknown) = interfaces.iter().find(|name| catalog.interface(name).is_none()) {
        anyhow::bail!("the package {} has no interface `{unknown}`", catalog.package);
    }
    let text = PackageText::from_component(embedded::COMPONENT)?.context("the component has no text")?;
    let wanted = (!interfaces.is_empty()).then_some(interfaces);
    let part = catalog.read_only_text(&text, wanted);
    let admin = folder.join("deps/claude-admin");
    let write =
        |path: PathBuf, text: &str| fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()));
    fs::create_dir_all(&admin).with_context(|| format!("cannot make {}", admin.display()))?;
    for (name, text) in part.files() {
        write(admin.join(name), text)?;
    }
    let playbook = folder.join("deps/claude-playbook");
    fs::create_dir_all(&playbook).with_context(|| format!("cannot make {}", playbook.display()))?;
    write(playbook.join("playbook.wit"), PLAYBOOK_WIT)?;
    let reads = catalog.interfaces.iter().filter(|interface| {
        let is_wanted = interfaces.is_empty() || interfaces.contains(&interface.name);
        is_wanted && catalog.actions_of(&interface.name).any(|action| action.is_for_playbooks())
    });
    let (package, version) = catalog.package.split_once('@').unwrap_or((&catalog.package, ""));
    let imports: String =
        reads.map(|interface| format!("  import {package}/{}@{version};\n", interface.name)).collect();
    let world = format!(
        "package my:playbook;\n\nworld playbook {{\n{imports}\n  export claude:playbook/playbooks@0.1.0;\n}}\n"
    );
    write(folder.join("world.wit"), &world)?;
    print(&format!("WIT packages written to {}\n", folder.display()))?;
    Ok(())
}
