//! Questions to a person at the terminal: for missing arguments, and for the confirmation of a request.

use super::stop::Stop;
use super::{table_file, tell, tell_formatted, terminal};
use claude_admin::Choice;
use claude_admin::command::Format;
use claude_admin::document::{Block, Choices};
use claude_admin::render::{self, visible};
use claude_admin::service::{Outcome, Parsed, Reply, Service};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufRead, IsTerminal};

/// The maximum number of questions for one command. Each invalid value is another question.
const MOST_QUESTIONS: usize = 20;

/// Whether a person can be asked: standard input and standard error are terminals, and questions are allowed.
pub(super) fn can_ask(no_input: bool) -> bool {
    !no_input && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// A line from standard input; `None` at its end, or if `stop` is requested.
pub(super) async fn line(stop: &mut Stop) -> Option<String> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).ok().filter(|read| *read > 0).map(|_| line)
    });
    tokio::select! {
        read = read => read.ok().flatten(),
        () = stop.requested() => None,
    }
}

/// Parses the command of a person, and asks for the required arguments that are missing. Without a value, the command is as
/// the person typed it. `None` if the person ends the input or interrupts.
pub(super) async fn complete(service: &Service, words: Vec<String>, stop: &mut Stop) -> Option<Parsed> {
    // A pipe can be read only once.
    let files: RefCell<BTreeMap<String, Result<String, String>>> = RefCell::default();
    let read = |path: &str| files.borrow_mut().entry(path.to_owned()).or_insert_with(|| table_file::read(path)).clone();
    let as_typed = service.parse_typed(words.clone(), &read);
    let (mut parsed, mut added) = (as_typed.clone(), Vec::<(String, String)>::new());
    for _ in 0..MOST_QUESTIONS {
        let Err(error) = &parsed.command else { return Some(parsed) };
        let (name, question) = match error.missing.first() {
            Some(missing) => (missing.name.clone(), format!("{} ({}): ", missing.name, missing.description)),
            // The last value is not valid. Without a value, the error is in the words of the person.
            None => match added.pop() {
                Some((name, _)) => (name.clone(), format!("{error}\n{name}: ")),
                None => return Some(as_typed),
            },
        };
        tell(&question);
        match line(stop).await?.trim() {
            "" => return Some(as_typed),
            typed => added.push((name, typed.to_owned())),
        }
        parsed = service.parse_typed_with(words.clone(), &added, &read);
    }
    Some(as_typed)
}

/// The decision that a person makes about their pending request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    Confirm,
    Cancel,
    Later,
}

/// The choices of a reply, if the requester can confirm the request and has nothing to select before.
pub(super) fn confirmable(reply: &Reply, asked: Format) -> Option<&Choices> {
    let is_text = reply.format.unwrap_or(asked) == Format::Text;
    let choices = reply.document.blocks.iter().find_map(|block| match block {
        Block::Choices(choices) => Some(choices),
        _ => None,
    });
    let confirms = |choices: &&Choices| choices.choices.iter().any(|(choice, _)| *choice == Choice::Confirm);
    choices.filter(|choices| {
        is_text && reply.outcome == Outcome::Waiting && choices.options.is_empty() && confirms(choices)
    })
}

/// Shows a pending request, and asks for its confirmation.
pub(super) async fn decide(reply: &Reply, choices: &Choices, stop: &mut Stop) -> Decision {
    tell_formatted(&render::text_on(&reply.document, terminal::errors()));
    loop {
        tell(&format!(
            "\nType `yes` to run it, or `no` to cancel it. Enter leaves it pending: `{}` runs it later.\n> ",
            visible(&choices.command(Choice::Confirm))
        ));
        return match line(stop).await.map(|typed| typed.trim().to_ascii_lowercase()).as_deref() {
            Some("yes" | "y") => Decision::Confirm,
            Some("no" | "n") => Decision::Cancel,
            Some("") => Decision::Later,
            None => {
                tell("\n");
                Decision::Later
            }
            Some(_) => continue,
        };
    }
}
