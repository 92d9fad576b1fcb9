//! The distribution of the requests over a day.

use super::calendar::DAY;
use super::random::count_below;

/// The times of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rhythm {
    /// People at work.
    Office,
    /// A service for users: longer days, and low use at night.
    Service,
    /// Jobs in the evening.
    Evening,
}

impl Rhythm {
    /// Weights of the hours in UTC.
    fn hours(self) -> [i64; 24] {
        match self {
            Self::Office => [0, 0, 0, 0, 0, 0, 1, 3, 6, 9, 10, 10, 6, 9, 10, 10, 9, 6, 4, 2, 2, 1, 0, 0],
            Self::Service => [1, 0, 0, 0, 0, 1, 2, 4, 7, 9, 10, 10, 9, 10, 10, 10, 9, 8, 6, 5, 4, 3, 2, 1],
            Self::Evening => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 6, 8, 4],
        }
    }

    /// The requests of a weekday, in percent of a working day, Monday first.
    pub(crate) fn week(self) -> [i64; 7] {
        match self {
            Self::Office => [100, 100, 100, 100, 90, 10, 6],
            Self::Service => [100, 105, 104, 102, 95, 48, 42],
            Self::Evening => [100, 100, 100, 100, 100, 0, 0],
        }
    }
}

/// The curve of one stream on one day: the share up to each minute.
#[derive(Debug)]
pub(crate) struct Curve {
    /// The sum of the weights before each hour, and of the whole day.
    before: [i64; 25],
    hours: [i64; 24],
}

impl Curve {
    /// The curve of a day. Each day has a different curve.
    pub(crate) fn of(rhythm: Rhythm, parts: [u64; 2]) -> Self {
        let mut hours = rhythm.hours();
        let mut before = [0; 25];
        for (hour, weight) in hours.iter_mut().enumerate() {
            *weight *= 80 + count_below(41, &[parts[0], parts[1], hour as u64]);
            before[hour + 1] = before[hour] + *weight * 60;
        }
        Self { before, hours }
    }

    /// The share of an amount up to a minute of the day. At the end of the day it is the whole amount, so shares always
    /// add up.
    pub(crate) fn passed(&self, amount: i64, minute: i64) -> i64 {
        if minute >= DAY {
            return amount;
        }
        let hour = usize::try_from(minute / 60).unwrap_or_default().min(23);
        let weight = self.before[hour] + self.hours[hour] * (minute % 60);
        share(amount, weight, self.before[24])
    }
}

/// `amount * part / whole`, rounded down.
pub(crate) fn share(amount: i64, part: i64, whole: i64) -> i64 {
    if whole == 0 {
        return 0;
    }
    let share = i128::from(amount) * i128::from(part) / i128::from(whole);
    i64::try_from(share).unwrap_or(i64::MAX)
}
