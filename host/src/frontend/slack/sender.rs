//! The user who clicked.
//!
//! A click names two workspaces: that of the message, and the home workspace of the user. In an Enterprise Grid
//! organization a user has one home workspace and works in several. A user from another organization (Slack Connect)
//! also has another home workspace. Only Slack can distinguish these cases, so the host calls its API.

use super::{BlockAction, WebApi};
use crate::decision::operation::Operation;
use crate::frontend::chat::Clicker;
use crate::identity::{PartError, Place, Platform, Principal};

/// The sender of a click, as Slack names them. The IDs are valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackSender {
    team: Option<String>,
    home: Option<String>,
    user: String,
    channel: Option<String>,
}

impl SlackSender {
    /// Checks the IDs of a click.
    pub(super) fn of(action: &BlockAction) -> Result<Self, PartError> {
        for team in [&action.team_id, &action.home_team_id].into_iter().flatten() {
            identities(team, &action.user_id, action.channel_id.as_deref())?;
        }
        Ok(Self {
            team: action.team_id.clone(),
            home: action.home_team_id.clone(),
            user: action.user_id.clone(),
            channel: action.channel_id.clone(),
        })
    }

    /// Identifies the user without a request; none if the click names no workspace.
    pub(super) fn named(&self) -> Option<(Principal, Place)> {
        self.in_team(self.team.as_deref().or(self.home.as_deref())?)
    }

    /// Identifies the user who clicked on a button of a request; none if the click names no workspace.
    ///
    /// If the user belongs to the workspace of the request, they act in that workspace. So the principal is the same as
    /// for a command that they type there.
    pub(super) async fn clicker(&self, request: Option<&Operation>, api: Option<&WebApi>) -> Option<Clicker> {
        let made_in = request.map(|request| &request.pending.place).filter(|place| place.platform == Platform::Slack);
        let (team, home) = (self.team.as_deref(), self.home.as_deref());
        let workspace = made_in.map(|place| place.tenant.as_str()).or(team).or(home)?;
        let clicker = |team: &str, doubt: Option<String>| {
            let (principal, place) = self.in_team(team)?;
            Some(Clicker { principal, place, doubt })
        };
        if home.or(team) == Some(workspace) {
            return clicker(workspace, None);
        }
        let doubt = match api {
            None => format!("The host cannot check whether you belong to workspace {workspace}: it has no bot token."),
            Some(api) => match api.account(&self.user).await {
                Ok(account) if account.belongs_to(workspace) => return clicker(workspace, None),
                Ok(_) => return clicker(home.or(team)?, None),
                Err(error) => {
                    format!("The host cannot check whether you belong to workspace {workspace}: {error}.")
                }
            },
        };
        // Slack named the requester as a user of that workspace when they made the request.
        let member = clicker(workspace, None)?;
        if request.is_some_and(|request| request.pending.requester == member.principal) {
            return Some(member);
        }
        clicker(home.or(team)?, Some(doubt))
    }

    fn in_team(&self, team: &str) -> Option<(Principal, Place)> {
        identities(team, &self.user, self.channel.as_deref()).ok()
    }
}

/// The requester and the place of a request from Slack.
pub(super) fn identities(team: &str, user: &str, channel: Option<&str>) -> Result<(Principal, Place), PartError> {
    Ok((Principal::slack(team, user)?, Place::slack(team, channel)?))
}
