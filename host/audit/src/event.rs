//! The events that are recorded: one entry for each step of a command.

use super::cause::{Cause, Difference};
use super::effect::Effect;
use claude_admin_chat::Changed;
use claude_admin_chat::Choice;
use claude_admin_chat::identity::{Place, Principal};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One entry of the audit log, before it is chained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The time, in milliseconds since 1970 (UTC).
    pub time_ms: i64,
    /// The number of the first entry that was still needed when this one was written. A host that starts reads the log
    /// from there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_from: Option<u64>,
    /// The latest time of any entry up to this one, if it is later than the time of this one: the clock was set back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_ms: Option<i64>,
    /// The operation that the entry belongs to; none for an entry about the host itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The user who did it, or the requester if the host did it; none for an entry about the host itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
    /// The person that the configuration mapped this principal to; none if the principal was not mapped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// The place of the command.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The ID of the action, such as `users.remove`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// The effect of the action on the objects of the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// The command in its canonical form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The IDs that were looked up, each with the text that was written instead of it: `user_01ABC (ada@example.com)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolved: Vec<String>,
    /// The API request IDs of lookups, if they are not part of the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lookups: Vec<String>,
    /// The hash of the plan that the entry is about, if it is not part of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// The number of the step of that plan, from 1; none if the entry is about no plan or about the whole plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// The version of that plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The hash of the policy that was evaluated, if it is not part of the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_hash: Option<String>,
    /// The IDs of the policies that decided, if they are not part of the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// The event.
    pub event: Event,
}

impl Entry {
    /// An entry about an event of the host itself. The code that appends it sets the time.
    #[must_use]
    pub fn of_host(event: Event) -> Self {
        Self {
            time_ms: 0,
            open_from: None,
            latest_ms: None,
            operation: None,
            principal: None,
            person: None,
            place: None,
            action: None,
            effect: None,
            command: None,
            resolved: Vec::new(),
            lookups: Vec::new(),
            plan_hash: None,
            step: None,
            version: None,
            policy_hash: None,
            policies: Vec::new(),
            event,
        }
    }

    /// An entry about an event that a principal caused at a place.
    #[must_use]
    pub fn by(principal: &Principal, place: &Place, event: Event) -> Self {
        Self { principal: Some(principal.clone()), place: Some(place.clone()), ..Self::of_host(event) }
    }

    /// The latest time of any entry up to this one, in milliseconds since 1970. It never decreases along the log.
    #[must_use]
    pub fn latest_ms(&self) -> i64 {
        self.latest_ms.unwrap_or(self.time_ms).max(self.time_ms)
    }

    /// Adds the policies that decided.
    #[must_use]
    pub fn decided_by(self, policies: &[String]) -> Self {
        Self { policies: policies.to_vec(), ..self }
    }

    /// Adds the API request IDs of lookups.
    #[must_use]
    pub fn after_lookups(self, requests: &[String]) -> Self {
        Self { lookups: requests.to_vec(), ..self }
    }
}

/// An event in the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Event {
    /// The host opened its store.
    Opened {
        /// The version of the host.
        version: String,
        /// The version of SQLite that writes the file.
        sqlite: i32,
        /// The number of bytes at the end of the write-ahead log that were not a complete transaction and were dropped.
        #[serde(default, skip_serializing_if = "is_zero")]
        dropped_bytes: u64,
    },
    /// A request arrived and was authenticated.
    Received {
        /// A digest that identifies a second delivery.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delivery: Option<String>,
        /// The typed text, without text that looks like a secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// A request was denied: not authenticated, not understood, or not permitted.
    Denied {
        /// The reason.
        reason: Cause,
        /// The number of denials that this entry counts: a flood of them is counted, not listed.
        count: u64,
    },
    /// A plan was made, and no request is pending: a dry run, or the step before a request.
    Planned {
        /// The plan, as JSON text: it can contain numbers that have no canonical form.
        plan: String,
        /// The hash of the plan.
        plan_hash: String,
        /// Whether only the plan was requested.
        dry_run: bool,
        /// The API request IDs of the requests for the plan: lookups, and a read of the target.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests: Vec<String>,
    },
    /// A request is pending: its plan must be confirmed or approved.
    Requested {
        /// All data that is needed to run it later, as JSON text: see `Pending` in the crate `claude-admin-authority`.
        pending: String,
        /// The hash of the plan.
        plan_hash: String,
        /// The hash of the policy that required a decision.
        policy_hash: String,
        /// The time at which the request expires, in milliseconds since 1970.
        expires_ms: i64,
    },
    /// The complete state of an operation that is not closed, written again. A host that continues does not need the
    /// earlier entries about it.
    Carried {
        /// The state, as JSON text: see `Operation` in the crate `claude-admin-authority`.
        state: String,
    },
    /// A user decided about a pending request.
    Decided {
        /// The decision.
        decision: Choice,
        /// The reason, if the user gave one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The lone operator of a host typed the name of the target and waited, instead of the approval of a second person.
    ApprovedAlone {
        /// The seconds between the name and this entry.
        delay_seconds: u64,
    },
    /// A request is about to be sent. From this entry on, its change might have been made.
    Intent {
        /// The host, by the name of its lock.
        host: String,
        /// The hash of the plan; none for a read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan_hash: Option<String>,
        /// The hash of the policy that permits it.
        policy_hash: String,
        /// The IDs of the policies that permit it.
        policies: Vec<String>,
        /// The approvers.
        approvers: Vec<Principal>,
        /// The reason, if the requester gave one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The result.
    Outcome {
        /// The word of the outcome, such as `done`, `failed`, `unknown`.
        result: String,
        /// Whether anything was changed; none in entries of versions that did not record this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        changed: Option<Changed>,
        /// The HTTP status of the API, if it responded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// The API request IDs.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests: Vec<String>,
        /// The cause, if there is one. Earlier versions called it `message`.
        #[serde(default, alias = "message", skip_serializing_if = "Option::is_none")]
        cause: Option<Cause>,
    },
    /// The output of an operation contained a secret and did not reach the requester: the secret is lost.
    Undelivered,
    /// A pending request was not decided in time.
    Expired,
    /// The plan of a pending request is outdated; a new plan replaces it.
    Superseded {
        /// The differences.
        differences: Vec<Difference>,
    },
    /// The policy was loaded or changed, or a new policy was invalid.
    PolicyChanged {
        /// The hash of the active policy; none if no policy is active.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy_hash: Option<String>,
        /// The reason why a new policy is not active.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<Cause>,
    },
    /// Content that people wrote was read and shown to the requester. The content itself is not recorded.
    ContentRead {
        /// The people whose content it is: addresses, or IDs if the API returns no address. If the content names no
        /// person: the IDs of the objects.
        of: Vec<String>,
    },
    /// A user read the audit log.
    AuditRead {
        /// The query.
        query: String,
    },
    /// A host is about to post a message about an operation. A second host does not post it while this one runs.
    Notifying {
        /// The audience of the message.
        audience: Audience,
        /// The state of the operation that the message shows.
        shows: String,
        /// The name of the lock of the host.
        host: String,
    },
    /// A message about an operation was posted or changed, or it cannot be posted.
    Notified {
        /// The audience of the message.
        audience: Audience,
        /// The state of the operation that the message shows.
        shows: String,
        /// The ID of the message; none for a message that is never changed later.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageId>,
        /// The reason why the message was not posted: a code, such as `channel_not_found`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
}

/// The audience of a message about an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// The users who decide: they see the card.
    Approvers,
    /// The requester.
    Requester,
    /// The users who decide, once more before the request expires.
    Reminder,
}

impl Audience {
    /// The word in the audit log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approvers => "approvers",
            Self::Requester => "requester",
            Self::Reminder => "reminder",
        }
    }
}

/// A message of a chat platform. Any process can change the message with this ID.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageId {
    /// The ID of the channel.
    pub channel: String,
    /// The timestamp that identifies the message in its channel.
    pub ts: String,
}

/// Zero is not recorded.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The word of the event, with the value that distinguishes entries of this kind: `outcome: done`.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind())?;
        match self {
            Self::Decided { decision, .. } => write!(f, ": {}", decision.as_str()),
            Self::Outcome { result, .. } => write!(f, ": {result}"),
            Self::Denied { count, .. } if *count > 1 => write!(f, " ({count} times)"),
            _ => Ok(()),
        }
    }
}

impl Event {
    /// The words of all events.
    pub const KINDS: [&str; 18] = [
        "opened",
        "received",
        "denied",
        "planned",
        "requested",
        "carried",
        "decided",
        "approved-alone",
        "intent",
        "outcome",
        "undelivered",
        "expired",
        "superseded",
        "policy-changed",
        "content-read",
        "audit-read",
        "notifying",
        "notified",
    ];

    /// The word of the event, such as `policy-changed`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Received { .. } => "received",
            Self::Denied { .. } => "denied",
            Self::Planned { .. } => "planned",
            Self::Requested { .. } => "requested",
            Self::Carried { .. } => "carried",
            Self::Decided { .. } => "decided",
            Self::ApprovedAlone { .. } => "approved-alone",
            Self::Intent { .. } => "intent",
            Self::Outcome { .. } => "outcome",
            Self::Undelivered => "undelivered",
            Self::Expired => "expired",
            Self::Superseded { .. } => "superseded",
            Self::PolicyChanged { .. } => "policy-changed",
            Self::ContentRead { .. } => "content-read",
            Self::AuditRead { .. } => "audit-read",
            Self::Notifying { .. } => "notifying",
            Self::Notified { .. } => "notified",
        }
    }
}
