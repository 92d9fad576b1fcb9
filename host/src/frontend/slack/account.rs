//! The account of a user in Slack: its workspaces and its e-mail address.

use serde_json::Value;
use std::collections::BTreeSet;

/// The account of a user, as `users.info` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The e-mail address of the profile.
    pub email: Option<String>,
    /// The workspaces of the account: one, or several in an Enterprise Grid organization.
    teams: BTreeSet<String>,
    /// Whether the user comes from another organization, through Slack Connect.
    is_stranger: bool,
}

impl Account {
    /// Reads the `user` of a response.
    pub(super) fn of(user: &Value) -> Self {
        let text = |pointer: &str| user.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let list = |pointer: &str| user.pointer(pointer).and_then(Value::as_array).into_iter().flatten();
        // With an organization-wide token, Slack omits `team_id` and lists the workspaces in other fields.
        let lists = list("/enterprise_user/teams").chain(list("/teams")).filter_map(Value::as_str).map(str::to_owned);
        Self {
            email: text("/profile/email").filter(|email| !email.is_empty()),
            teams: text("/team_id").into_iter().chain(lists).collect(),
            is_stranger: user.get("is_stranger") == Some(&Value::Bool(true)),
        }
    }

    /// Whether the user is a member or a guest of a workspace. A user from another organization never is.
    #[must_use]
    pub fn belongs_to(&self, team: &str) -> bool {
        !self.is_stranger && self.teams.contains(team)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn account_belongs_to_its_workspaces_and_to_no_other() {
        let grid = json!({"teams": ["T1", "THOME"]});
        for (user, belongs) in [
            (json!({"team_id": "T1"}), true),
            (json!({"team_id": "T1", "is_restricted": true}), true),
            (json!({"team_id": "T1", "is_ultra_restricted": true}), true),
            (json!({"team_id": "THOME", "enterprise_user": grid}), true),
            (json!({"enterprise_user": grid, "teams": ["T1", "THOME"]}), true),
            (json!({"teams": ["T1"]}), true),
            (json!({"team_id": "THOME", "enterprise_user": {"teams": ["THOME", "T2"]}}), false),
            (json!({"team_id": "T9"}), false),
            (json!({"team_id": "T9", "is_stranger": true}), false),
            (json!({"team_id": "T9", "is_stranger": true, "enterprise_user": grid}), false),
            (json!({}), false),
        ] {
            assert_eq!(Account::of(&user).belongs_to("T1"), belongs, "{user}");
        }
    }
}
