//! Reports as people read them.

use super::support;
use claude_admin::command::Format;
use claude_admin::render;
use claude_admin::service::{Outcome, Reply};
use claude_admin_simulator::RunningSimulator;

async fn ask(command: &str) -> (RunningSimulator, Reply) {
    let simulator = support::simulator().await;
    let reply = support::type_in(&support::service(&simulator), command).await;
    assert_eq!(reply.outcome, Outcome::Done, "{}", support::text(&reply));
    (simulator, reply)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_for_people_is_put_beside_the_period_before_with_a_second_read() {
    let (simulator, reply) = ask("cost report 2026-11-08..2026-11-14").await;
    assert!(support::text(&reply).contains("in the period before"), "{}", support::text(&reply));
    let asked: Vec<String> = simulator.requests().into_iter().filter_map(|request| request.query).collect();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert!(asked[0].contains("starting_at=2026-11-08") && asked[0].contains("ending_at=2026-11-15"), "{asked:?}");
    assert!(asked[1].contains("starting_at=2026-11-01") && asked[1].contains("ending_at=2026-11-08"), "{asked:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_compared_where_pages_are_missing_or_nobody_wants_it() {
    for command in ["cost report last-month", "cost report 2026-11-08..2026-11-14 --no-compare"] {
        let (simulator, reply) = ask(command).await;
        assert!(!support::text(&reply).contains("in the period before"), "{command}: {}", support::text(&reply));
        assert_eq!(simulator.requests().len(), 1, "{command}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_a_report_adds_up_and_is_compared() {
    let (_, reply) = ask("cost report last-month --all").await;
    let text = support::text(&reply);
    assert!(text.contains("31 rows") && text.contains("in the period before"), "{text}");
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
        assert!(support::text(&reply).contains("one is asked for"), "{}", support::text(&reply));
    }
    assert_eq!(support::type_in(&service, "usage claude-code yesterday").await.outcome, Outcome::Done);
    assert_eq!(simulator.requests().len(), 1);
}
