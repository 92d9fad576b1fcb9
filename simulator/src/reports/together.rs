//! The activity of one or several members on some days.

use super::asked::Days;
use super::calendar::date_of;
use super::coding::{Coding, TOOLS};
use super::doings::{self, Product};
use super::ledger::Ledger;
use super::people::{Group, Person};
use super::things::{Kind, Thing};
use crate::Object;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::AddAssign;

/// The activity of one member, or of several members together.
#[derive(Debug, Default, Clone)]
pub(super) struct Activity {
    users: i64,
    pub(super) messages: BTreeMap<Product, i64>,
    days: BTreeMap<Product, i64>,
    coding: Coding,
    uses: BTreeMap<(Kind, Product), i64>,
    pub(super) used: BTreeSet<(Kind, Product, usize)>,
    pub(super) web_searches: i64,
    pub(super) last_day: Option<i64>,
}

impl AddAssign<&Self> for Activity {
    fn add_assign(&mut self, other: &Self) {
        self.users += other.users;
        for (sums, more) in [(&mut self.messages, &other.messages), (&mut self.days, &other.days)] {
            for (product, count) in more {
                *sums.entry(*product).or_default() += count;
            }
        }
        for (place, count) in &other.uses {
            *self.uses.entry(*place).or_default() += count;
        }
        self.coding += other.coding;
        self.used.extend(&other.used);
        self.web_searches += other.web_searches;
        self.last_day = self.last_day.max(other.last_day);
    }
}

impl Activity {
    /// The activity of a member on some days. Empty on days on which the person was not a member.
    pub(super) fn of(ledger: &Ledger<'_>, things: &[Thing], person: &Person<'_>, days: Days) -> Self {
        let mut activity = Self { users: 1, ..Self::default() };
        for day in days.iter().filter(|day| person.is_member_on(*day)) {
            for product in Product::ALL {
                let messages = doings::messages(ledger.seed, person, product, day);
                if messages == 0 {
                    continue;
                }
                activity.last_day = Some(day);
                *activity.messages.entry(product).or_default() += messages;
                *activity.days.entry(product).or_default() += 1;
                if product == Product::ClaudeCode {
                    activity.coding += Coding::of(ledger.seed, person.salt, day, messages);
                }
                for (position, thing) in things.iter().enumerate() {
                    let uses = thing.uses(ledger.seed, person, product, day);
                    if uses > 0 {
                        *activity.uses.entry((thing.kind, product)).or_default() += uses;
                        activity.used.insert((thing.kind, product, position));
                    }
                }
            }
        }
        activity
    }

    fn messages(&self, product: Product) -> i64 {
        self.messages.get(&product).copied().unwrap_or_default()
    }

    /// Conversations or sessions, with a few messages each.
    fn sessions(&self, product: Product) -> i64 {
        (self.messages(product) + 4) / 5
    }

    fn uses(&self, kind: Kind, product: Product) -> i64 {
        self.uses.get(&(kind, product)).copied().unwrap_or_default()
    }

    fn distinct(&self, kind: Kind, product: Product) -> usize {
        self.used.range((kind, product, 0)..=(kind, product, usize::MAX)).count()
    }

    fn chat(&self) -> Value {
        let product = Product::Chat;
        let messages = self.messages(product);
        json!({
            "message_count": messages,
            "thinking_message_count": messages / 3,
            "distinct_conversation_count": self.sessions(product),
            "distinct_projects_created_count": 0,
            "distinct_projects_used_count": self.distinct(Kind::Project, product),
            "distinct_files_uploaded_count": messages / 9,
            "distinct_artifacts_created_count": self.uses(Kind::Artifact, product),
            "distinct_shared_artifacts_viewed_count": messages / 20,
            "shared_conversations_viewed_count": messages / 25,
            "connectors_used_count": self.uses(Kind::Connector, product),
            "distinct_connectors_used_count": self.distinct(Kind::Connector, product),
            "distinct_skills_used_count": self.distinct(Kind::Skill, product),
        })
    }

    fn cowork(&self) -> Value {
        let product = Product::Cowork;
        let messages = self.messages(product);
        json!({
            "message_count": messages,
            "dispatch_turn_count": messages / 2,
            "action_count": messages * 3,
            "distinct_session_count": self.sessions(product),
            "sessions_with_file_edits_count": self.sessions(product) / 2,
            "file_edit_count": messages,
            "edit_tool_count": messages / 2,
            "multi_edit_tool_count": messages / 8,
            "notebook_edit_tool_count": messages / 30,
            "write_tool_count": messages / 4,
            "artifacts_created_count": self.uses(Kind::Artifact, product),
            "connectors_used_count": self.uses(Kind::Connector, product),
            "distinct_connectors_used_count": self.distinct(Kind::Connector, product),
            "skills_used_count": self.uses(Kind::Skill, product),
            "distinct_skills_used_count": self.distinct(Kind::Skill, product),
            "plugins_used_count": self.uses(Kind::Plugin, product),
            "distinct_plugins_used_count": self.distinct(Kind::Plugin, product),
        })
    }

    fn claude_code(&self) -> Value {
        let tools: Object = TOOLS
            .iter()
            .zip(self.coding.decisions)
            .map(|(tool, (accepted, rejected))| {
                ((*tool).to_owned(), json!({ "accepted_count": accepted, "rejected_count": rejected }))
            })
            .collect();
        json!({
            "core_metrics": {
                "distinct_session_count": self.coding.sessions,
                "commit_count": self.coding.commits,
                "pull_request_count": self.coding.pull_requests,
                "lines_of_code": { "added_count": self.coding.added, "removed_count": self.coding.removed },
                "artifacts_created_count": self.uses(Kind::Artifact, Product::ClaudeCode),
            },
            "tool_actions": tools,
        })
    }

    fn office(&self) -> Value {
        let product = Product::Office;
        let part = |hundredths: i64| {
            let of = |amount: i64| amount * hundredths / 100;
            json!({
                "message_count": of(self.messages(product)),
                "distinct_session_count": of(self.sessions(product)),
                "connectors_used_count": of(self.uses(Kind::Connector, product)),
                "distinct_connectors_used_count": if hundredths == 50 { self.distinct(Kind::Connector, product) } else { 0 },
                "skills_used_count": of(self.uses(Kind::Skill, product)),
                "distinct_skills_used_count": if hundredths == 50 { self.distinct(Kind::Skill, product) } else { 0 },
            })
        };
        json!({ "excel": part(50), "word": part(30), "powerpoint": part(15), "outlook": part(5) })
    }

    pub(super) fn shown(&self, user: Option<&Person<'_>>, group: Option<Group<'_>>) -> Value {
        let design = Product::Design;
        let slack = Product::Slack;
        json!({
            "user": user.map(|user| json!({ "id": user.id, "email_address": user.email, "type": "user" })),
            "distinct_user_count": user.is_none().then_some(self.users),
            "rbac_group_id": group.map(|group| group.id),
            "rbac_group_name": group.map(|group| group.name),
            "last_activity_date": self.last_day.map(date_of),
            "web_search_count": self.web_searches,
            "chat_metrics": self.chat(),
            "cowork_metrics": self.cowork(),
            "chat_cowork_unified_metrics": { "chat": self.chat(), "sessions": self.cowork() },
            "claude_code_metrics": self.claude_code(),
            "office_metrics": self.office(),
            "design_metrics": {
                "message_count": self.messages(design),
                "distinct_session_count": self.sessions(design),
                "distinct_projects_created_count": self.messages(design) / 12,
                "distinct_projects_used_count": (self.messages(design) + 9) / 10,
            },
            "science_metrics": {
                "message_count": 0,
                "distinct_session_count": 0,
                "delegation_count": 0,
                "remote_compute_job_count": 0,
                "skills_used_count": 0,
            },
            "claude_tag_metrics": {
                "active_message_count": self.messages(slack),
                "active_day_count": self.days.get(&slack).copied().unwrap_or_default(),
            },
        })
    }
}
