//! From a signed slash command to its rendered answer: this host, the same work in the frameworks that Slack offers, and in
//! plain Rust, which shows what is left for sandbox, decision and trail.
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
/// What the slowest may take, of what they take in the frameworks that Slack offers.
const SLOWEST: Goal = Goal::AtMost(0.2);
const NO_GOALS: [Goal; 2] = [Goal::More, Goal::Less];

struct Contestant {
    name: &'static str,
    /// What our throughput and our slowest should be, compared with its own.
    goals: [Goal; 2],
    side: Arc<SlackSide>,
    /// Commands for each second of a processor, by turn.
    throughput: Vec<f64>,
    /// Milliseconds within which 99 of 100 commands are answered, by turn.
    p99: Vec<f64>,
}

impl Contestant {
    fn new(name: &'static str, goals: [Goal; 2], side: SlackSide) -> Self {
        Self { name, goals, side: Arc::new(side), throughput: Vec::new(), p99: Vec::new() }
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
        vec![Contestant::new("this host", NO_GOALS, SlackSide::ours(folder.path(), &upstream, Answers::AtOnce))];
    let peers = [
        ("Bolt for JavaScript", 8.0, SlackSide::bolt_javascript(&upstream, Answers::AtOnce)),
        ("Bolt for Python", 50.0, SlackSide::bolt_python(&upstream, Answers::AtOnce)),
    ];
    contestants.push(Contestant::new("plain Rust", NO_GOALS, SlackSide::plain_rust(&upstream)));
    contestants.extend(
        peers
            .into_iter()
            .filter_map(|(name, goal, side)| Some(Contestant::new(name, [Goal::AtLeast(goal), SLOWEST], side?))),
    );
    runtime.block_on(async {
        // The first turn compiles, connects, and does not count.
        for counts in std::iter::once(false).chain(std::iter::repeat_n(true, turns)) {
            for contestant in &mut contestants {
                contestant.turn(turn, counts).await;
            }
        }
    });
    let [ours, plain, peers @ ..] = contestants.as_slice() else { unreachable!("these take part") };
    let with_plain = peers.iter().flat_map(|peer| compare("signed command in plain Rust", plain, peer));
    let with_ours = std::iter::once(plain).chain(peers).flat_map(|peer| compare("signed command", ours, peer));
    with_ours.chain(with_plain).collect()
}

fn compare(command: &str, ours: &Contestant, peer: &Contestant) -> [Finding; 2] {
    let middle = |values: &[f64], unit: &str| format!("{} {unit}", short(Quartiles::of(values.to_vec()).middle));
    [
        Finding {
            name: format!("{command}, throughput of a core: {}", peer.name),
            ours: middle(&ours.throughput, "commands/s"),
            theirs: middle(&peer.throughput, "commands/s"),
            ratio: Quartiles::of_ratios(&ours.throughput, &peer.throughput),
            goal: peer.goals[0],
            is_bound: false,
        },
        Finding {
            name: format!("{command}, 99 of 100 within, {IN_FLIGHT} in flight: {}", peer.name),
            ours: middle(&ours.p99, "ms"),
            theirs: middle(&peer.p99, "ms"),
            ratio: Quartiles::of_ratios(&ours.p99, &peer.p99),
            goal: peer.goals[1],
            is_bound: false,
        },
    ]
}
