//! The gateway never shows its secrets, in any place of a request, and whichever server returns them.

use super::served::Served;
use super::{call, gateway, says, slash};
use claude_admin_simulator::RunningSimulator;
use serde_json::{Value, json};

/// Sends a command as a program and as a person, with a fault for both requests.
async fn ask_both(simulator: &RunningSimulator, served: &Served, effect: Value) -> [(u16, Value); 2] {
    simulator.inject(serde_json::from_value(json!({ "times": 2, "effect": effect })).unwrap());
    [call(served, json!({ "command": "users list" })).await, slash(served, "U1", "users list").await]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_credential_that_the_upstream_sends_back_is_in_no_answer() {
    let (simulator, served) = gateway(&[]).await;
    for secret in [simulator.admin_key(), simulator.oauth_token(), simulator.scoped_key()] {
        for effect in [
            json!({ "patch": { "set": { "/data/0/name": format!("echo {secret}") } } }),
            json!({ "status": { "code": 400, "message": format!("bad key {secret}") } }),
        ] {
            for (_, answer) in ask_both(&simulator, &served, effect).await {
                let answer = answer.to_string();
                assert!(answer.contains("[redacted]") && !answer.contains(secret), "{answer}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_wrong_variable_is_not_quoted() {
    let misplaced = "sk-ant-admin01-misplaced".to_owned();
    let served = Served::here(vec![("CLAUDE_ADMIN_ALLOW", misplaced)]).await;
    let answer = served.send("GET", "/healthz", &[], String::new()).await;
    says(&answer, 500, "CLAUDE_ADMIN_ALLOW");
    assert!(!answer.1.to_string().contains("misplaced"), "{}", answer.1);

    for url in ["https://user:misplaced@proxy.example", "https://proxy.example?key=misplaced", "misplaced"] {
        let (_simulator, served) = gateway(&[("ANTHROPIC_BASE_URL", url)]).await;
        let answer = slash(&served, "U1", "users list").await;
        says(&answer, 200, "ANTHROPIC_BASE_URL: the base URL");
        assert!(!answer.1.to_string().contains("misplaced"), "{}", answer.1);
    }
}
