//! Results of a simulation that ends with its process: its pending requests cannot be decided later.

use super::{Block, Document};
use crate::identity::Platform;
use claude_admin_chat::Outcome;

/// The advice about optional steps.
const NO_SELECTION: &str = "This simulation ends with the command, so no step can be selected in it. With a \
                            configuration, which `claude-admin init` writes, requests are stored.";

/// Removes the advice that needs the operation to exist later. `operation` is its ID. `for_others`: whether another
/// user would have to approve it.
#[must_use]
pub fn without_return(
    mut document: Document,
    operation: &str,
    platform: Platform,
    outcome: Outcome,
    for_others: bool,
) -> Document {
    document.blocks.retain(|block| !matches!(block, Block::Choices(_)));
    let hint = match (outcome, platform, for_others) {
        (Outcome::Waiting, Platform::Mcp, _) => {
            "This simulation ends with the process, so no person can decide the request. With a configuration, which \
             `claude-admin init` writes, requests are stored."
        }
        (Outcome::Waiting, _, false) => {
            "This simulation ends with the command. To make the change in it, run the command again with --yes."
        }
        (Outcome::Waiting, _, true) => {
            "This simulation ends with the command, so no other user can approve the request. `claude-admin demo` \
             shows approvals. With a configuration, which `claude-admin init` writes, requests are stored."
        }
        _ => "This simulation and its operation end with the command.",
    };
    for block in &mut document.blocks {
        if let Block::Notice(notice) = block
            && notice.hint.as_ref().is_some_and(|given| given.contains(operation))
        {
            let selects = notice.hint.as_ref().is_some_and(|given| given.contains(&format!("select {operation}")));
            notice.hint = Some(if selects { NO_SELECTION } else { hint }.to_owned());
        }
    }
    document
}
