//! Admits connections up to a maximum, and closes the one that has been idle for the longest time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio_util::sync::CancellationToken;

/// The open connections.
#[derive(Debug, Default)]
pub(super) struct Connections {
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// Counts events, to order them.
    events: u64,
    connections: BTreeMap<u64, State>,
}

#[derive(Debug)]
struct State {
    closed: CancellationToken,
    /// The requests in progress: the next one can be received while the response to the last one is sent.
    answering: usize,
    /// The event after which the connection had no request in progress.
    idle_since: u64,
}

/// One connection. When it ends, this is dropped.
#[derive(Debug)]
pub(super) struct Connection {
    id: u64,
    /// Cancelled when the connection must close immediately.
    pub(super) closed: CancellationToken,
    connections: Arc<Connections>,
}

impl Connections {
    fn open(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Admits a connection. If the maximum is reached, it first closes the connection that has been idle for the
    /// longest time.
    pub(super) fn admit(self: &Arc<Self>, most: usize) -> Option<Connection> {
        let mut open = self.open();
        if open.connections.len() >= most && !open.close_oldest_idle() {
            return None;
        }
        let id = open.event();
        let closed = CancellationToken::new();
        open.connections.insert(id, State { closed: closed.clone(), answering: 0, idle_since: id });
        Some(Connection { id, closed, connections: Arc::clone(self) })
    }

    pub(super) fn close_oldest_idle(&self) -> bool {
        self.open().close_oldest_idle()
    }

    pub(super) fn close_all(&self) {
        self.open().connections.values().for_each(|state| state.closed.cancel());
    }
}

impl Open {
    fn event(&mut self) -> u64 {
        self.events += 1;
        self.events
    }

    /// Closes the connection that has been idle for the longest time. Returns whether one was idle.
    fn close_oldest_idle(&mut self) -> bool {
        let idle = self.connections.iter().filter(|(_, state)| state.answering == 0);
        let Some((_, id)) = idle.map(|(id, state)| (state.idle_since, *id)).min() else { return false };
        if let Some(state) = self.connections.remove(&id) {
            state.closed.cancel();
        }
        true
    }
}

impl Connection {
    /// Marks a request as in progress until the result is dropped.
    pub(super) fn busy(this: &Arc<Self>) -> Busy {
        if let Some(state) = this.connections.open().connections.get_mut(&this.id) {
            state.answering += 1;
        }
        Busy(Arc::clone(this))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.open().connections.remove(&self.id);
    }
}

/// Until this is dropped, a request is in progress.
#[derive(Debug)]
pub(super) struct Busy(Arc<Connection>);

impl Drop for Busy {
    fn drop(&mut self) {
        let mut open = self.0.connections.open();
        let now = open.event();
        if let Some(state) = open.connections.get_mut(&self.0.id) {
            state.answering = state.answering.saturating_sub(1);
            state.idle_since = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_server_closes_the_connection_that_waited_longest() {
        let connections = Arc::new(Connections::default());
        let admit = || connections.admit(2).map(Arc::new);
        let (first, second) = (admit().unwrap(), admit().unwrap());
        let busy = Connection::busy(&first);
        let third = admit().unwrap();
        assert!(second.closed.is_cancelled() && !first.closed.is_cancelled());
        let _also_busy = Connection::busy(&third);
        let the_next_request = Connection::busy(&first);
        assert!(admit().is_none(), "all of them answer a request");
        drop(busy);
        assert!(admit().is_none(), "all of them still answer a request");
        drop(the_next_request);
        assert!(admit().is_some());
        assert!(first.closed.is_cancelled() && !third.closed.is_cancelled());
    }

    #[test]
    fn ended_connection_leaves_room_for_another() {
        let connections = Arc::new(Connections::default());
        for _ in 0..3 {
            let connection = Arc::new(connections.admit(1).unwrap());
            let _busy = Connection::busy(&connection);
        }
        assert!(connections.open().connections.is_empty());
    }
}
