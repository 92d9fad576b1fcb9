//! The approvals that count: who can approve a request, and whether its approvals are sufficient.

use super::Approvals;
use super::access::nothing_permits;
use crate::Person;
use crate::operation::Operation;
use crate::plan::Selection;
use crate::policy::{Decision, Denial, DenialKind};
use claude_admin_chat::identity::Principal;

impl Approvals {
    /// Whether a user can approve an operation: for each of its rules, whether the approval of the user counts.
    ///
    /// A rule with a group requires a member of the group; no policy must forbid any step to this member. A rule without
    /// a group requires a user who can run every step.
    ///
    /// # Errors
    ///
    /// The denial, if the approval counts for no rule.
    pub fn approves(&self, operation: &Operation, person: &Person) -> Result<Vec<bool>, Denial> {
        let reason = operation.pending.reason.as_deref();
        let mut not_permitted = None;
        let plan = &operation.pending.plan;
        // While nothing is selected, each offered step counts: it can be selected.
        let offers_only = plan.steps().next().is_none();
        let steps = plan.all_numbered().filter(|(_, step)| offers_only || step.selection != Selection::Offered);
        for (_, step) in steps {
            let Some(action) = self.runtime.catalog().action(&step.action) else {
                return Err(Denial::unknown_action(&step.action));
            };
            match self.decider.decide(person, action, &step.arguments, reason) {
                Decision::Allow(_) => {}
                Decision::Deny(denial) if denial.kind == DenialKind::NothingPermits => {
                    not_permitted = not_permitted.or(Some(action));
                }
                Decision::Deny(denial) => return Err(denial),
            }
        }
        let may_do_it = not_permitted.is_none();
        let rules = &operation.pending.requirements.approvals;
        let counts: Vec<bool> =
            rules.iter().map(|rule| rule.from.as_ref().map_or(may_do_it, |group| person.is_in(group))).collect();
        if counts.contains(&true) {
            return Ok(counts);
        }
        let groups: Vec<&str> = rules.iter().filter_map(|rule| rule.from.as_deref()).collect();
        Err(nothing_permits(match not_permitted {
            Some(action) if groups.is_empty() => {
                format!("only users who can run `{}` here can decide this request", action.command())
            }
            _ => format!("only members of {} can decide this request", groups.join(", ")),
        }))
    }

    /// Whether an approval can be the last one that is required. With one rule, this is a matter of their number, and all
    /// of them are evaluated before the request runs.
    pub(super) async fn completes(&self, operation: &Operation, person: &Person) -> bool {
        let has_one_rule = operation.pending.requirements.approvals.len() == 1;
        operation.has_approvals(1) && (has_one_rule || self.is_enough(operation, Some(person)).await)
    }

    /// Whether the approvals so far are sufficient, each evaluated again; with one more if a user is about to approve.
    pub(super) async fn is_enough(&self, operation: &Operation, one_more: Option<&Person>) -> bool {
        let mut approvals: Vec<(Principal, Vec<bool>)> = Vec::new();
        let mut add = |person: &Person| {
            // The approval of a user who is no longer permitted to give it does not count.
            if let Ok(counts) = self.approves(operation, person) {
                approvals.push((person.principal.clone(), counts));
            }
        };
        for decided in operation.approvers() {
            add(&self.decider.person(&decided.principal, &decided.place).await);
        }
        one_more.into_iter().for_each(add);
        let requester = &operation.pending.requester;
        let principals = [requester].into_iter().chain(approvals.iter().map(|(principal, _)| principal));
        let people = self.decider.people().distinct(principals);
        let counts = approvals.iter().filter(|(principal, _)| people.contains(&principal) && principal != requester);
        operation.enough(&counts.map(|(_, counts)| counts.clone()).collect::<Vec<_>>())
    }
}
