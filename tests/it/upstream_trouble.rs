//! Trouble upstream: each kind has its own message, says whether anything changed, and loses nothing.

use crate::support::{self, limits, text, type_in};
use claude_admin::egress::Credentials;
use claude_admin::sandbox::Limits;
use claude_admin::service::{Outcome, Service};
use claude_admin_simulator::{Effect, Fault, HugeEffect, PatchEffect, RunningSimulator};
use secrecy::SecretString;
use serde_json::{Value, json};
use std::time::Duration;

const READ: &str = "users list --limit 5";
const WRITE: &str = "invites create grace@example.com developer --yes";

/// Injects a fault for the maximum number of requests of a read.
fn inject(simulator: &RunningSimulator, fault: Value) {
    let mut fault: Fault = serde_json::from_value(fault).unwrap();
    fault.times = fault.times.max(3);
    simulator.inject(fault);
}

async fn expect(service: &Service, line: &str, outcome: Outcome, words: &[&str]) {
    let reply = type_in(service, line).await;
    let text = text(&reply);
    assert_eq!(reply.outcome, outcome, "{line}: {text}");
    for word in words {
        assert!(text.contains(word), "{line}: `{word}` is not in: {text}");
    }
    assert!(reply.to_json()["error"]["message"].is_string(), "programs are told as well");
}

/// A status with the expected words for a read and for a write.
async fn status(status: Value, outcome: Outcome, read: &[&str], write: &[&str]) {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let fault = json!({"effect": {"status": &status}});
    inject(&simulator, fault.clone());
    expect(&service, READ, outcome, read).await;
    simulator.clear_faults();
    simulator.clear_requests();
    inject(&simulator, fault);
    // If a server fails, it is unknown whether it made the change first.
    let unknown = status["code"].as_u64().is_some_and(|code| code >= 500);
    expect(&service, WRITE, if unknown { Outcome::Unknown } else { outcome }, write).await;
    assert_eq!(simulator.requests().len(), 1, "a write is never sent again");
    simulator.clear_faults();
    assert_eq!(type_in(&service, READ).await.outcome, Outcome::Done, "the next call works");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_request_is_quoted_with_its_code() {
    let error = json!({"code": 400, "message": "that will not do"});
    status(
        error,
        Outcome::Refused,
        &["status 400", "that will not do", "Nothing was changed"],
        &["Nothing was changed", "Correct the command"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_credential_is_the_operators_business() {
    status(
        json!({"code": 401}),
        Outcome::Failed,
        &["401", "credential", "host administrator"],
        &["Nothing was changed"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_door_names_what_opens_it() {
    status(json!({"code": 403}), Outcome::Failed, &["403", "admin-key", "oauth"], &["scope:write:members"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missing_object_is_reported_as_not_found() {
    status(json!({"code": 404}), Outcome::NotFound, &["404", "Not found"], &["Nothing was changed"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_asks_to_look_again() {
    status(json!({"code": 409}), Outcome::Conflict, &["409", "Check the target"], &["Nothing was changed"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_says_how_long() {
    let error = json!({"code": 429, "retry_after": 3600});
    status(
        error,
        Outcome::RateLimited,
        &["Try again in 3600 seconds"],
        &["Try again in 3600 seconds", "Nothing was changed"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_without_an_end_is_not_waited_for() {
    status(
        json!({"code": 429}),
        Outcome::RateLimited,
        &["did not return a retry time", "Waiting might not help"],
        &["Nothing was changed"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_server_leaves_a_write_unknown() {
    status(json!({"code": 500}), Outcome::Failed, &["500", "Nothing was changed"], &["is not known", "`invites list`"])
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overloaded_server_leaves_a_write_unknown() {
    status(
        json!({"code": 529}),
        Outcome::Failed,
        &["529", "overloaded", "Nothing was changed"],
        &["is not known", "`invites list`"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_is_tried_again_and_succeeds() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    simulator.inject(serde_json::from_value(json!({"times": 1, "effect": {"status": {"code": 529}}})).unwrap());
    simulator.inject(
        serde_json::from_value(json!({"times": 1, "effect": {"status": {"code": 429, "retry_after": 1}}})).unwrap(),
    );
    let reply = type_in(&service, READ).await;
    assert_eq!(reply.outcome, Outcome::Done, "{}", text(&reply));
    assert_eq!(reply.sent[0].attempts, 3);
    assert_eq!(simulator.requests().len(), 3);
}

async fn broken(effect: Effect, limits: Limits, read: &[&str], write: &[&str]) {
    let simulator = support::simulator().await;
    let service = support::service_at(&simulator.base_url(), support::credentials(&simulator), limits);
    simulator.inject(Fault { times: 3, ..Fault::new(effect.clone()) });
    expect(&service, READ, Outcome::Failed, read).await;
    simulator.clear_faults();
    simulator.clear_requests();
    simulator.inject(Fault { times: 3, ..Fault::new(effect) });
    let unknown = write.iter().any(|words| words.contains("known"));
    expect(&service, WRITE, if unknown { Outcome::Unknown } else { Outcome::Failed }, write).await;
    assert_eq!(simulator.requests().len(), 1, "a write is never sent again");
    simulator.clear_faults();
    assert_eq!(type_in(&service, READ).await.outcome, Outcome::Done, "the next call works");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncated_body_leaves_a_write_unknown() {
    broken(
        Effect::Truncate,
        limits(),
        &["ended before the response was complete", "Nothing was changed"],
        &["is not known", "`invites list`"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_connection_leaves_a_write_unknown() {
    broken(Effect::Close, limits(), &["Nothing was changed"], &["is not known", "`invites list`"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_not_json_leaves_a_write_unknown() {
    broken(
        Effect::Garbage,
        limits(),
        &["HTML page", "proxy or firewall", "Nothing was changed"],
        &["is not known", "`invites list`"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_100_megabytes_is_not_read() {
    let effect = Effect::Huge(serde_json::from_value::<HugeEffect>(json!({"bytes": 100 << 20})).unwrap());
    broken(effect, limits(), &["larger than the host allows", "--limit"], &["is not known"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_never_ends_is_ended() {
    let short = Limits { wall_clock: Duration::from_secs(2), ..limits() };
    broken(Effect::Endless, short, &["Nothing was changed"], &["is not known"]).await;
}

fn patch(set: Value, remove: Value) -> Effect {
    Effect::Patch(serde_json::from_value::<PatchEffect>(json!({"set": set, "remove": remove})).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_word_of_a_growing_set_is_shown_as_it_is() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    simulator
        .inject(Fault::new(patch(json!({"/data/0/role": "galactic_emperor", "/data/0/shoe_size": 42}), json!([]))));
    let reply = type_in(&service, READ).await;
    assert_eq!(reply.outcome, Outcome::Done);
    assert!(text(&reply).contains("galactic_emperor"));
    assert_eq!(reply.to_json()["data"][0]["role"], "galactic_emperor");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_field_is_named_with_its_place() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    simulator.inject(Fault::new(patch(json!({}), json!(["/data/1/email"]))));
    expect(&service, READ, Outcome::Failed, &["`data[1].email`", "missing", "Nothing was changed"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_the_upstreams_fault_and_leaves_a_write_unknown() {
    let redirect = json!({"redirect": {"location": "https://elsewhere.example/"}});
    let effect: Effect = serde_json::from_value(redirect).unwrap();
    broken(
        effect,
        limits(),
        &["sent a redirect (status 307)", "Nothing was changed"],
        &["is not known", "`invites list`"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_name_that_leads_to_this_machine_is_not_connected_to() {
    let credentials = Credentials::new(Some(SecretString::from("sk-ant-admin01-simulator-0")), None);
    // If names below `localhost` can be resolved, they resolve to this machine.
    let service = support::service_at("https://api.localhost", credentials, limits());
    let reply = type_in(&service, WRITE).await;
    assert_eq!(reply.outcome, Outcome::Failed);
    let text = text(&reply);
    assert!(text.contains("address that is not allowed") || text.contains("cannot be resolved"), "{text}");
    assert!(text.contains("Nothing was"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connection_means_that_nothing_happened() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let credentials = || Credentials::new(Some(SecretString::from("sk-ant-admin01-simulator-0")), None);
    let service = support::service_at(&format!("http://{free}"), credentials(), limits());
    for line in [READ, WRITE] {
        expect(&service, line, Outcome::Failed, &["does not accept the connection", "Nothing was changed"]).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_tls_is_not_spoken_to() {
    let simulator = support::simulator().await;
    let url = simulator.base_url().replace("http://", "https://");
    let service = support::service_at(&url, support::credentials(&simulator), limits());
    for line in [READ, WRITE] {
        expect(&service, line, Outcome::Failed, &["No secure connection", "Nothing was changed"]).await;
    }
    assert_eq!(simulator.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_credential_is_named_before_anything_is_sent() {
    let simulator = support::simulator().await;
    let service = support::service_at(&simulator.base_url(), Credentials::default(), limits());
    expect(&service, READ, Outcome::Failed, &["ANTHROPIC_ADMIN_KEY", "ANTHROPIC_OAUTH_TOKEN", "Nothing was sent"])
        .await;
    assert_eq!(simulator.requests(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_read_before_a_failure_are_returned() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    simulator.inject(serde_json::from_value(json!({"times": 1, "delay_ms": 0})).unwrap());
    inject(&simulator, json!({"effect": {"status": {"code": 403}}}));
    let reply = type_in(&service, "users list --limit 10 --all").await;
    assert_eq!(reply.outcome, Outcome::Partial, "{}", text(&reply));
    assert_eq!(reply.data.as_ref().unwrap()["data"].as_array().map(Vec::len), Some(10));
    assert!(text(&reply).contains("403") && text(&reply).contains("10 users"), "{}", text(&reply));
    assert!(text(&reply).contains("Next: users list"), "how to go on: {}", text(&reply));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_credential_is_in_nothing_that_can_be_seen() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let key = simulator.admin_key().to_owned();
    // A server that returns the credential of the request or the other credential: the host removes both.
    for secret in [&key, simulator.oauth_token()] {
        simulator.inject(Fault::new(patch(json!({"/data/0/name": format!("echo {secret}")}), json!([]))));
        let reply = type_in(&service, READ).await;
        let everything = format!("{reply:?} {service:?} {} {}", text(&reply), reply.to_json());
        assert!(!everything.contains(secret), "{everything}");
        assert!(text(&reply).contains("echo [redacted]"));
    }
    let error = json!({"effect": {"status": {"code": 400, "message": format!("bad key {key}")}}});
    inject(&simulator, error);
    let reply = type_in(&service, READ).await;
    assert!(!format!("{reply:?}").contains(&key));
}
