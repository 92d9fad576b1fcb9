//! An entry as an event of OCSF, and back.
//!
//! The class is API Activity for the events of an operation and for reads of the audit log, Entity Management for
//! changes of the policy, and Application Lifecycle for the start of the host. `unmapped.claude_admin` contains the
//! complete entry, and reading uses only that; all other attributes are for readers of OCSF.

use super::cause::{Cause, joined};
use super::effect::Effect;
use super::event::{Entry, Event};
use super::ocsf::{
    API_ACTIVITY, APPLICATION_LIFECYCLE, Activity, CREATE, Class, DELETE, ENTITY_MANAGEMENT, OTHER, PROFILE, READ,
    START, Severity, Status, UPDATE, VERSION, object, product,
};
use claude_admin_chat::identity::{Place, Platform, Principal};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// A record that contains no readable entry.
#[derive(Debug, thiserror::Error)]
#[error("not a valid audit log entry: {0}")]
pub struct RecordError(#[from] serde_json::Error);

impl Entry {
    /// Reads the entry from a stored record. It does not check whether the record is genuine: see [`super::verify`].
    ///
    /// # Errors
    ///
    /// [`RecordError`] if the text is not a record.
    pub fn from_record(text: &str) -> Result<Self, RecordError> {
        /// Skips the other members without building them.
        #[derive(Deserialize)]
        struct Record {
            unmapped: Unmapped,
        }
        #[derive(Deserialize)]
        struct Unmapped {
            claude_admin: Entry,
        }
        Ok(serde_json::from_str::<Record>(text)?.unmapped.claude_admin)
    }
}

/// The event of an entry, without the members that the chain adds: `metadata.uid`, `metadata.sequence` and
/// `attestation_list`.
pub(super) fn event(entry: &Entry) -> Result<Map<String, Value>, serde_json::Error> {
    let (class, activity) = classify(entry);
    let (status, severity, detail) = judge(&entry.event);
    let mut event = Map::new();
    let mut set = |name: &str, value: Value| event.insert(name.to_owned(), value);
    set("activity_id", activity.id.into());
    set("activity_name", activity.name.into());
    set("actor", actor(entry));
    set("category_uid", (class.uid / 1000).into());
    set("class_name", class.name.into());
    set("class_uid", class.uid.into());
    set("message", message(entry).into());
    set("metadata", metadata(entry));
    set("severity", severity.caption().into());
    set("severity_id", (severity as u64).into());
    set("status", status.caption().into());
    set("status_id", (status as u64).into());
    if let Some(detail) = detail {
        set("status_detail", detail.into());
    }
    set("time", entry.time_ms.into());
    set("type_uid", (class.uid * 100 + activity.id).into());
    set("unmapped", object([("claude_admin", serde_json::to_value(entry)?)]));
    match &entry.event {
        Event::Denied { count, .. } if *count > 1 => {
            set("count", (*count).into());
        }
        Event::Outcome { status: Some(status), .. } => {
            set("status_code", status.to_string().into());
            set("http_response", json!({ "code": status }));
        }
        _ => {}
    }
    if class == API_ACTIVITY {
        set("api", api(entry));
        set("src_endpoint", endpoint(entry.place.as_ref()));
    } else if class == ENTITY_MANAGEMENT {
        set("entity", policy(&entry.event));
        set("src_endpoint", endpoint(entry.place.as_ref()));
    } else {
        set("app", product());
    }
    Ok(event)
}

fn classify(entry: &Entry) -> (Class, Activity) {
    match &entry.event {
        Event::Opened { .. } => (APPLICATION_LIFECYCLE, START),
        Event::PolicyChanged { .. } => (ENTITY_MANAGEMENT, UPDATE),
        Event::AuditRead { .. } | Event::ContentRead { .. } => (API_ACTIVITY, READ),
        // Only these two events are about a call that is about to be sent or was sent. An intent without a plan is a
        // read, for any action.
        Event::Intent { plan_hash: None, .. } => (API_ACTIVITY, READ),
        Event::Intent { .. } | Event::Outcome { .. } => (API_ACTIVITY, activity_of(entry)),
        _ => (API_ACTIVITY, Activity { id: OTHER, name: step(&entry.event) }),
    }
}

/// The activity of a call; `Other` only if there is no action.
fn activity_of(entry: &Entry) -> Activity {
    match entry.effect {
        Some(Effect::Create) => CREATE,
        Some(Effect::Read) => READ,
        Some(Effect::Update) => UPDATE,
        Some(Effect::Delete) => DELETE,
        // Operations of an earlier version are writes. That version did not record their effect.
        None if entry.action.is_some() => UPDATE,
        None => Activity { id: OTHER, name: "Call" },
    }
}

/// The step of an operation, as the name of an activity.
fn step(event: &Event) -> &'static str {
    match event {
        Event::Opened { .. } => "Opened",
        Event::Received { .. } => "Received",
        Event::Denied { .. } => "Denied",
        Event::Planned { .. } => "Planned",
        Event::Requested { .. } => "Requested",
        Event::Carried { .. } => "Carried",
        Event::Decided { .. } => "Decided",
        Event::ApprovedAlone { .. } => "Approved Alone",
        Event::Intent { .. } => "Intent",
        Event::Outcome { .. } => "Outcome",
        Event::Undelivered => "Undelivered",
        Event::Expired => "Expired",
        Event::Superseded { .. } => "Superseded",
        Event::PolicyChanged { .. } => "Policy Changed",
        Event::ContentRead { .. } => "Content Read",
        Event::AuditRead { .. } => "Audit Read",
        Event::Notifying { .. } => "Notifying",
        Event::Notified { .. } => "Notified",
    }
}

/// The status, the severity and the detail of a step.
fn judge(event: &Event) -> (Status, Severity, Option<String>) {
    let coded = |cause: &Option<Cause>| cause.as_ref().map(ToString::to_string);
    match event {
        Event::Denied { reason, .. } => (Status::Failure, Severity::Low, Some(reason.to_string())),
        Event::Decided { reason, .. } => (Status::Success, Severity::Informational, reason.clone()),
        // No second person reviewed it.
        Event::ApprovedAlone { delay_seconds } => (
            Status::Success,
            Severity::Medium,
            Some(format!(
                "the requester typed the name of the target and waited {delay_seconds} s; no second person approved"
            )),
        ),
        // The request is about to be sent. The outcome contains the result.
        Event::Intent { reason, .. } => (Status::Unknown, Severity::Informational, reason.clone()),
        Event::Outcome { result, cause, .. } => match result.as_str() {
            "done" => (Status::Success, Severity::Informational, coded(cause)),
            // The change might have been made, or only a part of it was made. A person must check this.
            "unknown" => (Status::Unknown, Severity::Medium, coded(cause)),
            "partial" => (Status::Failure, Severity::Medium, coded(cause)),
            _ => (Status::Failure, Severity::Low, coded(cause)),
        },
        // A person must create a new secret.
        Event::Undelivered => (Status::Failure, Severity::Medium, None),
        Event::Expired => (Status::Failure, Severity::Informational, None),
        Event::Notified { problem: Some(problem), .. } => (Status::Failure, Severity::Low, Some(problem.clone())),
        Event::Superseded { differences } => (Status::Failure, Severity::Informational, Some(joined(differences))),
        // Without a policy, every command is denied.
        Event::PolicyChanged { policy_hash: None, problem } => (Status::Failure, Severity::High, coded(problem)),
        Event::PolicyChanged { problem: Some(problem), .. } => {
            (Status::Failure, Severity::Medium, Some(problem.to_string()))
        }
        // The dropped bytes can no longer be read.
        Event::Opened { dropped_bytes: dropped @ 1.., .. } => {
            let detail = format!("{dropped} bytes at the end of the write-ahead log were dropped");
            (Status::Success, Severity::Medium, Some(detail))
        }
        Event::Opened { .. }
        | Event::Received { .. }
        | Event::Planned { .. }
        | Event::Requested { .. }
        | Event::Carried { .. }
        | Event::PolicyChanged { .. }
        | Event::ContentRead { .. }
        | Event::AuditRead { .. }
        | Event::Notifying { .. }
        | Event::Notified { .. } => (Status::Success, Severity::Informational, None),
    }
}

fn message(entry: &Entry) -> String {
    let mut message = entry.event.kind().replace('-', " ");
    if let Some(action) = &entry.action {
        message = format!("{action}: {message}");
    }
    if let Some(principal) = &entry.principal {
        // The host acts for the requester.
        let word = if by_host(&entry.event) { "for" } else { "by" };
        message = format!("{message} {word} {principal}");
    }
    if let Some(place) = &entry.place {
        message = format!("{message} in {place}");
    }
    message
}

/// Whether the host caused the event, without an action of a user at that moment.
fn by_host(event: &Event) -> bool {
    matches!(
        event,
        Event::Intent { .. }
            | Event::Carried { .. }
            | Event::Outcome { .. }
            | Event::Undelivered
            | Event::Expired
            | Event::Notifying { .. }
            | Event::Notified { .. }
    )
}

fn metadata(entry: &Entry) -> Value {
    let mut metadata = object([
        ("event_code", entry.event.kind().into()),
        ("log_name", "audit".into()),
        ("product", product()),
        ("profiles", vec![PROFILE].into()),
        ("version", VERSION.into()),
    ]);
    if let (Some(operation), Some(metadata)) = (&entry.operation, metadata.as_object_mut()) {
        metadata.insert("correlation_uid".to_owned(), operation.as_str().into());
    }
    metadata
}

fn actor(entry: &Entry) -> Value {
    let mut actor = match &entry.principal {
        Some(principal) => object([("user", user(principal, entry.person.as_deref()))]),
        None => json!({ "app_name": "claude-admin" }),
    };
    let Some(members) = actor.as_object_mut() else { return actor };
    if let Event::Expired = entry.event {
        members.insert("app_name".to_owned(), "claude-admin".into());
    }
    let (policies, version) = match &entry.event {
        Event::Intent { policies, policy_hash, .. } => (policies, Some(policy_hash)),
        _ => (&entry.policies, entry.policy_hash.as_ref()),
    };
    if !policies.is_empty() {
        let decision = if matches!(entry.event, Event::Denied { .. }) { "Denied" } else { "Allowed" };
        let authorizations: Vec<Value> = policies
            .iter()
            .map(|policy| json!({ "decision": decision, "policy": { "uid": policy, "version": version } }))
            .collect();
        members.insert("authorizations".to_owned(), authorizations.into());
    }
    actor
}

fn user(principal: &Principal, person: Option<&str>) -> Value {
    // A client of the HTTP API is a program.
    let (kind, id) = if principal.platform == Platform::Http { ("Service", 4) } else { ("User", 1) };
    let mut user = json!({ "name": principal.user, "type": kind, "type_id": id, "uid": principal.to_string() });
    if let (false, Some(user)) = (principal.tenant.is_empty(), user.as_object_mut()) {
        user.insert("domain".to_owned(), principal.tenant.as_str().into());
    }
    if let (Some(person), Some(user)) = (person, user.as_object_mut()) {
        user.insert("uid_alt".to_owned(), person.into());
    }
    user
}

fn api(entry: &Entry) -> Value {
    // `operation` is required. If no action is known, the step describes the request to this host.
    let operation = entry.action.as_deref().unwrap_or_else(|| entry.event.kind());
    let mut api = json!({ "operation": operation });
    let Some(members) = api.as_object_mut() else { return api };
    if let Event::Outcome { status, requests, cause, .. } = &entry.event {
        members.insert("service".to_owned(), json!({ "name": "Anthropic Admin API" }));
        // The last of several attempts counts. The entry contains all of them.
        if let Some(request) = requests.last() {
            members.insert("request".to_owned(), json!({ "uid": request }));
        }
        let mut response = Map::new();
        if let Some(status) = status {
            response.insert("code".to_owned(), (*status).into());
        }
        if let Some(cause) = cause {
            response.insert("error_message".to_owned(), cause.to_string().into());
        }
        if !response.is_empty() {
            members.insert("response".to_owned(), response.into());
        }
    }
    api
}

/// The origin of a request: a place, not an address. Chat platforms do not report addresses.
fn endpoint(place: Option<&Place>) -> Value {
    match place {
        Some(place) => json!({ "name": place.to_string(), "svc_name": place.platform.as_str() }),
        None => json!({ "svc_name": "claude-admin" }),
    }
}

fn policy(event: &Event) -> Value {
    let mut policy = json!({ "name": "access policy", "type": "Cedar" });
    if let (Event::PolicyChanged { policy_hash, problem }, Some(members)) = (event, policy.as_object_mut()) {
        members.insert("is_applied".to_owned(), (policy_hash.is_some() && problem.is_none()).into());
        if let Some(hash) = policy_hash {
            members.insert("version".to_owned(), hash.as_str().into());
        }
    }
    json!({ "name": "access policy", "policy": policy, "type": "Policy", "type_id": 5 })
}

#[cfg(test)]
mod tests;
