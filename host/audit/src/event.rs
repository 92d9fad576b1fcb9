//! What is recorded: one entry for each step of the life of a command.

use super::cause::{Cause, Difference};
use super::effect::Effect;
use claude_admin_chat::Changed;
use claude_admin_chat::Choice;
use claude_admin_chat::identity::{Place, Principal};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One entry of the audit trail, before it is chained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// When, in milliseconds since 1970 (UTC).
    pub time_ms: i64,
    /// The first record that still mattered when this one was written: whoever starts anew reads from there on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_from: Option<u64>,
    /// The latest time of any entry up to this one, where that is later than this time: the clock was set back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_ms: Option<i64>,
    /// The operation that it belongs to; none for what concerns the host itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// Who did it, or asked for what the host did; none for what concerns the host itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
    /// The person that the configuration mapped this principal to; none where it mapped it to nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// Where they did it, or asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// The id of the action, such as `users.remove`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<String>,
    /// What the action does to the objects of the API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Effect>,
    /// The command in its canonical form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The ids that were looked up, each with what was written in its place: `user_01ABC (ada@example.com)`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolved: Vec<String>,
    /// The ids at the API of the requests by which something was looked up, where they do not belong to the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lookups: Vec<String>,
    /// The hash of the plan that it is about, where it does not belong to the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_hash: Option<String>,
    /// The number of the step of that plan, from 1; none where the entry is about no plan or about all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// The version of that plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The hash of the policy by which it was judged, where it does not belong to the event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy_hash: Option<String>,
    /// The policies that decided, by id, where they do not belong to the event.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<String>,
    /// What happened.
    pub event: Event,
}

impl Entry {
    /// Something that the host does by itself. Whoever appends it sets the time.
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

    /// Something that somebody does somewhere.
    #[must_use]
    pub fn by(principal: &Principal, place: &Place, event: Event) -> Self {
        Self { principal: Some(principal.clone()), place: Some(place.clone()), ..Self::of_host(event) }
    }

    /// The latest time of any entry up to this one, in milliseconds since 1970. It never decreases along the log.
    #[must_use]
    pub fn latest_ms(&self) -> i64 {
        self.latest_ms.unwrap_or(self.time_ms).max(self.time_ms)
    }

    /// Says which policies decided.
    #[must_use]
    pub fn decided_by(self, policies: &[String]) -> Self {
        Self { policies: policies.to_vec(), ..self }
    }

    /// Says by which requests something was looked up for it.
    #[must_use]
    pub fn after_lookups(self, requests: &[String]) -> Self {
        Self { lookups: requests.to_vec(), ..self }
    }
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Event {
    /// The host opened its store.
    Opened {
        /// The version of the host.
        version: String,
        /// The version of SQLite that writes the file.
        sqlite: i32,
        /// How many bytes at the end of the write-ahead log were no complete transaction, and were dropped.
        #[serde(default, skip_serializing_if = "is_zero")]
        dropped_bytes: u64,
    },
    /// A request arrived and was believed.
    Received {
        /// A digest by which a second delivery is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        delivery: Option<String>,
        /// What was typed, without anything that looks like a secret.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// Something was refused: not believed, not understood, or not allowed.
    Denied {
        /// Why.
        reason: Cause,
        /// How many such refusals this entry stands for: a flood is counted, not listed.
        count: u64,
    },
    /// A plan was made. Nothing waits for it: a dry run, or the step before a request.
    Planned {
        /// The plan, as JSON text: it may hold numbers that have no canonical form.
        plan: String,
        /// The hash of the plan.
        plan_hash: String,
        /// Whether only the plan was wanted.
        dry_run: bool,
        /// The ids at the API of the requests that were made for it: lookups, and a look at the target.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests: Vec<String>,
    },
    /// A plan waits to be confirmed or approved.
    Requested {
        /// Everything that is needed to do it later, as JSON text: see the `Pending` of the crate that decides.
        pending: String,
        /// The hash of the plan.
        plan_hash: String,
        /// The hash of the policy that asked for it.
        policy_hash: String,
        /// When it ends by itself, in milliseconds since 1970.
        expires_ms: i64,
    },
    /// The complete state of an operation that is not closed, written again: to continue, nobody needs the earlier entries
    /// about it.
    Carried {
        /// The state, as JSON text: see the `Operation` of the crate that decides.
        state: String,
    },
    /// Somebody decided about what waits.
    Decided {
        /// What was decided.
        decision: Choice,
        /// Why, where it was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// The lone operator of a host typed the name of the target and waited, instead of the approval of a second person.
    ApprovedAlone {
        /// The seconds between the name and this entry.
        delay_seconds: u64,
    },
    /// A request is about to leave. Whatever happens from here on, it may have been done.
    Intent {
        /// Which host: by the name of its lock.
        host: String,
        /// The hash of the plan; none for a read.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        plan_hash: Option<String>,
        /// The hash of the policy that allows it.
        policy_hash: String,
        /// The policies that allow it, by id.
        policies: Vec<String>,
        /// Who approved it.
        approvers: Vec<Principal>,
        /// Why, where it was said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// How it ended.
    Outcome {
        /// The word of the outcome, such as `done`, `failed`, `unknown`.
        result: String,
        /// Whether anything was changed; none in entries that were written before this was recorded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        changed: Option<Changed>,
        /// The status of the API, where it answered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        /// The ids of the requests at the API.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        requests: Vec<String>,
        /// What went wrong, where something did. Earlier versions called it `message`.
        #[serde(default, alias = "message", skip_serializing_if = "Option::is_none")]
        cause: Option<Cause>,
    },
    /// The answer of an operation contained a secret, and did not reach its requester: the secret is lost.
    Undelivered,
    /// What waited was not settled in time.
    Expired,
    /// What waited no longer fits what it was made for; a new plan takes its place.
    Superseded {
        /// What is different.
        differences: Vec<Difference>,
    },
    /// The policy was loaded, changed, or refused.
    PolicyChanged {
        /// The hash of the policy in force; none when there is none.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        policy_hash: Option<String>,
        /// Why a new policy is not active, where it is not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<Cause>,
    },
    /// What people wrote was read, and shown to the requester. The content itself is not recorded.
    ContentRead {
        /// Whose content: addresses, or ids where the API gives no address; the ids of the objects where it names nobody.
        of: Vec<String>,
    },
    /// Somebody read the audit trail.
    AuditRead {
        /// What was asked.
        query: String,
    },
    /// A host is about to post a message about an operation. A second host does not post it while this one runs.
    Notifying {
        /// Who reads the message.
        audience: Audience,
        /// The state of the operation that the message shows.
        shows: String,
        /// The name of the lock of the host.
        host: String,
    },
    /// A message about an operation was posted or changed, or cannot be.
    Notified {
        /// Who reads the message.
        audience: Audience,
        /// The state of the operation that the message shows.
        shows: String,
        /// Where the message is; none for a message that is never changed later.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        message: Option<MessageId>,
        /// Why the message was not posted: a code, such as `channel_not_found`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<String>,
    },
}

/// Who reads a message about an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Audience {
    /// The users who decide: they see the card.
    Approvers,
    /// The requester.
    Requester,
}

impl Audience {
    /// The word in the audit log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approvers => "approvers",
            Self::Requester => "requester",
        }
    }
}

/// A message of a chat platform, by which any process can change it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageId {
    /// The id of the channel.
    pub channel: String,
    /// The timestamp that identifies the message in its channel.
    pub ts: String,
}

/// What is not there needs no place in a record.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The word of the event, with what tells entries of its kind apart: `outcome: done`.
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
