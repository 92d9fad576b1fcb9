//! The groups and roles at the start.

use super::Seeder;
use super::members::Member;
use crate::rules::{Groups, Roles};
use serde_json::{Value, json};

/// Name, whether it is built into Claude, and its permissions: the action and the resource.
type Role = (&'static str, bool, &'static [(&'static str, &'static str)]);

const ROLES: [Role; 4] = [
    ("Owner", true, &[("organization:manage", "organization"), ("members:manage", "organization")]),
    ("Membership admin", true, &[("members:manage", "organization")]),
    ("Connector user", true, &[("connector:use", "all_connectors")]),
    (
        "Research",
        false,
        &[
            ("chat:use", "organization"),
            ("projects:create", "organization"),
            ("connector:use", "connector"),
            ("connector:use", "connector_tool"),
        ],
    ),
];
/// The role that the examples name.
const EXAMPLE_ROLE: &str = "Research";

/// Name, source, role, the interval of members in it, age in days.
const GROUPS: [(&str, &str, &str, usize, i64); 4] = [
    ("Owners", "direct", "Owner", 9, 700),
    ("Everybody (directory)", "scim", "Connector user", 1, 620),
    ("Data & research", "direct", "Research", 7, 300),
    ("Support", "direct", "Connector user", 5, 90),
];
/// The group that the examples name.
const EXAMPLE_GROUP: &str = "Data & research";
/// The number of members, from the first one on, that are in groups. With this limit, lists have only one or two pages.
const CANDIDATES: usize = 40;

impl Seeder<'_> {
    pub(super) fn groups(&mut self, members: &[Member]) {
        let roles: Vec<(&str, String)> = ROLES.iter().map(|role| (role.0, self.role(*role))).collect();
        for (name, source, role, every, created) in GROUPS {
            let id = if name == EXAMPLE_GROUP { self.example_id("rbac_group_") } else { self.ids.next("rbac_group_") };
            let role_ids: Vec<&String> = roles.iter().filter(|(known, _)| *known == role).map(|(_, id)| id).collect();
            let created_at = self.days_ago(created).to_string();
            self.add(
                Groups::PATH,
                json!({
                    "id": id,
                    "name": name,
                    "source_type": source,
                    "role_ids": role_ids,
                    "created_at": created_at,
                    "updated_at": created_at,
                }),
            );
            let example = (name == EXAMPLE_GROUP).then(|| self.example_id("user_"));
            for (index, member) in members.iter().take(CANDIDATES).enumerate() {
                if index % every == 0 || example.as_ref() == Some(&member.id) {
                    let path = Groups::members_of(&id);
                    let place = json!({
                        "email": member.email,
                        "rbac_group_id": id,
                        "user_id": member.id,
                        "created_at": member.added_at.max(self.days_ago(created)).to_string(),
                    });
                    if let Value::Object(place) = place {
                        self.store.collection_mut(&path).insert(&member.id, place);
                    }
                }
            }
        }
    }

    /// Adds a role, and its permissions.
    fn role(&mut self, (name, is_built_in, grants): Role) -> String {
        let id = if name == EXAMPLE_ROLE { self.example_id("rbac_role_") } else { self.ids.next("rbac_role_") };
        let created_at = self.days_ago(730).to_string();
        let mut role = json!({
            "id": id,
            "display_name": name,
            "source": { "type": if is_built_in { "built_in" } else { "custom" } },
            "created_at": created_at,
            "updated_at": created_at,
        });
        if name == "Owner" {
            role[Roles::OWNER_MARK] = true.into();
        }
        self.add(Roles::PATH, role);
        for (index, (action, about)) in grants.iter().enumerate() {
            let resource = match *about {
                "organization" => json!({ "type": "organization", "organization_id": self.organization_id }),
                "connector" => json!({ "type": "connector", "connector_id": "mcpsrv_simulator" }),
                "connector_tool" => {
                    json!({ "type": "connector_tool", "connector_id": "mcpsrv_simulator", "tool_name": "search" })
                }
                other => json!({ "type": other }),
            };
            let permission = json!({ "action": action, "resource": resource });
            if let Value::Object(permission) = permission {
                let path = Roles::permissions_of(&id);
                self.store.collection_mut(&path).insert(&format!("permission{index}"), permission);
            }
        }
        id
    }
}
