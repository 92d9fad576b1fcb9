//! Managed settings and plugins at the start.

use super::Seeder;
use super::members::Member;
use crate::rules::{
    DefaultSettings, FAILS_SCAN, FILES, GroupSettings, Groups, Marketplaces, PluginSettings, PluginShares,
    PluginVersions, Plugins, SettingsConfiguration, text,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The two groups that have settings and installation settings. The first is the one that the examples name.
const GROUPS: [&str; 2] = ["Data & research", "Support"];

impl Seeder<'_> {
    fn group(&self, name: &str) -> String {
        let group = self.store.items(Groups::PATH).find(|group| text(group, "name") == name);
        group.map_or_else(String::new, |group| text(group, "id").to_owned())
    }

    pub(super) fn managed_settings(&mut self) {
        let order: Vec<String> = GROUPS.iter().map(|name| self.group(name)).collect();
        for (index, group) in order.iter().enumerate() {
            let at = self.days_ago(80 - 20 * i64::try_from(index).unwrap_or(0)).to_string();
            let item = json!({
                "rbac_group_id": group,
                "settings": { "permissions": { "deny": if index == 0 { ["WebFetch"] } else { ["Bash(rm:*)"] } } },
                "created_at": at,
                "updated_at": at,
            });
            self.add_to(GroupSettings::PATH, group, item);
        }
        let changed_at = self.days_ago(80).to_string();
        for (path, object) in [
            (
                SettingsConfiguration::PATH,
                json!({
                    "mode": { "type": "rbac_groups" },
                    "rbac_group_order": order,
                    "rbac_group_order_version": "v1",
                    "mode_updated_at": changed_at,
                }),
            ),
            (
                SettingsConfiguration::ORGANIZATION,
                json!({ "settings": { "permissions": { "deny": ["Bash(curl:*)"] } } }),
            ),
            (DefaultSettings::PATH, json!({ "settings": { "cleanupPeriodDays": 30 }, "updated_at": changed_at })),
        ] {
            if let Value::Object(object) = object {
                self.store.singletons.insert(path.to_owned(), object);
            }
        }
    }

    pub(super) fn plugins(&mut self, members: &[Member]) {
        let owner = members.get(1).map_or("", |member| member.id.as_str());
        let organization = json!({ "type": "organization" });
        let member = json!({ "type": "user", "user_id": owner });
        let mut ids = Vec::new();
        for (name, source, owner, preference, sync, days) in [
            ("Public directory", "directory", &organization, None, None, 400),
            ("acme/plugins", "github", &organization, None, Some("success"), 220),
            ("Personal", "manual", &member, None, None, 150),
            (Marketplaces::LIBRARY, "manual", &organization, Some("available"), None, 100),
        ] {
            let is_example = name == Marketplaces::LIBRARY;
            let id = if is_example { self.example_id("marketplace_") } else { self.ids.next("marketplace_") };
            self.add(
                Marketplaces::PATH,
                json!({
                    "id": id,
                    "name": name,
                    "default_installation_preference": preference,
                    "last_sync_ended_at": sync.map(|_| self.days_ago(1).to_string()),
                    "last_sync_read_sha": sync.map(|_| "3f2a9c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"),
                    "owner": owner,
                    "source": source,
                    "sync_status": sync,
                    "created_at": self.days_ago(days).to_string(),
                }),
            );
            ids.push(id);
        }
        let [_, synchronized, personal, library] = ids.as_slice() else { return };
        let example = self.example_id("plugin_");
        let shared = self.example_of("plugin-shares.list").unwrap_or_else(|| self.ids.next("plugin_"));
        let (reviews, broken) = (self.ids.next("plugin_"), self.ids.next("plugin_"));
        let who =
            members.first().map(|who| json!({ "type": "user_actor", "user_id": who.id, "email_address": who.email }));
        for (id, name, marketplace, owner, days, versions) in [
            (&reviews, "code-review", synchronized, &organization, 200, &[("1.0.0", false)][..]),
            (&shared, "my-notes", personal, &member, 140, &[("0.1.0", false)]),
            (&broken, "risky-tools", library, &organization, 90, &[("1.0.0", false), ("1.1.0", true)]),
            (
                &example,
                "release-notes",
                library,
                &organization,
                80,
                &[("1.0.0", false), ("1.1.0", false), ("1.2.0", false)],
            ),
        ] {
            let mut latest = String::new();
            let components = json!([{ "type": "skill", "name": format!("{name}-skill"), "description": null }]);
            for (index, (number, fails)) in versions.iter().enumerate() {
                // The examples pin and download the first version.
                let is_example = *id == example && index == 0;
                latest = if is_example { self.example_id("pluginver_") } else { self.ids.next("pluginver_") };
                let manifest = json!({ "name": name, "version": number }).to_string();
                let files = json!([
                    { "name": ".claude-plugin/plugin.json", "content": STANDARD.encode(manifest) },
                    { "name": format!("skills/{name}-skill/SKILL.md"), "content": STANDARD.encode("# A skill\n") },
                ]);
                let step = i64::try_from(index).unwrap_or(0) * 10;
                let version = json!({
                    "id": latest,
                    "plugin_id": id,
                    "display_name": null,
                    "components": components,
                    "created_by": who,
                    "description": "Made up for trying things out.",
                    "manifest_version": number,
                    "reach": "contained",
                    "release_notes": format!("Version {number}"),
                    "created_at": self.days_ago(days - step).to_string(),
                    FILES: files,
                    FAILS_SCAN: fails,
                });
                self.add_to(&PluginVersions::of(id), &latest, version);
            }
            let created_at = self.days_ago(days).to_string();
            self.add(
                Plugins::PATH,
                json!({
                    "id": id,
                    "name": name,
                    "display_name": null,
                    "components": components,
                    "created_by": who,
                    "description": "Made up for trying things out.",
                    "latest_version_id": latest,
                    "manifest_version": versions.last().map(|(number, _)| number),
                    "marketplace_id": marketplace,
                    "owner": owner,
                    "reach": "contained",
                    "served_version_id": latest,
                    "served_version_pinned": false,
                    "created_at": created_at,
                    "updated_at": created_at,
                }),
            );
        }
        self.plugin_targets(&example, &shared, members);
    }

    /// The targets of a plugin of the organization, and the shares of a plugin of a member.
    fn plugin_targets(&mut self, example: &str, shared: &str, members: &[Member]) {
        let [research, support] = GROUPS.map(|name| self.group(name));
        let at = self.days_ago(50).to_string();
        let of_group = |group: &str| json!({ "type": "rbac_group", "rbac_group_id": group });
        for (key, target, preference) in [
            ("organization", json!({ "type": "organization" }), "available"),
            (&*support, of_group(&support), "not_available"),
            (&*research, of_group(&research), "required"),
        ] {
            let setting = json!({
                "plugin_id": example,
                "target": target,
                "installation_preference": preference,
                "created_at": at,
                "updated_at": at,
            });
            self.add_to(&PluginSettings::of(example), key, setting);
        }
        let colleague = members.get(4).map(|member| json!({ "type": "organization_member", "user_id": member.id }));
        let targets = [Some(json!({ "type": "organization" })), Some(of_group(&support)), colleague];
        for (index, target) in targets.into_iter().flatten().enumerate() {
            let share = json!({ "plugin_id": shared, "target": target, "granted_at": at });
            self.add_to(&PluginShares::of(shared), &format!("share{index}"), share);
        }
    }
}
