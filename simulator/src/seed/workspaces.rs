//! The workspaces at the start, and their members.

use super::Seeder;
use super::members::Member;
use crate::rules::{WorkspaceMembers, Workspaces, default_residency};
use serde_json::{Value, json};

/// The name of the workspace that every organization has.
const DEFAULT: &str = "Default";
/// The workspace that examples name.
pub(super) const PRODUCTION: &str = "Production";
/// A workspace that was archived.
pub(super) const ARCHIVED: &str = "Prototype 2024";

/// Name, colour, days since it was created, days since it was archived.
const WORKSPACES: [(&str, &str, i64, Option<i64>); 6] = [
    (DEFAULT, "#6B7280", 730, None),
    (ARCHIVED, "#A16207", 700, Some(90)),
    (PRODUCTION, "#6C5BB9", 600, None),
    ("Staging", "#0E7490", 420, None),
    ("Research & <Evaluation>", "#B91C1C", 200, None),
    ("Support bot", "#15803D", 45, None),
];

/// Roles that are assigned to members, weighted.
const ROLES: [&str; 5] = [
    "workspace_user",
    "workspace_developer",
    "workspace_developer",
    "workspace_restricted_developer",
    "workspace_admin",
];
/// The number of members, from the first one on, that can have assigned places. With this limit, lists have only one or
/// two pages.
const CANDIDATES: usize = 40;

/// A workspace, by name and id.
pub(super) type Workspace = (&'static str, String);

impl Seeder<'_> {
    pub(super) fn workspaces(&mut self) -> Vec<Workspace> {
        let mut workspaces = Vec::new();
        for (name, color, created, archived) in WORKSPACES {
            let id = if name == PRODUCTION { self.example_id("wrkspc_") } else { self.ids.next("wrkspc_") };
            let mut workspace = json!({
                "id": id,
                "name": name,
                "created_at": self.days_ago(created).to_string(),
                "archived_at": archived.map(|days| self.days_ago(days).to_string()),
                "display_color": color,
                "data_residency": default_residency(),
                "tags": {},
                "external_key_id": null,
                "compartment_id": self.ids.uuid(),
                "user_profile_id": null,
            });
            match name {
                DEFAULT => workspace[Workspaces::DEFAULT_MARK] = true.into(),
                PRODUCTION => workspace["tags"] = json!({ "env": "production", "team": "platform" }),
                "Support bot" => {
                    workspace["data_residency"]["allowed_inference_geos"] = json!(["us"]);
                    workspace["data_residency"]["default_inference_geo"] = json!("us");
                    workspace["tags"] = json!({ "team": "support", "=cost": "1+1" });
                }
                _ => {}
            }
            self.add(Workspaces::PATH, workspace);
            workspaces.push((name, id));
        }
        workspaces
    }

    pub(super) fn workspace_members(&mut self, workspaces: &[Workspace], members: &[Member]) {
        // Admins and billing users need no assigned place: they inherit one.
        let candidates =
            || members.iter().take(CANDIDATES).filter(|member| !matches!(&*member.role, "admin" | "billing"));
        for (name, workspace) in workspaces {
            for (index, member) in candidates().enumerate() {
                // The first candidate is the member that the examples name, with the workspace that they name.
                let is_example = index == 0 && *name == PRODUCTION;
                let is_in = self.rng.u8(..3) == 0;
                let role = ROLES[self.rng.usize(..ROLES.len())];
                if is_example {
                    WorkspaceMembers::give(&mut self.store, workspace, &member.id, Some("workspace_developer"));
                } else if is_in && *name != DEFAULT {
                    WorkspaceMembers::give(&mut self.store, workspace, &member.id, Some(role));
                }
            }
            WorkspaceMembers::inherit_in(&mut self.store, workspace);
            let raised = members.iter().find(|member| member.role == "billing");
            if let Some(member) = raised.filter(|_| *name == PRODUCTION) {
                WorkspaceMembers::give(&mut self.store, workspace, &member.id, Some("workspace_admin"));
            }
        }
    }
}

/// The id of a workspace.
pub(super) fn id_of<'w>(workspaces: &'w [Workspace], name: &str) -> &'w str {
    workspaces.iter().find(|(known, _)| *known == name).map_or("", |(_, id)| id)
}

/// The scope of keys of the default workspace.
pub(super) fn scope_of(workspaces: &[Workspace], name: Option<&str>) -> Value {
    match name {
        Some(name) => json!({ "type": "workspace", "workspace_id": id_of(workspaces, name) }),
        None => json!({ "type": "organization" }),
    }
}
