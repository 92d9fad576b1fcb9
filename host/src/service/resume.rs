//! Plans the rest of a request with several commands, from the current state.

use super::ending::of_settle_error;
use super::{Outcome, Reply, Service};
use crate::command::{self, Command, Draft, Format, Markup, Options, Reason, Several};
use crate::decision::Person;
use crate::decision::operation::{DONE, Operation, Receipt, StepState};
use crate::decision::plan::{Before, Step};
use crate::document::{self, Block, Level, Notice};
use claude_admin_chat::{Changed, Verdict};
use serde_json::json;

/// The steps that can be planned again, and the commands of those that cannot.
struct Rest {
    drafts: Vec<Draft>,
    uncertain: Vec<String>,
}

impl Service {
    /// Requests the steps of an earlier operation that were not done.
    pub(super) async fn resume(
        &self,
        id: &str,
        person: &Person,
        receipt: &Receipt,
        earlier: &str,
        format: Option<Format>,
    ) -> Reply {
        if let Err(error) = self.ledger().sweep().await {
            return Reply::failed(Outcome::Failed, document::ledger_error(&error));
        }
        let operation = match self.approvals.find_for(person, earlier).await {
            Ok(operation) => operation,
            Err(error) => {
                let document = document::settle_error(self.catalog(), &error, self.upstream());
                return Reply::failed(of_settle_error(self.catalog(), &error).outcome, document);
            }
        };
        if let Some(reply) = not_resumable(&operation) {
            return reply;
        }
        let reason = operation.pending.reason.as_deref().and_then(|reason| Reason::new(reason).ok());
        let options = Options { reason, format, ..Options::default() };
        if let Some(origin) = operation.pending.plan.origin() {
            let command = command::parse(self.catalog(), &origin.command, Markup::None, self.api_now());
            return match command {
                Ok(Command::Playbook(call, _)) => Box::pin(self.run_playbook(id, person, receipt, call, options)).await,
                _ => {
                    let text =
                        format!("This host no longer has `{}`. {}", origin.playbook, Verdict::NotSent.sentence());
                    Reply::failed(Outcome::NotFound, document::error(text, None::<&str>))
                }
            };
        }
        let Rest { drafts, uncertain } = self.rest(&operation);
        let mut reply = match drafts.is_empty() {
            true => {
                let text = format!("Nothing is left to plan. {}", Verdict::NotSent.sentence());
                let data = json!({ "dry_run": false, "nothing_sent": text });
                Reply::done(document::notice(Level::Done, text, None), data)
            }
            false => Box::pin(self.run_several(id, person, receipt, Several::Given(drafts), options)).await,
        };
        if !uncertain.is_empty() {
            let commands: Vec<String> = uncertain.iter().map(|command| format!("`{command}`")).collect();
            let text = format!(
                "Not in the plan, because the earlier result is unknown and the API does not show it: {}.",
                commands.join(", ")
            );
            let hint = Some("Check these, and send those again that are still needed.".to_owned());
            reply.document.blocks.push(Block::Notice(Notice { level: Level::Attention, text, hint }));
        }
        reply
    }

    fn rest(&self, operation: &Operation) -> Rest {
        let mut rest = Rest { drafts: Vec::new(), uncertain: Vec::new() };
        for (number, step) in operation.pending.plan.numbered() {
            match operation.steps.get(&number) {
                Some(StepState::Ended { result, .. }) if result == DONE => {}
                None | Some(StepState::Ended { changed: Changed::No, .. }) => self.plan_again(step, &mut rest),
                // The state of the target shows whether anything is left.
                Some(_) if self.shows_its_target(step) => self.plan_again(step, &mut rest),
                Some(_) => rest.uncertain.push(step.command.clone()),
            }
        }
        rest
    }

    fn plan_again(&self, step: &Step, rest: &mut Rest) {
        match step.invocation(self.catalog()) {
            Some(invocation) => rest.drafts.push(Draft { invocation, references: Vec::new() }),
            None => rest.uncertain.push(step.command.clone()),
        }
    }

    fn shows_its_target(&self, step: &Step) -> bool {
        let action = self.catalog().action(&step.action);
        let is_read = matches!(&step.before, Before::Read { value, .. } if !value.is_null());
        is_read && action.is_some_and(|action| self.catalog().reads_the_target(action))
    }
}

/// The reply about an operation that has no rest.
fn not_resumable(operation: &Operation) -> Option<Reply> {
    let id = &operation.id;
    let (outcome, text, hint) = match operation.pending.plan.only() {
        Some(only) => (
            Outcome::Usage,
            format!("Operation {id} has one command: `{}`.", only.command),
            "Send that command again if it is still needed.".to_owned(),
        ),
        None if !operation.state.is_settled() => (
            Outcome::Conflict,
            format!("Operation {id} is {}.", operation.state.as_str()),
            format!("`status {id}` shows its steps."),
        ),
        None => return None,
    };
    let text = format!("{text} {}", Verdict::NotSent.sentence());
    Some(Reply::failed(outcome, document::error(text, Some(hint))))
}
