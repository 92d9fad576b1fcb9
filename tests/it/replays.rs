//! A request that was accepted once is not accepted again, even if the clock changes.

use crate::support;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use bytes::Bytes;
use claude_admin::decision::approval::NoObserver;
use claude_admin::decision::operation::Clock;
use claude_admin::frontend::Background;
use claude_admin::frontend::http::{Client, Http};
use claude_admin::frontend::slack::{Responder, Slack, SlackSettings, sign};
use claude_admin::identity::Principal;
use claude_admin::render::SlackTables;
use claude_admin::sandbox::Plugin;
use claude_admin::service::Service;
use claude_admin_simulator::RunningSimulator;
use http_body_util::BodyExt;
use secrecy::SecretString;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

const SECRET: &str = "test-signing-secret";
const TOKEN: &str = "test-http-token-1";
/// 2026-11-21T17:20:00Z.
const BEGIN: i64 = 1_795_281_600;

/// A request that was sent and can be sent again.
#[derive(Clone)]
enum Sent {
    /// A slash command with the time of its signature.
    Slack { time: i64, body: String },
    /// A body of the HTTP API with its key.
    Http { key: String, body: String },
}

struct Host {
    service: Arc<Service>,
    slack: Arc<Slack>,
    http: Http,
    background: Background,
}

impl Host {
    fn start(store: &Path, plugin: Arc<Plugin>, clock: &Arc<AtomicI64>) -> Self {
        let clock = Arc::clone(clock);
        let clock = Clock::new(move || clock.load(Ordering::Acquire) * 1000);
        let service = Arc::new(support::host_on_at(store, plugin, Arc::new(NoObserver), clock));
        let background = Background::default();
        let settings = SlackSettings {
            signing_secret: Some(SecretString::from(SECRET)),
            socket: None,
            app_id: None,
            tables: SlackTables::default(),
            web_api: None,
            approvals_channel: None,
        };
        let responder = Responder::new(Vec::new()).unwrap();
        let slack = Arc::new(Slack::new(Arc::clone(&service), settings, responder, background.clone()));
        let client = Client { principal: Principal::http("ci").unwrap(), token: SecretString::from(TOKEN) };
        let http = Http::new(Arc::clone(&service), vec![client]);
        Self { service, slack, http, background }
    }

    async fn send(&self, sent: &Sent) -> StatusCode {
        let header = |text: &str| HeaderValue::from_str(text).unwrap();
        let mut headers = HeaderMap::new();
        let response = match sent {
            Sent::Slack { time, body } => {
                let signature = sign(SECRET.as_bytes(), u64::try_from(*time).unwrap(), body.as_bytes());
                headers.insert("x-slack-request-timestamp", header(&time.to_string()));
                headers.insert("x-slack-signature", header(&signature));
                Arc::clone(&self.slack).command(headers.clone(), Bytes::from(body.clone())).await
            }
            Sent::Http { key, body } => {
                headers.insert("authorization", header(&format!("Bearer {TOKEN}")));
                headers.insert("idempotency-key", header(key));
                self.http.command(&headers, body.as_bytes()).await
            }
        };
        let status = response.status();
        response.into_body().collect().await.unwrap();
        status
    }

    async fn stop(self) {
        self.background.finish().await;
        self.service.finish().await;
    }
}

/// The number of invitations of each address.
fn invited(simulator: &RunningSimulator) -> BTreeMap<String, usize> {
    let mut invited = BTreeMap::new();
    for request in simulator.requests().iter().filter(|request| request.method == "POST") {
        *invited.entry(request.body["email"].to_string()).or_default() += 1;
    }
    invited
}

fn request(number: usize, now: i64) -> Sent {
    let command = format!("invites create a{number}@example.com developer --yes");
    if number.is_multiple_of(3) {
        return Sent::Http { key: format!("key-{number}"), body: json!({ "command": command }).to_string() };
    }
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("command", "/claude-admin").append_pair("text", &command);
    form.append_pair("team_id", "T1").append_pair("user_id", "U1").append_pair("channel_id", "C1");
    // Slack sometimes omits this field.
    if number.is_multiple_of(2) {
        form.append_pair("trigger_id", &format!("trigger-{number}"));
    }
    Sent::Slack { time: now, body: form.finish() }
}

#[tokio::test(flavor = "multi_thread")]
async fn clock_that_moves_at_random_repeats_no_request() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.db");
    let simulator = support::simulator().await;
    let plugin = support::plugin(&simulator).await;
    let clock = Arc::new(AtomicI64::new(BEGIN));
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    let mut host = Host::start(&store, Arc::clone(&plugin), &clock);
    let mut sent: Vec<Sent> = Vec::new();
    for _ in 0..150 {
        match random.u8(0..10) {
            0..3 => {
                let moved = [0, 1, 299, 301, 601, 3_600, 86_400][random.usize(0..7)];
                // The clock often returns to its start, where all requests are fresh again.
                let now = if random.bool() { BEGIN } else { BEGIN + moved * random.i64(-1..=1) };
                clock.store(now, Ordering::Release);
            }
            3 => {
                host.stop().await;
                host = Host::start(&store, Arc::clone(&plugin), &clock);
            }
            4..7 => {
                let request = request(sent.len(), clock.load(Ordering::Acquire));
                host.send(&request).await;
                sent.push(request);
            }
            _ if sent.is_empty() => {}
            _ => {
                let again = sent[random.usize(0..sent.len())].clone();
                host.send(&again).await;
            }
        }
    }
    host.stop().await;
    let invited = invited(&simulator);
    assert!(invited.len() > 10, "seed {seed}: {invited:?}");
    assert!(invited.values().all(|count| *count == 1), "seed {seed}: {invited:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn command_is_not_repeated_after_the_clock_was_ahead() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("store.db");
    let simulator = support::simulator().await;
    let plugin = support::plugin(&simulator).await;
    let clock = Arc::new(AtomicI64::new(BEGIN));
    for restart in [false, true] {
        simulator.clear_requests();
        clock.store(BEGIN, Ordering::Release);
        let mut host = Host::start(&store, Arc::clone(&plugin), &clock);
        let requests: Vec<Sent> = (0..3).map(|number| request(number + if restart { 6 } else { 0 }, BEGIN)).collect();
        for request in &requests {
            assert_eq!(host.send(request).await, StatusCode::OK);
        }
        clock.store(BEGIN + 3600, Ordering::Release);
        host.send(&request(100, BEGIN + 3600)).await;
        if restart {
            host.stop().await;
            host = Host::start(&store, Arc::clone(&plugin), &clock);
        }
        clock.store(BEGIN, Ordering::Release);
        for request in &requests {
            host.send(request).await;
        }
        host.stop().await;
        assert!(invited(&simulator).values().all(|count| *count == 1), "{:?}", invited(&simulator));
    }
}
