//! Plays Slack: signs commands and posts them over persistent connections.

use crate::load::Way;
use crate::plain_server;
use crate::server::{Server, peers};
use claude_admin::egress::{AddressRule, Client};
use claude_admin::frontend::slack::sign;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use std::collections::HashMap;
use std::path::Path;
use std::pin::Pin;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

const SECRET: &str = "signing-secret-of-a-benchmark";
const READY: &str = "listening on ";

/// The place of the result of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answers<'a> {
    /// In the response, if the command is quick.
    AtOnce,
    /// At a `response_url`, if the command is slow.
    Later(&'a str),
}

impl<'a> Answers<'a> {
    fn url(self) -> &'a str {
        match self {
            Self::AtOnce => "http://127.0.0.1:9/later",
            Self::Later(url) => url,
        }
    }
}

/// A server for slash commands, as Slack sees it.
pub(crate) struct SlackSide {
    pub(crate) server: Server,
    client: Client,
    url: String,
    /// The URL for results that are sent later.
    response_url: String,
    count: AtomicU64,
    /// The response times in milliseconds.
    pub(crate) took: Mutex<Vec<f64>>,
}

impl SlackSide {
    fn new(mut command: Command, response_url: &str) -> Self {
        let mut server = Server::start(command.env("SLACK_SIGNING_SECRET", SECRET).env("PORT", "0"));
        let base = server.says(|line| line.split_once(READY).map(|(_, url)| url.trim().to_owned()));
        let client = Client::new(AddressRule::LoopbackOnly).expect("a client");
        let url = format!("{base}/slack/commands");
        let response_url = response_url.to_owned();
        Self { server, client, url, response_url, count: AtomicU64::new(0), took: Mutex::default() }
    }

    /// This host.
    pub(crate) fn ours(folder: &Path, upstream: &HashMap<String, String>, answers: Answers<'_>) -> Self {
        let later = answers.url().split('/').nth(2).expect("a whole URL");
        let config = format!(
            "[http]\nlisten = \"127.0.0.1:0\"\n[slack]\nresponse_url_hosts = [{later:?}]\n[groups]\nreaders = [\"slack:T1/*\"]\n\
             [limits]\nwall_clock_ms = 600000\nqueue_ms = 600000\nconnections = 2000\n"
        );
        let policy = "permit(principal in Group::\"readers\", action in Action::\"read\", resource);\n";
        std::fs::write(folder.join("claude-admin.toml"), config).expect("the folder can be written");
        std::fs::write(folder.join("policy.cedar"), policy).expect("the folder can be written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_claude-admin"));
        command.arg("serve").arg("--config").arg(folder.join("claude-admin.toml"));
        command.envs(upstream).env("CLAUDE_ADMIN_CACHE", folder.join("compiled"));
        Self::new(command, answers.url())
    }

    /// The same in plain Rust.
    pub(crate) fn plain_rust(upstream: &HashMap<String, String>) -> Self {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.arg(plain_server::ARGUMENT).envs(upstream);
        Self::new(command, Answers::AtOnce.url())
    }

    /// A peer; none if it is not installed.
    fn peer(
        program: &Path,
        arguments: [&str; 3],
        upstream: &HashMap<String, String>,
        answers: Answers<'_>,
    ) -> Option<Self> {
        if !program.exists() {
            println!("left out: {} is not installed, see benches/peers/README.md", program.display());
            return None;
        }
        let mut command = Command::new(if program.is_dir() { Path::new("node") } else { program });
        command.current_dir(peers()).args(arguments).envs(upstream).env("NODE_ENV", "production");
        command.env("SLACK_BOT_TOKEN", "xoxb-simulator-benchmark");
        if answers == Answers::AtOnce {
            command.env("ANSWER", "ack");
        }
        Some(Self::new(command, answers.url()))
    }

    /// Bolt for Python.
    pub(crate) fn bolt_python(upstream: &HashMap<String, String>, answers: Answers<'_>) -> Option<Self> {
        let program = peers().join("bolt-python/.venv/bin/python");
        Self::peer(&program, ["bolt-python/app.py", "--workers", "1"], upstream, answers)
    }

    /// Bolt for JavaScript.
    pub(crate) fn bolt_javascript(upstream: &HashMap<String, String>, answers: Answers<'_>) -> Option<Self> {
        let program = peers().join("bolt-javascript/node_modules");
        Self::peer(&program, ["bolt-javascript/app.mjs", "--workers", "1"], upstream, answers)
    }

    /// Posts a command, and returns the text of the response.
    pub(crate) async fn command(&self, text: &str) -> String {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("command", "/claude-admin"),
                ("text", text),
                ("team_id", "T1"),
                ("team_domain", "example"),
                // The number of commands of one user at the same time is limited, so many users send them.
                ("user_id", &format!("U{}", number % 200)),
                ("user_name", "ada"),
                ("channel_id", "C1"),
                ("channel_name", "general"),
                ("api_app_id", "A1"),
                ("response_url", &self.response_url),
            ])
            .append_pair("trigger_id", &number.to_string())
            .finish();
        let timestamp = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs();
        let request = Request::builder()
            .method(Method::POST)
            .uri(&self.url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("x-slack-request-timestamp", timestamp)
            .header("x-slack-signature", sign(SECRET.as_bytes(), timestamp, body.as_bytes()))
            .body(Full::from(body))
            .expect("a request");
        let response = self.client.send(request).await.expect("an answer");
        assert_eq!(response.status(), 200, "{}", self.url);
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    /// Whether a text contains the members. Without this check, a server that fails would be fast.
    pub(crate) fn is_whole(answer: &str) -> bool {
        answer.matches("user_").count() >= 20
    }
}

impl Way for SlackSide {
    fn call(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(async move {
            let started = Instant::now();
            let answer = self.command("users list").await;
            let took = started.elapsed().as_secs_f64() * 1e3;
            assert!(Self::is_whole(&answer), "{answer}");
            self.took.lock().expect("nobody fails").push(took);
        })
    }
}
