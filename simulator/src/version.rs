//! The versions of the API.

use crate::error::ApiError;
use http::HeaderMap;

/// The header that names the version.
pub(crate) const HEADER: &str = "anthropic-version";

/// A version of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ApiVersion {
    V2023_06_01,
    V2026_10_21,
}

impl ApiVersion {
    /// The version for operations outside of the versioned API.
    pub(crate) const LATEST: Self = Self::V2026_10_21;

    /// Whether a reply still has the fields that the newest version dropped.
    pub(crate) fn has_dropped_fields(self) -> bool {
        self < Self::V2026_10_21
    }

    /// Reads the version of a request. According to the documentation the header is required, so a request without it,
    /// or with a version that does not exist, is an error.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        match headers.get(HEADER).map(|value| value.to_str().unwrap_or_default()) {
            Some("2023-06-01") => Ok(Self::V2023_06_01),
            Some("2026-10-21") => Ok(Self::V2026_10_21),
            Some(other) => Err(ApiError::invalid(format!("{HEADER}: \"{other}\" is not a valid version"))),
            None => Err(ApiError::invalid(format!("{HEADER}: header is required"))),
        }
    }
}
