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

/// An exchange that connections share. It is held for the time of one answer and never across a wait.
#[derive(Debug, Clone)]
struct Shared(Arc<Mutex<Exchange>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Exchange> {
        // The state stays usable after a panic in another connection: an operation that panics has changed at most
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
    /// An address that is not loopback ([`io::ErrorKind::InvalidInput`]), or one that cannot be listened on. The
    /// simulator has keys that everybody knows, so that it never listens where others could reach it.
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

/// A simulation that listens. It ends when it is dropped or [shut down](RunningSimulator::shutdown).
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
    /// Where the API is, such as `http://127.0.0.1:41234`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.api_address)
    }

    /// Where the control port is, such as `http://127.0.0.1:41235`.
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

    /// Makes something go wrong with the next requests that match.
    pub fn inject(&self, fault: Fault) {
        self.shared.lock().faults.inject(fault);
    }

    /// Drops the faults that have not struck yet.
    pub fn clear_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.lock().simulation.clock().now()
    }

    /// Tells what the clock shows, for as long as it is kept.
    pub fn watch(&self) -> impl Fn() -> Timestamp + Send + Sync + 'static {
        let shared = self.shared.clone();
        move || shared.lock().simulation.clock().now()
    }

    /// Moves the clock on.
    ///
    /// # Errors
    ///
    /// [`ClockError`] when that leads out of the calendar.
    pub fn advance(&self, by: Duration) -> Result<(), ClockError> {
        let by = SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX);
        self.shared.lock().simulation.clock_mut().advance(by)
    }

    /// Makes everything as it was at the start: objects, clock, budgets, faults and log.
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
