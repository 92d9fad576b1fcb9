//! The user who clicked.
//!
//! A click names two workspaces: that of the message, and the home workspace of the user. In an Enterprise Grid
//! organization a user has one home workspace and works in several. A user from another organization (Slack Connect)
//! also has another home workspace. Only Slack can distinguish these cases, so the host calls its API.

use super::handler::identities;
use super::{Click, WebApi};
use crate::decision::operation::Operation;
use crate::identity::{Place, Platform, Principal};

/// The user who clicked, and where.
#[derive(Debug)]
pub(super) struct Clicker {
    pub(super) principal: Principal,
    pub(super) place: Place,
    /// Why the host cannot check the user and treats them as a user of their home workspace.
    pub(super) doubt: Option<String>,
}

impl Clicker {
    /// Identifies the user who clicked on a button of a request; none if the click names no workspace.
    ///
    /// If the user belongs to the workspace of the request, they act in that workspace. So the principal is the same as
    /// for a command that they type there.
    pub(super) async fn of(click: &Click, request: Option<&Operation>, api: Option<&WebApi>) -> Option<Self> {
        let made_in = request.map(|request| &request.pending.place).filter(|place| place.platform == Platform::Slack);
        let (team, home) = (click.team_id.as_deref(), click.home_team_id.as_deref());
        let workspace = made_in.map(|place| place.tenant.as_str()).or(team).or(home)?;
        let member = || Self::new(workspace, click, None);
        if home.or(team) == Some(workspace) {
            return member();
        }
        let doubt = match api {
            None => format!("The host cannot check whether you belong to workspace {workspace}: it has no bot token."),
            Some(api) => match api.account(&click.user_id).await {
                Ok(account) if account.belongs_to(workspace) => return member(),
                Ok(_) => return Self::new(home.or(team)?, click, None),
                Err(error) => {
                    format!("The host cannot check whether you belong to workspace {workspace}: {error}.")
                }
            },
        };
        // Slack named the requester as a user of that workspace when they made the request.
        let member = member()?;
        if request.is_some_and(|request| request.pending.requester == member.principal) {
            return Some(member);
        }
        Self::new(home.or(team)?, click, Some(doubt))
    }

    /// `None` if the IDs are not valid Slack IDs.
    fn new(team: &str, click: &Click, doubt: Option<String>) -> Option<Self> {
        let (principal, place) = identities(team, &click.user_id, click.channel_id.as_deref()).ok()?;
        Some(Self { principal, place, doubt })
    }
}
