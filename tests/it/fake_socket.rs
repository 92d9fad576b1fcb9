//! Plays the side of Slack in Socket Mode: opens connections, sends envelopes through any of them, and sends an envelope
//! again until it is acknowledged.

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use claude_admin::frontend::slack::SocketApi;
use futures_util::{SinkExt, StreamExt};
use http::HeaderMap;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

pub(crate) const APP_TOKEN: &str = "app-token-of-a-test";
/// Slack sends an envelope again after this time.
const PATIENCE: Duration = Duration::from_secs(3);

/// Plays the side of Slack in Socket Mode.
#[derive(Clone, Default)]
pub(crate) struct FakeSocket {
    state: Arc<Mutex<Played>>,
}

#[derive(Default)]
struct Played {
    /// The address that accepts connections.
    address: String,
    /// The tickets of URLs that are not used yet.
    tickets: BTreeSet<u64>,
    /// The open connections.
    connections: BTreeMap<u64, mpsc::UnboundedSender<Order>>,
    /// The receivers of the acknowledgement of each envelope.
    waiting: BTreeMap<String, oneshot::Sender<Value>>,
    next: u64,
    /// The number of connections that were opened.
    pub(crate) opened: usize,
    /// The responses to the next requests for a connection.
    troubles: Vec<Value>,
    /// The faults of the host.
    problems: Vec<String>,
}

/// An order to a connection.
#[derive(Debug, Clone)]
pub(crate) enum Order {
    /// Sends a frame.
    Send(String),
    /// Ends without an announcement.
    Drop,
    /// Ends as the protocol of WebSockets says.
    Close,
    /// Reads and sends nothing from now on, but stays open.
    Freeze,
}

impl FakeSocket {
    pub(crate) async fn start(&self) -> Arc<SocketApi> {
        let base = self.serve().await;
        Arc::new(SocketApi::new(&base, &SecretString::from(APP_TOKEN)).unwrap())
    }

    /// Serves the Web API and connections. Returns the base URL.
    pub(crate) async fn serve(&self) -> String {
        let sockets = TcpListener::bind("127.0.0.1:0").await.unwrap();
        self.state.lock().unwrap().address = sockets.local_addr().unwrap().to_string();
        let fake = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = sockets.accept().await {
                tokio::spawn(fake.clone().connection(stream));
            }
        });
        let router = Router::new().route("/api/apps.connections.open", post(open)).with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/api", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        base
    }

    async fn connection(self, stream: TcpStream) {
        #[expect(clippy::result_large_err, reason = "the library defines the callback")]
        let accept = |request: &Request, response: Response| {
            let ticket = request.uri().query().and_then(|query| query.strip_prefix("ticket="));
            let ticket = ticket.and_then(|ticket| ticket.parse().ok()).unwrap_or_default();
            let mut state = self.state.lock().unwrap();
            if !state.tickets.remove(&ticket) {
                state.problems.push(format!("the URL with ticket {ticket} was used before"));
            }
            Ok(response)
        };
        let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, accept).await else { return };
        let (mut write, mut read) = socket.split();
        let (orders, mut ordered) = mpsc::unbounded_channel();
        let hello = json!({"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A1"}});
        write.send(Message::text(hello.to_string())).await.unwrap();
        let number = {
            let mut state = self.state.lock().unwrap();
            state.next += 1;
            state.opened += 1;
            let number = state.next;
            state.connections.insert(number, orders);
            number
        };
        loop {
            tokio::select! {
                frame = read.next() => match frame {
                    Some(Ok(Message::Text(text))) => self.acknowledge(&text),
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                    _ => break,
                },
                order = ordered.recv() => match order {
                    Some(Order::Send(frame)) => {
                        if write.send(Message::text(frame)).await.is_err() {
                            break;
                        }
                    }
                    Some(Order::Close) => {
                        let _ = write.close().await;
                        break;
                    }
                    Some(Order::Freeze) => {
                        self.state.lock().unwrap().connections.remove(&number);
                        std::future::pending::<()>().await;
                    }
                    Some(Order::Drop) | None => break,
                },
            }
        }
        self.state.lock().unwrap().connections.remove(&number);
    }

    fn acknowledge(&self, text: &str) {
        let frame: Value = serde_json::from_str(text).unwrap_or_default();
        let mut state = self.state.lock().unwrap();
        let Some(id) = frame["envelope_id"].as_str().map(str::to_owned) else {
            return state.problems.push(format!("not an acknowledgement: {text}"));
        };
        if let Some(waiting) = state.waiting.remove(&id) {
            let _ = waiting.send(frame);
        }
    }

    /// Delivers an envelope as Slack does: through any connection, and again through another one until it is acknowledged.
    /// Returns the acknowledgement, and the number of attempts.
    pub(crate) async fn deliver(&self, kind: &str, payload: Value) -> (Value, u32) {
        let id = format!("envelope-{}", fastrand::u64(..));
        for attempt in 0.. {
            let envelope = json!({
                "type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": true,
                "retry_attempt": attempt, "retry_reason": if attempt > 0 { "timeout" } else { "" },
            });
            let (sender, acknowledged) = oneshot::channel();
            let sent = {
                let mut state = self.state.lock().unwrap();
                state.waiting.insert(id.clone(), sender);
                let open: Vec<_> = state.connections.values().cloned().collect();
                fastrand::choice(open)
                    .is_some_and(|connection| connection.send(Order::Send(envelope.to_string())).is_ok())
            };
            let patience = if sent { PATIENCE } else { Duration::from_millis(20) };
            if let Ok(Ok(frame)) = tokio::time::timeout(patience, acknowledged).await {
                return (frame, attempt + 1);
            }
        }
        unreachable!()
    }

    /// Gives an order to one of the open connections. Returns whether there is one.
    pub(crate) fn order(&self, order: Order) -> bool {
        let state = self.state.lock().unwrap();
        let open: Vec<_> = state.connections.values().cloned().collect();
        fastrand::choice(open).is_some_and(|connection| connection.send(order).is_ok())
    }

    /// Announces the end of one of the open connections, and ends it after a time, if there is one. Returns the connection.
    pub(crate) fn announce_end(&self, reason: &str, after: Option<Duration>) -> Option<mpsc::UnboundedSender<Order>> {
        let connection = {
            let state = self.state.lock().unwrap();
            fastrand::choice(state.connections.values().cloned().collect::<Vec<_>>())
        };
        let connection = connection?;
        let frame = json!({"type": "disconnect", "reason": reason, "debug_info": {}}).to_string();
        connection.send(Order::Send(frame)).ok()?;
        if let Some(after) = after {
            let connection = connection.clone();
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                let _ = connection.send(Order::Close);
            });
        }
        Some(connection)
    }

    /// Responds to the next request for a connection in another way.
    pub(crate) fn trouble(&self, answer: Value) {
        self.state.lock().unwrap().troubles.push(answer);
    }

    /// The faults of the host.
    pub(crate) fn problems(&self) -> Vec<String> {
        self.state.lock().unwrap().problems.clone()
    }

    /// The number of open connections, and of those that were opened.
    pub(crate) fn connections(&self) -> (usize, usize) {
        let state = self.state.lock().unwrap();
        (state.connections.len(), state.opened)
    }
}

async fn open(State(fake): State<FakeSocket>, headers: HeaderMap) -> String {
    let mut state = fake.state.lock().unwrap();
    if headers.get("authorization").is_none_or(|value| value != &format!("Bearer {APP_TOKEN}")) {
        return json!({"ok": false, "error": "invalid_auth"}).to_string();
    }
    if let Some(trouble) = state.troubles.pop() {
        return trouble.to_string();
    }
    state.next += 1;
    let ticket = state.next;
    state.tickets.insert(ticket);
    json!({"ok": true, "url": format!("ws://{}/link/?ticket={ticket}", state.address)}).to_string()
}
