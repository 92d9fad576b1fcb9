//! `reconcile`: changes in the organization that this host did not make, and writes of this host that the feed lacks.
//!
//! The feed and the log have no common ID. An activity belongs to a write of the same type, at the same time, with the same
//! target; each write explains at most one activity. Data that a client chooses, such as its user agent, explains nothing.

use crate::count::counted;
use crate::day::{instant, shown_minute};
use crate::feed::{activities, actor, details};
use crate::matching::{Change, Made, pair};
use crate::names::workspace_names;
use crate::period::since;
use crate::proposal::Draft;
use crate::world::claude::admin::activities::Activity;
use crate::world::claude::host::audit::{self, Write};
use crate::{Arguments, Playbook, param};
use jiff::{Timestamp, ToSpan};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const PLAYBOOK: Playbook = Playbook {
    name: "reconcile",
    summary: "Show the changes that were made outside this host, and writes of this host that the activity feed lacks",
    parameters: &[param("since", "The hours or days until now, such as 24h (default) or 7d, at most 31 days.")],
    plan,
};

/// The type of activity of a new workspace.
const NEW_WORKSPACE: &str = "platform_workspace_created";
/// The time by which the feed can be late.
const DELAY_SECONDS: i64 = 120;
/// The maximum number of targets that a row shows.
const MOST_TARGETS: usize = 4;

fn plan(arguments: &Arguments) -> Result<Draft, String> {
    let now = arguments.now()?;
    let span = arguments.one("since").unwrap_or("24h");
    let start = since(span, now)?;
    // A write shortly before the period explains an activity at its beginning.
    let earlier = start.checked_sub(crate::matching::LONGEST_SECONDS.seconds()).unwrap_or(start);
    let later = now.checked_add(1.hours()).unwrap_or(now);
    let writes = audit::search(&earlier.to_string(), &later.to_string())?;
    let types = audit::activity_types();
    let feed = activities(&types, &[], &start.to_string(), None)?;
    // The feed names a new workspace only by its ID, and the write only by its name.
    let names =
        if feed.iter().any(|activity| activity.type_ == NEW_WORKSPACE) { workspace_names()? } else { BTreeMap::new() };
    let changes: Vec<Change> = feed.iter().map(|activity| change(activity, &names)).collect();
    // A write that certainly changed nothing is in no feed.
    let possible: Vec<&Write> = writes.iter().filter(|write| write.changed != "no").collect();
    let made: Vec<Made> = possible.iter().map(|write| made(write)).collect();
    let explained = pair(&changes, &made);
    let mut draft = Draft::default();
    let foreign: Vec<&Activity> =
        feed.iter().zip(&explained).filter(|(_, write)| write.is_none()).map(|(activity, _)| activity).collect();
    let used: BTreeSet<usize> = explained.iter().flatten().copied().collect();
    let is_in_period = |write: &Write| instant(&write.time).is_some_and(|time| time >= start);
    let is_due = |write: &Write| instant(&write.time).is_some_and(|time| time < late(now));
    let unseen = possible.iter().enumerate().filter(|(index, write)| {
        is_in_period(write) && !used.contains(index) && write.activity.is_some() && write.changed == "yes"
    });
    let (missing, recent): (Vec<&Write>, Vec<&Write>) =
        unseen.map(|(_, write)| *write).partition(|write| is_due(write));
    let inside = feed.len() - foreign.len();
    let is_unknown_type = |write: &&&Write| is_in_period(write) && write.activity.is_none();
    let unconfirmed = possible.iter().filter(is_unknown_type).count();
    draft.say(format!(
        "In the last {span}, the feed has {} of the kinds that this host can make: {inside} by this host, and {} from outside.",
        counted(feed.len(), "change"),
        foreign.len()
    ));
    draft.say(match missing.len() {
        0 if recent.is_empty() => "The feed has every write of this host.".to_owned(),
        0 => "The feed has every older write of this host.".to_owned(),
        count => format!("The feed lacks {} of this host.", counted(count, "write")),
    });
    if !recent.is_empty() {
        let writes = counted(recent.len(), "write");
        draft.say(format!(
            "{writes} of the last {} minutes can be too new for the feed. Run this again later to check.",
            DELAY_SECONDS / 60
        ));
    }
    if unconfirmed > 0 {
        let writes = counted(unconfirmed, "write");
        draft.say(format!("For {writes} of this host, no type of activity is known, so the feed cannot confirm them."));
    }
    let rows = foreign.iter().map(|activity| {
        let targets: Vec<String> = details(activity).into_iter().map(|(_, text)| text).take(MOST_TARGETS).collect();
        vec![
            shown_minute(&activity.created_at),
            activity.type_.clone(),
            actor(activity),
            targets.join(", "),
            activity.id.clone(),
        ]
    });
    draft.table("Changes from outside this host", &["time", "type", "by", "target", "activity"], rows.collect());
    let rows = missing.iter().map(|write| {
        vec![shown_minute(&write.time), write.command.clone(), write.requester.clone(), write.operation.clone()]
    });
    draft.table("Writes of this host that the feed lacks", &["time", "command", "by", "operation"], rows.collect());
    Ok(draft)
}

/// The time until which a write must be in the feed.
fn late(now: Timestamp) -> Timestamp {
    now.checked_sub(DELAY_SECONDS.seconds()).unwrap_or(now)
}

fn change(activity: &Activity, names: &BTreeMap<String, String>) -> Change {
    // A previous value is that of an earlier change.
    let fields = details(activity).into_iter().filter(|(name, _)| !name.starts_with("previous_"));
    let mut texts: BTreeSet<String> = fields.map(|(_, text)| text).collect();
    if activity.type_ == NEW_WORKSPACE {
        let known: Vec<String> = texts.iter().filter_map(|id| names.get(id).cloned()).collect();
        texts.extend(known);
    }
    Change { kind: activity.type_.clone(), time: instant(&activity.created_at), texts }
}

fn made(write: &Write) -> Made {
    Made {
        kind: write.activity.clone(),
        time: instant(&write.time),
        texts: write.arguments.iter().cloned().collect(),
        creates: write.creates,
    }
}
