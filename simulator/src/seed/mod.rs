//! The organization at the start. It is generated, and is the same for the same seed.
//!
//! All identifiers that the examples of the catalog name exist, so every example can be tried.

mod api_keys;
mod claude_code;
mod claude_tag;
mod examples;
mod groups;
mod identity;
mod integrations;
mod invites;
mod limits;
mod members;
mod more;
mod people;
mod plausible;
mod storage;
mod workspaces;

use crate::SimulatorConfig;
use crate::ids::Ids;
use crate::memory;
use crate::perform::World;
use crate::routes::Routes;
use crate::rules::ORGANIZATION;
use crate::store::Store;
use claude_admin_catalog::Catalog;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Separates the IDs of most families from those of people, workspaces, keys and invites.
const FAMILIES: u64 = 0x6661_6d69_6c69_6573;
const ORGANIZATION_NAME: &str = "Acme Robotics (simulated)";

/// A world that is being generated.
struct Seeder<'c> {
    catalog: &'c Catalog,
    organization_id: String,
    /// The first admin.
    owner: String,
    store: Store,
    ids: Ids,
    rng: Rng,
    now: Timestamp,
}

/// Generates the initial world of a simulation.
pub(crate) fn world(config: &SimulatorConfig, routes: &Routes, now: Timestamp) -> World {
    let catalog = routes.catalog();
    let mut ids = Ids::new(config.seed);
    let organization_id = ids.uuid();
    let organization_id = example_organization(catalog).unwrap_or(organization_id);
    let store = Store::default();
    let rng = Rng::with_seed(config.seed);
    let mut seeder = Seeder { catalog, organization_id, owner: String::new(), store, ids, rng, now };
    if let Value::Object(organization) = json!({ "id": seeder.organization_id, "name": ORGANIZATION_NAME }) {
        seeder.store.singletons.insert(ORGANIZATION.to_owned(), organization);
    }
    let members = seeder.members(config.members, config.organization);
    seeder.owner = members
        .iter()
        .find(|member| ["admin", "primary_owner"].contains(&&*member.role))
        .map_or_else(String::new, |admin| admin.id.clone());
    let workspaces = seeder.workspaces();
    seeder.workspace_members(&workspaces, &members);
    let key_owner = seeder.ids.next("svac_");
    seeder.api_keys(&workspaces, &members, &key_owner);
    seeder.invites(&members);
    // Separate IDs: these families do not change the generated IDs of the others.
    let ids = std::mem::replace(&mut seeder.ids, Ids::new(config.seed ^ FAMILIES));
    let account = seeder.service_accounts(&workspaces, &key_owner);
    seeder.federation(&workspaces, &account);
    seeder.groups(&members);
    seeder.rate_limits(&workspaces);
    seeder.spend(&workspaces, &members);
    seeder.external_keys(&workspaces);
    seeder.webhooks();
    seeder.telemetry(&workspaces);
    seeder.tunnels(&workspaces);
    seeder.managed_settings();
    seeder.plugins(&members);
    seeder.claude_tag();
    seeder.external_storage(&workspaces);
    seeder.google();
    seeder.more(config, &members);
    memory::begin(&mut seeder.store, config.seed, now);
    crate::compliance::seed(&mut seeder.store, catalog);
    // This is the last step, so it adds only objects that no family has.
    seeder.rest(routes);
    World { organization_id: seeder.organization_id, owner: seeder.owner, store: seeder.store, ids }
}

/// The UUID that examples name.
fn example_organization(catalog: &Catalog) -> Option<String> {
    let words = catalog.actions.iter().flat_map(|action| &action.examples).flat_map(|example| example.split(' '));
    let is_uuid =
        |word: &&str| word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]) && word.is_ascii();
    words.into_iter().find(is_uuid).map(str::to_owned)
}

impl Seeder<'_> {
    /// Adds an item, given as a JSON object with its id.
    fn add(&mut self, path: &str, item: Value) {
        if let Value::Object(item) = item {
            let key = crate::rules::text(&item, "id").to_owned();
            self.store.collection_mut(path).insert(&key, item);
        }
    }

    /// The first identifier with this prefix that an example of the catalog names, or else a new one.
    fn example_id(&mut self, prefix: &str) -> String {
        let mut words = self.catalog.actions.iter().flat_map(|action| &action.examples).flat_map(|e| e.split(' '));
        match words.find(|word| word.starts_with(prefix)) {
            Some(id) => id.to_owned(),
            None => self.ids.next(prefix),
        }
    }

    /// The first parameter in the example of an action.
    fn example_of(&self, action: &str) -> Option<String> {
        let example = self.catalog.action(action)?.examples.first()?;
        example.split_whitespace().nth(2).map(str::to_owned)
    }

    /// The instant this number of days ago.
    fn days_ago(&self, days: i64) -> Timestamp {
        self.now.checked_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN)
    }
}
