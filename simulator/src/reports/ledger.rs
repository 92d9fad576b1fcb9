//! The ledger: the amount, the time and the actor of usage.
//!
//! The ledger is not stored. For each day, each stream has a number of requests that is derived from the seed. A curve
//! gives the share of that number up to each minute. The usage in a range of time is the difference of two such shares.
//! So minutes always add up to hours and hours to days, and the cost of a range depends only on its number of days.

use super::calendar::{DAY, Width};
use super::money::NanoCents;
use super::people::People;
use super::prices::{Item, charged, price};
use super::rhythm::{Curve, share};
use super::stream::{Stream, streams};
use super::usage::Usage;
use crate::memory;
use crate::store::Store;
use std::collections::BTreeMap;
use std::ops::AddAssign;

/// Usage with its cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) usage: Usage,
    /// The charged amounts, by priced item.
    pub(crate) cost: [NanoCents; Item::COUNT],
    /// The amounts at list prices.
    pub(crate) list: [NanoCents; Item::COUNT],
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.usage += other.usage;
        for item in Item::ALL {
            self.cost[item as usize] += other.cost[item as usize];
            self.list[item as usize] += other.list[item as usize];
        }
    }
}

/// All usage.
#[derive(Debug)]
pub(crate) struct Ledger<'s> {
    pub(crate) people: People<'s>,
    pub(crate) streams: Vec<Stream<'s>>,
    pub(crate) seed: u64,
}

impl<'s> Ledger<'s> {
    /// The ledger of an organization.
    pub(crate) fn of(store: &'s Store) -> Self {
        let seed = memory::seed(store);
        let people = People::of(store);
        let streams = streams(store, &people, seed);
        Self { people, streams, seed }
    }

    /// The cost of the usage.
    pub(crate) fn priced(stream: &Stream<'_>, usage: Usage) -> Sums {
        let mut sums = Sums { usage, ..Sums::default() };
        for item in Item::ALL {
            let list = price(item, stream.terms);
            sums.list[item as usize] = list * usage.of(item);
            sums.cost[item as usize] = charged(list, stream.is_api()) * usage.of(item);
        }
        sums
    }

    /// Sums by bucket and by the key of rows. Without a width, the whole range is one bucket.
    pub(crate) fn tally<K: Ord + Clone>(
        &self,
        (from, until): (i64, i64),
        width: Option<Width>,
        row_of: impl Fn(&Stream<'s>) -> Option<K>,
    ) -> BTreeMap<(i64, K), Sums> {
        // Rows are numbered, so their key is not copied for each bucket.
        let mut numbers: BTreeMap<K, usize> = BTreeMap::new();
        let mut sums: BTreeMap<(i64, usize), Sums> = BTreeMap::new();
        for stream in &self.streams {
            let Some(row) = row_of(stream) else { continue };
            let count = numbers.len();
            let number = *numbers.entry(row).or_insert(count);
            self.visit(stream, from, until, width, |bucket, usage| {
                if !usage.is_empty() {
                    *sums.entry((bucket, number)).or_default() += Self::priced(stream, usage);
                }
            });
        }
        let rows: BTreeMap<usize, K> = numbers.into_iter().map(|(row, number)| (number, row)).collect();
        let named = |((bucket, number), sums)| Some(((bucket, rows.get(&number)?.clone()), sums));
        sums.into_iter().filter_map(named).collect()
    }

    /// Passes on the usage of a stream in each bucket, day by day.
    fn visit(
        &self,
        stream: &Stream<'_>,
        from: i64,
        until: i64,
        width: Option<Width>,
        mut take: impl FnMut(i64, Usage),
    ) {
        let (begin, end) = stream.living(from, until);
        if begin >= end {
            return;
        }
        for day in begin.div_euclid(DAY)..=(end - 1).div_euclid(DAY) {
            let requests = stream.requests(self.seed, &self.people, day);
            if requests == 0 {
                continue;
            }
            let items = stream.items(self.seed, day, requests);
            let midnight = day * DAY;
            let (first, last) = (begin.max(midnight), end.min(midnight + DAY));
            if (first, last) == (midnight, midnight + DAY) && width.is_none_or(|width| width == Width::Day) {
                take(width.map_or(from, |_| midnight), Usage { requests, items });
                continue;
            }
            let curve = Curve::of(stream.rhythm(), [stream.salt(), day.cast_unsigned()]);
            let at =
                |passed: i64| Usage { requests: passed, items: items.map(|amount| share(amount, passed, requests)) };
            let mut minute = first;
            let mut before = at(curve.passed(requests, first - midnight));
            while minute < last {
                let bucket = width.map_or(from, |width| width.snap(minute));
                minute = width.map_or(last, |width| (bucket + width.minutes()).min(last));
                let passed = curve.passed(requests, minute - midnight);
                // Most minutes of most streams have no requests, and so no usage.
                if passed > before.requests {
                    let after = at(passed);
                    take(bucket, difference(after, before));
                    before = after;
                }
            }
        }
    }
}

fn difference(after: Usage, before: Usage) -> Usage {
    let mut items = after.items;
    for (amount, earlier) in items.iter_mut().zip(before.items) {
        *amount -= earlier;
    }
    Usage { requests: after.requests - before.requests, items }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::perform::World;
    use crate::reports::calendar::minute_of;
    use crate::testing;
    use proptest::prelude::*;
    use std::sync::LazyLock;

    static WORLD: LazyLock<World> = LazyLock::new(testing::world);

    fn minute(text: &str) -> i64 {
        minute_of(text.parse().unwrap())
    }

    /// All usage between two minutes.
    fn total(ledger: &Ledger<'_>, from: i64, until: i64) -> Sums {
        sum(ledger.tally((from, until), None, |_| Some(())))
    }

    fn sum<K>(rows: BTreeMap<(i64, K), Sums>) -> Sums {
        rows.into_values().fold(Sums::default(), |mut sum, more| {
            sum += more;
            sum
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn parts_of_a_range_add_up_to_it(
            day in 0..320_i64, from in 0..1440_i64, length in 1..2880_i64, cut in 0..2880_i64
        ) {
            let ledger = Ledger::of(&WORLD.store);
            let from = minute("2026-01-01T00:00:00Z") + day * DAY + from;
            let (until, cut) = (from + length, from + cut.min(length));
            let mut parts = total(&ledger, from, cut);
            parts += total(&ledger, cut, until);
            prop_assert_eq!(parts, total(&ledger, from, until));
        }

        #[test]
        fn sums_do_not_depend_on_the_width_of_buckets(day in 0..320_i64) {
            let ledger = Ledger::of(&WORLD.store);
            let from = minute("2026-01-01T00:00:00Z") + day * DAY;
            let whole = total(&ledger, from, from + DAY);
            for width in [Width::Minute, Width::Hour, Width::Day] {
                let rows = ledger.tally((from, from + DAY), Some(width), |_| Some(()));
                prop_assert!(rows.keys().all(|(bucket, ())| width.snap(*bucket) == *bucket));
                prop_assert_eq!(sum(rows), whole);
            }
        }

        #[test]
        fn sums_do_not_depend_on_what_is_grouped_by(
            day in 0..320_i64,
            dimension in prop::sample::select(vec![
                "model", "actor", "workspace_id", "product", "rbac_group_id", "service_tier", "slack_channel_id",
            ])
        ) {
            let ledger = Ledger::of(&WORLD.store);
            let from = minute("2026-01-01T00:00:00Z") + day * DAY;
            let rows = ledger.tally((from, from + DAY), None, |stream| Some(ledger.value(stream, dimension)));
            prop_assert_eq!(sum(rows), total(&ledger, from, from + DAY));
        }

        #[test]
        fn cost_is_usage_times_price(day in 0..320_i64) {
            let ledger = Ledger::of(&WORLD.store);
            let from = minute("2026-01-01T00:00:00Z") + day * DAY;
            for stream in &ledger.streams {
                let rows = ledger.tally((from, from + DAY), None, |other| std::ptr::eq(other, stream).then_some(()));
                let sums = sum(rows);
                for item in Item::ALL {
                    let expected = price(item, stream.terms) * sums.usage.of(item);
                    prop_assert_eq!(sums.list[item as usize], expected);
                }
            }
        }
    }

    #[test]
    fn nights_are_idle_and_days_are_not() {
        let ledger = Ledger::of(&WORLD.store);
        let of_hour = |hour: i64| {
            let from = minute("2026-11-18T00:00:00Z") + hour * 60;
            total(&ledger, from, from + 60).usage
        };
        assert!((1..5).all(|hour| of_hour(hour).is_empty()), "the organization sleeps");
        assert!((8..18).all(|hour| of_hour(hour).requests > 100), "the organization works");
    }

    #[test]
    fn usage_grows_over_the_year_and_rests_at_weekends() {
        let ledger = Ledger::of(&WORLD.store);
        let requests = |from: &str, until: &str| total(&ledger, minute(from), minute(until)).usage.requests;
        let january = requests("2026-01-05T00:00:00Z", "2026-02-02T00:00:00Z");
        let october = requests("2026-10-05T00:00:00Z", "2026-11-02T00:00:00Z");
        assert!(october * 10 > january * 13, "{january} in January, {october} in October");
        let working = requests("2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z");
        let sunday = requests("2026-11-15T00:00:00Z", "2026-11-16T00:00:00Z");
        assert!(sunday > 0 && sunday * 2 < working, "{working} on a Wednesday, {sunday} on a Sunday");
    }

    #[test]
    fn a_key_is_used_while_it_works() {
        let ledger = Ledger::of(&WORLD.store);
        let key = |name: &str| {
            let mut keys = WORLD.store.items(crate::rules::ApiKeys::PATH);
            keys.find(|key| crate::rules::text(key, "name") == name).map(|key| crate::rules::text(key, "id"))
        };
        let requests = |name: &str, from: &str, until: &str| {
            let key = key(name).unwrap();
            let rows =
                ledger.tally((minute(from), minute(until)), None, |stream| (stream.api_key == Some(key)).then_some(()));
            sum(rows).usage.requests
        };
        assert!(requests("ci main", "2026-11-01T00:00:00Z", "2026-11-21T00:00:00Z") > 0);
        assert_eq!(requests("leaked 2025-03", "2026-01-01T00:00:00Z", "2026-11-21T00:00:00Z"), 0);
        assert!(requests("trial", "2026-09-01T00:00:00Z", "2026-10-22T00:00:00Z") > 0);
        assert_eq!(requests("trial", "2026-10-23T00:00:00Z", "2026-11-21T00:00:00Z"), 0, "it has expired");
    }
}
