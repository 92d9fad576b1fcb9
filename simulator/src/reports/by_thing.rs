//! Reports about the use of connectors, skills, plugins, chat projects and artifacts.

use super::asked::{Days, Filters, GroupBy};
use super::doings::Product;
use super::ledger::Ledger;
use super::ordered;
use super::rows::Rows;
use super::thing_rows::{Seen, artifact, connector, plugin, project, skill};
use super::things::{Kind, Thing};
use crate::error::ApiError;
use crate::query::Query;
use crate::routes::Target;
use crate::rules::View;
use crate::validate::at;
use serde_json::Value;
use std::collections::BTreeMap;

/// The key of a row: the object, whether it is shared, and the values of the grouping.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    thing: usize,
    is_shared: bool,
    product: Option<Product>,
    group: Option<usize>,
    user: Option<usize>,
}

pub(super) fn connectors(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    report(Kind::Connector, target, query, view)
}

pub(super) fn skills(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    report(Kind::Skill, target, query, view)
}

pub(super) fn plugins(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    report(Kind::Plugin, target, query, view)
}

pub(super) fn chat_projects(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    report(Kind::Project, target, query, view)
}

/// Without a grouping, all rows; otherwise page by page.
pub(super) fn artifacts(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let rows = rows(Kind::Artifact, target, query, view)?;
    if GroupBy::of(query).is_any() {
        return Ok(Rows::cut(rows, query)?.plain());
    }
    if query.page().is_some() {
        return Err(at("page", "It requires group_by[]"));
    }
    Ok(Rows { shown: rows, next_page: None }.plain())
}

fn report(kind: Kind, target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let rows = ordered::by(query, rows(kind, target, query, view)?)?;
    Ok(Rows::cut(rows, query)?.plain())
}

/// The rows, largest number of members first.
fn rows(kind: Kind, target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Vec<Value>, ApiError> {
    let days = Days::of(query, view.now)?;
    let filters = Filters::of(target, query, own_filters(kind))?;
    let group_by = GroupBy::of(query);
    let ledger = Ledger::of(view.store);
    let things = Thing::of(kind, view.store);
    let mut seen: BTreeMap<Key, Seen> = BTreeMap::new();
    for (user, person) in ledger.people.everybody.iter().enumerate() {
        if !filters.fits_person(&ledger.people, person) {
            continue;
        }
        for day in days.iter().filter(|day| person.is_member_on(*day)) {
            for (thing, product) in things.iter().enumerate().flat_map(|thing| Product::ALL.map(|one| (thing, one))) {
                let (position, thing) = thing;
                let uses = thing.uses(ledger.seed, person, product, day);
                let (is_shared, is_published) = thing.sharing(ledger.seed, person, day);
                let is_shared = kind == Kind::Artifact && is_shared;
                if uses == 0 || !fits(&filters, thing, product, is_shared) {
                    continue;
                }
                let key = Key {
                    thing: position,
                    is_shared,
                    product: group_by.product.then_some(product),
                    group: group_by.group.then(|| person.groups.first().copied()).flatten(),
                    user: group_by.user.then_some(user),
                };
                let row = seen.entry(key).or_default();
                row.users.insert(user);
                row.uses += uses;
                row.published += if is_shared && is_published { uses } else { 0 };
                row.messages += uses * 2;
                *row.sessions.entry(product).or_default() += Thing::sessions(uses);
            }
        }
    }
    let mut seen: Vec<(Key, Seen)> = seen.into_iter().collect();
    seen.sort_by_key(|(_, row)| std::cmp::Reverse((row.users.len(), row.uses)));
    let shown = seen.into_iter().filter_map(|(key, row)| {
        let thing = things.get(key.thing)?;
        let mut shown = match kind {
            Kind::Connector => connector(thing, &row, &ledger),
            Kind::Skill => skill(thing, &row),
            Kind::Plugin => plugin(thing, &row),
            Kind::Project => project(thing, &row, view.store)?,
            Kind::Artifact => artifact(thing, &row, key.is_shared),
        };
        let fields = shown.as_object_mut()?;
        if kind != Kind::Project {
            fields.insert("product".to_owned(), key.product.map(Product::word).into());
        }
        let group = key.group.and_then(|position| ledger.people.groups.get(position));
        fields.insert("rbac_group_id".to_owned(), group.map(|group| group.id).into());
        fields.insert("rbac_group_name".to_owned(), group.map(|group| group.name).into());
        let user = key.user.and_then(|position| ledger.people.everybody.get(position));
        fields.insert("user_id".to_owned(), user.map(|user| user.id).into());
        Some(shown)
    });
    Ok(shown.collect())
}

/// The dimensions of filters that only the rows of one kind have.
fn own_filters(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Connector => &["connector_name"],
        Kind::Plugin => &["plugin_name"],
        Kind::Skill => &["share_status", "skill_name"],
        Kind::Project => &["project_id"],
        Kind::Artifact => &["artifact_type", "is_shared"],
    }
}

fn fits(filters: &Filters, thing: &Thing, product: Product, is_shared: bool) -> bool {
    filters.fits("product", product.word())
        && match thing.kind {
            Kind::Connector => filters.fits("connector_name", &thing.name),
            Kind::Plugin => filters.fits("plugin_name", &thing.name),
            Kind::Skill => filters.fits("skill_name", &thing.name) && filters.fits("share_status", thing.note),
            Kind::Project => filters.fits("project_id", thing.id.as_deref().unwrap_or_default()),
            Kind::Artifact => {
                filters.fits("artifact_type", &thing.name)
                    && filters.fits("is_shared", if is_shared { "true" } else { "false" })
            }
        }
}
