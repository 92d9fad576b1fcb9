//! The members of groups: by configuration, and by the user groups of the chat platform.

use super::directory::{Directory, DirectoryError};
use claude_admin_chat::identity::{Platform, Principal, is_id};
use claude_admin_chat::redacted;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The group that exists in every configuration. It is the only group that can read what people wrote, according to the
/// starter policy. It is empty until the configuration names its members.
pub const COMPLIANCE: &str = "compliance";

/// A member in a line of the configuration: a user, all users of a tenant, or a user group of the chat platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Member {
    /// `slack:T0123/U0456`, `http:automation`, `local:ada`.
    Person(Principal),
    /// `slack:T0123/*`, `http:*`, `local:*`: all users of the tenant or platform. The tenant is always named if the
    /// platform has tenants.
    Everybody(Platform, String),
    /// `slack:T0123/S0789`: a user group, whose members the platform returns.
    UserGroup(String),
}

/// A line that is not a valid member.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a valid group member; write slack:TEAM/USER, slack:TEAM/USERGROUP, slack:TEAM/*, http:CLIENT or \
     local:USER"
)]
pub struct MemberError(String);

impl FromStr for Member {
    type Err = MemberError;

    fn from_str(text: &str) -> Result<Self, MemberError> {
        let failed = || MemberError(redacted(text));
        if is_user_group(text) {
            return Ok(Self::UserGroup(text.to_owned()));
        }
        if let Ok(principal) = text.parse() {
            return Ok(Self::Person(principal));
        }
        let scope = text.strip_suffix('*').ok_or_else(failed)?;
        let (platform, tenant) = scope.split_once(':').ok_or_else(failed)?;
        let platform = Platform::ALL.into_iter().find(|known| known.as_str() == platform).ok_or_else(failed)?;
        match tenant.strip_suffix('/') {
            Some(tenant) if platform.has_tenants() && is_id(tenant) => Ok(Self::Everybody(platform, tenant.to_owned())),
            None if platform.has_people() && !platform.has_tenants() && tenant.is_empty() => {
                Ok(Self::Everybody(platform, String::new()))
            }
            _ => Err(failed()),
        }
    }
}

/// Whether a text is the id of a user group of a chat platform: `slack:T0123/S0456`.
#[must_use]
pub fn is_user_group(text: &str) -> bool {
    text.parse::<Principal>()
        .is_ok_and(|it| it.platform == Platform::Slack && it.user.len() > 1 && it.user.starts_with('S'))
}

/// The members of the groups.
#[derive(Debug, Clone, Default)]
pub struct Groups {
    configured: BTreeMap<String, Vec<Member>>,
    directory: Option<Arc<dyn Directory>>,
}

impl Groups {
    /// Groups by configuration. `directory` returns the members of the user groups of a chat platform.
    #[must_use]
    pub fn new(configured: BTreeMap<String, Vec<Member>>, directory: Option<Arc<dyn Directory>>) -> Self {
        Self { configured, directory }
    }

    /// The names of the configured groups.
    #[must_use]
    pub fn names(&self) -> BTreeSet<String> {
        self.configured.keys().cloned().chain([COMPLIANCE.to_owned()]).collect()
    }

    /// The members of a group in the configuration.
    pub fn members(&self, group: &str) -> impl Iterator<Item = &Member> {
        self.configured.get(group).into_iter().flatten()
    }

    /// Whether any member is a user group, which only the chat platform can look up.
    #[must_use]
    pub fn needs_directory(&self) -> bool {
        self.configured.values().flatten().any(|member| matches!(member, Member::UserGroup(_)))
    }

    /// The directory of the chat platform.
    #[must_use]
    pub fn directory(&self) -> Option<&dyn Directory> {
        self.directory.as_deref()
    }

    /// The groups that contain the principal. `named` are the groups that the policy names.
    ///
    /// # Errors
    ///
    /// [`DirectoryError`] if a user group cannot be looked up. The permissions of the user are then unknown.
    pub async fn of(
        &self,
        principal: &Principal,
        named: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, DirectoryError> {
        let prefix = format!("{}:{}/", principal.platform.as_str(), principal.tenant);
        let configured = self.configured.values().flatten().filter_map(|member| match member {
            Member::UserGroup(id) => Some(id),
            _ => None,
        });
        let wanted: BTreeSet<String> = configured
            .chain(named.iter().filter(|name| is_user_group(name)))
            .filter(|id| id.starts_with(&prefix))
            .cloned()
            .collect();
        let groups = match &self.directory {
            _ if wanted.is_empty() => BTreeSet::new(),
            Some(directory) => directory.groups_of(principal, &wanted).await?,
            None => return Err(DirectoryError("user groups of Slack need a bot token".to_owned())),
        };
        Ok(self.with(principal, groups))
    }

    /// The groups that contain the principal by configuration only.
    #[must_use]
    pub fn without_directory(&self, principal: &Principal) -> BTreeSet<String> {
        self.with(principal, BTreeSet::new())
    }

    /// Adds the configured groups to the user groups of a principal.
    fn with(&self, principal: &Principal, mut groups: BTreeSet<String>) -> BTreeSet<String> {
        let member = |member: &Member| match member {
            Member::Person(person) => person == principal,
            Member::Everybody(platform, tenant) => principal.platform == *platform && principal.tenant == *tenant,
            Member::UserGroup(id) => groups.contains(id),
        };
        let names = self.configured.iter().filter(|(_, members)| members.iter().any(member));
        let names: Vec<String> = names.map(|(name, _)| name.clone()).collect();
        groups.extend(names);
        groups
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(principal) => principal.fmt(f),
            Self::Everybody(platform, tenant) if tenant.is_empty() => write!(f, "{}:*", platform.as_str()),
            Self::Everybody(platform, tenant) => write!(f, "{}:{tenant}/*", platform.as_str()),
            Self::UserGroup(id) => f.write_str(id),
        }
    }
}
