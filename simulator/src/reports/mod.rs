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

use crate::rules::{Computed, Rules};

/// The reports, by path.
pub(crate) const RULES: [&dyn Rules; 16] = [
    &Computed::new("/v1/organizations/usage_report/messages", messages::answer),
    &Computed::new("/v1/organizations/usage_report/claude_code", claude_code::answer),
    &Computed::new("/v1/organizations/cost_report", cost::answer),
    &Computed::new("/v1/organizations/analytics/usage", by_dimensions::usage),
    &Computed::new("/v1/organizations/analytics/cost", by_dimensions::cost_rows),
    &Computed::new("/v1/organizations/analytics/usage_report", legacy::usage_buckets),
    &Computed::new("/v1/organizations/analytics/cost_report", legacy::cost_buckets),
    &Computed::new("/v1/organizations/analytics/user_usage_report", legacy::usage_of_users),
    &Computed::new("/v1/organizations/analytics/user_cost_report", legacy::cost_of_users),
    &Computed::new("/v1/organizations/analytics/users", users::answer),
    &Computed::new("/v1/organizations/analytics/summaries", summaries::answer),
    &Computed::new("/v1/organizations/analytics/connectors", by_thing::connectors),
    &Computed::new("/v1/organizations/analytics/skills", by_thing::skills),
    &Computed::new("/v1/organizations/analytics/plugins", by_thing::plugins),
    &Computed::new("/v1/organizations/analytics/apps/chat/projects", by_thing::chat_projects),
    &Computed::new("/v1/organizations/analytics/artifacts", by_thing::artifacts),
];
