//! Slack as a directory: user groups (cached for at most one minute) and e-mail addresses.

use super::WebApi;
use crate::decision::directory::{Directory, DirectoryError, Lookup};
use crate::identity::Principal;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The time for which the members of a user group are cached.
const MEMORY: Duration = Duration::from_secs(60);

/// The members of user groups, with the time of the request to Slack.
type Remembered = HashMap<String, (Instant, Arc<Vec<String>>)>;

/// Slack as a directory of user groups and e-mail addresses.
#[derive(Debug)]
pub struct SlackDirectory {
    api: Arc<WebApi>,
    members: Mutex<Remembered>,
}

impl SlackDirectory {
    /// Creates a directory that reads from Slack's Web API.
    #[must_use]
    pub fn new(api: Arc<WebApi>) -> Self {
        Self { api, members: Mutex::default() }
    }

    async fn members(&self, team: &str, group: &str) -> Result<Arc<Vec<String>>, DirectoryError> {
        let key = format!("{team}/{group}");
        {
            let known = self.members.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((asked, members)) = known.get(&key)
                && asked.elapsed() < MEMORY
            {
                return Ok(Arc::clone(members));
            }
        }
        let members = self.api.user_group(team, group).await.map_err(|error| DirectoryError(error.to_string()))?;
        let members = Arc::new(members);
        let mut known = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(key, (Instant::now(), Arc::clone(&members)));
        Ok(members)
    }
}

impl Directory for SlackDirectory {
    fn groups_of<'d>(&'d self, principal: &'d Principal, groups: &'d BTreeSet<String>) -> Lookup<'d, BTreeSet<String>> {
        Box::pin(async move {
            let mut belongs = BTreeSet::new();
            for id in groups {
                // `slack:T0123/S0456`
                let Some((team, group)) = id.split_once(':').and_then(|(_, rest)| rest.split_once('/')) else {
                    continue;
                };
                if self.members(team, group).await?.contains(&principal.user) {
                    belongs.insert(id.clone());
                }
            }
            Ok(belongs)
        })
    }

    fn email_of<'d>(&'d self, principal: &'d Principal) -> Lookup<'d, String> {
        Box::pin(async move {
            self.api.email(&principal.tenant, &principal.user).await.map_err(|error| DirectoryError(error.to_string()))
        })
    }
}
