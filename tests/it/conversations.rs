//! One table of conversations over every frontend: the same decision, the same requests to the API, the same entries in
//! the audit log.

use super::fake_slack::{Posted, receiver_of_many};
use super::fake_socket::FakeSocket;
use super::server::{SECOND_TOKEN, Server, TOKEN};
use crate::support::{self, until};
use claude_admin::Choice;
use claude_admin::frontend::slack::{Responder, Slack, SlackSettings, connect};
use claude_admin::frontend::{Frontends, LiveFrontends};
use claude_admin::render::SlackTables;
use claude_admin::service::Service;
use claude_admin_simulator::RunningSimulator;
use serde_json::{Value, json};
use std::sync::Arc;

/// The command of a person, the decision of that person or of a second one, and a part of the result.
struct Conversation {
    typed: &'static str,
    decision: Option<(Person, Choice)>,
    shown: &'static str,
    /// The entries of the operation in the audit log.
    entries: &'static [&'static str],
    /// The number of writes that are sent.
    writes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Person {
    Requester,
    Second,
}

const POLICY: &str = r#"
permit(principal, action, resource);
forbid(principal, action == Action::"workspaces.archive", resource);
"#;

const CONVERSATIONS: [Conversation; 8] = [
    Conversation {
        typed: "users list --limit 1",
        decision: None,
        shown: "xiuying.li@example.com",
        entries: &["outcome: done"],
        writes: 0,
    },
    Conversation {
        typed: "uesrs list",
        decision: None,
        shown: "did you mean",
        entries: &["outcome: usage"],
        writes: 0,
    },
    Conversation {
        typed: "users get user_none",
        decision: None,
        shown: "user_none",
        entries: &["outcome: not_found"],
        writes: 0,
    },
    Conversation {
        typed: "workspaces archive Production --reason old",
        decision: None,
        shown: "archive",
        entries: &["denied"],
        writes: 0,
    },
    Conversation {
        typed: "workspaces create made",
        decision: Some((Person::Requester, Choice::Confirm)),
        shown: "made",
        entries: &["planned", "requested", "decided: confirm", "intent", "outcome: done"],
        writes: 1,
    },
    Conversation {
        typed: "workspaces create not-made",
        decision: Some((Person::Requester, Choice::Cancel)),
        shown: "cancelled",
        entries: &["planned", "requested", "decided: cancel"],
        writes: 0,
    },
    Conversation {
        typed: "users remove xiuying.li@example.com --reason leaver",
        decision: Some((Person::Second, Choice::Approve)),
        shown: "user_01ftpaarejccux4jybauxoiu",
        entries: &["planned", "requested", "decided: approve", "intent", "outcome: done"],
        writes: 1,
    },
    Conversation {
        typed: "users remove xiuying.li@example.com --reason leaver",
        decision: Some((Person::Second, Choice::Reject)),
        shown: "reject",
        entries: &["planned", "requested", "decided: reject"],
        writes: 0,
    },
];

/// The frontends that people and programs use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    SlackOverHttp,
    SocketMode,
    Http,
    Terminal,
}

const WAYS: [Way; 4] = [Way::SlackOverHttp, Way::SocketMode, Way::Http, Way::Terminal];

/// A host, and everything that Slack was sent.
struct Talk {
    way: Way,
    server: Server,
    socket: FakeSocket,
    posted: Posted,
    receiver: String,
}

impl Talk {
    async fn start(way: Way) -> Self {
        let simulator: RunningSimulator = support::simulator().await;
        let service = Arc::new(support::service_with(support::plugin(&simulator).await, POLICY, &[]));
        let (receiver, posted) = receiver_of_many().await;
        let socket = FakeSocket::default();
        if way == Way::SocketMode {
            connected(&service, &socket, &receiver).await;
        }
        let server = Server::before(service, simulator, vec![receiver.clone()], None, None).await;
        Self { way, server, socket, posted, receiver }
    }

    fn user(person: Person) -> &'static str {
        if person == Person::Requester { "U1" } else { "U2" }
    }

    /// The output after a person typed a command.
    async fn type_in(&self, typed: &str) -> Value {
        match self.way {
            Way::Terminal => json!(support::text(&support::type_in(&self.server.service, typed).await)),
            Way::Http => self.server.http(Some(TOKEN), &json!({ "command": typed }).to_string()).await.json(),
            Way::SlackOverHttp => self.server.slack("U1", typed).await.json(),
            Way::SocketMode => {
                let fields = json!({
                    "text": typed, "team_id": "T1", "user_id": "U1", "channel_id": "C1", "api_app_id": "A1",
                    "trigger_id": fastrand::u64(..).to_string(), "response_url": self.url("typed"),
                });
                self.socket.deliver("slash_commands", fields).await;
                self.posted_to("typed").await
            }
        }
    }

    /// The output after a person decided about the request in an earlier output.
    async fn decide(&self, shown: &Value, operation: &str, person: Person, choice: Choice) -> Value {
        let word = choice.command(operation, 1);
        match self.way {
            Way::Terminal => {
                let principal = if person == Person::Requester { support::ada() } else { support::bob() };
                json!(support::text(&support::type_as(&self.server.service, &principal, &word).await))
            }
            Way::Http => {
                let token = if person == Person::Requester { TOKEN } else { SECOND_TOKEN };
                let word = word.replace("\"…\"", "no").replace('…', "no");
                self.server.http(Some(token), &json!({ "command": word }).to_string()).await.json()
            }
            Way::SlackOverHttp | Way::SocketMode => {
                let action = format!("claude-admin:{}", choice.as_str());
                let payload = json!({
                    "type": "block_actions", "api_app_id": "A1", "team": {"id": "T1"}, "channel": {"id": "C1"},
                    "user": {"id": Self::user(person), "team_id": "T1"}, "response_url": self.url("clicked"),
                    "container": {"message_ts": "1.2", "channel_id": "C1"},
                    "actions": [{"action_id": action, "value": value_of(shown, &action), "action_ts": "3.4"}],
                });
                if self.way == Way::SocketMode {
                    self.socket.deliver("interactive", payload).await;
                } else {
                    let mut body = form_urlencoded::Serializer::new(String::new());
                    let body = body.append_pair("payload", &payload.to_string()).finish();
                    self.server.post_signed_to("/slack/interactions", &body, super::server::now()).await;
                }
                self.posted_to("clicked").await
            }
        }
    }

    fn url(&self, name: &str) -> String {
        format!("http://{}/later/{name}", self.receiver)
    }

    /// Everything that was posted to a URL, after the first message.
    async fn posted_to(&self, name: &str) -> Value {
        let all = || self.posted.lock().unwrap().get(name).cloned().unwrap_or_default();
        until(name, async || !all().is_empty()).await;
        json!(all())
    }
}

/// Connects a host to Slack in Socket Mode, until the test ends.
async fn connected(service: &Arc<Service>, socket: &FakeSocket, receiver: &str) {
    let settings = SlackSettings {
        signing_secret: None,
        socket: Some(socket.start().await),
        app_id: Some("A1".to_owned()),
        tables: SlackTables::default(),
        web_api: None,
        approvals_channel: None,
    };
    let mut frontends = Frontends::new(Arc::clone(service));
    let responder = Responder::new(vec![receiver.to_owned()]).unwrap();
    let slack = Slack::new(Arc::clone(service), settings, responder, frontends.background.clone());
    frontends.slack = Some(Arc::new(slack));
    tokio::spawn(connect(LiveFrontends::from(frontends), std::future::pending()));
    until("two connections", async || socket.connections().0 == 2).await;
}

/// The value of a button, at any depth.
fn value_of(shown: &Value, action: &str) -> Value {
    match shown {
        Value::Object(fields) if fields.get("action_id").is_some_and(|id| id == action) => fields["value"].clone(),
        Value::Object(fields) => {
            fields.values().map(|value| value_of(value, action)).find(|value| !value.is_null()).unwrap_or_default()
        }
        Value::Array(items) => {
            items.iter().map(|item| value_of(item, action)).find(|value| !value.is_null()).unwrap_or_default()
        }
        _ => Value::Null,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn same_conversation_over_every_frontend_has_the_same_entries_and_requests() {
    for way in WAYS {
        for conversation in &CONVERSATIONS {
            let talk = Talk::start(way).await;
            let what = format!("{way:?}: {}", conversation.typed);
            let mut shown = talk.type_in(conversation.typed).await;
            let pending = talk
                .server
                .service
                .ledger()
                .look(|projection| projection.operations().map(|operation| operation.id.clone()).next())
                .await;
            let pending = pending.unwrap();
            if let Some((person, choice)) = conversation.decision {
                let operation = pending.clone().unwrap_or_else(|| panic!("{what}: {shown}"));
                shown = talk.decide(&shown, &operation, person, choice).await;
                until(&what, async || {
                    talk.server
                        .service
                        .operation(&operation)
                        .await
                        .is_some_and(|operation| operation.state.is_settled())
                })
                .await;
            }
            assert!(shown.to_string().to_lowercase().contains(conversation.shown), "{what}: {shown}");
            let log = support::every_entry(&talk.server.service);
            let kinds: Vec<&str> =
                log.iter().map(String::as_str).filter(|kind| !matches!(*kind, "opened" | "received")).collect();
            assert_eq!(kinds, conversation.entries, "{what}");
            assert_eq!(support::writes(&talk.server.simulator).len(), conversation.writes, "{what}");
        }
    }
}
