//! The organization at the start.

use crate::support::{Api, INVITES, KEYS, USERS, WORKSPACES, values};
use claude_admin_simulator::SimulatorConfig;
use std::collections::BTreeSet;

fn everything(seed: u64) -> Vec<String> {
    let mut api = Api::with(SimulatorConfig { seed, members: 40, ..SimulatorConfig::default() });
    let lists = [USERS.to_owned(), INVITES.to_owned(), KEYS.to_owned(), format!("{WORKSPACES}?include_default=true")];
    lists.iter().flat_map(|path| api.list(path)).map(|item| item.to_string()).collect()
}

#[test]
fn one_seed_is_one_organization() {
    assert_eq!(everything(7), everything(7));
    assert_ne!(everything(7), everything(8));
}

#[test]
fn an_organization_has_as_many_members_as_asked_for_and_no_address_twice() {
    for count in [0, 1, 3, 25, 300] {
        let members = Api::with_members(count).list(USERS);
        assert_eq!(members.len(), count);
        let addresses: BTreeSet<&str> = values(&members, "email").into_iter().collect();
        assert_eq!(addresses.len(), count);
        assert!(addresses.iter().all(|address| address.ends_with("@example.com")));
    }
}

#[test]
fn every_role_of_a_console_organization_is_there() {
    let members = Api::new().list(USERS);
    let roles: BTreeSet<&str> = values(&members, "role").into_iter().collect();
    assert_eq!(roles, ["admin", "billing", "claude_code_user", "developer", "user"].into());
}

#[test]
fn some_names_are_hard_on_whoever_shows_them() {
    let members = Api::new().list(USERS);
    let names = values(&members, "name");
    for part in ["<!channel>", "*bold*", "\u{200F}", "🌸", "=HYPERLINK", "<b>", "`", "\"", "@here"] {
        assert!(names.iter().any(|name| name.contains(part)), "{part}");
    }
}

#[test]
fn keys_and_invites_are_there_in_every_state() {
    let mut api = Api::new();
    for status in ["active", "inactive", "archived", "expired"] {
        assert!(!api.list(&format!("{KEYS}?status={status}")).is_empty(), "{status}");
    }
    for status in ["pending", "accepted", "expired"] {
        assert!(!api.list(&format!("{INVITES}?statuses[]={status}")).is_empty(), "{status}");
    }
}

#[test]
fn everything_is_listed_newest_first() {
    let mut api = Api::new();
    let all = format!("{WORKSPACES}?include_default=true&include_archived=true");
    for (path, field) in [(KEYS, "created_at"), (INVITES, "invited_at"), (&*all, "created_at")] {
        let items = api.list(path);
        let times = values(&items, field);
        assert!(times.is_sorted_by(|newer, older| newer >= older), "{path}: {times:?}");
    }
}
