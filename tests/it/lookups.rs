//! Lists that the API returns incompletely, or with invalid IDs: no name is looked up in them.

use super::raw_upstream::{RawUpstream, response};
use crate::support::{self, limits, log_of, says, type_in};
use claude_admin::egress::Credentials;
use claude_admin::service::{Outcome, Service};
use secrecy::SecretString;
use serde_json::{Value, json};

fn service_at(upstream: &RawUpstream) -> Service {
    let key = SecretString::from("sk-ant-admin01-simulator-0000000000000000");
    support::service_at(&upstream.url(), Credentials::new(Some(key), None), limits())
}

fn member(id: &str, name: &str, email: &str) -> Value {
    json!({
        "id": id, "email": email, "name": name, "role": "user", "added_at": "2026-01-01T00:00:00Z", "type": "user",
    })
}

/// A page that says that more members follow, with the cursor.
fn page(number: usize, more: bool, cursor: Value) -> String {
    let member = member(&format!("user_{number}"), &format!("Number {number}"), &format!("u{number}@example.com"));
    response(200, "", &json!({"data": [member], "has_more": more, "first_id": "a", "last_id": cursor}).to_string())
}

#[tokio::test(flavor = "multi_thread")]
async fn name_is_not_looked_up_in_an_incomplete_list() {
    // Without a cursor; with an empty one; back at the second page after the third.
    let lost = |cursor: Value| move |_: &str, number: usize| page(number, true, cursor.clone());
    let circle = |_: &str, number: usize| page(number, true, json!(format!("user_{}", (number - 1) % 3)));
    for (what, upstream) in [
        ("no cursor", RawUpstream::start(lost(Value::Null)).await),
        ("empty cursor", RawUpstream::start(lost(json!(""))).await),
        ("circle", RawUpstream::start(circle).await),
    ] {
        let service = service_at(&upstream);
        for sought in ["\"Number 1\"", "u1@example.com", "Nobody", "nobody@example.com"] {
            let before = upstream.requests();
            let reply = type_in(&service, &format!("users remove {sought} --reason x")).await;
            says(
                &reply,
                Outcome::Failed,
                &["did not return all of `users list`", "Write the ID.", "Nothing was changed."],
            );
            let shown = support::text(&reply);
            assert!(!shown.contains("has no entry"), "{what}: {shown}");
            assert!(upstream.requests() - before <= 4, "{what}: {}", upstream.requests());
        }
        assert!(log_of(&service).contains("lookup-incomplete"), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn id_or_address_that_is_too_long_is_not_understood() {
    let (long_id, long_email) = (format!("user_{}", "i".repeat(7_000_000)), format!("{}@example.com", "e".repeat(400)));
    for (id, email) in [(long_id, "u1@example.com".to_owned()), ("user_1".to_owned(), long_email)] {
        let items = json!({"data": [member(&id, "Ada", &email)], "has_more": false, "first_id": null, "last_id": null});
        let body = items.to_string();
        let upstream = RawUpstream::start(move |_, _| response(200, "", &body)).await;
        let service = service_at(&upstream);
        let reply = type_in(&service, "users remove Ada --reason x").await;
        says(&reply, Outcome::Failed, &["does not understand", "Nothing was changed."]);
        let log = log_of(&service);
        assert!(log.contains("lookup-not-understood") && log.len() < 20_000, "{} bytes", log.len());
        assert_eq!(upstream.requests(), 1);
    }
}
