//! The resources of a host that one person, one component or one response can use.

use super::raw_upstream::{RawUpstream, response};
use crate::support::{self, ada, bob, limits, says, text, type_as, type_in};
use claude_admin::egress::{Credentials, WorkloadSettings};
use claude_admin::frontend::http::{Client, Http};
use claude_admin::identity::Principal;
use claude_admin::sandbox::{Limits, Plugin};
use claude_admin::service::{Outcome, Service};
use claude_admin_chat::paging::{cost_of, memory_of};
use claude_admin_simulator::Fault;
use http_body_util::BodyExt;
use secrecy::SecretString;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Duration;

fn credentials() -> Credentials {
    Credentials::new(Some(SecretString::from("sk-ant-admin01-simulator-0000000000000000")), None)
}

fn service_at(upstream: &RawUpstream, limits: Limits) -> Service {
    support::service_at(&upstream.url(), credentials(), limits)
}

/// A page of members that always leads to another one.
fn page(members: usize, number: usize) -> String {
    page_of(members, number, true)
}

fn page_of(members: usize, number: usize, more: bool) -> String {
    let member = |index: usize| {
        json!({
            "id": format!("user_{number}_{index}"), "email": "u1@example.com", "name": "N", "role": "user",
            "added_at": "2026-01-01T00:00:00Z", "type": "user",
        })
    };
    let members: Vec<_> = (0..members).map(member).collect();
    let last = format!("user_{number}_last");
    response(200, "", &json!({"data": members, "has_more": more, "first_id": "a", "last_id": last}).to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_one_command_have_a_limit_together() {
    let upstream = RawUpstream::start(|_, number| page(1000, number)).await;
    let service = service_at(&upstream, Limits { answer_bytes: 4 << 20, ..limits() });
    let reply = type_in(&service, "users list --all").await;
    says(&reply, Outcome::Partial, &["limits.answer_mib", "Next: users list"]);
    let data = reply.data.as_ref().unwrap();
    assert!(memory_of(data) <= 4 << 20 && data["data"].as_array().unwrap().len() >= 1000);
    assert!(upstream.requests() < 10, "{}", upstream.requests());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_page_above_the_limit_is_an_error_that_names_it() {
    let upstream = RawUpstream::start(|_, number| page(1000, number)).await;
    let service = service_at(&upstream, Limits { answer_bytes: 100 << 10, ..limits() });
    let reply = type_in(&service, "users list").await;
    says(&reply, Outcome::Failed, &["limits.answer_mib", "--limit", "Nothing was changed"]);
    assert_eq!(reply.data, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn results_of_one_person_leave_memory_for_another() {
    let upstream = RawUpstream::start(|_, number| page(1000, number)).await;
    let service = service_at(&upstream, Limits { answers_bytes: 8 << 20, ..limits() });
    let first = type_in(&service, "users list --all").await;
    says(&first, Outcome::Partial, &["your share", "limits.answers_mib"]);
    let second = type_in(&service, "users list").await;
    says(&second, Outcome::RateLimited, &["limits.answers_mib", "Try again"]);
    let of_another = type_as(&service, &bob(), "users list").await;
    assert_eq!(of_another.outcome, Outcome::Done, "{}", text(&of_another));
    drop(first);
    assert_eq!(type_in(&service, "users list").await.outcome, Outcome::Done, "the memory was given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn lookups_use_the_memory_of_whoever_asks() {
    let upstream =
        RawUpstream::start(
            |request, number| {
                if request.contains("/users?") { page(1000, number) } else { response(404, "", "{}") }
            },
        )
        .await;
    let service = service_at(&upstream, Limits { answers_bytes: 8 << 20, ..limits() });
    let first = type_in(&service, "users list --all").await;
    assert_eq!(first.outcome, Outcome::Partial);
    let lookup = type_in(&service, "users get \"Nobody at all\"").await;
    says(&lookup, Outcome::RateLimited, &["limits.answers_mib"]);
    let records = service.ledger().log().read(0, 1000).unwrap();
    assert!(records.last().unwrap().text.contains("answers-bytes"), "{records:?}");
}

/// A host in front of an upstream, as programs use it.
fn api(upstream: &RawUpstream, limits: Limits) -> Http {
    let sandbox = support::sandbox(&upstream.url(), credentials(), limits);
    let plugin = Plugin::embedded(&sandbox).expect("the component loads");
    let service = Arc::new(support::service_with(plugin, support::EVERYBODY, &[]));
    let client = |name: &str| Client { principal: Principal::http(name).unwrap(), token: SecretString::from(name) };
    Http::new(service, vec![client("first"), client("second")])
}

async fn post(http: &Http, client: &str, body: serde_json::Value) -> axum::response::Response {
    let authorization = format!("Bearer {client}").parse().unwrap();
    let headers = http::HeaderMap::from_iter([(http::header::AUTHORIZATION, authorization)]);
    http.command(&headers, body.to_string().as_bytes()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn response_that_is_not_sent_yet_counts_as_used_memory() {
    let upstream = RawUpstream::start(|_, number| page(1000, number)).await;
    let list = || json!({"command": "users list", "output": "json"});
    let result = type_in(&service_at(&upstream, limits()), "users list").await;
    let cost = cost_of(result.data.as_ref().unwrap());
    // One result fits into the half of one principal, and not next to the text of another one.
    let http = api(&upstream, Limits { answers_bytes: 2 * cost + 1000, ..limits() });
    let unsent = post(&http, "first", list()).await;
    assert_eq!(unsent.status(), 200);
    let refused = post(&http, "first", list()).await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "1");
    drop(refused);
    let body = unsent.into_body().collect().await.unwrap().to_bytes();
    assert_eq!(post(&http, "first", list()).await.status(), 429, "the body is still in memory");
    assert!(body.len() > 100_000);
    drop(body);
    assert_eq!(post(&http, "first", list()).await.status(), 200, "the memory was given back");
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_is_much_wider_than_its_data_is_refused() {
    let wide = |_: &str, number: usize| {
        let member = |index: usize| {
            let name = if index == 0 { "N".repeat(50_000) } else { "N".to_owned() };
            json!({
                "id": format!("user_{number}_{index}"), "email": "u1@example.com", "name": name, "role": "user",
                "added_at": "2026-01-01T00:00:00Z", "type": "user",
            })
        };
        let members: Vec<_> = (0..1000).map(member).collect();
        response(200, "", &json!({"data": members, "has_more": false, "first_id": "a", "last_id": "b"}).to_string())
    };
    let upstream = RawUpstream::start(wide).await;
    let http = api(&upstream, Limits { answers_bytes: 16 << 20, ..limits() });
    for (output, status) in [("json", 200), ("csv", 200), ("text", 429)] {
        let response = post(&http, "first", json!({"command": "users list", "output": output})).await;
        let got = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(got, status, "{output}: {}", String::from_utf8_lossy(&body).chars().take(500).collect::<String>());
        assert_eq!(status == 429, body.windows(11).any(|words| words == b"answers_mib"), "{output}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn response_that_is_not_sent_yet_is_a_command_of_its_principal() {
    let upstream = RawUpstream::start(|_, number| page(1, number)).await;
    let http = api(&upstream, Limits { connections: 8, ..limits() });
    let whoami = || json!({"command": "whoami"});
    let unsent = [post(&http, "first", whoami()).await, post(&http, "first", whoami()).await];
    let refused = post(&http, "first", whoami()).await;
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (429, &"1".parse().unwrap()));
    let body = refused.into_body().collect().await.unwrap().to_bytes();
    let body = String::from_utf8_lossy(&body);
    assert!(body.contains("You have 2 commands") && body.contains("limits.connections"), "{body}");
    assert!(body.contains("Nothing was sent") && !body.contains("operation_id"), "{body}");
    assert_eq!(post(&http, "second", whoami()).await.status(), 200, "another principal has commands of its own");
    drop(unsent);
    assert_eq!(post(&http, "first", whoami()).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_are_too_large_are_read_in_smaller_ones() {
    let limit = |request: &str| -> usize {
        let limit = request.split_once("limit=").expect("a size").1;
        limit.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
    };
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sizes);
    // Three pages with the requested number of members.
    let upstream = RawUpstream::start(move |request, number| {
        let size = limit(request);
        seen.lock().unwrap().push(size);
        let last = request.contains("after_id=user_4");
        page_of(size, number, !last)
    })
    .await;
    let service = service_at(&upstream, Limits { response_bytes: 40 << 10, ..limits() });
    let reply = type_in(&service, "users list --all").await;
    assert_eq!(reply.outcome, Outcome::Done, "{}", text(&reply));
    assert_eq!(reply.data.as_ref().unwrap()["data"].as_array().unwrap().len(), 750);
    assert_eq!(std::mem::take(&mut *sizes.lock().unwrap()), [1000, 500, 250, 250, 250]);
    // Only the person chose this size.
    let reply = type_in(&service, "users list --limit 1000").await;
    says(&reply, Outcome::Failed, &["smaller `--limit`", "limits.response_mib", "Nothing was changed"]);
    assert_eq!(*sizes.lock().unwrap(), [1000]);
}

#[tokio::test(flavor = "multi_thread")]
async fn item_that_is_too_large_is_an_error_that_names_the_limit() {
    let upstream = RawUpstream::start(|_, number| page(1000, number)).await;
    let service = service_at(&upstream, Limits { response_bytes: 10 << 10, ..limits() });
    for (command, requests) in [("users list --all", 10), ("users get user_1", 11)] {
        let reply = type_in(&service, command).await;
        says(&reply, Outcome::Failed, &["limits.response_mib", "Nothing was changed"]);
        assert_eq!(upstream.requests(), requests);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_read_costs_kilobytes_whatever_the_api_says() {
    let message = "m".repeat(7_900_000);
    let body =
        json!({"error": {"type": message, "message": message, "details": {"error_code": message, "more": message}}});
    let body = body.to_string();
    let limits = Limits { response_bytes: 64 << 20, copied_bytes: 512 << 20, memory_bytes: 512 << 20, ..limits() };
    let id = "i".repeat(5_000);
    let upstream = RawUpstream::start(move |_, _| response(400, &format!("request-id: {id}\r\n"), &body)).await;
    let service = service_at(&upstream, Limits { wasm_time: Duration::from_secs(20), ..limits });
    for _ in 0..3 {
        let reply = type_in(&service, "users list").await;
        says(&reply, Outcome::Refused, &["bytes more)"]);
        assert!(text(&reply).len() + reply.to_json().to_string().len() < 40_000, "{}", text(&reply).len());
    }
    // The same applies to the data of the target that a write records.
    type_in(&service, "users update user_1 developer --yes --reason x").await;
    let records = service.ledger().log().read(0, 1000).unwrap();
    let size: usize = records.iter().map(|record| record.text.len()).sum();
    assert!(size < 100_000, "{size} bytes in {} records", records.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn hanging_calls_of_one_person_leave_a_slot_for_another() {
    let simulator = support::simulator().await;
    let limits = Limits { queue: Duration::from_secs(600), wall_clock: Duration::from_secs(600), ..limits() };
    let service = Arc::new(support::service_at(&simulator.base_url(), support::credentials(&simulator), limits));
    let hanging =
        Fault { path: Some("/v1/organizations/users".to_owned()), times: 2000, delay_ms: 600_000, ..Fault::default() };
    simulator.inject(hanging);
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..1000 {
        let service = Arc::clone(&service);
        calls.spawn(async move { type_as(&service, &ada(), "users list").await });
    }
    while simulator.requests().len() < 2 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let bob = bob();
    let other = type_as(&service, &bob, "organization me");
    let reply = tokio::time::timeout(Duration::from_secs(120), other)
        .await
        .expect("the calls of the other person hang for ten minutes");
    assert_eq!(reply.outcome, Outcome::Done, "{}", text(&reply));
    assert_eq!(simulator.requests().len(), 3, "two of the thousand have a slot");
    // Commands that would exceed the limit fail instead of waiting.
    let most = service.plugin().sandbox().limits().commands_of_one();
    for _ in most..1000 {
        let refused = calls.join_next().await.unwrap().unwrap();
        says(&refused, Outcome::RateLimited, &["commands that are running", "limits.connections", "Nothing was sent"]);
    }
    let waiting = tokio::time::timeout(Duration::from_millis(50), calls.join_next()).await;
    assert!(waiting.is_err(), "the others run or wait");
    calls.abort_all();
}

#[tokio::test(flavor = "multi_thread")]
async fn wait_for_a_slot_has_a_limit_and_an_error_of_its_own() {
    let simulator = support::simulator().await;
    let limits = Limits { concurrency: 1, queue: Duration::from_millis(200), ..limits() };
    let service = Arc::new(support::service_at(&simulator.base_url(), support::credentials(&simulator), limits));
    simulator.inject(Fault { delay_ms: 20_000, ..Fault::default() });
    let hanging = {
        let service = Arc::clone(&service);
        tokio::spawn(async move { type_in(&service, "users list").await })
    };
    while simulator.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let reply = type_in(&service, "invites create grace@example.com developer --yes").await;
    says(&reply, Outcome::RateLimited, &["limits.queue_ms", "Nothing was sent", "limits.concurrency"]);
    hanging.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_seconds_to_wait_is_no_panic() {
    for value in
        ["0", "-1", "1", "9223372036854775807", "9223372036854775808", "18446744073709551615", "1e400", "0.5", "soon"]
    {
        for status in [429, 503] {
            let headers = format!("retry-after: {value}\r\n");
            let upstream = RawUpstream::start(move |_, _| response(status, &headers, "{}")).await;
            let service = service_at(&upstream, Limits { wall_clock: Duration::from_secs(9), ..limits() });
            let reply = type_in(&service, "users list").await;
            let expected = if status == 429 { Outcome::RateLimited } else { Outcome::Failed };
            assert_eq!(reply.outcome, expected, "{value}: {}", text(&reply));
            assert!((1..=3).contains(&upstream.requests()), "{value}: {}", upstream.requests());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_any_length_are_no_panic() {
    let simulator = support::simulator().await;
    let long = Duration::from_millis(u64::MAX);
    let limits = Limits {
        wasm_time: long,
        wall_clock: long,
        queue: long,
        request: long,
        copied_bytes: usize::MAX,
        answer_bytes: usize::MAX,
        answers_bytes: usize::MAX,
        resources: usize::MAX,
        response_bytes: usize::MAX,
        ..limits()
    };
    let service = support::service_at(&simulator.base_url(), support::credentials(&simulator), limits);
    assert_eq!(type_in(&service, "users list").await.outcome, Outcome::Done);
}

/// A host whose workload identity exchanges its token at an upstream.
fn workload(folder: &std::path::Path, assertion: &str, upstream: &RawUpstream) -> Service {
    let token_file = folder.join("token");
    std::fs::write(&token_file, assertion).unwrap();
    let settings = WorkloadSettings {
        token_file,
        federation_rule_id: "fdrl_1".to_owned(),
        organization_id: "00000000-0000-0000-0000-000000000000".to_owned(),
        service_account_id: None,
        workspace_id: None,
    };
    support::service_at(&upstream.url(), Credentials::default().with_workload_identity(Some(settings)), limits())
}

#[tokio::test(flavor = "multi_thread")]
async fn assertion_echoed_by_the_token_endpoint_is_redacted() {
    let folder = tempfile::tempdir().unwrap();
    let assertion = "AAAAheadAAAA.BBBBclaimsBBBB.CCCCsignatureCCCC";
    for echo in [
        assertion.to_owned(),
        assertion.replace('.', "%2E"),
        assertion.replace('.', "\\u002e"),
        assertion[..20].to_owned(),
    ] {
        let body = json!({"error": {"type": "invalid_grant", "message": format!("bad assertion {echo}")}}).to_string();
        let upstream = RawUpstream::start(move |_, _| response(400, "", &body)).await;
        let service = workload(folder.path(), assertion, &upstream);
        let reply = type_in(&service, "users list").await;
        says(&reply, Outcome::Failed, &["bad assertion [redacted]", "Nothing was"]);
        let records = service.ledger().log().read(0, 1000).unwrap();
        let everything = format!("{reply:?} {} {records:?}", reply.to_json());
        for part in ["head", "claims", "signature"] {
            assert!(!everything.contains(part), "{echo}: {everything}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_lifetime_of_a_token_is_no_panic() {
    let folder = tempfile::tempdir().unwrap();
    for lifetime in ["18446744073709551615", "9223372036854775807", "1e300", "1e400", "0", "-1", "0.5"] {
        let token = format!(r#"{{"access_token":"token-of-a-test","expires_in":{lifetime}}}"#);
        let upstream = RawUpstream::start(move |request, number| {
            if request.contains("/oauth/token") { response(200, "", &token) } else { page(1, number) }
        })
        .await;
        let service = workload(folder.path(), "aaaaaaaa.bbbbbbbb.cccccccc", &upstream);
        let reply = type_in(&service, "users list").await;
        let works = !matches!(lifetime, "0" | "-1" | "1e400");
        assert_eq!(reply.outcome == Outcome::Done, works, "{lifetime}: {}", text(&reply));
    }
}
