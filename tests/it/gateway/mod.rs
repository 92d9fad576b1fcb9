//! The gateway: the requests that it permits, and that its responses are those of the component.

mod hidden;
pub(super) mod served;
mod strict;

use crate::support;
use claude_admin::frontend::slack::sign;
use claude_admin_simulator::RunningSimulator;
use serde_json::{Value, json};
use served::{Served, Variables};

const SECRET: &str = "simulator-signing-secret";
const TOKEN: &str = "simulator-http-token";

/// The variables of a gateway in front of a simulator.
fn variables(simulator: &RunningSimulator) -> Variables {
    vec![
        ("SLACK_SIGNING_SECRET", SECRET.to_owned()),
        ("CLAUDE_ADMIN_HTTP_TOKEN", TOKEN.to_owned()),
        ("CLAUDE_ADMIN_ALLOW", "slack:T1/U1 http:program".to_owned()),
        ("ANTHROPIC_BASE_URL", simulator.base_url().to_owned()),
        ("ANTHROPIC_ADMIN_KEY", simulator.admin_key().to_owned()),
        ("ANTHROPIC_SCOPED_KEY", simulator.scoped_key().to_owned()),
        ("ANTHROPIC_OAUTH_TOKEN", simulator.oauth_token().to_owned()),
    ]
}

async fn gateway(more: &[(&'static str, &str)]) -> (RunningSimulator, Served) {
    let simulator = support::simulator().await;
    let mut variables = variables(&simulator);
    variables.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let served = Served::here(variables).await;
    (simulator, served)
}

fn seconds() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

fn form(user: &str, text: &str) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("team_id", "T1").append_pair("user_id", user).append_pair("text", text).finish()
}

/// Types a slash command, as Slack delivers it.
async fn slash(served: &Served, user: &str, text: &str) -> (u16, Value) {
    let (body, now) = (form(user, text), seconds());
    let signature = sign(SECRET.as_bytes(), now, body.as_bytes());
    let headers = [("x-slack-request-timestamp", &*now.to_string()), ("x-slack-signature", &*signature)];
    served.post("/slack/commands", &headers, body).await
}

async fn call(served: &Served, call: Value) -> (u16, Value) {
    served.post("/v1/commands", &[("authorization", &format!("Bearer {TOKEN}"))], call.to_string()).await
}

fn says(answer: &(u16, Value), status: u16, words: &str) {
    assert_eq!(answer.0, status, "{}", answer.1);
    assert!(answer.1.to_string().contains(words), "`{words}` is not in {}", answer.1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_slash_command_is_answered_in_blocks() {
    let (_simulator, served) = gateway(&[]).await;
    let (status, message) = slash(&served, "U1", "users list --limit 2").await;
    assert_eq!((status, &message["response_type"]), (200, &json!("ephemeral")));
    let table = message["blocks"].as_array().unwrap().iter().find(|block| block["type"] == "data_table").unwrap();
    assert_eq!(table["rows"].as_array().unwrap().len(), 3, "a heading and two users: {table}");
    says(&slash(&served, "U1", "help users").await, 200, "List members");
    says(&slash(&served, "U1", "usres list").await, 200, "Did you mean");
    says(&slash(&served, "U1", "users get user_01doesnotexist").await, 200, "Not found");
    says(&slash(&served, "U1", "users list --limit 2 -o json").await, 200, "has_more");
}

#[tokio::test(flavor = "multi_thread")]
async fn request_without_a_valid_slack_signature_is_unauthorized() {
    let (simulator, served) = gateway(&[]).await;
    let (body, now) = (form("U1", "users list"), seconds());
    let signed = |at: u64| sign(SECRET.as_bytes(), at, body.as_bytes());
    let forged = sign(b"another secret", now, body.as_bytes());
    for (timestamp, signature) in
        [(now, forged), (now - 301, signed(now - 301)), (now, signed(now - 1)), (now, String::new())]
    {
        let headers = [("x-slack-request-timestamp", &*timestamp.to_string()), ("x-slack-signature", &*signature)];
        assert_eq!(served.post("/slack/commands", &headers, body.clone()).await.0, 401);
    }
    assert_eq!(served.post("/slack/commands", &[], body).await.0, 401);
    assert_eq!(served.post("/slack/commands", &[], "ssl_check=1&token=x".to_owned()).await.0, 200);
    assert!(simulator.requests().is_empty(), "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn principal_that_is_not_listed_is_denied() {
    let (simulator, served) = gateway(&[]).await;
    says(&slash(&served, "U2", "users list").await, 200, "slack:T1/U2 cannot use this gateway");
    for headers in [vec![], vec![("authorization", "Bearer another")], vec![("authorization", TOKEN)]] {
        let body = json!({"command": "users list"}).to_string();
        assert_eq!(served.post("/v1/commands", &headers, body).await.0, 401);
    }
    let (_, unlisted) = gateway(&[("CLAUDE_ADMIN_ALLOW", "slack:T1/U1")]).await;
    says(&call(&unlisted, json!({"command": "users list"})).await, 403, "denied");
    assert!(simulator.requests().is_empty(), "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_runs_only_where_writes_are_wanted_and_with_yes() {
    let write = "workspaces create Robots";
    let (simulator, served) = gateway(&[]).await;
    says(&slash(&served, "U1", &format!("{write} --yes")).await, 200, "This gateway only reads");
    says(&call(&served, json!({"command": write, "yes": true})).await, 403, "This gateway only reads");
    assert!(simulator.requests().is_empty(), "nothing was sent");

    let (simulator, served) = gateway(&[("CLAUDE_ADMIN_WRITES", "with-yes")]).await;
    says(&slash(&served, "U1", write).await, 200, "repeat it with `--yes`");
    says(&slash(&served, "U1", &format!("{write} --yes --dry-run")).await, 200, "Nothing was sent");
    says(&call(&served, json!({"command": write})).await, 202, "waiting");
    assert!(simulator.requests().is_empty(), "nothing was sent");
    says(&slash(&served, "U1", &format!("{write} --yes")).await, 200, "Done.");
    assert_eq!(support::writes(&simulator).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn command_that_needs_the_host_fails_with_the_cause() {
    let (simulator, served) = gateway(&[]).await;
    for (line, words) in [
        ("pending", "it stores nothing"),
        ("users get ada@example.com", "is not an ID"),
        ("tunnels reveal-token tnl_01aaaaaaaaaaaaaaaaaaaaaa", "chats never show secrets"),
    ] {
        says(&slash(&served, "U1", line).await, 200, words);
    }
    assert!(simulator.requests().is_empty(), "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_the_data_or_an_error_with_its_cause() {
    let (_simulator, served) = gateway(&[]).await;
    let (status, answer) = call(&served, json!({"op": "users.list", "args": {"limit": 1}})).await;
    assert_eq!((status, &answer["outcome"], &answer["command"]), (200, &json!("done"), &json!("users list --limit 1")));
    assert_eq!(answer["result"]["data"].as_array().unwrap().len(), 1);
    let (_, all) = call(&served, json!({"command": "users list --limit 3", "all": true})).await;
    assert!(all["result"]["data"].as_array().unwrap().len() > 3, "the pages are put together");
    assert_eq!(all["result"]["has_more"], false);
    let (status, answer) = call(&served, json!({"op": "users.get", "args": {"user-id": "user_01doesnotexist"}})).await;
    assert_eq!((status, &answer["outcome"]), (404, &json!("not_found")), "{answer}");
    assert_eq!(answer["error"]["cause"]["api"]["status"], 404);
    says(&call(&served, json!({"command": "users list", "argh": 1})).await, 400, "not a command");
    says(&call(&served, json!({"command": "users list --limit 0"})).await, 400, "limit");
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_or_invalid_setting_is_named_in_the_error() {
    let served = Served::here(Vec::new()).await;
    says(&slash(&served, "U1", "users list").await, 404, "SLACK_SIGNING_SECRET is not set");
    says(&call(&served, json!({"command": "users list"})).await, 404, "CLAUDE_ADMIN_HTTP_TOKEN is not set");
    says(&served.send("GET", "/healthz", &[], String::new()).await, 200, "ok");
    says(&served.send("GET", "/v1/commands", &[], String::new()).await, 405, "POST");
    let served = Served::here(vec![("CLAUDE_ADMIN_ALLOW", "everybody".to_owned())]).await;
    says(&served.send("GET", "/v1/commands", &[], String::new()).await, 500, "CLAUDE_ADMIN_ALLOW");
    let keys = ["ANTHROPIC_ADMIN_KEY", "ANTHROPIC_OAUTH_TOKEN", "ANTHROPIC_SCOPED_KEY"];
    let (_simulator, keyless) = gateway(&keys.map(|name| (name, ""))).await;
    says(&slash(&keyless, "U1", "users list").await, 200, "none of them is set");
}
