//! End-to-end tests: the real component in the real host, the real binary, real HTTP on loopback.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test says what it expects by failing")]

mod advice;
mod approvals;
mod architecture;
mod availability;
mod bad_input;
mod bounds;
mod command_line;
mod completions;
mod component;
mod confidential;
mod conformance;
mod crash;
mod dependencies;
mod documentation;
mod earlier_log;
mod effects;
mod entrances;
mod every_action;
mod fake_slack;
mod frontends;
mod gateway;
mod golden;
mod hostile;
mod http_api;
mod isolation;
#[cfg(unix)]
mod lone_operator;
mod long_list;
mod lookups;
mod made_up;
mod matrix;
mod names;
mod numbers;
mod operating;
mod policy_in_force;
mod policy_property;
mod programs;
mod questions;
mod raw_upstream;
mod readme;
mod reference_page;
mod replays;
mod reports;
mod secrets;
mod server;
mod server_limits;
mod shared_store;
mod slack;
mod slack_accounts;
mod slack_clicks;
mod slack_directory;
mod slack_late;
mod slack_notices;
#[cfg(unix)]
mod stopping;
mod streams;
mod style;
mod support;
#[cfg(unix)]
mod terminal;
mod tolerance;
mod upstream_trouble;
mod workload;
