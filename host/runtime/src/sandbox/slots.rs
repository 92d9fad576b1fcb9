//! The slots for calls, shared fairly between principals.

use claude_admin_chat::identity::Principal;
use indexmap::IndexMap;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

/// This number of calls runs at the same time; other calls wait.
///
/// A principal with running calls gets another slot only while the number of free slots is larger than the number of
/// these calls. So one principal uses at most half of the slots, and a second one at most half of the rest. A principal
/// without running calls gets the next free slot, even if many calls of other principals wait.
#[derive(Debug)]
pub(super) struct Slots {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    free: usize,
    /// Counts the granted slots. The count shows which principal was served last.
    given: u64,
    shares: IndexMap<Principal, Share>,
}

/// The running and the waiting calls of one principal.
#[derive(Debug, Default)]
struct Share {
    running: usize,
    waiting: VecDeque<oneshot::Sender<Slot>>,
    last_given: u64,
}

/// The right to run one call. Dropping it frees the slot.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    principal: Principal,
}

impl Slots {
    pub(super) fn new(slots: usize) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State { free: slots, given: 0, shares: IndexMap::new() }) })
    }

    /// A panic in another thread does not invalidate the counts.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a slot. If the future is dropped, its place in the queue is removed.
    pub(super) async fn take(self: &Arc<Self>, principal: &Principal) -> Option<Slot> {
        let (sender, receiver) = oneshot::channel();
        self.state().shares.entry(principal.clone()).or_default().waiting.push_back(sender);
        self.give();
        receiver.await.ok()
    }

    /// Grants the free slots to waiting calls.
    fn give(self: &Arc<Self>) {
        let mut unwanted = Vec::new();
        let mut state = self.state();
        while let Some((principal, sender)) = state.next() {
            let slot = Slot { slots: Arc::clone(self), principal };
            unwanted.extend(sender.send(slot).err());
        }
        drop(state);
        // Dropping a slot locks the state, so the lock must be released first.
        drop(unwanted);
    }
}

impl State {
    /// Chooses the next call: among the principals that can have a slot, the one with the fewest running calls, then
    /// the one that was served longest ago. Counts the slot as granted.
    fn next(&mut self) -> Option<(Principal, oneshot::Sender<Slot>)> {
        let free = self.free;
        for share in self.shares.values_mut() {
            share.waiting.retain(|sender| !sender.is_closed());
        }
        self.shares.retain(|_, share| share.running > 0 || !share.waiting.is_empty());
        let may_have_one = |share: &Share| !share.waiting.is_empty() && share.running < free;
        let waiting = self.shares.iter_mut().filter(|(_, share)| may_have_one(share));
        let (principal, share) = waiting.min_by_key(|(_, share)| (share.running, share.last_given))?;
        let sender = share.waiting.pop_front()?;
        self.free -= 1;
        self.given += 1;
        share.running += 1;
        share.last_given = self.given;
        Some((principal.clone(), sender))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.slots.state();
        state.free += 1;
        if let Some(share) = state.shares.get_mut(&self.principal) {
            share.running = share.running.saturating_sub(1);
        }
        drop(state);
        self.slots.give();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    /// A call of a principal, before or after it has a slot.
    struct Call {
        who: u8,
        slot: Result<Slot, Pin<Box<dyn Future<Output = Option<Slot>>>>>,
    }

    impl Call {
        fn begin(slots: &Arc<Slots>, who: u8) -> Self {
            let slots = Arc::clone(slots);
            let take = async move { slots.take(&Principal::local(&format!("p{who}")).unwrap()).await };
            let mut call = Self { who, slot: Err(Box::pin(take)) };
            call.runs();
            call
        }

        fn runs(&mut self) -> bool {
            if let Err(waiting) = &mut self.slot
                && let Poll::Ready(Some(slot)) = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()))
            {
                self.slot = Ok(slot);
            }
            self.slot.is_ok()
        }
    }

    fn running(calls: &mut [Call], who: u8) -> usize {
        calls.iter_mut().filter(|call| call.who == who).filter_map(|call| call.runs().then_some(())).count()
    }

    #[test]
    fn thousand_calls_of_one_person_leave_room_for_another() {
        let slots = Slots::new(4);
        let mut calls: Vec<Call> = (0..1000).map(|_| Call::begin(&slots, 1)).collect();
        assert_eq!(running(&mut calls, 1), 2, "half of the slots");
        calls.push(Call::begin(&slots, 2));
        assert_eq!(running(&mut calls, 2), 1, "the second person does not wait");
    }

    #[test]
    fn every_call_runs_in_the_end_and_slots_are_given_back() {
        let slots = Slots::new(1);
        let mut calls: Vec<Call> = (0..50).map(|number| Call::begin(&slots, number % 3)).collect();
        while !calls.is_empty() {
            let running = calls.iter_mut().position(Call::runs).expect("one of them runs");
            calls.remove(running);
        }
        let state = slots.state();
        assert_eq!((state.free, state.shares.len()), (1, 0), "nothing is left of them");
    }

    proptest! {
        /// Calls begin, end and give up in any order. No slot is lost or granted twice, no principal has more than a
        /// fair share, and a principal without running calls waits only while no slot is free.
        #[test]
        fn any_order_of_calls_keeps_the_shares_fair(
            most in 1_usize..9, steps in proptest::collection::vec((0_u8..5, any::<proptest::sample::Index>(), 0_u8..3), 1..80),
        ) {
            let slots = Slots::new(most);
            let mut calls: Vec<Call> = Vec::new();
            for (who, index, step) in steps {
                if step > 0 || calls.is_empty() {
                    calls.push(Call::begin(&slots, who));
                } else {
                    let index = index.index(calls.len());
                    calls.remove(index);
                }
                let in_use: usize = (0..5).map(|who| running(&mut calls, who)).sum();
                let free = slots.state().free;
                prop_assert_eq!(in_use + free, most);
                for who in 0..5 {
                    let runs = running(&mut calls, who);
                    prop_assert!(runs <= most.div_ceil(2), "{} of {}", runs, most);
                    let waits = calls.iter().any(|call| call.who == who && call.slot.is_err());
                    prop_assert!(!(waits && runs == 0 && free > 0), "somebody without a slot waits for a free one");
                }
            }
        }
    }
}
