//! Buckets of the organization, and the controls of a Google Cloud project, at the start.

use super::Seeder;
use super::workspaces::{Workspace, id_of};
use crate::rules::{ExternalKeys, ExternalStorage, GoogleDataControls, Workspaces};
use serde_json::{Value, json};

/// The workspace that stores its data in a bucket of the organization.
const WITH_BUCKET: &str = "Research & <Evaluation>";

impl Seeder<'_> {
    pub(super) fn external_storage(&mut self, workspaces: &[Workspace]) {
        let rows = [
            ("Policy archive", "acme-claude-policy", true, 150),
            ("Research data", "acme-claude-research", true, 90),
            ("Broken bucket", "acme-claude-unverified", false, 30),
            ("Ready for use", "acme-claude-ready", true, 20),
            ("Safety data", "acme-claude-safety", false, 10),
        ];
        for (name, bucket, is_active, days) in rows {
            let id = if name == "Safety data" { self.example_id("estrg_") } else { self.ids.next("estrg_") };
            let created_at = self.days_ago(days);
            let provider = if name == "Research data" {
                json!({ "type": "gcp", "project_number": "123456789012", "bucket_name": bucket, "region": "us-east5" })
            } else {
                json!({ "type": "aws", "account_id": "111122223333", "bucket_name": bucket, "region": "us-east-1" })
            };
            let mut storage = json!({
                "id": id,
                "type": "external_storage",
                "display_name": name,
                "provider_config": provider,
                "user_profile_id": null,
                "setup_template_version": if is_active && name != "Research data" { json!("1") } else { Value::Null },
                "created_at": created_at.to_string(),
                "updated_at": created_at.to_string(),
            });
            if is_active {
                ExternalStorage::activated(&mut storage, created_at);
            }
            if name == "Policy archive" {
                storage[ExternalStorage::IN_POLICY] = true.into();
            }
            if name == "Research data" {
                ExternalStorage::was_used(&mut storage);
                let place = json!({ "type": "external", "external_storage_id": id });
                let workspace = id_of(workspaces, WITH_BUCKET);
                if let Some(workspace) = self.store.item_mut(Workspaces::PATH, workspace) {
                    let privacy = json!({
                        "human_review": { "type": "disabled" },
                        "safeguards_storage": place,
                        "transcripts_storage": place,
                    });
                    workspace.insert("inference_data_privacy".to_owned(), privacy);
                }
            }
            self.add(ExternalStorage::PATH, storage);
        }
    }

    /// The project that examples name, with the key that they name for it.
    pub(super) fn google(&mut self) {
        let project = self.example_of("google-data-controls.get").unwrap_or_else(|| "123456789012".to_owned());
        let mut words =
            self.catalog.actions.iter().flat_map(|action| &action.examples).flat_map(|e| e.split([' ', ',']));
        let key = words.find_map(|word| word.split_once("us=ekey_")).map(|(_, id)| format!("ekey_{id}"));
        let key = key.unwrap_or_else(|| self.ids.next("ekey_"));
        let created_at = self.days_ago(25).to_string();
        let name = "projects/acme/locations/us/keyRings/main/cryptoKeys/claude";
        self.add(
            ExternalKeys::PATH,
            json!({
                "id": key,
                "display_name": "Google project",
                "geo": "us",
                "provider_config": { "type": "gcp", "key_name": name },
                "user_profile_id": null,
                "created_at": created_at,
                "updated_at": created_at,
            }),
        );
        let bucket = json!({ "project_number": project, "bucket_name": "acme-claude-eu" });
        let controls = json!({
            "type": "google_managed_project_data_controls",
            "project_number": project,
            "updated_at": created_at,
            "cmek": { "type": "enabled", "external_key_ids": { "eu": key, "sg": key }, "set_at": { "eu": created_at, "sg": created_at } },
            "storage": { "type": "enabled", "buckets": { "eu": bucket }, "set_at": { "eu": created_at } },
        });
        if let Value::Object(controls) = controls {
            self.store.singletons.insert(GoogleDataControls::of(&project), controls);
        }
    }
}
