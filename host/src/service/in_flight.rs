//! The commands that each principal has at the same time: running, waiting for a slot, or returning a result.

use super::{Outcome, Reply};
use crate::document;
use crate::identity::Principal;
use claude_admin_chat::Verdict;
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The number of commands in flight of each principal.
#[derive(Debug)]
pub(super) struct InFlight {
    most: usize,
    commands: Mutex<HashMap<Principal, usize>>,
}

/// One command in flight. It ends when this is dropped.
#[derive(Debug)]
pub(super) struct Flight {
    principal: Principal,
    all: Arc<InFlight>,
}

impl InFlight {
    /// At most so many commands of one principal.
    pub(super) fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, commands: Mutex::default() })
    }

    /// A panic elsewhere leaves the counts as they are.
    fn commands(&self) -> MutexGuard<'_, HashMap<Principal, usize>> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a command, unless its principal has too many.
    pub(super) fn begin(self: &Arc<Self>, principal: &Principal) -> Option<Flight> {
        let mut commands = self.commands();
        let count = commands.get(principal).copied().unwrap_or_default();
        if count >= self.most {
            return None;
        }
        commands.insert(principal.clone(), count + 1);
        Some(Flight { principal: principal.clone(), all: Arc::clone(self) })
    }

    /// The reply to a command that is one too many.
    pub(super) fn too_many(&self) -> Reply {
        let (most, are) = match self.most {
            1 => ("1 command".to_owned(), "is"),
            most => (format!("{most} commands"), "are"),
        };
        let text = format!(
            "You have {most} that {are} running, waiting or returning a result on this host. This is the maximum (a \
             quarter of `limits.connections`). {}",
            Verdict::NotSent.sentence()
        );
        let hint = "Try again when one of them has ended. The host administrator can raise `limits.connections`.";
        let mut reply = Reply::failed(Outcome::RateLimited, document::error(text, Some(hint)));
        reply.error = Some(json!({ "host": "too many commands of one principal at the same time" }));
        reply
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        let mut commands = self.all.commands();
        match commands.get(&self.principal).copied().unwrap_or_default() {
            0 | 1 => commands.remove(&self.principal),
            count => commands.insert(self.principal.clone(), count - 1),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_of_one_person_have_a_limit_and_others_their_own() {
        let all = InFlight::new(2);
        let (ada, bob) = (Principal::local("ada").unwrap(), Principal::local("bob").unwrap());
        let (first, second) = (all.begin(&ada), all.begin(&ada));
        assert!(first.is_some() && second.is_some() && all.begin(&ada).is_none());
        assert!(all.begin(&bob).is_some());
        drop(first);
        let third = all.begin(&ada);
        assert!(third.is_some() && all.begin(&ada).is_none());
        drop((second, third));
        assert!(all.commands().is_empty(), "nothing is left of them");
    }
}
