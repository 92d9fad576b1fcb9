//! The memory for results that are read, joined, shown and sent.

use super::LimitKind;
use claude_admin_chat::identity::Principal;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The memory for the results of all commands, shared fairly between requesters.
///
/// A principal gets more only if the free memory afterwards is at least the memory that the principal then uses. So one
/// principal uses at most half of it, and a second one at most half of the rest. A small result fits regardless of the
/// use by others.
#[derive(Debug)]
pub struct Memory {
    most: usize,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    all: usize,
    by: HashMap<Principal, usize>,
}

impl Memory {
    /// Memory of this number of bytes.
    #[must_use]
    pub fn new(most: usize) -> Arc<Self> {
        Arc::new(Self { most, used: Mutex::default() })
    }

    /// A panic elsewhere does not invalidate the counts.
    fn used(&self) -> MutexGuard<'_, Used> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, principal: &Principal, bytes: usize) -> Result<(), LimitKind> {
        let mut used = self.used();
        let all = used.all.checked_add(bytes).filter(|all| *all <= self.most).ok_or(LimitKind::Answers)?;
        let own = used.by.get(principal).copied().unwrap_or_default().saturating_add(bytes);
        if own > self.most - all {
            return Err(LimitKind::Answers);
        }
        used.all = all;
        used.by.insert(principal.clone(), own);
        Ok(())
    }

    fn give_back(&self, principal: &Principal, bytes: usize) {
        let mut used = self.used();
        used.all = used.all.saturating_sub(bytes);
        let own = used.by.get(principal).copied().unwrap_or_default().saturating_sub(bytes);
        match own {
            0 => used.by.remove(principal),
            own => used.by.insert(principal.clone(), own),
        };
    }
}

/// The memory for the result of one command. It counts toward a limit for the command and a limit for all commands. It
/// is released when this value is dropped.
#[derive(Debug)]
pub struct Held {
    bytes: AtomicUsize,
    most: usize,
    principal: Principal,
    memory: Arc<Memory>,
}

impl Held {
    /// Starts with no memory, and uses at most `most` bytes.
    #[must_use]
    pub fn new(most: usize, principal: &Principal, memory: &Arc<Memory>) -> Self {
        Self { bytes: AtomicUsize::new(0), most, principal: principal.clone(), memory: Arc::clone(memory) }
    }

    /// Counts the memory of another part of a result.
    ///
    /// # Errors
    ///
    /// The limit that would be exceeded. Nothing is counted then.
    pub fn take(&self, bytes: usize) -> Result<(), LimitKind> {
        let more = |held: usize| held.checked_add(bytes).filter(|held| *held <= self.most);
        self.bytes.fetch_update(Ordering::AcqRel, Ordering::Acquire, more).map_err(|_| LimitKind::Answer)?;
        self.memory.take(&self.principal, bytes).inspect_err(|_| {
            self.bytes.fetch_sub(bytes, Ordering::AcqRel);
        })
    }

    /// Releases memory that is no longer needed.
    pub fn give_back(&self, bytes: usize) {
        let less = |held: usize| Some(held.saturating_sub(bytes));
        let held = self.bytes.fetch_update(Ordering::AcqRel, Ordering::Acquire, less).unwrap_or_default();
        self.memory.give_back(&self.principal, bytes.min(held));
    }

    /// Releases the memory above a number of bytes.
    pub fn keep(&self, bytes: usize) {
        self.give_back(self.bytes.load(Ordering::Acquire).saturating_sub(bytes));
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.keep(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn person(number: u8) -> Principal {
        Principal::local(&format!("p{number}")).unwrap()
    }

    #[test]
    fn one_command_and_one_person_have_a_limit() {
        let memory = Memory::new(100);
        let command = |who| Held::new(40, &person(who), &memory);
        let (one, other) = (command(1), command(1));
        assert_eq!(one.take(30), Ok(()));
        assert_eq!(one.take(11), Err(LimitKind::Answer));
        assert_eq!(one.take(usize::MAX), Err(LimitKind::Answer));
        assert_eq!(other.take(21), Err(LimitKind::Answers), "more than half of the memory");
        assert_eq!(other.take(20), Ok(()));
        one.keep(10);
        assert_eq!(other.take(20), Ok(()));
        drop((one, other));
        let used = memory.used();
        assert_eq!((used.all, used.by.len()), (0, 0), "nothing is left of them");
    }

    #[test]
    fn thousand_results_of_one_person_leave_memory_for_another() {
        let memory = Memory::new(1 << 20);
        let command = |who| Held::new(64 << 10, &person(who), &memory);
        let results: Vec<Held> = (0..1000).map(|_| command(1)).collect();
        let fit = results.iter().filter(|held| held.take(4 << 10).is_ok()).count();
        assert_eq!(fit, 128, "half of the memory");
        for who in 2..6 {
            let held = command(who);
            assert_eq!(held.take(4 << 10), Ok(()), "the results of another person fit");
            std::mem::forget(held);
        }
    }

    proptest! {
        /// Results grow, shrink and end in any order: no byte is lost, and no principal has more than half. A principal
        /// who uses less than half of the free memory gets more.
        #[test]
        fn any_order_of_results_keeps_the_shares_fair(
            most in 0_usize..1000, steps in proptest::collection::vec((0_u8..5, 0_usize..600, any::<bool>()), 1..80),
        ) {
            let memory = Memory::new(most);
            let people: Vec<Held> = (0..5).map(|who| Held::new(usize::MAX, &person(who), &memory)).collect();
            let of = |held: &Held| held.bytes.load(Ordering::Acquire);
            for (who, bytes, grows) in steps {
                let held = &people[usize::from(who)];
                let (before, free) = (of(held), most - people.iter().map(of).sum::<usize>());
                if grows {
                    let fits = held.take(bytes).is_ok();
                    prop_assert_eq!(fits, before + 2 * bytes <= free, "{} and {} of {}", before, bytes, free);
                    prop_assert!(!fits || of(held) <= most.div_ceil(2));
                } else {
                    held.give_back(bytes);
                    prop_assert_eq!(of(held), before.saturating_sub(bytes));
                }
                prop_assert_eq!(memory.used().all, people.iter().map(of).sum::<usize>());
            }
        }
    }
}
