//! A small allow-list: who may run reads, and who may run writes.

use super::{Decision, Policy};
use crate::command::Invocation;
use crate::identity::{Place, Principal};
use claude_admin_catalog::Action;
use std::fmt;
use std::str::FromStr;

/// Whom a line of the allow-list means: `slack:T0123/U0456`, `slack:T0123/*`, `http:automation`, `local:*`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    platform: String,
    tenant: String,
    user: String,
}

/// A line that means nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names nobody; write slack:TEAM/USER, slack:TEAM/*, http:CLIENT or local:USER")]
pub struct GrantError(String);

impl FromStr for Grant {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, GrantError> {
        let failed = || GrantError(text.to_owned());
        let (platform, rest) = text.split_once(':').ok_or_else(failed)?;
        let (tenant, user) = match platform {
            "slack" => rest.split_once('/').ok_or_else(failed)?,
            "http" | "local" => ("", rest),
            _ => return Err(failed()),
        };
        // A tenant is never a wildcard: that would let in every workspace of the platform.
        let id = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
        if (platform == "slack" && !id(tenant)) || !(user == "*" || id(user)) {
            return Err(failed());
        }
        Ok(Self { platform: platform.to_owned(), tenant: tenant.to_owned(), user: user.to_owned() })
    }
}

impl Grant {
    fn means(&self, principal: &Principal) -> bool {
        self.platform == principal.platform
            && self.tenant == principal.tenant
            && (self.user == "*" || self.user == principal.user)
    }
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tenant.is_empty() {
            write!(f, "{}:{}", self.platform, self.user)
        } else {
            write!(f, "{}:{}/{}", self.platform, self.tenant, self.user)
        }
    }
}

/// Who may read and who may write. Whoever may write may read. Nobody else may do anything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList {
    /// Who may run reads.
    pub read: Vec<Grant>,
    /// Who may run writes too.
    pub write: Vec<Grant>,
}

impl Policy for AllowList {
    fn decide(&self, principal: &Principal, _: &Place, action: &Action, _: &Invocation) -> Decision {
        let in_list = |grants: &[Grant]| grants.iter().any(|grant| grant.means(principal));
        if in_list(&self.write) || (!action.writes() && in_list(&self.read)) {
            return Decision::Allow;
        }
        let list = if action.writes() { "write" } else { "read" };
        Decision::Deny { reason: format!("`{principal}` is not in the `{list}` list of the policy") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Authorized, Refusal, authorize};
    use claude_admin_catalog::{Catalog, PackageText};
    use std::path::Path;

    fn catalog() -> Catalog {
        let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
        Catalog::from_text(&PackageText::from_folder(&wit).unwrap()).unwrap()
    }

    fn list(read: &[&str], write: &[&str]) -> AllowList {
        let grants = |lines: &[&str]| lines.iter().map(|line| line.parse().unwrap()).collect();
        AllowList { read: grants(read), write: grants(write) }
    }

    fn ask(
        policy: &AllowList,
        principal: &Principal,
        id: &str,
        confirmed: bool,
    ) -> Result<Authorized<Invocation>, Refusal> {
        let catalog = catalog();
        let invocation = Invocation { action: id.to_owned(), arguments: Default::default() };
        authorize(policy, principal, &Place::default(), catalog.action(id).unwrap(), invocation, confirmed)
    }

    #[test]
    fn an_empty_list_denies_every_action() {
        for action in &catalog().actions {
            let refusal = ask(&AllowList::default(), &Principal::slack("T1", "U1"), &action.id, true).unwrap_err();
            assert!(matches!(refusal, Refusal::Denied { .. }), "{}", action.id);
        }
    }

    #[test]
    fn every_action_is_allowed_to_a_writer_and_only_reads_to_a_reader() {
        let policy = list(&["slack:T1/R"], &["slack:T1/W"]);
        for action in &catalog().actions {
            assert!(ask(&policy, &Principal::slack("T1", "W"), &action.id, true).is_ok(), "{}", action.id);
            let reader = ask(&policy, &Principal::slack("T1", "R"), &action.id, true);
            assert_eq!(reader.is_ok(), !action.writes(), "{}", action.id);
        }
    }

    #[test]
    fn a_write_that_is_allowed_still_needs_to_be_confirmed() {
        let policy = list(&[], &["slack:T1/W"]);
        for action in catalog().actions.iter().filter(|action| action.writes()) {
            let refusal = ask(&policy, &Principal::slack("T1", "W"), &action.id, false).unwrap_err();
            assert_eq!(refusal, Refusal::Unconfirmed, "{}", action.id);
        }
    }

    #[test]
    fn a_denied_write_is_denied_before_it_is_asked_to_be_confirmed() {
        let refusal =
            ask(&list(&["slack:T1/*"], &[]), &Principal::slack("T1", "U"), "users.remove", false).unwrap_err();
        assert!(matches!(refusal, Refusal::Denied { reason } if reason.contains("`write` list")));
    }

    #[test]
    fn the_same_id_in_another_workspace_or_platform_is_somebody_else() {
        let policy = list(&["slack:T1/U1", "http:U1"], &[]);
        assert!(ask(&policy, &Principal::slack("T1", "U1"), "users.list", false).is_ok());
        assert!(ask(&policy, &Principal::slack("T2", "U1"), "users.list", false).is_err());
        assert!(ask(&policy, &Principal { platform: "local", ..Principal::http("U1") }, "users.list", false).is_err());
    }

    #[test]
    fn lines_that_name_nobody_are_refused() {
        for line in
            ["", "U1", "slack:U1", "slack:*/U1", "slack:T1/", "http:", "discord:G/U", "slack:T1/U1 U2", "local:a b"]
        {
            assert!(line.parse::<Grant>().is_err(), "{line}");
        }
        for line in ["slack:T1/*", "http:ci", "local:*"] {
            assert_eq!(line.parse::<Grant>().unwrap().to_string(), line);
        }
    }
}
