//! The element of a card that a user clicked.

use super::{ButtonSeal, Click};
use crate::Choice;
use crate::command::{Command, HostCommand};
use crate::decision::approval::Vote;
use crate::decision::operation::Operation;
use crate::decision::plan::Plan;
use crate::document::{Block, Document, Level, Notice};
use crate::render::{boxes_of, choice_of};
use crate::service::{Input, Parsed};
use std::collections::BTreeSet;
use std::ops::Range;

/// A click on a button or a check box that this app made.
pub(super) struct Pressed {
    pub(super) operation: String,
    version: u32,
    pub(super) what: Element,
}

/// A part of a card.
pub(super) enum Element {
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

impl Pressed {
    /// `None` if this app did not make the element.
    pub(super) fn of(click: &Click, seal: &ButtonSeal) -> Option<Self> {
        let (what, sealed) = match (choice_of(&click.action_id), boxes_of(&click.action_id, &click.block_id)) {
            (Some(choice), _) => (Element::Decide(choice), click.value.as_str()),
            (None, Some((places, sealed))) => {
                let ticked: Result<_, _> = click.ticked.iter().map(|number| number.parse()).collect();
                (Element::Select { places, ticked: ticked.ok()? }, sealed)
            }
            (None, None) => return None,
        };
        let (operation, version) = seal.open(sealed)?;
        Some(Self { operation, version, what })
    }

    /// The command of the click. Of check boxes, a click changes only those of one element.
    pub(super) fn input(self, request: Option<&Operation>) -> Input {
        let Self { operation, version, what } = self;
        match what {
            Element::Decide(choice) => {
                Input::Vote(Vote { operation, version: Some(version), by_button: true, choice, reason: None })
            }
            Element::Select { places, ticked } => {
                let plan = request.map(|request| &request.pending.plan);
                let shown: BTreeSet<u32> =
                    plan.into_iter().flat_map(|plan| plan.options().skip(places.start).take(places.len())).collect();
                let kept = plan.into_iter().flat_map(Plan::selected).filter(|number| !shown.contains(number));
                let steps: BTreeSet<u32> = kept.chain(ticked).collect();
                let listed: Vec<String> = steps.iter().map(u32::to_string).collect();
                let listed = if listed.is_empty() { "none".to_owned() } else { listed.join(",") };
                let typed = format!("select {operation} {listed} (check boxes)");
                let select = HostCommand::Select { operation, steps: Some(steps), reason: None };
                Input::Parsed(Parsed::new(typed, Command::Host(select)))
            }
        }
    }

    /// Slack named neither the workspace of the message nor that of the user.
    pub(super) fn nameless(&self) -> Document {
        let Self { operation, version, what } = self;
        let text = "Slack did not name your workspace, so the host cannot identify you. This click changed nothing.";
        let command = match what {
            Element::Decide(choice) => choice.command(operation, *version),
            Element::Select { .. } => format!("select {operation} NUMBERS"),
        };
        let hint = format!("Type `{command}` instead.");
        Document::default().with(Block::Notice(Notice { level: Level::Error, text: text.to_owned(), hint: Some(hint) }))
    }
}
