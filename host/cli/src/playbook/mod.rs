//! `claude-admin playbook`: the playbooks of a host, and the tools for people who write one.

mod cases;
mod configured;
mod template;
mod wit;

use super::assemble::{catalog_without_playbooks, library, read_component};
use super::config_args::ConfigArgs;
use super::{print, print_lines};
use crate::config::Config;
use anyhow::Context;
use clap::Subcommand;
use claude_admin::playbook::{Library, PlaybookLimits};
use claude_admin_catalog::PlaybookForm;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    /// Write a playbook to start from: its source, its WIT packages, its build script and a case for `playbook test`
    New {
        /// The name of the playbook: one word, such as `retire-keys`
        name: String,
        /// The target folder, which must be empty or not exist. Default: the name
        folder: Option<PathBuf>,
        /// The language
        #[arg(long, value_enum)]
        language: template::Language,
    },
    /// Run the cases of a playbook against the simulator, and compare its proposals with the expected ones
    Test {
        /// The component file
        file: PathBuf,
        /// The folder of the cases: files whose first line is `$ COMMAND`, followed by the expected proposal
        #[arg(default_value = "cases")]
        cases: PathBuf,
        /// Write the proposals as the expected ones
        #[arg(long)]
        bless: bool,
        /// The seed of the simulated organization
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Add a component to the configuration, with its digest: no other version of it is loaded
    Add {
        /// The component file
        file: PathBuf,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Remove the component with a playbook from the configuration
    Remove {
        /// The name of the playbook, or the file of the component
        name: String,
        #[command(flatten)]
        config: ConfigArgs,
    },
}

pub(super) async fn playbook(command: PlaybookCommand) -> anyhow::Result<u8> {
    match command {
        PlaybookCommand::List(config) => {
            let config = config.find()?.map(|found| found.config).unwrap_or_default();
            let library = library(&config, &catalog_without_playbooks(&config)?)?;
            print_lines(&listed(library.forms()))?;
        }
        PlaybookCommand::Check { file } => check(&file)?,
        PlaybookCommand::Wit { folder, interfaces } => {
            wit::write(&folder, &interfaces)?;
            print(&format!("WIT packages written to {}\n", folder.display()))?;
        }
        PlaybookCommand::New { name, folder, language } => template::new(&name, folder, language)?,
        PlaybookCommand::Test { file, cases, bless, seed } => return cases::run(&file, &cases, bless, seed).await,
        PlaybookCommand::Add { file, config } => configured::add(&file, &config)?,
        PlaybookCommand::Remove { name, config } => configured::remove(&name, &config)?,
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
        "\n`claude-admin playbook add {}` adds these lines to the configuration\n  [[playbooks]]\n  file = {:?}\n  \
         sha256 = \"{digest}\"",
        file.display(),
        file.display().to_string()
    );
    print_lines(&text)?;
    Ok(())
}
