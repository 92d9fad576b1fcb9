//! Limits on the readers of a result. They apply whatever the policy permits.

use super::{Outcome, Reply};
use crate::command::Options;
use crate::document;
use crate::identity::{Place, Platform};
use claude_admin_catalog::Action;
use claude_admin_chat::Verdict;

/// The reply where an action cannot run here: its result is for the requester only, and other users would receive it.
/// Nothing was sent.
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

/// The reason why an action never runs in a place, in any format, and a place where it can run. In this place, other
/// users than the requester would receive the result.
pub(super) fn never(action: &Action, place: &Place) -> Option<(String, &'static str)> {
    let command = action.command();
    let is_model = place.platform == Platform::Mcp;
    if action.is_confidential() && is_model {
        let text = format!("The result of `{command}` contains what people wrote. It is never passed to a model.");
        return Some((text, "A person can run it with `claude-admin run`, over HTTP or in a chat."));
    }
    let why = match place.platform {
        Platform::Mcp => "A secret is never passed to a model",
        Platform::Slack => "A secret is never posted in Slack",
        Platform::Http | Platform::Local => return None,
    };
    let text = || format!("The response to `{command}` contains a secret. {why}.");
    action.sensitive.then(|| (text(), SECRETS_ELSEWHERE))
}

/// The places that can receive a response with a secret.
const SECRETS_ELSEWHERE: &str = "Run it on a terminal with `claude-admin run -o json -- …`, or send it to the HTTP \
                                 API with `POST /v1/commands` and `\"output\": \"json\"`. The policy must permit it \
                                 for your principal there.";
