//! Encryption keys, webhooks, telemetry destinations and tunnels at the start.

use super::Seeder;
use super::workspaces::{PRODUCTION, Workspace, id_of};
use crate::rules::{ExternalKeys, Telemetry, TelemetryWorkspaces, TunnelCertificates, Tunnels, Webhooks, Workspaces};
use serde_json::{Value, json};

impl Seeder<'_> {
    pub(super) fn external_keys(&mut self, workspaces: &[Workspace]) {
        let aws =
            |name: &str| json!({ "type": "aws", "kms_arn": format!("arn:aws:kms:us-east-1:111122223333:key/{name}") });
        let keys = [
            (
                "Support data",
                json!({ "type": "gcp", "key_name": "projects/acme/locations/us/keyRings/main/cryptoKeys/support" }),
                None,
                300,
            ),
            ("Old key", aws("old"), Some("The key is disabled at the provider."), 280),
            ("Far away", aws("far-away"), Some("timeout"), 270),
            ("Main key", aws("example"), None, 200),
        ];
        for (name, provider, failure, days) in keys {
            let id = if name == "Main key" { self.example_id("ekey_") } else { self.ids.next("ekey_") };
            let created_at = self.days_ago(days).to_string();
            let mut key = json!({
                "id": id,
                "display_name": name,
                "geo": "us",
                "provider_config": provider,
                "user_profile_id": null,
                "created_at": created_at,
                "updated_at": created_at,
            });
            if let Some(failure) = failure {
                key[ExternalKeys::FAILURE] = failure.into();
            }
            self.add(ExternalKeys::PATH, key);
            if name == "Support data" {
                let workspace = id_of(workspaces, "Support bot");
                if let Some(workspace) = self.store.item_mut(Workspaces::PATH, workspace) {
                    workspace.insert("external_key_id".to_owned(), id.into());
                }
            }
        }
    }

    pub(super) fn webhooks(&mut self) {
        for (name, path, state, reason, days) in [
            ("Old receiver", "old", "disabled", "Too many deliveries failed.", 250),
            ("Security desk", "security", "enabled", "", 120),
            ("Key watch", "claude", "enabled", "", 30),
        ] {
            let id = if name == "Key watch" { self.example_id("wh_") } else { self.ids.next("wh_") };
            let created_at = self.days_ago(days).to_string();
            let secret = self.ids.next("whsec_");
            self.add(
                Webhooks::PATH,
                json!({
                    "id": id,
                    "name": name,
                    "state": state,
                    "description": "",
                    "disabled_reason": reason,
                    "enabled_events": ["external_key.failed", "external_key.recovered"],
                    "url": format!("https://hooks.example.com/{path}"),
                    "signing_secret": secret,
                    "created_at": created_at,
                    "updated_at": created_at,
                }),
            );
        }
    }

    pub(super) fn telemetry(&mut self, workspaces: &[Workspace]) {
        let failed = json!({ "type": "disabled", "reason": { "type": "sustained_failure" } });
        let on = json!({ "type": "enabled" });
        for (name, coverage, state, failure, days) in [
            ("Everything", "all", &on, None, 180),
            ("Broken collector", "exclude", &failed, Some("the receiver answered 503"), 90),
            ("Production traces", "include", &on, None, 45),
        ] {
            let is_example = coverage == "include";
            let id = if is_example { self.example_id("tdst_") } else { self.ids.next("tdst_") };
            let created_at = self.days_ago(days).to_string();
            let (well, badly) = match failure {
                None => (Some(self.days_ago(0).to_string()), None),
                Some(_) => (Some(self.days_ago(20).to_string()), Some(self.days_ago(12).to_string())),
            };
            let mut destination = json!({
                "id": id,
                "display_name": name,
                "state": state,
                "delivery_health": { "last_error": failure, "last_error_at": badly, "last_success_at": well },
                "endpoint_url": format!("https://otel-{coverage}.example.com/v1"),
                "header_names": ["authorization"],
                "headers": { "authorization": "Bearer simulator" },
                "traces": Telemetry::default_traces(),
                "workspaces": { "type": coverage },
                "created_at": created_at,
                "updated_at": created_at,
            });
            if let Some(failure) = failure {
                destination[Telemetry::FAILURE] = failure.into();
            }
            self.add(Telemetry::PATH, destination);
            let listed: &[&str] = match coverage {
                "include" => &["Staging", "Support bot", PRODUCTION],
                "exclude" => &["Staging"],
                _ => &[],
            };
            for workspace in listed {
                TelemetryWorkspaces::put(&mut self.store, &id, id_of(workspaces, workspace), &created_at);
            }
        }
    }

    pub(super) fn tunnels(&mut self, workspaces: &[Workspace]) {
        for (name, workspace, archived, days) in [
            ("Old warehouse", None, Some(70), 320),
            ("Ticket system", Some("Support bot"), None, 140),
            ("Warehouse", Some(PRODUCTION), None, 60),
        ] {
            let is_example = name == "Warehouse";
            let id = if is_example { self.example_id("tnl_") } else { self.ids.next("tnl_") };
            let created_at = self.days_ago(days).to_string();
            let (token_id, token) = (self.ids.next("ttkn_"), self.ids.next("simulator-tunnel-token-"));
            let domain = name.to_lowercase().replace(' ', "-");
            self.add(
                Tunnels::PATH,
                json!({
                    "id": id,
                    "display_name": name,
                    "domain": format!("{domain}.tunnels.example.com"),
                    "workspace_id": workspace.map(|name| id_of(workspaces, name)),
                    "token_id": token_id,
                    "token": token,
                    "created_at": created_at,
                    "archived_at": archived.map(|days| self.days_ago(days).to_string()),
                }),
            );
            // The tunnel of the example has one active certificate, so another one can be added.
            let certificates: &[Option<i64>] = if is_example { &[Some(20), Some(10), None] } else { &[None] };
            for (index, archived) in certificates.iter().enumerate() {
                let is_live = archived.is_none() && is_example;
                let certificate = if is_live { self.example_id("tcrt_") } else { self.ids.next("tcrt_") };
                let item = json!({
                    "id": certificate,
                    "tunnel_id": id,
                    "fingerprint": TunnelCertificates::fingerprint(&format!("{id} {index}")),
                    "created_at": created_at,
                    "expires_at": self.days_ago(days - 365).to_string(),
                    "archived_at": archived.map(|days| self.days_ago(days).to_string()),
                });
                self.add_to(&Tunnels::certificates_of(&id), &certificate, item);
            }
        }
    }

    /// Adds an item under a key.
    pub(super) fn add_to(&mut self, path: &str, key: &str, item: Value) {
        if let Value::Object(item) = item {
            self.store.collection_mut(path).insert(key, item);
        }
    }
}
