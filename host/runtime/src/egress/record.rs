//! The requests that were sent during a call.

use super::{SentRequest, Violation};
use claude_admin_chat::Exchange;
use claude_admin_chat::cap::cap_text;
use claude_admin_wire::Body;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The maximum number of stored characters of an API request ID. Those of the API have about 30.
const REQUEST_ID_CHARS: usize = 100;

/// The events at the gate during one call.
#[derive(Debug, Default)]
pub struct Record {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    violation: Option<Violation>,
    sent: Option<SentRequest>,
}

impl Record {
    /// A panic in another thread does not invalidate the recorded data.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records a violation; only the first one is stored.
    pub(super) fn violated(&self, violation: Violation) {
        self.state().violation.get_or_insert_with(|| violation.with_texts(cap_text));
    }

    /// Records a request before it is sent.
    pub(super) fn leaving(&self, method: &str, target: &str) {
        let mut state = self.state();
        match &mut state.sent {
            // The response to an earlier attempt says nothing about this one.
            Some(sent) => {
                sent.attempts += 1;
                sent.exchange = Exchange::Unanswered;
            }
            None => {
                state.sent = Some(SentRequest {
                    method: method.to_owned(),
                    target: target.to_owned(),
                    exchange: Exchange::Unanswered,
                    request_id: None,
                    attempts: 1,
                });
            }
        }
    }

    /// Records that no connection was opened, so no byte of the last attempt was sent.
    pub(super) fn unreached(&self) {
        if let Some(sent) = &mut self.state().sent {
            sent.exchange = Exchange::Unreached;
        }
    }

    /// Records the head of the response to the last attempt.
    pub(super) fn answered(&self, status: u16, request_id: Option<&str>) {
        if let Some(sent) = &mut self.state().sent {
            sent.exchange = Exchange::Answered { status, body: Body::Incomplete };
            sent.request_id = request_id.map(|id| id.chars().take(REQUEST_ID_CHARS).collect());
        }
    }

    /// Records the body of that response, which arrived completely.
    pub(super) fn received(&self, found: Body) {
        if let Some(SentRequest { exchange: Exchange::Answered { body, .. }, .. }) = &mut self.state().sent {
            *body = found;
        }
    }

    /// Whether the last response is an error in the format of the API.
    pub(super) fn is_error_of_the_api(&self) -> bool {
        let state = self.state();
        matches!(&state.sent, Some(SentRequest { exchange: Exchange::Answered { body: Body::Error(_), .. }, .. }))
    }

    /// The violation, if there was one.
    #[must_use]
    pub fn violation(&self) -> Option<Violation> {
        self.state().violation.clone()
    }

    /// The request that was sent, if any.
    #[must_use]
    pub fn sent(&self) -> Option<SentRequest> {
        self.state().sent.clone()
    }
}
