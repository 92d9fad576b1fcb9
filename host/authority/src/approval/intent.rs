//! The entry that is on disk before a request is sent.

use crate::operation::{FIRST_STEP, Operation, Pending};
use claude_admin_audit::{Entry, Event};
use claude_admin_chat::identity::Principal;

/// Who permits that a step runs, and where it runs.
pub(super) struct Intent<'i> {
    /// The name of the lock of the host.
    pub(super) host: String,
    /// The hash of the plan, as it was recorded.
    pub(super) plan_hash: String,
    /// The hash of the policy.
    pub(super) policy_hash: &'i str,
    /// The policies that permit it, by ID.
    pub(super) policies: Vec<String>,
    /// The users who approved it.
    pub(super) approvers: Vec<Principal>,
}

impl Intent<'_> {
    /// The entry before one step of a plan with several steps.
    pub(super) fn entry_of_step(self, operation: &Operation, number: u32) -> Entry {
        let begin = self.entry(&operation.id, &operation.pending);
        let entry = Entry { step: Some(number), ..begin };
        match operation.pending.plan.step(number) {
            Some(step) => step.note(entry),
            None => entry,
        }
    }

    /// The entry with which the run begins, for the requester. A plan with several steps has a further entry before
    /// each step.
    pub(super) fn entry(self, operation: &str, pending: &Pending) -> Entry {
        let step = pending.plan.only().map(|_| FIRST_STEP);
        let Self { host, plan_hash, policy_hash, policies, approvers } = self;
        let intent = Event::Intent {
            host,
            plan_hash: Some(plan_hash.clone()),
            policy_hash: policy_hash.to_owned(),
            policies,
            approvers,
            reason: pending.reason.clone(),
        };
        let entry = Entry::by(&pending.requester, &pending.place, intent);
        Entry { step, plan_hash: Some(plan_hash), ..pending.note(operation, entry) }
    }
}
