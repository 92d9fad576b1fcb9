//! One connection to Slack.

use super::envelope::{Frame, acknowledgement};
use super::{Envelope, SocketApi, SocketError, slack_of, socket_of};
use crate::frontend::LiveFrontends;
use crate::frontend::slack::{Slack, SlackDelivery};
use futures_util::{SinkExt, StreamExt};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_util::sync::CancellationToken;

/// The time until a connection begins with `hello`.
const OPEN_WITHIN: Duration = Duration::from_secs(10);
/// The interval of pings.
const PING_EVERY: Duration = Duration::from_secs(10);
/// A connection is lost if nothing arrives for this time.
const SILENCE: Duration = Duration::from_secs(30);
/// The longest time that a connection stays open after Slack announced its end.
const LONGEST_END: Duration = Duration::from_secs(60);
/// Slack's frames are smaller: they have the size of a form.
const MAX_FRAME_BYTES: usize = 1 << 20;
/// The maximum number of acknowledgements in the queue of a connection.
const MAX_QUEUED: usize = 64;

/// The end of a connection, or its announcement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It must be replaced: Slack announced its end, or the configuration has another token.
    Announced,
    /// Socket Mode is switched off.
    SwitchedOff,
    /// It ended without an announcement.
    Lost,
    /// The host stops.
    Stopped,
}

/// An open connection, after its `hello`.
pub(super) struct Connection {
    socket: WebSocketStream<TokioIo<hyper::upgrade::Upgraded>>,
}

/// The end of a connection, as far as it is known.
struct Ending {
    /// Reports the first cause.
    report: Option<oneshot::Sender<Ended>>,
    /// The latest time of the end.
    until: Option<Instant>,
}

impl Ending {
    fn report(&mut self, ended: Ended) {
        if let Some(report) = self.report.take() {
            // Without a receiver, the host stops.
            let _ = report.send(ended);
        }
    }
}

impl Connection {
    /// Opens a connection, and waits for its `hello`.
    pub(super) async fn open(api: &SocketApi) -> Result<Self, SocketError> {
        tokio::time::timeout(OPEN_WITHIN, Self::opened(api)).await.map_err(|_| SocketError::Timeout(OPEN_WITHIN))?
    }

    async fn opened(api: &SocketApi) -> Result<Self, SocketError> {
        let upgraded = api.open().await?;
        let config =
            WebSocketConfig::default().max_message_size(Some(MAX_FRAME_BYTES)).max_frame_size(Some(MAX_FRAME_BYTES));
        let mut socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Client, Some(config)).await;
        loop {
            match socket.next().await {
                Some(Ok(Message::Text(text))) if matches!(Frame::read(&text), Frame::Hello) => {
                    return Ok(Self { socket });
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                _ => return Err(SocketError::NoHello),
            }
        }
    }

    /// Receives until the connection ends. Reports the end as soon as it is known, so it can be replaced before.
    pub(super) async fn serve(
        self,
        live: LiveFrontends,
        api: Arc<SocketApi>,
        report: oneshot::Sender<Ended>,
        stopping: CancellationToken,
    ) {
        let mut ending = Ending { report: Some(report), until: None };
        let (mut write, mut read) = self.socket.split();
        let (acknowledge, mut due) = mpsc::channel::<String>(MAX_QUEUED);
        let mut ping = tokio::time::interval(PING_EVERY);
        let mut last_seen = Instant::now();
        loop {
            tokio::select! {
                frame = read.next() => {
                    last_seen = Instant::now();
                    match frame {
                        Some(Ok(Message::Text(text))) => take(&text, &live, &acknowledge, &mut ending),
                        Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                        Some(Ok(_)) => {}
                    }
                }
                Some(frame) = due.recv() => {
                    if write.send(Message::text(frame)).await.is_err() {
                        break;
                    }
                }
                _ = ping.tick() => {
                    let is_over = ending.until.is_some_and(|until| Instant::now() >= until);
                    if is_over || last_seen.elapsed() >= SILENCE || write.send(Message::Ping(Default::default())).await.is_err() {
                        break;
                    }
                    // A new configuration has another token, or none.
                    if !socket_of(&live).is_some_and(|current| current.is_same_access(&api)) {
                        ending.report(Ended::Announced);
                        break;
                    }
                }
                () = stopping.cancelled() => {
                    ending.report(Ended::Stopped);
                    break;
                }
            }
        }
        ending.report(Ended::Lost);
        // Acknowledges the deliveries that are still being handled.
        drop(acknowledge);
        while let Some(frame) = due.recv().await {
            if write.send(Message::text(frame)).await.is_err() {
                break;
            }
        }
        // The connection can be closed already.
        let _ = write.close().await;
    }
}

/// Handles a frame. Deliveries are handled at the same time.
fn take(text: &str, live: &LiveFrontends, acknowledge: &mpsc::Sender<String>, ending: &mut Ending) {
    match Frame::read(text) {
        Frame::Delivery { id, accepts_message, envelope } => {
            let (live, acknowledge) = (live.clone(), acknowledge.clone());
            live.get().background.spawn(async move {
                // Without an acknowledgement, Slack sends the envelope to another host.
                let Some(slack) = slack_of(&live) else { return };
                let message = handled(slack, envelope).await;
                let frame = acknowledgement(&id, message.filter(|_| accepts_message));
                // If the connection is closed, Slack sends the envelope again, and the host acknowledges it then.
                let _ = acknowledge.send(frame).await;
            });
        }
        Frame::Disconnect { is_switched_off } => {
            ending.until = Some(Instant::now() + LONGEST_END);
            ending.report(if is_switched_off { Ended::SwitchedOff } else { Ended::Announced });
        }
        Frame::Hello | Frame::Other => {}
    }
}

/// Handles a delivery. Returns the message for its acknowledgement.
async fn handled(slack: Arc<Slack>, envelope: Option<Envelope>) -> Option<serde_json::Value> {
    // The reason is recorded. Slack would send the delivery again if it were not acknowledged.
    slack.receive(SlackDelivery::Envelope(envelope?)).await.unwrap_or_default()
}
