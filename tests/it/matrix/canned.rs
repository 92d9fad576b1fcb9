//! An upstream whose responses are set by a test, or forwarded from the simulator.

use bytes::Bytes;
use claude_admin::egress::{AddressRule, Client};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// A request, without the parts that depend on the runtime: the credential and the headers of the connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Request {
    method: String,
    target: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    content_type: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    betas: String,
    version: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    body: String,
}

/// A response.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reply {
    pub(super) status: u16,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
}

/// The source of the responses.
pub(super) enum Upstream {
    Table,
    /// The simulator at a base URL, if no response is set.
    Behind(String),
}

/// The headers of a response that a component reads.
const ANSWER_HEADERS: [&str; 4] = ["content-type", "content-disposition", "request-id", "retry-after"];
/// The headers of a request that the simulator reads.
const REQUEST_HEADERS: [&str; 5] =
    ["anthropic-beta", "anthropic-version", "authorization", "content-type", "x-api-key"];

#[derive(Default)]
struct State {
    reply: Option<Reply>,
    received: Option<Request>,
    answered: Option<Reply>,
}

pub(super) struct Canned {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Canned {
    pub(super) async fn start(upstream: Upstream) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (state, upstream) = (Arc::<Mutex<State>>::default(), Arc::new(upstream));
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (state, upstream) = (Arc::clone(&shared), Arc::clone(&upstream));
                let service = service_fn(move |request| {
                    let (state, upstream) = (Arc::clone(&state), Arc::clone(&upstream));
                    async move { Ok::<_, Infallible>(answer(request, &state, &upstream).await) }
                });
                tokio::spawn(
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
                );
            }
        });
        Self { address, state }
    }

    pub(super) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn will_answer(&self, reply: Reply) {
        *self.state.lock().expect("nobody panics") = State { reply: Some(reply), ..State::default() };
    }

    pub(super) fn will_forward(&self) {
        *self.state.lock().expect("nobody panics") = State::default();
    }

    pub(super) fn received(&self) -> Option<Request> {
        self.state.lock().expect("nobody panics").received.take()
    }

    pub(super) fn answered(&self) -> Reply {
        self.state.lock().expect("nobody panics").answered.clone().expect("it answered")
    }
}

async fn answer(
    request: http::Request<Incoming>,
    state: &Mutex<State>,
    upstream: &Upstream,
) -> http::Response<Full<Bytes>> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.expect("a body").to_bytes();
    let header = |name: &str| {
        let value = parts.headers.get(name).map(|value| value.to_str().expect("text"));
        value.unwrap_or_default().to_owned()
    };
    let received = Request {
        method: parts.method.to_string(),
        target: parts.uri.to_string(),
        // Some runtimes send a content type without a body.
        content_type: if body.is_empty() { String::new() } else { header("content-type") },
        betas: header("anthropic-beta"),
        version: header("anthropic-version"),
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let given = state.lock().expect("nobody panics").reply.clone();
    let reply = match (given, upstream) {
        (Some(reply), _) => reply,
        (None, Upstream::Behind(base_url)) => forward(base_url, &parts, body).await,
        (None, Upstream::Table) => Reply { status: 500, headers: Vec::new(), body: "no answer was given".to_owned() },
    };
    let mut response = http::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        response = response.header(name, value);
    }
    let response = response.body(Full::from(reply.body.clone())).expect("a response");
    let mut state = state.lock().expect("nobody panics");
    // A second request would be one too many.
    let target = if state.received.is_some() { "twice".to_owned() } else { received.target.clone() };
    state.received = Some(Request { target, ..received });
    state.answered = Some(reply);
    response
}

async fn forward(base_url: &str, parts: &http::request::Parts, body: Bytes) -> Reply {
    let mut request = http::Request::builder().method(&parts.method).uri(format!("{base_url}{}", parts.uri));
    for name in REQUEST_HEADERS {
        if let Some(value) = parts.headers.get(name) {
            request = request.header(name, value);
        }
    }
    let client = Client::new(AddressRule::LoopbackOnly).expect("a client");
    let response = client.send(request.body(Full::from(body)).expect("a request")).await.expect("it answers");
    let headers = ANSWER_HEADERS.iter().filter_map(|name| {
        let value = response.headers().get(*name)?.to_str().ok()?;
        Some(((*name).to_owned(), value.to_owned()))
    });
    let (status, headers) = (response.status().as_u16(), headers.collect());
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    Reply { status, headers, body: shortened(&String::from_utf8_lossy(&body)) }
}

/// Three items of a list are enough, and make the table small.
fn shortened(body: &str) -> String {
    match serde_json::from_str(body) {
        Ok(Value::Object(mut object)) => {
            object.values_mut().filter_map(Value::as_array_mut).for_each(|items| items.truncate(3));
            Value::Object(object).to_string()
        }
        _ => body.to_owned(),
    }
}
