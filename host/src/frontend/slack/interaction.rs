//! The payload that Slack posts when a user clicks, or submits a modal.

use super::FormError;
use crate::render::slack_form_values;
use claude_admin_chat::redacted;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// An interaction that the host handles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Interaction {
    /// A click on an element of a message.
    Click(BlockAction),
    /// The values of a modal.
    Submission(ViewSubmission),
}

/// The values of a modal that this app opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewSubmission {
    /// The workspace, or the home workspace of the user if Slack names no other.
    pub team_id: Option<String>,
    /// The user.
    pub user_id: String,
    /// The app that the modal belongs to.
    pub api_app_id: Option<String>,
    /// The ID of the modal. Each modal that is opened has another one.
    pub view_id: String,
    /// The metadata that the app gave the modal.
    pub metadata: String,
    /// The values, by field.
    pub values: Vec<(String, String)>,
}

/// A click on a button or a check box, as far as the host needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockAction {
    /// The workspace of the message; none if the app is installed for a whole organization.
    pub team_id: Option<String>,
    /// The home workspace of the user. It can differ from the workspace of the message for a user from another
    /// organization (Slack Connect), and for a member of an Enterprise Grid organization with several workspaces.
    pub home_team_id: Option<String>,
    /// The user. Authorization uses only this ID.
    pub user_id: String,
    /// The channel.
    pub channel_id: Option<String>,
    /// Whether only this user sees the message.
    pub is_ephemeral: bool,
    /// The timestamp that identifies the message in its channel.
    pub message_ts: Option<String>,
    /// The app that the message belongs to.
    pub api_app_id: Option<String>,
    /// The URL for replies. It grants permission to post, so it is never logged.
    pub response_url: Option<String>,
    /// The action ID of the button, or of the check boxes.
    pub action_id: String,
    /// The value of the button.
    pub value: String,
    /// The ID of the block.
    pub block_id: String,
    /// The values of the check boxes that are ticked now.
    pub ticked: Vec<String>,
    /// The ID of the click: the same for every delivery of it.
    pub delivery: String,
}

/// Why an interaction cannot be read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum InteractionError {
    #[error(transparent)]
    Form(#[from] FormError),
    #[error("the payload is not in the format of Slack: {0}")]
    Payload(String),
}

/// Unknown fields are ignored, because Slack adds fields over time.
#[derive(Deserialize)]
struct Payload {
    r#type: String,
    user: Option<User>,
    team: Option<Id>,
    channel: Option<Id>,
    api_app_id: Option<String>,
    response_url: Option<String>,
    container: Option<Container>,
    message: Option<Message>,
    #[serde(default)]
    actions: Vec<Action>,
    view: Option<View>,
}

#[derive(Deserialize)]
struct View {
    id: String,
    #[serde(default)]
    callback_id: String,
    #[serde(default)]
    private_metadata: String,
    #[serde(default)]
    state: ViewState,
}

#[derive(Default, Deserialize)]
struct ViewState {
    #[serde(default)]
    values: Map<String, Value>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    team_id: Option<String>,
}

#[derive(Deserialize)]
struct Id {
    id: String,
}

#[derive(Deserialize)]
struct Container {
    #[serde(default)]
    is_ephemeral: bool,
    message_ts: Option<String>,
    channel_id: Option<String>,
}

/// The clicked message. Slack omits it if only one user sees it.
#[derive(Deserialize)]
struct Message {
    team: Option<String>,
}

#[derive(Deserialize)]
struct Action {
    action_id: String,
    #[serde(default)]
    value: String,
    #[serde(default)]
    block_id: String,
    #[serde(default)]
    selected_options: Vec<SelectedOption>,
    #[serde(default)]
    action_ts: String,
}

#[derive(Deserialize)]
struct SelectedOption {
    value: String,
}

impl Interaction {
    /// Reads an interaction from the fields of a form. `None` for another one, such as a shortcut or a closed view.
    ///
    /// # Errors
    ///
    /// [`InteractionError`] for a payload that cannot be read.
    pub fn from_fields(mut fields: HashMap<String, String>) -> Result<Option<Self>, InteractionError> {
        let payload = fields.remove("payload").ok_or(FormError::Missing("payload"))?;
        Self::read(serde_json::from_str(&payload))
    }

    /// Reads an interaction from a payload. `None` as for [`Self::from_fields`].
    ///
    /// # Errors
    ///
    /// [`InteractionError`] for a payload that cannot be read.
    pub fn from_value(payload: Value) -> Result<Option<Self>, InteractionError> {
        Self::read(serde_json::from_value(payload))
    }

    fn read(payload: serde_json::Result<Payload>) -> Result<Option<Self>, InteractionError> {
        // An error quotes the invalid part of the payload, which can contain a secret.
        let payload = payload.map_err(|error| InteractionError::Payload(redacted(error.to_string())))?;
        match payload.r#type.as_str() {
            "block_actions" => Ok(BlockAction::of(payload).map(Self::Click)),
            "view_submission" => Ok(ViewSubmission::of(payload).map(Self::Submission)),
            _ => Ok(None),
        }
    }
}

impl ViewSubmission {
    fn of(payload: Payload) -> Option<Self> {
        let (user, view) = (payload.user?, payload.view?);
        let values = slack_form_values(&view.callback_id, &view.state.values)?;
        Some(Self {
            team_id: payload.team.map(|team| team.id).or(user.team_id),
            user_id: user.id,
            api_app_id: payload.api_app_id,
            view_id: view.id,
            metadata: view.private_metadata,
            values,
        })
    }
}

impl BlockAction {
    fn of(payload: Payload) -> Option<Self> {
        let (user, action) = (payload.user?, payload.actions.into_iter().next()?);
        // In an app that is installed for a whole organization, `team` can be null.
        let team = payload.team.map(|team| team.id).or(payload.message.and_then(|message| message.team));
        let container = payload.container;
        let is_ephemeral = container.as_ref().is_some_and(|container| container.is_ephemeral);
        let message_ts = container.as_ref().and_then(|container| container.message_ts.clone());
        let channel = payload.channel.map(|channel| channel.id);
        let channel = channel.or(container.and_then(|container| container.channel_id));
        let home = user.team_id.as_deref().or(team.as_deref()).unwrap_or_default();
        let message = message_ts.as_deref().unwrap_or_default();
        let ticked: Vec<String> = action.selected_options.into_iter().map(|option| option.value).collect();
        let parts = [home, &user.id, message, &action.action_id, &action.action_ts, &action.value, &action.block_id];
        let parts = parts.into_iter().chain(ticked.iter().map(String::as_str));
        let delivery = parts.fold(Sha256::new(), |digest, part: &str| {
            digest.chain_update(part.len().to_be_bytes()).chain_update(part.as_bytes())
        });
        Some(Self {
            team_id: team,
            home_team_id: user.team_id,
            user_id: user.id,
            channel_id: channel,
            is_ephemeral,
            message_ts,
            api_app_id: payload.api_app_id,
            response_url: payload.response_url,
            action_id: action.action_id,
            value: action.value,
            block_id: action.block_id,
            ticked,
            delivery: format!("{:x}", delivery.finalize()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(payload: &Value) -> Result<Option<BlockAction>, InteractionError> {
        let read = Interaction::from_fields(HashMap::from([("payload".to_owned(), payload.to_string())]))?;
        Ok(read.map(|interaction| match interaction {
            Interaction::Click(click) => click,
            other => panic!("{other:?}"),
        }))
    }

    fn payload() -> Value {
        json!({
            "type": "block_actions", "api_app_id": "A1", "new_field": 1,
            "user": {"id": "U1", "username": "ada", "team_id": "T2"}, "team": {"id": "T1"},
            "channel": {"id": "C1"}, "response_url": "https://hooks.slack.com/x",
            "container": {"message_ts": "1.2", "channel_id": "C1", "is_ephemeral": true},
            "actions": [{
                "action_id": "claude-admin:approve", "value": "v", "block_id": "b", "action_ts": "3.4", "type": "button",
            }],
        })
    }

    #[test]
    fn click_has_the_workspace_of_the_message_and_of_the_user() {
        let teams = |payload: &Value| {
            let click = read(payload).unwrap().unwrap();
            (click.team_id, click.home_team_id)
        };
        let some = |team: &str| Some(team.to_owned());
        let mut click = payload();
        assert_eq!(teams(&click), (some("T1"), some("T2")));
        click["message"] = json!({"team": "T3", "ts": "1.2"});
        click["team"] = json!(null);
        assert_eq!(teams(&click), (some("T3"), some("T2")));
        click["message"] = json!(null);
        assert_eq!(teams(&click), (None, some("T2")));
        click["user"] = json!({"id": "U1"});
        assert_eq!(teams(&click), (None, None));
        let click = read(&payload()).unwrap().unwrap();
        assert_eq!((click.message_ts.as_deref(), click.user_id.as_str()), (Some("1.2"), "U1"));
        assert_eq!((click.action_id.as_str(), click.value.as_str()), ("claude-admin:approve", "v"));
    }

    #[test]
    fn click_without_a_team_is_of_the_team_of_its_message() {
        let mut click = payload();
        click["team"] = Value::Null;
        click["user"] = json!({"id": "U1"});
        click["message"] = json!({"team": "T3", "text": "x"});
        click["enterprise"] = json!({"id": "E1", "name": "x"});
        assert_eq!(read(&click).unwrap().unwrap().team_id.as_deref(), Some("T3"));
        click["message"] = json!({"text": "x"});
        assert_eq!(read(&click).unwrap().unwrap().team_id, None);
    }

    #[test]
    fn payload_with_a_secret_is_denied_unquoted() {
        let mut click = payload();
        click["user"] = json!("sk-ant-admin01-LEAK");
        let error = read(&click).unwrap_err().to_string();
        assert!(!error.contains("LEAK"), "{error}");
    }

    #[test]
    fn same_click_has_the_same_delivery_id_and_others_differ() {
        let first = read(&payload()).unwrap().unwrap().delivery;
        assert_eq!(read(&payload()).unwrap().unwrap().delivery, first);
        let paths =
            ["/actions/0/action_ts", "/user/id", "/actions/0/value", "/actions/0/block_id", "/container/message_ts"];
        for path in paths {
            let mut other = payload();
            *other.pointer_mut(path).unwrap() = json!("other");
            assert_ne!(read(&other).unwrap().unwrap().delivery, first, "{path}");
        }
    }

    #[test]
    fn other_interaction_is_ignored_and_malformed_one_is_invalid() {
        for kind in ["shortcut", "view_closed", "something_new"] {
            let mut other = payload();
            other["type"] = json!(kind);
            assert_eq!(read(&other).unwrap(), None);
        }
        assert!(Interaction::from_fields(HashMap::new()).is_err());
        assert!(Interaction::from_fields(HashMap::from([("payload".to_owned(), "{".to_owned())])).is_err());
    }
}
