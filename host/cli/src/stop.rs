//! When to stop, and when to read the configuration again.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What asks the process to stop: an interrupt, or a request to terminate. It is heard from when this is made; before that,
/// it ends the process.
///
/// A hangup does not end the process: what it does is done to the end, even when its terminal is closed.
pub(super) struct Stop {
    #[cfg(unix)]
    signals: [Option<Signal>; 2],
    #[cfg(unix)]
    _hangup: Option<Signal>,
}

impl Stop {
    /// Begins to listen.
    #[cfg(unix)]
    pub(super) fn listen() -> Self {
        // Without a handler for it, a signal ends the process by itself.
        let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok());
        Self { signals, _hangup: signal(SignalKind::hangup()).ok() }
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

/// Asks to read the configuration again.
pub(super) struct Hangup {
    #[cfg(unix)]
    signal: Option<Signal>,
}

impl Hangup {
    /// Begins to listen.
    pub(super) fn listen() -> Self {
        #[cfg(unix)]
        return Self { signal: signal(SignalKind::hangup()).ok() };
        #[cfg(not(unix))]
        Self {}
    }

    /// Resolves with each hangup.
    pub(super) async fn received(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}
