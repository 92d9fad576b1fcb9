//! Errors of reads, as sentences.

use crate::world::claude::admin::types::Error;

/// The error of a read, with what was read.
pub(crate) fn told(what: &str, error: Error) -> String {
    match error {
        Error::Api(error) => format!(
            "{what} cannot be read: the API returned status {}: {}.",
            error.status,
            error.message.trim_end_matches('.')
        ),
        Error::Denied(why) => format!("{what} cannot be read: {}.", why.trim_end_matches('.')),
        Error::Transport(error) => {
            format!("{what} cannot be read: the API sent no complete response ({:?}).", error.problem)
        }
        other => format!("{what} cannot be read: {other:?}."),
    }
}

/// Whether the API does not have the object.
pub(crate) fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Api(error) if error.status == 404)
}
