//! Telemetry destinations.

use super::{Event, Rules, Scene, TelemetryWorkspaces, View, Workspaces, kind, text};
use crate::Object;
use crate::error::ApiError;
use crate::ids::Ids;
use crate::query::Query;
use crate::store::Store;
use http::{StatusCode, Uri};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) struct Telemetry;

/// The maximum number of destinations of an organization.
const LIMIT: usize = 10;
/// The maximum size of the names and values of headers together, in bytes.
const HEADER_BYTES: usize = 16_384;
const HEADERS_LIMIT: usize = 20;
/// A list with more workspaces than this cannot be replaced in one request.
const REPLACEABLE: usize = 750;
/// The minimum time between two tests of a destination.
const BETWEEN_TESTS: SignedDuration = SignedDuration::from_secs(10);
/// Headers that belong to the transport.
const RESERVED: [&str; 8] =
    ["connection", "content-encoding", "content-length", "content-type", "host", "te", "transfer-encoding", "upgrade"];

/// Stored and never shown: the values of headers, the new list, and the last test.
const HEADERS: &str = "headers";
const LISTED: &str = "listed";
const TESTED_AT: &str = "tested_at";

impl Telemetry {
    pub(crate) const PATH: &'static str = path_of!("telemetry.list");

    /// The field in the store with the reason why deliveries fail. No reply contains it.
    pub(crate) const FAILURE: &'static str = "failure";

    /// The default trace settings of a destination.
    pub(crate) fn default_traces() -> Value {
        json!({ "content_mode": "metadata_only", "enabled": true, "endpoint_url": null, "max_content_bytes": null })
    }

    fn traces(given: Option<&Value>) -> Value {
        let mut traces = Self::default_traces();
        if let (Some(Value::Object(given)), Value::Object(traces)) = (given, &mut traces) {
            traces.extend(given.iter().filter(|(_, value)| !value.is_null()).map(|(k, v)| (k.clone(), v.clone())));
        }
        traces
    }

    /// Removes the list of workspaces from the sent coverage, after it was checked.
    fn coverage(sent: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        let Some(Value::Object(coverage)) = sent.get_mut("workspaces") else { return Ok(()) };
        let listed = coverage.shift_remove("workspace_ids").unwrap_or_else(|| json!([]));
        for id in listed.as_array().into_iter().flatten().filter_map(Value::as_str) {
            Workspaces::takes_new(view.store, id)?;
        }
        if listed.as_array().is_some_and(|listed| listed.len() > TelemetryWorkspaces::LIMIT) {
            return Err(TelemetryWorkspaces::full());
        }
        sent.insert(LISTED.to_owned(), listed);
        Ok(())
    }

    /// Writes the list of a change, and removes it from the change.
    fn store_list(destination: &Object, at: &str, store: &mut Store) {
        let id = text(destination, "id");
        let listed = store.item_mut(Self::PATH, id).and_then(|stored| stored.shift_remove(LISTED));
        if let Some(Value::Array(listed)) = listed {
            store.remove_collection(&TelemetryWorkspaces::of(id));
            for workspace in listed.iter().filter_map(Value::as_str) {
                TelemetryWorkspaces::put(store, id, workspace, at);
            }
        }
    }

    fn covers(store: &Store, destination: &Object, workspace: &str) -> bool {
        let is_listed = store.item(&TelemetryWorkspaces::of(text(destination, "id")), workspace).is_some();
        match kind(destination, "workspaces") {
            "include" => is_listed,
            "exclude" => !is_listed,
            _ => true,
        }
    }
}

impl Rules for Telemetry {
    fn path(&self) -> &'static str {
        Self::PATH
    }

    fn is_seeded(&self) -> bool {
        true
    }

    fn lists(&self, item: &Object, query: &Query, view: View<'_>) -> bool {
        let wanted = query.values("workspace_ids[]").unwrap_or_default();
        wanted.is_empty() || wanted.iter().filter_map(Value::as_str).any(|id| Self::covers(view.store, item, id))
    }

    fn fits(&self, parameter: &str, _values: &[Value], _item: &Object) -> Option<bool> {
        (parameter == "workspace_ids[]").then_some(true)
    }

    fn before_create(&self, new: &mut Object, view: View<'_>, _ids: &mut Ids) -> Result<(), ApiError> {
        if view.store.collection(Self::PATH).is_some_and(|all| all.len() >= LIMIT) {
            return Err(ApiError::invalid(format!("An organization can have at most {LIMIT} telemetry destinations.")));
        }
        check_address(text(new, "endpoint_url"))?;
        let headers = new.get(HEADERS).and_then(Value::as_object).cloned().unwrap_or_default();
        check_headers(&headers)?;
        Self::coverage(new, view)?;
        new.insert("header_names".to_owned(), names(&headers));
        new.insert(HEADERS.to_owned(), headers.into());
        new.insert("state".to_owned(), json!({ "type": "enabled" }));
        new.insert("traces".to_owned(), Self::traces(new.get("traces")));
        new.insert("delivery_health".to_owned(), json!({}));
        Ok(())
    }

    fn before_update(&self, item: &Object, changes: &mut Object, view: View<'_>) -> Result<(), ApiError> {
        if changes.is_empty() {
            return Err(ApiError::invalid("body: at least one field is needed"));
        }
        let address = text(changes, "endpoint_url").to_owned();
        let mut headers = item.get(HEADERS).and_then(Value::as_object).cloned().unwrap_or_default();
        if !address.is_empty() {
            check_address(&address)?;
            // Secrets for one receiver are not sent to another.
            if authority(&address) != authority(text(item, "endpoint_url")) {
                headers.clear();
            }
        }
        if let Some(Value::Object(sent)) = changes.shift_remove(HEADERS) {
            if address.is_empty() && sent.values().any(|value| !value.is_null()) {
                return Err(ApiError::invalid("headers: setting a value needs endpoint_url in the same request"));
            }
            for (name, value) in sent {
                if value.is_null() {
                    headers.shift_remove(&name);
                } else {
                    headers.insert(name, value);
                }
            }
            check_headers(&headers)?;
        }
        if changes.contains_key("workspaces") {
            let listed = view.store.collection(&TelemetryWorkspaces::of(text(item, "id")));
            if listed.is_some_and(|listed| listed.len() > REPLACEABLE) {
                return Err(ApiError::invalid(format!(
                    "workspaces: a list of more than {REPLACEABLE} workspaces cannot be replaced; take some off first"
                )));
            }
        }
        Self::coverage(changes, view)?;
        if let Some(Value::Null) = changes.get("traces") {
            changes.insert("traces".to_owned(), Self::default_traces());
        }
        if kind(changes, "state") == "disabled" {
            changes.insert("state".to_owned(), json!({ "type": "disabled", "reason": { "type": "caller" } }));
        }
        changes.insert("header_names".to_owned(), names(&headers));
        changes.insert(HEADERS.to_owned(), headers.into());
        Ok(())
    }

    fn after(&self, event: Event<'_>, item: &Object, store: &mut Store) {
        match event {
            Event::Created | Event::Updated => Self::store_list(item, text(item, "updated_at"), store),
            _ => {}
        }
    }

    fn act(&self, _: &str, item: &mut Object, _: &Object, scene: &mut Scene<'_>) -> Result<Option<Object>, ApiError> {
        let last: Option<Timestamp> = text(item, TESTED_AT).parse().ok();
        let age = last.map(|last| scene.now.duration_since(last));
        if let Some(age) = age.filter(|age| !age.is_negative() && *age < BETWEEN_TESTS) {
            let mut error = ApiError::new(StatusCode::TOO_MANY_REQUESTS, "This destination was tested just now.");
            let left = BETWEEN_TESTS - age;
            error.retry_after = u64::try_from(left.as_secs() + i64::from(left.subsec_nanos() > 0)).ok();
            return Err(error);
        }
        item.insert(TESTED_AT.to_owned(), scene.now.to_string().into());
        let result = match text(item, Self::FAILURE) {
            "" => json!({ "type": "success" }),
            failure => json!({ "type": "failure", "error": failure }),
        };
        Ok(json!({ "result": result }).as_object().cloned())
    }
}

fn check_address(address: &str) -> Result<(), ApiError> {
    let refuse = |reason: &str| Err(ApiError::invalid(format!("endpoint_url: {reason}")));
    let Ok(uri) = address.parse::<Uri>() else { return refuse("Input should be a valid URL") };
    let host = uri.host().unwrap_or_default();
    if uri.scheme_str() != Some("https") {
        refuse("only https is allowed")
    } else if host.starts_with('[') || host.parse::<std::net::IpAddr>().is_ok() || !host.contains('.') {
        refuse("it must name a host, not an address")
    } else if uri.port_u16().is_some_and(|port| port != 443) {
        refuse("only port 443 is allowed")
    } else if address.contains(['?', '#', '@']) {
        refuse("it must have no query, fragment or credentials")
    } else {
        Ok(())
    }
}

fn authority(address: &str) -> Option<(String, u16)> {
    let uri: Uri = address.parse().ok()?;
    Some((uri.host()?.to_ascii_lowercase(), uri.port_u16().unwrap_or(443)))
}

fn check_headers(headers: &Object) -> Result<(), ApiError> {
    let size: usize = headers.iter().map(|(name, value)| name.len() + value.as_str().unwrap_or_default().len()).sum();
    if headers.len() > HEADERS_LIMIT || size > HEADER_BYTES {
        return Err(ApiError::invalid(format!(
            "headers: at most {HEADERS_LIMIT} headers of {HEADER_BYTES} bytes together are allowed"
        )));
    }
    let bad = |name: &&String| {
        RESERVED.contains(&name.to_ascii_lowercase().as_str()) || http::HeaderName::from_bytes(name.as_bytes()).is_err()
    };
    match headers.keys().find(bad) {
        Some(name) => Err(ApiError::invalid(format!("headers.{name}: this header cannot be set"))),
        None => Ok(()),
    }
}

fn names(headers: &Object) -> Value {
    headers.keys().map(String::as_str).collect::<Vec<_>>().into()
}
