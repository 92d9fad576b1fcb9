//! Forms in Slack: a command whose required arguments are missing opens a modal, and its values are the same command.

use super::fake_slack::{FakeSlack, Trouble};
use super::in_slack::InSlack;
use super::server::now;
use crate::support;
use claude_admin_simulator::SimulatorConfig;
use http::StatusCode;
use serde_json::{Map, Value, json};

const POLICY: &str = r#"permit(principal in Tenant::"slack:T1", action, resource);"#;

struct Formed {
    host: InSlack,
    slack: FakeSlack,
}

impl Formed {
    async fn start() -> Self {
        let slack = FakeSlack::default();
        let host = InSlack::start(SimulatorConfig::default(), POLICY, Some(&slack), None).await;
        Self { host, slack }
    }

    /// The modal that was opened last.
    fn view(&self) -> Value {
        self.slack.calls_of("views.open").pop().expect("a modal")["view"].clone()
    }

    /// Submits values as Slack does. Returns the response to the modal.
    async fn submit(&self, user: &str, view: &Value, id: &str, values: &[(&str, &str)]) -> super::server::Answer {
        let given =
            |name: &str| values.iter().find(|(field, _)| *field == name).map_or(Value::Null, |(_, value)| json!(value));
        let state = view["blocks"].as_array().unwrap().iter().filter(|block| block["type"] == "input").map(|block| {
            let (name, kind) = (block["block_id"].as_str().unwrap(), &block["element"]["type"]);
            let value = match kind.as_str().unwrap() {
                "static_select" => json!({"type": kind, "selected_option": {"value": given(name)}}),
                _ => json!({"type": kind, "value": given(name)}),
            };
            (name.to_owned(), json!({"value": value}))
        });
        let payload = json!({
            "type": "view_submission", "api_app_id": "A1", "team": {"id": "T1"}, "user": {"id": user, "team_id": "T1"},
            "view": {
                "id": id, "callback_id": view["callback_id"], "private_metadata": view["private_metadata"],
                "state": {"values": state.collect::<Map<_, _>>()},
            },
        });
        let mut body = form_urlencoded::Serializer::new(String::new());
        let body = body.append_pair("payload", &payload.to_string()).finish();
        self.host.server.post_signed_to("/slack/interactions", &body, now()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_arguments_open_a_form_whose_values_are_the_command() {
    let mut formed = Formed::start().await;
    let reply = formed.host.ask("U1", "users update xiuying.li@example.com").await;
    assert!(reply.to_string().contains("A form for `users update` is open."), "{reply}");
    let view = formed.view();
    assert_eq!(view["blocks"][1]["element"]["type"], "static_select", "{view}");
    let answer = formed.submit("U1", &view, "V1", &[("role", "billing")]).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""), "the modal closes");
    let plan = formed.host.next().await.to_string();
    assert!(plan.contains("from developer to billing") && plan.contains("claude-admin:confirm"), "{plan}");
    assert_eq!(support::writes(&formed.host.server.simulator), [] as [String; 0]);
    // The same values are handled once.
    formed.submit("U1", &view, "V1", &[("role", "billing")]).await;
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let requested = support::every_entry(&formed.host.server.service);
    assert_eq!(requested.iter().filter(|kind| *kind == "requested").count(), 1, "{requested:?}");
    let log = support::recorded(&formed.host.server.service);
    assert!(log.contains("slack:T1/C1"), "the place is that of the command: {log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_are_shown_in_the_form() {
    let mut formed = Formed::start().await;
    formed.host.ask("U1", "workspaces create").await;
    let view = formed.view();
    for (values, field, words) in [
        (&[("name", &*"x".repeat(5_000))][..], "name", ""),
        (&[("name", "x\u{7}y")][..], "name", ""),
        (&[][..], "name", "needs <name>"),
    ] {
        let answer = formed.submit("U1", &view, "V2", values).await.json();
        assert_eq!(answer["response_action"], "errors", "{values:?}: {answer}");
        assert!(answer["errors"][field].as_str().unwrap().contains(words), "{answer}");
        for name in answer["errors"].as_object().unwrap().keys() {
            assert!(
                view["blocks"].as_array().unwrap().iter().any(|block| block["block_id"] == name.as_str()),
                "{name}"
            );
        }
    }
    assert!(formed.host.server.simulator.requests().is_empty());
    // After a problem, the same modal is submitted again.
    assert_eq!(formed.submit("U1", &view, "V2", &[("name", "made & <kept> \"here\"")]).await.body, "");
    assert!(formed.host.next().await.to_string().contains("made & <kept>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_form_and_a_form_that_cannot_be_opened_run_nothing() {
    let mut formed = Formed::start().await;
    formed.host.ask("U1", "users remove").await;
    let mut view = formed.view();
    view["private_metadata"] =
        json!(view["private_metadata"].as_str().unwrap().replace("users remove", "users rename"));
    let answer = formed.submit("U1", &view, "V3", &[("user-id", support::MEMBER), ("reason", "leaver")]).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
    assert!(support::recorded(&formed.host.server.service).contains("forged-form"));
    // A form is of the user who typed its command.
    let answer = formed.submit("U2", &formed.view(), "V4", &[("user-id", support::MEMBER), ("reason", "leaver")]).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(support::recorded(&formed.host.server.service).matches("forged-form").count(), 2);
    formed.slack.break_down("views.open", Some(Trouble::error(r#"{"ok":false,"error":"trigger_expired"}"#)));
    let reply = formed.host.ask("U1", "users remove").await.to_string();
    assert!(reply.contains("needs <user-id>") && !reply.contains("is open"), "{reply}");
    assert!(formed.host.server.simulator.requests().is_empty());
}
