//! Where text is written to.

/// Where text is written to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Medium {
    /// To a file, a pipe or a message: a line is as long as what it has to say.
    #[default]
    Stream,
    /// To a terminal: no line is longer than it, and nothing in a cell breaks a line.
    Terminal {
        /// How many characters fit into a line.
        columns: u16,
    },
}

impl Medium {
    /// How many characters fit into a line, where that matters. Two columns need some.
    pub(super) fn columns(self) -> Option<u16> {
        match self {
            Self::Stream => None,
            Self::Terminal { columns } => Some(columns.max(8)),
        }
    }
}
