//! The element of a card that a user clicked.

use super::ChatPlatform;
use crate::Choice;
use crate::audit::MessageId;
use crate::command::{Command, HostCommand};
use crate::decision::approval::Vote;
use crate::decision::operation::{Operation, RequestKey};
use crate::decision::plan::Plan;
use crate::document::{Block, Document, Level, Notice};
use crate::service::{Input, Parsed};
use std::collections::BTreeSet;
use std::ops::Range;

/// A click on an element of a card that this host made.
#[derive(Debug)]
pub struct Click<P: ChatPlatform> {
    /// The operation.
    pub operation: String,
    /// The version of the plan that the card showed.
    pub version: u32,
    /// The element.
    pub element: Element,
    /// The sender, as the platform names them.
    pub sender: P::Sender,
    /// The message; none if it cannot be changed later.
    pub message: Option<MessageId>,
    /// Whether only the sender sees the message.
    pub is_ephemeral: bool,
    /// The way for the messages that follow.
    pub route: P::Route,
    /// The same for every delivery of this click.
    pub key: RequestKey,
}

/// A part of a card.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// A button to decide.
    Decide(Choice),
    /// Check boxes of optional steps.
    Select {
        /// Their places among the optional steps.
        places: Range<usize>,
        /// The numbers of the steps that are ticked among them.
        ticked: BTreeSet<u32>,
    },
}

impl<P: ChatPlatform> Click<P> {
    /// The command of the click. Of check boxes, a click changes only those of one element.
    pub(super) fn input(&self, request: Option<&Operation>) -> Input {
        let operation = self.operation.clone();
        match &self.element {
            Element::Decide(choice) => Input::Vote(Vote {
                operation,
                version: Some(self.version),
                by_button: true,
                choice: *choice,
                reason: None,
            }),
            Element::Select { places, ticked } => {
                let plan = request.map(|request| &request.pending.plan);
                let shown: BTreeSet<u32> =
                    plan.into_iter().flat_map(|plan| plan.options().skip(places.start).take(places.len())).collect();
                let kept = plan.into_iter().flat_map(Plan::selected).filter(|number| !shown.contains(number));
                let steps: BTreeSet<u32> = kept.chain(ticked.iter().copied()).collect();
                let listed: Vec<String> = steps.iter().map(u32::to_string).collect();
                let listed = if listed.is_empty() { "none".to_owned() } else { listed.join(",") };
                let typed = format!("select {operation} {listed} (check boxes)");
                let select = HostCommand::Select { operation, steps: Some(steps), reason: None };
                Input::Parsed(Parsed::new(typed, Command::Host(select)))
            }
        }
    }

    /// The platform did not name the workspace of the user.
    pub(super) fn nameless(&self) -> Document {
        let platform = P::NAME;
        let text = format!(
            "{platform} did not name your workspace, so the host cannot identify you. This click changed nothing."
        );
        let command = match &self.element {
            Element::Decide(choice) => choice.command(&self.operation, self.version),
            Element::Select { .. } => format!("select {} NUMBERS", self.operation),
        };
        let hint = format!("Type `{command}` instead.");
        Document::default().with(Block::Notice(Notice { level: Level::Error, text, hint: Some(hint) }))
    }
}
