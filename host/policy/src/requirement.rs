//! The requirements of a permitted action.
//!
//! Every risk has minimum requirements, which no policy can lower. An action with a second risk ([`Action::also`]) has
//! the minimum requirements of both risks:
//!
//! | risk | minimum requirements |
//! | --- | --- |
//! | read | nothing |
//! | confidential | a reason and the approval of a second person |
//! | reversible | a confirmation |
//! | disruptive | a confirmation and a reason |
//! | irreversible | a reason and the approval of a second person |
//!
//! A permit adds requirements with annotations:
//!
//! | annotation | meaning |
//! | --- | --- |
//! | `@confirm` | a confirmation |
//! | `@reason("required")` | a reason |
//! | `@approvals("2")` | the approval of this number of other users, 1 to 10 |
//! | `@from("admins")` | the approvers: a group of the configuration, or a user group of the chat platform |
//! | `@expires("15m")` | the expiry of a pending request: `s`, `m`, `h` or `d`, 1 minute to 7 days; default 30 minutes |
//! | `@id("…")`, `@description("…")` | the name and the description of the policy |
//!
//! If several permits match, the strictest requirements apply. A confirmation or a reason is required if one of the
//! permits requires it. Approvals from the same group: the highest number applies. Approvals from different groups: all
//! are required. The shortest expiry applies; a permit without `@expires` counts as 30 minutes. So a second permit
//! never weakens the requirements of the first one. The annotations apply to all actions of the permit, including
//! reads.
//!
//! [`Action::also`]: claude_admin_catalog::Action::also

use claude_admin_catalog::Risk;
use serde::{Deserialize, Serialize};

/// The time until a pending request expires, if no policy sets one.
pub(super) const DEFAULT_EXPIRY_SECONDS: u64 = 30 * 60;

/// Approvals that are required before an action runs. Requesters cannot approve their own requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalRule {
    /// The number of required approvals.
    pub count: u32,
    /// The group of the approvers. `None` means all users who can approve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// The replacement for approvals on a host with one user: the user types the name of the target, and waits for a delay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alone {
    /// The delay between the typed name and the run, in seconds.
    pub delay_seconds: u64,
}

/// The requirements of a permitted action.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirements {
    /// Whether the requester must confirm.
    pub confirm: bool,
    /// Whether the requester must give a reason.
    pub reason: bool,
    /// The required approvals. All of them must be met.
    pub approvals: Vec<ApprovalRule>,
    /// The replacement for all approvals on a host with one user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone: Option<Alone>,
    /// The time until a pending request expires, in seconds.
    pub expires_seconds: u64,
    /// The policies that permit it.
    pub policies: Vec<String>,
}

impl Requirements {
    /// The minimum requirements of an action with these risks.
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
            floor.reason |= risk.needs_reason();
            if matches!(risk, Risk::Confidential | Risk::Irreversible) {
                floor.add(&ApprovalRule { count: 1, from: None });
            }
        }
        floor
    }

    /// The requirements of an action with these risks and these matching permits, each with its name.
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
            // A permit without `@approvals` requires the approvals of the risk. Another permit does not remove them.
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

    /// The requirements of several actions that are decided together: the strictest ones apply.
    #[must_use]
    pub fn and(mut self, other: &Self) -> Self {
        self.confirm |= other.confirm;
        self.reason |= other.reason;
        other.approvals.iter().for_each(|rule| self.add(rule));
        self.approvals.sort_by(|a, b| a.from.cmp(&b.from));
        self.alone = self.alone.or(other.alone);
        self.expires_seconds = self.expires_seconds.min(other.expires_seconds);
        let new = other.policies.iter().filter(|policy| !self.policies.contains(policy)).cloned();
        self.policies.extend(new.collect::<Vec<_>>());
        self
    }

    fn add(&mut self, rule: &ApprovalRule) {
        match self.approvals.iter_mut().find(|known| known.from == rule.from) {
            Some(known) => known.count = known.count.max(rule.count),
            None => self.approvals.push(rule.clone()),
        }
    }

    /// Whether there are no requirements, so the action can run immediately.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.confirm && !self.reason && self.approvals.is_empty()
    }
}

/// The requirements of the annotations of one permit.
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

    #[test]
    fn actions_that_are_decided_together_have_the_strictest_requirements() {
        let (few, many) = (Some(ApprovalRule { count: 1, from: None }), Some(ApprovalRule { count: 2, from: None }));
        let admins = ApprovalRule { count: 1, from: Some("admins".to_owned()) };
        let one = of(Risk::Reversible, &[Demands { approval: many, expires_seconds: Some(600), ..Demands::default() }]);
        let two = of(Risk::Disruptive, &[Demands { approval: few, expires_seconds: Some(60), ..Demands::default() }]);
        let three = of(Risk::Read, &[Demands { approval: Some(admins.clone()), ..Demands::default() }]);
        let all = one.clone().and(&two).and(&three);
        assert!(all.confirm && all.reason);
        let expected = [ApprovalRule { count: 2, from: None }, admins];
        assert_eq!((&all.approvals[..], all.expires_seconds), (&expected[..], 60));
        assert_eq!(all, three.and(&two).and(&one).clone_with_policies(&all));
    }

    impl Requirements {
        fn clone_with_policies(&self, other: &Self) -> Self {
            Self { policies: other.policies.clone(), ..self.clone() }
        }
    }

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
