//! For every policy and every command: no request is sent that the policy does not permit.

use crate::support::{self, ada, bob};
use cedar_policy::{Authorizer, Context, Entities, PolicySet, Request, Schema};
use claude_admin::command::{self, Command, Markup};
use claude_admin::decision::policy::schema_text;
use claude_admin::service::Outcome;
use claude_admin_catalog::Catalog;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The number of policies, each with several commands.
const CASES: usize = 60;

/// The scope of a policy: principal and action.
fn policy(catalog: &Catalog) -> impl Strategy<Value = String> + use<> {
    let ids: Vec<String> = catalog.actions.iter().map(|action| action.id.clone()).collect();
    let groups = ["read", "write", "reversible", "disruptive", "irreversible"].map(str::to_owned);
    let interfaces: Vec<String> =
        catalog.interfaces.iter().filter(|it| !it.embedder).map(|it| it.name.clone()).collect();
    let action = prop_oneof![
        3 => select(ids).prop_map(|id| format!("action == Action::\"{id}\"")),
        2 => select([groups.to_vec(), interfaces].concat()).prop_map(|id| format!("action in Action::\"{id}\"")),
        1 => Just("action".to_owned()),
    ];
    let who = select(vec!["principal", "principal == User::\"local:ada\"", "principal == User::\"local:bob\""]);
    let place = select(vec!["resource", "resource == Place::\"local\"", "resource == Place::\"http\""]);
    let condition = select(vec!["", "", "when { context has reason }", "unless { context has reason }"]);
    (prop::bool::weighted(0.7), who, action, place, condition).prop_map(|(permit, who, action, place, condition)| {
        let effect = if permit { "permit" } else { "forbid" };
        // A condition on the context must be valid for every action in the scope. The host actions have no such
        // context.
        let condition = if action == "action" { "" } else { condition };
        format!("{effect}({who}, {action}, {place}) {condition};")
    })
}

/// Whether Cedar itself permits an action to a user, without any of our code.
fn permitted(policies: &str, catalog: &Catalog, user: &str, id: &str, arguments: &str, reason: bool) -> bool {
    let set: PolicySet = policies.parse().unwrap();
    let (schema, _) = Schema::from_cedarschema_str(&schema_text(catalog)).unwrap();
    let uid = |kind: &str, id: &str| format!("{kind}::\"{id}\"").parse().unwrap();
    let reason = if reason { r#","reason":"a test""# } else { "" };
    let context = format!(
        r#"{{"arguments":{arguments},"cleared":[],"time":{{"__extn":{{"fn":"datetime","arg":"2026-11-22"}}}}{reason}}}"#
    );
    let action: cedar_policy::EntityUid = uid("Action", id);
    let context = Context::from_json_str(&context, Some((&schema, &action))).unwrap();
    let request = Request::new(uid("User", user), action, uid("Place", "local"), context, Some(&schema)).unwrap();
    // The schema contains the groups of actions.
    let entities = Entities::from_entities(schema.action_entities().unwrap(), Some(&schema)).unwrap();
    let response = Authorizer::new().is_authorized(&request, &set, &entities);
    response.decision() == cedar_policy::Decision::Allow
}

#[tokio::test(flavor = "multi_thread")]
async fn only_permitted_requests_are_sent_and_forbids_never_add_any() {
    let simulator = support::simulator().await;
    let plugin = support::plugin(&simulator).await;
    let catalog = Arc::clone(plugin.catalog());
    let examples: Vec<String> = catalog.actions.iter().map(|action| action.examples[0].clone()).collect();
    let mut runner = TestRunner::default();
    let mut seen = BTreeSet::new();
    for _ in 0..CASES {
        let strategy =
            (prop::collection::vec(policy(&catalog), 0..5), subsequence(examples.clone(), 4), prop::bool::ANY);
        let (policies, commands, reason) = strategy.new_tree(&mut runner).unwrap().current();
        let text = policies.join("\n");
        let forbids: Vec<String> =
            policies.iter().map(|policy| policy.replacen("permit", "forbid", 1)).take(1).collect();
        let stricter = format!("{text}\n{}", forbids.join("\n"));
        for line in &commands {
            let mut sent = Vec::new();
            for text in [&text, &stricter] {
                simulator.reset();
                let service = support::service_with(Arc::clone(&plugin), text, &[]);
                let line = if reason { format!("{line} --yes --reason \"a test\"") } else { format!("{line} --yes") };
                let reply = support::type_as(&service, &ada(), &line).await;
                if reply.outcome == Outcome::Waiting {
                    support::type_as(&service, &bob(), &format!("approve {}", reply.operation)).await;
                }
                let Ok(Command::Run(draft, _)) = command::parse(&catalog, &line, Markup::None, jiff::Timestamp::now())
                else {
                    panic!("{line}")
                };
                let own: BTreeSet<String> =
                    simulator.requests().into_iter().filter_map(|request| request.action).collect();
                for id in &own {
                    let action = catalog.action(id).unwrap();
                    // The action with its arguments; a read for its plan with the arguments that the path needs.
                    let arguments = draft.invocation.arguments.iter().filter(|(name, _)| action.input(name).is_some());
                    let arguments: serde_json::Map<_, _> =
                        arguments.map(|(name, value)| (name.replace('-', "_"), value.clone())).collect();
                    let with_reason = reason && *id == draft.invocation.action.id;
                    // Cedar represents maps, records and null differently. The conditions here do not use arguments.
                    let is_plain = |value: &serde_json::Value| match value {
                        serde_json::Value::Array(items) => items.iter().all(serde_json::Value::is_string),
                        value => !value.is_object() && !value.is_null(),
                    };
                    if !arguments.values().all(is_plain) {
                        continue;
                    }
                    let arguments = serde_json::Value::Object(arguments).to_string();
                    assert!(
                        permitted(text, &catalog, "local:ada", id, &arguments, with_reason),
                        "{id} was sent for `{line}` under:\n{text}"
                    );
                    seen.insert(id.clone());
                }
                sent.push(own);
            }
            assert!(sent[1].is_subset(&sent[0]), "a forbid sends more for `{line}` under:\n{stricter}");
        }
    }
    assert!(seen.len() > 3, "the policies permit next to nothing: {seen:?}");
}
