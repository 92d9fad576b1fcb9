//! A report counts exactly the period that it states, for every spelling of the period and every width of buckets.

use crate::support;
use claude_admin::document::{Block, Document, Fact};
use claude_admin::service::{Outcome, Service};
use claude_admin_catalog::{Action, Credential, Period, Types};
use claude_admin_simulator::{ADMIN_KEY, RunningSimulator, SCOPED_KEY, Simulation, SimulatorConfig};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::Value;
use std::time::Duration;

/// Spellings of periods. The clock shows 2026-11-21T17:20:00Z, or half a minute more.
const SPELLINGS: [&str; 19] = [
    "today",
    "yesterday",
    "this-week",
    "last-week",
    "this-month",
    "last-month",
    "1d",
    "7d",
    "2w",
    "30m",
    "24h",
    "2026-11-19",
    "2026-10",
    "2026-11-01..",
    "2026-11-01..2026-11-15",
    "last-week..yesterday",
    "2026-11-19T07:30:00Z..2026-11-20T07:30:00Z",
    "2026-11-19T07:30:40+02:00..2026-11-19T08:10:20+02:00",
    "2026-11-20T22:00:00Z",
];

/// The spellings with too many minutes for a test.
const LONG: [&str; 10] = [
    "this-week",
    "last-week",
    "this-month",
    "last-month",
    "7d",
    "2w",
    "2026-10",
    "2026-11-01..",
    "2026-11-01..2026-11-15",
    "last-week..yesterday",
];

/// The spellings of periods that end now.
const MOVING: [&str; 4] = ["today", "30m", "24h", "2026-11-01.."];

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// The simulation without a host.
struct Truth(Simulation);

impl Truth {
    /// The rows of all pages.
    fn rows(&mut self, action: &Action, query: &str) -> Vec<Value> {
        let key =
            if action.auth.iter().any(|auth| matches!(auth, Credential::Scope(_))) { SCOPED_KEY } else { ADMIN_KEY };
        let mut rows = Vec::new();
        let mut page = String::new();
        loop {
            let uri = format!("{}?{query}{page}", action.http.path);
            let mut request =
                http::Request::get(uri).header("x-api-key", key).header("anthropic-version", "2023-06-01");
            for beta in &action.betas {
                request = request.header("anthropic-beta", beta);
            }
            let response = self.0.handle(&request.body(Default::default()).unwrap());
            let body: Value = serde_json::from_slice(response.body()).unwrap();
            assert_eq!(response.status(), 200, "{query}: {body}");
            for item in body["data"].as_array().unwrap() {
                match item.get("results").and_then(Value::as_array) {
                    Some(results) => rows.extend(results.clone()),
                    None => rows.push(item.clone()),
                }
            }
            match body["next_page"].as_str() {
                Some(cursor) => page = format!("&page={cursor}"),
                None => return rows,
            }
        }
    }

    /// The rows between two instants or days. If they have buckets, the buckets are requested with a width that fits
    /// exactly.
    fn between(&mut self, action: &Action, period: &Period, (from, until): (&str, &str)) -> Vec<Value> {
        let wire = |name: &str| action.params.iter().find(|param| param.name == name).unwrap().wire.clone();
        let (start, end) = (wire(&period.start), wire(&period.end));
        let Some(width) = period.width.as_deref().map(wire) else {
            return self.rows(action, &format!("{start}={from}&{end}={until}"));
        };
        let (from, until): (Timestamp, Timestamp) = (from.parse().unwrap(), until.parse().unwrap());
        let border = |instant: Timestamp, seconds: i64, up: bool| {
            let second = instant.as_second() + if up { seconds - 1 } else { 0 };
            Timestamp::from_second(second.div_euclid(seconds) * seconds).unwrap()
        };
        let is_days = [from, until].iter().all(|instant| instant.as_second() % DAY == 0);
        let (first, last) = (border(from, HOUR, true), border(until, HOUR, false));
        let parts = match (is_days, first <= last) {
            (true, _) => vec![(from, until, "1d")],
            (false, true) => vec![(from, first, "1m"), (first, last, "1h"), (last, until, "1m")],
            (false, false) => vec![(from, until, "1m")],
        };
        let parts = parts.into_iter().filter(|(from, until, _)| from < until);
        parts
            .flat_map(|(from, until, word)| self.rows(action, &format!("{start}={from}&{end}={until}&{width}={word}")))
            .collect()
    }
}

/// The sum of a column, which is given by its path.
fn sum(rows: &[Value], column: &str) -> Decimal {
    let value = |row: &Value| column.split('.').try_fold(row.clone(), |value, name| value.get(name).cloned());
    let number = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned).parse::<Decimal>();
    rows.iter().filter_map(value).filter(|value| !value.is_null()).map(|value| number(value).unwrap()).sum()
}

fn facts(document: &Document) -> impl Iterator<Item = &Fact> {
    document.blocks.iter().flat_map(|block| match block {
        Block::Facts(facts) => facts.as_slice(),
        _ => &[],
    })
}

/// The bounds of the requested periods, without duplicates.
fn asked(simulator: &RunningSimulator, action: &Action, period: &Period) -> Vec<(String, String)> {
    let wire = |name: &str| action.params.iter().find(|param| param.name == name).unwrap().wire.clone();
    let (start, end) = (wire(&period.start), wire(&period.end));
    let mut bounds = Vec::new();
    // Names are looked up with other requests.
    let reports =
        simulator.requests().into_iter().filter(|request| request.action.as_deref() == Some(action.id.as_str()));
    for request in reports {
        let query = request.query.unwrap_or_default().replace("%3A", ":");
        let value = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}=")));
        let (Some(start), Some(end)) = (value(&start), value(&end)) else { panic!("no period in {query}") };
        let both = (start.to_owned(), end.to_owned());
        if !bounds.contains(&both) {
            bounds.push(both);
        }
    }
    bounds
}

fn instant(text: &str) -> Timestamp {
    text.parse().or_else(|_| format!("{text}T00:00:00Z").parse()).unwrap()
}

/// An instant or a day as a report writes it, without its needless zeros.
fn read(text: &str) -> Timestamp {
    let text = text.replace(' ', "T");
    match text.len() {
        10 => format!("{text}T00:00:00Z"),
        16 => format!("{text}:00Z"),
        _ => format!("{text}Z"),
    }
    .parse()
    .unwrap()
}

/// Checks the period, the totals and the comparison of a report with a spelling of its period.
async fn check(
    simulator: &RunningSimulator,
    service: &Service,
    truth: &mut Truth,
    action: &Action,
    width: Option<&str>,
    spelling: &str,
) -> bool {
    let period = &action.periods[0];
    let mut line = format!("{} {} --{} {spelling}", action.interface, action.function, period.name);
    if let Some((input, word)) = period.width.as_ref().zip(width) {
        line.push_str(&format!(" --{input} {word}"));
    }
    simulator.clear_requests();
    let reply = support::type_in(service, &line).await;
    let text = support::text(&reply);
    if reply.outcome == Outcome::Usage {
        // A period that is too long for the API is rejected before any request is sent.
        assert!(text.contains("is too long"), "{line}: {text}");
        assert!(simulator.requests().is_empty(), "{line}");
        return false;
    }
    assert_eq!(reply.outcome, Outcome::Done, "{line}: {text}");
    let asked = asked(simulator, action, period);
    let (from, until) = &asked[0];
    let (begin, end) = (instant(from), instant(until));

    // The report states the requested period, from bound to bound.
    let stated = facts(&reply.document).find(|fact| fact.field == period.name).unwrap().cell.text();
    let (first, last) = stated.split_once(" (").unwrap().0.split_once(" to ").unwrap();
    assert_eq!((read(first), read(last)), (begin, end), "{line}: {stated}");
    let seconds = match width.or(period.width.as_ref().and_then(|width| action.input(width)?.default.as_deref())) {
        Some("1h") => HOUR,
        Some("1m") => 60,
        None if period.width.is_some() => 60,
        _ => DAY,
    };
    assert!(begin.as_second() % seconds == 0 && end.as_second() % seconds == 0, "{line}: {from} to {until}");

    // The period before is as long, and shares no bucket.
    if let Some((from, until)) = asked.get(1) {
        let (earlier, middle) = (instant(from), instant(until));
        assert_eq!(middle, begin, "{line}: {asked:?}");
        assert_eq!(middle.duration_since(earlier), end.duration_since(begin), "{line}: {asked:?}");
    }
    assert!(asked.len() <= 2, "{line}: {asked:?}");

    // The totals are the sums of the rows between these bounds.
    let rows = truth.between(action, period, (from, until));
    let mut totals = 0;
    for fact in facts(&reply.document).filter(|fact| fact.label.starts_with("Total ")) {
        let shown = fact.cell.text().split([' ']).next().unwrap().replace(['$', ','], "");
        let mut expected = sum(&rows, &fact.field);
        if fact.cell.text().starts_with('$') {
            expected = (expected / Decimal::ONE_HUNDRED)
                .round_dp_with_strategy(2, rust_decimal::RoundingStrategy::MidpointAwayFromZero);
        }
        assert_eq!(shown.parse::<Decimal>().unwrap(), expected, "{line}: {} {}", fact.label, fact.cell.text());
        totals += 1;
    }
    assert!(!reply.document.title.contains("partial result"), "{line}");
    totals > 0
}

#[tokio::test(flavor = "multi_thread")]
async fn every_report_counts_exactly_the_period_it_states() {
    let simulator = support::simulator().await;
    let service = support::service(&simulator);
    let mut truth = Truth(Simulation::new(SimulatorConfig::default()).unwrap());
    for seconds in [0, 30] {
        // Half a minute is not a boundary of any bucket.
        simulator.advance(Duration::from_secs(seconds)).unwrap();
        truth.0.clock_mut().set(simulator.now());
        let catalog = service.catalog();
        let reports = catalog.actions.iter().filter(|action| claude_admin::document::is_report(catalog, action));
        for action in reports.filter(|action| !action.periods.is_empty()) {
            let words = widths(&catalog.types, action);
            let mut counted = 0;
            for width in std::iter::once(None).chain(words.iter().copied().map(Some)) {
                // Only spellings that count back from now depend on the half minute.
                let long = |spelling: &str| width == Some("1m") && LONG.contains(&spelling);
                let spellings = SPELLINGS.iter().filter(|spelling| !long(spelling));
                for spelling in spellings.filter(|spelling| seconds == 0 || MOVING.contains(spelling)) {
                    counted += u32::from(check(&simulator, &service, &mut truth, action, width, spelling).await);
                }
            }
            assert!(counted > 0 || action.id == "analytics.summaries", "{} was never added up", action.id);
        }
    }
}

/// The widths of buckets that a report accepts.
fn widths<'c>(types: &'c Types, action: &'c Action) -> Vec<&'c str> {
    let input = action.periods[0].width.as_ref().and_then(|width| action.input(width));
    input.and_then(|input| types.words(&input.ty)).unwrap_or_default()
}
