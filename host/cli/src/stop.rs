//! Signals to stop, and to reload the configuration.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that stop the process: an interrupt, or a request to terminate. The process handles them after `listen`
/// is called; before that, they end the process.
///
/// A hangup does not end the process: a command runs to its end even if its terminal is closed.
pub(super) struct Stop {
    #[cfg(unix)]
    signals: [Option<Signal>; 2],
    #[cfg(unix)]
    _hangup: Option<Signal>,
}

impl Stop {
    /// Starts to listen.
    #[cfg(unix)]
    pub(super) fn listen() -> Self {
        // Without a handler, this signal ends the process.
        let signals = [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok());
        Self { signals, _hangup: signal(SignalKind::hangup()).ok() }
    }

    /// Starts to listen.
    #[cfg(not(unix))]
    pub(super) fn listen() -> Self {
        Self {}
    }

    /// Resolves when the process receives such a signal.
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

    /// Resolves when the process receives such a signal.
    #[cfg(not(unix))]
    pub(super) async fn requested(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The signal to reload the configuration.
pub(super) struct Hangup {
    #[cfg(unix)]
    signal: Option<Signal>,
}

impl Hangup {
    /// Starts to listen.
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
