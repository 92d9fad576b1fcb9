//! The limits of a call.

use std::fmt;

/// The limit that a call reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the texts say it")]
pub enum LimitKind {
    WasmTime,
    WallClock,
    Queue,
    Memory,
    CopiedBytes,
    Resources,
    Response,
    Answer,
    Answers,
}

impl LimitKind {
    /// Every limit.
    pub const ALL: [Self; 9] = [
        Self::WasmTime,
        Self::WallClock,
        Self::Queue,
        Self::Memory,
        Self::CopiedBytes,
        Self::Resources,
        Self::Response,
        Self::Answer,
        Self::Answers,
    ];

    /// The key of the configuration that sets it, in `[limits]`.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::WasmTime => "wasm_time_ms",
            Self::WallClock => "wall_clock_ms",
            Self::Queue => "queue_ms",
            Self::Memory => "memory_mib",
            Self::CopiedBytes => "copied_mib",
            Self::Resources => "resources",
            Self::Response => "response_mib",
            Self::Answer => "answer_mib",
            Self::Answers => "answers_mib",
        }
    }
}

impl fmt::Display for LimitKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::WasmTime => "time in wasm code",
            Self::WallClock => "time for the whole call",
            Self::Queue => "time to wait for a slot",
            Self::Memory => "memory",
            Self::CopiedBytes => "data passed between component and host",
            Self::Resources => "resources of the host that a component has at the same time",
            Self::Response => "size of a response",
            Self::Answer => "memory for the result of one command",
            Self::Answers => "share of the memory for the results of all commands",
        };
        write!(f, "{what} (`limits.{}`)", self.key())
    }
}
