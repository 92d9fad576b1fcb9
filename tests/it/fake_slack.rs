//! Plays the Web API of Slack: records calls, stores messages, and fails on request.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::Response;
use axum::routing::post;
use claude_admin::frontend::slack::WebApi;
use http::HeaderMap;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

pub(super) const BOT_TOKEN: &str = "bot-token-of-a-test";

/// A response instead of the usual one: status, `retry-after`, content type, body.
#[derive(Debug, Clone)]
pub(super) struct Trouble {
    pub(super) status: u16,
    pub(super) retry_after: Option<&'static str>,
    pub(super) content: &'static str,
    pub(super) body: &'static str,
}

impl Trouble {
    pub(super) fn status(status: u16) -> Self {
        Self { status, retry_after: None, content: "text/plain", body: "" }
    }

    pub(super) fn error(body: &'static str) -> Self {
        Self { status: 200, retry_after: None, content: "application/json", body }
    }

    pub(super) fn later(seconds: &'static str) -> Self {
        Self { retry_after: Some(seconds), ..Self::status(429) }
    }
}

/// Plays the Web API of Slack.
#[derive(Clone, Default)]
pub(super) struct FakeSlack {
    state: Arc<Mutex<Played>>,
}

#[derive(Default)]
struct Played {
    calls: Vec<(String, Value)>,
    /// The messages, by channel and timestamp.
    messages: BTreeMap<(String, String), Value>,
    accounts: BTreeMap<String, Value>,
    user_groups: BTreeMap<String, Vec<String>>,
    /// The responses to the next calls of a method.
    troubles: BTreeMap<String, VecDeque<Trouble>>,
    /// The response to all calls of a method.
    broken: BTreeMap<String, Trouble>,
    base: String,
    /// The content of the uploaded files, in the order of their IDs.
    files: Vec<String>,
}

impl FakeSlack {
    pub(super) async fn start(&self) -> Arc<WebApi> {
        let upload =
            async |State(slack): State<FakeSlack>, Path(file): Path<usize>, headers: HeaderMap, body: String| {
                assert!(!headers.contains_key("authorization"), "the address is the permission");
                slack.state.lock().unwrap().files[file] = body;
                "OK"
            };
        let router = Router::new().route("/api/{method}", post(answer)).route("/api/upload/{file}", post(upload));
        let router = router.with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/api", listener.local_addr().unwrap());
        self.state.lock().unwrap().base.clone_from(&base);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Arc::new(WebApi::new(&base, &SecretString::from(BOT_TOKEN)).unwrap())
    }

    pub(super) fn account(&self, user: &str, account: Value) {
        self.state.lock().unwrap().accounts.insert(user.to_owned(), account);
    }

    pub(super) fn user_group(&self, group: &str, users: &[&str]) {
        let users = users.iter().map(|user| (*user).to_owned()).collect();
        self.state.lock().unwrap().user_groups.insert(group.to_owned(), users);
    }

    pub(super) fn trouble(&self, method: &str, trouble: Trouble) {
        self.state.lock().unwrap().troubles.entry(method.to_owned()).or_default().push_back(trouble);
    }

    pub(super) fn break_down(&self, method: &str, trouble: Option<Trouble>) {
        let mut state = self.state.lock().unwrap();
        match trouble {
            Some(trouble) => state.broken.insert(method.to_owned(), trouble),
            None => state.broken.remove(method),
        };
    }

    pub(super) fn calls_of(&self, method: &str) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        state.calls.iter().filter(|(called, _)| called == method).map(|(_, body)| body.clone()).collect()
    }

    /// The messages in a channel as they are now, oldest first; the direct messages to a user are in `DM-USER`.
    pub(super) fn messages(&self, channel: &str) -> Vec<Value> {
        let state = self.state.lock().unwrap();
        let here = state.messages.iter().filter(|((of, _), _)| of == channel);
        here.map(|((_, ts), message)| {
            let mut message = message.clone();
            message["ts"] = json!(ts);
            message
        })
        .collect()
    }

    /// The files that a user received: the name of each, and its content.
    pub(super) fn files(&self, user: &str) -> Vec<(String, String)> {
        let shared = self.calls_of("files.completeUploadExternal");
        let shared = shared.iter().filter(|call| call["channel_id"] == format!("DM-{user}"));
        let state = self.state.lock().unwrap();
        let file = |call: &Value| {
            let files: Value = serde_json::from_str(call["files"].as_str().unwrap()).unwrap();
            let id: usize = files[0]["id"].as_str().unwrap().parse().unwrap();
            (files[0]["title"].as_str().unwrap().to_owned(), state.files[id].clone())
        };
        shared.map(file).collect()
    }

    /// Every text that Slack was sent.
    pub(super) fn everything(&self) -> String {
        format!("{:?}", self.state.lock().unwrap().calls)
    }
}

async fn answer(
    State(slack): State<FakeSlack>,
    Path(method): Path<String>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let form =
        || form_urlencoded::parse(body.as_bytes()).map(|(name, value)| (name.into_owned(), json!(value))).collect();
    let body: Value = serde_json::from_str(&body).unwrap_or_else(|_| Value::Object(form()));
    let mut state = slack.state.lock().unwrap();
    state.calls.push((method.clone(), body.clone()));
    let trouble = state.troubles.get_mut(&method).and_then(VecDeque::pop_front);
    if let Some(trouble) = trouble.or_else(|| state.broken.get(&method).cloned()) {
        let mut response = Response::builder().status(trouble.status).header("content-type", trouble.content);
        if let Some(after) = trouble.retry_after {
            response = response.header("retry-after", after);
        }
        return response.body(Body::from(trouble.body)).unwrap();
    }
    let text = |field: &str| body[field].as_str().unwrap_or_default().to_owned();
    let answer = match method.as_str() {
        _ if headers.get("authorization").is_none_or(|value| value != &format!("Bearer {BOT_TOKEN}")) => {
            json!({"ok": false, "error": "not_authed"})
        }
        "usergroups.users.list" => match state.user_groups.get(&text("usergroup")) {
            Some(users) => json!({"ok": true, "users": users}),
            None => json!({"ok": false, "error": "no_such_subteam"}),
        },
        "users.info" => match state.accounts.get(&text("user")) {
            Some(account) => json!({"ok": true, "user": account}),
            None => json!({"ok": false, "error": "user_not_found"}),
        },
        "chat.postMessage" if body["thread_ts"].is_string() => {
            assert!(state.messages.contains_key(&(text("channel"), text("thread_ts"))), "a thread of a message");
            json!({"ok": true, "channel": text("channel"), "ts": "1763745600.900000"})
        }
        "chat.postMessage" => {
            let channel = text("channel");
            // A direct message has a separate channel.
            let channel = if channel.starts_with('C') { channel } else { format!("DM-{channel}") };
            let ts = format!("{}.{:06}", 1_763_745_600, state.messages.len() + 1);
            state.messages.insert((channel.clone(), ts.clone()), body);
            json!({"ok": true, "channel": channel, "ts": ts})
        }
        "views.open" => json!({"ok": true}),
        "files.getUploadURLExternal" => {
            let file = state.files.len();
            state.files.push(String::new());
            json!({"ok": true, "file_id": file.to_string(), "upload_url": format!("{}/upload/{file}", state.base)})
        }
        "files.completeUploadExternal" => json!({"ok": true}),
        "chat.update" => match state.messages.get_mut(&(text("channel"), text("ts"))) {
            Some(message) => {
                *message = body;
                json!({"ok": true})
            }
            None => json!({"ok": false, "error": "message_not_found"}),
        },
        _ => json!({"ok": false, "error": "unknown_method"}),
    };
    Response::builder().header("content-type", "application/json").body(Body::from(answer.to_string())).unwrap()
}

/// Receives the posts of a host to response URLs. `answers` has the status and `retry-after` of the first posts.
pub(super) async fn receiver(
    answers: Vec<(u16, Option<&'static str>)>,
) -> (String, mpsc::UnboundedReceiver<(Value, std::time::Instant)>) {
    let (sender, received) = mpsc::unbounded_channel();
    let answers = Arc::new(Mutex::new(VecDeque::from(answers)));
    let receive = move |body: String| {
        let (sender, answers) = (sender.clone(), Arc::clone(&answers));
        async move {
            sender.send((serde_json::from_str(&body).unwrap(), std::time::Instant::now())).ok();
            let (status, after) = answers.lock().unwrap().pop_front().unwrap_or((200, None));
            let response = Response::builder().status(status);
            let response = after.into_iter().fold(response, |response, after| response.header("retry-after", after));
            response.body(Body::from("ok")).unwrap()
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let router = Router::new().route("/later", post(receive));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (host, received)
}

/// The messages that arrived at response URLs, by the name at the end of the URL.
pub(crate) type Posted = Arc<Mutex<BTreeMap<String, Vec<Value>>>>;

/// Receives the posts of a host to response URLs of which each ends with another name. Returns its host.
pub(crate) async fn receiver_of_many() -> (String, Posted) {
    let posted = Posted::default();
    let receive = async |State(posted): State<Posted>, Path(name): Path<String>, body: String| {
        posted.lock().unwrap().entry(name).or_default().push(serde_json::from_str(&body).unwrap());
        "ok"
    };
    let router = Router::new().route("/later/{name}", post(receive)).with_state(Arc::clone(&posted));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (host, posted)
}
