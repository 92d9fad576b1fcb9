//! The rate limits, spend limits and requests for more at the start.

use super::Seeder;
use super::members::Member;
use super::workspaces::{PRODUCTION, Workspace, id_of};
use crate::rules::{Groups, RateLimits, SpendLimits, SpendRequests, WorkspaceRateLimits, spend_actor, text};
use serde_json::{Value, json};

/// Kind of group, its name, its models, its limits.
type Group = (&'static str, &'static str, &'static [&'static str], &'static [(&'static str, i64)]);

const GROUPS: [Group; 6] = [
    (
        "model_group",
        "Claude Opus 4.x",
        &["claude-opus-4-5-20251101", "claude-opus-4-1-20250805"],
        &[
            ("requests_per_minute", 4_000),
            ("input_tokens_per_minute", 2_000_000),
            ("output_tokens_per_minute", 400_000),
        ],
    ),
    (
        "model_group",
        "Claude Sonnet 4.x",
        &["claude-sonnet-4-5-20250929", "claude-sonnet-4-20250514"],
        &[
            ("requests_per_minute", 4_000),
            ("input_tokens_per_minute_cache_aware", 2_000_000),
            ("output_tokens_per_minute", 400_000),
        ],
    ),
    ("batch", "", &[], &[("requests_per_minute", 4_000)]),
    ("token_count", "", &[], &[("requests_per_minute", 8_000)]),
    ("files", "", &[], &[("requests_per_minute", 100)]),
    ("web_search", "", &[], &[("tool_uses_per_second", 30)]),
];

impl Seeder<'_> {
    pub(super) fn rate_limits(&mut self, workspaces: &[Workspace]) {
        let mut first = String::new();
        for (kind, name, models, limits) in GROUPS {
            let id = if first.is_empty() { self.example_id("rlimit_") } else { self.ids.next("rlimit_") };
            let mut group = json!({ "type": kind, "id": self.ids.next("rlg_") });
            if kind == "model_group" {
                group["display_name"] = name.into();
            }
            let limits: Vec<Value> =
                limits.iter().map(|(kind, value)| json!({ "type": kind, "value": value })).collect();
            let models = (kind == "model_group").then_some(models);
            self.add(RateLimits::PATH, json!({ "id": id, "group": group, "limits": limits, "models": models }));
            if first.is_empty() {
                first = id;
            }
        }
        for (_, workspace) in workspaces {
            WorkspaceRateLimits::inherit_in(&mut self.store, workspace);
        }
        let second = self.store.items(RateLimits::PATH).filter(|entry| text(entry, "id") != first).last();
        let second = second.map_or_else(String::new, |entry| text(entry, "id").to_owned());
        for (workspace, limit, kind, value) in [
            (PRODUCTION, &first, "requests_per_minute", 2_000),
            (PRODUCTION, &first, "output_tokens_per_minute", 200_000),
            (PRODUCTION, &second, "requests_per_minute", 3_000),
            // This limit is above the limit of the organization: the lower one applies.
            ("Staging", &first, "requests_per_minute", 9_000),
        ] {
            WorkspaceRateLimits::set(&mut self.store, id_of(workspaces, workspace), limit, kind, value);
        }
    }

    pub(super) fn spend(&mut self, workspaces: &[Workspace], members: &[Member]) {
        let group = self.example_id("rbac_group_");
        let group_is_there = self.store.item(Groups::PATH, &group).is_some();
        let mut limits = vec![
            (json!({ "type": "organization" }), "monthly", Some("2500000"), 600),
            (json!({ "type": "usage_tier" }), "monthly", Some("5000000"), 600),
            (json!({ "type": "seat_tier", "seat_tier": "standard" }), "monthly", Some("10000"), 500),
            (json!({ "type": "organization_service", "service": "claude_code" }), "monthly", Some("800000"), 400),
            (
                json!({ "type": "workspace", "workspace_id": id_of(workspaces, PRODUCTION) }),
                "monthly",
                Some("900000"),
                350,
            ),
            (
                json!({ "type": "workspace", "workspace_id": id_of(workspaces, "Staging") }),
                "monthly",
                Some("50000"),
                340,
            ),
        ];
        if group_is_there {
            limits.push((json!({ "type": "rbac_group", "rbac_group_id": group }), "monthly", Some("30000"), 200));
        }
        // The first few developers have their own limits. Null removes every other limit.
        let own = [("monthly", Some("50000")), ("monthly", None), ("weekly", Some("12000"))];
        let developers = || members.iter().filter(|member| ["developer", "user"].contains(&&*member.role));
        for (member, (period, amount)) in developers().zip(own) {
            limits.push((json!({ "type": "user", "user_id": member.id }), period, amount, 60));
        }
        let last = limits.len().saturating_sub(1);
        for (index, (scope, period, amount, days)) in limits.into_iter().enumerate() {
            // The examples remove a limit of a member, if there is one.
            let id = if index == last { self.example_id("spl_") } else { self.ids.next("spl_") };
            let created_at = self.days_ago(days).to_string();
            self.add(
                SpendLimits::PATH,
                json!({
                    "id": id,
                    "amount": amount,
                    "scope": scope,
                    "currency": SpendLimits::CURRENCY,
                    "is_enabled": true,
                    "period": period,
                    "created_at": created_at,
                    "updated_at": created_at,
                }),
            );
        }
        self.spend_requests(members);
    }

    fn spend_requests(&mut self, members: &[Member]) {
        // From the oldest to the newest. The one that the examples name is pending.
        let states = [("approved", 50), ("denied", 30), ("pending", 6), ("pending", 2)];
        let decider = members.first().map(|member| member.id.clone()).unwrap_or_default();
        for (index, (status, days)) in states.into_iter().enumerate() {
            let Some(member) = members.iter().filter(|member| member.role != "admin").nth(index * 2) else { break };
            let id = if index == 2 { self.example_id("slir_") } else { self.ids.next("slir_") };
            let who = |id: &str| self.store.item(crate::rules::Members::PATH, id).map(spend_actor);
            let is_pending = status == "pending";
            let request = json!({
                "id": id,
                "actor": who(&member.id),
                "status": status,
                "period": "monthly",
                "resolved_at": (!is_pending).then(|| self.days_ago(days - 1).to_string()),
                "resolved_by": if is_pending { None } else { who(&decider) },
                "created_at": self.days_ago(days).to_string(),
            });
            self.add(SpendRequests::PATH, request);
        }
    }
}
