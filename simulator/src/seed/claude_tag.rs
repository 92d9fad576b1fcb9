//! Claude in Slack at the start.

use super::Seeder;
use crate::rules::{TagBundles, TagChannels, TagTargets, TagWorkspaces};
use serde_json::{Value, json};

/// The Slack workspace and the channel that the examples name, by their Slack IDs.
const SLACK_WORKSPACE: &str = "T0123456789";

impl Seeder<'_> {
    pub(super) fn claude_tag(&mut self) {
        let mut workspace = String::new();
        for (slack, settings, days) in [
            ("T0456789012", json!({ "enabled": false }), 160),
            (
                SLACK_WORKSPACE,
                json!({ "enabled": true, "instructions": "Be brief.", "reply_mode": { "type": "thread" } }),
                120,
            ),
        ] {
            let is_example = slack == SLACK_WORKSPACE;
            let id = if is_example { self.example_id("slws_") } else { self.ids.next("slws_") };
            self.tag_place(TagWorkspaces::PATH, &id, json!({ "workspace_id": slack }), settings, days);
            workspace = id;
        }
        let mut channel = String::new();
        for (slack, settings, days) in [
            ("G0222222222", json!({}), 70),
            ("C0333333333", json!({ "enabled": false }), 60),
            ("C0444444444", json!({ "model": "claude-sonnet-4-5", "instructions": "Answer in English." }), 40),
        ] {
            let is_example = slack == "C0444444444";
            let id = if is_example { self.example_id("slch_") } else { self.ids.next("slch_") };
            let ids = json!({ "channel_id": slack, "workspace_id": SLACK_WORKSPACE });
            self.tag_place(TagChannels::PATH, &id, ids, settings, days);
            channel = id;
        }
        for (name, managed, days) in [
            ("Rotation", Some("bundle_on_call"), 110),
            ("Shared drive", Some("bundle_attachment_not_supported"), 100),
            ("Tickets", None, 90),
        ] {
            let id = if managed.is_none() { self.example_id("capp_") } else { self.ids.next("capp_") };
            let created_at = self.days_ago(days).to_string();
            let mut bundle = json!({
                "id": id,
                "display_name": name,
                "description": "What Claude may use there.",
                "instructions": null,
                "created_at": created_at,
                "updated_at": created_at,
            });
            if let Some(code) = managed {
                bundle[TagBundles::MANAGED] = code.into();
            }
            self.add(TagBundles::PATH, bundle);
            let targets = [("slack_workspace", &workspace), ("slack_channel", &channel)];
            for (kind, place) in targets {
                let is_example = managed.is_none() && kind == "slack_channel";
                let target = if is_example { self.example_id("btgt_") } else { self.ids.next("btgt_") };
                TagTargets::remember(&mut self.store, &id, place, &target);
                let item = json!({ "type": kind, "id": target, format!("{kind}_id"): place, "created_at": created_at });
                self.add_to(&TagTargets::of(&id), &target, item);
            }
        }
    }

    fn tag_place(&mut self, path: &str, id: &str, slack: Value, settings: Value, days: i64) {
        let created_at = self.days_ago(days).to_string();
        let place = json!({
            "id": id,
            "slack": slack,
            "settings": settings,
            "created_at": created_at,
            "updated_at": created_at,
        });
        self.add(path, place);
    }
}
