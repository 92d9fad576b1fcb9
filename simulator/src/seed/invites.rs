//! The invites at the start: some in every state.

use super::Seeder;
use super::members::Member;
use crate::rules::Invites;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// Address, role, days since it was sent, status. A pending one that is older than its lifetime has expired.
const OPEN: [(&str, &str, i64, &str); 6] = [
    ("grace.mwangi@example.com", "developer", 60, "pending"),
    ("Oscar.Lindqvist+claude@Example.com", "user", 40, "deleted"),
    ("hiro.yamada@example.com", "user", 25, "pending"),
    ("lucia.moretti@example.com", "billing", 20, "pending"),
    ("sam.taylor@example.com", "developer", 6, "pending"),
    ("Noor.Khalid+admin@Example.com", "claude_code_user", 1, "pending"),
];

/// The invite that the examples name. It can be cancelled for two more weeks.
const EXAMPLE: &str = "sam.taylor@example.com";

struct Invite {
    email: String,
    role: String,
    invited_at: Timestamp,
    status: &'static str,
    accepted_at: Option<Timestamp>,
}

impl Seeder<'_> {
    pub(super) fn invites(&mut self, members: &[Member]) {
        let accepted = members.iter().rev().take(2).map(|member| Invite {
            email: member.email.clone(),
            role: member.role.clone(),
            invited_at: member.added_at.checked_sub(SignedDuration::from_hours(30)).unwrap_or(Timestamp::MIN),
            status: "accepted",
            accepted_at: Some(member.added_at),
        });
        let open = OPEN.into_iter().map(|(email, role, days, status)| Invite {
            email: email.to_owned(),
            role: role.to_owned(),
            invited_at: self.days_ago(days),
            status,
            accepted_at: None,
        });
        let mut invites: Vec<Invite> = accepted.chain(open).collect();
        invites.sort_by_key(|invite| invite.invited_at);
        for invite in invites {
            let id = if invite.email == EXAMPLE { self.example_id("invite_") } else { self.ids.next("invite_") };
            let expires_at = invite.invited_at.checked_add(Invites::LIFETIME).unwrap_or(Timestamp::MAX);
            self.add(
                Invites::PATH,
                json!({
                    "id": id,
                    "email": invite.email,
                    "role": invite.role,
                    "status": invite.status,
                    "invited_at": invite.invited_at.to_string(),
                    "expires_at": expires_at.to_string(),
                    "accepted_at": invite.accepted_at.map(|at| at.to_string()),
                    "rbac_group_ids": [],
                }),
            );
        }
    }
}
