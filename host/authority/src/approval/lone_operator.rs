//! Approval by a lone operator: instead of a second person, the requester types the name of the target and waits.
//!
//! This is not an approval: the audit log has a separate event for it, and [`Operation::approvers`] does not contain
//! it. The wait is in the memory of one process, and the intent is recorded after it. If the process ends, the request
//! does not run.

use super::settle::{MAX_ATTEMPTS, Vote};
use super::{Approvals, SettleError, Settled};
use crate::Person;
use crate::operation::{Operation, Unsettled};
use crate::plan::{Before, Step};
use claude_admin_catalog::Catalog;
use claude_admin_chat::Choice;
use claude_admin_chat::identity::{Platform, Principal};
use claude_admin_chat::render::visible;
use serde_json::Value;
use std::time::Duration;

/// The one user of a host for which no second person is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoneOperator {
    /// The account at the terminal.
    pub principal: Principal,
    /// The time between the name and the run.
    pub delay: Duration,
}

/// The question to a lone operator before a request runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameQuestion {
    /// The pending request.
    pub operation: String,
    /// The version of its plan.
    pub version: u32,
    /// The text to type: the name of the target, or its ID where it has no name; the number of steps if there are several.
    pub name: String,
    /// The time between the name and the run.
    pub delay: Duration,
}

impl NameQuestion {
    /// A decision about the request that the question is about.
    #[must_use]
    pub fn vote(&self, choice: Choice) -> Vote {
        let (operation, version) = (self.operation.clone(), Some(self.version));
        Vote { operation, version, by_button: false, choice, reason: None }
    }

    /// Whether a typed line is the name in the question.
    #[must_use]
    pub fn is_answered_by(&self, typed: &str) -> bool {
        typed.trim() == self.name
    }
}

/// Proof that the name was typed and that the delay is over. Only [`Approvals::wait_alone`] makes one.
#[derive(Debug)]
pub struct Waited {
    question: NameQuestion,
}

impl Waited {
    /// The question with the typed name.
    #[must_use]
    pub fn question(&self) -> &NameQuestion {
        &self.question
    }
}

/// The end of the wait.
#[derive(Debug)]
pub enum Wait {
    /// The delay is over.
    Over(Waited),
    /// The operator cancelled the request during it.
    Cancelled(Box<Operation>),
}

impl Approvals {
    /// The question for a pending request. None if the request does not need the approval of others, or if this person
    /// cannot replace their approval. Only the lone operator of this host can, for their own request, on a terminal.
    pub async fn name_question(&self, person: &Person, operation: &Operation) -> Option<NameQuestion> {
        let lone = self.decider.lone_operator(person).filter(|_| person.place.platform == Platform::Local)?;
        let version = operation.pending.version;
        let now = self.ledger.clock().now_ms();
        operation.accepts(Some(version), &person.principal, self.decider.people(), Choice::Confirm, now).ok()?;
        if operation.pending.requirements.approvals.is_empty() || self.is_enough(operation, None).await {
            return None;
        }
        let plan = &operation.pending.plan;
        let name = match plan.only() {
            Some(only) => target_name(self.runtime.catalog(), only),
            None => format!("{} steps", plan.steps().count()),
        };
        Some(NameQuestion { operation: operation.id.clone(), version, name, delay: lone.delay })
    }

    /// Compares the typed name, and waits. If `cancelled` resolves first, the request is cancelled.
    ///
    /// # Errors
    ///
    /// [`SettleError`] if the request does not run. Nothing was sent.
    pub async fn wait_alone(
        &self,
        question: NameQuestion,
        typed: &str,
        person: &Person,
        cancelled: impl Future<Output = ()>,
    ) -> Result<Wait, SettleError> {
        let operation = self.asked_again(&question, person).await?;
        if !question.is_answered_by(typed) {
            return Err(SettleError::WrongName(Box::new(operation), question.name));
        }
        tokio::select! {
            biased;
            () = cancelled => {
                Ok(Wait::Cancelled(Box::new(match self.settle(question.vote(Choice::Cancel), person).await? {
                    Settled::Closed(operation) => *operation,
                    _ => operation,
                })))
            }
            () = tokio::time::sleep(question.delay) => Ok(Wait::Over(Waited { question })),
        }
    }

    /// Evaluates the request again after the wait, and records the intent. Then the request can run.
    ///
    /// # Errors
    ///
    /// [`SettleError`] if the request does not run. Nothing was sent.
    pub async fn settle_alone(&self, waited: Waited, person: &Person) -> Result<Settled, SettleError> {
        let Waited { question } = waited;
        let delay = question.delay.as_secs();
        let mut attempt = 1;
        loop {
            let person = self.decider.person(&person.principal, &person.place).await;
            let operation = self.asked_again(&question, &person).await?;
            match self.run(operation, &person, &question.vote(Choice::Confirm), Some(delay)).await {
                Err(SettleError::Busy(_)) if attempt < MAX_ATTEMPTS => attempt += 1,
                settled => return settled,
            }
        }
    }

    /// The operation, if the question about it is still the same.
    async fn asked_again(&self, question: &NameQuestion, person: &Person) -> Result<Operation, SettleError> {
        let operation = self.find_for(person, &question.operation).await?;
        let now = self.ledger.clock().now_ms();
        let (version, people) = (Some(question.version), self.decider.people());
        if let Err(unsettled) = operation.accepts(version, &person.principal, people, Choice::Confirm, now) {
            return Err(SettleError::Unsettled(Box::new(operation), unsettled));
        }
        match self.name_question(person, &operation).await {
            Some(again) if again == *question => Ok(operation),
            _ => Err(SettleError::Unsettled(Box::new(operation), Unsettled::NeedsApproval)),
        }
    }
}

/// The name of the target as the plan shows it, else its ID, else the command.
fn target_name(catalog: &Catalog, step: &Step) -> String {
    let typable = |text: &str| {
        let text = text.trim().to_owned();
        (!text.is_empty() && visible(&text) == text).then_some(text)
    };
    if let Before::Read { action, value } = &step.before
        && let Some(read) = catalog.action(action)
        && let Some(interface) = catalog.interface(&read.interface)
    {
        let fields = catalog.state_type(read).and_then(|ty| catalog.types.record(ty)).unwrap_or_default();
        let named = interface.names.iter().filter_map(|name| fields.iter().find(|field| field.name == *name));
        let name = named.filter_map(|field| value.get(&field.wire)?.as_str()).find_map(typable);
        if let Some(name) = name {
            return name;
        }
    }
    let ids = catalog.action(&step.action).map(|action| action.http.path.params().collect::<Vec<_>>());
    let ids = ids.unwrap_or_default();
    let id = ids.iter().rev().find_map(|name| step.arguments.get(*name)).and_then(Value::as_str);
    id.and_then(typable).unwrap_or_else(|| step.action.replace('.', " "))
}
