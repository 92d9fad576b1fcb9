//! The cost of the sandbox: the same list call with and without it.

use crate::Length;
use crate::bare::{self, Bare};
use crate::default_sender::DefaultSender;
use crate::finding::{Finding, Goal, Quartiles, short};
use crate::host::Host;
use crate::load::{Way, rate};
use crate::native::Native;
use crate::upstream::{self, ITEMS, ONE};
use claude_admin::sandbox::Isolation;
use std::sync::Arc;
use std::time::Duration;

/// The number of calls in flight in measurements of throughput.
const MANY: usize = 64;

pub(crate) fn measure(length: Length) -> Vec<Finding> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let (turns, turn) = match length {
        Length::Full => (15, Duration::from_millis(700)),
        Length::Short => (5, Duration::from_millis(300)),
    };
    runtime.block_on(async {
        let (address, _) = upstream::start();
        let call = Host::new(address, Isolation::Call, ITEMS).await;
        let principal = Host::new(address, Isolation::Principal, ITEMS).await;
        let default_sender = DefaultSender::new(format!("http://{address}"), call.plugin.sandbox().engine(), None);
        let component = bare::component();
        let bare_call = Bare::beside(&call, address, &component, Isolation::Call);
        let bare_principal = Bare::beside(&principal, address, &component, Isolation::Principal);
        let ways: [Arc<dyn Way>; 6] = [
            Arc::new(Native::new(address, ITEMS)),
            Arc::new(call),
            Arc::new(principal),
            Arc::new(default_sender),
            Arc::new(bare_call),
            Arc::new(bare_principal),
        ];
        let mut findings = Vec::new();
        for in_flight in [1, MANY] {
            findings.extend(compare(in_flight, &rates(&ways, in_flight, turns, turn).await));
        }
        let ways: [Arc<dyn Way>; 2] =
            [Arc::new(Native::new(address, ONE)), Arc::new(Host::new(address, Isolation::Principal, ONE).await)];
        findings.push(with_one_member(&rates(&ways, MANY, turns, turn).await));
        findings
    })
}

/// The calls per second of several ways, in turns.
async fn rates<const N: usize>(
    ways: &[Arc<dyn Way>; N],
    in_flight: usize,
    turns: usize,
    turn: Duration,
) -> [Vec<f64>; N] {
    let mut rates = [const { Vec::new() }; N];
    // The first turn fills caches and pools, and is not counted.
    for counts in std::iter::once(false).chain(std::iter::repeat_n(true, turns)) {
        for (way, rates) in ways.iter().zip(&mut rates) {
            let rate = rate(way, in_flight, turn).await;
            if counts {
                rates.push(rate);
            }
        }
    }
    rates
}

/// A call with a small response: most of its cost is the transition into and out of the sandbox.
fn with_one_member([native, principal]: &[Vec<f64>; 2]) -> Finding {
    Finding {
        name: format!("throughput, {MANY} in flight: one member, `principal`, native"),
        ours: calls_per_second(principal),
        theirs: calls_per_second(native),
        ratio: Quartiles::of_ratios(principal, native),
        goal: Goal::More,
        is_bound: false,
    }
}

fn calls_per_second(rates: &[f64]) -> String {
    format!("{}/s", short(Quartiles::of(rates.to_vec()).middle))
}

fn compare(
    in_flight: usize,
    [native, call, principal, default_sender, bare_call, bare_principal]: &[Vec<f64>; 6],
) -> Vec<Finding> {
    // With one call in flight, the duration is compared: the inverse of the rate.
    let is_latency = in_flight == 1;
    let goal = |latency: f64, throughput: f64| {
        if is_latency { Goal::AtMost(latency) } else { Goal::AtLeast(throughput) }
    };
    let for_comparison = if is_latency { Goal::Less } else { Goal::More };
    let latency = |rates: &[f64]| format!("{} µs", short(1e6 / Quartiles::of(rates.to_vec()).middle));
    let pairs = [
        ("`call`, native", call, native, goal(1.5, 0.5)),
        ("`principal`, native", principal, native, goal(1.5, 0.8)),
        ("`call`, wasi-http's sender", call, default_sender, goal(1.0, 1.0)),
        ("a bare component, `call`, native", bare_call, native, for_comparison),
        ("a bare component, `principal`, native", bare_principal, native, for_comparison),
    ];
    let findings = pairs.into_iter().map(|(name, ours, theirs, goal)| {
        if is_latency {
            Finding {
                name: format!("latency, 1 in flight: {name}"),
                ours: latency(ours),
                theirs: latency(theirs),
                ratio: Quartiles::of_ratios(theirs, ours),
                goal,
                is_bound: false,
            }
        } else {
            Finding {
                name: format!("throughput, {in_flight} in flight: {name}"),
                ours: calls_per_second(ours),
                theirs: calls_per_second(theirs),
                ratio: Quartiles::of_ratios(ours, theirs),
                goal,
                is_bound: false,
            }
        }
    });
    findings.collect()
}
