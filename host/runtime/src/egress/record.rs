//! What left during a call.

use super::{SentRequest, Violation};
use claude_admin_chat::Exchange;
use claude_admin_chat::cap::cap_text;
use claude_admin_wire::Body;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The characters of a request id that are kept; those of the API have about 30.
const REQUEST_ID_CHARS: usize = 100;

/// What happened at the gate during one call.
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
    /// A panic elsewhere does not make what was noted untrue.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a violation; the first one counts.
    pub(super) fn violated(&self, violation: Violation) {
        self.state().violation.get_or_insert_with(|| violation.with_texts(cap_text));
    }

    /// Notes that a request leaves, before it does.
    pub(super) fn leaving(&self, method: &str, target: &str) {
        let mut state = self.state();
        match &mut state.sent {
            // What came back to an earlier attempt says nothing about this one.
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

    /// Notes that no connection was made, so that nothing of the request that was to leave last did.
    pub(super) fn unreached(&self) {
        if let Some(sent) = &mut self.state().sent {
            sent.exchange = Exchange::Unreached;
        }
    }

    /// Notes the head of the answer to the request that left last.
    pub(super) fn answered(&self, status: u16, request_id: Option<&str>) {
        if let Some(sent) = &mut self.state().sent {
            sent.exchange = Exchange::Answered { status, body: Body::Incomplete };
            sent.request_id = request_id.map(|id| id.chars().take(REQUEST_ID_CHARS).collect());
        }
    }

    /// Notes the body of that answer, which is there whole.
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

    /// The request that left, if one did.
    #[must_use]
    pub fn sent(&self) -> Option<SentRequest> {
        self.state().sent.clone()
    }
}
