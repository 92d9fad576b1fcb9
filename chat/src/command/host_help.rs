//! Help about the commands of the host itself.

use crate::document::{Block, Document};
use serde_json::{Value, json};

/// What there is to say about a command of the host.
#[derive(Debug)]
struct HostHelp {
    word: &'static str,
    summary: &'static str,
    usages: &'static [(&'static str, &'static str)],
    more: &'static str,
}

/// Every command of the host, in the order in which help shows them.
const ALL: [HostHelp; 10] = [
    HostHelp {
        word: "pending",
        summary: "Pending requests",
        usages: &[("pending", "What waits for you, or was asked for by you")],
        more: "What waits ends by itself after a time; each line says when.",
    },
    HostHelp {
        word: "status",
        summary: "How an operation stands, or how the host is",
        usages: &[("status", "How the host is"), ("status ID", "One operation: its plan, its decisions, how it ended")],
        more: "You can shorten an ID to its first 4 or more characters. If the result of a write is unknown, `status` reads the \
               target. For a pending request, `status` lists what depends on the target, as far as you can read it.",
    },
    HostHelp {
        word: "confirm",
        summary: "Do what you asked for",
        usages: &[("confirm ID.VERSION", "Run your pending request; if it requires approvals, after them")],
        more: "VERSION is the version of the plan that you reviewed. The host rebuilds the plan before it runs. If the plans \
               differ, the request does not run. If a write requires approvals, the last one runs it; a read, and a write \
               whose response contains a secret, run only when you confirm them after the approvals. A response with a \
               secret requires JSON, over HTTP or with `claude-admin run -o json`; otherwise `confirm` is denied, and the \
               request is still pending. On a host with one user (`lone_operator`), `confirm` on a terminal asks for the \
               name of the target instead of approvals, and the request runs after a delay.",
    },
    HostHelp {
        word: "approve",
        summary: "Agree to what somebody else asked for",
        usages: &[(
            "approve ID.VERSION [--reason \"…\"]",
            "Approve it; the last approval that is needed does it, unless its requester must confirm it then",
        )],
        more: "The version is that of the plan that you have seen. Nobody approves their own request.",
    },
    HostHelp {
        word: "deny",
        summary: "Reject what somebody else asked for",
        usages: &[("deny ID.VERSION --reason \"…\"", "End it")],
        more: "Whoever may approve something may reject it. The reason is shown to whoever asked, and recorded.",
    },
    HostHelp {
        word: "cancel",
        summary: "Take back what you asked for",
        usages: &[("cancel ID", "End it")],
        more: "This works until it runs, whatever the version of its plan.",
    },
    HostHelp {
        word: "can-i",
        summary: "Whether you may run a command, and what it takes",
        usages: &[
            ("can-i COMMAND", "Yes or no, and what it takes"),
            ("can-i COMMAND --explain", "With the policies that decide, those that nearly do, and who has it"),
            ("can-i COMMAND --as WHO", "About somebody else; needs policy.read"),
        ],
        more: "Nothing is run, but for looking up an address. Arguments may be left out.",
    },
    HostHelp {
        word: "whoami",
        summary: "Who you are for the policy",
        usages: &[("whoami", "Your id, your place and your groups")],
        more: "This works also for people who may do nothing yet.",
    },
    HostHelp {
        word: "audit",
        summary: "What was done, by whom, and whether the record is whole",
        usages: &[
            ("audit tail [N]", "The last entries"),
            (
                "audit search [--principal WHO] [--action users.*] [--kind KIND] [--operation ID] [--since TIME] \
                 [--until TIME] [--text TEXT] [--limit N]",
                "The entries that fit",
            ),
            ("audit verify [--head HEAD]", "Whether every record is as it was written"),
            ("audit head", "The end of the chain, to be published"),
        ],
        more: "It needs audit.read, and that you looked is recorded. `claude-admin audit export` writes everything out.",
    },
    HostHelp {
        word: "policy",
        summary: "Which policy is in force",
        usages: &[("policy", "Its hash, its groups, and what is wrong with its file")],
        more: "It needs policy.read.",
    },
];

/// The commands of the host for which `may` answers yes, each with what it does.
pub(super) fn list(may: &dyn Fn(&str) -> bool) -> Vec<(String, String)> {
    let offered = ALL.iter().filter(|help| may(help.word));
    offered.map(|help| (help.word.to_owned(), help.summary.to_owned())).collect()
}

/// Explains one command of the host.
#[must_use]
pub fn host_help(word: &str) -> Document {
    let Some(help) = ALL.iter().find(|help| help.word == word) else { return Document::default() };
    let usages = help.usages.iter().map(|(usage, what)| ((*usage).to_owned(), (*what).to_owned())).collect();
    Document::titled(help.word)
        .with(Block::Text(format!("{}.", help.summary)))
        .with(Block::Commands(usages))
        .with(Block::Text(help.more.to_owned()))
}

/// The same, for programs.
#[must_use]
pub fn host_help_data(word: &str) -> Value {
    let help = ALL.iter().filter(|help| help.word == word);
    let usages = help.flat_map(|help| help.usages.iter().map(move |usage| (help, usage)));
    usages.map(|(help, (usage, meaning))| json!({ "name": help.word, "usage": usage, "summary": meaning })).collect()
}

#[cfg(test)]
mod tests {
    use super::super::host_command::WORDS;
    use super::*;

    #[test]
    fn every_command_of_the_host_has_a_page_that_begins_with_its_word() {
        let listed: Vec<String> = list(&|_| true).into_iter().map(|(word, _)| word).collect();
        for word in WORDS {
            assert!(listed.iter().any(|known| known == word), "{word}");
            let page = crate::render::text(&host_help(word));
            assert!(page.starts_with(word), "{page}");
        }
        assert_eq!(listed.len(), WORDS.len());
        assert!(ALL.iter().all(|help| help.usages.iter().all(|(usage, _)| usage.starts_with(help.word))));
        assert_eq!(list(&|word| word == "whoami").len(), 1);
    }
}
