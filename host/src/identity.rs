//! Who asks, and where.

use std::fmt;

/// Who asks: a platform, a tenant of it, and an id that the platform vouches for. Never a display name or an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Principal {
    /// `slack`, `http` or `local`.
    pub platform: &'static str,
    /// The workspace of a chat platform; empty where there is none.
    pub tenant: String,
    /// The id.
    pub user: String,
}

impl Principal {
    /// A member of a Slack workspace.
    #[must_use]
    pub fn slack(team: &str, user: &str) -> Self {
        Self { platform: "slack", tenant: team.to_owned(), user: user.to_owned() }
    }

    /// A client of the HTTP API, by the name that its token has in the configuration.
    #[must_use]
    pub fn http(client: &str) -> Self {
        Self { platform: "http", tenant: String::new(), user: client.to_owned() }
    }

    /// The person at this terminal.
    #[must_use]
    pub fn local() -> Self {
        let user =
            std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_else(|_| "operator".to_owned());
        Self { platform: "local", tenant: String::new(), user }
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tenant.is_empty() {
            write!(f, "{}:{}", self.platform, self.user)
        } else {
            write!(f, "{}:{}/{}", self.platform, self.tenant, self.user)
        }
    }
}

/// Where somebody asks: a channel, or nowhere in particular.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Place {
    /// The id of the channel.
    pub channel: Option<String>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.channel.as_deref().unwrap_or("-"))
    }
}
