//! The activity feed: its pages, and the actors in it.

use crate::failure::told;
use crate::world::claude::admin::activities::{self, Activity, Origin};
use serde_json::Value;

/// The page size of the feed: the largest one.
const LIMIT: u32 = 5000;

/// The activities of some types from a time until another one, newest first. Without actors, those of all actors.
pub(crate) fn activities(
    types: &[String],
    actors: &[String],
    since: &str,
    until: Option<&str>,
) -> Result<Vec<Activity>, String> {
    let (mut all, mut after) = (Vec::new(), None::<String>);
    loop {
        let found = activities::list(
            types,
            actors,
            None,
            Some(since),
            until,
            None,
            &[],
            &[],
            &[],
            None,
            Some(LIMIT),
            after.as_deref(),
            None,
        )
        .map_err(|error| told("The activity feed", error))?;
        all.extend(found.data);
        after = found.last_id.filter(|_| found.has_more);
        if after.is_none() {
            return Ok(all);
        }
    }
}

/// The actor of an activity: an address, else an ID, with the kind of credential.
pub(crate) fn actor(activity: &Activity) -> String {
    match &activity.actor {
        Origin::AdminApiKeyActor(key) => format!("Admin API key {}", key.admin_api_key_id),
        Origin::AnthropicActor(person) => match &person.email_address {
            Some(email) => format!("Anthropic ({email})"),
            None => "Anthropic".to_owned(),
        },
        Origin::ApiActor(key) => format!("API key {}", key.api_key_id),
        Origin::AttestedDeviceActor(device) => format!("device {}", device.external_client_id),
        Origin::FederatedActor(workload) => {
            format!("workload {}", workload.subject.as_deref().unwrap_or("without a subject"))
        }
        Origin::FederatedIdentityActor(workload) => format!("workload {}", workload.subject),
        Origin::ScimDirectorySyncActor(directory) => format!("directory {}", directory.directory_id),
        Origin::ServiceAccountActor(account) => format!("service account {}", account.service_account_id),
        Origin::SystemActor(system) => system.service.clone().unwrap_or_else(|| "the service itself".to_owned()),
        Origin::UnauthenticatedUserActor(user) => {
            user.unauthenticated_email_address.clone().unwrap_or_else(|| "a user who was not signed in".to_owned())
        }
        Origin::UserActor(user) => user.email_address.clone(),
        Origin::Other(_) => "another kind of actor".to_owned(),
    }
}

/// The texts in the fields of an activity that depend on its type, with the names of the fields.
pub(crate) fn details(activity: &Activity) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if let Ok(Value::Object(fields)) = serde_json::from_str(&activity.additional) {
        for (name, value) in &fields {
            texts(name, value, &mut found);
        }
    }
    found
}

fn texts(name: &str, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) => found.push((name.to_owned(), text.clone())),
        Value::Array(values) => values.iter().for_each(|value| texts(name, value, found)),
        Value::Object(fields) => fields.iter().for_each(|(name, value)| texts(name, value, found)),
        _ => {}
    }
}
