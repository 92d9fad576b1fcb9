//! What it takes to do what is permitted.
//!
//! Every risk has a floor, which no policy lowers; an action with a second risk ([`Action::also`]) has both floors:
//!
//! | risk | floor |
//! | --- | --- |
//! | read | nothing |
//! | confidential | a reason and the approval of a second person |
//! | reversible | a confirmation |
//! | disruptive | a confirmation and a reason |
//! | irreversible | a reason and the approval of a second person |
//!
//! A permit asks for more with annotations:
//!
//! | annotation | meaning |
//! | --- | --- |
//! | `@confirm` | a confirmation |
//! | `@reason("required")` | a reason |
//! | `@approvals("2")` | the approval of so many others, 1 to 10 |
//! | `@from("admins")` | who may approve: a group of the configuration, or a user group of the chat platform |
//! | `@expires("15m")` | how long it may wait: `s`, `m`, `h` or `d`, 1 minute to 7 days; 30 minutes unless given |
//! | `@id("…")`, `@description("…")` | what it is called, and what it is for |
//!
//! Where several permits match, the strictest of all counts: confirmations and reasons add up, of the approvals from
//! one group the highest number counts, approvals from different groups are all needed, and the shortest time ends the
//! waiting; a permit without `@expires` counts as 30 minutes there. So a second permit never makes anything easier that
//! a first one permits. The annotations count for all actions that the permit is about, reads included.
//!
//! [`Action::also`]: claude_admin_catalog::Action::also

use claude_admin_catalog::Risk;
use serde::{Deserialize, Serialize};

/// How long something may wait where no policy says.
pub(super) const DEFAULT_EXPIRY_SECONDS: u64 = 30 * 60;

/// Approvals that are needed before something runs. Nobody approves their own request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// How many people must approve.
    pub count: u32,
    /// The group that they must be in; anybody who may approve, where none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// What a lone operator does instead of the approvals: types the name of the target, and waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alone {
    /// The seconds between the name and the run.
    pub delay_seconds: u64,
}

/// What it takes to do what is permitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirements {
    /// Whether the person must confirm.
    pub confirm: bool,
    /// Whether the person must give a reason.
    pub reason: bool,
    /// The approvals that are needed, every one of them.
    pub approvals: Vec<ApprovalRule>,
    /// What replaces all of the approvals, however many, on a host with one user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone: Option<Alone>,
    /// How many seconds it may wait to be confirmed or approved.
    pub expires_seconds: u64,
    /// The policies that permit it.
    pub policies: Vec<String>,
}

impl Requirements {
    /// What an action of these risks takes, whatever the policy says.
    #[must_use]
    pub fn floor(risks: impl IntoIterator<Item = Risk>) -> Self {
        let mut floor = Self {
            confirm: false,
            reason: false,
            approvals: Vec::new(),
            alone: None,
            expires_seconds: DEFAULT_EXPIRY_SECONDS,
            policies: Vec::new(),
        };
        for risk in risks {
            floor.confirm |= matches!(risk, Risk::Reversible | Risk::Disruptive);
            floor.reason |= matches!(risk, Risk::Confidential | Risk::Disruptive | Risk::Irreversible);
            if matches!(risk, Risk::Confidential | Risk::Irreversible) {
                floor.add(&ApprovalRule { count: 1, from: None });
            }
        }
        floor
    }

    /// What an action of these risks takes where these permits match, each with its name.
    pub(super) fn of<'d>(
        risks: impl IntoIterator<Item = Risk>,
        permits: impl IntoIterator<Item = (&'d str, &'d Demands)>,
    ) -> Self {
        let floor = Self::floor(risks);
        let mut all = Self { approvals: Vec::new(), ..floor.clone() };
        let mut expires = None;
        for (policy, demands) in permits {
            all.confirm |= demands.confirm;
            all.reason |= demands.reason;
            // A permit that says nothing of approvals asks for what the risk asks for: another one does not take that back.
            match &demands.approval {
                Some(rule) => all.add(rule),
                None => floor.approvals.iter().for_each(|rule| all.add(rule)),
            }
            let seconds = demands.expires_seconds.unwrap_or(DEFAULT_EXPIRY_SECONDS);
            expires = Some(expires.map_or(seconds, |shortest: u64| shortest.min(seconds)));
            all.policies.push(policy.to_owned());
        }
        all.expires_seconds = expires.unwrap_or(DEFAULT_EXPIRY_SECONDS);
        all.approvals.sort_by(|a, b| a.from.cmp(&b.from));
        all
    }

    fn add(&mut self, rule: &ApprovalRule) {
        match self.approvals.iter_mut().find(|known| known.from == rule.from) {
            Some(known) => known.count = known.count.max(rule.count),
            None => self.approvals.push(rule.clone()),
        }
    }

    /// Whether it may run at once.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.confirm && !self.reason && self.approvals.is_empty()
    }
}

/// What the annotations of one permit ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Demands {
    pub(super) confirm: bool,
    pub(super) reason: bool,
    pub(super) approval: Option<ApprovalRule>,
    pub(super) expires_seconds: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(risk: Risk, permits: &[Demands]) -> Requirements {
        Requirements::of([risk], permits.iter().map(|demands| ("p", demands)))
    }

    fn approval(count: u32, from: Option<&str>) -> Demands {
        Demands { approval: Some(ApprovalRule { count, from: from.map(str::to_owned) }), ..Demands::default() }
    }

    #[test]
    fn every_risk_has_its_floor() {
        let floors = Risk::ALL.map(|risk| {
            let floor = of(risk, &[Demands::default()]);
            (floor.confirm, floor.reason, floor.approvals.len(), floor.expires_seconds)
        });
        assert_eq!(
            floors,
            [
                (false, false, 0, 1800),
                (false, true, 1, 1800),
                (true, false, 0, 1800),
                (true, true, 0, 1800),
                (false, true, 1, 1800)
            ]
        );
    }

    #[test]
    fn the_strictest_of_all_permits_counts() {
        let found = of(
            Risk::Read,
            &[
                approval(1, Some("admins")),
                Demands { confirm: true, expires_seconds: Some(60), ..approval(3, Some("admins")) },
                Demands { reason: true, expires_seconds: Some(7200), ..approval(2, None) },
            ],
        );
        assert!(found.confirm && found.reason);
        assert_eq!(found.expires_seconds, 60);
        let rules: Vec<_> = found.approvals.iter().map(|rule| (rule.count, rule.from.as_deref())).collect();
        assert_eq!(rules, [(2, None), (3, Some("admins"))]);
        assert_eq!(found.policies.len(), 3);
    }

    #[test]
    fn a_longer_time_needs_every_permit_to_say_so() {
        let long = Demands { expires_seconds: Some(7200), ..Demands::default() };
        assert_eq!(of(Risk::Reversible, std::slice::from_ref(&long)).expires_seconds, 7200);
        assert_eq!(of(Risk::Reversible, &[long, Demands::default()]).expires_seconds, 1800);
    }

    #[test]
    fn an_approval_from_a_group_is_one_by_a_second_person() {
        let found = of(Risk::Irreversible, &[approval(1, Some("admins"))]);
        assert_eq!(found.approvals, [ApprovalRule { count: 1, from: Some("admins".to_owned()) }]);
    }
}
