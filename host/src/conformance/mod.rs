//! Compares the replies of the API with the WIT: reads with the smallest pages, one after the other.
//!
//! A report contains no value of a reply. It has names of actions, paths in replies without indexes and keys, names of
//! types, counts, status codes, and words that look like identifiers of the API.

mod arguments;
mod plan;
mod report;

pub use plan::Plan;
pub use report::About;

use crate::command::Invocation;
use crate::egress::{Egress, ExpectedRequest, Gate, Record, ReplyLimits, Violation};
use crate::sandbox::{Limits, after};
use arguments::{Known, Origin, arguments};
use bytes::Bytes;
use claude_admin_authority::operation_id;
use claude_admin_catalog::{Action, Catalog, DifferenceKind, Onward, identifier};
use http::{Response, StatusCode};
use jiff::Timestamp;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;
use wasmtime_wasi_http::Error as HttpError;

/// After this number of consecutive requests without a reply, or with status 401, 429 or 5xx, no more requests are
/// sent.
const PATIENCE: u32 = 3;

/// A run: one request at a time, with the credentials of the host.
#[derive(Debug)]
pub struct Conformance<'c> {
    catalog: &'c Catalog,
    egress: Arc<Egress>,
    limits: Limits,
    operation: String,
    now: Timestamp,
}

/// The result of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// The IDs of the actions whose replies were compared, with the status.
    pub checked: Vec<(String, u16)>,
    /// The differences.
    pub findings: Vec<Finding>,
    /// The reads that were not compared.
    pub not_checked: Vec<NotChecked>,
    /// The request IDs of the API.
    pub requests: Vec<String>,
}

/// A difference between a reply and the WIT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The ID of the action.
    pub action: String,
    /// The place in the reply; empty for the whole reply.
    pub path: String,
    /// The difference.
    pub difference: Difference,
    /// The number of values with the difference.
    pub count: usize,
}

/// The kind of a difference between a reply and the WIT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Difference {
    /// The shape of a value.
    Shape(DifferenceKind),
    /// The status of the reply, with the error type if it looks like an identifier.
    Status(u16, Option<String>),
    /// The body is not JSON.
    NotJson,
    /// The page reports more items but has no cursor.
    NoCursor,
}

impl Difference {
    /// The word for programs, such as `unknown_field`.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Shape(kind) => kind.as_str(),
            Self::Status(..) => "status",
            Self::NotJson => "not_json",
            Self::NoCursor => "no_cursor",
        }
    }

    /// Whether the WIT provides for it: the reply only has a new word.
    #[must_use]
    pub fn is_provided_for(&self) -> bool {
        matches!(self, Self::Shape(kind) if kind.is_provided_for())
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(kind) => kind.fmt(f),
            Self::Status(status, None) => write!(f, "status {status}"),
            Self::Status(status, Some(kind)) => write!(f, "status {status} ({kind})"),
            Self::NotJson => f.write_str("the body is not JSON"),
            Self::NoCursor => f.write_str("the page reports more items but has no cursor"),
        }
    }
}

/// A read that was not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotChecked {
    /// The ID of the action.
    pub action: String,
    /// The reason why it was not compared.
    pub reason: String,
}

/// The result of one request.
enum Fetched {
    Reply(Response<Bytes>),
    /// No reply, for this reason. It is not certain that the API can be used.
    Nothing(String),
    /// A redirect, which the host does not follow.
    Redirect(u16),
}

impl Report {
    /// Whether a reply differs in a way that the WIT does not provide for.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.findings.iter().any(|finding| !finding.difference.is_provided_for())
    }

    fn found(&mut self, action: &Action, path: String, difference: Difference, count: usize) {
        self.findings.push(Finding { action: action.id.clone(), path, difference, count });
    }

    fn skip(&mut self, action: &Action, reason: impl Into<String>) {
        self.not_checked.push(NotChecked { action: action.id.clone(), reason: reason.into() });
    }
}

impl<'c> Conformance<'c> {
    /// A run with a new operation ID. `limits` has the time and the size of one reply; `now` is the time at the API.
    #[must_use]
    pub fn new(catalog: &'c Catalog, egress: Arc<Egress>, limits: Limits, now: Timestamp) -> Self {
        Self { catalog, egress, limits, operation: operation_id::random(), now }
    }

    /// The ID of the run, which each request has in its `User-Agent`.
    #[must_use]
    pub fn operation(&self) -> &str {
        &self.operation
    }

    /// Reads and compares, one request at a time. Calls `progress` before each request, with its number and its action.
    pub async fn run(&self, plan: &Plan<'_>, mut progress: impl FnMut(usize, &Action)) -> Report {
        let mut report = Report { not_checked: plan.left_out.clone(), ..Report::default() };
        let mut known = Known::default();
        let mut in_vain = 0;
        for (index, action) in plan.actions.iter().enumerate() {
            if in_vain == PATIENCE {
                report.skip(action, format!("the API could not be used for the {PATIENCE} previous reads"));
                continue;
            }
            let (arguments, origin) = match arguments(self.catalog, action, &known, self.now) {
                Ok(found) => found,
                Err(reason) => {
                    report.skip(action, reason);
                    continue;
                }
            };
            progress(index + 1, action);
            let invocation = Invocation { action: Arc::clone(action), arguments };
            let fetched = self.fetch(action, &invocation, &mut report).await;
            let unusable = |fetched: &Fetched| match fetched {
                Fetched::Nothing(_) => true,
                Fetched::Reply(response) => matches!(response.status().as_u16(), 401 | 429 | 500..),
                Fetched::Redirect(_) => false,
            };
            in_vain = if unusable(&fetched) { in_vain + 1 } else { 0 };
            match fetched {
                Fetched::Nothing(reason) => report.skip(action, reason),
                Fetched::Redirect(status) => {
                    report.found(action, String::new(), Difference::Status(status, None), 1);
                    report.checked.push((action.id.clone(), status));
                }
                Fetched::Reply(response) => {
                    if let Some(reply) = compare(self.catalog, action, &response, origin, &mut report) {
                        known.learn(&self.catalog.types, action, &invocation.arguments, &reply);
                    }
                }
            }
        }
        report
    }

    async fn fetch(&self, action: &Action, invocation: &Invocation, report: &mut Report) -> Fetched {
        let expected = match ExpectedRequest::of(action, invocation, &self.catalog.types) {
            Ok(expected) => expected,
            Err(_) => return Fetched::Nothing("the request cannot be written".to_owned()),
        };
        let deadline = after(self.limits.wall_clock);
        let until = tokio::time::Instant::from_std(deadline);
        let too_late = || Fetched::Nothing(format!("no reply within {} s", self.limits.wall_clock.as_secs_f64()));
        let credential =
            match tokio::time::timeout_at(until, self.egress.credential(action, &invocation.arguments)).await {
                Ok(Ok(credential)) => credential,
                Ok(Err(_)) => return Fetched::Nothing("the workload identity gave no token".to_owned()),
                Err(_) => return too_late(),
            };
        let record = Arc::new(Record::default());
        let limits = ReplyLimits { bytes: self.limits.response_bytes, deadline };
        let egress = Arc::clone(&self.egress);
        let gate = Gate::new(egress, expected, credential, &self.operation, limits, Arc::clone(&record));
        let fetched = tokio::time::timeout_at(until, gate.fetch()).await;
        report.requests.extend(record.sent().and_then(|sent| sent.request_id));
        match fetched {
            Err(_) => too_late(),
            Ok(Ok(response)) => Fetched::Reply(response),
            Ok(Err(error)) => match (record.violation(), error) {
                (Some(Violation::Redirect(status)), _) => Fetched::Redirect(status),
                (_, HttpError::HttpResponseBodySize(_)) => {
                    Fetched::Nothing(format!("the reply is larger than {} bytes", self.limits.response_bytes))
                }
                _ => Fetched::Nothing("no reply".to_owned()),
            },
        }
    }
}

/// Compares a reply, and returns it if it is a result of the action.
fn compare(
    catalog: &Catalog,
    action: &Action,
    response: &Response<Bytes>,
    origin: Origin,
    report: &mut Report,
) -> Option<Value> {
    let status = response.status();
    let body = serde_json::from_slice::<Value>(response.body());
    if status != StatusCode::OK {
        let kind = body.ok().and_then(|body| identifier(body["error"]["type"].as_str()?).map(str::to_owned));
        let difference = Difference::Status(status.as_u16(), kind);
        match status.as_u16() {
            401 | 403 | 429 => report.skip(action, difference.to_string()),
            404 if origin != Origin::Same => report.skip(action, difference.to_string()),
            500.. => report.skip(action, difference.to_string()),
            _ => {
                report.checked.push((action.id.clone(), status.as_u16()));
                report.found(action, String::new(), difference, 1);
            }
        }
        return None;
    }
    report.checked.push((action.id.clone(), status.as_u16()));
    let Ok(reply) = body else {
        report.found(action, String::new(), Difference::NotJson, 1);
        return None;
    };
    let shapes = action.result.as_ref().map(|ty| catalog.types.reply_differences(ty, &reply));
    for shape in shapes.unwrap_or_default() {
        report.found(action, shape.path, Difference::Shape(shape.kind), shape.count);
    }
    if action.paging.as_ref().is_some_and(|paging| paging.onward(&reply) == Onward::Lost) {
        report.found(action, String::new(), Difference::NoCursor, 1);
    }
    Some(reply)
}
