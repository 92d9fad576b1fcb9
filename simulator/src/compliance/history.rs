//! The activities of the six months before the simulation began. They are generated on request and are always the same.

use super::organization_tag;
use crate::Object;
use crate::memory;
use crate::reports::calendar::{DAY, day_of, start_of_day};
use crate::reports::doings::{self, Product};
use crate::reports::people::{People, Person};
use crate::reports::random::{below, id, index_below, salt};
use crate::rules::View;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// The number of days of history.
const DAYS: i64 = 183;
/// The number of members with a history, from the first one on. It is the same for any number of members, and enough
/// for realistic data.
pub(super) const MEMBERS: usize = 40;
const AGENTS: [&str; 3] = [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) Claude/1.0",
    "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0",
    "claude-cli/2.1.0",
];

/// The activities of members: type, frequency in percent, and the field and prefix of the ID.
const DEEDS: [(&str, u64, &str, &str); 9] = [
    ("claude_chat_created", 30, "claude_chat_id", "claude_chat_"),
    ("claude_chat_viewed", 24, "claude_chat_id", "claude_chat_"),
    ("claude_chat_updated", 14, "claude_chat_id", "claude_chat_"),
    ("claude_file_uploaded", 10, "claude_file_id", "claude_file_"),
    ("claude_artifact_created", 8, "claude_artifact_id", "claude_artifact_"),
    ("claude_project_viewed", 6, "claude_project_id", "claude_proj_"),
    ("claude_artifact_viewed", 4, "claude_artifact_id", "claude_artifact_"),
    ("claude_skill_enabled", 2, "skill_id", "skill_"),
    ("integration_user_connected", 2, "mcp_server_id", "mcpsrv_"),
];

/// The history that is being generated.
pub(super) struct Writer<'v> {
    seed: u64,
    organization: (String, &'v str),
    begun: Timestamp,
    pub(super) activities: Vec<Object>,
}

impl<'v> Writer<'v> {
    pub(super) fn of(view: View<'v>) -> Self {
        Self {
            seed: memory::seed(view.store),
            organization: (organization_tag(view.store), view.organization_id().unwrap_or_default()),
            begun: memory::started_at(view.store),
            activities: Vec::new(),
        }
    }

    /// Adds an activity if it is in the past.
    pub(super) fn add(&mut self, at: Timestamp, kind: &str, actor: Value, fields: Value, parts: &[u64]) {
        let oldest = self.begun.checked_sub(SignedDuration::from_hours(24 * DAYS)).unwrap_or(Timestamp::MIN);
        if at >= self.begun || at < oldest {
            return;
        }
        let mut named = vec![self.seed, salt(kind)];
        named.extend(parts);
        // Before a sign-in, the organization of the user is unknown.
        let is_nobody = actor.get("type").and_then(Value::as_str) == Some("unauthenticated_user_actor");
        let organization = (!is_nobody).then_some(&self.organization);
        let mut activity = Object::from_iter([
            ("id".to_owned(), json!(id("activity_", &named))),
            ("type".to_owned(), json!(kind)),
            ("created_at".to_owned(), json!(at.to_string())),
            ("organization_id".to_owned(), json!(organization.map(|(tag, _)| tag))),
            ("organization_uuid".to_owned(), json!(organization.map(|(_, uuid)| uuid))),
            ("actor".to_owned(), actor),
        ]);
        if let Value::Object(fields) = fields {
            activity.extend(fields);
        }
        self.activities.push(activity);
    }

    /// The activities of a member on one day.
    fn day(&mut self, person: &Person<'_>, day: i64, count: u64) {
        let seed = self.seed;
        let parts = |what: u64| [seed, person.salt, day.cast_unsigned(), what];
        let mut minute = 7 * 60 + below(150, &parts(0)).cast_signed();
        let at = |minute: i64, what: u64| {
            let second = minute * 60 + below(60, &parts(100 + what)).cast_signed();
            start_of_day(day).checked_add(SignedDuration::from_secs(second)).unwrap_or(Timestamp::MAX)
        };
        if below(100, &parts(1)) < 40 {
            let failed = below(100, &parts(2)) < 4;
            let (began, ended) = (at(minute, 1), at(minute + 1, 2));
            let kind = if failed { "sso_login_failed" } else { "sso_login_initiated" };
            self.add(began, kind, stranger(person), json!({}), &[person.salt, day.cast_unsigned(), 1]);
            let fields = json!({ "auth_method": "sso", "mfa_method": null });
            self.add(ended, "sso_login_succeeded", user(person), fields, &[person.salt, day.cast_unsigned(), 2]);
        }
        for number in 0..count {
            let parts = [self.seed, person.salt, day.cast_unsigned(), 10 + number];
            minute += 3 + below(70, &parts).cast_signed();
            if minute >= DAY {
                break;
            }
            let mut roll = below(100, &[parts[0], parts[1], parts[2], parts[3], 1]);
            let deed = DEEDS.iter().find(|(_, part, _, _)| {
                let is_it = roll < *part;
                roll = roll.saturating_sub(*part);
                is_it
            });
            let Some((kind, _, field, prefix)) = deed else { continue };
            let mut fields = Object::from_iter([((*field).to_owned(), json!(id(prefix, &parts)))]);
            if *kind == "claude_file_uploaded" {
                fields.insert("filename".to_owned(), json!(format!("notes-{}.md", number + 1)));
            }
            let when = at(minute, 10 + number);
            self.add(when, kind, user(person), fields.into(), &[parts[1], parts[2], parts[3]]);
        }
    }
}

/// A member, as an actor.
pub(super) fn user(person: &Person<'_>) -> Value {
    json!({
        "type": "user_actor",
        "user_id": person.id,
        "email_address": person.email,
        "ip_address": address(person),
        "user_agent": agent(person),
    })
}

fn stranger(person: &Person<'_>) -> Value {
    json!({
        "type": "unauthenticated_user_actor",
        "ip_address": address(person),
        "user_agent": agent(person),
        "unauthenticated_email_address": person.email,
    })
}

fn agent(person: &Person<'_>) -> &'static str {
    AGENTS[index_below(AGENTS.len(), &[person.salt, 3])]
}

/// An address that is reserved for documentation.
fn address(person: &Person<'_>) -> String {
    format!("203.0.113.{}", 1 + person.salt % 250)
}

/// All activities, unordered.
pub(super) fn history(view: View<'_>) -> Vec<Object> {
    let people = People::of(view.store);
    let mut writer = Writer::of(view);
    let seed = writer.seed;
    let people: Vec<&Person<'_>> = people.everybody.iter().take(MEMBERS).collect();
    let last = day_of(writer.begun);
    for day in last - DAYS..=last {
        for person in people.iter().filter(|person| person.is_member_on(day)) {
            let messages = doings::messages(seed, person, Product::Chat, day)
                + doings::messages(seed, person, Product::Cowork, day);
            if messages > 0 {
                writer.day(person, day, 1 + (messages / 12).cast_unsigned());
            }
        }
    }
    if let Some(admin) = people.iter().find(|person| person.role == "admin").or_else(|| people.first()) {
        administration(&mut writer, admin, last);
    }
    writer.activities
}

/// The activities of administrators, every few days.
fn administration(writer: &mut Writer<'_>, admin: &Person<'_>, last: i64) {
    for (number, ago) in (0..DAYS).step_by(5).enumerate() {
        let number = number as u64;
        let at = start_of_day(last - ago).checked_sub(SignedDuration::from_hours(6)).unwrap_or(Timestamp::MIN);
        let key = id("apikey_", &[writer.seed, salt("made"), number]);
        let scopes = [["read:members"], ["read:analytics"], ["read:compliance_activities"]][index_below(3, &[number])];
        let fields = json!({ "api_key_id": key, "scopes": scopes });
        writer.add(at, "api_key_created", user(admin), fields, &[number]);
        let (kind, fields) = match number % 6 {
            0 => ("audit_log_export_started", json!({})),
            1 => ("org_sso_group_role_mappings_updated", json!({})),
            2 => ("org_members_exported", json!({})),
            3 => (
                "org_model_default_updated",
                json!({
                    "action": "set",
                    "override_user_selection": false,
                    "principal_type": "org",
                    "principal_id": writer.organization.0,
                    "default_model": "claude-sonnet-4-5",
                }),
            ),
            4 => ("subscription_quantity_updated", json!({ "added_seats": 1, "new_quantity": 40 + number / 6 })),
            _ => ("billing_emails_updated", json!({})),
        };
        let later = at.checked_add(SignedDuration::from_mins(11)).unwrap_or(Timestamp::MAX);
        writer.add(later, kind, user(admin), fields, &[number]);
    }
}
