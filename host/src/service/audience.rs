//! Who gets to see the result of an action, whatever the policy permits.

use super::{Outcome, Reply};
use crate::command::Options;
use crate::document;
use crate::identity::{Place, Platform};
use claude_admin_catalog::Action;
use claude_admin_chat::Effect;

/// Why an action cannot run here: its result is for the requester only, and would reach others. Nothing was sent.
pub(super) fn refusal(action: &Action, place: &Place, options: &Options) -> Option<Reply> {
    if !action.is_confidential() {
        return None;
    }
    let (command, nothing) = (action.command(), Effect::NotSent.sentence());
    let (outcome, text, hint) = if place.platform == Platform::Mcp {
        (
            Outcome::Denied,
            format!("The result of `{command}` is what people wrote. It is never passed to a model. {nothing}"),
            "A person can run it with `claude-admin run`, over HTTP or in a chat.",
        )
    } else if options.share {
        (
            Outcome::Usage,
            format!("The result of `{command}` is shown to the requester only. {nothing}"),
            "Run it again without `--share`.",
        )
    } else {
        return None;
    };
    Some(Reply::failed(outcome, document::error(text, Some(hint))))
}
