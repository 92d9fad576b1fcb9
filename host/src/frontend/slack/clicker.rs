//! The user who clicked.
//!
//! A click names two workspaces: that of the message, and the home workspace of the user. In an Enterprise Grid
//! organization a user has one home workspace and works in several; a stranger of Slack Connect has another home workspace
//! too. Only Slack can distinguish them, so the host asks it.

use super::{Click, WebApi};
use crate::decision::operation::Operation;
use crate::identity::{Place, Platform, Principal};

/// The user who clicked, and where.
#[derive(Debug)]
pub(super) struct Clicker {
    pub(super) principal: Principal,
    pub(super) place: Place,
    /// Why the host treats the user as a stranger without knowing.
    pub(super) doubt: Option<String>,
}

impl Clicker {
    /// Finds out who clicked on a button of a request; none where the click names no workspace.
    ///
    /// A user acts in the workspace where the request was made, if they belong to it: so the principal is the same as when
    /// they type the command there.
    pub(super) async fn of(click: &Click, request: Option<&Operation>, api: Option<&WebApi>) -> Option<Self> {
        let made_in = request.map(|request| &request.pending.place).filter(|place| place.platform == Platform::Slack);
        let (team, home) = (click.team_id.as_deref(), click.home_team_id.as_deref());
        let workspace = made_in.map(|place| place.tenant.as_str()).or(team).or(home)?;
        let member = || Self::new(workspace, click, None);
        if home.or(team) == Some(workspace) {
            return Some(member());
        }
        let doubt = match api {
            None => format!("The host cannot check whether you belong to workspace {workspace}: it has no bot token."),
            Some(api) => match api.account(&click.user_id).await {
                Ok(account) if account.belongs_to(workspace) => return Some(member()),
                Ok(_) => return Some(Self::new(home.or(team)?, click, None)),
                Err(error) => {
                    format!("The host cannot check whether you belong to workspace {workspace}: {error}.")
                }
            },
        };
        // Slack named them as a user of that workspace when they made the request.
        let member = member();
        if request.is_some_and(|request| request.pending.requester == member.principal) {
            return Some(member);
        }
        Some(Self::new(home.or(team)?, click, Some(doubt)))
    }

    fn new(team: &str, click: &Click, doubt: Option<String>) -> Self {
        let principal = Principal::slack(team, &click.user_id);
        Self { principal, place: Place::slack(team, click.channel_id.as_deref()), doubt }
    }
}
