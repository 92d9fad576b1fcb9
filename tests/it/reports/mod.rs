//! Reports as people read them.

mod coverage;

use crate::support;
use claude_admin::command::Format;
use claude_admin::document::Block;
use claude_admin::render;
use claude_admin::service::{Outcome, Reply};
use claude_admin_simulator::RunningSimulator;
use serde_json::json;

async fn ask(command: &str) -> (RunningSimulator, Reply) {
    let simulator = support::simulator().await;
    let reply = support::type_in(&support::service(&simulator), command).await;
    assert_eq!(reply.outcome, Outcome::Done, "{}", support::text(&reply));
    (simulator, reply)
}

#[tokio::test(flavor = "multi_thread")]
async fn report_is_compared_with_the_previous_period_by_a_second_read() {
    let (simulator, reply) = ask("cost report 2026-11-08..2026-11-14").await;
    assert!(support::text(&reply).contains("in the previous period"), "{}", support::text(&reply));
    let asked: Vec<String> = simulator.requests().into_iter().filter_map(|request| request.query).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[0].contains("starting_at=2026-11-08") && asked[0].contains("ending_at=2026-11-15"), "{asked:?}");
    assert!(asked[1].contains("starting_at=2026-11-01") && asked[1].contains("ending_at=2026-11-08"), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn part_of_a_report_says_so_in_its_title_and_is_not_compared() {
    let (simulator, reply) = ask("cost report last-month --limit 7").await;
    let text = support::text(&reply);
    assert!(text.starts_with("Show cost in buckets of one day: partial result"), "{text}");
    assert!(text.contains("Sum of the rows below, amount") && !text.contains("previous period"), "{text}");
    assert!(text.contains("Without --limit and --page, the command reads the whole report."), "{text}");
    let next = reply.document.blocks.iter().find_map(|block| match block {
        Block::Table(table) => table.command_after(table.rows.len()),
        _ => None,
    });
    assert_eq!(simulator.requests().len(), 1);
    let (_, reply) = ask(&next.unwrap()).await;
    assert!(support::text(&reply).contains("partial result"), "{}", support::text(&reply));
    let (simulator, reply) = ask("cost report 2026-11-08..2026-11-14 --no-compare").await;
    assert!(!support::text(&reply).contains("previous period"), "{}", support::text(&reply));
    assert_eq!(simulator.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn report_covers_its_period_however_many_pages_that_has() {
    for (command, rows, requests) in [
        ("cost report last-month", "31 rows", 2),
        ("cost report last-month --all", "31 rows", 2),
        ("usage messages 2026-09-01..2026-11-15 --no-compare", "76 rows", 3),
    ] {
        let (simulator, reply) = ask(command).await;
        let text = support::text(&reply);
        assert!(text.contains(rows) && !text.contains("partial result"), "{command}: {text}");
        assert!(!text.contains("--limit") && !text.contains("--all"), "{command}: {text}");
        assert_eq!(simulator.requests().len(), requests, "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn period_that_is_not_over_is_counted_so_far() {
    for command in ["cost report today", "usage messages this-month", "usage messages 24h --bucket-width hour"] {
        let (_, reply) = ask(command).await;
        let text = support::text(&reply);
        assert!(text.contains(" so far (") && text.contains("in the whole previous period"), "{command}: {text}");
        assert!(!text.contains("up ") && !text.contains("down "), "{command}: {text}");
    }
    let (_, reply) = ask("cost report 7d").await;
    assert!(!support::text(&reply).contains("so far"), "whole days are over: {}", support::text(&reply));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_columns_of_a_report_are_those_of_its_rows() {
    let columns = "model,server_tool_use.web_search_requests";
    let (_, reply) = ask(&format!("usage messages 2026-11-01..2026-11-02 --group-by model --columns {columns}")).await;
    let csv = render::reply(&reply, Format::Csv);
    assert!(csv.starts_with(columns), "{csv}");
    let simulator = support::simulator().await;
    let wrong = support::type_in(&support::service(&simulator), "usage messages 7d --columns results").await;
    assert_eq!(wrong.outcome, Outcome::Usage);
    assert!(support::text(&wrong).contains("uncached_input_tokens"), "{}", support::text(&wrong));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_days_are_refused_where_a_report_takes_one() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for command in ["usage claude-code 7d", "analytics artifacts last-month"] {
        let reply = support::type_in(&service, command).await;
        assert_eq!(reply.outcome, Outcome::Usage, "{command}: {}", support::text(&reply));
        assert!(support::text(&reply).contains("a single day is needed"), "{}", support::text(&reply));
    }
    assert_eq!(support::type_in(&service, "usage claude-code yesterday").await.outcome, Outcome::Done);
    assert_eq!(simulator.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_shows_amounts_as_currency() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let limits = support::type_in(&service, "spend-limits list").await.to_json();
    let limit = limits["data"].as_array().unwrap().iter().find(|limit| limit["amount"].is_string()).unwrap();
    let (id, cents) = (limit["id"].as_str().unwrap(), limit["amount"].as_str().unwrap());
    for (line, shown) in [
        ("spend-limits set organization --amount '$750' --dry-run".to_owned(), "--amount '$750.00' organization"),
        ("spend-limits set organization --amount 75000 --dry-run".to_owned(), "--amount '$750.00' organization"),
        (format!("spend-limits delete {id} --dry-run"), "$"),
    ] {
        let reply = support::type_in(&service, &line).await;
        let slack = render::slack(&reply.document, render::SlackTables::DataTable, false, None).to_string();
        let markdown = render::reply(&reply, Format::Markdown).replace('\\', "");
        for text in [support::text(&reply), slack, markdown] {
            assert!(text.contains(shown), "{line}: {text}");
            assert!(!text.contains("75000") && !text.contains(cents), "{line}: {text}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_of_two_currencies_are_two_totals() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let row = |amount: &str, currency: &str| json!({"amount": amount, "currency": currency});
    let buckets = json!([
        {
            "starting_at": "2026-11-19T00:00:00Z",
            "ending_at": "2026-11-20T00:00:00Z",
            "results": [row("100", "EUR"), row("200", "USD")],
        },
        {
            "starting_at": "2026-11-20T00:00:00Z",
            "ending_at": "2026-11-21T00:00:00Z",
            "results": [row("50.4", "EUR"), row("-0.4", "USD")],
        },
    ]);
    let patch = json!({"times": 9, "effect": {"patch": {"set": {"/data": buckets}}}});
    simulator.inject(serde_json::from_value(patch).unwrap());
    let reply = support::type_in(&service, "cost report 2026-11-19..2026-11-20").await;
    let text = support::text(&reply);
    for total in ["Total amount in EUR  1.50 EUR (", "Total amount in USD  $2.00 ("] {
        assert!(text.contains(total), "{total}: {text}");
    }
    assert!(text.contains("Amount in EUR by"), "{text}");
    assert!(!text.contains("3.5") && !text.contains("3.00"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn amounts_that_cannot_be_added_have_no_total() {
    for (amounts, total) in [
        (["100", "free"], "unknown"),
        (["1e400", "1"], "unknown"),
        (["79228162514264337593543950335", "79228162514264337593543950335"], "unknown"),
        (["-500.25", "0.125"], "-$5.00"),
        (["1e3", "1"], "$10.01"),
    ] {
        let simulator = support::simulator().await;
        let service = support::service(&simulator);
        let rows = amounts.map(|amount| json!({"amount": amount, "currency": "USD"}));
        let bucket =
            json!({"starting_at": "2026-11-20T00:00:00Z", "ending_at": "2026-11-21T00:00:00Z", "results": rows});
        let patch = json!({"times": 9, "effect": {"patch": {"set": {"/data": [bucket]}}}});
        simulator.inject(serde_json::from_value(patch).unwrap());
        let reply = support::type_in(&service, "cost report 2026-11-20 --no-compare").await;
        let text = support::text(&reply);
        assert_eq!(reply.outcome, Outcome::Done, "{text}");
        assert!(text.contains(&format!("Total amount  {total}")), "{amounts:?}: {text}");
        let csv = render::reply(&reply, Format::Csv);
        assert!(amounts.iter().all(|amount| csv.contains(amount)) && csv.contains("amount_cents"), "{csv}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn people_read_times_in_their_zone_and_programs_in_utc() {
    let simulator = support::simulator().await;
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").unwrap();
    let service = support::service(&simulator).with_time_zone(zone);
    for (line, utc, local) in [
        ("users list --limit 1 --columns added_at", "Z", "+0"),
        ("workspaces get wrkspc_01JwQvzr7rXLA5AGx3HKfFUJ", "Z", "+0"),
        ("audit tail 1", "Z", "+0"),
        ("audit search --since 1h", "Z", "+0"),
    ] {
        let reply = support::type_in(&service, line).await;
        let (text, csv, json) =
            (support::text(&reply), render::reply(&reply, Format::Csv), reply.to_json().to_string());
        assert!(text.contains(local), "{line}: {text}");
        assert!(csv.contains(utc) && !csv.contains(local), "{line}: {csv}");
        assert!(json.contains(utc) && !json.contains(local), "{line}: {json}");
    }
    let report = support::text(&support::type_in(&service, "cost report yesterday").await);
    assert!(report.contains("2026-11-20 to 2026-11-21 (UTC, end not included)"), "{report}");
}
