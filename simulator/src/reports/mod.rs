//! Reports of usage and cost, and analytics.
//!
//! Reports are not stored. The [`ledger`] has the usage of each actor, and [`doings`] the activity of members. Every
//! report is a sum over them, so all reports are consistent.

mod asked;
mod buckets;
mod by_dimensions;
mod by_thing;
pub(crate) mod calendar;
mod claude_code;
mod coding;
mod cost;
mod dimension;
pub(crate) mod doings;
mod ledger;
mod legacy;
mod messages;
mod metrics;
mod money;
mod ordered;
pub(crate) mod people;
mod prices;
mod profile;
pub(crate) mod random;
pub(crate) mod range;
mod rhythm;
pub(crate) mod rows;
mod stream;
mod summaries;
mod thing_rows;
mod things;
mod together;
mod usage;
mod users;

pub(crate) use things::PROJECTS_PATH;

use crate::rate_limit::Budget;
use crate::rules::{Answer, Computed, Rules};

/// The reports.
pub(crate) const RULES: [&dyn Rules; 16] = [
    &Computed::new(path_of!("usage.messages"), messages::answer),
    &Computed::new(path_of!("usage.claude-code"), claude_code::answer),
    &Computed::new(path_of!("cost.report"), cost::answer),
    &analytics(path_of!("analytics.usage"), by_dimensions::usage),
    &analytics(path_of!("analytics.cost"), by_dimensions::cost_rows),
    &analytics(path_of!("analytics-legacy.usage-report"), legacy::usage_buckets),
    &analytics(path_of!("analytics-legacy.cost-report"), legacy::cost_buckets),
    &analytics(path_of!("analytics-legacy.user-usage-report"), legacy::usage_of_users),
    &analytics(path_of!("analytics-legacy.user-cost-report"), legacy::cost_of_users),
    &analytics(path_of!("analytics.users"), users::answer),
    &analytics(path_of!("analytics.summaries"), summaries::answer),
    &analytics(path_of!("analytics.connectors"), by_thing::connectors),
    &analytics(path_of!("analytics.skills"), by_thing::skills),
    &analytics(path_of!("analytics.plugins"), by_thing::plugins),
    &analytics(path_of!("analytics.chat-projects"), by_thing::chat_projects),
    &analytics(path_of!("analytics.artifacts"), by_thing::artifacts),
];

const fn analytics(path: &'static str, answer: Answer) -> Computed {
    Computed::new(path, answer).with_budget(Budget::ANALYTICS)
}

#[cfg(test)]
mod tests {
    use super::RULES;
    use crate::testing;

    #[test]
    fn every_report_of_the_catalog_is_calculated() {
        let routes = testing::routes();
        for (action, _, rules) in routes.each() {
            let interface = routes.catalog().interface(&action.interface).unwrap();
            let is_listed = RULES.iter().any(|report| report.path() == rules.path());
            assert_eq!(is_listed, interface.family == "Reports", "{}", action.id);
        }
    }
}
