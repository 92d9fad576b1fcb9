//! The memory for results that are read, put together and shown.

use super::limits::LimitKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the results of one command need, of a limit for it and one for all commands. It is given back when this is
/// dropped.
#[derive(Debug)]
pub struct Held {
    bytes: usize,
    most: usize,
    all: Arc<AtomicUsize>,
    most_of_all: usize,
}

impl Held {
    pub(super) fn new(most: usize, all: Arc<AtomicUsize>, most_of_all: usize) -> Self {
        Self { bytes: 0, most, all, most_of_all }
    }

    /// Counts the memory of one more part of a result.
    ///
    /// # Errors
    ///
    /// The limit that it does not fit in. Nothing is counted then.
    pub fn take(&mut self, bytes: usize) -> Result<(), LimitKind> {
        if self.bytes.saturating_add(bytes) > self.most {
            return Err(LimitKind::Answer);
        }
        let fits = |all: usize| all.checked_add(bytes).filter(|all| *all <= self.most_of_all);
        if self.all.fetch_update(Ordering::AcqRel, Ordering::Acquire, fits).is_err() {
            return Err(LimitKind::Answers);
        }
        self.bytes += bytes;
        Ok(())
    }

    /// Gives back what is not needed any longer.
    pub fn give_back(&mut self, bytes: usize) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.all.fetch_sub(bytes, Ordering::AcqRel);
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.give_back(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_command_and_all_of_them_have_a_limit() {
        let all = Arc::new(AtomicUsize::new(0));
        let command = || Held::new(60, Arc::clone(&all), 100);
        let (mut one, mut other) = (command(), command());
        assert_eq!(one.take(50), Ok(()));
        assert_eq!(one.take(11), Err(LimitKind::Answer));
        assert_eq!(one.take(usize::MAX), Err(LimitKind::Answer));
        assert_eq!(other.take(51), Err(LimitKind::Answers));
        one.give_back(20);
        assert_eq!(other.take(51), Ok(()));
        drop(one);
        drop(other);
        assert_eq!(all.load(Ordering::Acquire), 0);
    }
}
