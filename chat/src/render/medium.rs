//! The medium to which text is written.

/// The medium to which text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Medium {
    /// A file, a pipe or a message: lines have any length.
    #[default]
    Stream,
    /// A terminal: no line is longer than its width, and no cell breaks a line.
    Terminal {
        /// The number of characters in a line.
        columns: u16,
    },
}

impl Medium {
    /// The maximum number of characters in a line, if there is one. Two columns need a minimum.
    pub(super) fn columns(self) -> Option<u16> {
        match self {
            Self::Stream => None,
            Self::Terminal { columns } => Some(columns.max(8)),
        }
    }
}
