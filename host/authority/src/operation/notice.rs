//! Messages about an operation: the posted messages, and the state of the operation that they show.
//!
//! Like all data about an operation, this results from the audit log. After a restart, or in another process, the card
//! of a request is still known, and a posted message is not posted again.

use super::{Operation, State, UNKNOWN};
use claude_admin_audit::{Audience, Difference, Event, MessageId};
use claude_admin_chat::Choice;
use claude_admin_chat::identity::{Platform, Principal};
use serde::{Deserialize, Serialize};

/// A message is no longer posted this long after the operation ended, in milliseconds.
const LATEST_MS: i64 = 24 * 3_600_000;

/// Approvers are reminded when this part of the time of a request is left: a quarter.
const LAST_PART: i64 = 4;

/// The messages about an operation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Notices {
    /// The ID of the card for approvers.
    pub card: Option<MessageId>,
    /// The last message to approvers.
    pub approvers: Option<Delivery>,
    /// The last message to the requester.
    pub requester: Option<Delivery>,
    /// The reminder of the approvers.
    #[serde(default)]
    pub reminder: Option<Delivery>,
}

/// One message, and the progress of posting it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The state of the operation that the message shows.
    pub shows: String,
    /// The progress.
    pub progress: Progress,
}

/// The progress of posting a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Progress {
    /// A host is about to post it.
    Posting {
        /// The name of its lock.
        host: String,
    },
    /// It was posted.
    Posted,
    /// It cannot be posted.
    Failed {
        /// The reason: a code.
        problem: String,
    },
}

/// A plan that replaced another one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The principal whose decision showed that the plan had changed.
    pub by: Option<Principal>,
    /// The differences.
    pub differences: Vec<Difference>,
}

impl Notices {
    /// The last message to an audience.
    #[must_use]
    pub fn of(&self, audience: Audience) -> Option<&Delivery> {
        match audience {
            Audience::Approvers => self.approvers.as_ref(),
            Audience::Requester => self.requester.as_ref(),
            Audience::Reminder => self.reminder.as_ref(),
        }
    }

    /// Applies an entry; returns whether the entry was about a message.
    pub(super) fn apply(&mut self, event: &Event) -> bool {
        let (audience, delivery) = match event {
            Event::Notifying { audience, shows, host } => {
                (*audience, Delivery { shows: shows.clone(), progress: Progress::Posting { host: host.clone() } })
            }
            Event::Notified { audience, shows, message, problem } => {
                if *audience == Audience::Approvers && message.is_some() {
                    self.card.clone_from(message);
                }
                let failed = |problem: &String| Progress::Failed { problem: problem.clone() };
                let progress = problem.as_ref().map_or(Progress::Posted, failed);
                (*audience, Delivery { shows: shows.clone(), progress })
            }
            _ => return false,
        };
        match audience {
            Audience::Approvers => self.approvers = Some(delivery),
            Audience::Requester => self.requester = Some(delivery),
            Audience::Reminder => self.reminder = Some(delivery),
        }
        true
    }
}

impl Operation {
    /// The state that a message to an audience should show now; none if the audience needs no message.
    ///
    /// `is_approved`: the approvals are sufficient, and the requester must confirm.
    #[must_use]
    pub fn wanted_notice(&self, audience: Audience, is_approved: bool) -> Option<String> {
        let (version, state) = (self.pending.version, self.state.as_str());
        match audience {
            Audience::Approvers => {
                let is_theirs = self.notices.card.is_some() || !self.pending.requirements.approvals.is_empty();
                is_theirs.then(|| format!("{version}.{state}.{}", self.decisions.len()))
            }
            // It depends on the time.
            Audience::Reminder => None,
            Audience::Requester if self.pending.requester.platform != Platform::Slack => None,
            Audience::Requester => match &self.state {
                State::Waiting if is_approved => Some(format!("{version}.approved")),
                State::Waiting => {
                    let by_another = |change: &Change| change.by.as_ref() != Some(&self.pending.requester);
                    self.change.as_ref().is_some_and(by_another).then(|| format!("{version}.changed"))
                }
                State::Running { .. } => None,
                // The result is the output of the requester's own command.
                State::Rejected | State::Cancelled | State::Ended { .. } if self.was_ended_by_requester() => None,
                _ => Some(format!("{version}.{state}")),
            },
        }
    }

    /// Whether the requester saw the end as the output of a command. An unknown result is not seen as output.
    fn was_ended_by_requester(&self) -> bool {
        let by_requester = |decided: &super::Decided| {
            decided.principal == self.pending.requester && matches!(decided.choice, Choice::Confirm | Choice::Cancel)
        };
        self.state.as_str() != UNKNOWN && self.decisions.last().is_some_and(by_requester)
    }

    /// The state that a message to an audience must show and does not show yet; none if the host `host` must not post a
    /// message.
    #[must_use]
    pub fn due_notice(
        &self,
        audience: Audience,
        is_approved: bool,
        now_ms: i64,
        host: &str,
        is_alive: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let wanted = match audience {
            Audience::Reminder => self.wanted_reminder(is_approved, now_ms)?,
            _ => self.wanted_notice(audience, is_approved).filter(|_| self.may_be_told(now_ms))?,
        };
        let has_card = self.notices.card.is_some();
        let changes_card = audience == Audience::Approvers && has_card;
        let is_due = match self.notices.of(audience) {
            None => true,
            Some(Delivery { shows, progress }) => match progress {
                // A card can be changed twice without an effect, but a message must not be posted twice.
                Progress::Posting { host: other } => changes_card || other == host || !is_alive(other),
                Progress::Posted => *shows != wanted,
                // A card that could not be posted while there was time to decide is not posted afterwards.
                Progress::Failed { .. } => *shows != wanted && (has_card || !self.state.is_settled()),
            },
        };
        is_due.then_some(wanted)
    }

    /// The reminder of approvers, who have a card and are still needed.
    fn wanted_reminder(&self, is_approved: bool, now_ms: i64) -> Option<String> {
        let is_needed = !self.pending.requirements.approvals.is_empty() && !is_approved;
        let (left, whole) = (self.expires_ms - now_ms, self.expires_ms - self.requested_ms);
        let is_near = self.waits(now_ms) && left.saturating_mul(LAST_PART) <= whole;
        (is_needed && is_near && self.notices.card.is_some()).then(|| "reminder".to_owned())
    }

    /// Whether a message about it is still useful.
    fn may_be_told(&self, now_ms: i64) -> bool {
        !self.state.is_settled() || now_ms.saturating_sub(self.since_ms) < LATEST_MS
    }

    /// Whether a host that starts must read its entries because a message about it might still have to be posted.
    pub(super) fn is_open(&self, now_ms: i64) -> bool {
        let owed = |audience| {
            self.wanted_notice(audience, false)
                .is_some_and(|wanted| self.notices.of(audience).is_none_or(|delivery| delivery.shows != wanted))
        };
        // Without a card, no host posts messages: the process that ends the operation notifies the requester.
        let is_owed = self.notices.card.is_some() && (owed(Audience::Approvers) || owed(Audience::Requester));
        !self.state.is_settled() || (is_owed && self.may_be_told(now_ms))
    }
}
