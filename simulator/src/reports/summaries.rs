//! `GET /v1/organizations/analytics/summaries`.

use super::asked::{Days, Filters};
use super::calendar::{FIRST_DAY, start_of_day};
use super::doings::{self, Product};
use super::ledger::Ledger;
use super::people::Person;
use super::rows::Rows;
use crate::Object;
use crate::error::ApiError;
use crate::query::Query;
use crate::routes::Target;
use crate::rules::{Invites, View, text};
use crate::store::Store;
use jiff::Timestamp;
use serde_json::{Value, json};

/// The activity that is counted, and its products.
const CIRCLES: [(&str, &[Product]); 8] = [
    ("", &Product::ALL),
    ("chat_", &[Product::Chat]),
    ("cowork_", &[Product::Cowork]),
    ("chat_cowork_unified_", &[Product::Chat, Product::Cowork]),
    ("claude_code_", &[Product::ClaudeCode]),
    ("claude_design_", &[Product::Design]),
    ("claude_tag_", &[Product::Slack]),
    ("office_agent_", &[Product::Office]),
];
/// The number of days that each count includes.
const SPANS: [(&str, i64); 3] = [("daily", 1), ("weekly", 7), ("monthly", 30)];

/// The members of a day.
#[derive(Debug, Clone, Default)]
struct Day {
    seats: i64,
    active: [[i64; SPANS.len()]; CIRCLES.len()],
}

pub(super) fn answer(target: &Target<'_>, query: &Query, view: View<'_>) -> Result<Value, ApiError> {
    let days = Days::of(query, view.now)?;
    let filters = Filters::of(target, query, &["rbac_group_id"])?;
    let ledger = Ledger::of(view.store);
    let mut counts: Vec<Day> = days.iter().map(|_| Day::default()).collect();
    for person in ledger.people.everybody.iter().filter(|person| filters.fits_person(&ledger.people, person)) {
        count(&mut counts, days, ledger.seed, person);
    }
    let is_whole = filters.wanted("rbac_group_id").is_none();
    let rows = days.iter().zip(&counts).map(|(day, counts)| {
        let mut row = Object::from_iter([
            ("starting_at".to_owned(), json!(start_of_day(day).to_string())),
            ("ending_at".to_owned(), json!(start_of_day(day + 1).to_string())),
            ("assigned_seat_count".to_owned(), json!(counts.seats)),
            ("pending_invite_count".to_owned(), json!(is_whole.then(|| pending_invites(view.store, day)))),
            ("science_entitled_user_count".to_owned(), json!(0)),
        ]);
        for ((circle, _), active) in CIRCLES.iter().zip(counts.active) {
            for ((span, _), count) in SPANS.iter().zip(active) {
                row.insert(format!("{circle}{span}_active_user_count"), json!(count));
            }
        }
        for (span, _) in SPANS {
            row.insert(format!("science_{span}_active_user_count"), json!(0));
        }
        for ((span, _), active) in SPANS.iter().zip(counts.active[0]) {
            row.insert(format!("{span}_adoption_rate"), percent(active, counts.seats));
        }
        Value::Object(row)
    });
    // All rows are returned, regardless of the limit.
    Ok(Rows { shown: rows.collect(), next_page: None }.plain())
}

/// Adds a member to the counts of the days on which the person is a member.
fn count(counts: &mut [Day], days: Days, seed: u64, person: &Person<'_>) {
    let mut last = [i64::MIN / 2; Product::ALL.len()];
    let longest = SPANS[SPANS.len() - 1].1;
    let begin = (days.from - longest + 1).max(FIRST_DAY).min(days.from);
    for day in begin..days.until {
        if !person.is_member_on(day) {
            continue;
        }
        for product in Product::ALL {
            if doings::messages(seed, person, product, day) > 0 {
                last[product as usize] = day;
            }
        }
        let Some(counts) = usize::try_from(day - days.from).ok().and_then(|place| counts.get_mut(place)) else {
            continue;
        };
        counts.seats += 1;
        for ((_, products), active) in CIRCLES.iter().zip(&mut counts.active) {
            let latest = products.iter().map(|product| last[*product as usize]).max().unwrap_or(i64::MIN / 2);
            for ((_, span), count) in SPANS.iter().zip(active) {
                *count += i64::from(latest > day - span);
            }
        }
    }
}

/// A share in percent, with two decimal places.
fn percent(part: i64, whole: i64) -> Value {
    if whole == 0 {
        return Value::Null;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of members are far below the limit of exact numbers")]
    let percent = (part * 10_000 / whole) as f64 / 100.0;
    json!(percent)
}

/// The invites that were open at the end of a day.
fn pending_invites(store: &Store, day: i64) -> usize {
    let end = start_of_day(day + 1);
    let when = |invite: &Object, field: &str| text(invite, field).parse::<Timestamp>().ok();
    let is_open = |invite: &&Object| {
        text(invite, "status") != "deleted"
            && when(invite, "invited_at").is_some_and(|at| at < end)
            && when(invite, "expires_at").is_none_or(|at| at >= end)
            && when(invite, "accepted_at").is_none_or(|at| at >= end)
    };
    store.items(Invites::PATH).filter(is_open).count()
}
