//! What the sandbox costs: the same list call with and without it.

use crate::Length;
use crate::default_sender::DefaultSender;
use crate::finding::{Finding, Goal, Quartiles, short};
use crate::host::Host;
use crate::load::{Way, rate};
use crate::native::Native;
use crate::upstream;
use claude_admin::sandbox::Isolation;
use std::sync::Arc;
use std::time::Duration;

pub(crate) fn measure(length: Length) -> Vec<Finding> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (turns, turn) = match length {
        Length::Full => (15, Duration::from_millis(700)),
        Length::Short => (5, Duration::from_millis(300)),
    };
    runtime.block_on(async {
        let (address, _) = upstream::start();
        let call = Host::new(address, Isolation::Call).await;
        let default_sender = DefaultSender::new(format!("http://{address}"), call.plugin.sandbox().engine(), None);
        let ways: [Arc<dyn Way>; 4] = [
            Arc::new(Native::new(address)),
            Arc::new(call),
            Arc::new(Host::new(address, Isolation::Principal).await),
            Arc::new(default_sender),
        ];
        let mut findings = Vec::new();
        for in_flight in [1, 64] {
            let mut rates = [const { Vec::new() }; 4];
            // The first turn fills caches and pools, and does not count.
            for counts in std::iter::once(false).chain(std::iter::repeat_n(true, turns)) {
                for (way, rates) in ways.iter().zip(&mut rates) {
                    let rate = rate(way, in_flight, turn).await;
                    if counts {
                        rates.push(rate);
                    }
                }
            }
            findings.extend(compare(in_flight, &rates));
        }
        findings
    })
}

fn compare(in_flight: usize, [native, call, principal, default_sender]: &[Vec<f64>; 4]) -> Vec<Finding> {
    let rate = |rates: &[f64]| format!("{}/s", short(Quartiles::of(rates.to_vec()).middle));
    let latency = |rates: &[f64]| format!("{} µs", short(1e6 / Quartiles::of(rates.to_vec()).middle));
    let pairs = [
        ("`call`, native", call, native, 0.5),
        ("`principal`, native", principal, native, 0.8),
        ("`call`, wasi-http's sender", call, default_sender, 1.0),
    ];
    let findings = pairs.into_iter().map(|(name, ours, theirs, goal)| {
        // One at a time, what counts is how long it takes: the inverse of the rate.
        if in_flight == 1 {
            let goal = if goal < 1.0 { 1.5 } else { 1.0 };
            Finding {
                name: format!("latency, 1 in flight: {name}"),
                ours: latency(ours),
                theirs: latency(theirs),
                ratio: Quartiles::of_ratios(theirs, ours),
                goal: Goal::AtMost(goal),
                is_bound: false,
            }
        } else {
            Finding {
                name: format!("throughput, {in_flight} in flight: {name}"),
                ours: rate(ours),
                theirs: rate(theirs),
                ratio: Quartiles::of_ratios(ours, theirs),
                goal: Goal::AtLeast(goal),
                is_bound: false,
            }
        }
    });
    findings.collect()
}
