//! The workload identities at the start: service accounts, issuers, rules.

use super::Seeder;
use super::workspaces::{PRODUCTION, Workspace, id_of};
use crate::credential::{ADMIN_SCOPE, REFRESH_TOKEN, TUNNEL_SCOPE};
use crate::rules::{FederationIssuers, FederationRules, ServiceAccountPlaces, ServiceAccounts};
use crate::tokens::Grant;
use serde_json::{Value, json};

/// Name, role, description, days since it was created, days since it was archived.
const ACCOUNTS: [(&str, &str, &str, i64, Option<i64>); 6] = [
    ("old-importer", "developer", "Moved to the nightly job", 500, Some(200)),
    ("nightly-evaluation", "developer", "Runs the evaluation suite", 310, None),
    ("org-auditor", "admin", "Reads who may do what", 240, None),
    (KEY_OWNER, "developer", "Has a key of its own", 170, None),
    ("deploy-bot", "developer", "Deploys from CI", 160, None),
    ("support-bot", "developer", "", 40, None),
];
/// The account that an API key acts as.
const KEY_OWNER: &str = "deploy-agent";
/// The account that the examples name.
const EXAMPLE: &str = "deploy-bot";

/// Name, issuer, account, scope, subject, workspaces (none for all), days since it was created.
type Rule<'r> = (&'r str, &'r str, &'r str, &'r str, &'r str, &'r [&'r str], i64);

impl Seeder<'_> {
    /// Adds service accounts and returns the id of the one that the examples name.
    pub(super) fn service_accounts(&mut self, workspaces: &[Workspace], key_owner: &str) -> String {
        let mut example = String::new();
        let mut others = Vec::new();
        for (name, role, description, created, archived) in ACCOUNTS {
            let id = match name {
                EXAMPLE => self.example_id("svac_"),
                KEY_OWNER => key_owner.to_owned(),
                _ => self.ids.next("svac_"),
            };
            let (created_at, by) = (self.days_ago(created), self.owner.clone());
            self.add(
                ServiceAccounts::PATH,
                json!({
                    "id": id,
                    "name": name,
                    "organization_role": role,
                    "description": description,
                    "created_at": created_at.to_string(),
                    "archived_at": archived.map(|days| self.days_ago(days).to_string()),
                    "archived_by_actor_id": archived.map(|_| &by),
                    "created_by_actor_id": by,
                    "updated_at": created_at.to_string(),
                    "updated_by_actor_id": by,
                }),
            );
            match (name, archived) {
                (EXAMPLE, _) => example = id,
                (_, None) => others.push(id),
                _ => {}
            }
        }
        let by = self.owner.clone();
        for (workspace, role) in [(PRODUCTION, "workspace_developer"), ("Staging", "workspace_admin")] {
            ServiceAccountPlaces::give(&mut self.store, id_of(workspaces, workspace), &example, role, &by);
        }
        for account in &others {
            ServiceAccountPlaces::give(&mut self.store, id_of(workspaces, PRODUCTION), account, "workspace_user", &by);
        }
        // The newest one is valid in all workspaces.
        if let Some(account) = others.last() {
            for name in ["Staging", "Research & <Evaluation>", "Support bot"] {
                ServiceAccountPlaces::give(
                    &mut self.store,
                    id_of(workspaces, name),
                    account,
                    "workspace_developer",
                    &by,
                );
            }
        }
        example
    }

    /// Adds issuers, rules and a refresh token.
    pub(super) fn federation(&mut self, workspaces: &[Workspace], account: &str) {
        let issuers = [
            ("old-ci", "https://ci.example.net", json!({ "type": "discovery" }), 480, Some(300)),
            (
                "k8s",
                "https://k8s.example.com",
                json!({ "type": "explicit_url", "url": "https://k8s.example.com/jwks" }),
                220,
                None,
            ),
            ("github-actions-main", "https://token.actions.example.com", json!({ "type": "discovery" }), 150, None),
        ];
        let mut ids = Vec::new();
        for (name, url, jwks, created, archived) in issuers {
            // The examples name the issuer of their rule.
            let id = if name == "github-actions-main" { self.example_id("fdis_") } else { self.ids.next("fdis_") };
            let (created_at, by) = (self.days_ago(created).to_string(), self.owner.clone());
            self.add(
                FederationIssuers::PATH,
                json!({
                    "id": id,
                    "name": name,
                    "check_jti": true,
                    "issuer_url": url,
                    "jwks": jwks,
                    "jwks_polling_disabled_at": null,
                    "max_jwt_lifetime_seconds": 3600,
                    "poll_status": FederationIssuers::fetched(self.now),
                    "created_at": created_at,
                    "archived_at": archived.map(|days| self.days_ago(days).to_string()),
                    "archived_by_actor_id": archived.map(|_| &by),
                    "created_by_actor_id": by,
                    "updated_at": created_at,
                    "updated_by_actor_id": by,
                }),
            );
            ids.push(id);
        }
        let [_, kubernetes, actions] = ids.as_slice() else { return };
        let auditor = self.store.items(ServiceAccounts::PATH).find(|account| account["name"] == "org-auditor");
        let auditor = auditor.map_or_else(String::new, |account| crate::rules::text(account, "id").to_owned());
        let rules: [Rule<'_>; 3] = [
            ("org-audit", kubernetes, &auditor, ADMIN_SCOPE, "system:serviceaccount:audit:", &[], 210),
            (
                "nightly",
                kubernetes,
                account,
                "workspace:inference",
                "system:serviceaccount:eval:",
                &[PRODUCTION, "Staging"],
                130,
            ),
            ("deploy-main", actions, account, "workspace:developer", "repo:acme/app:", &[PRODUCTION], 120),
        ];
        for (name, issuer, account, scope, subject, enabled, created) in rules {
            let id = if name == "deploy-main" { self.example_id("fdrl_") } else { self.ids.next("fdrl_") };
            let (created_at, by) = (self.days_ago(created).to_string(), self.owner.clone());
            self.add(
                FederationRules::PATH,
                json!({
                    "id": id,
                    "name": name,
                    "applies_to_all_workspaces": enabled.is_empty(),
                    "attributes": null,
                    "description": "",
                    "issuer_id": issuer,
                    "match": { "audience": null, "claims": null, "condition": null, "subject_prefix": subject },
                    "oauth_scope": scope,
                    "target": { "type": "service_account", "service_account_id": account },
                    "token_lifetime_seconds": 3600,
                    "created_at": created_at,
                    "archived_at": null,
                    "created_by_actor_id": by,
                    "updated_at": created_at,
                    "updated_by_actor_id": by,
                }),
            );
            for workspace in enabled {
                let workspace = id_of(workspaces, workspace);
                FederationRules::enable(&mut self.store, &id, workspace, &created_at, &Value::from(by.as_str()));
            }
        }
        let grant = Grant {
            actor: self.owner.clone(),
            scopes: vec![ADMIN_SCOPE.to_owned(), TUNNEL_SCOPE.to_owned()],
            lifetime: 3600,
        };
        self.store.tokens.add_refresh(REFRESH_TOKEN, grant);
    }
}
