//! Help about the commands of the host itself.

use crate::command::HostCommandInfo;
use crate::document::{Block, Document};
use serde_json::{Value, json};

/// Explains one command of the host.
#[must_use]
pub fn host_help(word: &str) -> Document {
    let Some(command) = HostCommandInfo::find(word) else { return Document::default() };
    let usages = command.usages().map(|(usage, summary)| (usage, summary.to_owned())).collect();
    let document = Document::titled(command.name)
        .with(Block::Text(format!("{}.", command.summary)))
        .with(Block::Commands(usages))
        .with(Block::Text(command.details.to_owned()));
    match command.aliases {
        [] => document,
        aliases => document.footer(format!("Also spelled: {}", aliases.join(", "))),
    }
}

/// The same, for programs.
#[must_use]
pub fn host_help_data(word: &str) -> Value {
    let commands = HostCommandInfo::find(word).into_iter();
    let usages = commands.flat_map(|command| command.usages().map(move |usage| (command, usage)));
    usages
        .map(|(command, (usage, summary))| json!({ "name": command.name, "usage": usage, "summary": summary }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::HOST_COMMANDS;

    #[test]
    fn every_host_command_has_a_help_page_starting_with_its_name() {
        for command in &HOST_COMMANDS {
            let page = crate::render::text(&host_help(command.name));
            assert!(page.starts_with(command.name), "{page}");
        }
        assert_eq!(HostCommandInfo::list(&|name| name == "whoami").len(), 1);
    }
}
