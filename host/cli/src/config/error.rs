//! The errors of a configuration.

use claude_admin::decision::groups::MemberError;
use claude_admin::decision::people::MappedTwice;
use std::path::PathBuf;

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {cause}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        cause: std::io::Error,
    },
    /// The file is not a valid configuration.
    #[error("the configuration {} is invalid:\n{message}", path.display())]
    Parse {
        /// The file.
        path: PathBuf,
        /// The place and the problem.
        message: String,
    },
    /// A line of a group is not a valid member.
    #[error("in [groups], `{group}`: {cause}")]
    Member {
        /// The group.
        group: String,
        /// The cause.
        cause: MemberError,
    },
    /// A line of a person is not a principal.
    #[error("in [people], `{person}`: `{line}` is not a principal; write slack:TEAM/USER, http:CLIENT or local:USER")]
    Principal {
        /// The person.
        person: String,
        /// The line.
        line: String,
    },
    /// The name of a person is invalid.
    #[error("in [people]: `{0}` is not a valid name; use letters, digits, `-`, `_` and `.`")]
    PersonName(String),
    /// A principal belongs to two people.
    #[error("in [people]: {0}")]
    MappedTwice(MappedTwice),
    /// A group has an invalid name.
    #[error("in [groups]: `{0}` is not a valid group name; use letters, digits, `-`, `_` and `.`")]
    GroupName(String),
    /// A lone operator and a second person are configured.
    #[error(
        "`lone_operator = true` in [approvals] requires a host with one user, but {0}. To require the approval of a \
         second person, remove `lone_operator`; otherwise remove the second person"
    )]
    SecondPerson(String),
    /// A limit is zero.
    #[error("in [limits]: {0} must be more than 0")]
    ZeroLimit(&'static str),
}
