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
        /// Whether it shows colors.
        has_color: bool,
    },
}

/// The style of a text on a terminal with colors. It repeats what words and places say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// Titles, and the heads of tables.
    Strong,
    /// The line below a result.
    Quiet,
    /// A warning.
    Attention,
    /// An error.
    Error,
}

impl Style {
    /// The parameters of the control sequence.
    fn code(self) -> &'static str {
        match self {
            Self::Strong => "1",
            Self::Quiet => "2",
            Self::Attention => "33",
            Self::Error => "31",
        }
    }
}

impl Medium {
    /// The maximum number of characters in a line, if there is one. Two columns need a minimum.
    pub(super) fn columns(self) -> Option<u16> {
        match self {
            Self::Stream => None,
            Self::Terminal { columns, .. } => Some(columns.max(8)),
        }
    }

    /// Lines in a style, if the medium has colors. The text must have no control characters.
    pub(super) fn styled(self, text: String, style: Style) -> String {
        if !matches!(self, Self::Terminal { has_color: true, .. }) {
            return text;
        }
        let line = |line: &str| match line {
            "" => String::new(),
            line => format!("\x1b[{}m{line}\x1b[0m", style.code()),
        };
        text.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }
}
