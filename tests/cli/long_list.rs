//! Lists of several pages, which are written while they are read.

use crate::support::{self, ada, text};
use claude_admin::command::{Format, Markup};
use claude_admin::identity::Place;
use claude_admin::render::{self, Parts};
use claude_admin::service::{Input, Outcome, Part, PartSink, Reply, Request, Service};
use claude_admin_catalog::Onward;
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::sync::Mutex;

/// The members of the simulator, in three pages.
const LIST: &str = "users list --limit 10 --all";

/// Writes the parts of a list, and stops the list after some parts.
struct Collected {
    state: Mutex<(Parts, String, usize)>,
    enough: usize,
}

impl Collected {
    fn new(format: Format, enough: usize) -> Self {
        Self { state: Mutex::new((Parts::new(format), String::new(), 0)), enough }
    }

    async fn of(self, service: &Service, line: &str) -> (String, usize, Reply) {
        let input = Input::Text { line: line.to_owned(), markup: Markup::None };
        let request = Request { principal: ada(), place: Place::terminal(), input, delivery: None, format: None };
        let reply = service.handle_in_parts(request, &self).await;
        let (parts, mut written, count) = self.state.into_inner().unwrap();
        if count > 0 {
            written += &parts.end(&reply);
        }
        (written, count, reply)
    }
}

impl PartSink for Collected {
    fn take(&self, part: Part<'_>) -> ControlFlow<()> {
        let (parts, written, count) = &mut *self.state.lock().unwrap();
        *written += &parts.part(&part);
        *count += 1;
        if *count == self.enough { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// The lines, in any order and with any alignment of columns.
fn lines(text: &str) -> Vec<String> {
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lines: Vec<String> = text.lines().map(words).filter(|line| !line.is_empty()).collect();
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_in_parts_says_what_the_whole_list_says() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let whole = support::type_in(&service, LIST).await;
    for format in [Format::Json, Format::Csv, Format::Text, Format::Markdown] {
        let (written, parts, reply) = Collected::new(format, usize::MAX).of(&service, LIST).await;
        assert_eq!((parts, reply.outcome), (3, Outcome::Done));
        let expected = render::reply(&whole, format);
        match format {
            Format::Json | Format::Csv => assert_eq!(written, expected),
            Format::Text | Format::Markdown => assert_eq!(lines(&written), lines(&expected)),
        }
    }
    let columns = "users list --limit 10 --all --columns email,id";
    let whole = support::type_in(&service, columns).await;
    let (written, _, _) = Collected::new(Format::Text, usize::MAX).of(&service, columns).await;
    assert_eq!(lines(&written), lines(&text(&whole)));
}

#[tokio::test(flavor = "multi_thread")]
async fn single_page_and_list_with_totals_are_not_split() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for line in ["users list --all", "users list --limit 10", "usage messages 40d --limit 7 --all", "organization me"] {
        let (_, parts, reply) = Collected::new(Format::Text, usize::MAX).of(&service, line).await;
        assert_eq!((parts, reply.outcome), (0, Outcome::Done), "{line}: {}", text(&reply));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn read_pages_are_written_with_the_error_except_in_csv() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for format in [Format::Json, Format::Csv, Format::Text, Format::Markdown] {
        simulator.inject(serde_json::from_value(json!({"times": 1, "delay_ms": 0})).unwrap());
        simulator.inject(serde_json::from_value(json!({"effect": {"status": {"code": 403}}})).unwrap());
        let (written, parts, reply) = Collected::new(format, usize::MAX).of(&service, LIST).await;
        assert_eq!((parts, reply.outcome), (1, Outcome::Partial));
        // A program would read an error between rows as a row.
        assert_eq!(written.contains("403"), format != Format::Csv, "{written}");
        if format == Format::Json {
            let read: Value = serde_json::from_str(&written).unwrap();
            assert_eq!(read["data"].as_array().map(Vec::len), Some(10));
            assert_eq!((&read["error"]["outcome"], &read["has_more"]), (&json!("partial"), &json!(true)));
        } else {
            assert_eq!(written.matches("example.com").count(), 10, "{written}");
        }
        if format == Format::Text {
            assert!(written.contains("Next: users list"), "{written}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_line_of_csv_on_standard_output_is_a_failure() {
    let simulator = support::simulator().await;
    let mut command = super::command_line::claude_admin();
    command.env("ANTHROPIC_BASE_URL", simulator.base_url()).env("ANTHROPIC_ADMIN_KEY", simulator.admin_key());
    command.args(["run", "-o", "csv", "--", "users", "list", "--limit", "10", "--all"]);
    simulator.inject(serde_json::from_value(json!({"times": 1, "delay_ms": 0})).unwrap());
    simulator.inject(serde_json::from_value(json!({"effect": {"status": {"code": 403}}})).unwrap());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    assert_eq!(output.status.code(), Some(9));
    let (rows, said) = (super::command_line::stdout(&output), super::command_line::stderr(&output));
    assert_eq!((rows.lines().count(), rows.matches("example.com").count()), (11, 10), "{rows}");
    assert!(!rows.contains("403") && said.contains("403"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_page_is_requested_after_the_reader_stops() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let (_, parts, _) = Collected::new(Format::Csv, 2).of(&service, LIST).await;
    assert_eq!((parts, simulator.requests().len()), (2, 2));
}

/// The peak of what a process has in memory, in kibibytes, as it runs to its end.
#[cfg(target_os = "linux")]
fn peak_memory(child: &mut std::process::Child) -> u64 {
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok());
        peak = peak.max(now.unwrap_or(0));
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    peak
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_many_pages_takes_the_memory_of_a_few() {
    use claude_admin_simulator::{Simulator, SimulatorConfig};
    let config = SimulatorConfig { members: 30_000, ..SimulatorConfig::default() };
    let simulator = Simulator::start(config).await.unwrap();
    let (base_url, key) = (simulator.base_url().to_owned(), simulator.admin_key().to_owned());
    let run = move |format: &str, limits: &[&str]| {
        let mut command = super::command_line::claude_admin();
        command.env("ANTHROPIC_BASE_URL", &base_url).env("ANTHROPIC_ADMIN_KEY", &key);
        command.args(["run", "-o", format, "--", "users", "list"]).args(limits);
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let mut out = child.stdout.take().unwrap();
        let lines = std::thread::spawn(move || std::io::read_to_string(&mut out).unwrap().lines().count());
        let peak = peak_memory(&mut child);
        assert!(child.wait().unwrap().success());
        (peak, lines.join().unwrap())
    };
    let measured = tokio::task::spawn_blocking(move || {
        ["csv", "json", "text", "markdown"].map(|format| {
            let (few, _) = run(format, &["--limit", "1000"]);
            let (all, lines) = run(format, &["--all"]);
            (format, few, all, lines)
        })
    });
    for (format, few, all, lines) in measured.await.unwrap() {
        assert!(lines > 30_000, "{format}: {lines} lines");
        // A page is read while the page before it is written. The complete list would need five times as much memory.
        assert!(all < few * 2, "{format}: {few} KiB for one page, {all} KiB for all");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_leads_back_to_itself_is_cut_off_and_says_so() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let first = support::type_in(&service, "users list --limit 10").await.to_json()["last_id"].clone();
    let circle = json!({"times": 9, "effect": {"patch": {"set": {"/last_id": first, "/has_more": true}}}});
    simulator.inject(serde_json::from_value(circle).unwrap());
    simulator.clear_requests();
    let reply = support::type_in(&service, LIST).await;
    assert_eq!(reply.outcome, Outcome::Partial);
    assert!(text(&reply).contains("the same place in the list twice"), "{}", text(&reply));
    assert_eq!(reply.to_json()["data"].as_array().map(Vec::len), Some(20));
    assert_eq!(simulator.requests().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn page_fields_decide_equally_for_one_page_and_all_pages() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let catalog = service.catalog();
    for (id, line, field) in [
        ("users.list", "users list --limit 10", "/last_id"),
        ("cost.report", "cost report 2026-11-01..2026-11-15 --limit 5 --no-compare", "/next_page"),
        ("groups.list", "groups list --limit 1", "/next_page"),
    ] {
        let paging = catalog.action(id).unwrap().paging.as_ref().unwrap();
        // Pages without `has_more` get none here either.
        let has_more = match id {
            "groups.list" => vec![None],
            _ => [json!(true), json!(false), Value::Null].map(Some).to_vec(),
        };
        for has_more in has_more {
            for cursor in [json!("elsewhere"), Value::Null] {
                for items in [None, Some(json!([]))] {
                    let mut set = json!({ field: cursor });
                    if let Some(has_more) = &has_more {
                        set["/has_more"] = has_more.clone();
                    }
                    if let Some(items) = &items {
                        set["/data"] = items.clone();
                    }
                    let mut page = json!({ field[1..]: cursor });
                    if let Some(has_more) = &has_more {
                        page["has_more"] = has_more.clone();
                    }
                    let onward = paging.onward(&page);
                    for all in ["", " --all"] {
                        simulator.clear_faults();
                        simulator.clear_requests();
                        simulator.inject(
                            serde_json::from_value(json!({"times": 1, "effect": {"patch": {"set": set}}})).unwrap(),
                        );
                        let line = format!("{line}{all} --ids");
                        let (written, _, reply) = Collected::new(Format::Text, usize::MAX).of(&service, &line).await;
                        let shown = written + &text(&reply);
                        let lost = onward == Onward::Lost;
                        let follows = !all.is_empty() && matches!(onward, Onward::Next(_));
                        // The made-up cursor leads to no page, so a list that is read to its end is incomplete from
                        // there.
                        let expected = if lost || follows { Outcome::Partial } else { Outcome::Done };
                        assert_eq!(reply.outcome, expected, "{line}: {set}: {shown}");
                        assert_eq!(simulator.requests().len(), 1 + usize::from(follows), "{line}: {set}");
                        assert_eq!(shown.contains("The list is incomplete"), lost, "{line}: {set}: {shown}");
                        assert!(all.is_empty() || !shown.contains("(or --all)"), "{line}: {set}: {shown}");
                    }
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_page_in_the_middle_leaves_no_trace() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for format in [Format::Json, Format::Csv, Format::Text, Format::Markdown] {
        for page in [0, 1] {
            simulator.clear_faults();
            if page == 1 {
                simulator.inject(serde_json::from_value(json!({"times": 1, "delay_ms": 0})).unwrap());
            }
            simulator.inject(
                serde_json::from_value(json!({"times": 1, "effect": {"patch": {"set": {"/data": []}}}})).unwrap(),
            );
            let (written, parts, reply) = Collected::new(format, usize::MAX).of(&service, LIST).await;
            assert_eq!((parts, reply.outcome), (3, Outcome::Done), "{written}");
            // Markdown writes the sign of an address as an entity.
            let plain = written.replace("&#64;", "@");
            let rows = plain.split("\n\n").find(|part| part.contains('@')).unwrap();
            let (found, all) = (rows.matches('@').count(), plain.matches('@').count());
            assert_eq!(found, all, "{format:?}: a blank line among rows: {plain}");
            if format == Format::Json {
                let read: Value = serde_json::from_str(&written).unwrap_or_else(|error| panic!("{error}: {written}"));
                assert!(read["data"].as_array().unwrap().len() >= 10);
            }
        }
    }
}
