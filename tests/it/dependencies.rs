//! What `deny.toml` lets pass.

use crate::support;
use jiff::Zoned;
use jiff::civil::Date;
use toml::{Table, Value};

/// The exceptions from the advisories that do not say until when they apply, or that have expired.
fn problems(deny: &str, today: Date) -> Vec<String> {
    let deny: Table = deny.parse().expect("TOML");
    let ignored = deny["advisories"].get("ignore").and_then(Value::as_array).expect("a list of exceptions");
    let until = |exception: &Value| {
        let (date, why) = exception.get("reason")?.as_str()?.strip_prefix("until ")?.split_once(": ")?;
        date.parse::<Date>().ok().filter(|_| !why.trim().is_empty())
    };
    ignored
        .iter()
        .filter_map(|exception| match until(exception) {
            None => Some(format!("{exception:?} has no `reason = \"until YYYY-MM-DD: why\"`")),
            Some(date) if date < today => Some(format!("{exception:?} has expired")),
            Some(_) => None,
        })
        .collect()
}

#[test]
fn exceptions_from_advisories_have_a_date_that_is_not_over() {
    let deny = std::fs::read_to_string(support::workspace().join("deny.toml")).unwrap();
    assert_eq!(problems(&deny, Zoned::now().date()), Vec::<String>::new());
}

#[test]
fn exception_without_date_or_after_it_is_reported() {
    let with =
        |reason: &str| format!("[advisories]\nignore = [{{ id = \"RUSTSEC-2026-0001\", reason = \"{reason}\" }}]");
    let today = "2026-11-29".parse().unwrap();
    assert!(problems(&with("until 2026-11-29: only built for tests"), today).is_empty());
    for wrong in ["only built for tests", "until 2026-11-28: expired", "until soon: no date", "until 2027-01-01: "] {
        assert_eq!(problems(&with(wrong), today).len(), 1, "{wrong}");
    }
    assert_eq!(problems("[advisories]\nignore = [\"RUSTSEC-2026-0001\"]", today).len(), 1);
}
