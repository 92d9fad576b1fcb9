//! The use of Claude Code by a member on a day, except tokens.

use super::random::count_below;

/// Tools that edit.
pub(crate) const TOOLS: [&str; 4] = ["edit_tool", "multi_edit_tool", "notebook_edit_tool", "write_tool"];
const TERMINALS: [&str; 5] = ["vscode", "iTerm.app", "tmux", "WarpTerminal", "Apple_Terminal"];

/// Sessions, lines, commits, pull requests and decisions on tools.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Coding {
    pub(crate) sessions: i64,
    pub(crate) added: i64,
    pub(crate) removed: i64,
    pub(crate) commits: i64,
    pub(crate) pull_requests: i64,
    /// Accepted and rejected edits, for each tool.
    pub(crate) decisions: [(i64, i64); TOOLS.len()],
}

impl Coding {
    /// The activity for this number of messages.
    pub(crate) fn of(seed: u64, who: u64, day: i64, messages: i64) -> Self {
        let varied = |what: u64, end: i64| count_below(end.max(1), &[seed, who, day.cast_unsigned(), 500 + what]);
        let added = messages * (4 + varied(1, 9));
        let edits = messages / 2;
        let decision = |what: u64, part: i64| {
            let all = edits * part / 100;
            let rejected = varied(what, 1 + all / 5);
            (all - rejected, rejected)
        };
        Self {
            sessions: 1 + messages / 15,
            added,
            removed: added * varied(2, 60) / 100,
            commits: messages / 12 + varied(3, 2),
            pull_requests: messages / 40,
            decisions: [decision(4, 60), decision(5, 12), decision(6, 3), decision(7, 25)],
        }
    }
}

impl std::ops::AddAssign for Coding {
    fn add_assign(&mut self, other: Self) {
        self.sessions += other.sessions;
        self.added += other.added;
        self.removed += other.removed;
        self.commits += other.commits;
        self.pull_requests += other.pull_requests;
        for (sum, more) in self.decisions.iter_mut().zip(other.decisions) {
            *sum = (sum.0 + more.0, sum.1 + more.1);
        }
    }
}

/// The terminal of a user.
pub(crate) fn terminal(who: u64) -> &'static str {
    TERMINALS[super::random::index_below(TERMINALS.len(), &[who, 77])]
}
