//! The way for the messages that follow a command, a click or a form.

use super::ResponseUrl;
use serde::{Deserialize, Serialize};

/// The way for the messages that follow a command or a click.
#[derive(Debug)]
pub struct SlackRoute {
    pub(super) url: Option<ResponseUrl>,
    pub(super) user: String,
    pub(super) is_click: bool,
    /// Opens a modal; none for a click or a modal.
    pub(super) opens: Option<Opens>,
}

/// The permission to open a modal, and the place of the command for which it is opened.
#[derive(Debug)]
pub(super) struct Opens {
    /// Valid for 3 seconds.
    pub(super) trigger: String,
    pub(super) team: String,
    pub(super) channel: Option<String>,
}

/// The metadata of a modal, which Slack returns with its values.
#[derive(Serialize, Deserialize)]
pub(super) struct FormMetadata {
    pub(super) line: String,
    /// The identity of the command, which is that of its form.
    pub(super) team: String,
    pub(super) user: String,
    pub(super) channel: Option<String>,
    /// The URL of the command grants permission to post. Slack shows the metadata to no user.
    pub(super) url: Option<String>,
}
