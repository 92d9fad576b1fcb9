//! The simulation on loopback ports.

mod api;
mod control;
mod deliver;

use crate::exchange::Exchange;
use crate::{ClockError, Fault, LoggedRequest, Simulation, SimulatorConfig};
use jiff::{SignedDuration, Timestamp};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// An exchange that connections share. It is locked for the time of one response, and never across an await.
#[derive(Debug, Clone)]
struct Shared(Arc<Mutex<Exchange>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Exchange> {
        // The state remains usable after a panic in another connection: an operation that panics has changed at most
        // one object.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts simulations.
#[derive(Debug, Clone, Copy)]
pub struct Simulator;

impl Simulator {
    /// Starts a simulation: the API on one loopback port, the control port on another.
    ///
    /// # Errors
    ///
    /// An address that is not loopback ([`io::ErrorKind::InvalidInput`]), or that cannot be listened on. The keys of
    /// the simulator are public, so it never listens on an address that other machines can reach.
    ///
    /// ```
    /// use claude_admin_simulator::{Simulator, SimulatorConfig};
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
    /// let simulator = Simulator::start(SimulatorConfig::default()).await?;
    /// println!("point a client at {} with the key {}", simulator.base_url(), simulator.admin_key());
    /// simulator.shutdown().await;
    /// # Ok::<(), std::io::Error>(())
    /// # })?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub async fn start(config: SimulatorConfig) -> io::Result<RunningSimulator> {
        let api = listen(config.api_address).await?;
        let control = listen(config.control_address).await?;
        let (api_address, control_address) = (api.local_addr()?, control.local_addr()?);
        let admin_key = config.credentials.admin_key.secret.clone();
        let oauth_token = config.credentials.oauth_token.secret.clone();
        let scoped_key = config.credentials.scoped_key.secret.clone();
        let simulation = Simulation::new(config).map_err(io::Error::other)?;
        let shared = Shared(Arc::new(Mutex::new(Exchange::new(simulation))));
        let mut tasks = JoinSet::new();
        tasks.spawn(api::serve(api, shared.clone()));
        tasks.spawn(control::serve(control, shared.clone()));
        Ok(RunningSimulator { shared, api_address, control_address, admin_key, oauth_token, scoped_key, tasks })
    }
}

async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    if !address.ip().is_loopback() {
        let message = format!("the simulator listens on loopback addresses only, not on {address}");
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    TcpListener::bind(address).await
}

/// A simulation that listens. It stops when it is dropped or [shut down](RunningSimulator::shutdown).
pub struct RunningSimulator {
    shared: Shared,
    api_address: SocketAddr,
    control_address: SocketAddr,
    admin_key: String,
    oauth_token: String,
    scoped_key: String,
    tasks: JoinSet<()>,
}

impl RunningSimulator {
    /// The URL of the API, such as `http://127.0.0.1:41234`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.api_address)
    }

    /// The URL of the control port, such as `http://127.0.0.1:41235`.
    #[must_use]
    pub fn control_url(&self) -> String {
        format!("http://{}", self.control_address)
    }

    /// The Admin API key that it accepts.
    #[must_use]
    pub fn admin_key(&self) -> &str {
        &self.admin_key
    }

    /// The OAuth access token that it accepts.
    #[must_use]
    pub fn oauth_token(&self) -> &str {
        &self.oauth_token
    }

    /// The key of a Claude Enterprise organization that it accepts.
    #[must_use]
    pub fn scoped_key(&self) -> &str {
        &self.scoped_key
    }

    /// The requests that were received, oldest first.
    #[must_use]
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.lock().log.iter().cloned().collect()
    }

    /// Empties the log of requests.
    pub fn clear_requests(&self) {
        self.shared.lock().log.clear();
    }

    /// Injects a fault for the next requests that match.
    pub fn inject(&self, fault: Fault) {
        self.shared.lock().faults.inject(fault);
    }

    /// Removes the pending faults.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// The time of the clock.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.lock().simulation.clock().now()
    }

    /// Returns a function that returns the time of the clock.
    pub fn watch(&self) -> impl Fn() -> Timestamp + Send + Sync + 'static {
        let shared = self.shared.clone();
        move || shared.lock().simulation.clock().now()
    }

    /// Moves the clock forward.
    ///
    /// # Errors
    ///
    /// [`ClockError`] if the result is out of range.
    pub fn advance(&self, by: Duration) -> Result<(), ClockError> {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.shared.lock().simulation.clock_mut().advance(by)
    }

    /// Resets everything to the initial state: objects, clock, budgets, faults and log.
    pub fn reset(&self) {
        self.shared.lock().reset();
    }

    /// Closes the ports and every connection.
    pub async fn shutdown(mut self) {
        self.tasks.shutdown().await;
    }
}

impl fmt::Debug for RunningSimulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningSimulator")
            .field("base_url", &self.base_url())
            .field("control_url", &self.control_url())
            .finish_non_exhaustive()
    }
}
