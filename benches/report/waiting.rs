//! Memory while commands wait for a slow upstream, in this host and in Bolt for JavaScript.
//!
//! The upstream responds to no request until all commands are accepted. Then it responds to all, and every result must
//! arrive.

use crate::Length;
use crate::finding::{Finding, Goal, Quartiles, short};
use crate::slack_side::{Answers, SlackSide};
use crate::upstream::{self, KEY};
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const COMMANDS: usize = 10_000;
const PATIENCE: Duration = Duration::from_secs(120);

/// The way to start a server, and the number of commands that Slack has in flight. This host replies after 2.2 seconds
/// that the result comes later, and Bolt replies immediately.
struct Side {
    start: Start,
    at_once: usize,
}

type Start = fn(&Path, &HashMap<String, String>, Answers<'_>) -> Option<SlackSide>;

pub(crate) fn measure(length: Length) -> Vec<Finding> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let turns = if length == Length::Full { 3 } else { 1 };
    let ours =
        Side { start: |folder, variables, answers| Some(SlackSide::ours(folder, variables, answers)), at_once: 1_000 };
    let theirs = Side { start: |_, variables, answers| SlackSide::bolt_javascript(variables, answers), at_once: 200 };
    let (mut ours_peaks, mut theirs_peaks) = (Vec::new(), Vec::new());
    for _ in 0..turns {
        let Some(peak) = runtime.block_on(peak(&theirs)) else { return Vec::new() };
        theirs_peaks.push(peak);
        ours_peaks.extend(runtime.block_on(self::peak(&ours)));
    }
    let middle = |peaks: &[f64]| format!("{} MiB", short(Quartiles::of(peaks.to_vec()).middle));
    vec![Finding {
        name: format!("peak of memory, {COMMANDS} commands waiting: Bolt for JavaScript"),
        ours: middle(&ours_peaks),
        theirs: middle(&theirs_peaks),
        ratio: Quartiles::of_ratios(&ours_peaks, &theirs_peaks),
        goal: Goal::AtMost(1.0 / 3.0),
        is_bound: false,
    }]
}

/// The peak memory of a server in MiB; none if the server is not installed.
async fn peak(Side { start, at_once }: &Side) -> Option<f64> {
    let folder = tempfile::tempdir().expect("a folder");
    let (upstream, gate) = upstream::start_behind_a_gate();
    let (response_url, delivered, whole) = upstream::receiver();
    let variables = HashMap::from([
        ("ANTHROPIC_BASE_URL".to_owned(), format!("http://{upstream}")),
        ("ANTHROPIC_ADMIN_KEY".to_owned(), KEY.to_owned()),
    ]);
    let side = Arc::new(start(folder.path(), &variables, Answers::Later(&response_url))?);
    let left = Arc::new(AtomicUsize::new(COMMANDS));
    let workers: Vec<_> = (0..*at_once)
        .map(|_| {
            let (side, left) = (Arc::clone(&side), Arc::clone(&left));
            tokio::spawn(async move {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                    side.command("users list").await;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.expect("every command is taken");
    }
    assert_eq!(delivered.load(Ordering::Relaxed), 0, "all of them wait");
    gate.send_replace(true);
    let begun = Instant::now();
    while delivered.load(Ordering::Relaxed) < COMMANDS {
        assert!(begun.elapsed() < PATIENCE, "lost: {}", COMMANDS - delivered.load(Ordering::Relaxed));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(whole.load(Ordering::Relaxed), COMMANDS, "every answer is whole");
    Some(side.server.peak_memory())
}
