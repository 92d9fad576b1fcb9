//! More workspaces and keys than the default ones, for organizations of a realistic size.

use super::Seeder;
use super::members::Member;
use crate::SimulatorConfig;
use crate::rules::{ApiKeys, WorkspaceMembers, Workspaces, default_residency};
use serde_json::{Value, json};

/// The members of each further workspace.
const MEMBERS: usize = 8;
/// One of this number of further workspaces is empty, and one of this number of further keys is not used.
const EMPTY: usize = 10;
const UNUSED: usize = 7;

impl Seeder<'_> {
    /// Adds workspaces and keys until the configured numbers are reached.
    pub(super) fn more(&mut self, config: &SimulatorConfig, members: &[Member]) {
        let count = |seeder: &Self, path: &str| seeder.store.collection(path).map_or(0, crate::store::Collection::len);
        let mut added = Vec::new();
        for number in 0..config.workspaces.saturating_sub(count(self, Workspaces::PATH)) {
            let (id, compartment) = (self.ids.next("wrkspc_"), self.ids.uuid());
            let created = self.days_ago(100 + i64::try_from(number % 300).unwrap_or(0)).to_string();
            self.add(
                Workspaces::PATH,
                json!({
                    "id": id, "name": format!("Team {}", number + 1), "created_at": created, "archived_at": null,
                    "display_color": "#6B7280", "data_residency": default_residency(), "tags": {},
                    "external_key_id": null, "compartment_id": compartment, "user_profile_id": null,
                }),
            );
            if number % EMPTY != EMPTY - 1 {
                self.team(&id, number, members);
                added.push(id);
            }
        }
        for number in 0..config.api_keys.saturating_sub(count(self, ApiKeys::PATH)) {
            let scope = match added.get(number % added.len().max(1)) {
                Some(workspace) => json!({ "type": "workspace", "workspace_id": workspace }),
                None => json!({ "type": "organization" }),
            };
            let creator = members.get(number % members.len().max(1));
            let creator = creator.map_or(Value::Null, |member| json!({ "type": "user", "id": member.id }));
            let (id, hint) = (self.ids.next("apikey_"), self.ids.next(""));
            let created = self.days_ago(i64::try_from(number % 500).unwrap_or(0) + 1).to_string();
            let mut key = json!({
                "id": id, "name": format!("key {}", number + 1), "status": "active",
                "partial_key_hint": format!("sk-ant-api03-{}...{}", &hint[2..5], &hint[6..10]),
                "created_at": created, "expires_at": null, "scope": scope, "created_by": creator,
                "principal": null,
            });
            if number % UNUSED == UNUSED - 1 {
                key[ApiKeys::UNUSED_MARK] = true.into();
            }
            self.add(ApiKeys::PATH, key);
        }
    }

    /// Some members of a workspace; the first one manages it.
    fn team(&mut self, workspace: &str, number: usize, members: &[Member]) {
        let eligible: Vec<String> = members
            .iter()
            .filter(|member| !matches!(&*member.role, "admin" | "billing"))
            .map(|member| member.id.clone())
            .collect();
        for place in 0..MEMBERS.min(eligible.len()) {
            let user = &eligible[(number * MEMBERS + place) % eligible.len()];
            let role = if place == 0 { "workspace_admin" } else { "workspace_developer" };
            WorkspaceMembers::give(&mut self.store, workspace, user, Some(role));
        }
        WorkspaceMembers::inherit_in(&mut self.store, workspace);
    }
}
