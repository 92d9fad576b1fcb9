//! A simulation with faults and a log of requests, as a client sees it.

use crate::error::ApiError;
use crate::fault::{Effect, Fault, Faults};
use crate::message::{Request, Response};
use crate::reply::Reply;
use crate::request_log::{LoggedRequest, RequestLog};
use crate::simulation::Simulation;
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use std::time::Duration;

const GARBAGE: &str = "<!DOCTYPE html>\n<html><body><h1>502 Bad Gateway</h1></body></html>\n";

/// A simulation with faults and a log.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) simulation: Simulation,
    pub(crate) faults: Faults,
    pub(crate) log: RequestLog,
}

/// The handling of a connection.
#[derive(Debug)]
pub(crate) struct Answer {
    /// The delay before the delivery.
    pub(crate) delay: Duration,
    pub(crate) delivery: Delivery,
}

/// The delivery of a response.
#[derive(Debug)]
pub(crate) enum Delivery {
    /// Unchanged.
    Whole(Response),
    /// Half of the body, then the connection is closed.
    Truncated(Response),
    /// The head, then this number of bytes.
    Huge(Response, u64),
    /// The head, then an endless body.
    Endless(Response),
    /// The connection is closed.
    Closed,
}

impl Exchange {
    pub(crate) fn new(simulation: Simulation) -> Self {
        let log = RequestLog::new(simulation.config().logged_requests);
        Self { simulation, faults: Faults::default(), log }
    }

    /// Resets everything to the initial state, without faults and with an empty log.
    pub(crate) fn reset(&mut self) {
        self.simulation.reset();
        self.faults.clear();
        self.log = RequestLog::new(self.simulation.config().logged_requests);
    }

    /// Responds to a request. If a fault matches, it determines the response.
    pub(crate) fn answer(&mut self, request: &Request) -> Answer {
        let mut entry = LoggedRequest::of(request, self.simulation.clock().now());
        entry.action = self.simulation.action_of(request).map(str::to_owned);
        entry.credential = self.simulation.credential_of(request.headers());
        let fault = self.faults.strike(request);
        entry.fault = fault.as_ref().map(|fault| fault.effect.as_ref().map_or("delay", Effect::name).to_owned());

        let answer = match fault {
            Some(fault) => self.faulty_answer(request, fault),
            None => Answer { delay: Duration::ZERO, delivery: Delivery::Whole(self.simulation.handle(request)) },
        };
        if let Some(response) = answer.delivery.head() {
            entry.status = Some(response.status().as_u16());
            let id = response.headers().get("request-id").and_then(|id| id.to_str().ok());
            entry.request_id = id.map(str::to_owned);
        }
        tracing::debug!(method = %entry.method, path = %entry.path, status = entry.status, fault = entry.fault, "answered");
        self.log.push(entry);
        answer
    }

    fn faulty_answer(&mut self, request: &Request, fault: Fault) -> Answer {
        let response = fault.performs().then(|| self.simulation.handle(request));
        // The response if neither the operation nor the effect sets one.
        let mut blank = || self.simulation.respond(Ok(Reply::Json(json!({}))));
        let delivery = match &fault.effect {
            None => Delivery::Whole(response.unwrap_or_else(blank)),
            Some(Effect::Truncate) => Delivery::Truncated(response.unwrap_or_else(blank)),
            Some(Effect::Close) => Delivery::Closed,
            Some(Effect::Huge(huge)) => Delivery::Huge(blank(), huge.bytes),
            Some(Effect::Endless) => Delivery::Endless(blank()),
            Some(Effect::Code(code)) => Delivery::Whole(self.simulation.respond(Err(code.error()))),
            Some(Effect::Status(status)) => Delivery::Whole(self.simulation.respond(Err(status.error()))),
            Some(Effect::Garbage) => {
                let mut response = blank();
                *response.body_mut() = Bytes::from_static(GARBAGE.as_bytes());
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
                Delivery::Whole(response)
            }
            Some(Effect::Redirect(redirect)) => {
                let mut response = blank();
                *response.body_mut() = Bytes::new();
                *response.status_mut() = redirect.status();
                if let Ok(location) = HeaderValue::from_str(&redirect.location) {
                    response.headers_mut().insert(header::LOCATION, location);
                }
                Delivery::Whole(response)
            }
            Some(Effect::Patch(patch)) => {
                let mut response = response.unwrap_or_else(blank);
                let mut body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
                match patch.apply(&mut body) {
                    Ok(()) => *response.body_mut() = body.to_string().into(),
                    Err(pointer) => {
                        let message = format!("the injected patch does not fit the reply: {pointer} leads nowhere");
                        let error = ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, message);
                        response = self.simulation.respond(Err(error));
                    }
                }
                Delivery::Whole(response)
            }
        };
        Answer { delay: Duration::from_millis(fault.delay_ms), delivery }
    }
}

impl Delivery {
    fn head(&self) -> Option<&Response> {
        match self {
            Self::Whole(head) | Self::Truncated(head) | Self::Huge(head, _) | Self::Endless(head) => Some(head),
            Self::Closed => None,
        }
    }
}
