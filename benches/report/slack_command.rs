//! From a signed slash command to its rendered answer: this host, and the same work in the frameworks that Slack offers.
//!
//! Each server has a process of its own, and so has the simulator that all of them ask. Of the throughput, what counts
//! is how many commands a second of one processor answers: the load takes processors too, and differently for each.

use crate::Length;
use crate::finding::{Finding, Goal, Quartiles, short};
use crate::load::{Way, rate};
use crate::server;
use crate::slack_side::{Answers, SlackSide};
use std::sync::Arc;
use std::time::Duration;

const IN_FLIGHT: usize = 16;

struct Contestant {
    name: &'static str,
    /// What our throughput should be a multiple of, at least.
    goal: f64,
    side: Arc<SlackSide>,
    /// Commands for each second of a processor, by turn.
    throughput: Vec<f64>,
    /// Milliseconds within which 99 of 100 commands are answered, by turn.
    p99: Vec<f64>,
}

impl Contestant {
    fn new(name: &'static str, goal: f64, side: SlackSide) -> Self {
        Self { name, goal, side: Arc::new(side), throughput: Vec::new(), p99: Vec::new() }
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
    let mut contestants =
        vec![Contestant::new("this host", 1.0, SlackSide::ours(folder.path(), &upstream, Answers::AtOnce))];
    let peers = [
        ("Bolt for JavaScript", 8.0, SlackSide::bolt_javascript(&upstream, Answers::AtOnce)),
        ("Bolt for Python", 50.0, SlackSide::bolt_python(&upstream, Answers::AtOnce)),
    ];
    contestants.extend(peers.into_iter().filter_map(|(name, goal, side)| Some(Contestant::new(name, goal, side?))));
    runtime.block_on(async {
        // The first turn compiles, connects, and does not count.
        for counts in std::iter::once(false).chain(std::iter::repeat_n(true, turns)) {
            for contestant in &mut contestants {
                contestant.turn(turn, counts).await;
            }
        }
    });
    let (ours, peers) = contestants.split_first().expect("this host takes part");
    peers.iter().flat_map(|peer| compare(ours, peer)).collect()
}

fn compare(ours: &Contestant, peer: &Contestant) -> [Finding; 2] {
    let middle = |values: &[f64], unit: &str| format!("{} {unit}", short(Quartiles::of(values.to_vec()).middle));
    [
        Finding {
            name: format!("signed command, throughput of a core: {}", peer.name),
            ours: middle(&ours.throughput, "commands/s"),
            theirs: middle(&peer.throughput, "commands/s"),
            ratio: Quartiles::of_ratios(&ours.throughput, &peer.throughput),
            goal: Goal::AtLeast(peer.goal),
            is_bound: false,
        },
        Finding {
            name: format!("signed command, 99 of 100 within, {IN_FLIGHT} in flight: {}", peer.name),
            ours: middle(&ours.p99, "ms"),
            theirs: middle(&peer.p99, "ms"),
            ratio: Quartiles::of_ratios(&ours.p99, &peer.p99),
            goal: Goal::AtMost(0.2),
            is_bound: false,
        },
    ]
}
