//! Names and e-mail addresses instead of IDs work as the help describes.

use crate::support::{self, ada, says, text};
use claude_admin::command::{self, Command, Invocation, Markup, Options, Reason};
use claude_admin::contract::tools;
use claude_admin::help;
use claude_admin::render;
use claude_admin::service::{Input, Outcome, Reply, Service};
use claude_admin_catalog::{Action, Catalog, ID, Method, NameList, Type};
use serde_json::{Value, json};
use std::collections::HashMap;

/// The place of an ID in the arguments of an example.
struct Place {
    input: String,
    pointer: String,
    ty: Type,
}

fn example(catalog: &Catalog, line: &str) -> Invocation {
    match command::parse(catalog, line, Markup::None, support::now()) {
        Ok(Command::Run(draft, _)) => draft.invocation,
        other => panic!("`{line}`: {other:?}"),
    }
}

fn places(catalog: &Catalog, action: &Action, invocation: &Invocation) -> Vec<Place> {
    let mut places = Vec::new();
    for input in &action.inputs {
        let Some(value) = invocation.arguments.get(&input.name) else { continue };
        catalog.types.visit_texts(&input.ty, value, &mut |at| {
            if catalog.types.is_id(at.ty) {
                let (input, pointer) = (input.name.clone(), at.pointer.to_owned());
                places.push(Place { input, pointer, ty: at.ty.clone() });
            }
        });
    }
    places
}

fn with(invocation: &Invocation, place: &Place, text: &str) -> Invocation {
    let mut invocation = invocation.clone();
    let value = invocation.arguments.get_mut(&place.input).unwrap();
    *value.pointer_mut(&place.pointer).unwrap() = Value::from(text);
    invocation
}

/// Runs a read, and plans a write.
async fn run(service: &Service, invocation: &Invocation) -> Reply {
    let writes = invocation.action.writes();
    let options = Options { dry_run: writes, reason: Some(Reason::new("a test").unwrap()), ..Options::default() };
    let arguments = invocation.arguments.clone().into_iter().collect();
    support::ask(service, &ada(), Input::Operation { id: invocation.action.id.clone(), arguments, options }).await
}

/// The items of a list, read as a program would.
async fn items(service: &Service, list: &NameList<'_>, invocation: &Invocation) -> Vec<Value> {
    let scope = list.scope.iter().map(|input| (input.name.clone(), invocation.arguments[&input.name].clone()));
    let arguments = scope.collect();
    let options = Options { all: true, ..Options::default() };
    let reply = support::ask(service, &ada(), Input::Operation { id: list.list.id.clone(), arguments, options }).await;
    reply.to_json()["data"].as_array().cloned().unwrap_or_else(|| panic!("{}", text(&reply)))
}

/// An object with a name or an address that no other object has: its ID, and all texts that match it.
fn unambiguous(list: &NameList<'_>, items: &[Value]) -> Option<(String, Vec<String>)> {
    let value = |item: &Value, field: &str| item[field].as_str().unwrap_or_default().to_owned();
    let fields: Vec<&str> = list.names.iter().copied().chain(list.email).collect();
    let unique = |text: &String| {
        let same = |item: &&Value| fields.iter().any(|field| command::same_name(&value(item, field), text));
        !text.trim().is_empty() && !text.contains('<') && items.iter().filter(same).count() == 1
    };
    items.iter().find_map(|item| {
        let texts: Vec<String> = fields.iter().map(|field| value(item, field)).filter(unique).collect();
        (!texts.is_empty()).then(|| (value(item, ID), texts))
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_id_argument_takes_what_help_promises() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let catalog = service.catalog();
    let schemas: HashMap<String, String> =
        tools(catalog).map(|tool| (tool.title, json!(tool.input_schema).to_string())).collect();
    let mut known: HashMap<String, Vec<Value>> = HashMap::new();
    let (mut named, mut refused) = (0, 0);
    for action in &catalog.actions {
        let help = render::text(&help::action_help(catalog, action));
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        for line in &action.examples {
            let invocation = example(catalog, line);
            for place in places(catalog, action, &invocation) {
                let Some(list) = catalog.name_list(action, &place.ty) else {
                    simulator.reset();
                    let reply = run(&service, &with(&invocation, &place, "No such name")).await;
                    says(&reply, Outcome::Usage, &["`No such name` is not", "Nothing was sent"]);
                    assert!(simulator.requests().is_empty(), "{line}: {} was sent", place.input);
                    refused += 1;
                    continue;
                };
                let promise =
                    format!("you can write {}: it is looked up with `{}`", list.accepts(), list.list.command());
                assert!(help.contains(&promise), "{line}: help does not say `{promise}`: {help}");
                assert!(schemas[&action.command()].contains(&promise), "{line}: the schema does not say `{promise}`");
                if !known.contains_key(&list.list.id) {
                    simulator.reset();
                    known.insert(list.list.id.clone(), items(&service, &list, &invocation).await);
                }
                let Some((id, texts)) = unambiguous(&list, &known[&list.list.id]) else { continue };
                let by_id = with(&invocation, &place, &id).canonical(&catalog.types);
                for written in texts {
                    let by_name = with(&invocation, &place, &written.to_uppercase());
                    let reply = run(&service, &by_name).await;
                    assert_eq!(
                        reply.command.as_deref(),
                        Some(by_id.as_str()),
                        "{line} with {written}: {}",
                        text(&reply)
                    );
                    named += 1;
                }
                let reply = run(&service, &with(&invocation, &place, "No such name")).await;
                // There is nothing to remove, as with an ID that does not exist.
                let removes = action.http.method == Method::Delete && reply.outcome == Outcome::Done;
                let found_nothing = removes || matches!(reply.outcome, Outcome::NotFound | Outcome::Usage);
                assert!(found_nothing && text(&reply).contains("Nothing was"), "{line}: {}", text(&reply));
                let own = simulator.requests().into_iter().filter(|request| request.path.contains("No"));
                assert_eq!(own.count(), 0, "{line}: a name was sent");
            }
        }
    }
    assert!(named > 100 && refused > 30, "{named} {refused}");
}

async fn typed(service: &Service, line: &str) -> Reply {
    support::type_in(service, line).await
}

#[tokio::test(flavor = "multi_thread")]
async fn name_in_any_place_is_resolved_and_shown() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for (line, words) in [
        (
            r#"users update "mateo rivera" developer --dry-run"#,
            ["Resolved from mateo rivera", "mateo.rivera@example.com"],
        ),
        ("workspaces get production", ["Resolved from production: wrkspc_", "Production"]),
        (r#"api-keys get "CI main""#, ["Resolved from CI main: apikey_", "ci main"]),
        (r#"workspaces get "Prototype 2024""#, ["Resolved from Prototype 2024: wrkspc_", "(archived)"]),
        ("users get @mateo.rivera", ["Resolved from @mateo.rivera: user_", "Mateo Rivera"]),
        ("api-keys list --workspace-id Production", ["Resolved from Production: wrkspc_", "ci main"]),
        ("spend-limits set workspace:Production --amount 500 --dry-run", ["Resolved from Production", "wrkspc_"]),
        (
            "usage messages --period 7d --workspace-ids Production,Staging",
            ["Resolved from Production: wrkspc_", "Resolved from Staging: wrkspc_"],
        ),
    ] {
        says(&typed(&service, line).await, Outcome::Done, &words);
    }
    let slack = Input::Text { line: "users get @Mateo".to_owned(), markup: Markup::Slack };
    let reply = support::ask(&service, &ada(), slack).await;
    says(&reply, Outcome::NotFound, &["no entry with the name `@Mateo`", "Mateo Rivera, mateo.rivera@example.com"]);
    simulator.reset();
    let reply = typed(&service, "workspaces get Support bot").await;
    says(&reply, Outcome::Usage, &["Put quotes around a name with spaces"]);
    assert!(simulator.requests().is_empty());
    let reply = typed(&service, "workspaces get Nowhere").await;
    says(&reply, Outcome::NotFound, &["`workspaces list` has no entry with the name `Nowhere`", "Nothing was changed"]);
    assert!(simulator.requests().iter().all(|request| request.path == "/v1/organizations/workspaces"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ambiguous_name_is_refused_with_the_candidates() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for _ in 0..2 {
        says(&typed(&service, "workspaces create Twin --yes").await, Outcome::Done, &[]);
    }
    let reply = typed(&service, "workspaces archive twin --reason old").await;
    says(&reply, Outcome::Conflict, &["`twin` matches 2 objects", "(Twin", "Nothing was changed"]);
    assert_eq!(text(&reply).matches("wrkspc_").count(), 2, "{}", text(&reply));
}

#[tokio::test(flavor = "multi_thread")]
async fn name_is_looked_up_within_the_rights_of_the_requester() {
    let policy = r#"permit(principal, action == Action::"workspaces.get", resource);"#;
    let (simulator, service) = support::host(policy, &[]).await;
    let reply = typed(&service, "workspaces get Production").await;
    says(&reply, Outcome::Denied, &["you cannot run `workspaces list` here", "Write the ID"]);
    assert!(simulator.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn approved_name_that_moved_is_asked_about_again() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    says(&typed(&service, "workspaces create Moving --yes").await, Outcome::Done, &[]);
    let asked = typed(&service, "workspaces archive Moving --reason old").await;
    says(&asked, Outcome::Waiting, &["Resolved from Moving"]);
    says(&typed(&service, "workspaces update Moving --name Moved --yes").await, Outcome::Done, &[]);
    says(&typed(&service, "workspaces create Moving --yes").await, Outcome::Done, &[]);
    let approved = support::type_as(&service, &support::bob(), &format!("approve {}", asked.operation)).await;
    assert_eq!(approved.outcome, Outcome::Conflict, "{}", text(&approved));
    assert!(!support::writes(&simulator).iter().any(|write| write.contains("/archive")));
}

#[tokio::test(flavor = "multi_thread")]
async fn result_for_people_shows_names_and_ids_only_on_request() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let lists = |simulator: &claude_admin_simulator::RunningSimulator| {
        let requests = simulator.requests();
        requests
            .into_iter()
            .map(|request| request.path.rsplit('/').next().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let reply = typed(&service, "api-keys list --columns name,workspace_id").await;
    says(&reply, Outcome::Done, &["Production (wrkspc_"]);
    let mut read = lists(&simulator);
    read.sort();
    assert!(read.iter().filter(|path| *path == "workspaces").count() == 1, "{read:?}");
    assert!(read.len() <= 1 + 4, "{read:?}");
    // Names are stored for a minute.
    simulator.reset();
    says(&typed(&service, "api-keys list --columns workspace_id").await, Outcome::Done, &["Production (wrkspc_"]);
    assert_eq!(lists(&simulator), ["api_keys"]);
    for line in ["api-keys list --ids", "api-keys list --output json", "api-keys list --output csv"] {
        simulator.reset();
        let reply = typed(&service, line).await;
        assert!(!text(&reply).contains("Production"), "{line}: {}", text(&reply));
        assert!(!reply.to_json().to_string().contains("Production"), "{line}");
        assert_eq!(lists(&simulator), ["api_keys"], "{line}");
    }
    let card = typed(&service, r#"api-keys update "ci main" --status inactive --reason old"#).await;
    says(&card, Outcome::Waiting, &["Production (wrkspc_"]);
    let entries = support::recorded(&service);
    assert!(!entries.contains("Production"), "a name is in the audit log");
}

#[tokio::test(flavor = "multi_thread")]
async fn name_is_shown_only_to_those_who_may_read_its_list() {
    let policy = r#"permit(principal, action in [Action::"api-keys.list", Action::"users.list"], resource);"#;
    let (simulator, service) = support::host(policy, &[]).await;
    let reply = typed(&service, "api-keys list --columns workspace_id").await;
    says(&reply, Outcome::Done, &["wrkspc_"]);
    assert!(!text(&reply).contains("Production"), "{}", text(&reply));
    assert!(simulator.requests().iter().all(|request| request.path != "/v1/organizations/workspaces"));
}
