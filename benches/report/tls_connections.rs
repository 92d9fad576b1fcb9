//! Connections to an upstream over TLS: the number for 1000 commands, and their cost.

use crate::Length;
use crate::default_sender::DefaultSender;
use crate::finding::{Finding, Goal, Quartiles, short};
use crate::host::Host;
use crate::load::{Way, rate};
use crate::one_connection_each::OneConnectionEach;
use crate::upstream;
use claude_admin::egress::{AddressRule, Client};
use claude_admin::sandbox::Isolation;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const COMMANDS: usize = 1000;
const IN_FLIGHT: usize = 64;

pub(crate) fn measure(length: Length) -> Vec<Finding> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (turns, turn) = match length {
        Length::Full => (9, Duration::from_millis(1000)),
        Length::Short => (5, Duration::from_millis(400)),
    };
    runtime.block_on(async {
        let (base_url, roots, connections) = upstream::start_secure();
        let client = Client::trusting(AddressRule::LoopbackOnly, roots.clone()).expect("a client");
        let host = Host::before(Host::egress(&base_url).through(client), Isolation::Principal, upstream::ITEMS).await;
        let engine = host.plugin.sandbox().engine().clone();
        let ours: Arc<dyn Way> = Arc::new(host);
        let theirs: Arc<dyn Way> = Arc::new(DefaultSender::new(base_url, &engine, Some(OneConnectionEach { roots })));
        let ours_made = made(&ours, &connections).await;
        let theirs_made = made(&theirs, &connections).await;
        let mut rates = [const { Vec::new() }; 2];
        for _ in 0..turns {
            for (way, rates) in [&ours, &theirs].into_iter().zip(&mut rates) {
                rates.push(rate(way, IN_FLIGHT, turn).await);
            }
        }
        let [ours, theirs] = rates;
        let middle = |rates: &[f64]| format!("{}/s", short(Quartiles::of(rates.to_vec()).middle));
        vec![
            Finding {
                name: format!("TLS connections for {COMMANDS} commands: its bound"),
                ours: ours_made.to_string(),
                theirs: format!("1 (one each: {theirs_made})"),
                ratio: Quartiles::of(vec![ours_made as f64]),
                goal: Goal::AtMost(1.0),
                is_bound: true,
            },
            Finding {
                name: format!("throughput over TLS, {IN_FLIGHT} in flight: one connection each"),
                ours: middle(&ours),
                theirs: middle(&theirs),
                ratio: Quartiles::of_ratios(&ours, &theirs),
                goal: Goal::AtLeast(5.0),
                is_bound: false,
            },
        ]
    })
}

/// The number of connections for 1000 commands. The first command is sent before the others, as after a start.
async fn made(way: &Arc<dyn Way>, connections: &AtomicUsize) -> usize {
    let before = connections.load(Ordering::Relaxed);
    way.call().await;
    let left = Arc::new(AtomicUsize::new(COMMANDS - 1));
    let workers: Vec<_> = (0..IN_FLIGHT)
        .map(|_| {
            let (way, left) = (Arc::clone(way), Arc::clone(&left));
            tokio::spawn(async move {
                while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                    way.call().await;
                }
            })
        })
        .collect();
    for worker in workers {
        worker.await.expect("no call fails");
    }
    connections.load(Ordering::Relaxed) - before
}
