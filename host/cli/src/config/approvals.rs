//! `[approvals]`: a host with one user, without a second person who can approve.

use super::{Config, ConfigError};
use claude_admin::decision::approval::LoneOperator;
use claude_admin::decision::groups::Member;
use claude_admin::decision::policy::whole_seconds;
use claude_admin::identity::Principal;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The delay between the typed name and the run, in seconds: long enough to read, and shorter than the expiry of a
/// request.
const DELAY: RangeInclusive<u64> = 5..=600;

/// The settings for requests that require a second person.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ApprovalsConfig {
    /// Whether this host has one user. At the terminal, this user types the name of the target instead of the approval
    /// of a second person.
    pub(crate) lone_operator: bool,
    /// The time between the typed name and the run, such as `30s`: 5 s to 10 min. Until then, the request can be
    /// canceled.
    #[serde(deserialize_with = "delay")]
    pub(crate) lone_operator_delay: Duration,
}

impl Default for ApprovalsConfig {
    fn default() -> Self {
        Self { lone_operator: false, lone_operator_delay: Duration::from_secs(30) }
    }
}

fn delay<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    let seconds = whole_seconds(&text).filter(|seconds| DELAY.contains(seconds));
    seconds.map(Duration::from_secs).ok_or_else(|| {
        D::Error::custom(format!("`{text}` is not a time from 5 seconds to 10 minutes; write for example `30s`"))
    })
}

impl Config {
    /// The lone operator, if `lone_operator` is set and the configuration names no second person.
    ///
    /// # Errors
    ///
    /// [`ConfigError::SecondPerson`] with the name of the second person.
    pub(crate) fn lone_operator(&self, principal: &Principal) -> Result<Option<LoneOperator>, ConfigError> {
        if !self.approvals.lone_operator {
            return Ok(None);
        }
        match self.second_person(principal)? {
            Some(second) => Err(ConfigError::SecondPerson(second)),
            None => Ok(Some(LoneOperator { principal: principal.clone(), delay: self.approvals.lone_operator_delay })),
        }
    }

    /// Another user who has access by the configuration. It does not matter whether the policy lets them approve:
    /// the policy can change.
    fn second_person(&self, principal: &Principal) -> Result<Option<String>, ConfigError> {
        if self.slack.is_some() {
            return Ok(Some("[slack] gives access to the members of a Slack workspace".to_owned()));
        }
        if let Some(client) = self.http.clients.first() {
            return Ok(Some(format!("[[http.clients]] gives access to `http:{}`", client.name)));
        }
        let is_other = |member: &Member| !matches!(member, Member::Person(person) if person == principal);
        let groups = self.members()?;
        // The line from the configuration, since a member has no text form.
        let other = groups.iter().find_map(|(group, members)| {
            let at = members.iter().position(is_other)?;
            Some((group, self.groups.get(group)?.get(at)?))
        });
        Ok(other
            .map(|(group, line)| format!("`{group}` in [groups] names `{line}`, and this terminal is `{principal}`")))
    }
}
