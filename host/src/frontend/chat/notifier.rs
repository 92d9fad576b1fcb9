//! Posts the messages about operations that are due: the card for approvers, and the message to a requester in a chat.
//!
//! Only this module posts them, and it reads only the audit log. So a card is updated after every decision: by button,
//! typed, over HTTP, on a terminal, by expiry, and after a restart.

use super::{ChatPlatform, PostError, Target};
use crate::audit::{Audience, MessageId};
use crate::decision::operation::{Operation, Progress};
use crate::service::{Notice, Service};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The interval between comparisons of the audit log with the posted messages, for changes by other processes on the
/// same store.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The maximum pause before a message is sent again, even if the platform requests a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);

/// The code of a card that is not posted because the request was made in a direct message.
pub(super) const DIRECT_MESSAGE: &str = "direct_message";

/// Posts the messages about operations that are due.
#[derive(Debug)]
pub(super) struct Notifier<P: ChatPlatform> {
    service: Arc<Service>,
    platform: Arc<P>,
    approvals_channel: Option<String>,
    progress: Arc<Posting>,
}

/// The messages that this process is posting.
#[derive(Debug, Default)]
struct Posting {
    /// Messages that the platform did not accept because of a temporary error.
    delayed: Mutex<HashMap<Key, Delayed>>,
    /// Posts one message at a time: a card must be known before it is changed.
    turn: tokio::sync::Mutex<()>,
}

/// An operation, and the audience of the message about it.
type Key = (String, Audience);

#[derive(Debug, Clone)]
struct Delayed {
    attempt: u32,
    until: Instant,
    problem: String,
}

/// The card of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Card {
    /// It is posted.
    Posted(MessageId),
    /// It is not posted yet: the platform did not accept it, and the host tries again.
    Delayed(String),
    /// It cannot be posted.
    Failed(String),
}

impl<P: ChatPlatform> Notifier<P> {
    pub(super) fn new(service: Arc<Service>, platform: Arc<P>, approvals_channel: Option<String>) -> Self {
        Self { service, platform, approvals_channel, progress: Arc::default() }
    }

    /// Replaces an earlier notifier of this process.
    pub(super) fn after(self, earlier: &Self) -> Self {
        Self { progress: Arc::clone(&earlier.progress), ..self }
    }

    /// Posts the messages that are due, and waits until another message might be due.
    pub(super) async fn look(&self) {
        // Subscribe before posting: a change during the posting then causes another round.
        let mut changes = self.service.changes();
        self.post_all().await;
        let regularly = Instant::now() + LOOK_EVERY;
        let next = self.delayed().values().map(|delayed| delayed.until).min();
        tokio::select! {
            _ = changes.changed() => {}
            () = tokio::time::sleep_until(next.map_or(regularly, |next| next.min(regularly))) => {}
        }
    }

    /// Posts the messages about one operation that are due, and returns the state of its card.
    pub(super) async fn attend(&self, operation: &str) -> Card {
        self.post_about(operation).await;
        let delayed = self.delayed().get(&(operation.to_owned(), Audience::Approvers)).cloned();
        let notices = self.service.operation(operation).await.map(|operation| operation.notices).unwrap_or_default();
        let failed = notices.approvers.and_then(|delivery| match delivery.progress {
            Progress::Failed { problem } => Some(problem),
            Progress::Posting { .. } | Progress::Posted => None,
        });
        match (delayed, failed, notices.card) {
            (Some(delayed), ..) => Card::Delayed(delayed.problem),
            (None, Some(problem), _) => Card::Failed(problem),
            (None, None, Some(card)) => Card::Posted(card),
            (None, None, None) => Card::Delayed("another process posts it".to_owned()),
        }
    }

    async fn post_all(&self) {
        let due = match self.service.due_notices(None).await {
            Ok(due) => due,
            Err(error) => return tracing::error!(%error, "messages that are due cannot be looked up"),
        };
        let keys: HashSet<Key> = due.iter().map(|notice| (notice.operation.id.clone(), notice.audience)).collect();
        // Forget delayed messages that another process posted or that are no longer due.
        self.delayed().retain(|key, _| keys.contains(key));
        let operations: BTreeSet<String> = keys.into_iter().map(|(operation, _)| operation).collect();
        for operation in operations {
            self.post_about(&operation).await;
        }
    }

    async fn post_about(&self, operation: &str) {
        let _turn = self.progress.turn.lock().await;
        match self.service.due_notices(Some(operation)).await {
            Ok(due) => {
                for notice in due {
                    self.post(notice).await;
                }
            }
            Err(error) => tracing::error!(operation, %error, "messages that are due cannot be looked up"),
        }
    }

    async fn post(&self, notice: Notice) {
        let (operation, audience) = (notice.operation.id.as_str(), notice.audience.as_str());
        let key: Key = (notice.operation.id.clone(), notice.audience);
        let attempt = match self.delayed().get(&key) {
            Some(delayed) if Instant::now() < delayed.until => return,
            delayed => delayed.map_or(1, |delayed| delayed.attempt + 1),
        };
        let target = self.target(&notice);
        // A second change of a card has no effect, so it needs no claim.
        if matches!(target, Ok(Target::NewCard(_) | Target::User(_) | Target::Thread { .. })) {
            match self.service.claim_notice(&notice).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    return tracing::error!(operation, %error, audience, "a message is not posted: it cannot be recorded");
                }
            }
        }
        let posted = match &target {
            Ok(target) => self.send(target, &notice, attempt).await,
            Err(code) => {
                if let Err(error) = self.service.record_notice(&notice, Err((*code).to_owned())).await {
                    tracing::error!(operation, %error, audience, "it cannot be recorded that a message is not posted");
                }
                return;
            }
        };
        let result = match posted {
            Ok(message) => Ok(message),
            Err(PostError { retry_in: Some(wait), problem, .. }) => {
                let wait = wait.min(LONGEST_WAIT);
                tracing::warn!(
                    operation,
                    problem,
                    audience,
                    wait_s = wait.as_secs_f64(),
                    "a message is sent again later"
                );
                let delayed = Delayed { attempt, until: Instant::now() + wait, problem };
                self.delayed().insert(key, delayed);
                return;
            }
            Err(PostError { retry_in: None, problem, code }) => {
                tracing::error!(operation, problem, audience, "a message cannot be posted");
                Err(code)
            }
        };
        self.delayed().remove(&key);
        if let Err(error) = self.service.record_notice(&notice, result).await {
            tracing::error!(operation, %error, audience, "it cannot be recorded that a message was posted");
        }
    }

    /// Sends a message. A requester must receive it: if the thread is not possible, as a direct message.
    async fn send(&self, target: &Target, notice: &Notice, attempt: u32) -> Result<Option<MessageId>, PostError> {
        let document = self.service.notice_document(notice);
        match self.platform.post(target, &document, attempt).await {
            Err(PostError { retry_in: None, problem, .. })
                if notice.audience == Audience::Requester && matches!(target, Target::Thread { .. }) =>
            {
                tracing::warn!(operation = notice.operation.id, problem, "a message is sent as a direct message");
                let user = Target::User(notice.operation.pending.requester.user.clone());
                self.platform.post(&user, &document, attempt).await
            }
            sent => sent,
        }
    }

    /// The target of a message, or the code of the reason why it is not sent.
    fn target(&self, notice: &Notice) -> Result<Target, &'static str> {
        let operation = &notice.operation;
        match (notice.audience, &operation.notices.card) {
            // The message mentions the requester.
            (Audience::Requester, Some(card)) if is_at_request::<P>(operation, card) => {
                Ok(Target::Thread { card: card.clone(), in_channel: false })
            }
            (Audience::Requester, _) => Ok(Target::User(operation.pending.requester.user.clone())),
            (Audience::Reminder, Some(card)) => Ok(Target::Thread { card: card.clone(), in_channel: true }),
            (Audience::Reminder, None) => Err("no_card"),
            (Audience::Approvers, Some(card)) => Ok(Target::Card(card.clone())),
            (Audience::Approvers, None) => self.card_channel(operation).map(Target::NewCard),
        }
    }

    /// The channel for the card of a request: the approvals channel, or the channel where it was made.
    fn card_channel(&self, operation: &Operation) -> Result<String, &'static str> {
        let place = &operation.pending.place;
        let of_request = place.channel.as_ref().filter(|_| place.platform == P::PLATFORM);
        match (&self.approvals_channel, of_request) {
            (Some(channel), _) => Ok(channel.clone()),
            // No approver would see a card there.
            (None, Some(channel)) if self.platform.is_direct(channel) => Err(DIRECT_MESSAGE),
            (None, Some(channel)) => Ok(channel.clone()),
            (None, None) => Err("no_channel"),
        }
    }

    fn delayed(&self) -> MutexGuard<'_, HashMap<Key, Delayed>> {
        self.progress.delayed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the card is in the channel of the request.
fn is_at_request<P: ChatPlatform>(operation: &Operation, card: &MessageId) -> bool {
    let place = &operation.pending.place;
    place.platform == P::PLATFORM && place.channel.as_ref() == Some(&card.channel)
}
