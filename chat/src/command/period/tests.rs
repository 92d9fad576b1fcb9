//! Tests of periods: their bounds, the alignment to buckets, and single times.

use super::*;
use crate::command::{Command, Draft, Markup, from_json, parse};
use claude_admin_catalog::{Catalog, PackageText};
use proptest::prelude::*;
use serde_json::json;
use std::path::Path;
use std::sync::{Arc, LazyLock};

static CATALOG: LazyLock<Catalog> = LazyLock::new(|| {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    Catalog::from_text(&PackageText::from_folder(&wit).unwrap()).unwrap()
});
const NOW: &str = "2026-11-21T17:20:31Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// The bounds that are sent for a command.
fn sent(line: &str) -> Result<(String, String), String> {
    let command = parse(&CATALOG, line, Markup::None, now()).map_err(|error| error.message)?;
    let Command::Run(Draft { invocation, .. }, _) = command else { panic!("{line}") };
    let period = &invocation.action.periods[0];
    let text = |name: &String| invocation.arguments[name].as_str().unwrap().trim_end_matches(":00Z").to_owned();
    Ok((text(&period.start), text(&period.end)))
}

#[test]
fn periods_of_reports_end_at_borders_of_buckets() {
    for (line, from, until) in [
        ("cost report today", "2026-11-21T00:00", "2026-11-22T00:00"),
        ("cost report 24h", "2026-11-20T00:00", "2026-11-22T00:00"),
        ("cost report 7d", "2026-11-14T00:00", "2026-11-21T00:00"),
        ("cost report 2026-11-01..", "2026-11-01T00:00", "2026-11-22T00:00"),
        ("cost report 2026-11-19T07:30:00Z", "2026-11-19T00:00", "2026-11-22T00:00"),
        ("cost report yesterday", "2026-11-20T00:00", "2026-11-21T00:00"),
        ("usage messages 24h --bucket-width 1h", "2026-11-20T17:00", "2026-11-21T18:00"),
        ("usage messages 30m --bucket-width minute", "2026-11-21T16:50", "2026-11-21T17:21"),
        (
            "usage messages 2026-11-19T07:30:00Z --ending-at 2026-11-20T07:30:00Z",
            "2026-11-19T00:00",
            "2026-11-21T00:00",
        ),
        // Without buckets, the unit is minutes.
        ("analytics cost 24h", "2026-11-20T17:20", "2026-11-21T17:21"),
        // A period with the maximum length must not become longer.
        ("analytics cost 24h --time-bucket-width 1m", "2026-11-20T17:21", "2026-11-21T17:21"),
        (
            "analytics usage 2026-10-01T06:00:00Z..2026-11-01T06:00:00Z --time-bucket-width day",
            "2026-10-02T00:00",
            "2026-11-02T00:00",
        ),
        // For days, today counts if there is no other day.
        ("analytics users --period 24h", "2026-11-20", "2026-11-21"),
        ("analytics users --period 30m", "2026-11-21", "2026-11-22"),
        ("analytics users --period 2026-11-19T07:30:00Z", "2026-11-19", "2026-11-21"),
        ("analytics users --period 2026-11-01T06:00:00Z..2026-11-03T07:30:00Z", "2026-11-01", "2026-11-04"),
        // Lists have no buckets.
        ("activities list --created 7d", "2026-11-15T00:00", "2026-11-21T17:20:31Z"),
    ] {
        assert_eq!(sent(line), Ok((from.to_owned(), until.to_owned())), "{line}");
    }
    assert!(sent("analytics cost 2026-10-01..2026-11-15").unwrap_err().contains("too long"));
    assert!(
        sent("cost report 2026-11-19T07:30:00Z --ending-at 2026-11-19T07:00:00Z")
            .unwrap_err()
            .contains("must end after")
    );
}

#[test]
fn period_as_json_means_what_it_means_as_text() {
    for (spelling, width) in [("24h", "1h"), ("this-month", "1d"), ("2026-11-19T07:30:00Z..", "1d")] {
        let arguments = json!({ "period": spelling, "bucket_width": width });
        let draft = from_json(&CATALOG, "usage.messages", arguments.as_object().unwrap(), now()).unwrap();
        let text = |name: &str| draft.invocation.arguments[name].as_str().unwrap().trim_end_matches(":00Z").to_owned();
        let typed = sent(&format!("usage messages {spelling} --bucket-width {width}"));
        assert_eq!(typed, Ok((text("starting-at"), text("ending-at"))));
    }
}

#[test]
fn range_is_no_single_time() {
    for line in ["activities list --created-after 2026-11-01..2026-11-15", "analytics users --date 7d"] {
        let error = parse(&CATALOG, line, Markup::None, now()).unwrap_err();
        assert!(error.message.contains("single"), "{}", error.message);
    }
}

#[test]
fn searched_times_are_the_words_of_reports() {
    let read = |since, until| read_span(since, until, now());
    let instants =
        |from: &str, until: Option<&str>| Ok((Some(from.parse().unwrap()), until.map(|until| until.parse().unwrap())));
    assert_eq!(read(Some("1h"), None), instants("2026-11-21T16:20:31Z", None));
    assert_eq!(read(Some("yesterday"), None), instants("2026-11-20T00:00:00Z", None));
    let both = instants("2026-11-01T00:00:00Z", Some("2026-11-16T00:00:00Z"));
    assert_eq!(read(Some("2026-11-01..2026-11-15"), None), both);
    assert_eq!(read(Some("2026-11-01"), Some("2026-11-16")), both);
    assert_eq!(read(None, None), Ok((None, None)));
    for (since, until) in [(Some("soon"), None), (None, Some("soon")), (None, Some("7d..1d"))] {
        assert!(read(since, until).unwrap_err().starts_with("--"), "{since:?} {until:?}");
    }
}

proptest! {
    #[test]
    fn aligned_period_has_whole_steps_and_an_equal_previous_one(
        action in prop::sample::select(
            CATALOG.actions.iter().filter(|action| action.periods.iter().any(|p| p.width.is_some())).collect::<Vec<_>>()
        ),
        width in prop::option::of(prop::sample::select(vec!["1m", "1h", "1d"])),
        from in 1_767_225_600_i64..1_795_000_000,
        length in 1_i64..2_000_000,
        nanos in 0..1_000_000_000,
    ) {
        let period = &action.periods[0];
        let from = Timestamp::new(from, nanos).unwrap();
        let until = from + SignedDuration::from_secs(length);
        let mut arguments = Arguments::new();
        arguments.insert(period.start.clone(), from.to_string().into());
        arguments.insert(period.end.clone(), until.to_string().into());
        if let Some(width) = width {
            arguments.insert(period.width.clone().unwrap(), width.into());
        }
        align(action, &mut arguments, now());
        let (begin, end) = bounds(period, &arguments).unwrap();
        let width = seconds(action, &arguments, period.width.as_ref().unwrap()).unwrap_or(MINUTE);
        prop_assert!(begin.as_second() % width == 0 && end.as_second() % width == 0);
        prop_assert!(begin.subsec_nanosecond() == 0 && end.subsec_nanosecond() == 0);
        prop_assert!(until <= end && end.duration_since(until).as_secs() < width);
        let shorter = begin > from;
        prop_assert!(from.duration_since(begin).as_secs().abs() < width);
        // The period is shortened only to stay within the maximum length.
        let longer = begin - SignedDuration::from_secs(width);
        prop_assert!(!shorter || limit(action, &arguments, period, longer, end).is_some());
        if limit(action, &arguments, period, from, until).is_none() {
            prop_assert!(shorter || limit(action, &arguments, period, begin, end).is_none());
        }

        let aligned = arguments.clone();
        align(action, &mut arguments, now());
        prop_assert_eq!(&arguments, &aligned);
        let earlier = before(action, &Invocation { action: Arc::clone(action), arguments }).unwrap();
        let (first, last) = bounds(period, &earlier.arguments).unwrap();
        prop_assert_eq!(last, begin);
        prop_assert_eq!(last.duration_since(first), end.duration_since(begin));
    }
}
