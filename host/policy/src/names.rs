//! Checks whether the name of an entity in a policy can refer to an entity.
//!
//! Cedar knows the types of entities, but not which of them exist. For Cedar, a typo in a name is not an error: the
//! policy just never matches. If that policy is a `forbid`, the actions that it should forbid would be permitted.

use super::vocabulary::Vocabulary;
use crate::groups::is_user_group;
use cedar_policy::EntityUid;
use claude_admin_chat::command::nearest;
use claude_admin_chat::identity::{Place, Principal};
use std::collections::BTreeSet;
use std::fmt::Display;
use std::str::FromStr;

/// The names of the groups that the configuration declares.
pub type GroupNames = BTreeSet<String>;

/// The problem with a name, and the suggested correction.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadName {
    pub(super) message: String,
    pub(super) remedy: String,
}

/// Checks the name of an entity.
pub(super) fn check(uid: &EntityUid, vocabulary: &Vocabulary, groups: &GroupNames) -> Result<(), BadName> {
    let id: &str = uid.id().as_ref();
    match uid.type_name().basename() {
        "Action" => check_action(id, vocabulary),
        "Group" => check_group(id, groups),
        "User" => check_written::<Principal>(uid, "no user", "write slack:TEAM/USER, http:CLIENT or local:USER"),
        "Place" => check_written::<Place>(uid, "no place", "write slack:TEAM/CHANNEL, slack:TEAM, http or local"),
        "Tenant" if !is_tenant(id) => Err(BadName {
            message: format!("`{uid}` names no workspace of a chat platform"),
            remedy: "write slack:TEAM".to_owned(),
        }),
        // Cedar itself rejects types that are not in the schema.
        _ => Ok(()),
    }
}

/// Checks the name of a group: one of the configuration, or the id of a user group of the chat platform.
pub(super) fn check_group(name: &str, groups: &GroupNames) -> Result<(), BadName> {
    if groups.contains(name) || is_user_group(name) {
        return Ok(());
    }
    let remedy = match nearest(name, groups.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "declare it in the configuration, or write slack:TEAM/SXXX for a user group of Slack".to_owned(),
    };
    Err(BadName { message: format!("there is no group `{name}`"), remedy })
}

fn is_tenant(name: &str) -> bool {
    name.parse::<Place>().is_ok_and(|place| place.platform.has_tenants() && place.channel.is_none())
}

/// A name must be in the canonical form of the host. Otherwise it never matches.
fn check_written<T: FromStr + Display>(uid: &EntityUid, nothing: &str, remedy: &str) -> Result<(), BadName> {
    let id: &str = uid.id().as_ref();
    match id.parse::<T>() {
        Ok(read) if read.to_string() == id => Ok(()),
        _ => Err(BadName { message: format!("`{uid}` names {nothing}"), remedy: remedy.to_owned() }),
    }
}

fn check_action(id: &str, vocabulary: &Vocabulary) -> Result<(), BadName> {
    if vocabulary.names_action(id) {
        return Ok(());
    }
    let known = vocabulary.action_names();
    let remedy = match nearest(id, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => match siblings(id, &known) {
            Some(siblings) => format!("there are {siblings}"),
            None => "`claude-admin policy schema` lists every action".to_owned(),
        },
    };
    Err(BadName { message: format!("there is no action `{id}`"), remedy })
}

/// The actions of the interface in an unknown name.
fn siblings(id: &str, known: &BTreeSet<&str>) -> Option<String> {
    let (interface, _) = id.split_once('.')?;
    let names: Vec<&str> =
        known.iter().copied().filter(|name| name.split_once('.').is_some_and(|(of, _)| of == interface)).collect();
    (!names.is_empty()).then(|| names.join(", "))
}
