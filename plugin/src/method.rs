//! The methods of requests.

#![allow(dead_code, reason = "what is used depends on the operations of the package")]

/// The methods that actions use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}
