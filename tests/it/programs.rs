//! The output for programs: fields and rows, for every action and every command of the host, with every outcome.

use crate::support::{self, type_as, type_in};
use claude_admin::command::Format;
use claude_admin::document::Block;
use claude_admin::help::overview_data;
use claude_admin::render;
use claude_admin::service::{Outcome, Reply, Service};
use claude_admin_catalog::{Action, Catalog};
use claude_admin_simulator::RunningSimulator;
use serde_json::{Value, json};

/// The commands of the host, as they can be typed at any time.
const HOST: [&str; 15] = [
    "whoami",
    "status",
    "pending",
    "policy",
    "audit tail",
    "audit search --kind received",
    "audit verify",
    "audit head",
    "can-i users list",
    "can-i users remove user_01WCz1FkmYMm4gnmykNKUu3Q --explain",
    "help",
    "help users",
    "help users list",
    "help audit",
    "help policy",
];

fn fields_alone(line: &str, reply: &Reply) {
    let envelope = reply.envelope(reply.to_json());
    let result = &envelope["result"];
    assert_eq!(reply.outcome, Outcome::Done, "{line}: {envelope}");
    assert!(result.as_object().is_some_and(|object| !object.is_empty()) || result.is_array(), "{line}: {envelope}");
    assert!(result.get("text").is_none() && result.get("message").is_none_or(Value::is_null), "{line}: {envelope}");
    let csv = render::reply(reply, Format::Csv);
    let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_bytes());
    let head = reader.headers().unwrap().clone();
    let is_name = |name: &str| !name.is_empty() && !name.contains([' ', '`']);
    assert!(!head.is_empty() && head.iter().all(is_name), "{line}: {csv}");
    // Every line has a value for each name.
    assert!(reader.into_records().all(|record| record.is_ok()), "{line}: {csv}");
}

#[tokio::test(flavor = "multi_thread")]
async fn host_commands_answer_programs_with_fields_alone() {
    let (_simulator, service) = support::open_host().await;
    for line in HOST {
        fields_alone(line, &type_in(&service, line).await);
    }
    let mut typed: Vec<String> = HOST.iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    for (choice, who) in
        [("confirm", support::ada()), ("cancel", support::ada()), ("approve", support::bob()), ("deny", support::bob())]
    {
        let needs_another = matches!(choice, "approve" | "deny");
        let proposed = if choice == "approve" {
            "users remove user_01fTPAarejCcux4jybAuxoiu --reason x"
        } else if needs_another {
            "users remove user_01So5DA42d3EMeMGeDJSjUdB --reason x"
        } else {
            "invites create a@example.com user"
        };
        let proposed = type_in(&service, proposed).await;
        assert_eq!(proposed.outcome, Outcome::Waiting, "{}", support::text(&proposed));
        fields_alone("status", &type_in(&service, &format!("status {}", proposed.operation)).await);
        let reason = if choice == "deny" { " --reason no" } else { "" };
        fields_alone(choice, &type_as(&service, &who, &format!("{choice} {}{reason}", proposed.operation)).await);
        typed.push(choice.to_owned());
    }
    let several =
        type_in(&service, "users update user_01ME4QutU7tiWfHYug6khs4r user_01RQAnXxDyL6hKpxe4dnuigA --role user").await;
    assert_eq!(several.outcome, Outcome::Waiting, "{}", support::text(&several));
    fields_alone("status", &type_in(&service, &format!("status {}", several.operation)).await);
    fields_alone("confirm", &type_in(&service, &format!("confirm {}", several.operation)).await);
    fields_alone("resume", &type_in(&service, &format!("resume {}", several.operation)).await);
    // A selection ends with a request that is pending, which has fields in any case.
    typed.extend(["resume", "select"].map(str::to_owned));
    let all = overview_data(service.catalog(), &|_| true, &|_| true);
    for command in all.as_array().unwrap().iter().filter(|entry| entry["kind"] == "command") {
        assert!(typed.iter().any(|word| command["name"] == *word), "{command} is not tested here");
    }
}

/// The first examples of the actions whose result is a list, or of the others.
fn examples(catalog: &Catalog, lists: bool) -> Vec<(&Action, String)> {
    let is_list = |action: &Action| {
        let fields = action.result.as_ref().and_then(|ty| catalog.types.record(ty)).unwrap_or_default();
        let data = fields.iter().find(|field| field.wire == "data");
        data.is_some_and(|field| {
            catalog.types.list_item(&field.ty).is_some_and(|item| catalog.types.record(item).is_some())
        })
    };
    // A list of content that people wrote requires an approval.
    let is_open = |action: &Action| !lists || action.risk.as_str() == "read";
    let actions = catalog.actions.iter().filter(|action| is_list(action) == lists && is_open(action));
    actions.filter_map(|action| Some((&**action, action.examples.first()?.clone()))).collect()
}

async fn read(service: &Service, line: &str) -> Reply {
    let reply = type_in(service, line).await;
    assert_eq!(reply.outcome, Outcome::Done, "{line}: {}", support::text(&reply));
    reply
}

fn head(reply: &Reply) -> Vec<String> {
    let csv = render::reply(reply, Format::Csv);
    let mut reader = csv::ReaderBuilder::new().from_reader(csv.as_bytes());
    reader.headers().unwrap().iter().map(str::to_owned).collect()
}

/// The columns of the table of a reply, by the names with which they can be selected.
fn fields(reply: &Reply) -> Vec<String> {
    let tables = reply.document.blocks.iter().filter_map(|block| match block {
        Block::Table(table) => Some(table),
        _ => None,
    });
    tables.flat_map(|table| table.columns.iter().map(|column| column.field.clone())).collect()
}

fn empty_data(simulator: &RunningSimulator) {
    let effect = json!({ "patch": { "set": { "/data": [], "/has_more": false, "/next_page": null } } });
    simulator.inject(serde_json::from_value(json!({ "times": 1, "effect": effect })).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_of_an_empty_list_has_the_head_of_a_full_one() {
    let (simulator, service) = support::open_host().await;
    for (_, line) in examples(service.catalog(), true) {
        let full = read(&service, &line).await;
        empty_data(&simulator);
        let empty = read(&service, &line).await;
        assert!(empty.data.as_ref().unwrap()["data"].as_array().unwrap().is_empty(), "{line}");
        assert_eq!(head(&empty), head(&full), "{line}");
        assert!(head(&empty).len() > 1, "{line}: {:?}", head(&empty));
        assert_eq!(render::reply(&empty, Format::Csv).lines().count(), 1, "{line}");
        simulator.clear_faults();
    }
}

/// Every name of a value, as a path.
fn paths(value: &Value, before: &str, found: &mut Vec<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        let path = if before.is_empty() { name.clone() } else { format!("{before}.{name}") };
        match value {
            Value::Object(_) => {
                found.push(path.clone());
                paths(value, &path, found);
            }
            _ => found.push(path),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_select_in_every_format() {
    let (_simulator, service) = support::open_host().await;
    for (_, line) in examples(service.catalog(), true) {
        let all = fields(&read(&service, &line).await);
        let wanted: Vec<&str> = all.iter().rev().step_by(2).take(2).map(String::as_str).collect();
        let line = format!("{line} --columns {}", wanted.join(","));
        let reply = read(&service, &line).await;
        assert_eq!(fields(&reply), wanted, "{line}");
        assert_eq!(head(&reply).len(), wanted.len(), "{line}");
        for item in reply.data.as_ref().unwrap()["data"].as_array().unwrap() {
            let buckets = item.get("results").and_then(Value::as_array);
            let mut found = Vec::new();
            paths(item, "", &mut found);
            buckets.into_iter().flatten().for_each(|row| paths(row, "", &mut found));
            found.retain(|path| path != "results");
            let is_wanted = |path: &String| {
                wanted.iter().any(|wanted| {
                    wanted == path || wanted.starts_with(&format!("{path}.")) || path.starts_with(&format!("{wanted}."))
                })
            };
            assert!(found.iter().all(is_wanted), "{line}: {item}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn columns_are_refused_where_there_are_none() {
    let (simulator, service) = support::open_host().await;
    for (_, line) in examples(service.catalog(), false) {
        let reply = type_in(&service, &format!("{line} --columns id --reason x --yes")).await;
        assert_eq!(reply.outcome, Outcome::Usage, "{line}: {}", support::text(&reply));
        assert!(support::text(&reply).contains("--columns"), "{line}: {}", support::text(&reply));
    }
    assert!(simulator.requests().is_empty(), "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn error_is_in_no_row() {
    let (_simulator, service) = support::open_host().await;
    for line in [
        "users get user_none",
        "users lst",
        "users list --role wizard",
        "confirm zzzz",
        "users remove user_1",
        "can-i x",
    ] {
        let reply = type_in(&service, line).await;
        assert!(!reply.outcome.is_answer(), "{line}");
        assert_eq!(render::reply(&reply, Format::Csv).trim(), "", "{line}");
    }
}
