//! Who asks, and where.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where somebody is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Platform {
    /// A Slack workspace.
    Slack,
    /// The HTTP API of this host.
    Http,
    /// The terminal of the machine that the host runs on.
    Local,
    /// A model that acts for somebody: a place, and nobody's platform.
    Mcp,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Self; 4] = [Self::Slack, Self::Http, Self::Local, Self::Mcp];

    /// The word in configuration, policy and audit.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Slack => "slack",
            Self::Http => "http",
            Self::Local => "local",
            Self::Mcp => "mcp",
        }
    }

    /// Whether its people belong to tenants.
    #[must_use]
    pub fn has_tenants(self) -> bool {
        self == Self::Slack
    }

    /// Whether it says who somebody is.
    #[must_use]
    pub fn has_people(self) -> bool {
        self != Self::Mcp
    }
}

/// Who asks: a platform, a tenant of it, and an id that the platform vouches for. Never a display name or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Principal {
    /// Where the id is known.
    pub platform: Platform,
    /// The workspace of a chat platform; empty where there is none.
    pub tenant: String,
    /// The id.
    pub user: String,
}

impl Principal {
    /// A member of a Slack workspace.
    #[must_use]
    pub fn slack(team: &str, user: &str) -> Self {
        Self { platform: Platform::Slack, tenant: team.to_owned(), user: user.to_owned() }
    }

    /// A client of the HTTP API, by the name that its token has in the configuration.
    #[must_use]
    pub fn http(client: &str) -> Self {
        Self { platform: Platform::Http, tenant: String::new(), user: client.to_owned() }
    }

    /// Somebody at the terminal of this machine, by the name of the account.
    #[must_use]
    pub fn local(account: &str) -> Self {
        Self { platform: Platform::Local, tenant: String::new(), user: account.to_owned() }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scoped(f, self.platform, &self.tenant, Some(&self.user))
    }
}

impl From<Principal> for String {
    fn from(principal: Principal) -> Self {
        principal.to_string()
    }
}

/// A text that names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names nobody; write slack:TEAM/USER, http:CLIENT or local:USER")]
pub struct PrincipalError(String);

impl FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        let (platform, tenant, user) = scoped(text).ok_or_else(|| PrincipalError(text.to_owned()))?;
        match user {
            Some(user) if platform.has_people() && platform.has_tenants() != tenant.is_empty() && is_id(user) => {
                Ok(Self { platform, tenant: tenant.to_owned(), user: user.to_owned() })
            }
            _ => Err(PrincipalError(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Principal {
    type Error = PrincipalError;

    fn try_from(text: String) -> Result<Self, PrincipalError> {
        text.parse()
    }
}

/// Where somebody asks: a platform, a tenant of it, and a channel there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Place {
    /// The platform.
    pub platform: Platform,
    /// The workspace of a chat platform; empty where there is none.
    pub tenant: String,
    /// The id of the channel, where there is one.
    pub channel: Option<String>,
}

impl Place {
    /// A channel of a Slack workspace.
    #[must_use]
    pub fn slack(team: &str, channel: Option<&str>) -> Self {
        Self { platform: Platform::Slack, tenant: team.to_owned(), channel: channel.map(str::to_owned) }
    }

    /// The HTTP API.
    #[must_use]
    pub fn http() -> Self {
        Self { platform: Platform::Http, tenant: String::new(), channel: None }
    }

    /// The terminal.
    #[must_use]
    pub fn terminal() -> Self {
        Self { platform: Platform::Local, tenant: String::new(), channel: None }
    }

    /// A model that acts for somebody.
    #[must_use]
    pub fn mcp() -> Self {
        Self { platform: Platform::Mcp, tenant: String::new(), channel: None }
    }
}

/// `slack:T1/C1`, `slack:T1`, `http`, `local`, `mcp`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_scoped(f, self.platform, &self.tenant, self.channel.as_deref())
    }
}

impl From<Place> for String {
    fn from(place: Place) -> Self {
        place.to_string()
    }
}

/// A text that names no place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` names no place; write slack:TEAM/CHANNEL, slack:TEAM, http, local or mcp")]
pub struct PlaceError(String);

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let (platform, tenant, channel) = scoped(text).ok_or_else(|| PlaceError(text.to_owned()))?;
        // Without a channel, what stands behind the colon is the tenant.
        let (tenant, channel) = match channel {
            Some(tenant_alone) if platform.has_tenants() && tenant.is_empty() => (tenant_alone, None),
            channel => (tenant, channel),
        };
        if platform.has_tenants() == tenant.is_empty() || !platform.has_tenants() && channel.is_some() {
            return Err(PlaceError(text.to_owned()));
        }
        Ok(Self { platform, tenant: tenant.to_owned(), channel: channel.map(str::to_owned) })
    }
}

impl TryFrom<String> for Place {
    type Error = PlaceError;

    fn try_from(text: String) -> Result<Self, PlaceError> {
        text.parse()
    }
}

fn write_scoped(f: &mut fmt::Formatter<'_>, platform: Platform, tenant: &str, id: Option<&str>) -> fmt::Result {
    let parts: Vec<&str> = [tenant, id.unwrap_or_default()].into_iter().filter(|part| !part.is_empty()).collect();
    f.write_str(platform.as_str())?;
    if parts.is_empty() { Ok(()) } else { write!(f, ":{}", parts.join("/")) }
}

/// Takes `platform:tenant/id`, `platform:id` or `platform` apart.
fn scoped(text: &str) -> Option<(Platform, &str, Option<&str>)> {
    let (platform, rest) = text.split_once(':').map_or((text, None), |(platform, rest)| (platform, Some(rest)));
    let platform = Platform::ALL.into_iter().find(|known| known.as_str() == platform)?;
    let (tenant, id) = match rest {
        None => ("", None),
        Some(rest) => rest.split_once('/').map_or(("", Some(rest)), |(tenant, id)| (tenant, Some(id))),
    };
    let well_formed = [Some(tenant).filter(|tenant| !tenant.is_empty()), id].into_iter().flatten().all(is_id);
    (well_formed && !(tenant.is_empty() && rest.is_some_and(|rest| rest.starts_with('/'))))
        .then_some((platform, tenant, id))
}

/// Whether a text can be the id of a person, a channel or a tenant.
#[must_use]
pub fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_places_are_read_as_they_are_written() {
        for text in ["slack:T1/U1", "http:ci", "local:ada"] {
            assert_eq!(text.parse::<Principal>().unwrap().to_string(), text);
        }
        for text in ["slack:T1/C1", "slack:T1", "http", "local", "mcp"] {
            assert_eq!(text.parse::<Place>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_names_nobody_is_refused() {
        for text in [
            "",
            "U1",
            "slack:U1",
            "slack:/U1",
            "slack:T1/",
            "slack:T1/*",
            "http:",
            "http:a/b",
            "x:y",
            "local:a b",
            "mcp:ada",
        ] {
            assert!(text.parse::<Principal>().is_err(), "{text}");
        }
        for text in ["", "slack", "slack:", "slack:T1/", "http:x", "local:/x", "mars"] {
            assert!(text.parse::<Place>().is_err(), "{text}");
        }
    }
}
