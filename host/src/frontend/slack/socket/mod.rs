//! Socket Mode: the host opens connections to Slack, and Slack sends commands and clicks through them. So the host needs no
//! public address.
//!
//! Slack sends each envelope through any of the connections of an app, and sends it again through another one if it is not
//! acknowledged. The claim of each request in the store makes sure that it runs once.

mod api;
mod connection;
mod envelope;
mod error;

pub use api::SocketApi;
pub use envelope::Envelope;
pub use error::SocketError;

use super::Slack;
use crate::frontend::LiveFrontends;
use connection::{Connection, Ended};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The number of connections. While one is replaced, the other one receives.
const CONNECTIONS: usize = 2;
/// The interval in which a host without Socket Mode checks whether a new configuration has it.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// The pause after Slack ended a connection because Socket Mode is switched off in the settings of the app.
const SWITCHED_OFF: Duration = Duration::from_secs(60);
/// The longest pause after a connection ended without an announcement. Hosts that lost theirs at the same time do not all
/// open new ones at the same time.
const LOST: Duration = Duration::from_secs(1);

/// Receives commands and clicks through connections to Slack, until `stop` resolves. Then it accepts no more, and
/// acknowledges what it received.
///
/// After a change of the configuration, it uses the current frontends.
pub async fn connect(live: LiveFrontends, stop: impl Future<Output = ()> + Send) {
    let (tracker, stopping) = (TaskTracker::new(), CancellationToken::new());
    for number in 1..=CONNECTIONS {
        tracker.spawn(hold(number, live.clone(), tracker.clone(), stopping.clone()));
    }
    stop.await;
    stopping.cancel();
    tracker.close();
    tracker.wait().await;
}

/// Maintains one connection: replaces it when Slack announces its end, or when it ends.
async fn hold(number: usize, live: LiveFrontends, tracker: TaskTracker, stopping: CancellationToken) {
    let mut failures = 0;
    while !stopping.is_cancelled() {
        let Some(api) = socket_of(&live) else {
            pause(&stopping, LOOK_EVERY).await;
            continue;
        };
        let opened = tokio::select! {
            opened = Connection::open(&api) => opened,
            () = stopping.cancelled() => return,
        };
        let wait = match opened {
            Ok(connection) => {
                tracing::info!(number, "connected to Slack");
                let began = Instant::now();
                failures = 0;
                // The old connection receives until Slack closes it, while its replacement is opened.
                let (ending, ended) = tokio::sync::oneshot::channel();
                tracker.spawn(connection.serve(live.clone(), api, ending, stopping.clone()));
                match ended.await.unwrap_or(Ended::Lost) {
                    Ended::Stopped => return,
                    Ended::Announced if began.elapsed() >= LOST => Duration::ZERO,
                    Ended::Announced | Ended::Lost => LOST.mul_f64(fastrand::f64()),
                    Ended::SwitchedOff => {
                        tracing::error!("Socket Mode is switched off in the settings of the Slack app");
                        SWITCHED_OFF
                    }
                }
            }
            Err(error) => {
                failures += 1;
                let wait = error.retry_in(failures);
                tracing::warn!(number, %error, wait_s = wait.as_secs_f64(), "no connection to Slack; the host tries again");
                wait
            }
        };
        pause(&stopping, wait).await;
    }
}

async fn pause(stopping: &CancellationToken, time: Duration) {
    tokio::select! {
        () = tokio::time::sleep(time) => {}
        () = stopping.cancelled() => {}
    }
}

fn slack_of(live: &LiveFrontends) -> Option<Arc<Slack>> {
    live.get().slack
}

fn socket_of(live: &LiveFrontends) -> Option<Arc<SocketApi>> {
    slack_of(live).and_then(|slack| slack.platform().socket().cloned())
}
