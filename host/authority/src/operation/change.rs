//! A pending change of the audit log, which is made together with others.

use super::{CommitError, LedgerError, Projection};
use claude_admin_audit::store::{Claim, Claimed, Durability};
use claude_admin_audit::{Entry, Event};
use tokio::sync::oneshot;

/// A pending change.
pub(super) trait Change: Send {
    /// The entries that it appends in the current state, possibly none. `None` if the state does not allow the change;
    /// its caller has then been notified.
    fn decide(&mut self, projection: &Projection, now_ms: i64) -> Option<Vec<Entry>>;

    /// The required durability.
    fn durability(&self) -> Durability;

    /// The key that is claimed with the entries.
    fn claim(&self) -> Option<&Claim> {
        None
    }

    /// The key cannot be claimed, and nothing was appended.
    fn not_claimed(self: Box<Self>, _reason: Claimed) {}

    /// The change was appended, with this new state.
    fn done(self: Box<Self>, projection: &Projection, entries: &[Entry]);

    /// The change was not appended.
    fn failed(self: Box<Self>, error: LedgerError);
}

/// A pending change, and the sender of its result.
struct Waiting<D, F, T, E> {
    durability: Durability,
    decide: D,
    then: F,
    reply: Option<oneshot::Sender<Result<T, CommitError<E>>>>,
}

/// The receiver of the result of a change.
pub(super) type End<T, E> = oneshot::Receiver<Result<T, CommitError<E>>>;

/// Makes a change from `decide` and `then`, with the receiver of its result.
pub(super) fn change<D, F, T, E>(durability: Durability, decide: D, then: F) -> (Box<dyn Change>, End<T, E>)
where
    D: FnMut(&Projection, i64) -> Result<Vec<Entry>, E> + Send + 'static,
    F: FnOnce(&Projection, &[Entry]) -> T + Send + 'static,
    T: Send + 'static,
    E: Send + 'static,
{
    let (reply, end) = oneshot::channel();
    (Box::new(Waiting { durability, decide, then, reply: Some(reply) }), end)
}

impl<D, F, T, E> Waiting<D, F, T, E> {
    /// If the caller has ended, the result is not needed.
    fn tell(reply: Option<oneshot::Sender<Result<T, CommitError<E>>>>, end: Result<T, CommitError<E>>) {
        if let Some(reply) = reply {
            let _ = reply.send(end);
        }
    }
}

impl<D, F, T, E> Change for Waiting<D, F, T, E>
where
    D: FnMut(&Projection, i64) -> Result<Vec<Entry>, E> + Send,
    F: FnOnce(&Projection, &[Entry]) -> T + Send,
    T: Send,
    E: Send,
{
    fn decide(&mut self, projection: &Projection, now_ms: i64) -> Option<Vec<Entry>> {
        match (self.decide)(projection, now_ms) {
            Ok(entries) => Some(entries),
            Err(refused) => {
                Self::tell(self.reply.take(), Err(CommitError::Refused(refused)));
                None
            }
        }
    }

    fn durability(&self) -> Durability {
        self.durability
    }

    fn done(self: Box<Self>, projection: &Projection, entries: &[Entry]) {
        Self::tell(self.reply, Ok((self.then)(projection, entries)));
    }

    fn failed(self: Box<Self>, error: LedgerError) {
        Self::tell(self.reply, Err(CommitError::Ledger(error)));
    }
}

/// The subjects of entries: operations, and the pending requests of a principal. A change depends on nothing else, so
/// changes about different subjects can be decided from the same state.
pub(super) fn subjects(entries: &[Entry]) -> impl Iterator<Item = String> + '_ {
    // A request that does not run immediately counts toward the limit of its requester.
    let runs = entries.iter().any(|entry| matches!(entry.event, Event::Intent { .. }));
    let requests = entries.iter().filter(move |entry| !runs && matches!(entry.event, Event::Requested { .. }));
    let requests = requests.filter_map(|entry| Some(format!("requests of {}", entry.principal.as_ref()?)));
    entries.iter().filter_map(|entry| entry.operation.clone()).chain(requests)
}
