//! Whether any user can approve a request, according to the policy and the configured groups.

use super::Approvals;
use super::settle::is_other_tenant;
use crate::Person;
use crate::groups::{Groups, Member, is_user_group};
use crate::people::Relation;
use crate::plan::Plan;
use crate::policy::{ApprovalRule, Requirements};
use claude_admin_catalog::Action;
use claude_admin_chat::identity::Principal;
use std::collections::BTreeSet;

/// Approvals that no user can give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoApprover {
    /// The rule that requires them.
    pub rule: ApprovalRule,
    /// The number of other users who can give them.
    pub available: usize,
    /// The number of users on other platforms who could give them, if the configuration mapped their accounts and that
    /// of the requester to different people.
    pub unmapped: usize,
    /// Whether the policy permits the actions to the requester and to no other user.
    pub is_alone: bool,
}

/// Users who can approve.
enum Approvers {
    /// These users.
    Only(BTreeSet<Principal>),
    /// The users cannot be listed: all users of a platform, or the members of a user group.
    Unlisted,
}

impl Approvals {
    /// The first rule whose approvals can never be given; none if all might be given. Conditions of the policy are not
    /// evaluated. So an approval that a user can give is never reported as impossible.
    pub fn no_approver(
        &self,
        requester: &Person,
        actions: &[&Action],
        requirements: &Requirements,
    ) -> Option<NoApprover> {
        if requirements.alone.is_some() {
            return None;
        }
        requirements.approvals.iter().find_map(|rule| {
            let approvers = match &rule.from {
                Some(group) => members(self.decider.groups(), [group.as_str()]),
                None => self.permitted_all(actions),
            };
            let Approvers::Only(mut others) = approvers else { return None };
            others.retain(|other| !is_other_tenant(&requester.place, other));
            let people = self.decider.people();
            let related = |relation| {
                let is_related = move |other: &&Principal| people.relation(&requester.principal, other) == relation;
                people.at_most(others.iter().filter(is_related))
            };
            let (available, unmapped) = (related(Relation::Different), related(Relation::Unknown));
            let needed = usize::try_from(rule.count).unwrap_or(usize::MAX);
            let is_alone = rule.from.is_none() && available + unmapped == 0;
            (available < needed).then(|| NoApprover { rule: rule.clone(), available, unmapped, is_alone })
        })
    }

    /// As [`Self::no_approver`], for the selected steps of a plan.
    pub(super) fn no_approver_of(
        &self,
        requester: &Person,
        plan: &Plan,
        requirements: &Requirements,
    ) -> Option<NoApprover> {
        let catalog = self.runtime.catalog();
        let actions = plan.actions().into_iter().filter_map(|(action, _)| catalog.action(action));
        self.no_approver(requester, &actions.map(|action| &**action).collect::<Vec<_>>(), requirements)
    }

    /// The users who are permitted every action.
    fn permitted_all(&self, actions: &[&Action]) -> Approvers {
        actions.iter().map(|action| self.permitted(action)).fold(Approvers::Unlisted, |all, some| match (all, some) {
            (Approvers::Only(all), Approvers::Only(some)) => {
                Approvers::Only(all.intersection(&some).cloned().collect())
            }
            (Approvers::Only(all), Approvers::Unlisted) => Approvers::Only(all),
            (Approvers::Unlisted, some) => some,
        })
    }

    fn permitted(&self, action: &Action) -> Approvers {
        let candidates = self.decider.policy().candidates(action);
        match members(self.decider.groups(), candidates.groups.iter().map(String::as_str)) {
            Approvers::Only(mut people) if !candidates.everybody => {
                people.extend(candidates.people);
                Approvers::Only(people)
            }
            _ => Approvers::Unlisted,
        }
    }
}

fn members<'g>(groups: &Groups, names: impl IntoIterator<Item = &'g str>) -> Approvers {
    let mut people = BTreeSet::new();
    for name in names {
        for member in groups.members(name) {
            match member {
                Member::Person(person) => _ = people.insert(person.clone()),
                Member::Everybody(..) | Member::UserGroup(_) => return Approvers::Unlisted,
            }
        }
        if is_user_group(name) {
            return Approvers::Unlisted;
        }
    }
    Approvers::Only(people)
}
