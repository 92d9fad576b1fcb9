//! `claude-admin policy`: checks and tests the policy, and prints the schema for policies.

use super::assemble::{catalog, lone_operator, second_person_in_policy};
use super::config_args::ConfigArgs;
use super::setup_error::SetupError;
use super::{print, print_lines};
use crate::config::Config;
use clap::Subcommand;
use claude_admin::command::{self, Command, Markup};
use claude_admin::decision::groups::Groups;
use claude_admin::decision::policy::{CaseReport, Policies, Table, run, schema_text};
use claude_admin_catalog::Catalog;
use claude_admin_chat::outside_text;
use std::borrow::Cow;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// The exit code for an invalid policy, and for a policy whose tests fail.
const NOT_RIGHT: u8 = 1;

#[derive(Debug, Subcommand)]
pub(super) enum PolicyCommand {
    /// Check the policy against the actions of the component, and print each problem with its line
    Check {
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Run policy tests: principal, place, command and expected decision
    Test {
        /// The file with the tests
        file: PathBuf,
        #[command(flatten)]
        config: ConfigArgs,
    },
    /// Write the Cedar schema to standard output
    Schema {
        /// If there is a configuration, the schema is derived from its component
        #[command(flatten)]
        config: ConfigArgs,
    },
}

pub(super) fn policy(command: PolicyCommand) -> anyhow::Result<u8> {
    match command {
        PolicyCommand::Schema { config } => {
            let config = config.find()?.map(|found| found.config).unwrap_or_default();
            print(&schema_text(&catalog(&config)?))?;
            Ok(0)
        }
        PolicyCommand::Check { config } => {
            let config = config.required()?.config;
            let catalog = catalog(&config)?;
            let Some(policies) = parse(&config, &catalog)? else { return Ok(NOT_RIGHT) };
            let second = lone_operator(&config)?.and_then(|alone| policies.second_person(&alone.principal));
            if let Some(second) = second {
                return Err(second_person_in_policy(&second).into());
            }
            for warning in policies.warnings() {
                print_lines(&format!("warning: {warning}\n"))?;
            }
            let file = config.policy.file.display();
            print_lines(&format!("{file}: {} policies, sha256:{}\n", policies.len(), policies.hash()))?;
            Ok(0)
        }
        PolicyCommand::Test { file, config } => {
            let config = config.required()?.config;
            let catalog = catalog(&config)?;
            let Some(policies) = parse(&config, &catalog)? else { return Ok(NOT_RIGHT) };
            test(&config, &catalog, &policies, &file)
        }
    }
}

fn test(config: &Config, catalog: &Catalog, policies: &Policies, file: &Path) -> anyhow::Result<u8> {
    let text = read("table", file)?;
    let groups = Groups::new(config.members()?, None);
    let table = match Table::parse(&file.display().to_string(), &text, &groups.names()) {
        Ok(table) => table,
        Err(errors) => {
            print_lines(&format!("{errors}\n"))?;
            return Ok(NOT_RIGHT);
        }
    };
    let understood = |line: &str| match command::parse(catalog, line, Markup::None, jiff::Timestamp::now()) {
        Ok(Command::Run(draft, _)) if draft.references.is_empty() => Ok(draft.invocation),
        Ok(Command::Run(..)) => Err("a table must name objects by their IDs".to_owned()),
        Ok(_) => Err("the command is not an action".to_owned()),
        Err(error) => Err(error.to_string()),
    };
    let now = jiff::Timestamp::now();
    let report = run(policies, &table, &understood, &|principal| groups.without_directory(principal), now);
    for case in report.failures() {
        print_lines(&told(file, case))?;
    }
    print_lines(&format!(
        "{}: {} cases, {} not as expected\n",
        file.display(),
        report.cases.len(),
        report.failures().count()
    ))?;
    Ok(if report.passed() { 0 } else { NOT_RIGHT })
}

/// A test case with an unexpected decision.
fn told(file: &Path, case: &CaseReport) -> String {
    let CaseReport { line, who, place, command, expected, came, policies, message, .. } = case;
    let because = match (policies.is_empty(), message) {
        (false, _) => format!(" by {}", policies.join(", ")),
        (true, Some(message)) => format!(" ({message})"),
        (true, None) => String::new(),
    };
    format!("{}:{line}: {who} in {place}: `{command}`: expected {expected}, found {came}{because}\n", file.display())
}

/// Reads the text of a file.
fn read(what: &str, file: &Path) -> Result<String, SetupError> {
    let wrong = |error: &dyn Display| SetupError(format!("cannot read the {what} {}: {error}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| wrong(&error))?;
    outside_text::text(&bytes).map(Cow::into_owned).map_err(|error| wrong(&error))
}

/// Reads the policy, and prints its problems.
fn parse(config: &Config, catalog: &Catalog) -> anyhow::Result<Option<Policies>> {
    let file = &config.policy.file;
    let text = read("policy", file)?;
    let names = Groups::new(config.members()?, None).names();
    match Policies::parse(catalog, &names, &file.display().to_string(), &text) {
        Ok(policies) => Ok(Some(policies)),
        Err(errors) => {
            print_lines(&format!("{errors}\n"))?;
            Ok(None)
        }
    }
}
