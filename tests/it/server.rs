//! A host that listens, and programs that call it.

use crate::support;
use bytes::Bytes;
use claude_admin::decision::operation::Clock;
use claude_admin::egress::{AddressRule, Client as HttpClient};
use claude_admin::frontend::http::{Client, Http};
use claude_admin::frontend::slack::{Responder, Slack, SlackSettings, WebApi, sign};
use claude_admin::frontend::{Background, Frontends, serve};
use claude_admin::identity::Principal;
use claude_admin::render::SlackTables;
use claude_admin::sandbox::{Limits, Plugin};
use claude_admin::service::Service;
use claude_admin_simulator::RunningSimulator;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use secrecy::SecretString;
use serde_json::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const SECRET: &str = "test-signing-secret";
pub(crate) const TOKEN: &str = "test-http-token";
pub(crate) const SECOND_TOKEN: &str = "second-http-token";

/// The members of the group of admins.
pub(crate) const ADMINS: [&str; 5] =
    ["slack:T1/WRITER", "slack:T1/USECOND", "slack:T1/UTHIRD", "http:ci", "http:second"];

const POLICY: &str = r#"
@id("readers") permit(principal in Tenant::"slack:T1", action in Action::"read", resource);
@id("admins") permit(principal in Group::"admins", action, resource);
@id("two-for-workspaces") @approvals("2") @from("admins")
permit(principal in Group::"admins", action == Action::"workspaces.archive", resource);
"#;

/// A host that listens on loopback, in front of a simulator.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) simulator: RunningSimulator,
    pub(crate) service: Arc<Service>,
    client: HttpClient,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<()>>,
    following: JoinHandle<()>,
}

/// A response of a server.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }
}

impl Server {
    /// Starts a host where `slack:T1/*` can read, and the members of [`ADMINS`] can run everything.
    pub(crate) async fn start() -> Self {
        Self::with_response_hosts(vec!["hooks.slack.com".to_owned()]).await
    }

    pub(crate) async fn with_response_hosts(hosts: Vec<String>) -> Self {
        Self::with(hosts, support::limits()).await
    }

    /// The same with other limits.
    pub(crate) async fn with_limits(limits: Limits) -> Self {
        Self::with(Vec::new(), limits).await
    }

    async fn with(hosts: Vec<String>, limits: Limits) -> Self {
        let simulator = support::simulator().await;
        let sandbox = support::sandbox(&simulator.base_url(), support::credentials(&simulator), limits);
        let plugin = Plugin::embedded(&sandbox).expect("the component loads");
        let now = simulator.watch();
        let clock = Clock::new(move || now().as_millisecond());
        let service = support::service_with(plugin, POLICY, &[("admins", &ADMINS)]).with_api_clock(clock);
        Self::before(Arc::new(service), simulator, hosts, None, None).await
    }

    /// Starts a host with a service, with the Web API of Slack and a channel for approvals.
    pub(crate) async fn before(
        service: Arc<Service>,
        simulator: RunningSimulator,
        hosts: Vec<String>,
        web_api: Option<Arc<WebApi>>,
        approvals_channel: Option<&str>,
    ) -> Self {
        let background = Background::default();
        let settings = SlackSettings {
            signing_secret: Some(SecretString::from(SECRET)),
            socket: None,
            app_id: Some("A1".to_owned()),
            tables: SlackTables::default(),
            web_api,
            approvals_channel: approvals_channel.map(str::to_owned),
        };
        let responder = Responder::new(hosts).unwrap();
        let slack = Arc::new(Slack::new(Arc::clone(&service), settings, responder, background.clone()));
        let following = Arc::clone(&slack);
        let following = tokio::spawn(async move {
            loop {
                following.look().await;
            }
        });
        let client = |name: &str, token: &str| Client {
            principal: Principal::http(name).unwrap(),
            token: SecretString::from(token),
        };
        let clients = vec![client("ci", TOKEN), client("second", SECOND_TOKEN)];
        let http = Arc::new(Http::new(Arc::clone(&service), clients));
        let frontends = Frontends {
            service: Arc::clone(&service),
            slack: Some(slack),
            http: Some(http),
            background,
            stopping: Arc::default(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(serve(listener, frontends, async {
            stopped.await.ok();
        }));
        let client = HttpClient::new(AddressRule::LoopbackOnly).unwrap();
        Self { address, simulator, service, client, stop: Some(stop), task, following }
    }

    /// Stops the host, and waits until it has stopped.
    pub(crate) async fn stop(mut self) -> RunningSimulator {
        self.stop.take().unwrap().send(()).unwrap();
        self.task.await.unwrap().unwrap();
        self.following.abort();
        self.simulator
    }

    pub(crate) fn ask_to_stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    pub(crate) async fn send(&self, request: Request<Full<Bytes>>) -> Answer {
        let response = self.client.send(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        Answer { status, headers, body: String::from_utf8(body.to_vec()).unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::builder().uri(format!("http://{}{path}", self.address)).body(Full::default()).unwrap()).await
    }

    /// Posts a form to the Slack endpoint with the headers given.
    pub(crate) async fn post_slack(&self, body: &str, headers: &[(&str, &str)]) -> Answer {
        self.post_slack_to("/slack/commands", body, headers).await
    }

    pub(crate) async fn post_slack_to(&self, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(Method::POST).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Full::new(Bytes::from(body.to_owned()))).unwrap()).await
    }

    /// Posts a form that is signed at a time.
    pub(crate) async fn post_signed(&self, body: &str, timestamp: u64) -> Answer {
        self.post_signed_to("/slack/commands", body, timestamp).await
    }

    /// Posts a form that is signed at a time to one of Slack's endpoints.
    pub(crate) async fn post_signed_to(&self, path: &str, body: &str, timestamp: u64) -> Answer {
        let signature = sign(SECRET.as_bytes(), timestamp, body.as_bytes());
        let timestamp = timestamp.to_string();
        let headers = [("x-slack-request-timestamp", timestamp.as_str()), ("x-slack-signature", signature.as_str())];
        self.post_slack_to(path, body, &headers).await
    }

    /// Types a slash command as a user.
    pub(crate) async fn slack(&self, user: &str, text: &str) -> Answer {
        self.post_signed(&form(user, text, &[]), now()).await
    }

    /// Posts to a path of the HTTP API, with only these headers.
    pub(crate) async fn http_with(&self, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(Method::POST).uri(format!("http://{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Full::from(body.to_owned())).expect("a request")).await
    }

    /// The same with the token of the first client.
    pub(crate) async fn http_to(&self, path: &str, body: &str, headers: &[(&str, &str)]) -> Answer {
        let token = format!("Bearer {TOKEN}");
        self.http_with(path, body, &[headers, &[("authorization", &token)]].concat()).await
    }

    /// Reads the status of an operation; `path` is its ID, with a query.
    pub(crate) async fn operation(&self, token: &str, path: &str) -> Answer {
        let uri = format!("http://{}/v1/operations/{path}", self.address);
        let request = Request::builder().uri(uri).header("authorization", format!("Bearer {token}"));
        self.send(request.body(Full::default()).expect("a request")).await
    }

    /// Posts a command to the HTTP API.
    pub(crate) async fn http(&self, token: Option<&str>, body: &str) -> Answer {
        let token = token.map(|token| format!("Bearer {token}"));
        let headers: Vec<(&str, &str)> = token.iter().map(|token| ("authorization", token.as_str())).collect();
        self.http_with("/v1/commands", body, &headers).await
    }
}

/// The form of a slash command.
pub(crate) fn form(user: &str, text: &str, more: &[(&str, &str)]) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("command", "/claude-admin")
        .append_pair("text", text)
        .append_pair("team_id", "T1")
        .append_pair("user_id", user)
        .append_pair("channel_id", "C1")
        .append_pair("api_app_id", "A1")
        .append_pair("token", "deprecated")
        .append_pair("new_field_of_slack", "x");
    let given = more.iter().any(|(name, _)| *name == "trigger_id");
    if !given {
        form.append_pair("trigger_id", &fastrand::u64(..).to_string());
    }
    for (name, value) in more {
        form.append_pair(name, value);
    }
    form.finish()
}

pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
