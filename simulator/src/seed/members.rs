//! The members at the start.

use super::Seeder;
use super::people::{FAMILY, GIVEN, PEOPLE, ROLES};
use crate::OrganizationKind;
use crate::rules::Members;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

/// The time since the first member joined.
const SPAN: SignedDuration = SignedDuration::from_hours(24 * 730);

/// The data of a member for other seeds.
pub(super) struct Member {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) role: String,
    pub(super) added_at: Timestamp,
}

impl Seeder<'_> {
    /// Adds members, from the first one to the last one that joined.
    pub(super) fn members(&mut self, count: usize, organization: OrganizationKind) -> Vec<Member> {
        let step = i32::try_from(count).map_or(SignedDuration::ZERO, |count| SPAN / count.max(1));
        let mut members: Vec<Member> = Vec::with_capacity(count);
        // The examples change the role of a member and remove one: both need a member who is not an admin.
        let mut example = Some(self.example_id("user_"));
        for index in 0..count {
            let (name, email, role) = self.person(index);
            let id = if role == "developer" { example.take() } else { None };
            let role = match organization {
                OrganizationKind::Enterprise => enterprise_role(&role, members.is_empty()).to_owned(),
                OrganizationKind::Both | OrganizationKind::Console => role,
            };
            let id = id.unwrap_or_else(|| self.ids.next("user_"));
            let remaining = i32::try_from(count - index).unwrap_or(i32::MAX);
            let added_at = self.now.checked_sub(step * remaining).unwrap_or(Timestamp::MIN);
            self.add(
                Members::PATH,
                json!({ "id": id, "email": email, "name": name, "role": role, "added_at": added_at.to_string() }),
            );
            members.push(Member { id, email, role, added_at });
        }
        members
    }

    fn person(&mut self, index: usize) -> (String, String, String) {
        let (name, local, role) = match PEOPLE.get(index) {
            Some((name, local, role)) => ((*name).to_owned(), (*local).to_owned(), *role),
            None => {
                let given = GIVEN[self.rng.usize(..GIVEN.len())];
                let family = FAMILY[self.rng.usize(..FAMILY.len())];
                // The number makes addresses unique.
                let local = format!("{given}.{family}.{index}").to_lowercase();
                (format!("{given} {family}"), local, ROLES[self.rng.usize(..ROLES.len())])
            }
        };
        (name, format!("{local}@example.com"), role.to_owned())
    }
}

/// The closest role of an Enterprise organization.
fn enterprise_role(role: &str, is_first: bool) -> &str {
    match role {
        "admin" if is_first => "primary_owner",
        "admin" => "owner",
        "billing" => "membership_admin",
        "claude_code_user" => "managed",
        _ => "user",
    }
}
