//! The commands of a lone operator: the terminal asks for the name of the target, waits for the delay, and runs the
//! request.

use super::run::waiting_json;
use super::{Outcome, Reply, Service};
use crate::Choice;
use crate::audit::{Code, Effect, Entry, Event};
use crate::command::Format;
use crate::decision::Person;
use crate::decision::approval::{NameQuestion, Vote, Wait, Waited};
use crate::decision::operation::Operation;
use crate::document;
use crate::identity::{Place, Principal};
use claude_admin_chat::Verdict;

impl Service {
    /// Asks for the name of the target if a confirmation is not enough and this person is a lone operator.
    pub(super) async fn asked_for_name(&self, person: &Person, vote: &Vote) -> Option<Reply> {
        let operation = self.approvals.find_for(person, &vote.operation).await.ok()?;
        let now = self.ledger().clock().now_ms();
        operation.accepts(vote.version, &person.principal, self.decider().people(), Choice::Confirm, now).ok()?;
        let question = self.approvals.name_question(person, &operation).await?;
        let mut reply = Reply::failed(Outcome::Waiting, document::waiting(self.catalog(), &operation));
        reply.error = Some(waiting_json(self.catalog(), &operation));
        reply.alone = Some(question);
        Some(reply.about(&operation))
    }

    /// Compares the typed name and waits for the delay, unless `cancelled` resolves first.
    ///
    /// # Errors
    ///
    /// The reply, if the request does not run. Nothing was sent.
    pub async fn wait_alone(
        &self,
        principal: &Principal,
        question: NameQuestion,
        typed: &str,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Waited, Box<Reply>> {
        let person = self.decider().person(principal, &Place::terminal()).await;
        let vote = question.vote(Choice::Confirm);
        let reply = match self.approvals.wait_alone(question, typed, &person, cancelled).await {
            Ok(Wait::Over(waited)) => return Ok(waited),
            Ok(Wait::Cancelled(operation)) => self.cancelled_alone(&operation),
            Err(error) => self.not_settled(&person, &vote, error).await,
        };
        Err(Box::new(self.shown(reply)))
    }

    /// Runs a request after its name was typed and its delay is over.
    pub async fn run_alone(&self, principal: &Principal, waited: Waited, format: Option<Format>) -> Reply {
        let person = self.decider().person(principal, &Place::terminal()).await;
        let vote = waited.question().vote(Choice::Confirm);
        let id = vote.operation.clone();
        if let Ok(operation) = self.approvals.find(&id).await
            && let Some(action) = self.catalog().action(&operation.pending.plan.first().action)
            && let Some(denied) = self.undeliverable(&id, &person, action, format).await
        {
            return denied.under(&id);
        }
        self.refresh_policy().await;
        let settled = self.approvals.settle_alone(waited, &person).await;
        let reply = self.settled(&person, &vote, settled).await.under(&id);
        let reply = Box::pin(self.with_names(&id, &person, reply, format, false)).await;
        self.shown(self.advised(reply, &person, false))
    }

    /// Cancels a request whose name was not typed.
    pub async fn cancel_alone(&self, principal: &Principal, question: &NameQuestion) -> Reply {
        let person = self.decider().person(principal, &Place::terminal()).await;
        let reply = self.vote(&person, question.vote(Choice::Cancel), None).await;
        self.shown(match reply.outcome {
            Outcome::Done => Reply { outcome: Outcome::Denied, error: reply.data.clone(), data: None, ..reply },
            _ => reply,
        })
    }

    /// Denies a request if no terminal exists on which its requester could type the name.
    pub async fn deny_alone(&self, principal: &Principal, question: &NameQuestion) -> Reply {
        let person = self.decider().person(principal, &Place::terminal()).await;
        let event = Event::Denied { reason: Code::new("terminal-needed").into(), count: 1 };
        let entry = Entry { operation: Some(question.operation.clone()), ..person.did(event) };
        let found = self.approvals.find(&question.operation).await.ok();
        let action = found.as_ref().and_then(|operation| self.catalog().action(&operation.pending.plan.first().action));
        let effect = action.map(|action| Effect::of(self.catalog(), action));
        self.note(found.as_ref().map_or(entry.clone(), |operation| Entry { effect, ..operation.note(entry) })).await;
        let text = format!(
            "This request needs you at a terminal: no second person approves it, so you must type the name of the \
             target. {}",
            Verdict::Unchanged.sentence()
        );
        let hint = format!(
            "Run `claude-admin run -- confirm {}.{}` on a terminal, with standard input and standard error on it.",
            question.operation, question.version
        );
        let mut reply = Reply::failed(Outcome::Denied, document::error(text, Some(hint)));
        reply.error = found.as_ref().map(|operation| waiting_json(self.catalog(), operation));
        reply.command = found.map(|operation| operation.pending.plan.command());
        self.shown(reply.under(&question.operation))
    }

    fn cancelled_alone(&self, operation: &Operation) -> Reply {
        Reply::failed(Outcome::Denied, document::record(self.catalog(), operation)).about(operation)
    }
}
