//! Requests of a component that the action does not declare.

/// A behavior of a component that the action does not declare. The request was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Violation {
    #[error("a request to the host `{0}`")]
    Host(String),
    #[error("a request to the IP address `{0}` instead of a host name")]
    IpLiteral(String),
    #[error("a request without TLS ({0})")]
    Scheme(String),
    #[error("a user name in the URL")]
    UserInfo,
    #[error("the method {found}, where {expected} is declared")]
    Method { found: String, expected: String },
    #[error("the path `{found}`, where `{expected}` is declared")]
    Path { found: String, expected: String },
    #[error("a query that does not follow from the arguments (`{0}`)")]
    Query(String),
    #[error("a body that does not follow from the arguments")]
    Body,
    #[error("the header `{0}`, which only the host can set")]
    Header(String),
    #[error("a second request")]
    SecondRequest,
    /// The upstream returned a redirect. The request that led to it was sent.
    #[error("following a redirect (status {0})")]
    Redirect(u16),
    #[error("a connection to {0}")]
    Address(String),
}

impl Violation {
    /// The same violation with changed texts: they come from the component, and are shown and recorded.
    #[must_use]
    pub fn with_texts(mut self, change: impl Fn(&mut String)) -> Self {
        match &mut self {
            Self::Host(text)
            | Self::IpLiteral(text)
            | Self::Scheme(text)
            | Self::Query(text)
            | Self::Header(text)
            | Self::Address(text) => change(text),
            Self::Method { found, expected } | Self::Path { found, expected } => {
                change(found);
                change(expected);
            }
            Self::UserInfo | Self::Body | Self::SecondRequest | Self::Redirect(_) => {}
        }
        self
    }
}
