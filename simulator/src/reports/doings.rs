//! The activity of members: the number of messages of a member in a product on a day.

use super::calendar::{FIRST_DAY, weekday};
use super::people::Person;
use super::random::{below, count_below};

/// A product that members use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Product {
    Chat,
    Cowork,
    ClaudeCode,
    Office,
    Design,
    Chrome,
    Slack,
}

impl Product {
    pub(crate) const ALL: [Self; 7] =
        [Self::Chat, Self::Cowork, Self::ClaudeCode, Self::Office, Self::Design, Self::Chrome, Self::Slack];

    /// The name in reports.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Cowork => "cowork",
            Self::ClaudeCode => "claude_code",
            Self::Office => "office_agent",
            Self::Design => "claude_design",
            Self::Chrome => "claude_in_chrome",
            Self::Slack => "claude_tag",
        }
    }

    /// The probability, in percent, that a member with a role uses the product on a working day.
    fn likelihood(self, role: &str) -> u64 {
        let (engineer, everybody_else) = match self {
            Self::Chat => (45, 72),
            Self::Cowork => (12, 35),
            Self::ClaudeCode => (80, 0),
            Self::Office => (0, 30),
            Self::Design => (4, 14),
            Self::Chrome => (6, 16),
            Self::Slack => (40, 28),
        };
        match role {
            "developer" | "claude_code_user" => engineer,
            "billing" => everybody_else / 2,
            // Administrators use all products, but rarely.
            "admin" | "owner" | "primary_owner" | "membership_admin" => (engineer + everybody_else) / 2,
            _ => everybody_else,
        }
    }

    /// The average number of messages per day.
    fn messages(self) -> i64 {
        match self {
            Self::Chat => 18,
            Self::Cowork => 12,
            Self::ClaudeCode => 55,
            Self::Office => 8,
            Self::Design => 9,
            Self::Chrome => 10,
            Self::Slack => 6,
        }
    }
}

/// The number of messages of a member in a product on a day, even on days on which the person was not a member.
pub(crate) fn messages(seed: u64, person: &Person<'_>, product: Product, day: i64) -> i64 {
    if person.joined >= day {
        return 0;
    }
    let place = [seed, person.salt, product as u64];
    let at = |what: u64| [place[0], place[1], place[2], day.cast_unsigned(), what];
    let habit = 60 + below(41, &place);
    let week = [100, 100, 100, 100, 92, 12, 8][usize::try_from(weekday(day)).unwrap_or_default()];
    // The number of active members grows over the year.
    let adoption = 55 + 45 * (day - FIRST_DAY).clamp(0, 365).cast_unsigned() / 365;
    if below(100_000_000, &at(1)) >= product.likelihood(person.role) * habit * week * adoption {
        return 0;
    }
    1 + product.messages() * (40 + count_below(160, &at(2))) / 100
}

#[cfg(test)]
mod tests {
    use super::*;

    fn developer() -> Person<'static> {
        Person {
            id: "user_1",
            email: "",
            name: "",
            role: "developer",
            salt: 5,
            joined: FIRST_DAY,
            left: None,
            groups: Vec::new(),
        }
    }

    #[test]
    fn people_work_in_the_week_and_rest_at_its_end() {
        let days = |wanted: fn(i64) -> bool| {
            (FIRST_DAY + 1..FIRST_DAY + 365)
                .filter(|day| wanted(weekday(*day)))
                .filter(|day| messages(1, &developer(), Product::ClaudeCode, *day) > 0)
                .count()
        };
        let (working, weekend) = (days(|weekday| weekday < 5), days(|weekday| weekday >= 5));
        assert!(working > 60 && weekend * 8 < working, "{working} working days, {weekend} others");
    }

    #[test]
    fn member_has_no_messages_before_joining() {
        let all = |day| Product::ALL.into_iter().map(|product| messages(1, &developer(), product, day)).sum::<i64>();
        assert_eq!(all(FIRST_DAY) + all(FIRST_DAY - 100), 0);
    }
}
