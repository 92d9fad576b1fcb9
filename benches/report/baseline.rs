//! The ratios of earlier runs, in a file, to detect a ratio that gets worse.
//!
//! A ratio depends on the machine: the cost of an instance is that of memory that the system maps, and the cost of a new
//! connection is mostly arithmetic. The same commit had ratios that differed by a factor of two on two virtual machines
//! of one size. So the file has the worst ratio of the machines on which the program was measured.

use crate::finding::Finding;
use serde_json::{Map, Value};
use std::path::PathBuf;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../benches/report/baseline.json")
}

fn read() -> Map<String, Value> {
    let text = std::fs::read_to_string(path()).unwrap_or_else(|_| "{}".to_owned());
    serde_json::from_str(&text).expect("the baseline is an object")
}

/// Adds the median ratios of findings: of two ratios with the same name, the worse one stays.
pub(crate) fn write(findings: &[Finding]) {
    let mut baseline = read();
    for finding in findings.iter().filter(|finding| !finding.is_bound) {
        let rounded = (finding.ratio.middle * 1e4).round() / 1e4;
        let before = baseline.get(&finding.name).and_then(Value::as_f64);
        let worse = before.map_or(rounded, |before| finding.goal.worse(before, rounded));
        baseline.insert(finding.name.clone(), Value::from(worse));
    }
    baseline.sort_keys();
    let text = serde_json::to_string_pretty(&baseline).expect("it is JSON");
    std::fs::write(path(), text + "\n").expect("the baseline is written");
}

/// The ratios whose better quartile is worse than the baseline by more than a third. The better quartile is used
/// because other load on the machine makes single turns worse and almost never better.
pub(crate) fn regressions(findings: &[Finding]) -> Vec<String> {
    let baseline = read();
    let worse = findings.iter().filter(|finding| !finding.is_bound).filter_map(|finding| {
        let Some(before) = baseline.get(&finding.name).and_then(Value::as_f64) else {
            return Some(format!("{}: no baseline; write it with --bless", finding.name));
        };
        let now = finding.goal.better_quarter(finding.ratio);
        let worse = format!("{}: {now:.4}, and {before:.4} before", finding.name);
        finding.goal.is_regression(now, before).then_some(worse)
    });
    worse.collect()
}
