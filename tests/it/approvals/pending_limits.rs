//! The limits of the pending requests of one person: their number and their size.

use crate::support::{self, MEMBER, ask, bob, kinds, open_host, says, text, type_as, type_in};
use claude_admin::command::{Options, Reason};
use claude_admin::decision::approval::MAX_PENDING;
use claude_admin::service::{Input, Outcome};
use serde_json::json;
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread")]
async fn pending_requests_of_one_person_have_a_limit() {
    let (_simulator, service) = open_host().await;
    let service = Arc::new(service);
    let update = format!("users update {MEMBER} billing");
    let mut first = String::new();
    for _ in 2..MAX_PENDING {
        let waiting = type_in(&service, &update).await;
        assert_eq!(waiting.outcome, Outcome::Waiting, "{}", text(&waiting));
        first = waiting.operation;
    }
    let at_once: Vec<_> = (0..20)
        .map(|_| {
            let (service, update) = (Arc::clone(&service), update.clone());
            tokio::spawn(async move { type_in(&service, &update).await })
        })
        .collect();
    let mut waiting = 0;
    for one in at_once {
        let reply = one.await.unwrap();
        match reply.outcome {
            Outcome::Waiting => waiting += 1,
            _ => says(&reply, Outcome::RateLimited, &["pending requests", "100", "Nothing was", "cancel ID"]),
        }
    }
    assert_eq!(waiting, 2, "as many as were left");
    let refused = type_in(&service, &update).await;
    assert_eq!(kinds(&service, &refused.operation), ["received", "outcome: rate_limited"]);
    // The limit applies to each requester, and only pending requests count.
    assert_eq!(type_as(&service, &bob(), &update).await.outcome, Outcome::Waiting);
    assert_eq!(type_in(&service, &format!("{update} --yes")).await.outcome, Outcome::Done);
    assert_eq!(type_in(&service, &format!("{update} --dry-run")).await.outcome, Outcome::Done);
    assert_eq!(type_in(&service, &format!("cancel {first}")).await.outcome, Outcome::Done);
    // The role already has this value.
    let other = format!("users update {MEMBER} user");
    assert_eq!(type_in(&service, &other).await.outcome, Outcome::Waiting);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_of_pending_requests_of_one_person_have_a_limit() {
    let (_simulator, service) = open_host().await;
    let settings = json!({"settings": {"note": "x".repeat(1_000_000)}});
    let request = || Input::Operation {
        id: "managed-settings.update-default".to_owned(),
        arguments: settings.as_object().unwrap().clone(),
        options: Options { reason: Some(Reason::new("a test").unwrap()), ..Options::default() },
    };
    let mut waiting = 0;
    let refused = loop {
        let reply = ask(&service, &support::ada(), request()).await;
        if reply.outcome != Outcome::Waiting {
            break reply;
        }
        waiting += 1;
        assert!(waiting < 20);
    };
    says(&refused, Outcome::RateLimited, &["pending requests", "16 MiB"]);
    assert!(waiting > 2, "{waiting}");
}
