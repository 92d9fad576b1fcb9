//! Recognition of a request that arrives a second time.

/// The identity of a request: the same for every delivery of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The key, without spaces: from the platform, or from the client.
    pub key: String,
    /// A digest of the content, if two requests can have the same key; empty otherwise.
    pub content: String,
    /// The earliest time at which the request can have been received, in milliseconds since 1970; none for a request
    /// that is valid at any time.
    pub earliest_ms: Option<i64>,
}

/// The first request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstDelivery {
    /// Its ID.
    pub operation: String,
    /// Whether it had the same content.
    pub is_same: bool,
}

/// The reason why a request is not accepted.
#[derive(Debug)]
pub enum NotClaimed {
    /// It was received before.
    Before(FirstDelivery),
    /// It is so old that the host can have forgotten the first delivery.
    Forgotten,
}
