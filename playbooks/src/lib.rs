//! The built-in playbooks. Each reads the state of an organization, and proposes the steps of one job.
//!
//! A playbook has no other power than to read what the user who runs it can read. It is written against the interfaces of
//! the WIT package, like a playbook of anyone else.

/// The allocator of the standard library, in a version that also uses the initial memory of an instance.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

mod arguments;
mod count;
mod day;
mod digest;
mod failure;
mod feed;
mod keys;
mod matching;
mod money;
mod names;
mod offboard;
mod onboard;
mod pages;
mod period;
mod person;
mod proposal;
mod reconcile;
mod review;
mod rotate;
mod spend;
mod tidy;
mod world;

use arguments::Arguments;
use proposal::Draft;
use world::exports::claude::playbook::playbooks::{Guest, Manifest, Parameter, Proposal};

/// The component: the type that the exports are implemented on.
#[derive(Debug)]
pub struct Component;

/// A playbook.
struct Playbook {
    name: &'static str,
    summary: &'static str,
    parameters: &'static [Param],
    plan: fn(&Arguments) -> Result<Draft, String>,
}

/// A parameter of a playbook.
struct Param {
    name: &'static str,
    summary: &'static str,
    required: bool,
    repeats: bool,
    values: &'static [&'static str],
}

/// A parameter with any text.
const fn param(name: &'static str, summary: &'static str) -> Param {
    Param { name, summary, required: false, repeats: false, values: &[] }
}

/// Every playbook, in the order in which help shows them.
const PLAYBOOKS: [Playbook; 12] = [
    onboard::PLAYBOOK,
    offboard::PLAYBOOK,
    review::ACCESS,
    keys::STALE,
    keys::EXPIRING,
    keys::ORPHANED,
    rotate::PLAYBOOK,
    tidy::PLAYBOOK,
    digest::COST,
    digest::USAGE,
    spend::DESK,
    reconcile::PLAYBOOK,
];

impl Guest for Component {
    fn describe() -> Vec<Manifest> {
        let parameter = |param: &Param| Parameter {
            name: param.name.to_owned(),
            summary: param.summary.to_owned(),
            required: param.required,
            repeats: param.repeats,
            values: param.values.iter().map(|value| (*value).to_owned()).collect(),
        };
        let manifest = |playbook: &Playbook| Manifest {
            name: playbook.name.to_owned(),
            summary: playbook.summary.to_owned(),
            parameters: playbook.parameters.iter().map(parameter).collect(),
        };
        PLAYBOOKS.iter().map(manifest).collect()
    }

    fn plan(name: String, arguments: Vec<(String, String)>, now: String) -> Result<Proposal, String> {
        let playbook = PLAYBOOKS.iter().find(|playbook| playbook.name == name);
        let playbook = playbook.ok_or_else(|| format!("There is no playbook `{name}`."))?;
        (playbook.plan)(&Arguments::new(arguments, now)).map(Draft::finish)
    }
}
