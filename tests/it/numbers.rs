//! Numbers and times of responses at the limits of their types: for every value, the output shows a result.

use super::raw_upstream::{RawUpstream, response};
use crate::support;
use claude_admin::command::{Format, Markup};
use claude_admin::render::{self, SlackTables};
use claude_admin::sandbox::Plugin;
use claude_admin::service::{Input, Outcome, Service};
use serde_json::{Number, Value};
use std::sync::{Arc, Mutex};

/// Numbers, the same numbers as texts, and times: values that do not fit in our types, or only just fit in one of them.
const VALUES: [(&str, &str, &str); 12] = [
    ("0", "79228162514264337593543950335", "9999-12-31T23:59:59Z"),
    ("1", "-79228162514264337593543950335", "-009999-01-01T00:00:00Z"),
    ("-1", "0.0000000000000000000000000001", "0001-01-01T00:00:00Z"),
    ("0.5", "1e400", "2026-13-45T99:99:99Z"),
    ("-0.0", "-1e400", ""),
    ("4294967296", "NaN", "9999-12-31"),
    ("9223372036854775807", "", "now"),
    ("9223372036854775808", "18446744073709551615", "9999-12-31T23:59:59Z"),
    ("-9223372036854775808", "99999999999999999999999999999999999999", "1970-01-01T00:00:00Z"),
    ("18446744073709551615", "79228162514264337593543950335", "9999-12-31T23:59:60Z"),
    ("1e300", "-0", "262142-12-31T23:59:59Z"),
    ("-1e300", "79228162514264337593543950336", "2026-11-21T17:20:00+25:59"),
];

/// Replaces the numbers and times in a value, and doubles each item of a list, so sums exceed the range of a number.
fn replaced(value: &Value, number: &str, text: &str, time: &str) -> Value {
    match value {
        Value::Number(_) => number.parse::<Number>().map_or(Value::Null, Value::Number),
        Value::String(old) if old.parse::<f64>().is_ok() => Value::from(text),
        Value::String(old) if old.parse::<jiff::Timestamp>().is_ok() || old.parse::<jiff::civil::Date>().is_ok() => {
            Value::from(time)
        }
        Value::Array(items) => {
            let items = items.iter().take(3).map(|item| replaced(item, number, text, time));
            items.flat_map(|item| [item.clone(), item]).collect()
        }
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.clone(), replaced(value, number, text, time))).collect()
        }
        other => other.clone(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_in_a_response_is_shown_or_named_as_an_error() {
    let simulator = support::simulator().await;
    let simulated = support::service(&simulator);
    let body = Arc::new(Mutex::new(String::new()));
    let current = Arc::clone(&body);
    let upstream = RawUpstream::start(move |_, _| response(200, "", &current.lock().unwrap())).await;
    let service = support::service_at(&upstream.url(), support::credentials(&simulator), support::limits());
    let (mut wrong, mut shown) = (Vec::new(), 0);
    // A write is sent although its target cannot be read: what is replaced is its own response.
    let blind = "permit(principal, action, resource) unless { action in Action::\"read\" };";
    let sandbox = support::sandbox(&upstream.url(), support::credentials(&simulator), support::limits());
    let blind = support::service_with(Plugin::embedded(&sandbox).unwrap(), blind, &[]);
    for action in &simulated.catalog().actions {
        let service = if action.writes() { &blind } else { &service };
        let Some(example) = action.examples.first() else { continue };
        // Actions that require a reason and an approval are read too.
        let line = format!("{example} --yes --reason because -o json");
        let ask = async |service: &Service| {
            support::carry_out(service, Input::Text { line: line.clone(), markup: Markup::None }).await
        };
        let Some(data) = ask(&simulated).await.data else { continue };
        for (number, text, time) in VALUES {
            *body.lock().unwrap() = replaced(&data, number, text, time).to_string();
            let reply = ask(service).await;
            let written =
                [Format::Text, Format::Json, Format::Csv, Format::Markdown].map(|it| render::reply(&reply, it));
            let slack = render::slack(&reply.document, SlackTables::DataTable, false, None);
            // If the response to a write is not understood, the result is unknown.
            let is_expected = matches!(reply.outcome, Outcome::Done | Outcome::Failed | Outcome::Partial)
                || action.writes() && reply.outcome == Outcome::Unknown;
            if !is_expected || written[0].contains("Internal error") || !slack["blocks"].is_array() {
                wrong.push(format!("{} with {number}, {text}, {time}: {}", action.id, written[0]));
            }
            shown += usize::from(reply.outcome == Outcome::Done);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(shown > 100, "only {shown} responses were understood");
}
