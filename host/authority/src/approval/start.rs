//! From the last decision about a plan with several steps to its run.
//!
//! Targets are not read here: each step compares its target before it runs.

use super::settle::{Then, asks_for_more};
use super::{Approvals, SettleError, Settled, Stage, Unplanned, Vote};
use crate::Person;
use crate::operation::{Operation, Pending};
use crate::plan::Plan;
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
        let requirements = self.requirements_now(&operation, &pending.plan, &requester)?;
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
            let operation = self.supersede(&operation, &person, renewed, &differences, Vec::new(), i64::MAX).await?;
            return Ok(Settled::Superseded { operation: Box::new(operation), differences, others_come_in });
        }
        self.observer.reached(Stage::Decided);
        let run = Then::Run { policies: requirements.policies, lookups: Vec::new() };
        let operation = self.record(&operation, &person, vote, alone, run).await?;
        Ok(Settled::RunSteps(Box::new(operation)))
    }

    /// The requirements of the playbook and of every step that runs, according to the current policy.
    pub(super) fn requirements_now(
        &self,
        operation: &Operation,
        plan: &Plan,
        requester: &Person,
    ) -> Result<Requirements, SettleError> {
        let denied = |denial| SettleError::RequesterNotAllowed(Box::new(operation.clone()), denial, Vec::new());
        let unplanned = |problem| SettleError::Unplanned(Box::new(operation.clone()), problem, Vec::new());
        let mut decisions = Vec::new();
        if let Some(origin) = plan.origin() {
            let form = self.runtime.catalog().playbook(&origin.playbook);
            let form =
                form.filter(|form| form.digest == origin.digest).ok_or_else(|| unplanned(Unplanned::NoPlaybook))?;
            decisions.push(self.decider.decide_playbook(requester, form));
        }
        let (playbook, reason) = (plan.in_playbook(), operation.pending.reason.as_deref());
        for step in plan.steps() {
            let action = self.runtime.catalog().action(&step.action).ok_or_else(|| unplanned(Unplanned::NoAction))?;
            decisions.push(self.decider.decide_in(requester, action, &step.arguments, reason, playbook.as_ref()));
        }
        let mut all: Option<Requirements> = None;
        for decision in decisions {
            match decision {
                Decision::Allow(some) => all = Some(all.map_or(some.clone(), |all| all.and(&some))),
                Decision::Deny(denial) => return Err(denied(denial)),
            }
        }
        Ok(all.unwrap_or_else(|| operation.pending.requirements.clone()))
    }
}
