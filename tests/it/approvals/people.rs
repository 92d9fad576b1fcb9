//! Approvals count people, not accounts: `[people]` says which accounts belong to one person.

use crate::support::{self, REMOVE, says, simulator, type_as, writes};
use claude_admin::audit::{Filter, search};
use claude_admin::decision::approval::NoObserver;
use claude_admin::decision::operation::Clock;
use claude_admin::decision::people;
use claude_admin::identity::Principal;
use claude_admin::service::{Outcome, Service};
use claude_admin_simulator::RunningSimulator;
use std::sync::Arc;

/// Names of people, each with accounts.
type People<'a> = &'a [(&'a str, &'a [&'a str])];

/// A host in which all users can run everything, with a mapping of people to accounts.
async fn host(policy: &str, people: People<'_>) -> (RunningSimulator, Service) {
    let simulator = simulator().await;
    let plugin = support::plugin(&simulator).await;
    let accounts = |accounts: &[&str]| accounts.iter().map(|account| account.parse().unwrap()).collect();
    let mapped = people.iter().map(|(name, of)| ((*name).to_owned(), accounts(of)));
    let mapped = people::People::new(mapped).unwrap();
    let decider = support::decider(plugin.catalog(), policy, &[], Clock::system()).with_people(mapped);
    (simulator, Service::new(plugin, decider, support::ledger(Clock::system()), Arc::new(NoObserver)))
}

fn account(text: &str) -> Principal {
    text.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn approval_from_another_platform_counts_only_between_mapped_people() {
    let mappings: [(People<'_>, Outcome, &str); 4] = [
        (&[], Outcome::Denied, "different platforms"),
        (&[("ada", &["slack:T1/UADA"])], Outcome::Denied, "different platforms"),
        (&[("ada", &["slack:T1/UADA", "local:bob"])], Outcome::Denied, "your own request"),
        (&[("ada", &["slack:T1/UADA"]), ("bob", &["local:bob"])], Outcome::Done, "Done."),
    ];
    for (people, outcome, words) in mappings {
        let (simulator, service) = host(support::EVERYBODY, people).await;
        let requested = type_as(&service, &account("slack:T1/UADA"), REMOVE).await;
        assert_eq!(requested.outcome, Outcome::Waiting);
        let approved = type_as(&service, &account("local:bob"), &format!("approve {}.1", requested.operation)).await;
        says(&approved, outcome, &[words]);
        assert_eq!(writes(&simulator).len(), usize::from(outcome == Outcome::Done), "{people:?}");
        // Every entry of the requester has their person, also those that the host writes.
        let person = people.first().map(|(name, _)| (*name).to_owned());
        let entries = search(service.ledger().log(), &Filter::default(), 1_000).unwrap().found;
        for entry in entries.into_iter().map(|recorded| recorded.entry) {
            if entry.principal == Some(account("slack:T1/UADA")) {
                assert_eq!(entry.person, person, "{entry:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn approvals_of_two_accounts_of_one_person_count_once() {
    let people: [(&str, &[&str]); 3] =
        [("ada", &["slack:T1/UADA"]), ("bob", &["local:bob", "http:bob"]), ("carol", &["http:carol"])];
    let (simulator, service) = host(r#"@approvals("2") permit(principal, action, resource);"#, &people).await;
    let requested = type_as(&service, &account("slack:T1/UADA"), REMOVE).await;
    let approve = format!("approve {}.1", requested.operation);
    says(&type_as(&service, &account("local:bob"), &approve).await, Outcome::Waiting, &[]);
    says(&type_as(&service, &account("http:bob"), &approve).await, Outcome::Conflict, &["already approved"]);
    assert!(writes(&simulator).is_empty());
    says(&type_as(&service, &account("http:carol"), &approve).await, Outcome::Done, &["Done."]);
    assert_eq!(writes(&simulator).len(), 1);
}
