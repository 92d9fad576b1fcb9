//! When to stop.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What asks the process to stop: an interrupt, or a request to terminate. It is heard from when this is made; before that,
/// it ends the process.
pub(super) struct Stop {
    #[cfg(unix)]
    signals: [Option<Signal>; 2],
}

impl Stop {
    /// Begins to listen.
    #[cfg(unix)]
    pub(super) fn listen() -> Self {
        // Without a handler for it, a signal ends the process by itself.
        Self { signals: [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok()) }
    }

    /// Begins to listen.
    #[cfg(not(unix))]
    pub(super) fn listen() -> Self {
        Self {}
    }

    /// Resolves when the process is asked.
    #[cfg(unix)]
    pub(super) async fn requested(&mut self) {
        async fn received(signal: &mut Option<Signal>) {
            match signal {
                Some(signal) => _ = signal.recv().await,
                None => std::future::pending().await,
            }
        }
        let [interrupt, terminate] = &mut self.signals;
        tokio::select! {
            () = received(interrupt) => {}
            () = received(terminate) => {}
        }
    }

    /// Resolves when the process is asked.
    #[cfg(not(unix))]
    pub(super) async fn requested(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
