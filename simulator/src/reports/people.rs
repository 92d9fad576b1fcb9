//! The members in reports: current and former ones.

use super::calendar::{day_of, minute_of};
use super::random::salt;
use crate::Object;
use crate::memory::{self, LEFT_AT};
use crate::rules::{Groups, Members, text};
use crate::store::Store;
use std::collections::HashMap;

/// A current or former member.
#[derive(Debug)]
pub(crate) struct Person<'s> {
    pub(crate) id: &'s str,
    pub(crate) email: &'s str,
    pub(crate) name: &'s str,
    /// The first role.
    pub(crate) role: &'s str,
    pub(crate) salt: u64,
    /// The day on which the person became a member.
    pub(crate) joined: i64,
    /// The minute in which the person left.
    pub(crate) left: Option<i64>,
    /// The groups, by position, oldest first.
    pub(crate) groups: Vec<usize>,
}

impl Person<'_> {
    /// Whether a person counts as a member on a day: from the day after joining to the day of leaving.
    pub(crate) fn is_member_on(&self, day: i64) -> bool {
        self.joined < day && self.left.is_none_or(|minute| minute.div_euclid(super::calendar::DAY) >= day)
    }
}

/// A group, by id and name.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Group<'s> {
    pub(crate) id: &'s str,
    pub(crate) name: &'s str,
}

/// All current and former members.
#[derive(Debug)]
pub(crate) struct People<'s> {
    pub(crate) everybody: Vec<Person<'s>>,
    pub(crate) groups: Vec<Group<'s>>,
}

impl<'s> People<'s> {
    /// Reads the current and former members, in the order in which they joined.
    pub(crate) fn of(store: &'s Store) -> Self {
        let mut groups: Vec<Group<'s>> =
            store.items(Groups::PATH).map(|group| Group { id: text(group, "id"), name: text(group, "name") }).collect();
        groups.reverse();
        let mut groups_of: HashMap<&str, Vec<usize>> = HashMap::new();
        for (position, group) in groups.iter().enumerate() {
            for member in store.items(&Groups::members_of(group.id)) {
                groups_of.entry(text(member, "user_id")).or_default().push(position);
            }
        }
        let members = store.items(Members::PATH).chain(memory::left(store));
        let mut everybody: Vec<Person<'s>> =
            members.filter_map(|member| person(store, member, &mut groups_of)).collect();
        everybody.sort_by_key(|person| (person.joined, person.id));
        Self { everybody, groups }
    }

    /// The group that counts for a member of several groups: the oldest. If all groups counted, sums by group would be
    /// too large.
    pub(crate) fn main_group(&self, person: &Person<'_>) -> Option<Group<'s>> {
        self.groups.get(*person.groups.first()?).copied()
    }

    /// Whether a person is in one of these groups.
    pub(crate) fn is_in(&self, person: &Person<'_>, ids: &[&str]) -> bool {
        person.groups.iter().filter_map(|position| self.groups.get(*position)).any(|group| ids.contains(&group.id))
    }
}

fn person<'s>(store: &'s Store, member: &'s Object, groups_of: &mut HashMap<&str, Vec<usize>>) -> Option<Person<'s>> {
    let id = text(member, "id");
    Some(Person {
        id,
        email: text(member, "email"),
        name: text(member, "name"),
        role: memory::first_role(store, id).unwrap_or_else(|| text(member, "role")),
        salt: salt(id),
        joined: day_of(text(member, "added_at").parse().ok()?),
        left: text(member, LEFT_AT).parse().ok().map(minute_of),
        groups: groups_of.remove(id).unwrap_or_default(),
    })
}
