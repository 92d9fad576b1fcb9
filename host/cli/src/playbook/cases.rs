//! The cases of a playbook: its proposals in the simulator, compared with the expected ones.

use crate::assemble::{self, Policy, StoreSource, read_component, simulated};
use crate::config::{Config, PlaybookConfig};
use crate::operator::operator;
use crate::print;
use crate::setup_error::SetupError;
use anyhow::Context;
use claude_admin::command::Markup;
use claude_admin::document::{Block, Document};
use claude_admin::identity::{Place, Principal};
use claude_admin::render;
use claude_admin::sandbox::digest;
use claude_admin::service::{Input, Request, Service};
use claude_admin_simulator::{Simulator, SimulatorConfig};
use std::fs;
use std::path::{Path, PathBuf};

/// Runs every case of a folder. The exit code is 1 if a proposal is not the expected one.
pub(super) async fn run(file: &Path, folder: &Path, bless: bool, seed: u64) -> anyhow::Result<u8> {
    let cases = cases(folder)?;
    let bytes = read_component(file)?;
    let playbooks = vec![PlaybookConfig { file: file.to_owned(), sha256: digest(&bytes) }];
    let config = Config { playbooks, ..Config::default() };
    let principal = operator()?;
    let mut different = 0;
    for (path, command) in &cases {
        let simulator = Simulator::start(SimulatorConfig { seed, ..SimulatorConfig::default() }).await;
        let target = simulated(simulator.context("the simulator does not start")?, config.upstream.platform)?;
        let host = assemble::host(&config, target, Policy::Only(&principal), &StoreSource::Passing)?;
        let found = format!("$ {command}\n{}", proposal(&host.service, &principal, command).await);
        let expected = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let name = path.display();
        match (found == expected, bless) {
            (true, _) => print(&format!("ok         {name}\n"))?,
            (false, true) => {
                fs::write(path, &found).with_context(|| format!("cannot write {name}"))?;
                print(&format!("written    {name}\n"))?;
            }
            (false, false) => {
                different += 1;
                print(&format!("different  {name}\n{}", difference(&expected, &found)))?;
            }
        }
        if let Some(simulator) = host.simulator {
            simulator.shutdown().await;
        }
    }
    let count = if cases.len() == 1 { "1 case".to_owned() } else { format!("{} cases", cases.len()) };
    print(&format!("{count}, {different} not as expected\n"))?;
    Ok(u8::from(different > 0))
}

/// The files of the cases, in the order of their names, each with its command.
fn cases(folder: &Path) -> anyhow::Result<Vec<(PathBuf, String)>> {
    let listed =
        fs::read_dir(folder).map_err(|error| SetupError(format!("cannot read {}: {error}", folder.display())))?;
    let mut cases = Vec::new();
    for file in listed {
        let path = file.with_context(|| format!("cannot read {}", folder.display()))?.path();
        if path.extension().is_none_or(|extension| extension != "txt") {
            continue;
        }
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let command = text.lines().next().and_then(|line| line.strip_prefix("$ "));
        let command = command
            .ok_or_else(|| SetupError(format!("the first line of {} is not `$ COMMAND`", path.display())))?
            .to_owned();
        cases.push((path, command));
    }
    cases.sort();
    if cases.is_empty() {
        return Err(SetupError(format!("there is no case in {}: no file ends with .txt", folder.display())).into());
    }
    Ok(cases)
}

/// The proposal of a command as text, with the tables and the steps. Nothing runs.
async fn proposal(service: &Service, principal: &Principal, command: &str) -> String {
    let request = Request {
        principal: principal.clone(),
        place: Place::terminal(),
        input: Input::Text { line: format!("{command} --dry-run --reason test"), markup: Markup::None },
        delivery: None,
        format: None,
    };
    let reply = service.handle(request).await;
    // Facts and footers have digests and IDs, which differ from build to build.
    let is_shown = |block: &Block| matches!(block, Block::Notice(_) | Block::Text(_) | Block::Table(_));
    let blocks = reply.document.blocks.into_iter().filter(is_shown).collect();
    let document = Document { blocks, ..Document::default() };
    render::text(&document).trim_end().to_owned() + "\n"
}

/// The lines that only one of two texts has, each with a sign.
fn difference(expected: &str, found: &str) -> String {
    let missing = expected.lines().filter(|line| !found.lines().any(|other| other == *line));
    let added = found.lines().filter(|line| !expected.lines().any(|other| other == *line));
    let lines: String =
        missing.map(|line| format!("  - {line}\n")).chain(added.map(|line| format!("  + {line}\n"))).collect();
    if lines.is_empty() { "  The lines are the same, in another order or number.\n".to_owned() } else { lines }
}
