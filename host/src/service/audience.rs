//! Who gets to see the result of an action, whatever the policy permits.

use super::{Outcome, Reply};
use crate::command::Options;
use crate::document;
use crate::identity::{Place, Platform};
use claude_admin_catalog::Action;
use claude_admin_chat::Verdict;

/// Why an action cannot run here: its result is for the requester only, and would reach others. Nothing was sent.
pub(super) fn refusal(action: &Action, place: &Place, options: &Options) -> Option<Reply> {
    if !action.is_confidential() {
        return None;
    }
    let (outcome, text, hint) = match never(action, place) {
        Some((text, hint)) => (Outcome::Denied, text, hint),
        None if options.share => (
            Outcome::Usage,
            format!("The result of `{}` is shown to the requester only.", action.command()),
            "Run it again without `--share`.",
        ),
        None => return None,
    };
    Some(Reply::failed(outcome, document::error(format!("{text} {}", Verdict::NotSent.sentence()), Some(hint))))
}

/// Why an action never runs in a place, in any format, and where it does: its result would reach others than the requester.
pub(super) fn never(action: &Action, place: &Place) -> Option<(String, &'static str)> {
    let command = action.command();
    let is_model = place.platform == Platform::Mcp;
    if action.is_confidential() && is_model {
        let text = format!("The result of `{command}` is what people wrote. It is never passed to a model.");
        return Some((text, "A person can run it with `claude-admin run`, over HTTP or in a chat."));
    }
    let why = match place.platform {
        Platform::Mcp => "no model is given it",
        Platform::Slack => "no message in Slack contains it",
        Platform::Http | Platform::Local => return None,
    };
    let text = || format!("The answer to `{command}` contains a secret, and {why}.");
    action.sensitive.then(|| (text(), SECRETS_ELSEWHERE))
}

/// Where an answer with a secret can be received.
const SECRETS_ELSEWHERE: &str = "Run it on a terminal, `claude-admin run -o json -- …`, or send it to the HTTP API, `POST /v1/commands` with \
                                 `\"output\": \"json\"`, as a principal that the policy permits it.";
