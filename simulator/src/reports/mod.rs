//! Reports of usage and cost, and analytics.
//!
//! None of them is stored. The [`ledger`] tells how much was used by whom, and [`doings`] what members did; every
//! report is a sum over them, so that all reports agree.

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
pub(crate) mod random;
pub(crate) mod range;
mod rhythm;
pub(crate) mod rows;
mod stream;
mod summaries;
mod things;
mod usage;
mod users;

pub(crate) use things::PROJECTS_PATH;

use crate::rate_limit::Budget;
use crate::rules::{Computed, Rules};
use jiff::SignedDuration;

/// Analytics have a budget of their own.
const ANALYTICS: Budget = Budget { name: "analytics requests", limit: 60, window: SignedDuration::from_mins(1) };

/// The reports, by path.
pub(crate) const RULES: [&dyn Rules; 16] = [
    &Computed::new("/v1/organizations/usage_report/messages", messages::answer),
    &Computed::new("/v1/organizations/usage_report/claude_code", claude_code::answer),
    &Computed::new("/v1/organizations/cost_report", cost::answer),
    &Computed::new("/v1/organizations/analytics/usage", by_dimensions::usage).within(ANALYTICS),
    &Computed::new("/v1/organizations/analytics/cost", by_dimensions::cost_rows).within(ANALYTICS),
    &Computed::new("/v1/organizations/analytics/usage_report", legacy::usage_buckets).within(ANALYTICS),
    &Computed::new("/v1/organizations/analytics/cost_report", legacy::cost_buckets).within(ANALYTICS),
    &Computed::new("/v1/organizations/analytics/user_usage_report", legacy::usage_of_users).within(ANALYTICS),
    &Computed::new("/v1/organizations/analytics/user_cost_report", legacy::cost_of_users).within(ANALYTICS),
    &Computed::new("/v1/organizations/analytics/users", users::answer).within(ANALYTICS),
    &Computed::new("/v1/organizations/analytics/summaries", summaries::answer).within(ANALYTICS),
    &Computed::new("/v1/organizations/analytics/connectors", by_thing::connectors).within(ANALYTICS),
    &Computed::new("/v1/organizations/analytics/skills", by_thing::skills).within(ANALYTICS),
    &Computed::new("/v1/organizations/analytics/plugins", by_thing::plugins).within(ANALYTICS),
    &Computed::new("/v1/organizations/analytics/apps/chat/projects", by_thing::chat_projects).within(ANALYTICS),
    &Computed::new("/v1/organizations/analytics/artifacts", by_thing::artifacts).within(ANALYTICS),
];
