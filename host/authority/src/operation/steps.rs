//! The progress of a plan with several steps, and its end.
//!
//! Each step has an intent and an outcome. The steps run in order, and the run stops at the first step that was not
//! done. The entry of the end belongs to no step. It is recorded together with the outcome of the last step that ran.

use super::{FIRST_STEP, Operation, StepState, UNKNOWN};
use claude_admin_audit::{Cause, Entry, Event};
use claude_admin_chat::{Changed, Outcome};

/// The word of the outcome of a step that was done or had nothing to change, and of a plan whose steps are all done.
/// Only after such a step, the next one runs.
pub const DONE: &str = "done";
/// The word of the outcome of a plan of which only some steps were done.
const PARTIAL: &str = "partial";

/// The word of the outcome of a step that the API did not accept yet.
const RATE_LIMITED: &str = Outcome::RateLimited.as_str();

/// The outcome of one step.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StepEnd<'e> {
    /// The word.
    pub(crate) result: &'e str,
    /// Whether it changed anything.
    pub(crate) changed: Changed,
}

impl Operation {
    /// The number of the first step that was not tried, or that the API did not accept yet; none if there is none.
    #[must_use]
    pub fn next_step(&self) -> Option<u32> {
        let is_open = |number: &u32| match self.steps.get(number) {
            None => true,
            Some(StepState::Running) => false,
            Some(StepState::Ended { result, changed, .. }) => *changed == Changed::No && result == RATE_LIMITED,
        };
        self.pending.plan.numbered().map(|(number, _)| number).find(is_open)
    }

    /// The entries that end an operation whose host no longer runs it: the result of a step that was running is unknown,
    /// and later steps were not tried.
    pub(crate) fn cut_short(&self, cause: &Cause) -> Vec<Entry> {
        let outcome = |result: &str, changed| Event::Outcome {
            result: result.to_owned(),
            changed,
            status: None,
            requests: Vec::new(),
            cause: Some(cause.clone()),
        };
        if self.pending.plan.only().is_some() {
            return vec![self.entry_of_step(FIRST_STEP, outcome(UNKNOWN, self.changed()))];
        }
        let running = self.steps.iter().find(|(_, state)| **state == StepState::Running).map(|(number, _)| *number);
        let unknown = running.map(|_| StepEnd { result: UNKNOWN, changed: Changed::Unknown });
        let (result, changed) = self.end_after(unknown, "failed");
        let of_step = running.map(|number| self.entry_of_step(number, outcome(UNKNOWN, Some(Changed::Unknown))));
        of_step.into_iter().chain([self.entry(outcome(result, Some(changed)))]).collect()
    }

    /// The word of the outcome of the whole plan, and whether anything was changed. `last` is the outcome of a step that
    /// is not recorded yet. `untried` is the word if no step was tried.
    pub(crate) fn end_after<'e>(&'e self, last: Option<StepEnd<'e>>, untried: &'e str) -> (&'e str, Changed) {
        let recorded = self.steps.values().filter_map(|state| match state {
            StepState::Running => None,
            StepState::Ended { result, changed, .. } => Some(StepEnd { result, changed: *changed }),
        });
        let ends: Vec<StepEnd<'_>> = recorded.chain(last).collect();
        let any = |changed| ends.iter().any(|end| end.changed == changed);
        let changed = match (any(Changed::Yes), any(Changed::Unknown)) {
            (true, _) => Changed::Yes,
            (false, true) => Changed::Unknown,
            (false, false) => Changed::No,
        };
        let is_done = |end: &&StepEnd<'_>| end.result == DONE;
        let done = ends.iter().filter(is_done).count();
        let result = match ends.last() {
            None => untried,
            Some(_) if done == self.pending.plan.steps().count() => DONE,
            Some(_) if changed == Changed::Yes => PARTIAL,
            Some(_) if changed == Changed::Unknown => UNKNOWN,
            Some(last) if is_done(&last) => untried,
            Some(last) => last.result,
        };
        (result, changed)
    }
}
