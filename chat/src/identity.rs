//! The requester and the place of a request.

use crate::redact::{find_secret, redacted};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

/// The platform that authenticates a principal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Platform {
    /// A Slack workspace.
    Slack,
    /// The HTTP API of this host.
    Http,
    /// The terminal of the machine that the host runs on.
    Local,
    /// A model that acts for a user. It is only a place: no principal belongs to it.
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

    /// Whether its principals belong to tenants.
    #[must_use]
    pub fn has_tenants(self) -> bool {
        self == Self::Slack
    }

    /// Whether it authenticates principals.
    #[must_use]
    pub fn has_people(self) -> bool {
        self != Self::Mcp
    }
}

/// The requester: a platform, a tenant of it, and an ID that the platform authenticated. Never a display name or an address.
///
/// A principal is only made from parts that can be read back from its text form. So every entry of the audit log that
/// names a principal can be read again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Principal(PrincipalParts);

/// The parts of a [`Principal`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PrincipalParts {
    /// The platform that knows the ID.
    pub platform: Platform,
    /// The workspace of a chat platform; empty if there is none.
    pub tenant: String,
    /// The ID.
    pub user: String,
}

impl Deref for Principal {
    type Target = PrincipalParts;

    fn deref(&self) -> &PrincipalParts {
        &self.0
    }
}

/// A part that is not valid in a principal or a place. The message does not contain the part, because it can be a
/// secret in the wrong field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the {0} is not an ID: 1 to 255 letters, digits, `-`, `_` or `.`, and nothing that looks like a secret")]
pub struct PartError(&'static str);

/// Checks one part from a platform or a configuration.
fn part(what: &'static str, text: &str) -> Result<String, PartError> {
    if is_id(text) && find_secret(text).is_none() { Ok(text.to_owned()) } else { Err(PartError(what)) }
}

/// Reads one part of a text form. It does not search for secrets: the list of secret patterns grows, and every later
/// version must be able to read the text forms of earlier versions.
fn written(text: &str) -> Option<String> {
    is_id(text).then(|| text.to_owned())
}

impl Principal {
    /// A member of a Slack workspace.
    ///
    /// # Errors
    ///
    /// [`PartError`] for a part that is not an ID.
    pub fn slack(team: &str, user: &str) -> Result<Self, PartError> {
        Ok(Self(PrincipalParts {
            platform: Platform::Slack,
            tenant: part("team ID", team)?,
            user: part("user ID", user)?,
        }))
    }

    /// A client of the HTTP API, by the name of its token in the configuration.
    ///
    /// # Errors
    ///
    /// [`PartError`] for a name that is not an ID.
    pub fn http(client: &str) -> Result<Self, PartError> {
        Ok(Self(PrincipalParts { platform: Platform::Http, tenant: String::new(), user: part("client name", client)? }))
    }

    /// A user at the terminal of this machine, by the name of the account.
    ///
    /// # Errors
    ///
    /// [`PartError`] for a name that is not an ID.
    pub fn local(account: &str) -> Result<Self, PartError> {
        Ok(Self(PrincipalParts {
            platform: Platform::Local,
            tenant: String::new(),
            user: part("account name", account)?,
        }))
    }

    /// Another user of the same platform and tenant.
    ///
    /// # Errors
    ///
    /// [`PartError`] for an invalid ID.
    pub fn colleague(&self, user: &str) -> Result<Self, PartError> {
        Ok(Self(PrincipalParts { platform: self.platform, tenant: self.tenant.clone(), user: part("user ID", user)? }))
    }

    /// The place of all actions of this principal outside of a channel.
    #[must_use]
    pub fn place(&self) -> Place {
        Place(PlaceParts { platform: self.platform, tenant: self.tenant.clone(), channel: None })
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

/// A text that is not a principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a principal; write slack:TEAM/USER, http:CLIENT or local:USER")]
pub struct PrincipalError(String);

impl FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        let error = || PrincipalError(redacted(text));
        let (platform, tenant, user) = scoped(text).ok_or_else(error)?;
        let user = user.filter(|_| platform.has_people() && platform.has_tenants() != tenant.is_empty());
        let user = user.and_then(written).ok_or_else(error)?;
        Ok(Self(PrincipalParts { platform, tenant: tenant.to_owned(), user }))
    }
}

impl TryFrom<String> for Principal {
    type Error = PrincipalError;

    fn try_from(text: String) -> Result<Self, PrincipalError> {
        text.parse()
    }
}

/// The place of a request: a platform, a tenant of it, and a channel there. As for a [`Principal`], its parts can
/// always be read back from its text form.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Place(PlaceParts);

/// The parts of a [`Place`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlaceParts {
    /// The platform.
    pub platform: Platform,
    /// The workspace of a chat platform; empty if there is none.
    pub tenant: String,
    /// The ID of the channel, if there is one.
    pub channel: Option<String>,
}

impl Deref for Place {
    type Target = PlaceParts;

    fn deref(&self) -> &PlaceParts {
        &self.0
    }
}

impl Place {
    /// A channel of a Slack workspace.
    ///
    /// # Errors
    ///
    /// [`PartError`] for a part that is not an ID.
    pub fn slack(team: &str, channel: Option<&str>) -> Result<Self, PartError> {
        let channel = channel.map(|channel| part("channel ID", channel)).transpose()?;
        Ok(Self(PlaceParts { platform: Platform::Slack, tenant: part("team ID", team)?, channel }))
    }

    /// The HTTP API.
    #[must_use]
    pub fn http() -> Self {
        Self::without_tenant(Platform::Http)
    }

    /// The terminal.
    #[must_use]
    pub fn terminal() -> Self {
        Self::without_tenant(Platform::Local)
    }

    /// A model that acts for a user.
    #[must_use]
    pub fn mcp() -> Self {
        Self::without_tenant(Platform::Mcp)
    }

    fn without_tenant(platform: Platform) -> Self {
        Self(PlaceParts { platform, tenant: String::new(), channel: None })
    }

    /// The workspace that contains the place; for a place without a channel, the place itself.
    #[must_use]
    pub fn without_channel(&self) -> Self {
        Self(PlaceParts { channel: None, ..self.0.clone() })
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

/// A text that is not a place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a place; write slack:TEAM/CHANNEL, slack:TEAM, http, local or mcp")]
pub struct PlaceError(String);

impl FromStr for Place {
    type Err = PlaceError;

    fn from_str(text: &str) -> Result<Self, PlaceError> {
        let error = || PlaceError(redacted(text));
        let (platform, tenant, channel) = scoped(text).ok_or_else(error)?;
        if !platform.has_tenants() {
            let alone = tenant.is_empty() && channel.is_none();
            return if alone { Ok(Self::without_tenant(platform)) } else { Err(error()) };
        }
        // Without a channel, the text after the colon is the tenant.
        let (tenant, channel) = if tenant.is_empty() { (channel, None) } else { (Some(tenant), channel) };
        let tenant = tenant.and_then(written).ok_or_else(error)?;
        let channel = channel.map(|channel| written(channel).ok_or_else(error)).transpose()?;
        Ok(Self(PlaceParts { platform, tenant, channel }))
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

/// Splits `platform:tenant/id`, `platform:id` or `platform`.
fn scoped(text: &str) -> Option<(Platform, &str, Option<&str>)> {
    let (platform, rest) = text.split_once(':').map_or((text, None), |(platform, rest)| (platform, Some(rest)));
    let platform = Platform::ALL.into_iter().find(|known| known.as_str() == platform)?;
    Some(match rest {
        None => (platform, "", None),
        Some(rest) => match rest.split_once('/') {
            // Without this check, an empty tenant would be read as no tenant.
            Some(("", _)) => return None,
            Some((tenant, id)) => (platform, is_id(tenant).then_some(tenant)?, Some(id)),
            None => (platform, "", Some(rest)),
        },
    })
}

/// The maximum number of bytes of an ID.
const MAX_ID: usize = 255;

/// Whether a text can be the ID of a user, a channel or a tenant.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let chars = text.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    (1..=MAX_ID).contains(&text.len()) && chars
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
    fn invalid_principals_and_places_do_not_parse() {
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

    #[test]
    fn part_that_looks_like_a_secret_is_denied_unquoted() {
        let error = Principal::slack("T1", "xoxb-1-LEAK").unwrap_err().to_string();
        assert!(error.contains("user ID") && !error.contains("LEAK"), "{error}");
        assert!(!"slack:T1/ xoxb-1-LEAK".parse::<Principal>().unwrap_err().to_string().contains("LEAK"));
        assert!(!"slack:T1/ xoxb-1-LEAK".parse::<Place>().unwrap_err().to_string().contains("LEAK"));
    }

    /// Parts that platforms send, and parts that they must not send.
    fn any_part() -> impl Strategy<Value = String> {
        prop_oneof![
            "[A-Za-z0-9._-]{0,12}",
            "[A-Z/: \u{200b}*]{0,6}",
            any::<String>(),
            Just("x".repeat(256)),
            Just("xoxb-1".to_owned()),
        ]
    }

    proptest! {
        #[test]
        fn principal_or_place_of_any_parts_is_read_back(tenant in any_part(), id in any_part()) {
            for made in [Principal::slack(&tenant, &id), Principal::http(&id), Principal::local(&id)] {
                let Ok(made) = made else { continue };
                prop_assert_eq!(made.to_string().parse::<Principal>().unwrap(), made.clone());
                let json = serde_json::to_string(&made).unwrap();
                prop_assert_eq!(serde_json::from_str::<Principal>(&json).unwrap(), made);
            }
            for made in [Place::slack(&tenant, Some(&id)), Place::slack(&tenant, None)] {
                let Ok(made) = made else { continue };
                prop_assert_eq!(made.to_string().parse::<Place>().unwrap(), made.clone());
                prop_assert_eq!(made.without_channel().to_string().parse::<Place>().unwrap(), made.without_channel());
            }
        }
    }
}
