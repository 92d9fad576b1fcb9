//! The speed of the host, as ratios to the programs that people could use instead.
//!
//! ```text
//! cargo bench -p claude-admin-cli                             everything: some minutes; `--profile dist` as in a package
//! cargo bench -p claude-admin-cli -- list-call decision       some measures
//! cargo bench -p claude-admin-cli -- --short --check          fails where a ratio is worse than its baseline by more than
//!                                                             a third, three times in a row
//! cargo bench -p claude-admin-cli -- --short --bless          adds the ratios of this machine to the baseline
//! ```
//!
//! Times and rates depend on the machine and on its load. Therefore compared programs run in turns within one run, and
//! each ratio is made within a turn. The report has the median of all turns, and the lower and upper quartiles.
//! `docs/performance.md` describes the method and the results.

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a measurement that goes wrong must end")]

mod bare;
mod baseline;
mod cold_start;
mod decision;
mod default_sender;
mod embedder;
mod finding;
mod host;
mod list_call;
mod load;
mod native;
mod one_connection_each;
mod peer_versions;
mod plain_server;
mod server;
mod slack_command;
mod slack_side;
mod tls_connections;
mod upstream;
mod waiting;

use finding::Finding;

/// The same allocator as in the binary. The programs in this process that the host is compared with use it too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The number of measurements before a ratio counts as worse.
const ATTEMPTS: u32 = 3;

/// The length of a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Length {
    /// Long enough to publish.
    Full,
    /// Long enough to notice a regression.
    Short,
}

type Measure = fn(Length) -> Vec<Finding>;

const MEASURES: [(&str, Measure); 6] = [
    ("list-call", list_call::measure),
    ("slack-command", slack_command::measure),
    ("cold-start", cold_start::measure),
    ("decision", decision::measure),
    ("tls-connections", tls_connections::measure),
    ("waiting", waiting::measure),
];

fn main() {
    // Cargo passes `--bench` to every benchmark.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if arguments == [plain_server::ARGUMENT] {
        return plain_server::serve();
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let length = if has("--short") { Length::Short } else { Length::Full };
    let named: Vec<&str> =
        arguments.iter().map(String::as_str).filter(|argument| !argument.starts_with("--")).collect();
    let unknown = named.iter().find(|name| MEASURES.iter().all(|(known, _)| known != *name));
    assert!(unknown.is_none(), "there is no measure {unknown:?}; there are {:?}", MEASURES.map(|(name, _)| name));
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    println!("claude-admin {} on {processors} processors, {length:?}", env!("CARGO_PKG_VERSION"));
    peer_versions::print();
    let chosen = MEASURES.iter().filter(|(name, _)| named.is_empty() || named.contains(name));
    let mut holds = true;
    for (name, measure) in chosen {
        let findings = measure(length);
        finding::print(name, &findings);
        if has("--bless") {
            baseline::write(&findings);
        }
        if has("--check") {
            holds &= checked(name, *measure, length, findings);
        }
    }
    if !holds {
        std::process::exit(1);
    }
}

/// Compares findings with the baseline, and measures again if a ratio is worse: a real regression is worse each time.
fn checked(name: &str, measure: Measure, length: Length, mut findings: Vec<Finding>) -> bool {
    for attempt in 1..=ATTEMPTS {
        let worse = baseline::regressions(&findings);
        if worse.is_empty() {
            return true;
        }
        println!("\nworse than the baseline by more than a third:\n* {}", worse.join("\n* "));
        if attempt < ATTEMPTS {
            findings = measure(length);
            finding::print(name, &findings);
        }
    }
    false
}
