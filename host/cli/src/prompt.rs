//! Questions to a person at the terminal: for missing arguments, and for the confirmation of a request.

use super::stop::Stop;
use super::{table_file, tell, tell_formatted, terminal};
use claude_admin::Choice;
use claude_admin::command::Format;
use claude_admin::document::{Block, Choices};
use claude_admin::render::{self, visible};
use claude_admin::service::{Outcome, Reply, Service};
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

/// Asks for the required arguments that are missing in a command, and adds them to its words. Without a value, the
/// command is as the person typed it. `None` if the person ends the input or interrupts.
pub(super) async fn complete(service: &Service, words: Vec<String>, stop: &mut Stop) -> Option<Vec<String>> {
    let mut added: Vec<(String, String)> = Vec::new();
    for _ in 0..MOST_QUESTIONS {
        let with = with_added(&words, &added);
        let Err(error) = service.parse_typed(with.clone(), &table_file::read).command else { return Some(with) };
        let question = match error.missing.first() {
            Some(missing) => (missing.name.clone(), format!("{} ({}): ", missing.name, missing.description)),
            // The last value is not valid. Without a value, the error is in the words of the person.
            None => match added.pop() {
                Some((name, _)) => (name.clone(), format!("{error}\n{name}: ")),
                None => return Some(words),
            },
        };
        tell(&question.1);
        match line(stop).await?.trim() {
            "" => return Some(words),
            typed => added.push((question.0, typed.to_owned())),
        }
    }
    Some(words)
}

/// The words of a command with arguments in addition.
fn with_added(words: &[String], added: &[(String, String)]) -> Vec<String> {
    let flags = added.iter().map(|(name, text)| format!("--{name}={text}"));
    match words {
        // One argument with spaces is a line.
        [line] if line.contains(' ') => {
            let quoted = flags.map(|flag| format!(" \"{}\"", flag.replace('\\', "\\\\").replace('"', "\\\"")));
            vec![line.clone() + &quoted.collect::<String>()]
        }
        words => words.iter().cloned().chain(flags).collect(),
    }
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
