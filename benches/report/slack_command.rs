//! From a signed slash command to its rendered response: this host, the same command in the frameworks that Slack
//! offers, and in plain Rust. The comparison with plain Rust shows the cost of sandbox, decision and audit log.
//!
//! Each server has a separate process, and so has the simulator that all of them use. Throughput is the number of
//! commands per second of processor time of the server: the load generator uses processors too, with a different share
//! for each server.

use crate::Length;
use crate::finding::{Finding, Goal, Quartiles, short};
use crate::load::{Way, rate};
use crate::server;
use crate::slack_side::{Answers, SlackSide};
use std::sync::Arc;
use std::time::Duration;

const IN_FLIGHT: usize = 16;
/// The maximum of the 99th percentile, relative to the frameworks that Slack offers.
const SLOWEST: Goal = Goal::AtMost(0.2);

struct Contestant {
    name: &'static str,
    side: Arc<SlackSide>,
    /// Commands per second of processor time, by turn.
    throughput: Vec<f64>,
    /// The 99th percentile of the response time in milliseconds, by turn.
    p99: Vec<f64>,
}

impl Contestant {
    fn new(name: &'static str, side: SlackSide) -> Self {
        Self { name, side: Arc::new(side), throughput: Vec::new(), p99: Vec::new() }
    }

    async fn turn(&mut self, turn: Duration, counts: bool) {
        self.side.took.lock().expect("nobody fails").clear();
        let before = self.side.server.processor_time();
        let way: Arc<dyn Way> = Arc::clone(&self.side) as Arc<dyn Way>;
        rate(&way, IN_FLIGHT, turn).await;
        let used = self.side.server.processor_time() - before;
        let mut took = std::mem::take(&mut *self.side.took.lock().expect("nobody fails"));
        took.sort_by(f64::total_cmp);
        if counts {
            self.throughput.push(took.len() as f64 / used);
            self.p99.push(took[(took.len() - 1) * 99 / 100]);
        }
    }
}

pub(crate) fn measure(length: Length) -> Vec<Finding> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (turns, turn) = match length {
        Length::Full => (9, Duration::from_secs(3)),
        Length::Short => (3, Duration::from_millis(1500)),
    };
    let (_simulator, upstream) = server::simulator();
    let folder = tempfile::tempdir().expect("a folder");
    let mut ours = Contestant::new("this host", SlackSide::ours(folder.path(), &upstream, Answers::AtOnce));
    let mut plain = Contestant::new("plain Rust", SlackSide::plain_rust(&upstream));
    let frameworks = [
        ("Bolt for JavaScript", 8.0, SlackSide::bolt_javascript(&upstream, Answers::AtOnce)),
        ("Bolt for Python", 50.0, SlackSide::bolt_python(&upstream, Answers::AtOnce)),
    ];
    let frameworks = frameworks.into_iter().filter_map(|(name, goal, side)| Some((goal, Contestant::new(name, side?))));
    let mut frameworks: Vec<(f64, Contestant)> = frameworks.collect();
    runtime.block_on(async {
        // The first turn compiles and connects, and is not counted.
        for counts in std::iter::once(false).chain(std::iter::repeat_n(true, turns)) {
            ours.turn(turn, counts).await;
            plain.turn(turn, counts).await;
            for (_, framework) in &mut frameworks {
                framework.turn(turn, counts).await;
            }
        }
    });
    let mut findings = compare("signed command", &ours, &plain, [Goal::More, Goal::Less]).to_vec();
    for (goal, framework) in &frameworks {
        findings.extend(compare("signed command", &ours, framework, [Goal::AtLeast(*goal), SLOWEST]));
    }
    for (_, framework) in &frameworks {
        findings.extend(compare("signed command in plain Rust", &plain, framework, [Goal::More, Goal::Less]));
    }
    findings
}

/// Compares the throughput and the 99th percentile of two servers.
fn compare(command: &str, one: &Contestant, other: &Contestant, [throughput, slowest]: [Goal; 2]) -> [Finding; 2] {
    let middle = |values: &[f64], unit: &str| format!("{} {unit}", short(Quartiles::of(values.to_vec()).middle));
    [
        Finding {
            name: format!("{command}, throughput of a core: {}", other.name),
            ours: middle(&one.throughput, "commands/s"),
            theirs: middle(&other.throughput, "commands/s"),
            ratio: Quartiles::of_ratios(&one.throughput, &other.throughput),
            goal: throughput,
            is_bound: false,
        },
        Finding {
            name: format!("{command}, 99 of 100 within, {IN_FLIGHT} in flight: {}", other.name),
            ours: middle(&one.p99, "ms"),
            theirs: middle(&other.p99, "ms"),
            ratio: Quartiles::of_ratios(&one.p99, &other.p99),
            goal: slowest,
            is_bound: false,
        },
    ]
}
