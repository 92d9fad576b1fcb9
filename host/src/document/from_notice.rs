//! The messages that notify a requester about their request, and remind approvers of it.

use super::from_operation::pending;
use super::{Block, Document, Level, Notice, operation, superseded};
use crate::Choice;
use crate::decision::operation::{Operation, State};
use claude_admin_catalog::Catalog;
use claude_admin_chat::NO_CHANGES_YET;

/// A notification for the requester: they can run the request now, its plan changed, or its result.
///
/// It never contains the output of the command, which is shown only to the user who runs it.
#[must_use]
pub fn for_requester(catalog: &Catalog, request: &Operation, is_approved: bool) -> Document {
    if request.state != State::Waiting {
        return operation(catalog, request);
    }
    let mut document = if is_approved { approved(catalog, request) } else { changed(catalog, request) };
    for block in &mut document.blocks {
        // The requester does not decide for the approvers.
        if let Block::Choices(choices) = block {
            let can_confirm = is_approved || request.pending.requirements.approvals.is_empty();
            choices.choices = own_choices(can_confirm);
        }
    }
    document
}

/// A reminder for approvers that a request expires soon, with its buttons.
#[must_use]
pub fn reminder(catalog: &Catalog, request: &Operation) -> Document {
    let card = operation(catalog, request);
    let text =
        format!("`{}` expires soon, and others must still decide. {NO_CHANGES_YET}", request.pending.plan.command());
    let hint = "Every approver of the request can decide it.".to_owned();
    let notice = Block::Notice(Notice { level: Level::Attention, text, hint: Some(hint) });
    let facts = Block::Facts(pending(request, false));
    let choices = card.blocks.iter().filter(|block| matches!(block, Block::Choices(_))).cloned();
    let blocks = [notice, facts].into_iter().chain(choices).collect();
    Document { title: "Reminder".to_owned(), blocks, ..card }
}

fn approved(catalog: &Catalog, request: &Operation) -> Document {
    let mut document = operation(catalog, request);
    let text = format!("`{}` is approved. {NO_CHANGES_YET}", request.pending.plan.command());
    let hint = format!("To run it: `confirm {}`.", request.plan_id());
    "Approved".clone_into(&mut document.title);
    document.blocks.retain(|block| !matches!(block, Block::Notice(_)));
    document.blocks.insert(0, Block::Notice(Notice { level: Level::Attention, text, hint: Some(hint) }));
    document
}

fn changed(catalog: &Catalog, request: &Operation) -> Document {
    let differences = request.change.as_ref().map(|change| change.differences.clone()).unwrap_or_default();
    superseded(catalog, request, &differences)
}

fn own_choices(can_confirm: bool) -> Vec<(Choice, String)> {
    let confirm = can_confirm.then(|| (Choice::Confirm, "Run".to_owned()));
    confirm.into_iter().chain([(Choice::Cancel, "Cancel".to_owned())]).collect()
}
