//! The state of the API according to its last responses to this host.

use http::StatusCode;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time for which a failure counts. Without requests, the host cannot know whether it is over.
const COUNTS: Duration = Duration::from_secs(60);

/// The reason why the API cannot be used, according to its last response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It did not accept the credential of the host.
    Credential,
    /// The workload identity of the host gave no access token.
    NoToken,
    /// The API failed, with this status.
    Api(u16),
    /// The API did not respond.
    NoAnswer,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credential => f.write_str("the API did not accept the credential of this host"),
            Self::NoToken => f.write_str("the workload identity of this host gave no access token"),
            Self::Api(status) => write!(f, "the API returned status {status}"),
            Self::NoAnswer => f.write_str("the API did not respond"),
        }
    }
}

/// The result of the last request.
#[derive(Debug, Default)]
pub(super) struct Health {
    last: Mutex<Option<(Instant, Trouble)>>,
}

impl Health {
    /// Records a response.
    pub(super) fn answered(&self, status: StatusCode) {
        self.note(match status {
            StatusCode::UNAUTHORIZED => Some(Trouble::Credential),
            status if status.is_server_error() => Some(Trouble::Api(status.as_u16())),
            _ => None,
        });
    }

    /// Records that no response arrived, or why no request was possible.
    pub(super) fn note(&self, trouble: Option<Trouble>) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = trouble.map(|trouble| (Instant::now(), trouble));
    }

    /// The failure of the last request, if it was within the last minute.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        let last = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.filter(|(at, _)| at.elapsed() < COUNTS).map(|(_, trouble)| trouble)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_response_decides() {
        let health = Health::default();
        assert_eq!(health.trouble(), None);
        for (status, trouble) in [
            (401, Some(Trouble::Credential)),
            (200, None),
            (529, Some(Trouble::Api(529))),
            (500, Some(Trouble::Api(500))),
            (404, None),
            (429, None),
        ] {
            health.answered(StatusCode::from_u16(status).unwrap());
            assert_eq!(health.trouble(), trouble, "{status}");
        }
        health.note(Some(Trouble::NoAnswer));
        assert_eq!(health.trouble(), Some(Trouble::NoAnswer));
    }
}
