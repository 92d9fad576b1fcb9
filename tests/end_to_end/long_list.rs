//! Lists of several pages, which are written while they are read.

use super::support::{self, ada, text};
use claude_admin::command::{Format, Markup};
use claude_admin::identity::Place;
use claude_admin::render::{self, Parts};
use claude_admin::service::{Input, Outcome, Part, PartSink, Reply, Request, Service};
use serde_json::{Value, json};
use std::ops::ControlFlow;
use std::sync::Mutex;

/// The members of the simulator, in three pages.
const LIST: &str = "users list --limit 10 --all";

/// Writes a list as it comes, and has had enough after some parts.
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

/// The lines, in no order and however their columns are aligned.
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
async fn what_fits_a_page_and_what_has_sums_is_not_taken_apart() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for line in ["users list --all", "users list --limit 10", "usage messages 40d --limit 7 --all", "organization me"] {
        let (_, parts, reply) = Collected::new(Format::Text, usize::MAX).of(&service, line).await;
        assert_eq!((parts, reply.outcome), (0, Outcome::Done), "{line}: {}", text(&reply));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_before_a_failure_is_written_and_the_failure_unless_among_rows() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    for format in [Format::Json, Format::Csv, Format::Text, Format::Markdown] {
        simulator.inject(serde_json::from_value(json!({"times": 1, "delay_ms": 0})).unwrap());
        simulator.inject(serde_json::from_value(json!({"effect": {"status": {"code": 403}}})).unwrap());
        let (written, parts, reply) = Collected::new(format, usize::MAX).of(&service, LIST).await;
        assert_eq!((parts, reply.outcome), (1, Outcome::Partial));
        // Among rows, a program would take it for one of them.
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
async fn nothing_more_is_asked_for_once_nobody_wants_more() {
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
        // One page is read while the one before it is written; the whole list would take five times as much.
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
    assert!(text(&reply).contains("in a circle"), "{}", text(&reply));
    assert_eq!(reply.to_json()["data"].as_array().map(Vec::len), Some(20));
    assert_eq!(simulator.requests().len(), 2);
}
