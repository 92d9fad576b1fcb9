//! From the last decision about a plan with several steps to its run.
//!
//! Targets are not read here: each step compares its target before it runs.

use super::settle::{Then, asks_for_more};
use super::{Approvals, SettleError, Settled, Stage, Unplanned, Vote};
use crate::Person;
use crate::operation::{Operation, Pending};
use crate::policy::{Decision, Requirements};
use claude_admin_audit::{Code, Difference};

impl Approvals {
    /// Evaluates every step again for the requester and the approvers, and records the decision with the begin of the
    /// run.
    pub(super) async fn start(
        &self,
        operation: Operation,
        person: &Person,
        vote: &Vote,
        alone: Option<u64>,
    ) -> Result<Settled, SettleError> {
        let pending = &operation.pending;
        let requester = self.decider.person(&pending.requester, &pending.place).await;
        let person = self.decider.person(&person.principal, &person.place).await;
        let mut all: Option<Requirements> = None;
        if let Some(origin) = pending.plan.origin() {
            let form = self.runtime.catalog().playbook(&origin.playbook);
            let Some(form) = form.filter(|form| form.digest == origin.digest) else {
                return Err(SettleError::Unplanned(Box::new(operation), Unplanned::NoPlaybook, Vec::new()));
            };
            match self.decider.decide_playbook(&requester, form) {
                Decision::Allow(requirements) => all = Some(requirements),
                Decision::Deny(denial) => {
                    return Err(SettleError::RequesterNotAllowed(Box::new(operation), denial, Vec::new()));
                }
            }
        }
        let playbook = pending.plan.in_playbook();
        for step in pending.plan.steps() {
            let Some(action) = self.runtime.catalog().action(&step.action) else {
                return Err(SettleError::Unplanned(Box::new(operation), Unplanned::NoAction, Vec::new()));
            };
            let reason = pending.reason.as_deref();
            match self.decider.decide_in(&requester, action, &step.arguments, reason, playbook.as_ref()) {
                Decision::Allow(requirements) => {
                    all = Some(all.map_or(requirements.clone(), |all| all.and(&requirements)));
                }
                Decision::Deny(denial) => {
                    return Err(SettleError::RequesterNotAllowed(Box::new(operation), denial, Vec::new()));
                }
            }
        }
        let requirements = all.unwrap_or_else(|| pending.requirements.clone());
        if requirements.reason && pending.reason.is_none() {
            return Err(SettleError::NoReason(Box::new(operation), Vec::new()));
        }
        if let Some(settled) = self.insufficient(&operation, (&requester, &person), vote, alone, &requirements).await? {
            return Ok(settled);
        }
        if asks_for_more(&requirements, &pending.requirements) {
            let others_come_in = pending.requirements.approvals.is_empty() && !requirements.approvals.is_empty();
            let differences = vec![Difference::Other(Code::new("stricter-policy").into())];
            let renewed = Pending { version: pending.version + 1, requirements, ..pending.clone() };
            let operation = self.supersede(&operation, &person, renewed, &differences, Vec::new()).await?;
            return Ok(Settled::Superseded { operation: Box::new(operation), differences, others_come_in });
        }
        self.observer.reached(Stage::Decided);
        let run = Then::Run { policies: requirements.policies, lookups: Vec::new() };
        let operation = self.record(&operation, &person, vote, alone, run).await?;
        Ok(Settled::RunSteps(Box::new(operation)))
    }
}
